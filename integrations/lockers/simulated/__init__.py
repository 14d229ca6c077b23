"""Lockers without hardware: cells, bookings and doors as rows of the lending database."""

from integrations.lockers.simulated.bank import SimulatedLockers

__all__ = ["SimulatedLockers"]
