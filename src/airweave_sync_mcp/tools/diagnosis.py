"""Tools that explain: one connection or job, the whole organization."""

from functools import cache
from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from airweave_sync_mcp.answers.ask import ScopeFilter
from airweave_sync_mcp.answers.diagnosis import diagnose
from airweave_sync_mcp.answers.health import organization_health
from airweave_sync_mcp.render.contract import DiagnosisOut, HealthOut
from airweave_sync_mcp.render.diagnosis import render_diagnosis
from airweave_sync_mcp.render.health import render_health
from airweave_sync_mcp.tools import arguments as a
from airweave_sync_mcp.tools.base import ToolContext, ask_of, cleaner_of, make_tool, nonce_of, read_only, result


async def diagnose_sync(
    ctx: ToolContext,
    connection: a.Connection = "",
    job: Annotated[str, Field(description="Or a sync job: id, 8+ digits of it, URL, 'latest' or 'latest_failed'")] = "",
) -> Annotated[CallToolResult, DiagnosisOut]:
    ask = ask_of(ctx)
    diagnosis = await diagnose(ask, connection=connection, job=job)
    writes = ctx.request_context.lifespan_context.allow_writes
    return result(render_diagnosis(diagnosis, now=ask.now, cleaner=cleaner_of(ctx), nonce=nonce_of(ctx), writes=writes))


async def get_sync_health(
    ctx: ToolContext,
    since: a.Since = "7d",
    collection: a.Collection = "",
    source: a.Source = "",
) -> Annotated[CallToolResult, HealthOut]:
    ask = ask_of(ctx)
    health = await organization_health(ask, since=since, scope=ScopeFilter(collection=collection, source=source))
    return result(render_health(health, full=False, now=ask.now, cleaner=cleaner_of(ctx)))


@cache
def diagnosis_tools() -> tuple[Tool, ...]:
    """The tools of this module."""
    return (
        make_tool(
            diagnose_sync,
            title="Diagnose a sync",
            description="""
                Explain why a sync failed, is stuck or wrote nothing, in one call: cause with evidence, failing
                since when, what changed since the last good run, whether a retry is useful and safe, who has to
                act, and the next steps. Takes a connection or a job; reads the connection anew.
            """,
            annotations=read_only("Diagnose a sync"),
        ),
        make_tool(
            get_sync_health,
            title="Sync health",
            description="""
                Overview of all syncs: how many connections are failing, stuck, silent (completed but wrote
                nothing), stale or never ran, the success rate, the worst ones by name, and what waits for a person.
            """,
            annotations=read_only("Sync health"),
        ),
    )
