"""Telegram. Import nothing from here unless a bot's token is set: aiogram takes seconds to load."""
