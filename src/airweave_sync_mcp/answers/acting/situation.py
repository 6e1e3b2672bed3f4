"""A connection as it is at this moment, read for the sake of a write: with as few requests as will do."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from airweave_sync_mcp.answers.ask import Ask, known_connections, resolve_connection
from airweave_sync_mcp.answers.judge import Judgement
from airweave_sync_mcp.history.memory import ConnectionList
from airweave_sync_mcp.history.merge import REACHABLE
from airweave_sync_mcp.history.model import EPOCH, Connection, ConnectionHistory, JobStatus, SyncJob
from airweave_sync_mcp.history.plan import FIRST_LIMIT, can_have_jobs
from airweave_sync_mcp.history.references import one_connection

SAME_MOMENT: Final = timedelta(seconds=1)
"""A reading this young serves both the question to the person and the check after the answer, if they come together."""

PATIENCE_S: Final = 15.0
"""How long a write waits for the rate limit before each of its requests."""

_LIST_OUTDATED: Final = timedelta(minutes=15)
"""An age at which the list of connections is read again, however small the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A connection, its newest jobs and what is to be said of it; `connections` are all, to tell names apart."""

    connection: Connection
    history: ConnectionHistory
    judgement: Judgement
    connections: tuple[Connection, ...]

    @property
    def newest(self) -> SyncJob | None:
        return self.history.jobs[0] if self.history.jobs else None

    @property
    def active(self) -> SyncJob | None:
        """The job that keeps another one from starting."""
        return next((job for job in self.history.jobs if job.active), None)


async def look(ask: Ask, connection: str, *, fresh_list: bool = False) -> Situation:
    """Read a connection's jobs anew; `fresh_list` reads the list of connections anew, too.

    Raises:
        QueryError: The connection is unknown or ambiguous.
        AirweaveError: It could not be read.
    """
    if fresh_list:
        listed = (await ask.snapshot.connections(ask.credential, fresh=True)).connections
        one = one_connection(connection, listed)
    else:
        one = await resolve_connection(ask, connection)
        listed = await known_connections(ask)
    history = await read_history(ask, one)
    judgement = ask.judge.judge(one, history, now=ask.snapshot.clock())
    return Situation(connection=one, history=history, judgement=judgement, connections=listed)


async def read_history(
    ask: Ask, connection: Connection, *, deep: bool = False, max_age: timedelta = SAME_MOMENT
) -> ConnectionHistory:
    """The newest jobs of a connection, or with `deep` all that the API gives."""
    now = ask.snapshot.clock()
    if not can_have_jobs(connection):
        return ConnectionHistory(connection_id=connection.id, jobs=(), fetched_at=now, has_sync=False)
    return await ask.snapshot.readings.jobs(
        ask.credential,
        connection,
        limit=REACHABLE if deep else FIRST_LIMIT,
        newer_than=now - max_age,
        since=EPOCH if deep else None,
        wait_for_budget_s=PATIENCE_S,
    )


async def outdate(ask: Ask, connection_id: str) -> None:
    """After a write: the connection's jobs are not known any more, and the list that tells its state is old."""
    readings = ask.snapshot.readings
    tenant = readings.tenant(ask.credential)
    await readings.memory.forget(tenant, f"jobs:{connection_id}")
    listed = await readings.recall(ask.credential, "connections", ConnectionList)
    if listed is not None:
        old = min(listed.fetched_at, ask.snapshot.clock() - _LIST_OUTDATED)
        await readings.memory.save(tenant, "connections", replace(listed, fetched_at=old))


def known_since(history: ConnectionHistory, job: SyncJob) -> datetime:
    """Since when a job is known to be in its status: its creation, or the first reading that found it so."""
    seen = (at for job_id, status, at in history.first_seen if (job_id, status) == (job.id, job.status))
    first = next(seen, history.fetched_at)
    return min(first, job.created_at or first) if job.status == JobStatus.PENDING else first
