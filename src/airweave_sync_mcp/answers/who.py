"""Who has to act: the same in a diagnosis, in the health of all, and in what is said of a retry."""

from collections.abc import Collection
from typing import Final

from airweave_sync_mcp.diagnosis.causes import CAUSES, CauseName, Who
from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.diagnosis.failing import PERSISTENT_FAILURES
from airweave_sync_mcp.diagnosis.finding import Finding, FindingKind, Severity
from airweave_sync_mcp.diagnosis.streaks import Streak

STUCK: Final = frozenset({FindingKind.STUCK_RUNNING, FindingKind.STUCK_PENDING, FindingKind.STUCK_CANCELLING})
LOSSES: Final = frozenset({FindingKind.MASS_DELETION, FindingKind.ENTITY_COUNT_FELL, FindingKind.HOLDS_NOTHING})
"""After these a run deletes what it does not find."""

_ESCALATED: Final = {
    CauseName.SOURCE_UNAVAILABLE: Who.SOURCE_ADMIN,
    CauseName.SOURCE_RATE_LIMITED: Who.SOURCE_ADMIN,
    CauseName.AUTH_SERVICE_TRANSIENT: Who.PROVIDER_ADMIN,
}
_OF_USER: Final = LOSSES | {
    FindingKind.WAITING_FOR_LOGIN,
    FindingKind.WROTE_NOTHING,
    FindingKind.STALE,
    FindingKind.NEVER_RAN,
}


def is_persistent(streak: Streak | None, verdict: Verdict) -> bool:
    """Whether a cause that usually passes has not: the same three times in a row or more, and still."""
    return (
        streak is not None
        and streak.ongoing
        and streak.same_cause
        and streak.cause == verdict.cause
        and streak.failures >= PERSISTENT_FAILURES
    )


def who_acts(verdict: Verdict, streak: Streak | None) -> Who:
    """Who has to act on a failure. What time was to heal and did not needs somebody after all."""
    told = Who(verdict.who)
    if told is not Who.NOBODY or not is_persistent(streak, verdict):
        return told
    usual = CAUSES[verdict.cause].who
    return usual if usual is not Who.NOBODY else _ESCALATED.get(verdict.cause, Who.OPERATOR)


def who_is_waited_for(alarms: Collection[Finding], streak: Streak | None, verdict: Verdict | None) -> Who:
    """Who has to act on a connection with these alarms. `verdict` is about its newest failure."""
    kinds = {one.kind for one in alarms}
    if kinds & STUCK or unstarted(alarms):
        return Who.OPERATOR
    if streak is not None and streak.retrying:
        return Who.NOBODY  # the run under way shows whether anybody has to
    failing = verdict is not None and streak is not None and streak.ongoing
    told = who_acts(verdict, streak) if verdict is not None and failing else Who.NOBODY
    if FindingKind.PAUSED in kinds:
        return Who.USER if told is Who.NOBODY else told  # nothing runs until somebody has un-paused it
    if kinds & LOSSES:
        return Who.USER
    return Who.USER if not failing and kinds & _OF_USER else told


def unstarted(alarms: Collection[Finding]) -> bool:
    """Whether the clean-up had to cancel so many jobs that no worker seems to be there."""
    return any(one.kind is FindingKind.CANCELLED_BY_CLEANUP and one.severity is Severity.CRITICAL for one in alarms)
