"""Ends the supervisor's children when the supervisor is killed outright. Runs beside it; imports little.

The supervisor writes `+group` and `-group` lines (process group ids) to its standard input. When that ends
and groups are left, nobody else can end them any more: they get SIGTERM, and after five seconds SIGKILL.
"""

import os
import signal
import sys
import time

GRACE = 5.0


def main() -> None:
    """Read until the supervisor is gone, then end what it left."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    left: set[int] = set()
    for line in sys.stdin:
        (left.add if line.startswith("+") else left.discard)(int(line[1:]))
    _end(left)


def _end(groups: set[int]) -> None:
    deadline = time.monotonic() + GRACE
    groups = {group for group in groups if _send(group, signal.SIGTERM)}
    while groups and time.monotonic() < deadline:
        time.sleep(0.05)
        groups = {group for group in groups if _send(group, 0)}
    for group in groups:
        _send(group, signal.SIGKILL)


def _send(group: int, number: int) -> bool:
    """False when no process of the group is left."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
