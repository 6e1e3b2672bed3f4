"""Whether starting the sync again is accepted, useful and safe; and who does what next."""

from dataclasses import dataclass
from typing import Final

from airweave_sync_mcp.answers.judge import Judgement
from airweave_sync_mcp.diagnosis.causes import CAUSES, CauseName
from airweave_sync_mcp.diagnosis.causes import Retry as Effect
from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.diagnosis.finding import FindingKind
from airweave_sync_mcp.history.model import ConnectionStatus, SyncJob
from airweave_sync_mcp.history.plan import can_have_jobs

_STUCK: Final = frozenset({FindingKind.STUCK_RUNNING, FindingKind.STUCK_PENDING, FindingKind.STUCK_CANCELLING})
_LOSSES: Final = frozenset({FindingKind.MASS_DELETION, FindingKind.ENTITY_COUNT_FELL, FindingKind.HOLDS_NOTHING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A plain run of the sync as it is now: `useful` if it can succeed, `safe` if it cannot make things worse.

    `when` says at which moment or after what, `how` by which call or by whom.
    """

    useful: bool
    safe: bool
    when: str
    how: str = ""


def retry_of(judgement: Judgement | None, verdict: Verdict | None, job: SyncJob | None) -> Retry:
    """What a plain run would do now, the strongest obstacle first."""
    if judgement is not None and (obstacle := _obstacle(judgement, verdict)) is not None:
        return obstacle
    if verdict is None:
        return Retry(useful=False, safe=True, when="not needed: nothing is failing")
    cause = CAUSES[verdict.cause]
    full = verdict.cause is CauseName.CURSOR_EXPIRED
    if full:
        when = "a plain run fails again; a full sync repairs it, and deletes what the source no longer shows"
        return Retry(useful=False, safe=True, when=when, how="full sync (force_full_sync)")
    if verdict.transient:
        wait = f"in {verdict.retry_after_s:.0f} s or more" if verdict.retry_after_s else "in a few minutes"
        return Retry(useful=True, safe=True, when=wait, how=cause.retry_note)
    refused = "is refused" if cause.retry is Effect.REFUSED and job and job.error_category else "does not help"
    return Retry(useful=False, safe=True, when=f"a run {refused} until the cause is repaired", how=cause.retry_note)


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
