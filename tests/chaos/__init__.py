"""The whole system in processes of its own, killed at every step of a turn."""
