"""The library system (ILS): readers, copies, loans."""
