"""Waiting for a job to end, within the rate limit, and what its end means."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import anyio

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.acting.after import Aftermath, aftermath
from airweave_sync_mcp.answers.acting.cancel import find_own_job
from airweave_sync_mcp.answers.acting.checks import check_syncs
from airweave_sync_mcp.answers.acting.situation import known_since, read_history
from airweave_sync_mcp.answers.ask import Ask, known_connections, resolve_connection
from airweave_sync_mcp.diagnosis.cadence import typical
from airweave_sync_mcp.diagnosis.stuck import TRANSITION_LIMIT_S
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.fan_out import FATAL
from airweave_sync_mcp.history.model import ENDED_STATUSES, Connection, ConnectionHistory, JobStatus, SyncJob

SHORTEST_PAUSE_S: Final = 2.0
_LONGER: Final = ((60.0, 5.0), (600.0, 15.0))
"""(seconds waited, pause): who has waited for long can wait a little longer to hear of the end."""

_BUDGET_SHARE: Final = 0.5
"""How much of the requests that the plan leaves us waiting may use."""

CLEAN_UP_S: Final = 180.0
"""The platform's clean-up cancels jobs that wait for this long (as observed), some minutes later."""

_WAITING: Final = frozenset({JobStatus.PENDING, JobStatus.CANCELLING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A job at one moment. `since` is its start, or since when it is known to be in its status."""

    connection: Connection
    connections: tuple[Connection, ...]
    history: ConnectionHistory
    job: SyncJob
    since: datetime
    now: datetime
    waited_s: float
    usual_s: float | None
    unread: AirweaveError | None = None
    """Why it could not be read the last time."""

    @property
    def elapsed_s(self) -> float:
        """Seconds it has been running, or known to be in its status."""
        return max((self.now - self.since).total_seconds(), 0.0)

    @property
    def ended(self) -> bool:
        return self.job.status in ENDED_STATUSES

    @property
    def overdue(self) -> bool:
        """Beyond what the platform's clean-up tolerates."""
        return self.job.status in _WAITING and self.elapsed_s > CLEAN_UP_S

    @property
    def hopeless(self) -> bool:
        """Waiting for so long that not even the clean-up can be at work: waiting on changes nothing.

        Nor does it for a job that was only created: those of servers long gone are never run.
        """
        waiting = self.job.status in _WAITING and self.elapsed_s > TRANSITION_LIMIT_S
        return waiting or self.job.status == JobStatus.CREATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """The last look, and for a job that has ended what its end means."""

    look: Look
    after: Aftermath | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What to wait for and how long; without a job for the active one, else the newest."""

    connection: str
    job: str = ""
    timeout_s: float | None = None


Report = Callable[[Look], Awaitable[None]]


async def wait_for_job(ask: Ask, wanted: Wait, *, sleep: Callable[[float], Awaitable[None]], report: Report) -> Waited:
    """Wait until a job has ended, cannot be expected to go on, or the time is up.

    Raises:
        QueryError: The connection or the job is unknown, ambiguous, or cannot have jobs.
        AirweaveError: It could not be read at first, or will not be from now on.
    """
    began = ask.snapshot.clock()
    connection = await resolve_connection(ask, wanted.connection)
    check_syncs(connection)
    history = await read_history(ask, connection, max_age=timedelta())
    job = await _target(ask, connection, history, wanted.job)
    connections, unread = await known_connections(ask), None
    while True:
        now = ask.snapshot.clock()
        look = Look(
            connection=connection,
            connections=connections,
            history=history,
            job=job,
            since=job.started_at if job.started_at and job.status not in _WAITING else known_since(history, job),
            now=now,
            waited_s=(now - began).total_seconds(),
            usual_s=typical(history.jobs).duration_s,
            unread=unread,
        )
        if look.ended:
            return Waited(look=look, after=aftermath(connection, history, job, now=now, judge=ask.judge))
        left_s = None if wanted.timeout_s is None else wanted.timeout_s - look.waited_s
        if look.hopeless or (left_s is not None and left_s <= 0):
            return Waited(look=look, after=None)
        await report(look)
        await sleep(await _pause(ask, look, left_s))
        history, unread = await _read_again(ask, connection, history, left_s)
        job = next((one for one in history.jobs if one.id == job.id), job)


async def _target(ask: Ask, connection: Connection, history: ConnectionHistory, text: str) -> SyncJob:
    if text.strip():
        return await find_own_job(ask, connection, history, text)
    check_syncs(connection, has_sync=history.has_sync)
    active = next((job for job in history.jobs if job.active), None)
    if active is None and not history.jobs:
        raise QueryError("no_jobs", f"{connection.name} never ran, and nothing is running.", "")
    return active or history.jobs[0]


async def _pause(ask: Ask, look: Look, left_s: float | None) -> float:
    """How long to wait before the next look."""
    budget = await ask.snapshot.budget_state(ask.credential)
    pause = max([SHORTEST_PAUSE_S, *(longer for after, longer in _LONGER if look.waited_s >= after)])
    if budget.usable_per_minute:
        pause = max(pause, 60 / (budget.usable_per_minute * _BUDGET_SHARE))
    if look.unread is not None and look.unread.retry_after_s:
        pause = max(pause, look.unread.retry_after_s)
    return pause if left_s is None else min(pause, left_s)


async def _read_again(
    ask: Ask, connection: Connection, known: ConnectionHistory, left_s: float | None
) -> tuple[ConnectionHistory, AirweaveError | None]:
    """The jobs as they are now; those known, and why, where a passing trouble is in the way."""
    limit_s = ask.snapshot.options.deadline_s
    if left_s is not None:
        limit_s = min(limit_s, max(left_s, SHORTEST_PAUSE_S))
    with anyio.move_on_after(limit_s):
        try:
            return await read_history(ask, connection, max_age=timedelta()), None
        except AirweaveError as error:
            if error.code in FATAL or not error.retryable:
                raise
            return known, error
    return known, None
