"""Connections that have been failing since before the window, as a part of an answer."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from airweave_sync_mcp.answers.failed import StillFailing
from airweave_sync_mcp.render.contract import FailingOut
from airweave_sync_mcp.render.rows import Names, RowStyle, job_out
from airweave_sync_mcp.render.text import cause_text
from airweave_sync_mcp.render.times import iso
from airweave_sync_mcp.render.tokens import tokens_of

NAMED: Final = 8
"""How many are named where ids are short; a page with whole ids names all."""

_MOST: Final = 110
"""Tokens of names, about: where they cost more, long ones are cut, then fewer are named."""

UNREAD: Final = "not read yet"
"""In place of a cause."""


@dataclass(frozen=True, slots=True)
class FailingPart:
    """The part in both channels."""

    facts: dict[str, Any]
    lines: list[str]


def failing_part(failing: Sequence[StillFailing], names: Names, style: RowStyle, since: datetime | None) -> FailingPart:
    """The newest of them by cause, and how many there are. Since when, and what to do, is told by diagnose_sync."""
    if not failing:
        return FailingPart({}, [])
    shown = failing
    if style.lean:
        shown = failing[:NAMED]
        names = names if _costs(shown, names) <= _MOST else names.brief
        while len(shown) > 1 and _costs(shown, names) > _MOST:
            shown = shown[:-1]
    jobs = [_job(one, names) for one in shown]
    by_cause: dict[str, list[str]] = defaultdict(list)
    for job in jobs:
        by_cause[cause_text(job) or UNREAD].append(job.connection)
    cut = len(failing) > len(shown)
    facts = {
        "failing_since_before": dict(by_cause),
        "failing_since_before_total": len(failing) if cut else None,
        "failing_since_before_jobs": None if style.lean else jobs,
    }
    more = f" (the newest {len(shown)} of {len(failing)})" if cut else ""
    texts = [f"- {cause}: {', '.join(labels)}" for cause, labels in by_cause.items()]
    return FailingPart(facts, [f"Failing since before {iso(since)}, with no good run since{more}:", *texts])


def _costs(failing: Sequence[StillFailing], names: Names) -> int:
    return tokens_of('","'.join(names.label(one.connection) or "" for one in failing))


def _job(still: StillFailing, names: Names) -> FailingOut:
    label = names.label(still.connection) or ""
    if still.row is None:
        return FailingOut(connection=label, connection_id=still.connection.id)
    row, job = job_out(still.row, names, RowStyle()), still.row.job
    return FailingOut(
        connection=label,
        connection_id=still.connection.id,
        last_job=job.id,
        failed_at=iso(job.ended_at or job.at),
        cause=row.cause,
        transient=row.transient,
        error=row.error,
    )
