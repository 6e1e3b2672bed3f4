"""What is usual for a connection: how long its runs take, how often they come, what they write."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from airweave_sync_mcp.diagnosis.measures import (
    MINUTE_S,
    completed,
    decided,
    distinct,
    duration_s,
    median,
    percentile_90,
    seconds_between,
    spread,
    writes,
)
from airweave_sync_mcp.history.model import SyncJob

RUNS_FOR_A_CLAIM: Final = 3
"""With fewer completed runs nothing is called usual."""
RECENT_RUNS: Final = 50
"""Older runs say little about today."""
INTERVALS_FOR_REGULAR: Final = 3
REGULAR_SPREAD_S: Final = 10 * MINUTE_S
REGULAR_SPREAD_SHARE: Final = 0.05
"""The platform's scheduler adds at most 5 minutes of jitter; a person who clicks does not come this close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """The usual run of a connection, from its newest completed runs. Times in seconds, counts as medians.

    Durations and intervals are None with fewer than 3 runs that tell them. `success_rate` counts completed
    among completed and failed. `usual_writes` is the median of entities inserted, updated and deleted in a run,
    `zero_share` the share of runs that wrote nothing.
    """

    runs: int
    success_rate: float | None = None
    duration_s: float | None = None
    duration_p90_s: float | None = None
    longest_s: float | None = None
    cadence_s: float | None = None
    cadence_spread_s: float | None = None
    interval_p90_s: float | None = None
    intervals: int = 0
    inserted: float | None = None
    updated: float | None = None
    deleted: float | None = None
    usual_writes: float | None = None
    zero_share: float | None = None

    @property
    def regular(self) -> bool:
        """Whether the runs come like clockwork, as only a schedule does."""
        if self.cadence_s is None or self.cadence_spread_s is None or self.intervals < INTERVALS_FOR_REGULAR:
            return False
        return self.cadence_spread_s <= max(REGULAR_SPREAD_S, REGULAR_SPREAD_SHARE * self.cadence_s)


def typical(jobs: Iterable[SyncJob]) -> Typical:
    """What is usual for these jobs of one connection (newest first)."""
    known = distinct(jobs)
    outcomes = decided(known)
    runs = completed(known)[:RECENT_RUNS]
    durations = [seconds for job in runs if (seconds := duration_s(job)) is not None]
    starts = sorted({job.started_at for job in runs if job.started_at})
    intervals = [seconds_between(earlier, later) for earlier, later in pairwise(starts)]
    enough_durations = len(durations) >= RUNS_FOR_A_CLAIM
    enough_starts = len(starts) >= RUNS_FOR_A_CLAIM
    written = [count for job in runs if (count := writes(job)) is not None]
    return Typical(
        runs=len(runs),
        success_rate=len(completed(outcomes)) / len(outcomes) if outcomes else None,
        duration_s=median(durations) if enough_durations else None,
        duration_p90_s=percentile_90(durations) if enough_durations else None,
        longest_s=max(durations) if enough_durations else None,
        cadence_s=median(intervals) if enough_starts else None,
        cadence_spread_s=spread(intervals) if enough_starts else None,
        interval_p90_s=percentile_90(intervals) if enough_starts else None,
        intervals=len(intervals),
        inserted=median([job.inserted for job in runs if job.inserted is not None]),
        updated=median([job.updated for job in runs if job.updated is not None]),
        deleted=median([job.deleted for job in runs if job.deleted is not None]),
        usual_writes=median(written),
        zero_share=written.count(0) / len(written) if written else None,
    )
