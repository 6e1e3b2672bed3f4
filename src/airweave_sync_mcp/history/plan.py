"""What to read next: which connections matter most, what is too old, how many jobs to ask for.

Pure: the snapshot executes what is decided here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from math import ceil
from typing import Final

from airweave_sync_mcp.history.merge import REACHABLE
from airweave_sync_mcp.history.model import (
    EPOCH,
    TROUBLED_STATUSES,
    Connection,
    ConnectionHistory,
    ConnectionStatus,
)

FIRST_LIMIT: Final = 50
"""Jobs asked for at first: weeks of daily runs, two days of hourly ones."""

ACTIVE_FRESH: Final = timedelta(seconds=10)
REST_FRESH: Final = timedelta(seconds=60)


class Interest(IntEnum):
    """Why a connection is read, most urgent first. Never-read ones come before stale ones: so answers converge."""

    ASKED_FOR = 0
    FAILING = 1
    BUSY = 2
    UNREAD = 3
    SHORT = 4
    STALE_BUSY = 5
    STALE_FAILING = 6
    STALE = 7


BUSY_FIRST: Final = (Interest.ASKED_FOR, Interest.BUSY, Interest.UNREAD)
"""The order where what is under way matters more than what failed; then as ever."""


@dataclass(frozen=True, slots=True)
class Task:
    """Read the newest `limit` jobs of a connection."""

    connection: Connection
    interest: Interest
    limit: int
    newer_than: datetime


@dataclass(frozen=True, slots=True)
class Ages:
    """How old readings may be."""

    busy: timedelta = ACTIVE_FRESH
    rest: timedelta = REST_FRESH


def can_have_jobs(connection: Connection) -> bool:
    """Federated sources are searched live: they never sync, so asking for their jobs wastes a request."""
    return not connection.federated


def is_troubled(connection: Connection) -> bool:
    return connection.status in TROUBLED_STATUSES


def reaches(history: ConnectionHistory, since: datetime | None) -> bool:
    """Whether all jobs since then are known, or all that the API can give."""
    if not history.truncated or history.unreachable:
        return True
    return since is None or ((oldest := history.oldest_at) is not None and oldest <= since)


def plan(
    connections: Iterable[Connection],
    histories: Mapping[str, ConnectionHistory],
    *,
    now: datetime,
    since: datetime | None,
    asked_for: frozenset[str] = frozenset(),
    requests_per_minute: int | None = None,
    busy_as_of: datetime | None = None,
) -> list[Task]:
    """The readings worth making, most interesting first.

    `since` is how far back the jobs are wanted. `requests_per_minute` is what the rate limit leaves, None
    for no limit: with a small one, everything is read again only as often as a whole round takes, what is busy
    three times as often. `busy_as_of` is for questions about what is under way: when the list of connections was
    read, which tells where something is. These come first.
    """
    connections = [one for one in connections if can_have_jobs(one)]
    ages = Ages()
    if requests_per_minute and len(connections) > requests_per_minute:
        round_ = timedelta(minutes=ceil(len(connections) / requests_per_minute))
        ages = Ages(busy=round_ / 3, rest=round_)
    tasks = [
        task
        for one in connections
        if (task := _task(one, histories.get(one.id), now, since, one.id in asked_for, ages, busy_as_of))
    ]
    read_at = {connection_id: history.fetched_at for connection_id, history in histories.items()}
    order = list(dict.fromkeys([*(() if busy_as_of is None else BUSY_FIRST), *Interest]))
    return sorted(tasks, key=lambda task: (order.index(task.interest), read_at.get(task.connection.id, EPOCH)))


def _task(
    connection: Connection,
    history: ConnectionHistory | None,
    now: datetime,
    since: datetime | None,
    asked_for: bool,
    ages: Ages,
    busy_as_of: datetime | None,
) -> Task | None:
    limit = limit_for(history, since, now)
    if asked_for:
        return Task(connection, Interest.ASKED_FOR, limit, now)
    if history is None:
        # Somebody else may have read it since the histories were looked up, and what is never too old serves.
        return Task(connection, _interest(connection), limit, now - ages.busy)
    if busy_as_of is not None and turned_busy(connection, history, busy_as_of):
        return Task(connection, Interest.BUSY, limit, busy_as_of)
    busy = connection.status == ConnectionStatus.SYNCING or (bool(history.jobs) and history.jobs[0].active)
    fresh = ages.busy if busy or _changed(connection, history) else ages.rest
    if not reaches(history, since):
        return Task(connection, Interest.SHORT, limit, now - fresh)
    if now - history.fetched_at < fresh:
        return None
    interest = Interest.STALE_BUSY if busy else Interest.STALE_FAILING if is_troubled(connection) else Interest.STALE
    return Task(connection, interest, limit, now - fresh)


def _interest(connection: Connection) -> Interest:
    """How soon a connection is wanted that was never read."""
    if is_troubled(connection):
        return Interest.FAILING
    return Interest.BUSY if connection.status == ConnectionStatus.SYNCING else Interest.UNREAD


def turned_busy(connection: Connection, history: ConnectionHistory, listed_at: datetime) -> bool:
    """Whether the list of connections, read later, tells that something is under way which the history lacks."""
    known = bool(history.jobs) and history.jobs[0].active
    return connection.status == ConnectionStatus.SYNCING and not known and history.fetched_at < listed_at


def _changed(connection: Connection, history: ConnectionHistory) -> bool:
    """Whether the list of connections, read later, tells another state than the jobs known."""
    failed = bool(history.jobs) and history.jobs[0].failed
    return not failed if is_troubled(connection) else failed and connection.status == ConnectionStatus.ACTIVE


def limit_for(history: ConnectionHistory | None, since: datetime | None, now: datetime) -> int:
    """How many jobs to ask for so that the answer reaches back to `since`, judged by how often this one runs."""
    if history is None or since is None or not history.jobs or reaches(history, since):
        return FIRST_LIMIT
    if since <= EPOCH:
        return REACHABLE  # all that can be had
    newest, oldest = history.jobs[0].at, history.oldest_at
    if newest is None or oldest is None or newest <= oldest:
        return min(len(history.jobs) * 4, REACHABLE)
    needed = len(history.jobs) * max((now - since) / (newest - oldest), 1) * 1.25
    return max(FIRST_LIMIT, min(ceil(needed / 50) * 50, REACHABLE))
