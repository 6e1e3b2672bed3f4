"""Connections that have been failing since before the window, as a part of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from airweave_sync_mcp.answers.failed import StillFailing
from airweave_sync_mcp.render.contract import FailingOut
from airweave_sync_mcp.render.rows import Names, RowStyle, job_out
from airweave_sync_mcp.render.text import cause_text
from airweave_sync_mcp.render.times import age, iso, minute, moment

NAMED: Final = 8
"""How many are named where ids are short; a page with whole ids names all."""


@dataclass(frozen=True, slots=True)
class FailingPart:
    """The part in both channels."""

    facts: dict[str, Any]
    lines: list[str]


def failing_part(
    failing: Sequence[StillFailing], names: Names, style: RowStyle, since: datetime | None, now: datetime
) -> FailingPart:
    """The newest of them, and how many there are. For a model no more than why: diagnose_sync tells the rest."""
    if not failing:
        return FailingPart({}, [])
    shown = failing if style.ids or style.full else failing[:NAMED]
    outs = [_failing_out(one, names, style) for one in shown]
    cut = len(failing) > len(shown)
    more = f" (the newest {len(shown)} of {len(failing)})" if cut else ""
    texts = [_line(out, one, now) for out, one in zip(outs, shown, strict=True)]
    facts = {"failing_since_before": outs, "failing_since_before_total": len(failing) if cut else None}
    return FailingPart(facts, [f"Failing since before {iso(since)}, with no good run since{more}:", *texts])


def _failing_out(still: StillFailing, names: Names, style: RowStyle) -> FailingOut:
    label = names.label(still.connection) or ""
    connection_id = still.connection.id if style.ids or style.full else None
    if still.row is None:
        return FailingOut(connection=label, connection_id=connection_id)
    row = job_out(still.row, names, RowStyle())
    return FailingOut(
        connection=label,
        connection_id=connection_id,
        last_job=still.row.job.id if connection_id else row.job if style.table else None,
        failed_at=row.ended_at or row.started_at or row.created_at if connection_id or style.table else None,
        cause=row.cause,
        transient=row.transient,
        error=row.error,
    )


def _line(out: FailingOut, still: StillFailing, now: datetime) -> str:
    if still.row is None:
        return f"- {out.connection}: failing; its jobs were not read yet"
    at = moment(out.failed_at)
    when = f"last run failed {age(at, now)} ({minute(at)})" if at else ""
    job = f"job {out.last_job}" if out.last_job else ""
    return f"- {out.connection}: {', '.join(part for part in (when, cause_text(out), out.error, job) if part)}"
