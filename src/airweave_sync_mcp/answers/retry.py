"""Whether starting the sync again is accepted, useful and safe; and who does what next."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from airweave_sync_mcp.answers.judge import Judgement
from airweave_sync_mcp.diagnosis.causes import CAUSES, CauseName, Who
from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.diagnosis.failing import PERSISTENT_FAILURES
from airweave_sync_mcp.diagnosis.finding import FindingKind
from airweave_sync_mcp.history.model import ConnectionStatus
from airweave_sync_mcp.history.plan import can_have_jobs

_STUCK: Final = frozenset({FindingKind.STUCK_RUNNING, FindingKind.STUCK_PENDING, FindingKind.STUCK_CANCELLING})
_LOSSES: Final = frozenset({FindingKind.MASS_DELETION, FindingKind.ENTITY_COUNT_FELL, FindingKind.HOLDS_NOTHING})

_SOON: Final = timedelta(minutes=10)
"""After so long, the few minutes that a passing trouble takes are over."""

_ESCALATED: Final = {
    CauseName.SOURCE_UNAVAILABLE: Who.SOURCE_ADMIN,
    CauseName.SOURCE_RATE_LIMITED: Who.SOURCE_ADMIN,
    CauseName.AUTH_SERVICE_TRANSIENT: Who.PROVIDER_ADMIN,
}


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
    if verdict is None:
        return Retry(useful=False, safe=True, when="not needed: nothing is failing")
    cause = CAUSES[verdict.cause]
    usual = verdict.transient == cause.transient_default
    if not verdict.transient:
        when = cause.retry_note if usual else "not before the cause is repaired"
        how = "full sync (force_full_sync)" if verdict.cause is CauseName.CURSOR_EXPIRED else ""
        return Retry(useful=False, safe=True, when=when, how=how)
    if judgement is not None and is_persistent(judgement, verdict):
        failures = judgement.streak.failures if judgement.streak else 0
        when = f"hardly: it failed the same way {failures} times in a row, so somebody has to look into it first"
        return Retry(useful=False, safe=True, when=when)
    return Retry(useful=True, safe=True, when=_wait(verdict, passed), how=cause.retry_note if usual else "")


def _wait(verdict: Verdict, passed: timedelta | None) -> str:
    """When what passes by itself may have passed."""
    if verdict.retry_after_s and passed is not None:
        left = verdict.retry_after_s - passed.total_seconds()
        asked = f"the {verdict.retry_after_s:.0f} s that the source asked for"
        return f"in {left:.0f} s, after {asked}" if left > 0 else f"now: {asked} have passed"
    if verdict.retry_after_s:
        return f"{verdict.retry_after_s:.0f} s after the failure"
    return "now" if passed is not None and passed >= _SOON else "in a few minutes"


def is_persistent(judgement: Judgement, verdict: Verdict) -> bool:
    """Whether a cause that usually passes has not: the same three times in a row or more, and still."""
    streak = judgement.streak
    return (
        streak is not None
        and streak.ongoing
        and streak.same_cause
        and streak.cause == verdict.cause
        and streak.failures >= PERSISTENT_FAILURES
    )


def who_acts(judgement: Judgement | None, verdict: Verdict) -> Who:
    """Who has to act. What time was to heal and did not needs somebody after all."""
    told = Who(verdict.who)
    if told is not Who.NOBODY or judgement is None or not is_persistent(judgement, verdict):
        return told
    usual = CAUSES[verdict.cause].who
    return usual if usual is not Who.NOBODY else _ESCALATED.get(verdict.cause, Who.OPERATOR)


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
        stuck = "; it is stuck, so the platform's clean-up or a cancel has to end it first" if kinds & _STUCK else ""
        return Retry(useful=False, safe=True, when=f"refused (400) while a job is {newest.status}{stuck}")
    if FindingKind.PAUSED in kinds:
        mistaken = verdict is not None and verdict.cause is CauseName.AUTH_SERVICE_TRANSIENT
        note = "; the credentials are probably fine, the platform paused it by mistake" if mistaken else ""
        return Retry(useful=False, safe=True, when=f"refused (409) while the sync is paused{note}")
    if kinds & _LOSSES:
        when = "not before the source shows everything again: a run deletes what it does not find there"
        return Retry(useful=False, safe=False, when=when)
    return None
