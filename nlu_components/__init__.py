"""Rasa graph components of Shudi: the only code of the project that runs on Python 3.10."""
