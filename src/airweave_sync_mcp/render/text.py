"""Lines of text for a model that gets no structure, and for people: names before ids, ages before times."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from airweave_sync_mcp.render.contract import (
    CoverageOut,
    FailedJobsOut,
    FailingOut,
    GroupOut,
    JobOut,
    LastJobOut,
    Paged,
)
from airweave_sync_mcp.render.times import age, minute, moment, span


def job_line(row: JobOut, now: datetime) -> str:
    """One job on one line."""
    name = row.connection or row.sync_name
    parts = [part for part in (_state(row, now), _length(row), _counts(row), _why(row)) if part]
    line = ", ".join([*parts, f"job {row.job_id or row.job}"])
    return f"- {name}: {line}" if name else f"- {line}"


def job_time(row: JobOut) -> datetime | None:
    """Where a job stands in time: its start, else its creation, else its end, as far as the row tells."""
    return moment(row.started_at or row.created_at or row.ended_at)


def is_guess(row: JobOut) -> bool:
    """Whether `job_time` had to be estimated."""
    return bool(row.estimated) and not (row.started_at or row.created_at)


def _state(row: JobOut, now: datetime) -> str:
    at = job_time(row)
    if at is None:
        return row.status or ""
    return f"{row.status or ''} {'about ' if is_guess(row) else ''}{age(at, now)} ({minute(at)})".strip()


def fact_lines(row: JobOut) -> list[str]:
    """What `detail=full` adds to a job, but for its errors."""
    ids = ("source", "collection", "connection_id", "sync_id", "sync_name")
    times = ("created_at", "started_at", "ended_at")
    rest = ("scheduled", "phase", "error_category")
    estimated = f" ({', '.join(row.estimated)} estimated)" if row.estimated else ""
    encountered = ", ".join(f"{count} {kind}" for kind, count in (row.encountered or {}).items())
    told = [_told(row, ids), f"{_told(row, times)}{estimated}", _told(row, rest)]
    return [line for line in (*told, f"encountered {encountered}" if encountered else "") if line]


def full_lines(row: JobOut, now: datetime) -> list[str]:
    """One job with everything that `detail=full` tells, on two lines."""
    first = job_line(row.model_copy(update={"error": _on_one_line(row.error)}), now)
    details = f"error_details {_on_one_line(row.error_details)}" if row.error_details else ""
    return [first, f"  {'; '.join(part for part in (*fact_lines(row), details) if part)}"]


def _told(row: JobOut, names: Iterable[str]) -> str:
    values: list[tuple[str, Any]] = [(name, getattr(row, name)) for name in names]
    words = [(name, str(value).lower() if isinstance(value, bool) else value) for name, value in values]
    return ", ".join(f"{name} {word}" for name, word in words if word is not None and word != "")


def _on_one_line(text: str | None) -> str | None:
    """Clean foreign text that cannot look like lines of ours."""
    return f"«{' '.join(text.split()).replace('«', '‹').replace('»', '›')}»" if text else None


def _length(row: JobOut) -> str:
    return f"took {span(row.duration_s)}" if row.duration_s is not None else ""


def _counts(row: JobOut) -> str:
    names = ("inserted", "updated", "deleted", "kept", "skipped")
    counts = [(name, getattr(row, name)) for name in names]
    known = [f"{count} {name}" for name, count in counts if count]
    if known:
        return ", ".join(known)
    return "wrote nothing" if any(count is not None for _, count in counts) else ""


def _why(row: JobOut) -> str:
    return ": ".join(part for part in (cause_text(row), row.error) if part)


def cause_text(row: JobOut | FailingOut | GroupOut | LastJobOut) -> str:
    """A cause, and, where the row tells it, whether a retry can help."""
    if not row.cause or row.transient is None:
        return row.cause or ""
    return f"{row.cause} ({_transience(row.transient)})"


def transience_line(out: FailedJobsOut) -> list[str]:
    """What is told once of the causes instead of row by row."""
    if out.transient_causes:
        return [f"Transient (a retry can help): {', '.join(out.transient_causes)}; the other causes are permanent."]
    return [] if out.transient is None else [f"All of them are {_transience(out.transient)}."]


def _transience(transient: bool) -> str:
    return "transient" if transient else "permanent"


def coverage_line(coverage: CoverageOut) -> str:
    """What an answer rests on, and what is missing."""
    whole = "" if coverage.complete else "INCOMPLETE: "
    scanned = f"{coverage.connections_scanned} of {coverage.connections_total}"
    line = f"{whole}read {scanned} connections, as of {coverage.as_of}."
    return " ".join([line, *(problem.message for problem in coverage.problems or ())])


def page_lines(page: Paged) -> list[str]:
    """How to go on."""
    return [f"More: repeat with cursor={page.next_cursor}"] if page.next_cursor else []


def lines(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)
