"""What a question needs to know, and what it gets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from math import inf
from typing import Final, Protocol

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.history.model import ACTIVE_STATUSES, EPOCH, Connection, ConnectionHistory, Coverage, SyncJob
from airweave_sync_mcp.history.window import Window

_MICROSECOND: Final = timedelta(microseconds=1)


class Progress(Protocol):
    """Told how many of the connections to read have been read."""

    async def __call__(self, done: int, total: int) -> None: ...


async def no_progress(done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a question needs to know.

    `window` is the span of time that the answer is about, `depth` how far back to read where that is not the
    window's start, `scope` picks connections, `statuses` are all that matter (empty for any),
    `asked_for` are connections named by the question: they are read anew. `found` ends the search early.
    """

    window: Window = field(default_factory=Window)
    depth: datetime | None = None
    scope: Callable[[Connection], bool] | None = None
    statuses: frozenset[str] = frozenset()
    asked_for: frozenset[str] = frozenset()
    found: Callable[[ConnectionHistory], bool] | None = None
    by_connection: bool = False
    """Each connection's own history is wanted, not only the organization's jobs."""

    @property
    def reach(self) -> datetime | None:
        """How far back jobs are wanted; None for whatever the first reading gives."""
        return self.depth or self.window.since

    @property
    def reach_of_each(self) -> datetime | None:
        """The same for a connection's own jobs."""
        return None if self.only_active else self.reach

    @property
    def only_active(self) -> bool:
        """Whether only jobs under way matter: a connection has at most one, and it is its newest job."""
        return bool(self.statuses) and self.statuses <= ACTIVE_STATUSES


@dataclass(frozen=True, kw_only=True)
class View:
    """What is known within a question's scope."""

    connections: Mapping[str, Connection]
    organization: Mapping[str, Connection]
    """All connections, within the scope or not: to tell names apart."""
    histories: Mapping[str, ConnectionHistory]
    unordered: tuple[SyncJob, ...]
    """The jobs, as they come: to count them, or to pick some before they are sorted."""
    coverage: Coverage
    horizon: datetime | None
    """Every job since then is known of the connections that were read; None if all are."""
    of_list: bool
    """The jobs are those of the organization's list, which ends nowhere; a connection's own end after 1,000."""
    errors: Mapping[str, AirweaveError]
    """By connection id: what kept a connection from being read now."""

    @cached_property
    def jobs(self) -> tuple[SyncJob, ...]:
        """The jobs, newest first."""
        return tuple(sorted(self.unordered, key=newest_key))


def newest_key(job: SyncJob) -> tuple[float, str]:
    """Sort key: newest first, ties by id; jobs that stand nowhere in time last."""
    at = job.at
    return (-at.timestamp() if at else inf, job.id)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly: what a time is in a cursor."""
    return (moment - EPOCH) // _MICROSECOND
