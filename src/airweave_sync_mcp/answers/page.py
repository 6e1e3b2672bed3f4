"""A page of rows, newest first, and how it goes on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Final

from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.history.cursor import Cursor, broken_cursor, write_cursor
from airweave_sync_mcp.history.model import EPOCH, Connection, Coverage, SyncJob
from airweave_sync_mcp.history.view import micros
from airweave_sync_mcp.history.window import Window

_ID_DIGITS: Final = 13
"""Enough of an id to order jobs of the same microsecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A job with what is known around it."""

    job: SyncJob
    connection: Connection | None
    verdict: Verdict | None
    """Why it failed; None if it did not."""
    short_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Jobs that match a question: at most as many as were asked for.

    `total` counts all that match and are known, `failed` those of them that failed. `continues_at` is where the next
    page starts if all rows of this one are shown; a page that is cut shorter goes on after its last row shown.
    """

    rows: tuple[JobRow, ...]
    total: int
    failed: int
    total_is_lower_bound: bool
    shown_before: int
    continues_at: tuple[str, str] | None
    question: str
    window: Window
    coverage: Coverage
    named: Connection | None
    connections: Mapping[str, Connection]

    def next_cursor(self, shown: int) -> str | None:
        """The cursor to go on with after the first `shown` rows."""
        key = (
            cursor_key(self.rows[shown - 1].job.at, self.rows[shown - 1].job.id)
            if 0 < shown < len(self.rows)
            else self.continues_at
        )
        if key is None or (shown == 0 and self.rows):
            return None
        return write_cursor(Cursor(key=key, shown=self.shown_before + shown, window=self.window), self.question)


def cursor_key(at: datetime | None, job_id: str = "") -> tuple[str, str]:
    """A place in the order of rows, as a cursor has it: microseconds in hexadecimal, then the beginning of an id."""
    return (format(micros(at), "x") if at else "", job_id[:_ID_DIGITS])


def rows_below(jobs: Iterable[SyncJob], key: tuple[str, str]) -> list[SyncJob]:
    """The jobs below the row that a cursor names: older, or of the same time with a greater id."""
    when, last_id = key
    last = (-int(when, 16) if when else inf, last_id)
    return [job for job in jobs if (-micros(job.at) if job.at else inf, job.id[:_ID_DIGITS]) > last]


def is_before(key: tuple[str, str], moment: datetime) -> bool:
    """Whether the row that a cursor names stands before a moment."""
    when = cursor_time(key)
    return when is None or when <= moment


def cursor_time(key: tuple[str, str]) -> datetime | None:
    """When the row was that a cursor names; None for a row that stands nowhere in time.

    Raises:
        QueryError: `broken_cursor`.
    """
    try:
        return EPOCH + timedelta(microseconds=int(key[0], 16)) if key[0] else None
    except (ValueError, OverflowError):
        raise broken_cursor() from None
