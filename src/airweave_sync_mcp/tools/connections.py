"""Tools about source connections."""

from functools import cache
from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from airweave_sync_mcp.answers.connections import ConnectionQuery
from airweave_sync_mcp.answers.connections import list_connections as find_connections
from airweave_sync_mcp.render.connections import render_connections
from airweave_sync_mcp.render.contract import ConnectionsOut
from airweave_sync_mcp.tools import arguments as a
from airweave_sync_mcp.tools.base import ToolContext, ask_of, cleaner_of, make_tool, read_only, result


async def list_connections(
    ctx: ToolContext,
    *,
    status: a.ConnectionStatuses = [],  # noqa: B006
    collection: a.Collection = "",
    source: a.Source = "",
    search: Annotated[str, Field(description="Part of a name, source or collection")] = "",
    limit: a.Limit = 20,
    cursor: a.Cursor = "",
) -> Annotated[CallToolResult, ConnectionsOut]:
    ask = ask_of(ctx)
    query = ConnectionQuery(
        statuses=frozenset(status), collection=collection, source=source, search=search, limit=limit, cursor=cursor
    )
    page = await find_connections(ask, query)
    return result(render_connections(page, ids=False, now=ask.now, cleaner=cleaner_of(ctx)))


@cache
def connection_tools() -> tuple[Tool, ...]:
    """The tools of this module."""
    return (
        make_tool(
            list_connections,
            title="List source connections",
            description="""
                List source connections (what is synced: GitHub, Notion, ...) by name, with status, collection,
                number of entities and last sync job. status error or needs_reauth means that the last sync
                failed; active does not mean that it ever succeeded.
            """,
            annotations=read_only("List source connections"),
        ),
    )
