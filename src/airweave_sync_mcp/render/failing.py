"""Connections that fail beside the jobs of an answer: since before its window, or not read yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from airweave_sync_mcp.answers.failed import StillFailing
from airweave_sync_mcp.history.model import Connection
from airweave_sync_mcp.render.contract import FailingOut, NotReadOut
from airweave_sync_mcp.render.rows import Names, RowStyle, job_out
from airweave_sync_mcp.render.text import cause_text
from airweave_sync_mcp.render.times import age, iso, minute, moment
from airweave_sync_mcp.render.tokens import tokens_of

NAMED: Final = 8
"""How many are named to a model; a table and a page with whole ids name all."""

_MOST: Final = 110
"""Tokens of names, about: where they cost more, long ones are cut, then fewer are named."""


@dataclass(frozen=True, slots=True)
class FailingPart:
    """The part in both channels."""

    facts: dict[str, Any]
    lines: list[str]


def failing_part(
    failing: Sequence[StillFailing],
    not_read: Sequence[Connection],
    names: Names,
    style: RowStyle,
    since: datetime | None,
    now: datetime,
) -> FailingPart:
    """Some of them, and how many there are. For a model no more than why: diagnose_sync tells the rest."""
    if style.lean and _cost([one.connection for one in failing[:NAMED]] + list(not_read[:NAMED]), names) > _MOST:
        names = names.brief
    before, unread = _before(failing, names, style, since, now), _unread(not_read, names, style)
    return FailingPart(before.facts | unread.facts, [*before.lines, *unread.lines])


def _before(
    failing: Sequence[StillFailing], names: Names, style: RowStyle, since: datetime | None, now: datetime
) -> FailingPart:
    """The newest of those that fail since before the window."""
    if not failing:
        return FailingPart({}, [])
    shown = failing[: _most([one.connection for one in failing], names, style)]
    outs = [_failing_out(one, names, style) for one in shown]
    cut = len(failing) > len(shown)
    more = f" (the newest {len(shown)} of {len(failing)})" if cut else ""
    texts = [_line(out, now) for out in outs]
    facts = {"failing_since_before": outs, "failing_since_before_total": len(failing) if cut else None}
    return FailingPart(facts, [f"Failing since before {iso(since)}, with no good run since{more}:", *texts])


def _unread(connections: Sequence[Connection], names: Names, style: RowStyle) -> FailingPart:
    """Those of which nothing is known but that they fail."""
    if not connections:
        return FailingPart({}, [])
    ids = style.ids or style.full
    shown = connections[: _most(connections, names, style)]
    outs = [NotReadOut(connection=names.label(one) or "", connection_id=one.id if ids else None) for one in shown]
    cut = len(connections) > len(shown)
    more = f" ({len(shown)} of {len(connections)})" if cut else ""
    facts = {"not_read_yet": outs, "not_read_yet_total": len(connections) if cut else None}
    told = ", ".join(f"{out.connection}{f' {out.connection_id}' if ids else ''}" for out in outs)
    return FailingPart(facts, [f"Failing now; since when and why was not read yet{more}: {told}"])


def _most(connections: Sequence[Connection], names: Names, style: RowStyle) -> int | None:
    if not style.lean:
        return None
    few = min(NAMED, len(connections))
    while few > 1 and _cost(connections[:few], names) > _MOST:
        few -= 1
    return few


def _cost(connections: Sequence[Connection], names: Names) -> int:
    return tokens_of('","'.join(names.label(one) or "" for one in connections))


def _failing_out(still: StillFailing, names: Names, style: RowStyle) -> FailingOut:
    label = names.label(still.connection) or ""
    connection_id = still.connection.id if style.ids or style.full else None
    row = job_out(still.row, names, RowStyle(excerpt=80) if style.lean else RowStyle())
    return FailingOut(
        connection=label,
        connection_id=connection_id,
        last_job=still.row.job.id if connection_id else row.job if style.table else None,
        failed_at=row.ended_at or row.started_at or row.created_at if connection_id or style.table else None,
        cause=row.cause,
        transient=row.transient,
        error=row.error,
    )


def _line(out: FailingOut, now: datetime) -> str:
    at = moment(out.failed_at)
    when = f"last run failed {age(at, now)} ({minute(at)})" if at else ""
    job = f"job {out.last_job}" if out.last_job else ""
    return f"- {out.connection}: {', '.join(part for part in (when, cause_text(out), out.error, job) if part)}"
