"""From what is known to the keys of the contract. Every text from outside passes the cleaner."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from airweave_sync_mcp.answers.page import JobRow
from airweave_sync_mcp.history.model import ENDED_STATUSES, Connection, Coverage, JobStatus, Problem, SyncJob
from airweave_sync_mcp.history.references import plain, short_ids
from airweave_sync_mcp.render.contract import CoverageOut, JobOut, ProblemOut
from airweave_sync_mcp.render.foreign import details_out
from airweave_sync_mcp.render.times import iso
from airweave_sync_mcp.safety import Cleaner

EXCERPT: Final = 160
"""Characters of an error in a row: enough to recognise it."""

FULL_ERROR: Final = 2_000
NAME: Final = 80
BRIEF_NAME: Final = 24
MOST_KINDS: Final = 20

_FEW: Final = 10
"""Rows that say themselves whether a retry can help; more of them share what says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What connections are called in one answer: by name, with a short id where that is not enough."""

    cleaner: Cleaner
    uses: Mapping[str, int]
    ids: Sequence[str]
    longest: int = NAME

    @classmethod
    def of(cls, connections: Collection[Connection], cleaner: Cleaner) -> "Names":
        return cls(
            cleaner=cleaner,
            uses=Counter(plain(one.name) for one in connections),
            ids=[one.id for one in connections],
        )

    @property
    def brief(self) -> "Names":
        """The same with long names cut: with their ids they are found as well."""
        return replace(self, longest=BRIEF_NAME)

    def label(self, connection: Connection | None) -> str | None:
        """The name; every tool finds the connection again by what is returned here."""
        if connection is None:
            return None
        name = self.cleaner.one_line(connection.name, self.longest)
        # A name that had to be cleaned would not be found by what is shown of it.
        if plain(name) and plain(name) == plain(connection.name) and self.uses.get(plain(connection.name), 0) <= 1:
            return name
        return f"{name} ({short_ids([connection.id], self.ids)[0]})".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowStyle:
    """What a row of jobs leaves out, because the question says it, and what it adds."""

    status: bool = True
    connection: bool = True
    ids: bool = False
    """Whole ids, under keys that end in `_id`."""
    full: bool = False
    fenced: bool = True
    """Foreign text is marked as such: for models, not for programs."""
    table: bool = False
    """For a person's table, where a column more costs nothing."""
    excerpt: int = EXCERPT
    """Characters of an error that no cause explains."""

    @property
    def lean(self) -> bool:
        """For a model, which has to read every row: without what is seldom asked for."""
        return not (self.ids or self.full or self.table)


def job_out(row: JobRow, names: Names, style: RowStyle) -> JobOut:
    """A job as a row."""
    job, clean = row.job, names.cleaner
    facts = {
        "job": row.short_id,
        "connection": names.label(row.connection) if style.connection else None,
        "sync_name": clean.one_line(job.sync_name, names.longest) if job.sync_name and row.connection is None else None,
        "status": clean.one_line(job.status, 40) if style.status else None,
        **_times(job, full=style.full),
        **_counters(job, full=style.full),
        **_cause(row, clean, style),
    }
    if style.ids or style.full:
        facts |= {"job_id": job.id}
    if style.full:
        facts |= _more(row, clean)
    return JobOut(**facts)


def told_once(rows: Sequence[JobOut], style: RowStyle) -> tuple[list[JobOut], dict[str, Any]]:
    """Many failed rows for a model without what can be told once or is seldom asked for; and what is told once.

    That is which causes are transient. When a torn run ended, few servers tell, and get_sync_job does.
    """
    seen: dict[str, set[bool]] = defaultdict(set)
    for row in rows:
        if row.cause is not None and row.transient is not None:
            seen[row.cause].add(row.transient)
    kinds = {cause: transient.pop() for cause, transient in seen.items() if len(transient) == 1}
    if len(rows) <= _FEW or not kinds:
        return list(rows), {}
    told: dict[str, Any] = {"transient_causes": [cause for cause, transient in kinds.items() if transient]}
    if len(set(kinds.values())) == 1:
        told = {"transient": next(iter(kinds.values()))}
    if not style.lean:
        return list(rows), told
    return [row.model_copy(update=_spared(row, kinds)) for row in rows], told


def _spared(row: JobOut, kinds: Mapping[str, bool]) -> dict[str, None]:
    spared: dict[str, None] = {"transient": None} if row.cause in kinds else {}
    return spared | ({"ended_at": None, "duration_s": None} if row.started_at else {})


