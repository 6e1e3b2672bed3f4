"""Reading the organization-wide list of jobs, page by page: whose jobs they are, and when enough was read."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from airweave_sync_mcp.airweave.wire import Rows, WireJob
from airweave_sync_mcp.history.convert import job_of
from airweave_sync_mcp.history.memory import FeedReading
from airweave_sync_mcp.history.merge import unique
from airweave_sync_mcp.history.model import EPOCH, SyncJob

PAGE: Final = 100
"""The most jobs a page of the organization-wide list may have, as documented."""

KEPT: Final = 20_000
"""How many jobs of the organization are remembered at most."""

_MARGIN: Final = timedelta(hours=1)
"""How much further back than asked the list is read, at least: it is sorted by creation, windows ask for runs."""

_LONGEST_RUN_S: Final = 7 * 86_400.0
"""The platform lets no run take longer (as observed)."""

_OVERLAP: Final = 10
"""How many known rows are read again where an earlier reading is continued."""


Pages: TypeAlias = Callable[[int], AsyncGenerator[Rows[WireJob], None]]


class FeedUnusableError(Exception):
    """The organization-wide list answers, but not so that its jobs can be told from another organization's."""


def covers(reading: FeedReading, since: datetime | None) -> bool:
    """Whether a reading holds every job since then."""
    return reading.reaches is None or since is None or reading.reaches <= since


@dataclass(slots=True, kw_only=True)
class FeedCollector:
    """Takes pages of the list, which is sorted by creation, newest first, until they reach past `since`.

    Where they meet a `known` reading below which nothing can have changed, they are joined with it; if that does
    not reach far enough either, the reading goes on below it. One observed version answers the jobs of every
    organization (as observed): only those of `own` are kept.
    """

    own: str
    since: datetime | None
    known: FeedReading | None = None
    began: bool = False
    """Whether anything was read."""
    _jobs: list[SyncJob] = field(default_factory=list)
    _newest: datetime | None = None
    _oldest: datetime | None = None
    _rows: int = 0
    _added: int = 0
    """How many of the rows are newer than all that was known."""
    _skipped: int = 0
    """Where the present way down began."""
    _unreadable: int = 0
    _longest: timedelta = _MARGIN
    """The longest run seen, or an hour: as far down a job may be created that ran on into the window."""
    _joined: bool = False
    _ended: bool = False

    def __post_init__(self) -> None:
        self._longest = max(_MARGIN, _longest(self.known.jobs if self.known else ()))

    async def collect(self, pages: Pages) -> None:
        """Read what is needed; `pages` gives the list from a number of rows on.

        Whatever interrupts it, `reading` then tells what was read so far.

        Raises:
            FeedUnusableError: The jobs do not tell whose they are.
        """
        await self._walk(pages)
        if self._joined and not covers(self.reading(EPOCH), self.since):
            self._go_below()
            while not await self._walk(pages):
                self._go_up()

    async def _walk(self, pages: Pages) -> bool:
        """One way down; False if it began too far down."""
        async with aclosing(pages(self._skipped)) as answers:
            async for rows in answers:
                if self._misses(rows):
                    return False
                if self.add(rows):
                    return True
        self._ended = True
        return True

    def add(self, rows: Rows[WireJob]) -> bool:
        """Take a page; True when the way down need not go on.

        Raises:
            FeedUnusableError: The jobs do not tell whose they are.
        """
        if rows.items and not any(row.organization_id for row in rows.items):
            raise FeedUnusableError
        self.began = True
        self._note(rows)
        if not self._joined and (known := self._known_below()) is not None:
            self._join(known)
            return True
        return self._past_window()

    def reading(self, fetched_at: datetime) -> FeedReading:
        """What is known now."""
        jobs = sorted(unique(self._jobs), key=_created, reverse=True)
        reaches = None if self._ended else self._oldest
        depth = self._skipped + self._rows
        if len(jobs) > KEPT:
            reaches, depth = _created(jobs[KEPT - 1]), KEPT
        return FeedReading(
            jobs=tuple(jobs[:KEPT]),
            fetched_at=fetched_at,
            reaches=reaches,
            newest=self._newest,
            depth=depth,
            unreadable=self._unreadable,
        )

    def _note(self, rows: Rows[WireJob]) -> None:
        created = _times(rows)
        self._rows += len(rows.items) + rows.unreadable
        self._unreadable += rows.unreadable
        jobs = [job_of(row) for row in rows.items if row.organization_id == self.own]
        self._jobs += jobs
        self._longest = max(self._longest, _longest(jobs))
        top = self.known.newest if self.known else None
        self._added += sum(1 for moment in created if top is None or moment > top)
        self._oldest = min([*created, *([self._oldest] if self._oldest else [])], default=None)
        self._newest = max([*created, *([self._newest] if self._newest else [])], default=None)

    def _known_below(self) -> FeedReading | None:
        """What is known, if the pages reach down to jobs of it below which nothing can have changed."""
        if self.known is None or not self.known.jobs or self._oldest is None:
            return None
        changing = [_created(job) for job in self.known.jobs if not job.settled]
        return self.known if self._oldest <= min([_created(self.known.jobs[0]), *changing]) else None

    def _join(self, known: FeedReading) -> None:
        """Let what is known take the place of the rows below."""
        self._joined = True
        self._jobs = unique([*self._jobs, *known.jobs])
        self._unreadable = max(self._unreadable, known.unreadable)  # the same rows are met again
        self._rows = known.depth + self._added
        self._ended = known.reaches is None
        self._oldest = min([moment for moment in (self._oldest, known.reaches) if moment], default=None)

    def _go_below(self) -> None:
        """Begin another way down where the known rows end."""
        self._skipped, self._rows = max(self._rows - _OVERLAP, 0), 0

    def _go_up(self) -> None:
        """Begin it higher up: rows have vanished meanwhile."""
        self._skipped = max(self._skipped - PAGE, 0)

    def _misses(self, rows: Rows[WireJob]) -> bool:
        """Whether there may be unknown rows between what is known and the first page of a way further down."""
        if self._rows or not self._skipped or self._oldest is None:
            return False
        return max(_times(rows), default=EPOCH) < self._oldest

    def _past_window(self) -> bool:
        if self.since is None:
            return True  # one page
        return self._oldest is not None and self._oldest <= self.since - self._longest


def _times(rows: Rows[WireJob]) -> list[datetime]:
    return [moment for row in rows.items if (moment := row.created_at or row.started_at)]


def _longest(jobs: Iterable[SyncJob]) -> timedelta:
    known = (timedelta(seconds=min(job.duration_s, _LONGEST_RUN_S)) for job in jobs if job.duration_s)
    return max(known, default=_MARGIN)


def _created(job: SyncJob) -> datetime:
    return job.created_at or job.at or EPOCH
