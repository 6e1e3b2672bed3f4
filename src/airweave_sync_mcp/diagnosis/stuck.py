"""Rules about jobs that should have moved on: stuck_pending, stuck_cancelling, stuck_running.

The platform cleans up every 150 s: pending and cancelling jobs untouched for 3 min are cancelled; running ones that
made no progress for 15 min are failed, but only if they produced an entity once. So a job beyond these limits means
that its worker, the scheduler or the clean-up is unwell, or that it hangs before the first entity.
"""

from datetime import datetime
from functools import partial
from typing import Final

from airweave_sync_mcp.diagnosis.case import Case, FindingRule
from airweave_sync_mcp.diagnosis.finding import Finding, FindingKind, Severity
from airweave_sync_mcp.diagnosis.measures import DAY_S, HOUR_S, MINUTE_S, counted, seconds_between, span, writes
from airweave_sync_mcp.history.model import Confidence, JobStatus, SyncJob

TRANSITION_LIMIT_S: Final = 6 * MINUTE_S
TRANSITION_CRITICAL_S: Final = HOUR_S
RUNNING_FLOOR_S: Final = 15 * MINUTE_S
RUNNING_FACTOR: Final = 4
RUNNING_LONGEST_FACTOR: Final = 1.5
RUNNING_UNKNOWN_S: Final = 6 * HOUR_S
RUNNING_GROWING_S: Final = DAY_S
RUNNING_CRITICAL_S: Final = DAY_S
MINUTE_LEVEL_S: Final = HOUR_S


def _transition(case: Case, *, status: JobStatus, kind: FindingKind) -> Finding | None:
    """The oldest job that waits in `status`; an unknown age is told, but is no alarm."""
    waiting = [job for job in case.under_way if job.status == status]
    if not waiting:
        return None
    job = min(waiting, key=lambda job: _waiting_since(case, job) or case.as_of)
    since = _waiting_since(case, job)
    age_s = case.age_s(since)
    if age_s is None:
        return Finding(
            kind=kind,
            severity=Severity.INFO,
            job_id=job.id,
            detail=f"A job is {status}, since when is unknown; beyond {span(TRANSITION_LIMIT_S)} it would be stuck.",
            confidence=Confidence.LOW,
        )
    if age_s <= TRANSITION_LIMIT_S:
        return None
    reason = "no worker picked it up" if status == JobStatus.PENDING else "the worker did not stop it"
    return Finding(
        kind=kind,
        severity=Severity.CRITICAL if age_s > TRANSITION_CRITICAL_S else Severity.WARNING,
        since=since,
        job_id=job.id,
        detail=f"Stuck: {status} for {span(age_s)}; {reason}, and it blocks new runs.",
        evidence=("the platform cancels such jobs after 3 to 6 min, so its clean-up did not run either",),
    )


def _waiting_since(case: Case, job: SyncJob) -> datetime | None:
    """Since when it is known to wait. Nothing tells when a cancellation was asked for but having seen it."""
    created_at = job.created_at if job.status == JobStatus.PENDING else None
    return min((at for at in (created_at, case.first_seen_at.get(job.id)) if at), default=None)


stuck_pending = partial(_transition, status=JobStatus.PENDING, kind=FindingKind.STUCK_PENDING)
stuck_cancelling = partial(_transition, status=JobStatus.CANCELLING, kind=FindingKind.STUCK_CANCELLING)


def stuck_running(case: Case) -> Finding | None:
    started = [
        (at, job)
        for job in case.under_way
        if job.status == JobStatus.RUNNING
        and (at := job.started_at or job.created_at or case.first_seen_at.get(job.id))
    ]
    if not started:
        return None
    since, job = min(started, key=lambda item: item[0])
    age_s = seconds_between(since, case.as_of)
    limit_s, usual = _running_limit(case, job)
    if age_s <= limit_s:
        return None
    usual_known = case.typical.duration_s is not None
    may_be_full_run = _minute_level(case) and age_s <= RUNNING_UNKNOWN_S
    if may_be_full_run:
        severity, usual = Severity.INFO, f"{usual}; it may be the daily full run of a minute-level schedule"
    else:
        severity = Severity.CRITICAL if age_s > RUNNING_CRITICAL_S else Severity.WARNING
    return Finding(
        kind=FindingKind.STUCK_RUNNING,
        severity=severity,
        since=since,
        job_id=job.id,
        detail=f"Stuck: running for {span(age_s)} ({usual}), and it blocks new runs.",
        evidence=() if writes(job) else ("the platform's clean-up does not see a job that never produced an entity",),
        confidence=Confidence.MEDIUM if usual_known and not may_be_full_run else Confidence.LOW,
    )


def _running_limit(case: Case, job: SyncJob) -> tuple[float, str]:
    """How long this job may run, and what that rests on in words."""
    written = writes(job)
    usual = case.typical
    if written:
        return RUNNING_GROWING_S, f"{counted(written, 'write')} so far"
    if usual.duration_s is None or usual.duration_p90_s is None or usual.longest_s is None:
        return RUNNING_UNKNOWN_S, "its usual duration is unknown"
    limit_s = max(RUNNING_FLOOR_S, RUNNING_FACTOR * usual.duration_p90_s, RUNNING_LONGEST_FACTOR * usual.longest_s)
    return limit_s, f"usually {span(usual.duration_s)}"


def _minute_level(case: Case) -> bool:
    interval_s = case.cron_pause_s or case.typical.cadence_s
    return interval_s is not None and interval_s < MINUTE_LEVEL_S


_SUPERSEDED: Final = "a newer job started or completed: then it blocks nothing, and only its row was left behind"

RULES: Final = (
    FindingRule(
        kind=FindingKind.STUCK_RUNNING,
        meaning="A run hangs; no other can start meanwhile.",
        fires="A running job is older than 15 min, 4 times the 90th percentile and 1.5 times the longest of the usual "
        "durations (all three). Where no usual duration is known (under 3 completed runs): older than 6 h. Critical "
        "from 24 h.",
        not_when=(
            "it reports entities while it runs and is younger than 24 h: slow, but growing",
            "a minute-level schedule within 6 h: only told as info, as its daily full run takes longer",
            "its start is unknown or in the future",
            _SUPERSEDED,
        ),
        threshold="The platform fails a running job after 15 min without progress, but only if it produced an entity "
        "once; "
        "4 times the 90th percentile leaves room for a full run among incremental ones.",
        check=stuck_running,
    ),
    FindingRule(
        kind=FindingKind.STUCK_PENDING,
        meaning="No worker picks the job up; no other can start meanwhile.",
        fires="A pending job is known to be older than 6 min, by its creation or because it was seen pending before. "
        "Critical from 1 h. Of unknown age: told as info only, without an alarm.",
        not_when=("it is younger", "its age is unknown, beyond that info", _SUPERSEDED),
        threshold="The platform cancels pending jobs untouched for 3 min, in a round every 150 s: 6 min means it did "
        "not.",
        check=stuck_pending,
    ),
    FindingRule(
        kind=FindingKind.STUCK_CANCELLING,
        meaning="A cancellation does not come through; no other run can start meanwhile.",
        fires="A job has been seen cancelling for more than 6 min. Critical from 1 h. Of unknown age: told as info "
        "only.",
        not_when=(
            "it is younger",
            "only its start is known: the API does not tell when the cancellation was asked for",
            _SUPERSEDED,
        ),
        threshold="As for stuck_pending.",
        check=stuck_cancelling,
    ),
)
