"""Small measures of jobs and times, tolerant of what the API leaves out."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from airweave_sync_mcp.history.model import JobStatus, SyncJob

MINUTE_S: Final = 60.0
HOUR_S: Final = 3600.0
DAY_S: Final = 86400.0
_LONGEST_BELIEVABLE_S: Final = 3650 * DAY_S
_SLUG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def distinct(jobs: Iterable[SyncJob]) -> tuple[SyncJob, ...]:
    """The jobs in their order, each id once. Pages that shift while they are read repeat a job."""
    all_jobs = tuple(jobs)
    if len({job.id for job in all_jobs}) == len(all_jobs):
        return all_jobs
    first_seen: dict[str, SyncJob] = {}
    for job in all_jobs:
        first_seen.setdefault(job.id, job)
    return tuple(first_seen.values())


def completed(jobs: Iterable[SyncJob]) -> list[SyncJob]:
    return [job for job in jobs if job.status == JobStatus.COMPLETED]


_DECIDED: Final = frozenset({JobStatus.COMPLETED, JobStatus.FAILED})


def decided(jobs: Iterable[SyncJob]) -> list[SyncJob]:
    """The runs with an outcome: completed or failed. A cancelled run says nothing about the connection's health."""
    return [job for job in jobs if job.status in _DECIDED]


def seconds_between(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds()


def duration_s(job: SyncJob) -> float | None:
    """How long an ended run took, in seconds; None where unknown or not believable."""
    value = job.duration_s
    if value is None and job.started_at and job.ended_at:
        value = seconds_between(job.started_at, job.ended_at)
    return value if value is not None and 0 <= value <= _LONGEST_BELIEVABLE_S else None


def writes(job: SyncJob) -> int | None:
    """Entities inserted, updated and deleted; None where the server does not tell."""
    if job.inserted is None and job.updated is None:
        return None
    return (job.inserted or 0) + (job.updated or 0) + (job.deleted or 0)


def median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def percentile_90(values: Sequence[float]) -> float | None:
    """Nearest rank, so that with fewer than ten values it is the largest."""
    return sorted(values)[math.ceil(0.9 * len(values)) - 1] if values else None


def spread(values: Sequence[float]) -> float | None:
    """Median absolute deviation from the median: how regular the values are, whatever the outliers."""
    centre = median(values)
    return None if centre is None else median([abs(value - centre) for value in values])


def span(seconds: float) -> str:
    """A length of time for a person: `45 s`, `12 min`, `7 h`, `3 d`."""
    for limit, unit, name in ((90, 1, "s"), (90 * MINUTE_S, MINUTE_S, "min"), (36 * HOUR_S, HOUR_S, "h")):
        if seconds < limit:
            return f"{round(seconds / unit)} {name}"
    return f"{round(seconds / DAY_S)} d"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def slug(text: str | None) -> str | None:
    """A short name from the API, if it is one: never free text that found its way into the field."""
    return text if text and _SLUG.fullmatch(text) else None
