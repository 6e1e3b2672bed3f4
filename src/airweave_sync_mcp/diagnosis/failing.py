"""Rules about failed runs: failing, paused, first_run_failed, flapping, recovered."""

from datetime import timedelta
from itertools import groupby, islice
from typing import Final

from airweave_sync_mcp.diagnosis.case import Case, FindingRule
from airweave_sync_mcp.diagnosis.finding import Finding, FindingKind, Severity
from airweave_sync_mcp.diagnosis.measures import counted, decided, span
from airweave_sync_mcp.diagnosis.streaks import Streak
from airweave_sync_mcp.history.model import Confidence, ConnectionStatus

CREDENTIAL_CATEGORIES: Final = frozenset(
    {
        "oauth_credentials_expired",
        "api_key_invalid",
        "auth_provider_account_gone",
        "auth_provider_credentials_invalid",
    }
)
"""The values of `error_category`; the platform sets one only on a credential failure, and then pauses the sync."""
PERSISTENT_FAILURES: Final = 3
FLAPPING_RUNS: Final = 10
FLAPPING_CHANGES: Final = 3
FLAPPING_REACH: Final = timedelta(days=30)


def failing(case: Case) -> Finding | None:
    streak = case.streak
    if streak is None or not streak.ongoing:
        return None
    persistent = streak.failures >= PERSISTENT_FAILURES
    for_person = bool(streak.last_failure.error_category) or streak.cause in case.person_causes
    return Finding(
        kind=FindingKind.FAILING,
        severity=Severity.CRITICAL if persistent or for_person else Severity.WARNING,
        since=streak.since,
        job_id=streak.last_failure.id,
        detail=_failing_sentence(case, streak),
        evidence=_failing_evidence(streak),
        needs_person=for_person or (persistent and streak.same_cause),
    )


def _failing_sentence(case: Case, streak: Streak) -> str:
    at_least = "at least " if streak.begins_before_known else ""
    runs = f"{at_least}{streak.failures} failed runs in a row" if streak.failures > 1 else "the newest run failed"
    success_at = streak.last_success.known_at if streak.last_success else None
    age_s = case.age_s(success_at)
    if streak.last_success is not None:
        last = f"last success {span(age_s)} ago" if age_s is not None and age_s >= 0 else "it succeeded before"
    else:
        last = "no success is known" if streak.begins_before_known else "it never succeeded"
    return f"Failing: {runs}; {last}."


def _failing_evidence(streak: Streak) -> tuple[str, ...]:
    facts = []
    if streak.cause:
        facts.append(f"{'every failure' if streak.same_cause else 'newest failure'}: {streak.cause}")
    if streak.since_estimated:
        facts.append("the beginning is estimated")
    if streak.retrying:
        facts.append("a newer job is under way")
    return tuple(facts)


def paused(case: Case) -> Finding | None:
    newest = next(iter(case.jobs), None)
    if newest is None or not newest.failed or not newest.error_category:
        return None
    status_agrees = case.connection.status == ConnectionStatus.NEEDS_REAUTH
    if newest.error_category not in CREDENTIAL_CATEGORIES and not status_agrees:
        return None
    changed = case.connection.modified_at
    changed_since = bool(changed and newest.known_at and changed > newest.known_at)
    sure = status_agrees and newest.error_category in CREDENTIAL_CATEGORIES and not changed_since
    since = newest.known_at or (case.streak.since if case.streak else None)
    evidence = ["the newest job failed with a credential category", "no job since"]
    if changed_since:
        evidence.append("the connection was changed after the failure, so it may be running again")
    age_s, pause_s = case.age_s(since), case.cron_pause_s
    if age_s is not None and pause_s and age_s >= pause_s:
        evidence.append(f"at least {counted(int(age_s // pause_s), 'scheduled run')} did not happen")
    return Finding(
        kind=FindingKind.PAUSED,
        severity=Severity.CRITICAL,
        since=since,
        job_id=newest.id,
        detail="Paused by a credential failure: the schedule stands still and a plain run is refused (409).",
        evidence=tuple(evidence),
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        needs_person=True,
    )


