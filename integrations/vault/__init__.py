"""Encryption of personal fields at rest."""
