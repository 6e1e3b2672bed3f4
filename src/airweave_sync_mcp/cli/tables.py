"""Answers as a person reads them in a terminal. Built from the same structures that programs get, already cleaned."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from airweave_sync_mcp.cli.columns import Column, Rows
from airweave_sync_mcp.render.contract import (
    ConnectionJobsOut,
    ConnectionOut,
    ConnectionsOut,
    CoverageOut,
    FailedJobsOut,
    FailingOut,
    JobDetailOut,
    JobOut,
    JobsOut,
    Paged,
)
from airweave_sync_mcp.render.text import is_guess, job_time
from airweave_sync_mcp.render.times import age, moment, span

COLOURS: Final = {
    "completed": "green", "active": "green", "failed": "bold red", "error": "bold red", "needs_reauth": "bold red",
    "running": "cyan", "syncing": "cyan", "pending": "yellow", "pending_auth": "yellow", "cancelling": "magenta",
    "cancelled": "magenta", "created": "yellow", "inactive": "dim",
}  # fmt: skip


_OLD_S: Final = 60.0
"""From which age on, in seconds, an answer says how old it is."""


def jobs(out: JobsOut, now: datetime) -> RenderableType:
    """A list of jobs."""
    return _page("sync job", out, [_job_rows(out.jobs, now)], out.coverage, now)


def failed(out: FailedJobsOut, now: datetime, groups: RenderableType | None = None) -> RenderableType:
    """What failed, row by row or as `groups`, and what has been failing since before."""
    parts: list[RenderableType] = [groups] if groups is not None else []
    parts += [_job_rows(out.jobs, now, told={"Status"})] if out.jobs else []
    if out.failing_since_before:
        parts += [
            Text(f"{'' if groups else chr(10)}Failing since before, with no good run since", style="bold"),
            _failing_rows(out.failing_since_before, now),
        ]
    if out.not_read_yet:
        parts += [
            Text(f"{chr(10) if parts else ''}Failing now; since when and why was not read yet", style="bold"),
            *(Text(f"  {one.connection}") for one in out.not_read_yet),
        ]
    if groups is None or not out.total:
        return _page("failed sync job", out, parts, out.coverage, now)
    of = f" of {out.failures} failed sync job{'' if out.failures == 1 else 's'}"
    return _page("cause", out, parts, out.coverage, now, of=of)


def connection_jobs(out: ConnectionJobsOut, now: datetime) -> RenderableType:
    """One connection: its state in a few lines, then its jobs."""
    where = " in ".join(part for part in (out.source, out.collection) if part)
    head = Text.assemble((out.connection, "bold"), f"  {where}  ", _status(out.status))
    facts = [
        ("id", out.connection_id),
        ("note", "it has no sync, so it never has jobs" if out.syncs is False else ""),
        ("streak", _streak(out, now)),
        ("last success", _when(out.last_success.ended_at, now) if out.last_success else ""),
        ("success rate", _rate(out)),
        ("usually takes", span(out.usual_duration_s) if out.usual_duration_s is not None else ""),
        ("usually every", span(out.usual_interval_s) if out.usual_interval_s is not None else ""),
    ]
    table = facts_table([fact for fact in facts if fact[1]])
    rows = _job_rows(out.jobs, now, told={"Connection"})
    return Group(head, table, Text(""), _page("sync job", out, [rows], out.coverage, now))


def _streak(out: ConnectionJobsOut, now: datetime) -> str:
    streak = out.streak
    if streak is None:
        return ""
    state = "failing" if streak.ongoing else "failed, now over:"
    longer = " or more" if streak.may_be_longer else ""
    about = "about " if streak.estimated else ""
    since = f" since {about}{_when(streak.since, now)}" if streak.since else ""
    cause = f", {streak.cause}" if streak.cause else ""
    never = "; no run ever succeeded" if streak.first_ever else ""
    times = f"{streak.failures}{longer} in a row" if streak.failures > 1 else f"once{longer}"
    return f"{state} {times}{since}{cause}{never}"


def _rate(out: ConnectionJobsOut) -> str:
    if out.success_rate is None:
        return ""
    runs = f"last {out.runs_judged} runs" if out.runs_judged else "runs known"
    return f"{out.success_rate:.0%} of the {runs}"


def job(out: JobDetailOut, now: datetime) -> RenderableType:
    """Everything about one job."""
    head = Text.assemble("Sync job ", (out.job_id or out.job, "bold"), "  ", _status(out.status or ""))
    facts = [
        ("connection", " ".join(part for part in (out.connection, f"({out.source}, {out.collection})") if part))
        if out.connection
        else ("sync", out.sync_name or ""),
        ("started", _when(out.started_at, now)),
        ("ended", _when(out.ended_at, now) + (" (estimated)" if "ended_at" in (out.estimated or ()) else "")),
        ("took", span(out.duration_s) if out.duration_s is not None else ""),
        ("changes", _changes(out)),
        ("encountered", ", ".join(f"{count} {kind}" for kind, count in (out.encountered or {}).items())),
        ("cause", f"{out.cause} ({_transience(out)}, {out.confidence} confidence)" if out.cause else ""),
        ("because of", "; ".join(out.evidence or ())),
        ("who acts", out.who or ""),
        ("what to do", out.fix or ""),
        ("last good run", _when(out.last_success.ended_at, now) if out.last_success else ""),
        ("since then", " ".join(out.changed or ())),
        ("category", out.error_category or ""),
        ("missing", _covered(out.coverage, now).plain if out.coverage else ""),
    ]
    parts: list[RenderableType] = [head, facts_table([(name, value) for name, value in facts if value])]
    if out.error:
        parts += [Text("\nError, as the source gave it", style="bold"), Text(out.error, style="red")]
    return Group(*parts)


def connections(out: ConnectionsOut, now: datetime) -> RenderableType:
    """The list of connections."""
    columns: list[Column[ConnectionOut]] = [
        Column(title="Connection", cell=lambda row: Text(row.connection), least=14),
        Column(title="Status", cell=lambda row: _status(row.status)),
        Column(title="Last job", cell=lambda row: _last_job(row, now)),
        Column(title="Why", cell=_finding),
        Column(title="Entities", cell=_entities, right=True, spare=1),
        Column(title="Source", cell=lambda row: Text(row.source or ""), least=8, cut=True, spare=2),
        Column(title="Collection", cell=lambda row: Text(row.collection or ""), least=12, cut=True, spare=3),
    ]
    return _page("source connection", out, [Rows(columns, out.connections)], out.coverage, now)


def _last_job(row: ConnectionOut, now: datetime) -> Text:
    job = row.last_job
    if job is None:
        return Text("-", style="dim")
    about = "~" if job.estimated else ""
    return Text.assemble(_status(job.status), f" {about}{_ago(job.at, now)}" if job.at else "")


def _finding(row: ConnectionOut) -> Text:
    if row.last_job and row.last_job.cause:
        return Text(row.last_job.cause, style="red")
    found = row.findings or (["federated"] if row.federated else [])
    return Text(", ".join(found), style="dim")


def _entities(row: ConnectionOut) -> Text:
    return Text("" if row.entity_count is None else f"{row.entity_count:,}")


def _job_rows(rows: Sequence[JobOut], now: datetime, told: Collection[str] = ()) -> Rows[JobOut]:
    """A table of jobs without the columns that are `told` by what was asked."""
    columns: list[Column[JobOut]] = [
        Column(title="Status", cell=lambda row: _status(row.status)),
        Column(title="Connection", cell=lambda row: Text(row.connection or row.sync_name or ""), least=14),
        Column(title="When", cell=lambda row: _age_of(row, now)),
        Column(title="UTC", cell=lambda row: Text(_minute(job_time(row)), style="dim"), spare=2),
        Column(title="Took", cell=lambda row: Text(span(row.duration_s) if row.duration_s is not None else "")),
        Column(title="What", cell=_what, least=31),
        Column(title="Error", cell=lambda row: Text(row.error or ""), least=20, cut=True, spare=1),
        Column(title="Job", cell=lambda row: Text(row.job, style="dim")),
    ]
    return Rows([column for column in columns if column.title not in told], rows)


def _failing_rows(rows: Sequence[FailingOut], now: datetime) -> Rows[FailingOut]:
    columns: list[Column[FailingOut]] = [
        Column(title="Connection", cell=lambda row: Text(row.connection), least=14),
        Column(title="Last run", cell=lambda row: Text(_ago(row.failed_at, now))),
        Column(title="UTC", cell=lambda row: Text(_minute(moment(row.failed_at)), style="dim"), spare=2),
        Column(title="What", cell=_why, least=31),
        Column(title="Error", cell=lambda row: Text(row.error or ""), least=20, cut=True, spare=1),
        Column(title="Job", cell=lambda row: Text((row.last_job or "")[:8], style="dim")),
    ]
    return Rows(columns, rows)


def coverage(out: CoverageOut, now: datetime) -> Text:
    """What an answer rests on, and what is missing."""
    return Text("\n").append(_covered(out, now))


def _covered(out: CoverageOut, now: datetime) -> Text:
    at = moment(out.as_of)
    old = f" ({age(at, now)})" if at and (now - at).total_seconds() >= _OLD_S else ""
    as_of = f"as of {_minute(at)} UTC{old}"
    if out.complete:
        return Text(f"Complete, {as_of}.", style="dim")
    problems = "".join(f"\n  {problem.message}" for problem in out.problems or ())
    read = f"{out.connections_scanned} of {out.connections_total} connections read"
    return Text(f"INCOMPLETE: {read}, {as_of}.{problems}", style="yellow")


def _page(
    noun: str, out: Paged, parts: Iterable[RenderableType], covered: CoverageOut, now: datetime, *, of: str = ""
) -> RenderableType:
    least = "at least " if out.total_is_lower_bound else ""
    part = "" if out.shown == out.total else f"{out.shown:,} of "
    things = f"{noun}{'' if out.total == 1 else 's'}{of}"
    title = f"{part}{least}{out.total:,} {things}" if out.total else f"no {things}"
    title = title[0].upper() + title[1:]
    since = f" since {_minute(moment(covered.since))} UTC" if covered.since else ""
    until = f" until {_minute(moment(covered.until))} UTC" if covered.until else ""
    # Unfolded, so that it can be copied whole.
    more = Text(f"More: add --cursor {out.next_cursor}", style="dim", no_wrap=True, overflow="ignore")
    foot = [coverage(covered, now), *([more] if out.next_cursor else [])]
    doubt = "" if out.total or not (out.total_is_lower_bound or not covered.complete) else ", as far as is known"
    if doubt and not covered.connections_scanned:
        doubt = ": nothing was read yet"
    return Group(Text(f"{title}{since}{until}{doubt}", style="bold"), *parts, *foot)


def _age_of(row: JobOut, now: datetime) -> Text:
    at = job_time(row)
    return Text(f"{'~' if is_guess(row) else ''}{age(at, now)}" if at else "-")


def _what(row: JobOut) -> Text:
    return _why(row) if row.cause else Text(_changes(row), style="dim")


def _why(row: JobOut | FailingOut) -> Text:
    return Text.assemble((row.cause, "red"), (f" {_transience(row)}", "dim")) if row.cause else Text("")


def _transience(row: JobOut | FailingOut) -> str:
    return "transient" if row.transient else "permanent"


def _changes(row: JobOut) -> str:
    names = ("inserted", "updated", "deleted", "skipped")
    told = {name: count for name in names if (count := getattr(row, name)) is not None}
    written = ", ".join(f"{count:,} {name}" for name, count in told.items() if count)
    return written or ("nothing written" if told else "")


def facts_table(facts: Iterable[tuple[str, str]]) -> Table:
    """Names and what is known of them."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(Text(name), Text(value))
    return table


def _status(status: str | None) -> Text:
    return Text(status or "", style=COLOURS.get(status or "", ""))


def _ago(text: str | None, now: datetime) -> str:
    at = moment(text)
    return age(at, now) if at else "-"


def _minute(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M") if at else ""


def _when(text: str | None, now: datetime) -> str:
    at = moment(text)
    return f"{_minute(at)} UTC ({age(at, now)})" if at else ""
