"""Finds a release's date in a heading, however it is written."""

import re
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_ISO = re.compile(r"(?<![\d.])(?P<y>(?:19|20)\d{2})[-/.](?P<m>\d{1,2})(?:[-/.](?P<d>\d{1,2}))?(?![\d.])")
_DAY_FIRST = re.compile(
    rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+(?P<y>\d{{4}})\b", re.IGNORECASE
)
_MONTH_FIRST = re.compile(rf"\b{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})\b", re.IGNORECASE)
_SLASHES = re.compile(r"(?<!\d)(?P<a>\d{1,2})[/.](?P<b>\d{1,2})[/.](?P<y>(?:19|20)\d{2})(?!\d)")
_MONTHS_IN_YEAR = 12


def date_in(text: str) -> str | None:
    """Give the date in ISO 8601, or None; `03/04/2024`, which is read in two ways, is None too."""
    if found := _ISO.search(text):
        return _iso(found["y"], found["m"], found["d"])
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        if found := pattern.search(text):
            return _iso(found["y"], str(_MONTHS.index(found["month"].lower()) + 1), found["d"])
    if found := _SLASHES.search(text):
        a, b = int(found["a"]), int(found["b"])
        if a > _MONTHS_IN_YEAR or a == b:
            return _iso(found["y"], found["b"], found["a"])
        if b > _MONTHS_IN_YEAR:
            return _iso(found["y"], found["a"], found["b"])
    return None


def _iso(year: str, month: str, day: str | None) -> str | None:
    try:
        full = date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    return full.isoformat() if day else full.strftime("%Y-%m")
