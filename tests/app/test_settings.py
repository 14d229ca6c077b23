"""Settings: where they come from, what follows from them, and what is said when one is wrong."""

import stat
from pathlib import Path

import pytest

from app.errors import StartupError
from app.settings import ROOT, Settings, load_settings, unknown_variables


def test_the_defaults_are_those_of_the_design() -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.rasa_port, settings.actions_port) == (5005, 5055)
    assert settings.data_dir == ROOT / "data"
    assert settings.database == f"sqlite+pysqlite:///{ROOT}/data/shudi.db"
    assert settings.policy_file.is_relative_to(ROOT)
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.demo_autopilot is None


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHUDI_PORT", "8100")
    monkeypatch.setenv("SHUDI_DEMO_AUTOPILOT", "1")
    monkeypatch.setenv("SHUDI_REDIS_URL", "")
    settings = load_settings()
    assert settings.port == 8100
    assert settings.demo_autopilot is True
    assert settings.redis_url == ""


def test_the_env_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("SHUDI_PORT=8200\nSHUDI_RASA_PORT=5200\nRASA_PYTHON=/somewhere\n")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    monkeypatch.setenv("SHUDI_PORT", "8300")
    settings = load_settings()
    assert (settings.port, settings.rasa_port) == (8300, 5200)


def test_two_copies_share_nothing(tmp_path: Path) -> None:
    one = load_settings(port=8100, rasa_port=5100, actions_port=5101, data_dir=tmp_path / "one")
    two = load_settings(port=8200, rasa_port=5200, actions_port=5201, data_dir=tmp_path / "two")
    for name in (
        "base_url",
        "rasa_url",
        "actions_url",
        "database",
        "index_dir",
        "logs_dir",
        "rasa_tracker_file",
        "secret",
    ):
        assert getattr(one, name) != getattr(two, name), name


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"port": "abc"}, "SHUDI_PORT should be a valid integer, unable to parse string as an integer."),
        ({"port": 70000}, "SHUDI_PORT should be less than or equal to 65535."),
        ({"port": 5005}, "SHUDI_PORT and SHUDI_RASA_PORT are the same; each needs its own port."),
        ({"log_level": "loud"}, "SHUDI_LOG_LEVEL must be debug, info, warning or error."),
        ({"redis_url": "localhost"}, "SHUDI_REDIS_URL must begin with redis:// or rediss://."),
        ({"public_url": "library.example"}, "SHUDI_PUBLIC_URL must begin with http:// or https://."),
        (
            {"database_url": "mysql://library"},
            "SHUDI_DATABASE_URL must begin with sqlite:/// or sqlite+pysqlite:/// or postgresql+psycopg://.",
        ),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_in_one_sentence(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(StartupError) as refusal:
        load_settings(**given)
    assert str(refusal.value) == sentence


def test_a_refusal_does_not_repeat_a_secret() -> None:
    with pytest.raises(StartupError) as refusal:
        load_settings(database_url="mysql://me:hunter2@host/library")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("scheme", ["postgres://", "postgresql://", "postgresql+psycopg://"])
def test_postgresql_means_the_driver_that_is_installed(scheme: str) -> None:
    assert load_settings(database_url=f"{scheme}host/name").database == "postgresql+psycopg://host/name"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("library.example", False),
    ],
)
def test_loopback_is_known(host: str, loopback: bool) -> None:
    assert load_settings(host=host).is_loopback is loopback


def test_addresses_follow_the_host() -> None:
    assert load_settings(host="0.0.0.0").bot_url == "http://127.0.0.1:8000"
    assert load_settings(host="::").bot_url == "http://[::1]:8000"
    assert load_settings(public_url="https://library.example/").base_url == "https://library.example"


def test_a_relative_folder_is_taken_from_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(data_dir="elsewhere").data_dir == ROOT / "elsewhere"


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = load_settings(data_dir=tmp_path / "data").secret
    assert len(first) >= 32
    assert load_settings(data_dir=tmp_path / "data").secret == first
    kept = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret.key"]


def test_a_key_that_is_set_is_used_and_none_is_made(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, host="0.0.0.0", secret_key="k" * 32)
    assert settings.secret == "k" * 32
    assert not list(tmp_path.iterdir())
    assert "kkk" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"host": "0.0.0.0"}, "SHUDI_SECRET_KEY must be set when SHUDI_HOST is 0.0.0.0"),
        ({"secret_key": "short"}, "SHUDI_SECRET_KEY is too short"),
    ],
)
def test_without_a_good_key_it_does_not_start(tmp_path: Path, given: dict[str, str], words: str) -> None:
    with pytest.raises(StartupError, match=words):
        _ = load_settings(data_dir=tmp_path, **given).secret
    assert not list(tmp_path.iterdir())


def test_a_damaged_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("half")
    with pytest.raises(StartupError, match="is damaged"):
        _ = load_settings(data_dir=tmp_path).secret
    assert (tmp_path / "secret.key").read_text() == "half"


def test_a_slip_of_the_pen_is_noticed() -> None:
    assert unknown_variables({"SHUDI_PORT": "1", "SHUDI_DATADIR": "x", "HOME": "/"}) == ["SHUDI_DATADIR"]
