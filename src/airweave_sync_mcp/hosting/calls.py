"""Watches the messages of the protocol: which tool was called, how that ended, how long it took."""

import re
from collections.abc import Callable, Collection
from typing import Any, Final

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import CallToolResult
from mcp_types.methods import is_input_required
from opentelemetry import trace

from airweave_sync_mcp.hosting.metrics import Metrics
from airweave_sync_mcp.hosting.trail import current_trail

UNKNOWN: Final = "unknown"
_CODE: Final = re.compile(r"[a-z][a-z_]{0,39}")


class CallWatch:
    """Middleware of the MCP server. `tools` are the names it may tell; any other one is `unknown`."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float]) -> None:
        self.tools: Collection[str] = ()
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method != "tools/call":
            return await call_next(ctx)
        name = (ctx.params or {}).get("name")
        tool = name if isinstance(name, str) and name in self.tools else UNKNOWN
        started, outcome = self._clock(), "cancelled"
        try:
            result = await call_next(ctx)
            outcome = outcome_of(result)
        except Exception:
            outcome = "protocol_error"
            raise
        finally:
            self._note(tool, outcome, self._clock() - started)
        return result

    def _note(self, tool: str, outcome: str, seconds: float) -> None:
        self._metrics.tool_call(tool, outcome, seconds)
        upstream = 0
        if (trail := current_trail()) is not None:
            trail.tool, trail.outcome, upstream = tool, outcome, trail.upstream
        trace.get_current_span().set_attributes(
            {"airweave_sync.tool": tool, "airweave_sync.outcome": outcome, "airweave_sync.upstream_requests": upstream}
        )


def outcome_of(result: HandlerResult) -> str:
    """`ok`, the code of an error, or `question` where the client is to ask a person first."""
    if is_input_required(result):
        return "question"
    if isinstance(result, CallToolResult):
        failed, structure = bool(result.is_error), result.structured_content
    elif isinstance(result, dict):
        failed, structure = bool(result.get("isError")), result.get("structuredContent")
    else:
        return "ok"
    if not failed:
        return "ok"
    code = structure.get("code") if isinstance(structure, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "error"
