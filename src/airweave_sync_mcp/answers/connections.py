"""The list of source connections, each with its last job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
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

_ANCHORS: Final = 3
"""So many of the last rows shown stand in a cursor: the list goes on below the last of them that is still there."""
_ANCHOR_DIGITS: Final = 10


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
    above: tuple[Connection, ...]
    """The last rows of the pages before."""
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
        last = [*self.above, *(row.connection for row in self.rows[:shown])][-_ANCHORS:]
        key = ("".join(map(_anchor, reversed(last))), "")
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
        key=_place,
    )
    after = _after(cursor, matching, listed.connections)
    page = after[: query.limit]
    ids = frozenset(one.id for one in page)
    need = Need(scope=lambda one: one.id in ids, by_connection=True)
    view = await ask.view(need)
    before = cursor.shown if cursor else 0
    return ConnectionPage(
        rows=_rows([view.connections.get(one.id, one) for one in page], view, ask),
        above=tuple(matching[: len(matching) - len(after)][-_ANCHORS:]),
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


def _after(cursor: Cursor | None, matching: Sequence[Connection], listed: Sequence[Connection]) -> Sequence[Connection]:
    """The matching connections below the cursor's rows, which are looked for among all: they may match no more.

    If all of its rows are gone, the list goes on by the number shown, without them.
    """
    if cursor is None:
        return matching
    digits = cursor.key[0]
    anchors = [digits[at : at + _ANCHOR_DIGITS] for at in range(0, len(digits), _ANCHOR_DIGITS)]
    there = {_anchor(one): one for one in listed}
    last = next((there[anchor] for anchor in anchors if anchor in there), None)
    if last is None:
        return matching[max(cursor.shown - len(anchors), 0) :]
    return [one for one in matching if _place(one) > _place(last)]


def _place(connection: Connection) -> tuple[str, str]:
    """A connection's place in the list: by name, ties by id."""
    return (connection.name.casefold(), connection.id)


def _anchor(connection: Connection) -> str:
    """What stands for a connection in a cursor. Not its name: people name connections after mailboxes."""
    return blake2b(connection.id.encode(errors="replace"), digest_size=_ANCHOR_DIGITS // 2).hexdigest()
