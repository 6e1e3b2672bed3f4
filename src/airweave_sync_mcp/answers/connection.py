"""One connection: its jobs, and what its known history adds up to."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.ask import Ask, resolve_connection
from airweave_sync_mcp.answers.jobs import JobQuery, list_jobs_with_view
from airweave_sync_mcp.answers.page import JobPage
from airweave_sync_mcp.diagnosis.cadence import Typical, typical
from airweave_sync_mcp.diagnosis.measures import decided
from airweave_sync_mcp.diagnosis.streaks import Streak
from airweave_sync_mcp.history.model import EPOCH, Connection, ConnectionHistory, JobStatus, SyncJob
from airweave_sync_mcp.history.plan import can_have_jobs
from airweave_sync_mcp.history.view import Need, View

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
    view = await whole_streak(ask, connection, view)
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


async def whole_streak(ask: Ask, connection: Connection, view: View) -> View:
    """The view with as much more of the connection's history as shows where its failures began, if that can be had."""
    history = view.histories.get(connection.id)
    streak = ask.judge.streak(connection, history) if history is not None else None
    if history is None or history.unreachable or streak is None or not streak.begins_before_known:
        return view
    need = Need(depth=EPOCH, scope=lambda one: one.id == connection.id, by_connection=True)
    with suppress(AirweaveError):  # what is known already is an answer too, and says that it may not be all
        return replace(view, histories=(await ask.view(need)).histories)
    return view
