"""What the WeChat channel is told by the program's settings."""

from dataclasses import dataclass
from pathlib import Path

API_BASE = "https://api.weixin.qq.com"
MENU = Path(__file__).with_name("menu.yml")


@dataclass(frozen=True, slots=True)
class WeChatSettings:
    """The account. An empty `aes_key` means that no safe-mode callback can be opened.

    allow_plain: take callbacks whose body nobody signed (明文模式). menu: the menu's YAML file.
    templates: YAML file of notice kinds and the library's template ids; None: no notices by template.
    """

    app_id: str
    app_secret: str
    token: str
    aes_key: str = ""
    api_base: str = API_BASE
    allow_plain: bool = False
    menu: Path = MENU
    templates: Path | None = None
