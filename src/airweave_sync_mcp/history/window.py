"""Time windows as people write them: `24h`, `7d`, `2026-11-20`, ISO 8601 with any offset."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from airweave_sync_mcp.history.errors import GIVEN, QueryError
from airweave_sync_mcp.history.model import SyncJob

_AGE: Final = re.compile(r"(\d{1,6})\s*(S|M|MIN|H|D|W)(?:\s*AGO)?", re.ASCII)
_UNITS: Final = {"S": "seconds", "M": "minutes", "MIN": "minutes", "H": "hours", "D": "days", "W": "weeks"}
_DAY: Final = timedelta(days=1)

TIME_HINT: Final = "Use an age (30m, 24h, 7d, 2w), a date (2026-11-20), or an ISO 8601 time (2026-11-20T08:00:00Z)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of time in UTC; None leaves an end open. A job belongs to it if its run overlaps it."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, job: SyncJob) -> bool:
        """Whether the job's run overlaps the window. A job that stands nowhere in time is in an open one only."""
        at = job.at
        if at is None:
            return self.since is None and self.until is None
        if self.until is not None and at >= self.until:
            return False
        if self.since is None or at >= self.since:
            return True
        end = job.ended_at or job.estimated_end
        return not job.settled if end is None else end >= self.since


def parse_window(since: str | None, until: str | None, *, now: datetime) -> Window:
    """Read both ends of a window.

    Raises:
        QueryError: `invalid_time` for what is no time, `empty_window` for a window that is empty,
            backwards or wholly in the future.
    """
    now = now.replace(microsecond=0)  # as exact as times in answers and cursors are
    start = parse_time(since, name="since", now=now, end_of_day=False) if since and since.strip() else None
    end = parse_time(until, name="until", now=now, end_of_day=True) if until and until.strip() else None
    if start is not None and start >= now:
        raise QueryError("empty_window", f"since={_shown(since)} is not in the past.", TIME_HINT)
    if start is not None and end is not None and start >= end:
        raise QueryError(
            "empty_window",
            f"The window is empty: since={_shown(since)} ({_iso(start)}) is not before until={_shown(until)} "
            f"({_iso(end)}).",
            "Give a since that is earlier than until.",
        )
    return Window(since=start, until=end)


def parse_time(text: str, *, name: str, now: datetime, end_of_day: bool) -> datetime:
    """One instant in UTC, to the second. A date means its first moment, or with `end_of_day` its last.

    Raises:
        QueryError: `invalid_time`.
    """
    try:
        return _read(text.strip().upper(), now, end_of_day=end_of_day).replace(microsecond=0)
    except OverflowError:
        problem = "is out of range"
    except ValueError:
        problem = "is not a time"
    raise QueryError("invalid_time", f"{name}={GIVEN} {problem}.", TIME_HINT, given=text)


def _read(value: str, now: datetime, *, end_of_day: bool) -> datetime:
    """Raises ValueError for what is no time, OverflowError for what no calendar has."""
    if value == "NOW":
        return now
    if match := _AGE.fullmatch(value):
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    if (day := _day(value, now)) is not None:
        start = datetime.combine(day, time(), UTC)
        return start + _DAY if end_of_day else start
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _day(value: str, now: datetime) -> date | None:
    words = {"TODAY": now.date(), "YESTERDAY": (now - _DAY).date()}
    if value in words:
        return words[value]
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _iso(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


def _shown(text: str | None) -> str:
    return repr((text or "")[:60])