def first_run_failed(case: Case) -> Finding | None:
    streak = case.streak
    if streak is None or not (streak.ongoing and streak.first_ever):
        return None
    return Finding(
        kind=FindingKind.FIRST_RUN_FAILED,
        severity=Severity.WARNING,
        since=streak.since or case.connection.created_at,
        job_id=streak.first_failure.id,
        detail=f"It never worked: {counted(streak.failures, 'failed run')} from the very first on.",
        evidence=("a set-up mistake (settings, permissions, address) is likelier than an outage",),
        confidence=Confidence.HIGH,
    )


def flapping(case: Case) -> Finding | None:
    within = (job for job in decided(case.jobs) if job.known_at is None or case.recent(job.known_at, FLAPPING_REACH))
    outcomes = list(islice(within, FLAPPING_RUNS))
    episodes = [(failed, list(jobs)) for failed, jobs in groupby(outcomes, key=lambda job: job.failed)]
    if len(episodes) - 1 < FLAPPING_CHANGES:
        return None
    failures = [job for job in outcomes if job.failed]
    causes = {cause for job in failures if (cause := case.cause_of(job))}
    return Finding(
        kind=FindingKind.FLAPPING,
        severity=Severity.WARNING,
        since=failures[-1].at,
        job_id=failures[0].id,
        detail=f"{len(failures)} of the last {len(outcomes)} runs failed, in "
        f"{sum(failed for failed, _ in episodes)} separate spells.",
        evidence=(f"causes: {', '.join(sorted(causes))}",) if causes else (),
        confidence=Confidence.HIGH if len(outcomes) == FLAPPING_RUNS else Confidence.MEDIUM,
    )


def recovered(case: Case) -> Finding | None:
    streak = case.streak
    if streak is None or streak.ended_by is None or flapping(case):
        return None
    failed_at = streak.last_failure.known_at or streak.ended_by.known_at
    if not case.recent(failed_at):
        return None
    return Finding(
        kind=FindingKind.RECOVERED,
        severity=Severity.INFO,
        since=streak.ended_by.known_at,
        job_id=streak.last_failure.id,
        detail=f"Recovered: {counted(streak.failures, 'failed run')}, then a completed one.",
        evidence=(f"newest failure: {streak.cause}",) if streak.cause else (),
    )


RULES: Final = (
    FindingRule(
        kind=FindingKind.FAILING,
        meaning="The newest runs failed.",
        fires="The newest run with an outcome failed. Critical from the third failure in a row, or where a person has "
        "to act (an error category, a cause that no retry cures); else a warning.",
        not_when=(
            "a completed run is newer than the failures",
            "the newest runs were only cancelled: they neither break nor extend a streak",
        ),
        threshold="Three in a row of a transient cause count as persistent (the platform itself never retries a failed "
        "sync). Applies whatever the window: a paused sync makes no new jobs.",
        check=failing,
    ),
    FindingRule(
        kind=FindingKind.PAUSED,
        meaning="A credential failure stopped the schedule; nothing runs until a person has acted.",
        fires="The newest job failed with one of the four credential categories (or with any category while the "
        "connection's status is `needs_reauth`) and no job came after it.",
        not_when=(
            "any newer job exists: a paused sync accepts none",
            "the server sets no error category (releases before March 2026 do not pause)",
        ),
        threshold="The platform pauses in the moment of the failure. Only medium confidence if the connection was "
        "changed "
        "after it, as new credentials resume the sync.",
        check=paused,
    ),
    FindingRule(
        kind=FindingKind.FIRST_RUN_FAILED,
        meaning="It never worked: a set-up mistake rather than an outage.",
        fires="The failing streak is ongoing, the whole history is known, and no run ever completed. Comes with "
        "`failing`.",
        not_when=("any run ever completed", "older jobs exist that were not read"),
        check=first_run_failed,
    ),
    FindingRule(
        kind=FindingKind.FLAPPING,
        meaning="It fails and recovers again and again.",
        fires="Among the last 10 runs with an outcome, within the window or 30 days, the outcome changed at least 3 "
        "times.",
        not_when=(
            "one spell of failures, however long, and its recovery (2 changes)",
            "cancelled runs between good ones",
        ),
        threshold="3 changes mean at least two separate spells of failure, or a relapse after a recovery.",
        check=flapping,
    ),
    FindingRule(
        kind=FindingKind.RECOVERED,
        meaning="It failed lately and is well again.",
        fires="The newest run with an outcome completed, and the newest failure lies within the window or 7 days.",
        not_when=("the failure is older", "it is flapping: one good run proves nothing then"),
        threshold="Never an alarm.",
        check=recovered,
    ),
)
