"""One connection: its jobs, and what its known history adds up to."""

from dataclasses import dataclass
from typing import Final

from airweave_sync_mcp.answers.ask import Ask, resolve_connection
from airweave_sync_mcp.answers.jobs import JobQuery, list_jobs_with_view
from airweave_sync_mcp.answers.page import JobPage
from airweave_sync_mcp.diagnosis.cadence import Typical, typical
from airweave_sync_mcp.diagnosis.measures import decided
from airweave_sync_mcp.diagnosis.streaks import Streak
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, JobStatus, SyncJob
from airweave_sync_mcp.history.plan import can_have_jobs

_JUDGED: Final = 50
"""How many runs at most success rate and usual duration rest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionJobs:
    """A page of one connection's jobs, and what its known history adds up to.

    `streak` is the newest failing streak, over or ongoing; `success_rate` counts completed against failed
    runs, of `runs_judged`.
    """

    connection: Connection
    page: JobPage
    history: ConnectionHistory
    usual: Typical
    streak: Streak | None
    last_success: SyncJob | None
    success_rate: float | None
    runs_judged: int


async def connection_jobs(ask: Ask, query: JobQuery) -> ConnectionJobs:
    """The jobs of the connection that `query.scope.connection` names, newest first, read anew.

    Raises:
        QueryError: The question cannot be answered as it is put.
        AirweaveError: The jobs could not be read.
    """
    connection = await resolve_connection(ask, query.scope.connection)
    page, view = await list_jobs_with_view(ask, query)
    history = view.histories.get(connection.id)
    if history is None:
        # Federated connections are never asked: they have no sync.
        has_sync = can_have_jobs(connection)
        history = ConnectionHistory(connection_id=connection.id, jobs=(), fetched_at=ask.now, has_sync=has_sync)
    judged = decided(history.jobs)[:_JUDGED]
    good = [job for job in judged if job.status == JobStatus.COMPLETED]
    return ConnectionJobs(
        connection=connection,
        page=page,
        history=history,
        usual=typical(history.jobs[:_JUDGED]),
        streak=ask.judge.streak(connection, history),
        last_success=next((job for job in history.jobs if job.status == JobStatus.COMPLETED), None),
        success_rate=len(good) / len(judged) if judged else None,
        runs_judged=len(judged),
    )
