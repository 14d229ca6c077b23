"""Puts the parts together: settings, wiring, the command line and the supervisor."""
