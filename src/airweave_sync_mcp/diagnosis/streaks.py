"""Failing streaks: where one truly began, and whether it is over."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from airweave_sync_mcp.diagnosis.measures import decided, distinct
from airweave_sync_mcp.history.model import ConnectionHistory, SyncJob

CauseOf = Callable[[SyncJob], str | None]
"""Names the cause of a failed job, None where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """Failed runs in a row, with no completed run between them. Cancelled and unfinished runs do not count.

    `since` is the start of the first failure after `last_success`. A run that failed before it started has no
    time on the current API: then `since` is its estimated place, else the oldest time known in the streak.
    `begins_before_known`: no success is known below it and older jobs were not read, so it may be older and longer.
    `first_ever`: the whole history is known, and no run before it succeeded.
    `cause` is that of the newest failure, `same_cause` whether all of them share it.
    `ended_by` is the completed run that ended it; `retrying` says that a newer job is under way.
    """

    failures: int
    first_failure: SyncJob
    last_failure: SyncJob
    since: datetime | None
    since_estimated: bool = False
    begins_before_known: bool = False
    last_success: SyncJob | None = None
    ended_by: SyncJob | None = None
    ongoing: bool = True
    retrying: bool = False
    first_ever: bool = False
    cause: str | None = None
    same_cause: bool = False
    causes: tuple[tuple[str, int], ...] = ()
    """All of them, and how often each, the newest first."""

    @property
    def is_over(self) -> bool:
        return not self.ongoing


def failing_streak(history: ConnectionHistory, cause_of: CauseOf) -> Streak | None:
    """The newest failing streak, ongoing **or over**; None if no known run failed."""
    jobs = distinct(history.jobs)
    outcomes = decided(jobs)
    begin = next((n for n, job in enumerate(outcomes) if job.failed), None)
    if begin is None:
        return None
    block = tuple(takewhile(lambda job: job.failed, outcomes[begin:]))
    last_success = next(iter(outcomes[begin + len(block) :]), None)
    ended_by = outcomes[begin - 1] if begin else None
    incomplete = history.truncated or history.unreachable
    since, estimated = _beginning(block)
    causes = [cause_of(job) for job in block]
    return Streak(
        failures=len(block),
        first_failure=block[-1],
        last_failure=block[0],
        since=since,
        since_estimated=estimated,
        begins_before_known=last_success is None and incomplete,
        last_success=last_success,
        ended_by=ended_by,
        ongoing=ended_by is None,
        retrying=ended_by is None and any(job.active for job in takewhile(lambda job: job.id != block[0].id, jobs)),
        first_ever=last_success is None and not incomplete,
        cause=causes[0],
        same_cause=causes[0] is not None and len(set(causes)) == 1,
        causes=tuple(Counter(cause for cause in causes if cause is not None).items()),
    )


def _beginning(block: tuple[SyncJob, ...]) -> tuple[datetime | None, bool]:
    """When the first failure started, else the oldest instant known in the streak; and whether that is an estimate."""
    if block[-1].known_at:
        return block[-1].known_at, False
    since = next((job.at for job in reversed(block) if job.at), None)
    return since, since is not None
