"""The commands that ask: each is a question of `answers`, worded by `render`, shown as JSON or as a table."""

import argparse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from rich.console import RenderableType

from airweave_sync_mcp.answers.ask import Ask, ScopeFilter
from airweave_sync_mcp.answers.connection import connection_jobs
from airweave_sync_mcp.answers.connections import ConnectionQuery, list_connections
from airweave_sync_mcp.answers.diagnosis import diagnose as diagnose_one
from airweave_sync_mcp.answers.failed import list_failed_jobs
from airweave_sync_mcp.answers.groups import group_failed_jobs
from airweave_sync_mcp.answers.health import organization_health
from airweave_sync_mcp.answers.job import find_job
from airweave_sync_mcp.answers.jobs import JobQuery, list_jobs
from airweave_sync_mcp.cli import pictures, tables
from airweave_sync_mcp.diagnosis.causes import CauseName
from airweave_sync_mcp.render.connections import render_connections
from airweave_sync_mcp.render.contract import Answer
from airweave_sync_mcp.render.diagnosis import render_diagnosis
from airweave_sync_mcp.render.groups import render_groups
from airweave_sync_mcp.render.health import render_health
from airweave_sync_mcp.render.job import render_job
from airweave_sync_mcp.render.jobs import render_connection_jobs, render_failed, render_jobs
from airweave_sync_mcp.render.rows import RowStyle
from airweave_sync_mcp.safety import Cleaner, new_nonce

UNBOUNDED: Final = 100_000_000
"""A terminal and a program take answers of any size."""

_TABLE: Final = RowStyle(table=True)
_JSON: Final = RowStyle(full=True, fenced=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command found out."""

    structure: Answer
    table: RenderableType
    complete: bool
    failed: bool
    """Something is wrong with what was asked about."""


Command = Callable[[Ask, argparse.Namespace, Cleaner], Awaitable[Outcome]]


async def failed(ask: Ask, args: argparse.Namespace, cleaner: Cleaner) -> Outcome:
    query = _job_query(args, statuses=["failed"], since="24h")
    if not args.rows:
        return await _failed_by_cause(ask, cleaner, query)
    answer = await list_failed_jobs(ask, query)
    rendered = render_failed(answer, style=_style(args), now=ask.now, cleaner=cleaner, limit=UNBOUNDED)
    return Outcome(
        structure=rendered.structure,
        table=tables.failed(rendered.structure, ask.now),
        complete=answer.page.coverage.complete,
        failed=answer.page.total > 0 or bool(answer.failing_before or answer.not_read),
    )


async def _failed_by_cause(ask: Ask, cleaner: Cleaner, query: JobQuery) -> Outcome:
    page = await group_failed_jobs(ask, query)
    rendered = render_groups(page, ids=True, now=ask.now, cleaner=cleaner, limit=UNBOUNDED)
    return Outcome(
        structure=rendered.structure,
        table=tables.failed(rendered.structure, ask.now, pictures.groups(rendered.structure, ask.now)),
        complete=page.coverage.complete,
        failed=page.failures > 0 or bool(page.failing_before or page.not_read),
    )


async def health(ask: Ask, args: argparse.Namespace, cleaner: Cleaner) -> Outcome:
    scope = ScopeFilter(collection=args.collection, source=args.source)
    answer = await organization_health(ask, since=args.since, scope=scope)
    rendered = render_health(answer, full=True, now=ask.now, cleaner=cleaner, limit=UNBOUNDED)
    return Outcome(
        structure=rendered.structure,
        table=pictures.health(rendered.structure, ask.now),
        complete=answer.coverage.complete,
        failed=any(one.failing for one in answer.judgements),
    )


async def diagnose(ask: Ask, args: argparse.Namespace, cleaner: Cleaner) -> Outcome:
    answer = await diagnose_one(ask, connection=args.connection, job=args.job)
    rendered = render_diagnosis(answer, now=ask.now, cleaner=cleaner, nonce=new_nonce, full=True)
    failing = answer.judgement is not None and answer.judgement.failing
    return Outcome(
        structure=rendered.structure,
        table=pictures.diagnosis(rendered.structure, ask.now),
        complete=answer.complete,
        failed=failing or (answer.job is not None and answer.job.failed and not answer.over),
    )


async def jobs(ask: Ask, args: argparse.Namespace, cleaner: Cleaner) -> Outcome:
    page = await list_jobs(ask, _job_query(args, statuses=args.status))
    rendered = render_jobs(page, style=_style(args), now=ask.now, cleaner=cleaner, limit=UNBOUNDED)
    return Outcome(
        structure=rendered.structure,
        table=tables.jobs(rendered.structure, ask.now),
        complete=page.coverage.complete,
        failed=page.failed > 0,
    )


async def connection(ask: Ask, args: argparse.Namespace, cleaner: Cleaner) -> Outcome:
    answer = await connection_jobs(ask, _job_query(args, statuses=args.status))
    rendered = render_connection_jobs(answer, style=_style(args), now=ask.now, cleaner=cleaner, limit=UNBOUNDED)
    return Outcome(
        structure=rendered.structure,
        table=tables.connection_jobs(rendered.structure, ask.now),
        complete=answer.page.coverage.complete,
        failed=answer.streak is not None and answer.streak.ongoing,
    )


async def job(ask: Ask, args: argparse.Namespace, cleaner: Cleaner) -> Outcome:
    answer = await find_job(ask, args.job, args.connection)
    rendered = render_job(answer, now=ask.now, cleaner=cleaner, limit=UNBOUNDED)
    return Outcome(
        structure=rendered.structure,
        table=tables.job(rendered.structure, ask.now),
        complete=answer.complete,
        failed=answer.row.job.failed,
    )


async def connections(ask: Ask, args: argparse.Namespace, cleaner: Cleaner) -> Outcome:
    query = ConnectionQuery(
        statuses=frozenset(args.status or ()),
        collection=args.collection,
        source=args.source,
        search=args.search,
        limit=args.limit,
        cursor=args.cursor,
    )
    page = await list_connections(ask, query)
    rendered = render_connections(page, ids=args.json, now=ask.now, cleaner=cleaner, limit=UNBOUNDED)
    return Outcome(
        structure=rendered.structure,
        table=tables.connections(rendered.structure, ask.now),
        complete=page.coverage.complete,
        failed=page.troubled > 0,
    )


COMMANDS: Final[dict[str, Command]] = {
    "failed": failed,
    "health": health,
    "diagnose": diagnose,
    "jobs": jobs,
    "connection": connection,
    "job": job,
    "connections": connections,
}


def _style(args: argparse.Namespace) -> RowStyle:
    return _JSON if args.json else _TABLE


def _job_query(args: argparse.Namespace, *, statuses: list[str] | None, since: str = "") -> JobQuery:
    return JobQuery(
        tool=args.command,
        scope=ScopeFilter(
            connection=args.connection,
            collection=getattr(args, "collection", ""),
            source=getattr(args, "source", ""),
        ),
        statuses=frozenset(statuses or ()),
        causes=frozenset(CauseName(cause) for cause in getattr(args, "cause", None) or ()),
        since=since if args.since is None else args.since,
        until=args.until,
        limit=args.limit,
        cursor=args.cursor,
    )
