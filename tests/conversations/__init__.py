"""Rasa's own test stories: which action follows which words, without any action running."""