def _times(job: SyncJob, *, full: bool) -> dict[str, Any]:
    end, guess = job.ended_at, None
    if job.known_at is None and job.status in ENDED_STATUSES:
        guess = job.estimated_at  # it has no time at all: where it stands in the list is all that is known
    elif end is None and full:
        guess = job.estimated_end
    return {
        "created_at": iso(job.created_at) if job.started_at is None else None,
        "started_at": iso(job.started_at),
        "ended_at": iso(end or guess),
        "estimated": ["ended_at"] if end is None and guess is not None else None,
        "duration_s": _seconds(job.duration_s),
    }


def _seconds(value: float | None) -> float | None:
    if value is None:
        return None
    return round(value) if value >= 10 else round(value, 1)


def _counters(job: SyncJob, *, full: bool) -> dict[str, int | None]:
    counters = {
        "inserted": job.inserted,
        "updated": job.updated,
        "deleted": job.deleted,
        "kept": job.kept,
        "skipped": job.skipped,
    }
    if job.failed and not full:
        return {}  # what a torn run had written is kept and seldom asked for: it would cost a third of the row
    return counters if job.status == JobStatus.COMPLETED or any(counters.values()) else {}


def _cause(row: JobRow, clean: Cleaner, style: RowStyle) -> dict[str, Any]:
    job, verdict = row.job, row.verdict
    facts: dict[str, Any] = {}
    if verdict is not None:
        facts = {"cause": verdict.cause.value, "transient": verdict.transient}
    told = verdict is not None and verdict.cause != "unknown"
    if job.error and style.full:
        facts["error"] = (
            clean.quote(job.error, FULL_ERROR) if style.fenced else clean.clean(job.error, limit=FULL_ERROR)
        )
    elif job.error and not told:
        facts["error"] = clean.quote(job.error, style.excerpt)
    return facts


def _more(row: JobRow, clean: Cleaner) -> dict[str, Any]:
    job, connection = row.job, row.connection
    return {
        "connection_id": job.connection_id,
        "sync_id": job.sync_id,
        "sync_name": clean.one_line(job.sync_name, NAME) if job.sync_name else None,
        "source": clean.one_line(connection.source, NAME) if connection else None,
        "collection": clean.one_line(connection.collection, NAME) if connection else None,
        "created_at": iso(job.created_at),
        "scheduled": job.scheduled,
        "encountered": _encountered(job, clean),
        "error_category": clean.one_line(job.error_category, NAME) if job.error_category else None,
        "error_details": details_out(job.error_details, clean, FULL_ERROR),
        "phase": phase(job),
    }


def _encountered(job: SyncJob, clean: Cleaner) -> dict[str, int] | None:
    """Entities by type, the most frequent ones by name."""
    kinds = sorted(job.encountered, key=lambda one: (-one[1], one[0]))
    named = {clean.one_line(kind, NAME): count for kind, count in kinds[:MOST_KINDS]}
    rest = sum(count for _, count in kinds[MOST_KINDS:])
    return named | ({f"({len(kinds) - MOST_KINDS} other types)": rest} if rest else {}) or None


def phase(job: SyncJob) -> str | None:
    """How far a failed job came (one without a start read nothing)."""
    if not job.failed:
        return None
    return "while_running" if job.started_at else "before_start"


def coverage_out(coverage: Coverage, clean: Cleaner) -> CoverageOut:
    return CoverageOut(
        connections_scanned=coverage.connections_scanned,
        connections_total=coverage.connections_total,
        complete=coverage.complete,
        since=iso(coverage.since),
        until=iso(coverage.until),
        as_of=iso(coverage.as_of) or "",
        problems=[_problem_out(one, clean) for one in coverage.problems] or None,
    )


def _problem_out(problem: Problem, clean: Cleaner) -> ProblemOut:
    wait = None if problem.retry_after_s is None else round(problem.retry_after_s, 1)
    return ProblemOut(code=problem.code, message=clean.one_line(problem.message, 400), retry_after_s=wait)


def window_text(since: datetime | None, until: datetime | None) -> str:
    """A window in words."""
    if since and until:
        return f"from {iso(since)} until {iso(until)}"
    if since:
        return f"since {iso(since)}"
    return f"until {iso(until)}" if until else "so far"
