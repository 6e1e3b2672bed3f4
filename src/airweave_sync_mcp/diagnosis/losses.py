"""Rules about entities that went away: mass_deletion, entity_count_fell."""

from collections.abc import Sequence
from typing import Final

from airweave_sync_mcp.diagnosis.case import Case, FindingRule
from airweave_sync_mcp.diagnosis.finding import Finding, FindingKind, Severity
from airweave_sync_mcp.diagnosis.measures import HOUR_S, median, spread
from airweave_sync_mcp.diagnosis.silence import runs_after_good_end
from airweave_sync_mcp.history.model import Confidence, SyncJob

DELETED_FEWEST: Final = 50
DELETED_FACTOR: Final = 5
DELETED_SHARE: Final = 0.3
DELETED_CRITICAL_SHARE: Final = 0.5
DELETED_LOOK_BACK: Final = 10
DELETED_BASELINE: Final = 3
WRITTEN_BACK_SHARE: Final = 0.8
FELL_FEWEST: Final = 50
FELL_SHARE: Final = 0.3
SEEN_BASELINE: Final = 3
SEEN_SHARE: Final = 0.5
SEEN_SPREAD: Final = 0.1
SEEN_FASTEST_S: Final = HOUR_S


def mass_deletion(case: Case) -> Finding | None:
    if not case.may_run:
        return None
    runs = case.runs
    for n, job in enumerate(runs):
        if (job.deleted or 0) < DELETED_FEWEST or not case.recent(job.known_at):
            continue
        if found := _mass_deletion_in(case, job, newer=runs[:n], older=runs[n + 1 :]):
            return found
    return None


def _mass_deletion_in(
    case: Case, job: SyncJob, *, newer: Sequence[SyncJob], older: Sequence[SyncJob]
) -> Finding | None:
    deleted = job.deleted or 0
    past = [run.deleted for run in older[:DELETED_LOOK_BACK] if run.deleted is not None]
    usual = median(past)
    if usual is None or deleted <= DELETED_FACTOR * usual or 2 * max(past) >= deleted:
        return None
    left = max((count for count in (_seen(job), case.connection.entity_count) if count is not None), default=None)
    if left is None or deleted <= DELETED_SHARE * (left + deleted):
        return None
    if sum(run.inserted or 0 for run in (*newer, job)) >= WRITTEN_BACK_SHARE * deleted:
        return None
    share = deleted / (left + deleted)
    return Finding(
        kind=FindingKind.MASS_DELETION,
        severity=Severity.CRITICAL if share >= DELETED_CRITICAL_SHARE else Severity.WARNING,
        since=job.known_at,
        job_id=job.id,
        detail=f"A completed run deleted {deleted} entities, {share:.0%} of what there was; usual are {round(usual)}.",
        evidence=("a source that listed only a part of itself looks the same as one that shrank",),
        confidence=Confidence.MEDIUM if len(past) >= DELETED_BASELINE else Confidence.LOW,
        needs_person=True,
    )


def entity_count_fell(case: Case) -> Finding | None:
    if not case.may_run or case.under_way:
        return None
    return _remembered_count_fell(case) or _seen_count_fell(case)


def _remembered_count_fell(case: Case) -> Finding | None:
    """The count that the connection shows, against the highest that was read earlier within the window."""
    count = case.connection.entity_count
    readings = [(known, at) for at, known in case.earlier_counts if case.recent(at) and at <= case.as_of]
    if count is None or not readings:
        return None
    highest, at = max(readings)
    drop = highest - count
    if drop < FELL_FEWEST or drop <= FELL_SHARE * highest:
        return None
    since = [job for job in case.runs if job.known_at is None or job.known_at >= at]
    if sum(job.deleted or 0 for job in since) >= WRITTEN_BACK_SHARE * drop:
        return None
    return Finding(
        kind=FindingKind.ENTITY_COUNT_FELL,
        severity=Severity.WARNING,
        since=at,
        detail=f"Holds {count} entities, {drop / highest:.0%} fewer than the {highest} seen before.",
        evidence=("the deletions of its runs do not account for it",),
        confidence=Confidence.MEDIUM,
        needs_person=True,
    )


def _seen_count_fell(case: Case) -> Finding | None:
    """What the newest run saw in the source (inserted, updated, kept), against what earlier ones steadily saw."""
    runs = runs_after_good_end(case)
    cadence_s = case.typical.cadence_s
    if not runs or not runs[0].kept or cadence_s is None or cadence_s < SEEN_FASTEST_S:
        return None
    earlier = [float(count) for job in runs[1 : 1 + DELETED_LOOK_BACK] if (count := _seen(job)) is not None]
    usual, now = median(earlier), _seen(runs[0])
    if usual is None or now is None or len(earlier) < SEEN_BASELINE or (spread(earlier) or 0) > SEEN_SPREAD * usual:
        return None
    if usual - now < FELL_FEWEST or now >= SEEN_SHARE * usual:
        return None
    return Finding(
        kind=FindingKind.ENTITY_COUNT_FELL,
        severity=Severity.WARNING,
        since=runs[0].known_at,
        job_id=runs[0].id,
        detail=f"The newest run saw {now} entities in the source; the {len(earlier)} before it saw about "
        f"{round(usual)}.",
        confidence=Confidence.MEDIUM if len(earlier) > SEEN_BASELINE else Confidence.LOW,
        needs_person=True,
    )


def _seen(job: SyncJob) -> int | None:
    """Entities that a run met in the source; only servers that count the kept ones tell."""
    return None if job.kept is None else (job.inserted or 0) + (job.updated or 0) + job.kept


RULES: Final = (
    FindingRule(
        kind=FindingKind.MASS_DELETION,
        meaning="A full sync that saw only a part of the source deletes what it did not see.",
        fires="A completed run within the window or 7 days deleted at least 50 entities, more than 5 times the "
        "median of up to "
        "10 earlier runs, and more than 30 % of what there was (what is left by the connection's count or the run's "
        "own, "
        "and the deleted). Critical from 50 %.",
        not_when=(
            "an earlier run deleted half as many or more: it happens here",
            "this run and the later ones inserted 80 % of the number again: replaced, not lost",
            "no earlier run is known, or not how many entities there are",
            "it is federated, a snapshot, switched off or waits for a login",
        ),
        threshold="Everyday deletions are a few per cent; 50 keeps small connections silent.",
        check=mass_deletion,
    ),
    FindingRule(
        kind=FindingKind.ENTITY_COUNT_FELL,
        meaning="Entities are missing, though no run's deletions tell why.",
        fires="The connection holds at least 50 and more than 30 % fewer entities than were read earlier within the "
        "window or "
        "7 days. Or, where runs count what they kept: the newest completed run saw at least 50 and more than 50 % "
        "fewer than "
        "the median of 3 to 10 earlier runs that agreed within 10 %.",
        not_when=(
            "the runs since then deleted 80 % of the difference: `mass_deletion` looks at those",
            "a job is unfinished",
            "for what runs saw: a failed run is newest, or runs come more often than hourly and may be incremental",
            "no earlier count is known",
        ),
        threshold="As for mass_deletion; 50 % for what a run saw, as that also varies with filters.",
        check=entity_count_fell,
    ),
)
