"""Couriers, out and back."""
