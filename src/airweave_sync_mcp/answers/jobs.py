"""Lists of sync jobs: of the organization, of one connection, the failed ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from airweave_sync_mcp.answers.ask import Ask, ScopeFilter, resolve_scope
from airweave_sync_mcp.answers.page import JobPage, JobRow, cursor_key, cursor_time, is_before, rows_below
from airweave_sync_mcp.diagnosis.causes import CauseName
from airweave_sync_mcp.diagnosis.classify import Symptom, Verdict, classify, symptom_of
from airweave_sync_mcp.history.coverage import newest_only
from airweave_sync_mcp.history.cursor import Cursor, question_of, read_cursor
from airweave_sync_mcp.history.model import ACTIVE_STATUSES, EPOCH, Connection, ConnectionHistory, Coverage, SyncJob
from airweave_sync_mcp.history.references import short_ids
from airweave_sync_mcp.history.view import Need, View
from airweave_sync_mcp.history.window import Window, parse_window

_SHORT: Final = 600
_STEP: Final = timedelta(days=30)
"""How much further back an open question looks when what it found does not fill a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """A question for a list of jobs. `tool` binds its cursors."""

    tool: str
    scope: ScopeFilter = field(default_factory=ScopeFilter)
    statuses: frozenset[str] = frozenset()
    causes: frozenset[CauseName] = frozenset()
    since: str = ""
    until: str = ""
    limit: int = 20
    cursor: str = ""

    @property
    def question(self) -> str:
        """What a cursor is bound to: everything but the page's size."""
        scope = (self.scope.connection, self.scope.collection, self.scope.source)
        return question_of(
            self.tool,
            {
                "scope": [part.strip().casefold() for part in scope],
                "statuses": sorted(self.statuses),
                "causes": sorted(self.causes),
                "window": [self.since.strip(), self.until.strip()],
            },
        )  # fmt: skip


async def list_jobs(ask: Ask, query: JobQuery) -> JobPage:
    """Jobs of the organization that match, newest first.

    Raises:
        QueryError: The question cannot be answered as it is put.
        AirweaveError: Nothing at all could be read.
    """
    page, _ = await list_jobs_with_view(ask, query)
    return page


async def list_jobs_with_view(ask: Ask, query: JobQuery, *, window: Window | None = None) -> tuple[JobPage, View]:
    """As `list_jobs`, with all that was looked at. `window` takes the place of the query's own."""
    cursor = read_cursor(query.cursor, query.question) if query.cursor.strip() else None
    if cursor is not None:
        cursor_time(cursor.key)
    if window is None:
        window = cursor.window if cursor else parse_window(query.since, query.until, now=ask.now)
    scope = await resolve_scope(ask, query.scope)
    need = Need(
        window=window,
        scope=scope.holds,
        statuses=query.statuses,
        asked_for=frozenset() if cursor else scope.asked_for,
        by_connection=scope.named is not None,
    )
    view = await ask.view(need)
    _raise_if_unanswered(view, scope.named)
    if window.since is None and not _only_active(query):
        view = await _deepen(ask, query, cursor, need, view)
    return await _page(ask, query, cursor, window, view, named=scope.named), view


def _only_active(query: JobQuery) -> bool:
    """Whether only jobs under way are asked for: a connection has at most one, and it is its newest job."""
    return bool(query.statuses) and query.statuses <= ACTIVE_STATUSES


def _raise_if_unanswered(view: View, named: Connection | None) -> None:
    """A question about one connection that was never read has no answer, not a partial one."""
    if named is not None and named.id in view.errors and named.id not in view.histories:
        raise view.errors[named.id]


async def _deepen(ask: Ask, query: JobQuery, cursor: Cursor | None, need: Need, view: View) -> View:
    """Read further back until a page of an open question is certain, or one step of 30 days was made."""
    after = _after(cursor, _matching(view, query, need.window))
    if view.horizon is None or len(_certain(after, view.horizon)) > query.limit:
        return view
    enough = after[query.limit].at if len(after) > query.limit else None
    starts = (view.horizon, need.window.until, cursor_time(cursor.key) if cursor else None)
    start = min(moment for moment in starts if moment is not None)
    target = min(enough or max(start, EPOCH + _STEP) - _STEP, view.horizon)
    return await ask.view(replace(need, depth=target, asked_for=frozenset()))


