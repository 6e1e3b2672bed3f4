"""The way of every write: plan, confirmation, one request, its outcome, a line for the audit."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import anyio

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.acting.audit import Caller, audit
from airweave_sync_mcp.answers.acting.outcome import ConfirmedBy, Outcome, Result
from airweave_sync_mcp.answers.acting.plan import Plan, Said, wrong_confirm
from airweave_sync_mcp.answers.acting.refusals import explained
from airweave_sync_mcp.answers.acting.situation import outdate, read_history
from airweave_sync_mcp.answers.ask import Ask
from airweave_sync_mcp.history.model import ConnectionHistory
from airweave_sync_mcp.safety import Cleaner

LOOKS_S: Final = (0.0, 2.0, 4.0)
"""After a lost answer: seconds before each look at the state."""

LOOKING_S: Final = 15.0
"""How long all looks may take together: clients give up after a minute, and a lost request took long already."""

_TIDYING_S: Final = 2.0

_BY: Final = {
    Said.APPROVED: ConfirmedBy.PERSON,
    Said.BY_FLAG: ConfirmedBy.FLAG,
    Said.NOT_ASKED: ConfirmedBy.MODEL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who acts, on whose behalf, and what waiting is done with."""

    ask: Ask
    caller: Caller
    cleaner: Cleaner
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep


Request = Callable[[Acting, Plan], Awaitable[Outcome]]
"""Sends a write once and tells its outcome; raises AirweaveError where it was refused."""


async def carry_out(acting: Acting, plan: Plan, *, confirm: str, said: Said, send: Request) -> Outcome:
    """Send a write if it is confirmed, and at most once.

    A person's approval counts; where nobody could be asked, `confirm` has to repeat the target. What does harm wants
    both. `settled` plans need nothing.

    Raises:
        QueryError: `confirm` names something else, or Airweave refused.
        AirweaveError: Airweave refused for another reason, or was never reached.
    """
    by = confirmation(plan, confirm=confirm, said=said)
    if plan.settled and plan.job is not None:
        return Outcome(plan=plan, result=Result(plan.job.status), job=plan.job)
    if by is None:
        return Outcome(plan=plan, result=Result.DECLINED if said is Said.DECLINED else Result.DRY_RUN)
    outcome = "unknown (the call was given up)"
    job_id: str | None = None
    try:
        done = replace(await send(acting, plan), confirmed_by=by)
        outcome, job_id = done.result.value, done.job.id if done.job else None
    except AirweaveError as refused:
        outcome = f"refused ({refused.code})"
        reason = explained(refused, plan)
        if reason is refused:
            raise
        raise reason from None
    else:
        return done
    finally:
        audit(plan, acting.caller, confirmed_by=by.value, outcome=outcome, job_id=job_id, cleaner=acting.cleaner)


def confirmation(plan: Plan, *, confirm: str, said: Said) -> ConfirmedBy | None:
    """Whose word allows the plan; None if nobody's does.

    Raises:
        QueryError: `wrong_confirm`.
    """
    repeated = plan.confirmed_by(confirm)
    if confirm.strip() and not repeated:
        raise wrong_confirm(plan)
    by = _BY.get(said)
    enough = repeated or (said is not Said.NOT_ASKED and not plan.harmful)
    return by if enough else None


@asynccontextmanager
async def writing(ask: Ask, plan: Plan) -> AsyncIterator[None]:
    """Around the one request of a write: afterwards what was known of the connection is out of date."""
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True), anyio.move_on_after(_TIDYING_S):
            await outdate(ask, plan.connection.id)


async def look_again(acting: Acting, plan: Plan, settled: Callable[[ConnectionHistory], bool]) -> bool:
    """Read the connection's jobs, several times while a lost request may still be under way, until that is settled.

    False if they could not be read at all.
    """
    seen = False
    with anyio.move_on_after(LOOKING_S):
        for pause in LOOKS_S:
            if pause:
                await acting.sleep(pause)
            try:
                history = await read_history(acting.ask, plan.connection, max_age=timedelta())
            except AirweaveError:
                continue
            seen = True
            if settled(history):
                break
    return seen
