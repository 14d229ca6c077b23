"""Short messages into a file, for the demo and for looking at."""

from integrations.sms.file.sender import FileSms

__all__ = ["FileSms"]
