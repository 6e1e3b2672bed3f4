"""Bringing readings together: a fresh list with what is known, one job seen in two lists."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Final

from airweave_sync_mcp.history.memory import ConnectionList
from airweave_sync_mcp.history.model import TROUBLED_STATUSES, Connection, ConnectionHistory, SyncJob
from airweave_sync_mcp.history.order import is_newest_first, is_waiting, newest_first, place

REACHABLE: Final = 1000
"""The API gives at most the newest 1,000 jobs of a connection: no offset (as observed)."""

KEPT: Final = 5_000
"""How many jobs of a connection are remembered of a server that ignores the limit and gives all."""


def merge_reading(
    known: ConnectionHistory | None,
    jobs: Sequence[SyncJob],
    *,
    connection: Connection,
    asked: int,
    answered: int,
    fetched_at: datetime,
) -> ConnectionHistory:
    """Join a list of jobs just read with what was known of the connection.

    `asked` is the limit of the request, `answered` the number of rows in the answer (unreadable ones
    too). Older known jobs are kept only where the two overlap: otherwise jobs in between are missing.
    A server that answers more than it was asked for ignores the limit and has told everything.
    """
    read = _where_they_were(unique(jobs), known)
    kept = newest_first(read, newest_failed=connection.status in TROUBLED_STATUSES)
    most, truncated = KEPT if answered > asked else REACHABLE, False
    if answered == asked:
        older, truncated = _older_than(kept, known)
        kept += older
    if len(kept) > most:
        kept, truncated = kept[:most], True
    # Only in a list that came in order, the jobs at its end are known to be the first ones.
    born = connection.created_at if not truncated and is_newest_first(read) else None
    return ConnectionHistory(
        connection_id=connection.id,
        jobs=place(kept, fetched_at, born=born),
        fetched_at=fetched_at,
        truncated=truncated,
        unreachable=truncated and len(kept) >= most,
        unreadable=answered - len(jobs),
        first_seen=_first_seen(kept, known, fetched_at),
    )


def _first_seen(
    jobs: Sequence[SyncJob], known: ConnectionHistory | None, now: datetime
) -> tuple[tuple[str, str, datetime], ...]:
    """Since when the jobs under way, or waiting to be, are known to be in their status."""
    before = {(job_id, status): seen for job_id, status, seen in known.first_seen} if known else {}
    unsettled = (job for job in jobs if job.active or is_waiting(job))
    return tuple((job.id, job.status, before.get((job.id, job.status), now)) for job in unsettled)


def _where_they_were(jobs: Sequence[SyncJob], known: ConnectionHistory | None) -> list[SyncJob]:
    """The jobs, those without any time where the reading before put them."""
    if known is None:
        return list(jobs)
    places = {job.id: job.estimated_at for job in known.jobs if job.estimated_at}
    return [
        replace(job, estimated_at=places[job.id])
        if job.known_at is None and job.id in places and not is_waiting(job)
        else job
        for job in jobs
    ]


def _older_than(fresh: Sequence[SyncJob], known: ConnectionHistory | None) -> tuple[list[SyncJob], bool]:
    """The known jobs below the fresh ones, and whether still older ones were never read."""
    if known is None:
        return [], True
    ids = {job.id for job in fresh}
    last = max((index for index, job in enumerate(known.jobs) if job.id in ids), default=None)
    if last is None:
        return [], True
    return [job for job in known.jobs[last + 1 :] if job.id not in ids], known.truncated


def unique(jobs: Iterable[SyncJob]) -> list[SyncJob]:
    """Drop jobs that were answered twice, keeping the first place and joining what each tells."""
    seen: dict[str, SyncJob] = {}
    for job in jobs:
        seen[job.id] = join(seen[job.id], job) if job.id in seen else job
    return list(seen.values())


_FACTS: Final = tuple(field.name for field in fields(SyncJob) if field.name not in {"id", "status"})


def join(leading: SyncJob, other: SyncJob) -> SyncJob:
    """One job as two lists tell it: the leading one decides, the other fills what it leaves out."""
    missing = {
        name: getattr(other, name)
        for name in _FACTS
        if getattr(leading, name) in (None, ()) and getattr(other, name) not in (None, ())
    }
    return replace(leading, **missing) if missing else leading


_COUNTS_KEPT: Final = 8


def with_earlier_counts(connections: Iterable[Connection], known: ConnectionList | None) -> Iterator[Connection]:
    """Connections just read, with the other entity counts that were read of them before."""
    before = {one.id: one for one in known.connections} if known else {}
    for one in connections:
        old = before.get(one.id)
        if known is None or old is None:
            yield one
            continue
        earlier = old.earlier_counts
        if old.entity_count is not None and old.entity_count != one.entity_count:
            earlier = (*earlier, (known.fetched_at, old.entity_count))[-_COUNTS_KEPT:]
        yield replace(one, earlier_counts=earlier) if earlier else one
