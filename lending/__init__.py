"""The library's rules: catalogue, readers, orders, pickup, loans, notices, surveys, cases.

Knows no chat, no HTTP and no vendor; imports the standard library, and SQLAlchemy only in `lending.storage`.
"""
