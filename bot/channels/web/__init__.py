"""The web chat: its API (mini-programs use it too) and its page."""
