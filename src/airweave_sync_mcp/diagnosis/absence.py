"""Rules about runs that do not happen: never_ran, stale, waiting_for_login, inactive, cancelled_by_cleanup."""

import re
from datetime import datetime
from itertools import takewhile
from typing import Final

from airweave_sync_mcp.diagnosis.case import Case, FindingRule
from airweave_sync_mcp.diagnosis.finding import Finding, FindingKind, Severity
from airweave_sync_mcp.diagnosis.measures import DAY_S, HOUR_S, counted, seconds_between, span
from airweave_sync_mcp.history.model import Confidence, ConnectionStatus, JobStatus, SyncJob

STALE_CRON_FACTOR: Final = 2
STALE_CADENCE_FACTOR: Final = 3
STALE_LONG_PAUSE_FACTOR: Final = 1.5
STALE_FLOOR_S: Final = HOUR_S
NEVER_RAN_UNKNOWN_S: Final = 2 * DAY_S
NEVER_RAN_MANUAL_S: Final = HOUR_S
CLEANUP_IN_A_ROW: Final = 3
_CLEANUP_TEXT: Final = re.compile(r"\s*Cancelled by cleanup job\b", re.IGNORECASE)
_TROUBLE_STATUSES: Final = frozenset({ConnectionStatus.SYNCING, ConnectionStatus.ERROR, ConnectionStatus.NEEDS_REAUTH})


def stale(case: Case) -> Finding | None:
    newest = next(iter(case.jobs), None)
    if newest is None or case.manual or not case.may_run or case.failing or case.under_way:
        return None
    expected = _longest_wait(case)
    last_at = newest.known_at
    if expected is None or last_at is None:
        return None
    limit_s, why, confidence = expected
    changed_at = case.connection.modified_at
    waited_s = seconds_between(max(last_at, changed_at) if changed_at else last_at, case.as_of)
    if waited_s <= limit_s:
        return None
    return Finding(
        kind=FindingKind.STALE,
        severity=Severity.WARNING,
        since=last_at,
        job_id=newest.id,
        detail=f"Stale: no run for {span(seconds_between(last_at, case.as_of))}, {why}.",
        evidence=("a schedule that was paused or lost shows nowhere in the API",),
        confidence=confidence,
    )


def _longest_wait(case: Case) -> tuple[float, str, Confidence] | None:
    """How long it may go without a run in seconds, what that rests on, and how sure that is."""
    pause_s = case.cron_pause_s
    if pause_s is not None:
        limit_s = max(STALE_FLOOR_S, STALE_CRON_FACTOR * pause_s)
        return limit_s, f"though its schedule never pauses longer than {span(pause_s)}", Confidence.HIGH
    usual = case.typical
    if not usual.regular or usual.cadence_s is None or usual.interval_p90_s is None:
        return None
    limit_s = max(STALE_FLOOR_S, STALE_CADENCE_FACTOR * usual.cadence_s, STALE_LONG_PAUSE_FACTOR * usual.interval_p90_s)
    return limit_s, f"though it ran every {span(usual.cadence_s)}", Confidence.MEDIUM


def never_ran(case: Case) -> Finding | None:
    connection = case.connection
    if not case.may_run or case.incomplete or connection.entity_count or connection.status in _TROUBLE_STATUSES:
        return None
    if not all(job.status == JobStatus.CANCELLED and job.started_at is None for job in case.jobs):
        return None
    age_s = case.age_s(connection.created_at)
    if case.manual or not case.history.has_sync:
        limit_s, severity, confidence = NEVER_RAN_MANUAL_S, Severity.INFO, Confidence.HIGH
        why = "as it has no schedule and runs only when asked"
    elif case.cron_pause_s is not None:
        limit_s, severity, confidence = _scheduled_wait_s(case.cron_pause_s), Severity.WARNING, Confidence.HIGH
        why = f"though its schedule never pauses longer than {span(case.cron_pause_s)}"
    else:
        limit_s, severity, confidence = NEVER_RAN_UNKNOWN_S, Severity.INFO, Confidence.MEDIUM
        why = "and its schedule is unknown"
    if age_s is None or age_s <= limit_s:
        return None
    return Finding(
        kind=FindingKind.NEVER_RAN,
        severity=severity,
        since=connection.created_at,
        detail=f"Never ran since its creation {span(age_s)} ago, {why}.",
        evidence=(f"{counted(len(case.jobs), 'job')} cancelled before the start",) if case.jobs else (),
        confidence=confidence,
    )


def _scheduled_wait_s(pause_s: float) -> float:
    return max(STALE_FLOOR_S, STALE_CRON_FACTOR * pause_s)


