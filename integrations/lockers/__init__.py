"""Self-service lockers and their cells."""
