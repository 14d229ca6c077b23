"""Loans, renewals, giving back and reservations."""
