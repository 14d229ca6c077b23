"""The lending database as its own library system."""

from integrations.circulation.local.system import LocalCirculation

__all__ = ["LocalCirculation"]
