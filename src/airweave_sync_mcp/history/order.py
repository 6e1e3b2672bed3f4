"""Where jobs stand in time, although the API leaves out many of their times.

A failed job has no end on the current API, a pending one no time at all, a job that failed before it
started neither (as observed). March 2026 servers list jobs in arbitrary order.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from operator import ge
from statistics import median
from typing import Final

from airweave_sync_mcp.history.model import ENDED_STATUSES, SECOND, JobStatus, SyncJob

_NEIGHBOURS: Final = 6
"""How many older jobs an estimate looks at: few, so that it stays the same when more history is read."""


def is_newest_first(jobs: Sequence[SyncJob]) -> bool:
    """Whether the jobs stand in the order of time, as far as they have a time."""
    known = [job.known_at for job in jobs if job.known_at is not None]
    return all(map(ge, known, known[1:]))


def is_waiting(job: SyncJob) -> bool:
    """Whether the job has no time because it has not started yet."""
    return job.known_at is None and (job.active or job.status == JobStatus.CREATED)


def newest_first(jobs: Sequence[SyncJob], *, newest_failed: bool = False) -> list[SyncJob]:
    """Sort jobs newest first. A list that is already so keeps its order, and jobs without a time their place.

    In a list of arbitrary order a job without any time goes first if it waits (there is at most one, and it is the
    newest), and so do failed ones if the newest job is known to have failed and no other can be it; the rest goes last.
    """
    if is_newest_first(jobs):
        return list(jobs)
    waiting = [job for job in jobs if is_waiting(job)]
    rest = [job for job in jobs if not is_waiting(job)]
    timed = sorted((job for job in rest if job.at), key=lambda job: (job.at, job.id), reverse=True)
    first = [job for job in rest if job.at is None and job.failed] if newest_failed and not timed[0].failed else []
    placed = {job.id for job in (*timed, *first)}
    return [*waiting, *first, *timed, *(job for job in rest if job.id not in placed)]


def place(jobs: Sequence[SyncJob], as_of: datetime, *, born: datetime | None = None) -> tuple[SyncJob, ...]:
    """Give every job of one connection a place in time and every ended one an end, marked as estimated.

    `jobs` are newest first, `as_of` is when they were read, `born` is when the connection was made, if its whole
    history is known. A job keeps no place (`at` is None) where nothing older has a time. An estimate that came
    with a job is kept if it fits.
    """
    times = [job.known_at for job in jobs]
    upper = max([as_of, *filter(None, times)])
    uppers: list[datetime] = []
    for time in times:
        uppers.append(upper)
        if time is not None and time < upper:
            upper = time
    placed: list[SyncJob] = []
    places: deque[datetime] = deque([born] if born else [], maxlen=_NEIGHBOURS)
    runs: deque[timedelta] = deque(maxlen=_NEIGHBOURS)
    for job, upper in zip(reversed(jobs), reversed(uppers), strict=True):  # an estimate rests on what is older
        whole = job.known_at is not None and job.ended_at is not None
        placed.append(stands := job if whole else _estimate(job, places, runs, upper))
        if stands.at is not None:
            places.append(stands.at)
        if job.status == JobStatus.COMPLETED and job.completed_at and job.started_at:
            runs.append(job.completed_at - job.started_at)
    placed.reverse()
    return tuple(placed)


def _estimate(job: SyncJob, places: Sequence[datetime], runs: Sequence[timedelta], upper: datetime) -> SyncJob:
    """The job with what can be estimated from the places and the durations of older ones."""
    if job.known_at is None:
        return replace(job, estimated_at=_start(job, places, upper))
    if job.status in ENDED_STATUSES and job.ended_at is None and job.started_at:
        usual = _median(runs) if runs else timedelta()
        return replace(job, estimated_end=max(min(job.started_at + usual, upper), job.started_at))
    return job


def _start(job: SyncJob, places: Sequence[datetime], upper: datetime) -> datetime | None:
    """A waiting job stands at its reading; another one a usual interval after the one before it."""
    if is_waiting(job):
        return upper
    if not places:
        return None
    below = min(places[-1], upper)
    if job.estimated_at is not None and below <= job.estimated_at <= upper:
        return job.estimated_at
    gaps = [later - earlier for earlier, later in pairwise(places) if later > earlier]
    guess = below + (_median(gaps) if gaps else SECOND)
    # Never tied to `upper`, which moves with each reading: cursors need a place that stays.
    return guess if guess < upper else min(below + SECOND, upper)


def _median(spans: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(span.total_seconds() for span in spans))
