"""The push channels of the settings in force. A channel that is off costs nothing, not even its imports."""

from typing import TYPE_CHECKING

from app.errors import StartupError
from app.settings import Settings
from bot.channels.base import Channel

if TYPE_CHECKING:
    from bot.channels.wechat.settings import WeChatSettings


def channels(settings: Settings) -> list[Channel]:
    """The channels that have a name on their platform."""
    found: list[Channel] = []
    if settings.telegram_token.get_secret_value():
        found.append(_telegram(settings))
    if settings.wechat_app_id:
        found.append(_wechat(settings))
    return found


def _telegram(settings: Settings) -> Channel:
    """aiogram takes seconds to load: only here."""
    from bot.channels.telegram.channel import TelegramChannel
    from bot.channels.telegram.settings import TelegramSettings

    return TelegramChannel(
        TelegramSettings(
            token=settings.telegram_token.get_secret_value(),
            api_base=settings.telegram_api_base,
            webhook_secret=settings.telegram_webhook_secret.get_secret_value(),
            webhook_url=settings.telegram_webhook_url,
            staff_chat=settings.telegram_staff_chat,
        )
    )


def _wechat(settings: Settings) -> Channel:
    from bot.channels.wechat.channel import WeChatChannel

    try:
        return WeChatChannel(wechat_settings(settings))
    except ValueError as error:
        raise StartupError(f"WeChat: {error}.") from None


def wechat_settings(settings: Settings) -> "WeChatSettings":
    """The WeChat account of the settings in force."""
    from bot.channels.wechat.settings import MENU, WeChatSettings

    return WeChatSettings(
        app_id=settings.wechat_app_id,
        app_secret=settings.wechat_app_secret.get_secret_value(),
        token=settings.wechat_token.get_secret_value(),
        aes_key=settings.wechat_aes_key.get_secret_value(),
        api_base=settings.wechat_api_base,
        allow_plain=settings.wechat_allow_plain,
        menu=settings.wechat_menu or MENU,
        templates=settings.wechat_templates,
    )
