"""Starting a sync."""

from dataclasses import dataclass
from typing import Final

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.acting.act import Acting, carry_out, look_again, writing
from airweave_sync_mcp.answers.acting.checks import check_run
from airweave_sync_mcp.answers.acting.outcome import Outcome, Result
from airweave_sync_mcp.answers.acting.plan import Plan, Said, claims_repair
from airweave_sync_mcp.answers.acting.situation import PATIENCE_S, look
from airweave_sync_mcp.answers.ask import Ask
from airweave_sync_mcp.history.convert import job_of
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.model import ConnectionHistory, JobStatus, SyncJob

_MAY_BE_OVER: Final = frozenset({"sync_paused", "waiting_for_login", "not_synced"})
"""Refusals that rest on the list of connections, which may be older than a repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that somebody wants."""

    connection: str
    full: bool = False
    confirm: str = ""


async def plan_run(ask: Ask, wanted: Run) -> Plan:
    """Check a run, reading the connection anew.

    Raises:
        QueryError: It cannot run, would be refused, or is not clearly named.
        AirweaveError: The connection could not be read.
    """
    repaired = claims_repair(wanted.confirm)
    now = await look(ask, wanted.connection)
    try:
        return check_run(now, full=wanted.full, repaired=repaired)
    except QueryError as refusal:
        if refusal.code not in _MAY_BE_OVER:
            raise
        now = await look(ask, wanted.connection, fresh_list=True)
        return check_run(now, full=wanted.full, repaired=repaired)


async def run_sync(acting: Acting, wanted: Run, said: Said) -> Outcome:
    """Start a sync if it is confirmed. Raises as `plan_run` and `carry_out`."""
    plan = await plan_run(acting.ask, wanted)
    return await carry_out(acting, plan, confirm=wanted.confirm, said=said, send=_start)


async def _start(acting: Acting, plan: Plan) -> Outcome:
    ask, connection = acting.ask, plan.connection
    try:
        async with writing(ask, plan):
            wire = await ask.snapshot.readings.client.run_sync(
                ask.credential, connection.id, force_full_sync=plan.full, wait_for_budget_s=PATIENCE_S
            )
    except AirweaveError as error:
        if not error.outcome_unknown:
            raise
        lost = error
    else:
        job = job_of(wire, connection_id=connection.id)
        return Outcome(plan=plan, result=Result.STARTED, job=job)
    return await _look_back(acting, plan, lost)


async def _look_back(acting: Acting, plan: Plan, lost: AirweaveError) -> Outcome:
    """What the state says about a request whose answer was lost.

    Only a 500 is sure to be over when it comes: behind any other loss the request may still be under way.
    """
    over = lost.status == 500
    job: SyncJob | None = None

    def settled(history: ConnectionHistory) -> bool:
        nonlocal job
        job = next((one for one in history.jobs if one.id not in plan.known), None)
        # A pending job after a 500 may have been left behind by a start that failed: then it never runs.
        return job is not None and not (over and job.status == JobStatus.PENDING)

    seen = await look_again(acting, plan, settled)
    if job is not None:
        left_behind = over and job.status == JobStatus.PENDING
        return Outcome(plan=plan, result=Result.UNKNOWN if left_behind else Result.STARTED, job=job, lost=lost)
    return Outcome(plan=plan, result=Result.NOT_STARTED if over and seen else Result.UNKNOWN, lost=lost)
