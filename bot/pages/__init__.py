"""Public pages made from live data."""
