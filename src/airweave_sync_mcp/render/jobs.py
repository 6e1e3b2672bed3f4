"""Lists of jobs as answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from airweave_sync_mcp.answers.connection import ConnectionJobs
from airweave_sync_mcp.answers.failed import FailedJobs
from airweave_sync_mcp.answers.page import JobPage
from airweave_sync_mcp.diagnosis.streaks import Streak
from airweave_sync_mcp.history.references import short_ids
from airweave_sync_mcp.render.contract import (
    ConnectionJobsOut,
    CoverageOut,
    FailedJobsOut,
    JobOut,
    JobsOut,
    LastSuccessOut,
    Paged,
    StreakOut,
)
from airweave_sync_mcp.render.failing import failing_part
from airweave_sync_mcp.render.fit import CONCISE, FULL, Rendered, fit
from airweave_sync_mcp.render.rows import EXCERPT, NAME, Names, RowStyle, coverage_out, job_out, told_once, window_text
from airweave_sync_mcp.render.text import coverage_line, full_lines, job_line, lines, page_lines, transience_line
from airweave_sync_mcp.render.times import age, iso, minute, span
from airweave_sync_mcp.safety import Cleaner

_TWENTY: Final = 945
"""Tokens, about, for 20 failed rows and all around them; more rows have more in proportion."""

_ORDINARY: Final = 1_000
"""With connections that fail beside them."""


def render_jobs(
    page: JobPage, *, style: RowStyle, now: datetime, cleaner: Cleaner, limit: int | None = None
) -> Rendered[JobsOut]:
    """A page of the organization's jobs."""
    names = Names.of(list(page.connections.values()), cleaner)
    rows = [job_out(row, names, style) for row in page.rows]
    coverage = coverage_out(page.coverage, cleaner)

    def build(shown: int) -> Rendered[JobsOut]:
        out = JobsOut(jobs=rows[:shown], coverage=coverage, **_paging(page, shown))
        text = lines([_head(page, shown, "sync job"), *_job_lines(rows[:shown], now, style), *_foot(out, coverage)])
        return Rendered(text, out)

    return fit(len(rows), build, limit or (FULL if style.full else CONCISE))


