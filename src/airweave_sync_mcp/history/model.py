"""What we know: source connections, their sync jobs, and how much of the truth an answer covers.

Pure data. Nothing here does I/O or knows how the API spells things; `history.convert` translates.
All times are aware datetimes in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final


class JobStatus(StrEnum):
    """The states of a sync job. A job may also carry a status nobody has seen yet, as a plain string."""

    CREATED = "created"
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


ACTIVE_STATUSES: Final = frozenset({JobStatus.PENDING, JobStatus.RUNNING, JobStatus.CANCELLING})
"""A job in one of these keeps a new one from starting (as observed)."""

ENDED_STATUSES: Final = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED})


class ConnectionStatus(StrEnum):
    """The states of a source connection. Computed by the API from its newest job only."""

    ACTIVE = "active"
    SYNCING = "syncing"
    ERROR = "error"
    NEEDS_REAUTH = "needs_reauth"
    PENDING_AUTH = "pending_auth"
    PENDING_SYNC = "pending_sync"
    INACTIVE = "inactive"


TROUBLED_STATUSES: Final = frozenset({ConnectionStatus.ERROR, ConnectionStatus.NEEDS_REAUTH})
"""The newest job of a connection in one of these failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncJob:
    """One run of a sync.

    `status` is a `JobStatus` value, or lower-case text where a server knows a state that we do not.
    Counters are None where the server does not tell them. `failed_at`, `created_at`, `kept`,
    `encountered` and `sync_name` come only from the organization-wide list.
    """

    id: str
    status: str
    connection_id: str | None = None
    sync_id: str | None = None
    sync_name: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    duration_s: float | None = None
    inserted: int | None = None
    updated: int | None = None
    deleted: int | None = None
    kept: int | None = None
    skipped: int | None = None
    encountered: tuple[tuple[str, int], ...] = ()
    scheduled: bool | None = None
    error: str | None = None
    error_category: str | None = None
    error_details: str | None = None
    estimated_at: datetime | None = None
    """Where a job without any time stands, from its place in the list (`history.order`)."""
    estimated_end: datetime | None = None
    """When an ended job without an end ended, from the usual duration (`history.order`)."""

    @property
    def failed(self) -> bool:
        return self.status == JobStatus.FAILED

    @property
    def active(self) -> bool:
        return self.status in ACTIVE_STATUSES

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen to it: it has ended, or was only ever created, by a version long gone."""
        return self.status in ENDED_STATUSES or self.status == JobStatus.CREATED

    @property
    def ended_at(self) -> datetime | None:
        """When the job ended, as far as the server tells. The current API gives failed jobs no end."""
        return self.completed_at or self.failed_at

    @property
    def known_at(self) -> datetime | None:
        """The best known instant of this job: start, else creation, else end. None for a pending job."""
        return self.started_at or self.created_at or self.ended_at

    @property
    def at(self) -> datetime | None:
        """Where this job stands in time, known or estimated; lists are sorted by it."""
        return self.started_at or self.created_at or self.completed_at or self.failed_at or self.estimated_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A source connection as the list of connections tells it; `detail` holds what only a detail request tells."""

    id: str
    name: str
    source: str
    """Short name of the source, e.g. `github`."""
    collection: str
    """Readable id of the collection, e.g. `finance-ops-h7935`."""
    status: str
    authenticated: bool | None = None
    auth_method: str | None = None
    entity_count: int | None = None
    federated: bool = False
    """Searched live at the source; never synced, so never a job."""
    created_at: datetime | None = None
    modified_at: datetime | None = None
    sync_id: str | None = None
    earlier_counts: tuple[tuple[datetime, int], ...] = ()
    """Other entity counts that were read before, with their times, oldest first."""
    detail: "ConnectionDetail | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDetail:
    """What a request for one connection adds. Secrets (config, auth_url, claim_token) are never read."""

    fetched_at: datetime
    organization_id: str | None = None
    sync_id: str | None = None
    description: str | None = None
    cron: str | None = None
    next_run: datetime | None = None
    """Computed from the cron; the API gives it even for a paused sync that will not run."""
    has_schedule: bool | None = None
    authenticated_at: datetime | None = None
    error_category: str | None = None
    error_message: str | None = None
    provider: str | None = None
    provider_settings_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class ConnectionHistory:
    """The jobs of one connection as last read, newest first.

    `truncated` says that older jobs exist which were not read; `unreachable` that the API cannot give
    them (it reaches the newest 1,000 only). `has_sync` is False where the connection has no sync at all.
    `unreadable` rows of the last reading could not be understood, and are not among the jobs.
    """

    connection_id: str
    jobs: tuple[SyncJob, ...]
    fetched_at: datetime
    truncated: bool = False
    unreachable: bool = False
    has_sync: bool = True
    first_seen: tuple[tuple[str, str, datetime], ...] = ()
    """Jobs under way: id, status, and when they were first read in that status. The API gives a waiting job no time."""
    unreadable: int = 0

    @property
    def oldest_at(self) -> datetime | None:
        """Where the oldest job is that stands somewhere in time."""
        return next((job.at for job in reversed(self.jobs) if job.at is not None), None)


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that keeps an answer from being whole, in a sentence a person can act on."""

    code: str
    message: str
    connection: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of the truth an answer about several connections rests on."""

    connections_scanned: int
    connections_total: int
    complete: bool
    as_of: datetime
    """The oldest reading the answer rests on."""
    since: datetime | None = None
    until: datetime | None = None
    problems: tuple[Problem, ...] = ()


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
