"""The push channels of the settings in force. A channel that is off costs nothing, not even its imports."""

from app.settings import Settings
from bot.channels.base import Channel


def channels(settings: Settings) -> list[Channel]:
    """The channels that have a name on their platform."""
    found: list[Channel] = []
    if settings.telegram_token.get_secret_value():
        found.append(_telegram(settings))
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
