"""Whether starting the sync again is accepted, useful and safe."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from airweave_sync_mcp.answers.judge import Judgement, State
from airweave_sync_mcp.answers.who import LOSSES, STUCK, is_persistent, unstarted
from airweave_sync_mcp.diagnosis.causes import CAUSES, CauseName
from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.diagnosis.finding import FindingKind
from airweave_sync_mcp.history.model import ConnectionStatus
from airweave_sync_mcp.history.plan import can_have_jobs

_SOON: Final = timedelta(minutes=10)
"""After so long, the few minutes that a passing trouble takes are over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A plain run of the sync as it is now: `useful` if it can succeed, `safe` if it cannot make things worse.

    `when` says at which moment or after what, `how` by which call or by whom.
    """

    useful: bool
    safe: bool
    when: str
    how: str = ""


def retry_of(judgement: Judgement | None, verdict: Verdict | None, *, passed: timedelta | None = None) -> Retry:
    """What a plain run would do now, the strongest obstacle first. `passed` is the time since the failure."""
    if judgement is not None and (obstacle := _obstacle(judgement, verdict)) is not None:
        return obstacle
    if judgement is not None and not judgement.failing and unstarted(judgement.alarms):
        return Retry(useful=False, safe=True, when="hardly: no worker picks up its jobs, so somebody has to look first")
    if verdict is None:
        return _without_failure(judgement)
    cause = CAUSES[verdict.cause]
    usual = verdict.transient == cause.transient_default
    if not verdict.transient:
        when = cause.retry_note if usual else "not before the cause is repaired"
        how = "A full sync: force_full_sync." if verdict.cause is CauseName.CURSOR_EXPIRED else ""
        return Retry(useful=False, safe=True, when=when, how=how)
    if judgement is not None and is_persistent(judgement.streak, verdict):
        failures = judgement.streak.failures if judgement.streak else 0
        when = f"hardly: it failed the same way {failures} times in a row, so somebody has to look into it first"
        return Retry(useful=False, safe=True, when=when)
    return Retry(useful=True, safe=True, when=_wait(verdict, passed), how=cause.retry_note if usual else "")


def _without_failure(judgement: Judgement | None) -> Retry:
    """What a run would do where no failure tells it."""
    kinds = {one.kind for one in judgement.findings} if judgement is not None else set()
    if judgement is not None and judgement.state in (State.NEVER_RAN, State.STALE):
        never = judgement.state is State.NEVER_RAN
        when = "now: nothing has run yet" if never else "now: no run has come since"
        return Retry(useful=True, safe=True, when=when, how="One run; whether and how it ends tells what is wrong.")
    if FindingKind.WROTE_NOTHING in kinds:
        when = "not before somebody has looked at the source: another run would find as little"
        return Retry(useful=False, safe=True, when=when)
    return Retry(useful=False, safe=True, when="not needed: nothing is failing")


def _wait(verdict: Verdict, passed: timedelta | None) -> str:
    """When what passes by itself may have passed."""
    if verdict.retry_after_s and passed is not None:
        left = verdict.retry_after_s - passed.total_seconds()
        asked = f"the {verdict.retry_after_s:.0f} s that the source asked for"
        return f"in {left:.0f} s, after {asked}" if left > 0 else f"now: {asked} have passed"
    if verdict.retry_after_s:
        return f"{verdict.retry_after_s:.0f} s after the failure"
    return "now" if passed is not None and passed >= _SOON else "in a few minutes"


def _obstacle(judgement: Judgement, verdict: Verdict | None) -> Retry | None:
    connection, kinds = judgement.connection, {one.kind for one in judgement.alarms}
    if not can_have_jobs(connection):
        return Retry(useful=False, safe=True, when="never: it is searched live and cannot be synced (404)")
    if connection.status == ConnectionStatus.PENDING_AUTH or FindingKind.WAITING_FOR_LOGIN in kinds:
        return Retry(
            useful=False, safe=True, when="after somebody has logged in; until then there is nothing to run (404)"
        )
    newest = judgement.history.jobs[0] if judgement.history and judgement.history.jobs else None
    if newest is not None and newest.active:
        stuck = "; it is stuck, so the platform's clean-up or a cancel has to end it first" if kinds & STUCK else ""
        return Retry(useful=False, safe=True, when=f"refused (400) while a job is {newest.status}{stuck}")
    if FindingKind.PAUSED in kinds:
        mistaken = verdict is not None and verdict.cause is CauseName.AUTH_SERVICE_TRANSIENT
        note = "; the credentials are probably fine, the platform paused it by mistake" if mistaken else ""
        return Retry(useful=False, safe=True, when=f"refused (409) while the sync is paused{note}")
    if kinds & LOSSES:
        when = "not before the source shows everything again: a run deletes what it does not find there"
        return Retry(useful=False, safe=False, when=when)
    return None
