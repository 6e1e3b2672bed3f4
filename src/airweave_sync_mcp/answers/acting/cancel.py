"""Cancelling a job."""

from dataclasses import dataclass
from typing import Final

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.acting.act import Acting, carry_out, look_again, writing
from airweave_sync_mcp.answers.acting.checks import check_cancel, check_syncs
from airweave_sync_mcp.answers.acting.outcome import Outcome, Result
from airweave_sync_mcp.answers.acting.plan import Plan, Said
from airweave_sync_mcp.answers.acting.situation import PATIENCE_S, look, read_history
from airweave_sync_mcp.answers.ask import Ask
from airweave_sync_mcp.history.convert import job_of
from airweave_sync_mcp.history.errors import GIVEN, QueryError
from airweave_sync_mcp.history.model import ENDED_STATUSES, Connection, ConnectionHistory, JobStatus, SyncJob
from airweave_sync_mcp.history.references import MAX_CANDIDATES, read_job_reference, short_ids

_RESULTS: Final = {JobStatus.CANCELLED.value: Result.CANCELLED, JobStatus.CANCELLING.value: Result.CANCELLING}
_SURELY_OVER: Final = frozenset({500, 502})
"""Answers that Airweave gives when a cancellation went wrong; it may have cancelled all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """A cancellation that somebody wants."""

    connection: str
    job: str
    confirm: str = ""


async def plan_cancel(ask: Ask, wanted: Cancel) -> Plan:
    """Check a cancellation, reading the connection anew: above all that the job is this connection's.

    The current API cancels any job of the organization, whatever connection is named beside it.

    Raises:
        QueryError: The job is not this connection's, not clearly named, or cannot be cancelled.
        AirweaveError: The connection could not be read.
    """
    now = await look(ask, wanted.connection)
    check_syncs(now.connection, has_sync=now.history.has_sync)
    return check_cancel(now, await find_own_job(ask, now.connection, now.history, wanted.job))


async def find_own_job(ask: Ask, connection: Connection, history: ConnectionHistory, text: str) -> SyncJob:
    """The job of this connection that a reference means, back to the oldest that the API gives.

    Raises:
        QueryError: `job_not_found`, `ambiguous_job`, `no_jobs` or `malformed_id`.
    """
    word = text.strip().lower()
    if word in {"latest", "latest_failed"}:
        found = (job for job in history.jobs if word == "latest" or job.failed)
        if (job := next(found, None)) is None:
            raise QueryError("no_jobs", f"{connection.name} has no such job.", "get_connection_jobs lists its jobs.")
        return job
    prefix = read_job_reference(text).id_prefix or "-"
    matches = [job for job in history.jobs if job.id.startswith(prefix)]
    if not matches and history.truncated:
        history = await read_history(ask, connection, deep=True)
        matches = [job for job in history.jobs if job.id.startswith(prefix)]
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise QueryError(
            "job_not_found",
            f"{connection.name} has no job {GIVEN} among its {len(history.jobs)} jobs.",
            "It may be another connection's: get_sync_job tells whose it is.",
            given=text,
        )
    short = short_ids([job.id for job in matches], (job.id for job in history.jobs))
    raise QueryError(
        "ambiguous_job",
        f"{GIVEN} matches {len(matches)} jobs: {', '.join(short[:MAX_CANDIDATES])}.",
        "Repeat the call with one of these.",
        given=text,
    )


async def cancel_job(acting: Acting, wanted: Cancel, said: Said) -> Outcome:
    """Cancel a job if that is confirmed. Raises as `plan_cancel` and `carry_out`."""
    plan = await plan_cancel(acting.ask, wanted)
    return await carry_out(acting, plan, confirm=wanted.confirm, said=said, send=_cancel)


async def _cancel(acting: Acting, plan: Plan) -> Outcome:
    ask, target = acting.ask, _target(plan)
    try:
        async with writing(ask, plan):
            wire = await ask.snapshot.readings.client.cancel_job(
                ask.credential, plan.connection.id, target.id, wait_for_budget_s=PATIENCE_S
            )
    except AirweaveError as error:
        if not error.outcome_unknown:
            raise
        lost = error
    else:
        job = job_of(wire, connection_id=plan.connection.id)
        return Outcome(plan=plan, result=_RESULTS.get(job.status, Result.CANCELLING), job=job)
    return await _look_back(acting, plan, lost)


async def _look_back(acting: Acting, plan: Plan, lost: AirweaveError) -> Outcome:
    """What the state says about a request whose answer was lost."""
    target, job = _target(plan), None

    def settled(history: ConnectionHistory) -> bool:
        nonlocal job
        job = next((one for one in history.jobs if one.id == target.id), None)
        return job is not None and (job.status in _RESULTS or job.status in ENDED_STATUSES)

    await look_again(acting, plan, settled)
    if job is None:
        return Outcome(plan=plan, result=Result.UNKNOWN, lost=lost)
    surely = job.status in ENDED_STATUSES or lost.status in _SURELY_OVER
    result = _RESULTS.get(job.status, Result.NOT_CANCELLED if surely else Result.UNKNOWN)
    return Outcome(plan=plan, result=result, job=job, lost=lost)


def _target(plan: Plan) -> SyncJob:
    if plan.job is None:
        raise ValueError("a plan to cancel names a job")
    return plan.job
