"""What the demo knows: one organization's connections and jobs, as a database would hold them.

Times are aware UTC; `shapes` decides how a generation spells them. The world changes only in `settle`,
and through what `lifecycle` does on request.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from .sources import Source

ACTIVE: Final = frozenset({"pending", "running", "cancelling"})
"""A job in one of these keeps a new one from starting."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a job wrote."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    kept: int = 0
    skipped: int = 0

    def times(self, share: float) -> "Counts":
        """What was written when only a share of the usual work was done."""
        return Counts(
            int(self.inserted * share),
            int(self.updated * share),
            int(self.deleted * share),
            int(self.kept * share),
            int(self.skipped * share),
        )


NOTHING: Final = Counts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of the table of jobs. `ended_at` is the end of a completed, failed or cancelled job."""

    id: str
    connection_id: str
    status: str
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    counts: Counts = NOTHING
    error: str | None = None
    error_category: str | None = None

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def touched_at(self) -> datetime:
        """When anything last happened to it."""
        return self.ended_at or self.started_at or self.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run that somebody starts by hand will end."""

    status: str = "completed"
    error: str | None = None
    error_category: str | None = None
    started: bool = True
    """False: it fails before it starts, so that it never has a time."""
    counts: Counts = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A source connection together with its sync."""

    id: str
    name: str
    source: Source
    organization_id: str
    collection: str
    created_at: datetime
    sync_id: str | None
    """None for federated and never authenticated connections: they cannot be synced."""
    description: str | None = None
    authenticated: bool = True
    auth_method: str = "oauth_browser"
    config: dict[str, Any] | None = None
    cron: str | None = None
    tick: datetime | None = None
    """One instant of the schedule; the others are whole multiples of `every` away."""
    every: timedelta | None = None
    entity_count: int = 0
    usual: timedelta = timedelta(minutes=5)
    """How long its runs usually take."""
    paused: bool = False
    """A credential failure paused the sync; only generations since April 2026 know this."""
    ending: Ending = Ending()
    """How a run started by hand will end."""
    full_ending: Ending = Ending()
    """The same with `force_full_sync`."""
    refuses_run: str | None = None
    """The text of the 400 that a run is answered with, e.g. when the plan's limit is used up."""

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def incremental(self) -> bool:
        """Synced every few minutes by cursor, and so usable with `force_full_sync` on old servers."""
        return self.source.continuous and self.every is not None and self.every < timedelta(hours=1)

    def next_run(self, now: datetime) -> datetime | None:
        """The next instant of the schedule after `now`; also for a paused sync, which will not run."""
        if self.cron is None or self.tick is None or self.every is None:
            return None
        return self.tick + (((now - self.tick) // self.every) + 1) * self.every


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A named group of connections."""

    id: str
    name: str
    readable_id: str
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class World:
    """Everything, with the rows in the order in which they were written."""

    organization_id: str
    other_organization_ids: tuple[str, ...]
    collections: tuple[Collection, ...]
    connections: dict[str, Connection] = field(default_factory=dict)
    """Own and foreign ones by id."""
    jobs: dict[str, Job] = field(default_factory=dict)
    _of_connection: dict[str, list[str]] = field(default_factory=dict)
    _upcoming: dict[str, deque[tuple[datetime, Job]]] = field(default_factory=dict)

    def copy(self) -> "World":
        """An equal world that lives its own life. Rows never change, so that only their lists are copied."""
        return World(
            organization_id=self.organization_id,
            other_organization_ids=self.other_organization_ids,
            collections=self.collections,
            connections=dict(self.connections),
            jobs=dict(self.jobs),
            _of_connection={connection_id: list(jobs) for connection_id, jobs in self._of_connection.items()},
            _upcoming={job_id: deque(steps) for job_id, steps in self._upcoming.items()},
        )

    def add_connection(self, connection: Connection, jobs: Iterable[Job] = ()) -> None:
        """Adds a connection with its history, oldest job first."""
        self.connections[connection.id] = connection
        self._of_connection[connection.id] = []
        for job in jobs:
            self.put(job)

    def remove_connection(self, connection: Connection) -> None:
        """Deletes a connection, as somebody may do at any time; nothing reaches its jobs any more."""
        del self.connections[connection.id]

    def put(self, job: Job, then: Iterable[tuple[datetime, Job]] = ()) -> None:
        """Writes a job, new or changed, and what will become of it, in the order of time."""
        if job.id not in self.jobs:
            self._of_connection[job.connection_id].append(job.id)
        self.jobs[job.id] = job
        self._upcoming[job.id] = deque(then)
        if not self._upcoming[job.id]:
            del self._upcoming[job.id]

    def settle(self, now: datetime) -> None:
        """Lets everything happen that was due by `now`."""
        for job_id, steps in list(self._upcoming.items()):
            while steps and steps[0][0] <= now:
                self.jobs[job_id] = steps.popleft()[1]
            if not steps:
                del self._upcoming[job_id]

    def jobs_of(self, connection_id: str) -> list[Job]:
        """The jobs of a connection, newest first."""
        return [self.jobs[job_id] for job_id in reversed(self._of_connection.get(connection_id, ()))]

    def newest_job(self, connection_id: str) -> Job | None:
        ids = self._of_connection.get(connection_id)
        return self.jobs[ids[-1]] if ids else None

    def own_connections(self) -> list[Connection]:
        """The organization's connections, newest first."""
        own = [item for item in self.connections.values() if item.organization_id == self.organization_id]
        return sorted(own, key=lambda item: item.created_at, reverse=True)

    def own_connection(self, connection_id: str) -> Connection | None:
        found = self.connections.get(connection_id)
        return found if found is not None and found.organization_id == self.organization_id else None

    def named(self, name: str, collection: str | None = None) -> Connection:
        """The connection of this name, for tests and examples. Raises KeyError when there is none or several."""
        found = [
            item
            for item in self.connections.values()
            if item.name == name and (collection is None or item.collection == collection)
        ]
        if len(found) != 1:
            raise KeyError(f"{len(found)} connections are named {name!r}")
        return found[0]