async def _page(
    ask: Ask, query: JobQuery, cursor: Cursor | None, window: Window, view: View, *, named: Connection | None
) -> JobPage:
    matching = _matching(view, query, window)
    after = _after(cursor, matching)
    open_end = window.since is None and view.horizon is not None and not _only_active(query)
    # At and below the horizon of an open question, jobs of other connections may be missing: not shown yet.
    certain = _certain(after, view.horizon) if open_end else after
    shown = certain[: query.limit]
    continues: tuple[str, str] | None = None
    if len(certain) > query.limit:
        continues = cursor_key(shown[-1].at, shown[-1].id)
    elif open_end and view.horizon is not None:
        below = cursor is not None and is_before(cursor.key, view.horizon)
        continues = cursor.key if cursor is not None and below else cursor_key(view.horizon)
    joins = await ask.snapshot.name_syncs(ask.credential, shown, view)
    shown = [replace(job, connection_id=job.connection_id or joins.get(job.sync_id or "")) for job in shown]
    coverage = _coverage(view, window, shown, open_end=open_end)
    cut_off = window.since is None and any(history.unreachable for history in view.histories.values())
    return JobPage(
        rows=rows_of(shown, view),
        total=len(matching),
        failed=sum(job.failed for job in matching),
        total_is_lower_bound=open_end or cut_off or not coverage.complete,
        shown_before=cursor.shown if cursor else 0,
        continues_at=continues,
        question=query.question,
        window=window,
        coverage=coverage,
        named=named,
        connections=view.organization,
    )


def rows_of(jobs: Sequence[SyncJob], view: View) -> tuple[JobRow, ...]:
    """Jobs with their connection, cause and short id."""
    short = short_ids([job.id for job in jobs], (job.id for job in view.jobs))
    rows = []
    for job, short_id in zip(jobs, short, strict=True):
        connection = view.connections.get(job.connection_id or "")
        rows.append(JobRow(job=job, connection=connection, verdict=verdict_of(job, connection), short_id=short_id))
    return tuple(rows)


def verdict_of(job: SyncJob, connection: Connection | None) -> Verdict | None:
    """Why a job failed; None for one that did not."""
    if not job.failed:
        return None
    symptom = symptom_of(job, connection)
    return _classified(symptom) if len(symptom.message or "") <= _SHORT else classify(symptom)


@lru_cache(maxsize=2_048)
def _classified(symptom: Symptom) -> Verdict:
    """Runs of one connection fail again and again with the same words."""
    return classify(symptom)


def _matching(view: View, query: JobQuery, window: Window) -> list[SyncJob]:
    jobs = [job for job in view.jobs if (not query.statuses or job.status in query.statuses) and window.holds(job)]
    if not query.causes:
        return jobs
    verdicts = ((job, verdict_of(job, view.connections.get(job.connection_id or ""))) for job in jobs)
    return [job for job, verdict in verdicts if verdict is not None and verdict.cause in query.causes]


def _after(cursor: Cursor | None, jobs: Sequence[SyncJob]) -> list[SyncJob]:
    """The jobs below the cursor's last row."""
    return list(jobs) if cursor is None else rows_below(jobs, cursor.key)


def _certain(jobs: Sequence[SyncJob], horizon: datetime | None) -> list[SyncJob]:
    return [job for job in jobs if horizon is None or (job.at is not None and job.at > horizon)]


def _coverage(view: View, window: Window, shown: Sequence[SyncJob], *, open_end: bool) -> Coverage:
    """An open question covers what was read: back to the horizon."""
    coverage = replace(view.coverage, since=window.since, until=window.until)
    if open_end:
        coverage = replace(coverage, since=view.horizon)
    oldest = shown[-1].at if shown else None
    cut = [
        one
        for one in view.connections.values()
        if window.since is None and one.id in view.histories and _hides_older(view.histories[one.id], oldest)
    ]
    if not cut:
        return coverage
    return replace(coverage, complete=False, problems=(*coverage.problems, newest_only(cut, view.histories)))


def _hides_older(history: ConnectionHistory, oldest_shown: datetime | None) -> bool:
    if not history.unreachable or oldest_shown is None:
        return False
    return history.oldest_at is not None and history.oldest_at >= oldest_shown
