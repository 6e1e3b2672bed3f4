"""Failures grouped by cause: what, how often, where, since when, and whether it is over."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from itertools import product
from operator import or_
from typing import Final

from airweave_sync_mcp.answers.ask import Ask
from airweave_sync_mcp.answers.failed import FailedJobs, StillFailing, last_outcome, list_failed_with_view
from airweave_sync_mcp.answers.jobs import JobQuery, with_connection_id
from airweave_sync_mcp.answers.judge import Judge
from airweave_sync_mcp.answers.page import JobRow
from airweave_sync_mcp.diagnosis.causes import CauseName
from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.history.cursor import Cursor, broken_cursor, read_cursor, write_cursor
from airweave_sync_mcp.history.model import Connection, Coverage
from airweave_sync_mcp.history.plan import is_troubled
from airweave_sync_mcp.history.view import View
from airweave_sync_mcp.history.window import Window

EVERYTHING = 1_000_000
"""Groups are made of all failures of the window, however many."""

_BITS: Final = {key: 1 << number for number, key in enumerate(product(CauseName, (False, True)))}
"""Groups in cursors: which were shown, not where they stood. A cause that fails again moves up, past any place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One connection's share of a group. `ongoing` is None where its later runs are not known."""

    connection: Connection | None
    sync_name: str | None
    count: int
    last: JobRow
    ongoing: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The failures of one cause. `example` is the newest of them."""

    verdict: Verdict
    count: int
    members: tuple[Member, ...]
    first_seen: datetime | None
    last_seen: datetime | None
    example: JobRow

    @property
    def cause(self) -> CauseName:
        return self.verdict.cause

    @property
    def key(self) -> tuple[CauseName, bool]:
        """What makes it one group: the cause, and whether it passes by itself."""
        return (self.cause, self.verdict.transient)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPage:
    """Groups, the one seen last first. `failures` counts all failed jobs of the window, on every page.

    `told` are the groups of the pages before, as bits. What is failing beside them is told on the first page.
    """

    groups: tuple[Group, ...]
    total: int
    failures: int
    failures_are_lower_bound: bool
    shown_before: int
    told: int
    has_more: bool
    question: str
    window: Window
    coverage: Coverage
    failing_before: tuple[StillFailing, ...]
    not_read: tuple[Connection, ...]
    connections: Sequence[Connection]
    """All in scope, to tell names apart."""
    named: Connection | None

    def next_cursor(self, shown: int) -> str | None:
        """The cursor to go on with after the first `shown` groups."""
        if shown == 0 or (shown >= len(self.groups) and not self.has_more):
            return None
        told = reduce(or_, (_BITS[group.key] for group in self.groups[:shown]), self.told)
        cursor = Cursor(key=(format(told, "x"), ""), shown=self.shown_before + shown, window=self.window)
        return write_cursor(cursor, self.question)


async def group_failed_jobs(ask: Ask, query: JobQuery) -> GroupPage:
    """Failed jobs that match, by cause; `query.limit` counts groups.

    Raises:
        QueryError: The question cannot be answered as it is put.
        AirweaveError: Nothing at all could be read.
    """
    grouped = replace(await with_connection_id(ask, query), tool=f"{query.tool} grouped")
    cursor = read_cursor(query.cursor, grouped.question) if query.cursor.strip() else None
    told = _told(cursor)
    whole = replace(grouped, cursor="", limit=EVERYTHING)
    failed, view = await list_failed_with_view(ask, whole, window=cursor.window if cursor else None)
    groups = sorted(_groups(failed, view, ask.judge), key=_newest_first)
    after = [group for group in groups if not _BITS[group.key] & told]
    page = failed.page
    return GroupPage(
        groups=tuple(after[: query.limit]),
        total=len(groups),
        failures=page.total,
        failures_are_lower_bound=page.total_is_lower_bound,
        shown_before=cursor.shown if cursor else 0,
        told=told,
        has_more=len(after) > query.limit,
        question=grouped.question,
        window=page.window,
        coverage=page.coverage,
        failing_before=() if cursor else failed.failing_before,
        not_read=() if cursor else failed.not_read,
        connections=list(page.connections.values()),
        named=page.named,
    )


def _groups(failed: FailedJobs, view: View, judge: Judge) -> list[Group]:
    by_cause: dict[tuple[CauseName, bool], list[tuple[JobRow, Verdict]]] = defaultdict(list)
    for row in failed.page.rows:
        if row.verdict is not None:
            by_cause[row.verdict.cause, row.verdict.transient].append((row, row.verdict))
    return [_group(rows, view, judge) for rows in by_cause.values()]


def _group(rows: Sequence[tuple[JobRow, Verdict]], view: View, judge: Judge) -> Group:
    by_owner: dict[str, list[JobRow]] = defaultdict(list)
    for row, _ in rows:
        by_owner[row.job.connection_id or row.job.sync_id or row.job.id].append(row)
    seen = [row.job.at for row, _ in rows if row.job.at is not None]
    newest, verdict = rows[0]
    members = sorted((_member(own, view, judge) for own in by_owner.values()), key=lambda one: -one.count)
    return Group(
        verdict=verdict,
        count=len(rows),
        members=tuple(members),
        first_seen=min(seen, default=None),
        last_seen=max(seen, default=None),
        example=newest,
    )


def _member(rows: Sequence[JobRow], view: View, judge: Judge) -> Member:
    last = rows[0]
    return Member(
        connection=last.connection,
        sync_name=last.job.sync_name,
        count=len(rows),
        last=last,
        ongoing=_ongoing(last, view, judge),
    )


def _ongoing(last: JobRow, view: View, judge: Judge) -> bool | None:
    """Whether the connection's newest run failed of the same cause."""
    if last.connection is None:
        return None
    history = view.histories.get(last.connection.id)
    outcome = last_outcome(history) if history else None
    if outcome is None:
        return is_troubled(last.connection)
    verdict = judge.verdict(outcome, last.connection)
    return verdict is not None and last.verdict is not None and verdict.cause == last.verdict.cause


def _newest_first(group: Group) -> tuple[float, str, bool]:
    seen = group.last_seen.timestamp() if group.last_seen else 0.0
    return (-seen, *group.key)


def _told(cursor: Cursor | None) -> int:
    """The groups that a cursor has behind it.

    Raises:
        QueryError: `broken_cursor`.
    """
    if cursor is None:
        return 0
    try:
        told = int(cursor.key[0], 16)
    except ValueError:
        raise broken_cursor() from None
    if told >> len(_BITS):
        raise broken_cursor()
    return told
