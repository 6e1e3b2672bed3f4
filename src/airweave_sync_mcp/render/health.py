"""The health of an organization as an answer. Small on purpose: 350 tokens for 50 connections."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from airweave_sync_mcp.answers.health import Health
from airweave_sync_mcp.answers.judge import Judgement, State
from airweave_sync_mcp.diagnosis.shared import SharedCause
from airweave_sync_mcp.history.model import ConnectionHistory, JobStatus, SyncJob
from airweave_sync_mcp.render.contract import CoverageOut, HealthOut, TroubledOut
from airweave_sync_mcp.render.fit import CONCISE, FULL, Rendered, fit
from airweave_sync_mcp.render.rows import Names, coverage_out
from airweave_sync_mcp.render.text import coverage_line, lines
from airweave_sync_mcp.render.times import age, iso, minute
from airweave_sync_mcp.safety import Cleaner

SMALL: Final = 345
"""Tokens, about. The worst are named as far as that goes."""

WORST: Final = 6
RUNS: Final = 20
SHARED: Final = 1


def render_health(
    health: Health, *, full: bool, now: datetime, cleaner: Cleaner, limit: int | None = None
) -> Rendered[HealthOut]:
    """The state of every connection in numbers, the worst by name. `full` names all that have an alarm."""
    names = Names.of(health.connections, cleaner)
    coverage = coverage_out(health.coverage, cleaner)
    most = len(health.troubled) if full else min(WORST, len(health.troubled))
    shared = [cleaner.one_line(_shared(one), 200) for one in (health.shared if full else health.shared[:SHARED])]
    rows = [_row(one, names, full=full) for one in health.troubled[:most]]
    others = [one for one in health.judgements if not one.alarms] if full else []
    rest = [_row(one, names, full=True) for one in sorted(others, key=_by_state)]

    def build(shown: int) -> Rendered[HealthOut]:
        out = HealthOut(
            connections=len(health.judgements),
            states={state.value: count for state in State if (count := health.states.get(state, 0))},
            jobs=_jobs(health.jobs),
            success_rate=None if health.success_rate is None else round(health.success_rate, 2),
            wait_for_person=sum(1 for one in health.troubled if one.needs_person),
            worst=rows[:shown] or None,
            more=len(health.troubled) - shown or None,
            rest=rest or None,
            shared=shared or None,
            more_shared=len(health.shared) - len(shared) or None,
            coverage=coverage,
        )
        return Rendered(_text(out, health, coverage, now), out)

    return fit(most, build, limit or (FULL if full else CONCISE), None if full else SMALL)


def _jobs(counts: Mapping[str, int]) -> dict[str, int]:
    """Jobs by status; states nobody knows are counted together."""
    known = {status.value: counts[status] for status in JobStatus if counts.get(status)}
    others = sum(count for status, count in counts.items() if status not in set(JobStatus))
    return dict(sorted(known.items())) | ({"other": others} if others else {})


def _shared(one: SharedCause) -> str:
    """Short: how many, of what, and where to look."""
    return f"{len(one.connections)} connections with {one.cause} at once: {one.suspicion}"


def _by_state(one: Judgement) -> tuple[int, str]:
    return (list(State).index(one.state), one.connection.name.casefold())


def _row(one: Judgement, names: Names, *, full: bool) -> TroubledOut:
    return TroubledOut(
        connection=names.label(one.connection) or "",
        connection_id=one.connection.id if full else None,
        state=one.state.value,
        since=iso(one.since),
        cause=one.verdict.cause.value if one.verdict and one.failing else None,
        findings=[finding.kind.value for finding in one.alarms] if full else None,
        needs_person=True if one.needs_person else None,
        under_way=True if one.streak and one.streak.retrying else None,
        may_be_longer=True if one.failing and one.streak and one.streak.begins_before_known else None,
        runs=runs(one.history) if full and one.history else None,
    )


def runs(history: ConnectionHistory) -> str | None:
    """The last runs as one character each, newest last."""
    return "".join(_mark(job) for job in reversed(history.jobs[:RUNS])) or None


def _mark(job: SyncJob) -> str:
    if job.status == JobStatus.COMPLETED:
        return "+" if any((job.inserted, job.updated, job.deleted)) else "."
    if job.active:
        return ">"
    return {JobStatus.FAILED.value: "x", JobStatus.CANCELLED.value: "-"}.get(job.status, "?")


def _text(out: HealthOut, health: Health, coverage: CoverageOut, now: datetime) -> str:
    states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in out.states.items())
    jobs = ", ".join(f"{count} {status}" for status, count in out.jobs.items()) or "none"
    rate = f" Success rate {out.success_rate:.0%}." if out.success_rate is not None else ""
    rows = [_line(row, one, now) for row, one in zip(out.worst or (), health.troubled, strict=False)]
    more = f"- and {out.more} more: list_connections, list_failed_jobs" if out.more else ""
    waiting = (
        f"{out.wait_for_person} wait{'s' if out.wait_for_person == 1 else ''} for a person. "
        if out.wait_for_person
        else ""
    )
    return lines(
        [
            f"{out.connections} connection{'' if out.connections == 1 else 's'}: {states}. {waiting}".strip(),
            f"Jobs since {iso(health.window.since)}: {jobs}.{rate}",
            *rows,
            more,
            *(f"Shared: {text}" for text in out.shared or ()),
            f"Shared: and {out.more_shared} more, see list_failed_jobs" if out.more_shared else "",
            coverage_line(coverage),
        ]
    )


def _line(row: TroubledOut, one: Judgement, now: datetime) -> str:
    least = "at least " if row.may_be_longer else ""
    since = f" for {least}{age(one.since, now).removesuffix(' ago')} (since {minute(one.since)})" if one.since else ""
    cause = f", {row.cause}" if row.cause else ""
    person = ", waits for a person" if row.needs_person else ""
    again = ", a run is under way" if row.under_way else ""
    return f"- {row.connection}: {row.state.replace('_', ' ')}{since}{cause}{again}{person}"
