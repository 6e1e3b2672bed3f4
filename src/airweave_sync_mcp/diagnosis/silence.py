"""Rules about runs that completed and yet did nothing: wrote_nothing, holds_nothing."""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Final

from airweave_sync_mcp.diagnosis.case import Case, FindingRule
from airweave_sync_mcp.diagnosis.finding import Finding, FindingKind, Severity
from airweave_sync_mcp.diagnosis.measures import (
    DAY_S,
    HOUR_S,
    counted,
    median,
    seconds_between,
    writes,
)
from airweave_sync_mcp.history.model import Confidence, SyncJob

SILENT_BASELINE: Final = 3
SILENT_LOOK_BACK: Final = 10
SILENT_WRITING_SHARE: Final = 0.8
SILENT_ZERO_SHARE: Final = 0.3
SILENT_FEWEST_WRITES: Final = 5
SILENT_FASTEST_S: Final = HOUR_S
SILENT_SAME_SLOT: Final = 5
SILENT_CERTAIN_S: Final = 4 * DAY_S
SLOT_WIDTH_H: Final = 1.5


def wrote_nothing(case: Case) -> Finding | None:
    runs = runs_after_good_end(case)
    silent = list(takewhile(_silent, runs))
    before = [job for job in runs[len(silent) :] if writes(job) is not None]
    if not silent or not case.may_run or not _usually_writes(case, before):
        return None
    if len(silent) > min(SILENT_LOOK_BACK, len(before)) or not _out_of_the_ordinary(case, silent, before):
        return None
    usual = median([count for job in before[:SILENT_LOOK_BACK] if (count := writes(job)) is not None]) or 0
    little = usual < SILENT_FEWEST_WRITES
    steady = all(writes(job) for job in before)
    return Finding(
        kind=FindingKind.WROTE_NOTHING,
        severity=Severity.INFO if little else Severity.WARNING,
        since=silent[-1].known_at,
        job_id=silent[0].id,
        detail=f"Completed but wrote nothing in {counted(len(silent), 'run')}; before, it wrote about {round(usual)} "
        f"a run.",
        evidence=(
            f"{sum(bool(writes(job)) for job in before)} of {len(before)} earlier runs wrote something",
            "the source may no longer show anything to these credentials",
        ),
        confidence=_silence_confidence(len(before), little=little, steady=steady),
    )


def runs_after_good_end(case: Case) -> Sequence[SyncJob]:
    """The completed runs, newest first; none if a failed one is newest, as that says more than they do."""
    return () if case.failing else case.runs


def _silent(job: SyncJob) -> bool:
    return writes(job) == 0 and not job.kept


def _usually_writes(case: Case, before: Sequence[SyncJob]) -> bool:
    """Whether the runs before show that zeros are not usual here."""
    interval_s = min((s for s in (case.cron_pause_s, case.typical.cadence_s) if s is not None), default=None)
    if interval_s is None or interval_s < SILENT_FASTEST_S or len(before) < SILENT_BASELINE:
        return False
    wrote = [bool(writes(job)) for job in before]
    recent = wrote[:SILENT_LOOK_BACK]
    zero_share = wrote.count(False) / len(wrote)
    return (
        all(wrote[:SILENT_BASELINE])
        and sum(recent) >= SILENT_WRITING_SHARE * len(recent)
        and zero_share < SILENT_ZERO_SHARE
    )


def _out_of_the_ordinary(case: Case, silent: Sequence[SyncJob], before: Sequence[SyncJob]) -> bool:
    """Whether runs of the same time of day and week wrote before: nights and weekends are quiet in many places."""
    first, last = silent[-1].started_at, silent[0].started_at
    if first is None or last is None:
        return False
    if seconds_between(first, last) >= SILENT_CERTAIN_S:
        return True
    cadence_s = case.typical.cadence_s or DAY_S
    peers = [job for job in before if job.started_at and _same_slot(job.started_at, first, cadence_s)]
    return bool(peers) and all(writes(job) for job in peers[:SILENT_SAME_SLOT])


def _same_slot(one: datetime, other: datetime, cadence_s: float) -> bool:
    if cadence_s >= 6 * DAY_S:
        return True
    if (one.isoweekday() >= 6) != (other.isoweekday() >= 6):
        return False
    apart_h = abs(one.hour + one.minute / 60 - other.hour - other.minute / 60)
    return cadence_s >= 20 * HOUR_S or min(apart_h, 24 - apart_h) <= SLOT_WIDTH_H


def _silence_confidence(runs: int, *, little: bool, steady: bool) -> Confidence:
    if little or runs < SILENT_FEWEST_WRITES:
        return Confidence.LOW
    return Confidence.HIGH if steady and runs >= SILENT_LOOK_BACK else Confidence.MEDIUM


def holds_nothing(case: Case) -> Finding | None:
    runs = runs_after_good_end(case)
    if not runs or case.incomplete or case.connection.entity_count != 0 or not case.may_run:
        return None
    if any(writes(job) != 0 or job.kept for job in runs):
        return None
    return Finding(
        kind=FindingKind.HOLDS_NOTHING,
        severity=Severity.INFO,
        since=runs[-1].known_at,
        job_id=runs[0].id,
        detail=f"Completed {counted(len(runs), 'run')}, none of which ever wrote anything; it holds no entities.",
        evidence=("the source is empty, or shows nothing to these credentials and settings",),
        confidence=Confidence.MEDIUM,
    )


RULES: Final = (
    FindingRule(
        kind=FindingKind.WROTE_NOTHING,
        meaning="A silent failure: the run completed, but wrote nothing where it used to write.",
        fires="The newest completed runs (1 to 10) neither inserted, updated nor deleted nor kept anything. The 3 "
        "runs before "
        "them all wrote, at least 80 % of the 10 before them and more than 70 % of all; and runs of the same time of "
        "day and "
        "week wrote, or the silence lasts 4 days. Info instead of a warning where it used to write fewer than 5 a run.",
        not_when=(
            "a run comes more often than hourly, or nobody knows how often: incremental runs are often empty",
            "zeros are usual here, also only at night or at weekends (UTC)",
            "the run kept entities: it read the source and found no change",
            "a failed run is newer, or it is the first sync, federated, a snapshot",
            "the silence is longer than 10 runs or than what is known before it: then it is the new usual",
        ),
        threshold="80 %, 70 % and 3 runs keep sources with quiet days silent; a weekend lasts 2 days, a long one 4.",
        check=wrote_nothing,
    ),
    FindingRule(
        kind=FindingKind.HOLDS_NOTHING,
        meaning="Runs complete, and have never brought anything.",
        fires="At least one run completed, none wrote or kept anything, and the connection holds 0 entities. Only "
        "ever info.",
        not_when=(
            "the server does not tell the number of entities",
            "older jobs exist that were not read",
            "it is federated (searched live), a snapshot, switched off or waits for a login",
        ),
        check=holds_nothing,
    ),
)
