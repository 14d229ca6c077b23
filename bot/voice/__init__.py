"""How speech comes in and goes out: formats, recognition in processes of its own, hearing with context."""
