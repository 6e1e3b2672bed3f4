"""How a run differs from the last good one before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from airweave_sync_mcp.diagnosis.measures import (
    DAY_S,
    counted,
    decided,
    distinct,
    duration_s,
    seconds_between,
    span,
    writes,
)
from airweave_sync_mcp.history.model import ENDED_STATUSES, ConnectionHistory, JobStatus, SyncJob

DURATION_FACTOR: Final = 2
COUNT_FACTOR: Final = 3
COUNT_FEWEST: Final = 10
COUNTERS: Final = ("inserted", "updated", "deleted", "kept", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it was: `good` is the value of the last good run, `now` that of this one.

    `field` is `gap_days` (whose `good` is None), `failures_between`, `started`, `duration_s`, `scheduled`, `written`
    or a counter. Yes and no are 1 and 0.
    """

    field: str
    good: float | None
    now: float | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`last_good` is the newest completed run before the job; None if none is known, then nothing is compared."""

    last_good: SyncJob | None
    differences: tuple[Difference, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(difference.text for difference in self.differences)


def last_good_comparison(job: SyncJob, history: ConnectionHistory) -> Comparison:
    """Compares a job with the last completed run before it, by place in the list (a failed job may have no time)."""
    older = _older(job, distinct(history.jobs))
    good = next((run for run in older if run.status == JobStatus.COMPLETED), None)
    if good is None:
        return Comparison(last_good=None)
    between = len(decided(older[: older.index(good)]))
    return Comparison(last_good=good, differences=tuple(_differences(job, good, between)))


def _older(job: SyncJob, jobs: Sequence[SyncJob]) -> Sequence[SyncJob]:
    """The jobs before this one. One that is not in the list has its place by its time, or on top."""
    place = next((n for n, known in enumerate(jobs) if known.id == job.id), None)
    if place is not None:
        return jobs[place + 1 :]
    return [known for known in jobs if not (job.known_at and known.known_at) or known.known_at < job.known_at]


def _differences(job: SyncJob, good: SyncJob, between: int) -> Iterator[Difference]:
    if job.known_at and good.known_at and (gap_s := seconds_between(good.known_at, job.known_at)) >= 0:
        text = f"The last good run was {span(gap_s)} before."
        yield Difference(field="gap_days", good=None, now=round(gap_s / DAY_S, 3), text=text)
    if between:
        text = f"{counted(between, 'other run')} failed in between."
        yield Difference(field="failures_between", good=0, now=between, text=text)
    if job.failed and job.started_at is None and good.started_at:
        text = "It failed before it started to read; the last good run started."
        yield Difference(field="started", good=1, now=0, text=text)
    if None not in {job.scheduled, good.scheduled} and job.scheduled != good.scheduled:
        kinds = ("by hand", "by the schedule")
        text = f"It was started {kinds[bool(job.scheduled)]}, the last good run {kinds[bool(good.scheduled)]}."
        yield Difference(field="scheduled", good=int(bool(good.scheduled)), now=int(bool(job.scheduled)), text=text)
    yield from _duration(job, good)
    if job.status in ENDED_STATUSES:
        yield from _progress(job, good) if job.failed else _counters(job, good)


def _duration(job: SyncJob, good: SyncJob) -> Iterator[Difference]:
    before, now = duration_s(good), duration_s(job)
    if before is None or now is None or max(before, now) < DURATION_FACTOR * max(min(before, now), 1):
        return
    text = f"It took {span(now)}, the last good run {span(before)}."
    yield Difference(field="duration_s", good=before, now=now, text=text)


def _progress(job: SyncJob, good: SyncJob) -> Iterator[Difference]:
    """What a failed run had written is kept; single counters of a torn run say little."""
    before, now = writes(good), writes(job)
    if before is None or now is None or job.started_at is None:
        return
    text = f"It had written {now} when it failed, the last good run {before} in all."
    yield Difference(field="written", good=before, now=now, text=text)


def _counters(job: SyncJob, good: SyncJob) -> Iterator[Difference]:
    for name in COUNTERS:
        before: int | None = getattr(good, name)
        now: int | None = getattr(job, name)
        if before is None or now is None or abs(now - before) < COUNT_FEWEST:
            continue
        if max(before, now) >= COUNT_FACTOR * min(before, now):
            yield Difference(field=name, good=before, now=now, text=f"It {name} {now}, the last good run {before}.")