def waiting_for_login(case: Case) -> Finding | None:
    if not case.waiting_for_login:
        return None
    return Finding(
        kind=FindingKind.WAITING_FOR_LOGIN,
        severity=Severity.WARNING,
        since=None if case.jobs else case.connection.created_at,
        detail="Waiting for a login: a person has to finish the authorization before anything can run.",
        needs_person=True,
    )


def inactive(case: Case) -> Finding | None:
    if not case.inactive:
        return None
    return Finding(
        kind=FindingKind.INACTIVE,
        severity=Severity.INFO,
        detail="Switched off: nothing runs until an administrator of the organization switches it on.",
    )


def cancelled_by_cleanup(case: Case) -> Finding | None:
    since_success = list(takewhile(lambda job: job.status != JobStatus.COMPLETED, case.jobs))
    cleaned = [job for job in since_success if _cleaned(job)]
    if not cleaned:
        return None
    newest = cleaned[0]
    newer = since_success[: since_success.index(newest)]
    if any(job.started_at for job in newer) or not case.recent(_ended_at(newest)):
        return None
    unstarted = [job for job in cleaned if job.started_at is None]
    if newest.started_at is not None:
        severity, detail = Severity.INFO, "The clean-up ended a cancellation that the worker had not carried out."
    else:
        severity = Severity.CRITICAL if len(unstarted) >= CLEANUP_IN_A_ROW else Severity.WARNING
        detail = f"The platform's clean-up cancelled {counted(len(unstarted), 'job')} that no worker had picked up."
    return Finding(
        kind=FindingKind.CANCELLED_BY_CLEANUP,
        severity=severity,
        since=_ended_at(cleaned[-1]),
        job_id=newest.id,
        detail=detail,
        evidence=("the text of the cancelled job is the clean-up's; a person's cancellation leaves none",),
    )


def _cleaned(job: SyncJob) -> bool:
    return job.status == JobStatus.CANCELLED and bool(_CLEANUP_TEXT.match(job.error or ""))


def _ended_at(job: SyncJob) -> datetime | None:
    return job.ended_at or job.known_at


RULES: Final = (
    FindingRule(
        kind=FindingKind.CANCELLED_BY_CLEANUP,
        meaning="The platform, not a person, cancelled the job: no worker picked it up, or a cancellation hung.",
        fires="A cancelled job within the window or 7 days carries the clean-up's text, and no run completed or "
        "started "
        "since. A warning, critical from the third such job that never started; info where the job had started.",
        not_when=(
            "a newer job started or completed: a worker is there again",
            "a cancelled job has no text: it may be a person's",
        ),
        threshold="The clean-up cancels jobs that were pending or cancelling for 3 min, and writes its own text.",
        check=cancelled_by_cleanup,
    ),
    FindingRule(
        kind=FindingKind.WAITING_FOR_LOGIN,
        meaning="The authorization was never finished.",
        fires="The connection's status is `pending_auth`, or it is not authenticated.",
        not_when=("it is authenticated, or the server does not say",),
        check=waiting_for_login,
    ),
    FindingRule(
        kind=FindingKind.STALE,
        meaning="Runs that should happen do not.",
        fires="No run for more than twice the longest pause of its cron; where no cron is known or understood, for "
        "more than "
        "3 times its median interval and 1.5 times the 90th percentile, if at least 4 completed runs came like "
        "clockwork "
        "(spread under 10 min or 5 %). Never under 1 h.",
        not_when=(
            "it has no schedule, is federated, a snapshot, switched off or waits for a login",
            "it is failing, paused or has an unfinished job",
            "the newest job has no known time",
            "the connection was changed since, so that its schedule may be new",
            "its history was read before the time was over",
        ),
        threshold="Twice the pause is at least one missed run and the next; the longest pause counts working-day "
        "schedules "
        "right. The scheduler's jitter is 5 min.",
        check=stale,
    ),
    FindingRule(
        kind=FindingKind.NEVER_RAN,
        meaning="Nothing was ever synced.",
        fires="No job is known, or only ones cancelled before their start, though the connection is older than twice "
        "its "
        "schedule's longest pause. As info: without a schedule after 1 h, with an unknown one after 48 h.",
        not_when=(
            "it is federated, a snapshot, switched off or waits for a login",
            "it holds entities, or its status tells of a run: then something ran",
            "older jobs exist that were not read",
        ),
        threshold="Left alone, the platform schedules every 5 min or daily; 48 h leaves a daily schedule two chances.",
        check=never_ran,
    ),
    FindingRule(
        kind=FindingKind.INACTIVE,
        meaning="Somebody switched it off.",
        fires="The connection's status is `inactive`.",
        not_when=("any other status",),
        check=inactive,
    ),
)
