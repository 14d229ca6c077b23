"""How figures are written for readers: money, days, moments. Times are shown in Asia/Shanghai."""

from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Any

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one time and no summer time."""

WEEKDAYS = "一二三四五六日"


def money(fen: int) -> str:
    """Integer fen as yuan: 300 → "3.00"."""
    return f"{fen // 100}.{fen % 100:02d}"


def day(value: date | datetime) -> str:
    """11月27日（周五）"""
    local = value.astimezone(SHANGHAI).date() if isinstance(value, datetime) else value
    return f"{local.month}月{local.day}日（周{WEEKDAYS[local.weekday()]}）"


def moment(value: datetime) -> str:
    """11月27日（周五）18:00"""
    return f"{day(value)}{value.astimezone(SHANGHAI):%H:%M}"


def iso(value: datetime | None) -> str | None:
    """ISO 8601 in UTC for the data of a reply."""
    return value.astimezone(UTC).isoformat() if value else None


def spoken(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts of a refusal as words: `*_fen` become yuan, moments are written out, lists are joined."""
    return {name.removesuffix("_fen"): _said(name, value) for name, value in facts.items()}


def _said(name: str, value: Any) -> Any:
    if name.endswith("_fen") and isinstance(value, int):
        return money(value)
    if name == "retry_after_seconds" and isinstance(value, int | float):
        return max(1, round(value / 60))
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list | tuple):
        return "、".join(f"《{item}》" if name == "titles" else str(item) for item in value)
    return value
