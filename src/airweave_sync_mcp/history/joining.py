"""The organization's jobs and the connections' own, brought together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from airweave_sync_mcp.history.memory import FeedReading
from airweave_sync_mcp.history.merge import join
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, SyncJob
from airweave_sync_mcp.history.order import is_waiting


def owners_of(
    feed: FeedReading, scope: Sequence[Connection], histories: Mapping[str, ConnectionHistory]
) -> dict[str, str]:
    """Connection ids by sync id, as far as lists tell: by the connection itself, or by a job that is in both."""
    own = {job.id: connection_id for connection_id, history in histories.items() for job in history.jobs}
    owners = {one.sync_id: one.id for one in scope if one.sync_id}
    return owners | {job.sync_id: own[job.id] for job in feed.jobs if job.sync_id and job.id in own}


def joined(
    feed: FeedReading,
    histories: Mapping[str, ConnectionHistory],
    owners: Mapping[str, str],
    *,
    of_all_states: bool = False,
) -> list[SyncJob]:
    """Each job once, as the newer reading tells it, with its connection where that is known.

    `of_all_states` says that the list was read without a filter: down to where it reaches, it tells every job.
    """
    own = {job.id: (history, job) for history in histories.values() for job in history.jobs}
    jobs = []
    for job in feed.jobs:
        if (found := own.pop(job.id, None)) is not None:
            history, other = found
            jobs.append(join(other, job) if history.fetched_at >= feed.fetched_at else join(job, other))
        elif job.sync_id is not None and job.sync_id in owners:
            jobs.append(replace(job, connection_id=owners[job.sync_id]))
        else:
            jobs.append(job)
    return [*jobs, *(_untold(job, history, feed, of_all_states) for history, job in own.values())]


def _untold(job: SyncJob, history: ConnectionHistory, feed: FeedReading, of_all_states: bool) -> SyncJob:
    """A job that the list would tell if it were newer than the list reaches: an estimate must not say otherwise.

    What waits may be newer than the reading of the list, unless it was known by then.
    """
    newer = is_waiting(job) and not (of_all_states and _was_there(job, history, feed))
    if newer or job.known_at is not None or job.estimated_at is None or feed.reaches is None:
        return job
    return replace(job, estimated_at=min(job.estimated_at, feed.reaches))


def _was_there(job: SyncJob, history: ConnectionHistory, feed: FeedReading) -> bool:
    """Whether a job was known in its present state when the list was read."""
    return any(
        (job_id, status) == (job.id, job.status) and seen <= feed.fetched_at
        for job_id, status, seen in history.first_seen
    )


def candidates(jobs: Sequence[SyncJob], connections: Sequence[Connection]) -> list[Connection]:
    """The connections that jobs which tell only their sync may belong to; where the name fits several, none.

    A sync is called after its connection when it is made; its own page has to prove that it is still the one.
    """
    named: dict[str, list[Connection]] = {}
    for one in connections:
        named.setdefault(f"Sync for {one.name}", []).append(one)
    wanted = {job.sync_name for job in jobs if job.connection_id is None and job.sync_name}
    return [found[0] for name, found in named.items() if name in wanted and len(found) == 1]
