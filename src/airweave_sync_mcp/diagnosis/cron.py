"""How often a cron expression fires. Only the longest pause matters here, so no calendar of runs is kept."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from airweave_sync_mcp.diagnosis.measures import MINUTE_S

_DAY_MINUTES: Final = 1440
_MONTHS: Final = {
    name: n
    for n, name in enumerate(("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1)
}
_DAYS: Final = {name: n for n, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}
_SHORTHANDS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_LONGEST_TEXT: Final = 200
_SOME_MONDAY: Final = date(2024, 1, 1)


def longest_pause_s(expression: str) -> float | None:
    """The longest time between two ticks in seconds, e.g. 259200 for working days only. None if not understood."""
    text = expression.strip()[:_LONGEST_TEXT]
    fields = _SHORTHANDS.get(text.lower(), text).split()
    if len(fields) != 5:
        return None
    minutes = _values(fields[0], 0, 59)
    hours = _values(fields[1], 0, 23)
    days = _values(fields[2], 1, 31)
    months = _values(fields[3], 1, 12, _MONTHS)
    weekdays = _values(fields[4], 0, 7, _DAYS)
    if not (minutes and hours and days and months and weekdays):
        return None
    day_gap = _longest_day_gap(days, months, frozenset(day % 7 for day in weekdays))
    if day_gap is None:
        return None
    ticks = sorted(hour * 60 + minute for hour in hours for minute in minutes)
    overnight = day_gap * _DAY_MINUTES - ticks[-1] + ticks[0]
    return MINUTE_S * max([overnight, *(later - earlier for earlier, later in pairwise(ticks))])


def _longest_day_gap(days: frozenset[int], months: frozenset[int], weekdays: frozenset[int]) -> int | None:
    """Days between matching days at most. Day of month and of week must both match, as in the platform's scheduler."""
    horizon = 15 if len(days) == 31 and len(months) == 12 else 800
    matching = [
        n
        for n in range(horizon)
        if (day := _SOME_MONDAY + timedelta(days=n)).day in days
        and day.month in months
        and day.isoweekday() % 7 in weekdays
    ]
    return max((later - earlier for earlier, later in pairwise(matching)), default=None)


def _values(field: str, lowest: int, highest: int, names: Mapping[str, int] | None = None) -> frozenset[int] | None:
    """The numbers one field stands for; None if a part of it is not understood."""
    values: set[int] = set()
    for part in field.upper().split(","):
        base, slash, step_text = part.partition("/")
        first, dash, last = base.partition("-")
        low, high = (lowest, highest) if base in {"*", "?"} else (_number(first, names), _number(last, names))
        if high is None and not dash:
            high = highest if slash else low
        step = _number(step_text, None) if slash else 1
        if low is None or high is None or not step or not lowest <= low <= high <= highest:
            return None
        values.update(range(low, high + 1, step))
    return frozenset(values)


def _number(text: str, names: Mapping[str, int] | None) -> int | None:
    if names and text in names:
        return names[text]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None
