"""One job, wherever it is."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.ask import Ask, resolve_connection
from airweave_sync_mcp.answers.jobs import rows_of
from airweave_sync_mcp.answers.page import JobRow
from airweave_sync_mcp.history.errors import GIVEN, QueryError
from airweave_sync_mcp.history.model import EPOCH, Connection, ConnectionHistory, Coverage, JobStatus, SyncJob
from airweave_sync_mcp.history.references import MAX_CANDIDATES, Reference, read_job_reference, short_ids
from airweave_sync_mcp.history.view import Need, View, newest_key

_FURTHER: Final = timedelta(days=30)
"""How much further back the latest failure is looked for, where what was read first holds none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAnswer:
    """A job and, where its connection is known, the history around it."""

    row: JobRow
    history: ConnectionHistory | None
    last_good: SyncJob | None
    """The newest completed run before this one."""
    coverage: Coverage
    connections: Mapping[str, Connection]
    latest: bool = False
    """It is the newest of what was read, rather than the one that was named."""

    @property
    def complete(self) -> bool:
        """False where another job, of a connection not read yet, may be the one that is meant."""
        return self.coverage.complete or not self.latest


async def find_job(ask: Ask, job: str, connection: str = "") -> JobAnswer:
    """The job that a reference means: an id, the beginning of one, a URL, `latest` or `latest_failed`.

    Without a connection it is looked for in what is known, then in the rest as far as the budget goes.

    Raises:
        QueryError: `job_not_found`, which says where it was looked for, `ambiguous_job`, `no_jobs`,
            `malformed_id`, or the connection is unknown.
        AirweaveError: Nothing at all could be read.
    """
    named = await resolve_connection(ask, connection) if connection.strip() else None
    word = job.strip().lower()
    if word in {"latest", "latest_failed"}:
        return await _latest(ask, named, failed_only=word == "latest_failed")
    reference = read_job_reference(job)
    view = await _search(ask, reference, named)
    matches = _matching(reference, view)
    if len(matches) == 1:
        return await _answer(ask, matches[0], view)
    if not matches:
        raise _not_found(job, view, named)
    short = short_ids([one.id for one in matches], (one.id for one in view.unordered))
    raise QueryError(
        "ambiguous_job",
        f"{GIVEN} matches {len(matches)} jobs: {', '.join(short[:MAX_CANDIDATES])}.",
        "Repeat the call with one of these.",
        given=job,
    )


async def _search(ask: Ask, reference: Reference, named: Connection | None) -> View:
    """What is known if that holds the job in a final state, else what can be read."""
    if named is not None:
        view = await _read_one(ask, named)
        if not _matching(reference, view) and view.horizon is not None:
            return await _read_one(ask, named, since=EPOCH)
        return view
    known = await ask.snapshot.known(ask.credential)
    matches = _matching(reference, known)
    if len(matches) > 1 or any(job.settled for job in matches):
        return known
    if matches and (owner := known.connections.get(matches[0].connection_id or "")) is not None:
        return await _read_one(ask, owner)
    need = Need(found=lambda history: any(_means(reference, job) for job in history.jobs))
    view = await ask.view(need)
    # The organization's list was not read to its end: each connection's own may hold the job.
    return view if _matching(reference, view) else await ask.view(replace(need, by_connection=True))


async def _read_one(ask: Ask, connection: Connection, since: datetime | None = None) -> View:
    """One connection's jobs, read anew, back to `since` where that is given."""
    need = Need(
        depth=since,
        scope=lambda one: one.id == connection.id,
        asked_for=frozenset({connection.id}) if since is None else frozenset(),
        by_connection=True,
    )
    view = await ask.view(need)
    if connection.id in view.errors and connection.id not in view.histories:
        raise view.errors[connection.id]
    return view


async def _latest(ask: Ask, named: Connection | None, *, failed_only: bool) -> JobAnswer:
    statuses = frozenset({JobStatus.FAILED.value}) if failed_only else frozenset()

    def newest(view: View) -> SyncJob | None:
        return min((job for job in view.unordered if not failed_only or job.failed), key=newest_key, default=None)

    if named is None:
        need = Need(statuses=statuses)
        view = await ask.view(need)
        job = newest(view)
        if failed_only and view.horizon is not None and (job is None or job.at is None or job.at <= view.horizon):
            depth = job.at if job and job.at else view.horizon - _FURTHER
            view = await ask.view(replace(need, depth=depth))
    else:
        view = await _read_one(ask, named)
        if newest(view) is None and view.horizon is not None:
            view = await _read_one(ask, named, since=EPOCH)
    job = newest(view)
    if job is None:
        what = "failed sync job" if failed_only else "sync job"
        where = f"of {named.name}" if named else f"in {view.coverage.connections_scanned} connections"
        hint = _unread(view) or "list_sync_jobs lists all jobs."
        raise QueryError("no_jobs", f"There is no {what} {where}.", hint, retry_after_s=_retry_after(view))
    return replace(await _answer(ask, job, view), latest=True)


async def _answer(ask: Ask, job: SyncJob, view: View) -> JobAnswer:
    if job.connection_id is None:
        joins = await ask.snapshot.name_syncs(ask.credential, [job], view)
        job = replace(job, connection_id=joins.get(job.sync_id or ""))
    owner = view.connections.get(job.connection_id or "")
    history = await _history_of(ask, owner, view) if owner else None
    return JobAnswer(
        row=rows_of([job], view, ask.judge)[0],
        history=history,
        last_good=_last_good(job, history) if history else None,
        coverage=view.coverage,
        connections=view.organization,
    )


async def _history_of(ask: Ask, owner: Connection, view: View) -> ConnectionHistory | None:
    """The owner's history, which the organization's list does not tell; None where it cannot be had now."""
    if owner.id not in view.histories:
        with suppress(AirweaveError):
            view = await ask.view(Need(scope=lambda one: one.id == owner.id, by_connection=True))
    return view.histories.get(owner.id)


def _last_good(job: SyncJob, history: ConnectionHistory) -> SyncJob | None:
    """The newest completed run older than the job: below it in the list."""
    index = next((n for n, one in enumerate(history.jobs) if one.id == job.id), None)
    if index is None:
        return None
    return next((one for one in history.jobs[index + 1 :] if one.status == JobStatus.COMPLETED), None)


def _matching(reference: Reference, view: View) -> list[SyncJob]:
    return [job for job in view.unordered if _means(reference, job)]


def _means(reference: Reference, job: SyncJob) -> bool:
    return job.id.startswith(reference.id_prefix or "-")


def _not_found(text: str, view: View, named: Connection | None) -> QueryError:
    again = _retry_after(view)
    if named is not None:
        which = "that Airweave gives" if again is None else "that were read so far"
        return QueryError(
            "job_not_found",
            f"{named.name} has no sync job {GIVEN} among the {len(view.unordered)} {which}.",
            _unread(view)
            if again is not None
            else "get_connection_jobs lists them. Airweave reaches the newest 1,000 jobs of a connection.",
            given=text,
            retry_after_s=again,
        )
    coverage = view.coverage
    where = f"not found in {coverage.connections_scanned} of {coverage.connections_total} connections"
    hint = _unread(view) or "Name the connection too: then its older jobs are searched as well."
    return QueryError("job_not_found", f"Sync job {GIVEN} was {where}.", hint, given=text, retry_after_s=again)


def _retry_after(view: View) -> float | None:
    """When the same search gets further, if it does."""
    return max((one.retry_after_s for one in view.coverage.problems if one.retry_after_s is not None), default=None)


def _unread(view: View) -> str:
    return " ".join(problem.message for problem in view.coverage.problems)