def render_failed(
    failed: FailedJobs, *, style: RowStyle, now: datetime, cleaner: Cleaner, limit: int | None = None
) -> Rendered[FailedJobsOut]:
    """A page of failed jobs, and what has been failing since before the window."""
    page = failed.page
    names = Names.of(list(page.connections.values()), cleaner)
    before = failing_part(failed.failing_before, failed.not_read, names, style, page.window.since, now)
    coverage = coverage_out(page.coverage, cleaner)
    rows: list[JobOut] = []

    def build(shown: int) -> Rendered[FailedJobsOut]:
        told, transience = told_once(rows[:shown], style)
        out = FailedJobsOut(jobs=told, **transience, **before.facts, coverage=coverage, **_paging(page, shown))
        head = _head(page, shown, "failed sync job")
        texts = [head, *_job_lines(told, now, style), *transience_line(out), *before.lines, *_foot(out, coverage)]
        return Rendered(lines(texts), out)

    alone = _TWENTY if not before.lines else _ORDINARY
    room = max(alone, len(page.rows) * alone // 20) if style.lean else None
    for excerpt, called in _steps(names) if style.lean else [(EXCERPT, names)]:
        rows = [job_out(row, called, replace(style, excerpt=excerpt)) for row in page.rows]
        if build(len(rows)).within(CONCISE, room):
            break
    return fit(len(rows), build, limit or (FULL if style.full else CONCISE), room)


def _steps(names: Names) -> list[tuple[int, Names]]:
    """How long errors that no cause explains may be, and how long names: the first that fits. Then rows give way."""
    return [*((excerpt, names) for excerpt in (EXCERPT, 80, 40)), (40, names.brief)]


def render_connection_jobs(
    answer: ConnectionJobs, *, style: RowStyle, now: datetime, cleaner: Cleaner, limit: int | None = None
) -> Rendered[ConnectionJobsOut]:
    """One connection's jobs and what its history adds up to."""
    page, connection = answer.page, answer.connection
    names = Names.of(list(page.connections.values()), cleaner)
    rows = [job_out(row, names, style) for row in page.rows]
    coverage = coverage_out(page.coverage, cleaner)
    short = dict(zip((ids := [job.id for job in answer.history.jobs]), short_ids(ids), strict=True))
    last, rowed = answer.last_success, {row.job.id for row in page.rows}
    facts: dict[str, Any] = {
        "connection": names.label(connection),
        "connection_id": connection.id,
        "source": cleaner.one_line(connection.source, NAME),
        "collection": cleaner.one_line(connection.collection, NAME),
        "status": cleaner.one_line(connection.status, 40),
        "syncs": None if answer.history.has_sync else False,
        "success_rate": None if answer.usual.success_rate is None else round(answer.usual.success_rate, 2),
        "runs_judged": answer.usual.runs or None,
        "usual_duration_s": _whole(answer.usual.duration_s),
        "usual_interval_s": _whole(answer.usual.cadence_s),
        "last_success": LastSuccessOut(
            job=short[last.id],
            job_id=last.id if last.id not in rowed or not style.fenced else None,  # else its row tells it
            ended_at=iso(last.ended_at or last.at),
        )
        if last
        else None,
        "streak": streak_out(answer.streak),
    }

    def build(shown: int) -> Rendered[ConnectionJobsOut]:
        out = ConnectionJobsOut(**facts, jobs=rows[:shown], coverage=coverage, **_paging(page, shown))
        text = lines(
            [
                f"{out.connection} ({_told(out.source, out.collection)}): {out.status}. Id {out.connection_id}.",
                _summary(out, answer, now),
                _head(page, shown, "sync job"),
                *_job_lines(rows[:shown], now, style),
                *_foot(out, coverage),
            ]
        )
        return Rendered(text, out)

    return fit(len(rows), build, limit or (FULL if style.full else CONCISE))


def streak_out(streak: Streak | None) -> StreakOut | None:
    if streak is None:
        return None
    return StreakOut(
        failures=streak.failures,
        since=iso(streak.since),
        estimated=["since"] if streak.since and streak.since_estimated else None,
        ongoing=streak.ongoing,
        cause=streak.cause,
        may_be_longer=streak.begins_before_known or None,
        first_ever=streak.first_ever or None,
    )


def _summary(out: ConnectionJobsOut, answer: ConnectionJobs, now: datetime) -> str:
    parts = []
    if out.syncs is False:
        parts.append("It has no sync, so it never has jobs.")
    if out.streak is not None:
        began = f" since {'about ' if out.streak.estimated else ''}{out.streak.since}" if out.streak.since else ""
        longer = " or more" if out.streak.may_be_longer else ""
        state = "failing" if out.streak.ongoing else "failed, but is over"
        cause = f" ({out.streak.cause})" if out.streak.cause else ""
        parts.append(f"Streak: {state}, {out.streak.failures}{longer} in a row{began}{cause}.")
        if out.streak.first_ever:
            parts.append("No run ever succeeded.")
    last = answer.last_success
    if out.last_success and last and last.at:
        end = last.ended_at or last.at
        parts.append(
            f"Last success {age(end, now)} ({minute(end)}), job {out.last_success.job_id or out.last_success.job}."
        )
    if out.success_rate is not None:
        parts.append(f"Success rate {out.success_rate:.0%}.")
    if out.usual_duration_s is not None:
        parts.append(f"A run usually takes {span(out.usual_duration_s)}.")
    if out.usual_interval_s is not None:
        parts.append(f"Usually every {span(out.usual_interval_s)}.")
    return " ".join(parts)


def _told(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _whole(value: float | None) -> float | None:
    return None if value is None else round(value)


def _paging(page: JobPage, shown: int) -> dict[str, Any]:
    return {
        "shown": shown,
        "total": page.total,
        "total_is_lower_bound": page.total_is_lower_bound or None,
        "next_cursor": page.next_cursor(shown),
    }


def _head(page: JobPage, shown: int, noun: str) -> str:
    window = window_text(page.window.since, page.window.until)
    least = "at least " if page.total_is_lower_bound else ""
    plural = "" if page.total == 1 else "s"
    if page.total == 0:
        return f"No {noun} {window}{', as far as is known' if page.total_is_lower_bound else ''}."
    if shown == page.total and not page.shown_before:
        return f"{least.capitalize()}{shown} {noun}{plural} {window}, newest first:"
    place = f"{page.shown_before + 1}-{page.shown_before + shown}" if shown else "0"
    return f"{place} of {least}{page.total} {noun}{plural} {window}, newest first:"


def _job_lines(rows: Sequence[JobOut], now: datetime, style: RowStyle) -> list[str]:
    return [line for row in rows for line in (full_lines(row, now) if style.full else [job_line(row, now)])]


def _foot(out: Paged, coverage: CoverageOut) -> list[str]:
    return [coverage_line(coverage), *page_lines(out)]
