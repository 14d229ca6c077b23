"""The library's own courier: bookings and scans as rows of the lending database."""

from integrations.logistics.local.courier import LocalCourier

__all__ = ["LocalCourier"]
