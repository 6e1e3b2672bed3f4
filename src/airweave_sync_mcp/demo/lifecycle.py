"""Starting and cancelling syncs: what is refused, what happens, and what will happen without further ado.

Nothing runs in the background. A write notes the steps that will follow, and `World.settle` takes them when
their time has come.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from .options import Generation, Temporal
from .params import failure, internal_error
from .world import ACTIVE, Connection, Ending, Job, World

QUEUED: Final = timedelta(seconds=5)
"""How long a run waits for its worker."""
SHORTEST_RUN: Final = timedelta(seconds=10)
LONGEST_RUN: Final = timedelta(seconds=40)
"""A run started by hand takes a tenth of the usual time, within these: people are watching."""
CANCELLING: Final = timedelta(seconds=4)
CLEANED_UP: Final = timedelta(minutes=4)
"""When the platform's clean-up gets to a job that nobody works on: 3 minutes, found by the next of its rounds."""
LOST_AFTER: Final = timedelta(minutes=15)
"""A running job that is later than usual by this much has no workflow any more."""

_CLEANUP_TEXT: Final = "Cancelled by cleanup job (stuck in transitional state)"
_TEMPORAL_DOWN: Final = (
    "RuntimeError: Failed client connect: Server connection error: tonic::transport::Error(Transport, "
    'ConnectError(ConnectError("tcp connect error", 127.0.0.1:7233, Os { code: 111, kind: ConnectionRefused, '
    'message: "Connection refused" })))'
)
_NO_FULL_SYNC: Final = (
    "force_full_sync can only be used with continuous syncs (syncs with cursor data). "
    "This sync is non-continuous and always performs full syncs by default."
)

Steps = list[tuple[datetime, Job]]


class Lifecycle:
    """The writes of one generation. `temporal` is the state of the workflow engine."""

    def __init__(self, world: World, generation: Generation) -> None:
        self._world = world
        self._generation = generation
        self.temporal = Temporal.UP

    def run(self, connection: Connection, now: datetime, *, full: bool) -> Job:
        """Starts a sync and gives its pending job. Raises ApiError for everything that is refused."""
        self._refuse_run(connection, full=full)
        job = Job(
            id=self._new_id(connection),
            connection_id=connection.id,
            status="pending",
            created_at=now,
        )
        if self.temporal is Temporal.UNREACHABLE:
            self._world.put(job, then=self._clean_up(job, now))
            raise internal_error(self._generation, _TEMPORAL_DOWN)
        ending = connection.full_ending if full else connection.ending
        self._world.put(job, then=_future(job, ending, connection.usual))
        return job

    def _refuse_run(self, connection: Connection, *, full: bool) -> None:
        old, documented = self._generation.old, self._generation is Generation.DOCUMENTED
        if connection.sync_id is None:
            raise (
                failure(400, "Source connection has no associated sync")
                if old
                else failure(404, "No sync found for this source connection")
            )
        if connection.refuses_run is not None:
            raise failure(400, connection.refuses_run)
        if full and old and not connection.incremental:
            raise failure(400, _NO_FULL_SYNC)
        if connection.paused and not old:
            raise failure(409, "Cannot trigger sync: sync is SyncStatus.PAUSED")
        active = [job for job in self._world.jobs_of(connection.id) if job.status in ACTIVE]
        if active:
            detail = f"Cannot start new sync: a sync job is already {active[0].status}"
            raise failure(409 if documented else 400, detail)

    def cancel(self, connection_id: str, job_id: str, now: datetime) -> tuple[Job, Connection]:
        """Asks a job to stop. Raises ApiError, sometimes after the job has changed."""
        job, owner = self._find(connection_id, job_id)
        if job.status not in {"pending", "running"}:
            code = 409 if self._generation is Generation.DOCUMENTED else 400
            raise failure(code, f"Cannot cancel job in {job.status} state")
        if job.status == "pending" and not self._generation.old:
            self._world.put(replace(job, status="cancelled", ended_at=now))
        else:
            self._cancel_with_worker(job, owner, now)
        if self.temporal is Temporal.UNREACHABLE:
            raise internal_error(self._generation, _TEMPORAL_DOWN)
        return self._world.jobs[job_id], owner

    def _find(self, connection_id: str, job_id: str) -> tuple[Job, Connection]:
        """The job, whatever connection is in the path: only old servers look at that."""
        named = self._world.own_connection(connection_id)
        if self._generation.old and named is None:
            raise failure(404, "SourceConnection not found")
        job = self._world.jobs.get(job_id)
        owner = self._world.own_connection(job.connection_id) if job is not None else None
        if job is None or owner is None:
            raise failure(404, "Sync job not found")
        if self._generation.old and named is not None and owner.id != named.id:
            raise failure(400, "Sync job does not belong to this source connection")
        return job, owner

    def _cancel_with_worker(self, job: Job, connection: Connection, now: datetime) -> None:
        stopping = replace(job, status="cancelling")
        if self.temporal is Temporal.REFUSES:
            if not self._generation.old:  # old servers roll back
                self._world.put(stopping, then=self._clean_up(stopping, now))
            raise failure(502, "Failed to request cancellation from Temporal")
        if self.temporal is Temporal.UNREACHABLE:
            self._world.put(stopping, then=self._clean_up(stopping, now))
        elif job.started_at is not None and now - job.started_at > connection.usual + LOST_AFTER:
            self._world.put(replace(job, status="cancelled", ended_at=now))
        else:
            done = replace(stopping, status="cancelled", ended_at=now + CANCELLING)
            self._world.put(stopping, then=[(now + CANCELLING, done)])

    def _new_id(self, connection: Connection) -> str:
        number = len(self._world.jobs_of(connection.id)) + 1
        return str(uuid5(NAMESPACE_OID, f"run/{connection.id}/{number}"))

    def _clean_up(self, job: Job, now: datetime) -> Steps:
        ended_at = now + CLEANED_UP
        return [(ended_at, replace(job, status="cancelled", ended_at=ended_at, error=_CLEANUP_TEXT))]


def _future(job: Job, ending: Ending, usual: timedelta) -> Steps:
    """A pending job's way to its end."""
    starts_at = job.created_at + QUEUED
    if not ending.started:
        return [(starts_at, _ended(job, ending, starts_at))]
    ends_at = starts_at + min(max(usual / 10, SHORTEST_RUN), LONGEST_RUN)
    running = replace(job, status="running", started_at=starts_at)
    return [(starts_at, running), (ends_at, _ended(running, ending, ends_at))]


def _ended(job: Job, ending: Ending, ended_at: datetime) -> Job:
    return replace(
        job,
        status=ending.status,
        ended_at=ended_at,
        counts=ending.counts,
        error=ending.error,
        error_category=ending.error_category,
    )
