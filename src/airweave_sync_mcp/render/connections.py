"""The list of source connections as an answer."""

from datetime import datetime

from airweave_sync_mcp.answers.connections import ConnectionPage, ConnectionRow
from airweave_sync_mcp.diagnosis.finding import FindingKind
from airweave_sync_mcp.history.model import ENDED_STATUSES, SyncJob
from airweave_sync_mcp.render.contract import ConnectionOut, ConnectionsOut, LastJobOut
from airweave_sync_mcp.render.fit import CONCISE, Rendered, fit
from airweave_sync_mcp.render.rows import NAME, Names, coverage_out
from airweave_sync_mcp.render.text import cause_text, coverage_line, lines, page_lines
from airweave_sync_mcp.render.times import age, iso, minute, moment
from airweave_sync_mcp.safety import Cleaner


def render_connections(
    page: ConnectionPage, *, ids: bool, now: datetime, cleaner: Cleaner, limit: int | None = None
) -> Rendered[ConnectionsOut]:
    """A page of connections. `ids` adds whole ids and the rest of what is known."""
    names = Names.of(list(page.connections.values()), cleaner)
    rows = [_row(row, names, ids=ids) for row in page.rows]
    coverage = coverage_out(page.coverage, cleaner)

    def build(shown: int) -> Rendered[ConnectionsOut]:
        out = ConnectionsOut(
            connections=rows[:shown],
            shown=shown,
            total=page.total,
            next_cursor=page.next_cursor(shown),
            coverage=coverage,
        )
        texts = [_line(row, now) for row in rows[:shown]]
        return Rendered(lines([_head(page, shown), *texts, coverage_line(coverage), *page_lines(out)]), out)

    return fit(len(rows), build, limit or CONCISE)


def _row(row: ConnectionRow, names: Names, *, ids: bool) -> ConnectionOut:
    one, clean = row.connection, names.cleaner
    more = {}
    if ids:
        more = {"connection_id": one.id, "created_at": iso(one.created_at), "sync_id": one.sync_id}
    return ConnectionOut(
        connection=names.label(one) or "",
        source=clean.one_line(one.source, NAME),
        collection=clean.one_line(one.collection, NAME),
        status=clean.one_line(one.status, 40),
        authenticated=one.authenticated,
        auth_method=clean.one_line(one.auth_method, 40) if ids and one.auth_method else None,
        entity_count=one.entity_count,
        federated=one.federated or None,
        last_job=_last_job(row, names, ids=ids),
        findings=_findings(row),
        **more,
    )


def _last_job(row: ConnectionRow, names: Names, *, ids: bool) -> LastJobOut | None:
    if row.last_job is None:
        return None
    job, verdict = row.last_job.job, row.last_job.verdict
    return LastJobOut(
        job=job.id if ids else row.last_job.short_id,
        status=names.cleaner.one_line(job.status, 40),
        at=iso(_when(job)),
        estimated=["at"] if job.known_at is None and _when(job) else None,
        cause=verdict.cause.value if verdict else None,
        transient=verdict.transient if verdict else None,
    )


def _when(job: SyncJob) -> datetime | None:
    """Where a job stands in time. One that waits has no time yet: when it was read says nothing of it."""
    return job.known_at or (job.estimated_at if job.status in ENDED_STATUSES else None)


def _findings(row: ConnectionRow) -> list[str] | None:
    """What is wrong beyond what status and last job say."""
    told = row.last_job is not None and row.last_job.job.failed
    kinds = [one.kind.value for one in row.findings if not (told and one.kind is FindingKind.FAILING)]
    if row.history is not None and not row.history.has_sync and not kinds:
        return ["no_sync"]
    return kinds or None


def _head(page: ConnectionPage, shown: int) -> str:
    noun = "source connection" if page.total == 1 else "source connections"
    if page.total == 0:
        return "No source connection matches."
    if shown == page.total:
        return f"{shown} {noun}, by name:"
    return f"{page.shown_before + 1}-{page.shown_before + shown} of {page.total} {noun}, by name:"


def _line(out: ConnectionOut, now: datetime) -> str:
    facts = [" in ".join(part for part in (out.source, out.collection) if part), out.status]
    if out.federated:
        facts.append("federated: searched live, never synced")
    if out.authenticated is False:
        facts.append("not authenticated")
    if out.entity_count is not None:
        facts.append(f"{out.entity_count:,} entities")
    if out.last_job:
        at = moment(out.last_job.at)
        about = "about " if out.last_job.estimated else ""
        when = f" {about}{age(at, now)} ({minute(at)})" if at else ""
        cause = f", {cause_text(out.last_job)}" if out.last_job.cause else ""
        facts.append(f"last job {out.last_job.job} {out.last_job.status}{when}{cause}")
    facts += out.findings or []
    ids = f", id {out.connection_id}" if out.connection_id else ""
    return f"- {out.connection}: {', '.join(fact for fact in facts if fact)}{ids}"
