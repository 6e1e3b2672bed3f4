"""Lists of sync jobs: of the organization, of one connection, the failed ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Final

from airweave_sync_mcp.answers.ask import Ask, ScopeFilter, resolve_connection, resolve_scope
from airweave_sync_mcp.answers.judge import Judge
from airweave_sync_mcp.answers.page import JobPage, JobRow, cursor_key, cursor_time, is_before, rows_below
from airweave_sync_mcp.diagnosis.causes import CauseName
from airweave_sync_mcp.history.coverage import newest_only
from airweave_sync_mcp.history.cursor import Cursor, question_of, read_cursor
from airweave_sync_mcp.history.model import EPOCH, Connection, ConnectionHistory, Coverage, SyncJob
from airweave_sync_mcp.history.references import short_ids
from airweave_sync_mcp.history.view import Need, View, newest_key
from airweave_sync_mcp.history.window import Window, parse_window

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


async def with_connection_id(ask: Ask, query: JobQuery) -> JobQuery:
    """The query with its connection's id for whatever it was called: by any of its names it is the same question.

    Raises:
        QueryError: Unknown, ambiguous or malformed.
        AirweaveError: The connections could not be listed.
    """
    if not query.scope.connection.strip():
        return query
    named = await resolve_connection(ask, query.scope.connection)
    return replace(query, scope=replace(query.scope, connection=named.id))


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
    query = await with_connection_id(ask, query)
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
    if window.since is None and not need.only_active:
        view = await _deepen(ask, query, cursor, need, view)
    return await _page(ask, query, cursor, need, view, named=scope.named), view


def _raise_if_unanswered(view: View, named: Connection | None) -> None:
    """A question about one connection that was never read has no answer, not a partial one."""
    if named is not None and named.id in view.errors and named.id not in view.histories:
        raise view.errors[named.id]


async def _deepen(ask: Ask, query: JobQuery, cursor: Cursor | None, need: Need, view: View) -> View:
    """Read further back until a page of an open question is certain, or one step of 30 days was made."""
    after = _after(cursor, _matching(view, query, need.window, ask.judge))
    if view.horizon is None or len(_certain(after, view.horizon)) > query.limit:
        return view
    enough = nsmallest(query.limit + 1, after, key=newest_key)[query.limit].at if len(after) > query.limit else None
    starts = (view.horizon, need.window.until, cursor_time(cursor.key) if cursor else None)
    start = min(moment for moment in starts if moment is not None)
    target = min(enough or max(start, EPOCH + _STEP) - _STEP, view.horizon)
    return await ask.view(replace(need, depth=target, asked_for=frozenset()))


async def _page(
    ask: Ask, query: JobQuery, cursor: Cursor | None, need: Need, view: View, *, named: Connection | None
) -> JobPage:
    window = need.window
    matching = _matching(view, query, window, ask.judge)
    after = _after(cursor, matching)
    open_end = window.since is None and not need.only_active and view.horizon is not None
    # At and below the horizon of an open question, jobs of other connections may be missing: not shown yet.
    certain = _certain(after, view.horizon) if open_end else after
    shown = nsmallest(query.limit, certain, key=newest_key)
    continues: tuple[str, str] | None = None
    if len(certain) > query.limit:
        continues = cursor_key(shown[-1].at, shown[-1].id)
    elif open_end and view.horizon is not None:
        below = cursor is not None and is_before(cursor.key, view.horizon)
        continues = cursor.key if cursor is not None and below else cursor_key(view.horizon)
    joins = await ask.snapshot.name_syncs(ask.credential, shown, view)
    shown = [job if job.connection_id else replace(job, connection_id=joins.get(job.sync_id or "")) for job in shown]
    lowest = shown[-1].at if len(certain) > query.limit else view.horizon if open_end else None
    cut_off = _beyond_reach(view, need)
    coverage = _coverage(view, window, [one for one in cut_off if _ends_above(view.histories[one.id], lowest)])
    if open_end:
        # It covers what was read.
        coverage = replace(coverage, since=view.horizon)
    return JobPage(
        rows=rows_of(shown, view, ask.judge),
        total=len(matching),
        failed=sum(job.failed for job in matching),
        total_is_lower_bound=open_end or bool(cut_off) or not coverage.complete,
        shown_before=cursor.shown if cursor else 0,
        continues_at=continues,
        question=query.question,
        window=window,
        coverage=coverage,
        named=named,
        connections=view.organization,
    )


def rows_of(jobs: Sequence[SyncJob], view: View, judge: Judge) -> tuple[JobRow, ...]:
    """Jobs with their connection, cause and short id."""
    short = short_ids([job.id for job in jobs], [job.id for job in view.unordered])
    rows = []
    for job, short_id in zip(jobs, short, strict=True):
        connection = view.connections.get(job.connection_id or "")
        verdict = judge.verdict(job, connection)
        rows.append(JobRow(job=job, connection=connection, verdict=verdict, short_id=short_id))
    return tuple(rows)


def _matching(view: View, query: JobQuery, window: Window, judge: Judge) -> list[SyncJob]:
    """The jobs that match, in any order: most of them are counted and never shown."""
    jobs: Sequence[SyncJob] = view.unordered
    if query.statuses:
        jobs = [job for job in jobs if job.status in query.statuses]
    if window.since is not None or window.until is not None:
        jobs = [job for job in jobs if window.holds(job)]
    if query.causes:
        verdicts = ((job, judge.verdict(job, view.connections.get(job.connection_id or ""))) for job in jobs)
        jobs = [job for job, verdict in verdicts if verdict is not None and verdict.cause in query.causes]
    return list(jobs)


def _after(cursor: Cursor | None, jobs: Sequence[SyncJob]) -> list[SyncJob]:
    """The jobs below the cursor's last row."""
    return list(jobs) if cursor is None else rows_below(jobs, cursor.key)


def _certain(jobs: Sequence[SyncJob], horizon: datetime | None) -> list[SyncJob]:
    if horizon is None:
        return list(jobs)
    return [job for job in jobs if (at := job.at) is not None and at > horizon]


def _beyond_reach(view: View, need: Need) -> list[Connection]:
    """The connections of which the API does not give all that an open question is about."""
    if need.window.since is not None or need.only_active or view.of_list:
        return []
    known = [(one, view.histories.get(one.id)) for one in view.connections.values()]
    return [one for one, history in known if history is not None and history.unreachable]


def _ends_above(history: ConnectionHistory, lowest: datetime | None) -> bool:
    """Whether a history ends before it comes down to `lowest`; None for the beginning of time."""
    return lowest is None or (history.oldest_at is not None and history.oldest_at >= lowest)


def _coverage(view: View, window: Window, cut: Sequence[Connection]) -> Coverage:
    coverage = replace(view.coverage, since=window.since, until=window.until)
    if not cut:
        return coverage
    return replace(coverage, complete=False, problems=(*coverage.problems, newest_only(cut, view.histories)))
