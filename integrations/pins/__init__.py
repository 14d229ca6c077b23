"""Hashing of PINs."""
