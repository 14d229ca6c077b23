"""Conversations with the whole running system, as transcripts over HTTP."""
