"""Operators of short messages; each passes tests/integrations/test_sms.py."""
