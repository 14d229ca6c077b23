"""How a reader is known and bound to a conversation."""
