"""What a finding's rule looks at, and the form every rule has."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final, Self

from airweave_sync_mcp.diagnosis.cadence import Typical, typical
from airweave_sync_mcp.diagnosis.cron import longest_pause_s
from airweave_sync_mcp.diagnosis.finding import Finding, FindingKind
from airweave_sync_mcp.diagnosis.measures import completed, distinct, seconds_between
from airweave_sync_mcp.diagnosis.streaks import CauseOf, Streak, failing_streak
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, ConnectionStatus, JobStatus, SyncJob

RECENT: Final = timedelta(days=7)
"""How far back things that are over are still told, where the question names no window."""
SNAPSHOT_SOURCE: Final = "snapshot"
"""Loaded once; the platform refuses to sync it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One connection as all rules see it. `as_of` is when its history was read: nothing is judged as of later."""

    connection: Connection
    history: ConnectionHistory
    jobs: tuple[SyncJob, ...]
    runs: Sequence[SyncJob]
    """The completed ones."""
    as_of: datetime
    window: timedelta | None
    streak: Streak | None
    typical: Typical
    cause_of: CauseOf
    person_causes: Collection[str]
    first_seen_at: Mapping[str, datetime]
    earlier_counts: Sequence[tuple[datetime, int]]

    @classmethod
    def build(
        cls,
        connection: Connection,
        history: ConnectionHistory,
        *,
        now: datetime,
        cause_of: CauseOf,
        window: timedelta | None = None,
        person_causes: Collection[str] = (),
        first_seen_at: Mapping[str, datetime] | None = None,
        earlier_counts: Sequence[tuple[datetime, int]] = (),
    ) -> Self:
        jobs = () if connection.federated else distinct(history.jobs)
        return cls(
            connection=connection,
            history=history,
            jobs=jobs,
            runs=completed(jobs),
            as_of=min(now, history.fetched_at),
            window=window,
            streak=failing_streak(history, cause_of) if jobs else None,
            typical=typical(jobs),
            cause_of=cause_of,
            person_causes=person_causes,
            first_seen_at=first_seen_at or {},
            earlier_counts=earlier_counts,
        )

    @property
    def failing(self) -> bool:
        return self.streak is not None and self.streak.ongoing

    @property
    def under_way(self) -> tuple[SyncJob, ...]:
        """The unfinished jobs. One below a newer run that started is none: only its row was left behind."""
        newest = takewhile(lambda job: not (job.started_at or job.status == JobStatus.COMPLETED), self.jobs)
        top = len(list(newest))
        return tuple(job for job in self.jobs[: top + 1] if job.active)

    @property
    def incomplete(self) -> bool:
        """Whether older jobs exist that are not known."""
        return self.history.truncated or self.history.unreachable

    @property
    def waiting_for_login(self) -> bool:
        return self.connection.status == ConnectionStatus.PENDING_AUTH or self.connection.authenticated is False

    @property
    def inactive(self) -> bool:
        return self.connection.status == ConnectionStatus.INACTIVE

    @property
    def may_run(self) -> bool:
        """Whether runs are to be expected at all."""
        one_time = self.connection.federated or self.connection.source == SNAPSHOT_SOURCE
        return not (one_time or self.waiting_for_login or self.inactive)

    @property
    def manual(self) -> bool:
        """Whether it is known to have no schedule: it runs when somebody asks."""
        detail = self.connection.detail
        return detail is not None and (detail.cron is None or detail.has_schedule is False)

    @property
    def cron_pause_s(self) -> float | None:
        """The longest time between two ticks of the schedule; None if unknown, manual or not understood."""
        detail = self.connection.detail
        return longest_pause_s(detail.cron) if detail and detail.cron and detail.has_schedule is not False else None

    def age_s(self, at: datetime | None) -> float | None:
        """Seconds since then; negative for a time in the future."""
        return None if at is None else seconds_between(at, self.as_of)

    def recent(self, at: datetime | None, default: timedelta = RECENT) -> bool:
        """Whether it lies in the window asked for, else in the default one. An unknown time does not."""
        return at is not None and self.as_of - at <= (default if self.window is None else self.window)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRule:
    """A finding's rule in words, for docs/findings.md, beside the function that follows it."""

    kind: FindingKind
    meaning: str
    fires: str
    not_when: tuple[str, ...]
    check: Callable[[Case], Finding | None]
    threshold: str = ""
