"""Conversations, what came in, what was answered: the gateway's tables and the transactions over them."""
