"""A point in time as files, JSON and logs have it: ISO 8601, local, with its zone."""

from datetime import datetime


def iso(seconds: float) -> str:
    """`2026-11-28T10:42:48+00:00`; "" for 0, which stands for a time that has not come."""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds") if seconds else ""
