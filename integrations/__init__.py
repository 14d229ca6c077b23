"""Adapters: one folder a port, one folder a vendor."""
