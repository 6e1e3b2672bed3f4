"""What failed: in the window, and, whatever the window, what has been failing since before it."""

from dataclasses import dataclass

from airweave_sync_mcp.answers.ask import Ask
from airweave_sync_mcp.answers.jobs import JobQuery, list_jobs_with_view, rows_of
from airweave_sync_mcp.answers.judge import Judge
from airweave_sync_mcp.answers.page import JobPage, JobRow
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, JobStatus, SyncJob
from airweave_sync_mcp.history.plan import is_troubled
from airweave_sync_mcp.history.view import View
from airweave_sync_mcp.history.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class StillFailing:
    """A connection whose last run failed before the window: a credential failure pauses the sync, so no new job tells.

    `row` is that run.
    """

    connection: Connection
    row: JobRow


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedJobs:
    """A page of failed jobs. What is failing beside them comes with the first page, the later ones need not repeat it.

    `not_read` are connections that fail, as their status tells; since when and why, only their jobs would.
    """

    page: JobPage
    failing_before: tuple[StillFailing, ...] = ()
    not_read: tuple[Connection, ...] = ()


async def list_failed_jobs(ask: Ask, query: JobQuery) -> FailedJobs:
    """Failed jobs that match, newest first, and the connections that have been failing since before the window.

    Raises:
        QueryError: The question cannot be answered as it is put.
        AirweaveError: Nothing at all could be read.
    """
    failed, _ = await list_failed_with_view(ask, query)
    return failed


async def list_failed_with_view(ask: Ask, query: JobQuery, *, window: Window | None = None) -> tuple[FailedJobs, View]:
    """As `list_failed_jobs`, with all that was looked at. `window` takes the place of the query's own."""
    page, view = await list_jobs_with_view(ask, query, window=window)
    if page.window.since is None or page.window.until is not None or query.cursor.strip():
        return FailedJobs(page=page), view
    failing = _still_failing(view, page.window, ask.judge)
    not_read = _not_read(view, page.window)
    if query.causes:
        failing = [one for one in failing if one.row.verdict and one.row.verdict.cause in query.causes]
        not_read = []
    failed = FailedJobs(
        page=page,
        failing_before=tuple(sorted(failing, key=_newest_first)),
        not_read=tuple(sorted(not_read, key=lambda one: one.name.casefold())),
    )
    return failed, view


def _not_read(view: View, window: Window) -> list[Connection]:
    """The connections that fail, of which neither their own jobs nor the organization's list tell more."""
    unread = [one for one in view.connections.values() if is_troubled(one) and one.id not in view.histories]
    if not unread:
        return []
    told = {job.connection_id for job in view.unordered if window.holds(job)}
    return [one for one in unread if one.id not in told]


def _still_failing(view: View, window: Window, judge: Judge) -> list[StillFailing]:
    outcomes = (last_outcome(history) for history in view.histories.values())
    rows = rows_of([job for job in outcomes if job is not None and job.failed and not window.holds(job)], view, judge)
    return [StillFailing(connection=row.connection, row=row) for row in rows if row.connection is not None]


def last_outcome(history: ConnectionHistory) -> SyncJob | None:
    """The newest run that came to an end of its own: a cancelled one tells nothing, an active one not yet."""
    return next((job for job in history.jobs if job.status == JobStatus.COMPLETED or job.failed), None)


def _newest_first(still: StillFailing) -> tuple[float, str]:
    at = still.row.job.at
    return (-at.timestamp() if at else float("-inf"), still.connection.name.casefold())
