"""The list of source connections, each with its last job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from airweave_sync_mcp.answers.ask import Ask, ScopeFilter, resolve_scope
from airweave_sync_mcp.answers.jobs import rows_of
from airweave_sync_mcp.answers.page import JobRow
from airweave_sync_mcp.diagnosis.finding import Finding
from airweave_sync_mcp.history.cursor import Cursor, question_of, read_cursor, write_cursor
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, Coverage
from airweave_sync_mcp.history.plan import is_troubled
from airweave_sync_mcp.history.references import plain
from airweave_sync_mcp.history.view import Need, View

_NAME_KEPT: Final = 40
"""How much of a name its place in the list depends on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionQuery:
    """A question for connections. `search` is a part of a name, source or collection."""

    statuses: frozenset[str] = frozenset()
    collection: str = ""
    source: str = ""
    search: str = ""
    limit: int = 20
    cursor: str = ""

    @property
    def question(self) -> str:
        parts = [self.collection.strip().casefold(), self.source.strip().casefold(), self.search.strip().casefold()]
        return question_of("list_connections", {"statuses": sorted(self.statuses), "parts": parts})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """A connection with its newest job, where its jobs are known."""

    connection: Connection
    last_job: JobRow | None
    history: ConnectionHistory | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPage:
    """A page of the connections that match: `total` of them, of which `troubled` by their status."""

    rows: tuple[ConnectionRow, ...]
    total: int
    troubled: int
    shown_before: int
    has_more: bool
    question: str
    coverage: Coverage
    connections: Mapping[str, Connection]
    """All of the organization, to tell names apart."""

    def next_cursor(self, shown: int) -> str | None:
        """The cursor to go on with after the first `shown` rows."""
        if not shown > 0 or (shown >= len(self.rows) and not self.has_more):
            return None
        key = connection_key(self.rows[shown - 1].connection)
        return write_cursor(Cursor(key=key, shown=self.shown_before + shown), self.question)


async def list_connections(ask: Ask, query: ConnectionQuery) -> ConnectionPage:
    """Connections that match, by name.

    Raises:
        QueryError: The question cannot be answered as it is put.
        AirweaveError: The connections could not be listed.
    """
    cursor = read_cursor(query.cursor, query.question) if query.cursor.strip() else None
    scope = await resolve_scope(ask, ScopeFilter(collection=query.collection, source=query.source))
    listed = await ask.connections()
    matching = sorted(
        (one for one in listed.connections if (scope.holds is None or scope.holds(one)) and _matches(one, query)),
        key=connection_key,
    )
    after = [one for one in matching if cursor is None or connection_key(one) > cursor.key]
    page = after[: query.limit]
    ids = frozenset(one.id for one in page)
    need = Need(scope=lambda one: one.id in ids, by_connection=True)
    view = await ask.view(need)
    before = cursor.shown if cursor else 0
    return ConnectionPage(
        rows=_rows([view.connections.get(one.id, one) for one in page], view, ask),
        total=len(matching),
        troubled=sum(is_troubled(one) for one in matching),
        shown_before=before,
        has_more=len(after) > len(page),
        question=query.question,
        coverage=_of_all(view.coverage, before, len(matching)),
        connections={one.id: one for one in listed.connections},
    )


def _of_all(coverage: Coverage, before: int, total: int) -> Coverage:
    """What a page covers, as a part of all that match: with the pages before it, as far as the list has come."""
    scanned = min(before + coverage.connections_scanned, total)
    return replace(coverage, connections_scanned=scanned, connections_total=total)


def _matches(connection: Connection, query: ConnectionQuery) -> bool:
    wanted = plain(query.search)
    texts = (connection.name, connection.source, connection.collection)
    return (not query.statuses or connection.status in query.statuses) and (
        not wanted or any(wanted in plain(text) for text in texts) or connection.id.startswith(wanted)
    )


def _rows(connections: Sequence[Connection], view: View, ask: Ask) -> tuple[ConnectionRow, ...]:
    histories = {one.id: view.histories.get(one.id) for one in connections}
    newest = {name: history.jobs[0] for name, history in histories.items() if history is not None and history.jobs}
    last_jobs = dict(zip(newest, rows_of(list(newest.values()), view, ask.judge), strict=True))
    return tuple(
        ConnectionRow(
            connection=one,
            last_job=last_jobs.get(one.id),
            history=histories[one.id],
            findings=ask.judge.judge(one, histories[one.id], now=ask.now).alarms,
        )
        for one in connections
    )


def connection_key(connection: Connection) -> tuple[str, str]:
    """A connection's place in the list: by name, ties by id. It goes into cursors, which are short."""
    return (connection.name.casefold()[:_NAME_KEPT], connection.id)
