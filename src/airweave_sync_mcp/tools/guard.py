"""What stands before the tools: what is not there, writes that are not allowed, approvals that were used already."""

import logging
from collections.abc import Collection
from contextvars import ContextVar
from difflib import get_close_matches
from hashlib import sha256
from typing import Any, Final

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, CallToolResult
from pydantic import ValidationError

from airweave_sync_mcp.answers.acting.claims import Claims
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.render.errors import render_error, show_given
from airweave_sync_mcp.safety import Cleaner
from airweave_sync_mcp.tools.acting import WRITE_TOOLS
from airweave_sync_mcp.tools.base import result

logger: Final = logging.getLogger(__name__)

_CALL: Final = "tools/call"
_WORDS: Final = 300
_ITEMS: Final = 4
"""So many characters of a text, and so many texts, are told of what a protocol error repeats."""

_SEALED: Final[ContextVar[str | None]] = ContextVar("airweave_sync_mcp_sealed_state", default=None)


def clean_errors(cleaner: Cleaner) -> ServerMiddleware[Any]:
    """Cleans and bounds the errors of the protocol, which repeat what was asked for. It stands before all others."""

    async def middleware(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        try:
            return await call_next(ctx)
        except MCPError as error:
            data = cleaner.safe_tree(error.data, limit=_WORDS, max_items=_ITEMS)
            raise MCPError(error.code, cleaner.one_line(error.message, _WORDS), data) from None
        except ValidationError:
            raise
        except ValueError as error:  # a prompt that is not there
            raise MCPError(INVALID_PARAMS, cleaner.one_line(str(error), _WORDS)) from error
        except Exception as error:
            logger.exception("A request failed unexpectedly")
            raise MCPError(INTERNAL_ERROR, "Internal error") from error

    return middleware


def name_tools(tools: Collection[str], cleaner: Cleaner) -> ServerMiddleware[Any]:
    """Answers calls of tools that are not there, with the names of those that are."""

    async def middleware(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        name = _tool(ctx)
        if not name or name in tools:
            return await call_next(ctx)
        near = get_close_matches(name, tools, n=2)
        guess = f"Did you mean {' or '.join(near)}? " if near else ""
        return _refusal(
            "unknown_tool",
            f"There is no tool {show_given(name, cleaner)}. Nothing was done.",
            f"{guess}Valid: {', '.join(tools)}.",
            cleaner,
        )

    return middleware


def refuse_writes(cleaner: Cleaner) -> ServerMiddleware[Any]:
    """Answers calls of the tools that write: they are not offered, and a client may know them all the same."""

    async def middleware(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        name = _tool(ctx)
        if name not in WRITE_TOOLS:
            return await call_next(ctx)
        return _refusal(
            "writes_disabled",
            f"{name} is switched off: this server only reads. Nothing was done.",
            "Whoever runs the server allows writes with --allow-writes or AIRWEAVE_SYNC_ALLOW_WRITES=1; "
            "a caller cannot. Until then: run or cancel in the Airweave dashboard.",
            cleaner,
        )

    return middleware


async def note_sealed_state(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Keeps the sealed text that comes with an answer to a question. It has to stand before the SDK unseals it.

    The text is another one for every question asked; a client that sends its answer twice sends the same text twice.
    """
    state = (ctx.params or {}).get("requestState") if ctx.method == _CALL else None
    token = _SEALED.set(state if isinstance(state, str) else None)
    try:
        return await call_next(ctx)
    finally:
        _SEALED.reset(token)


def use_approvals_once(claims: Claims, cleaner: Cleaner) -> ServerMiddleware[Any]:
    """Lets the answer to a question pass once, on whatever replica it arrives. It stands behind the unsealing."""

    async def middleware(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        state = _SEALED.get()
        if state is None or await claims.claim(f"approval:{sha256(state.encode()).hexdigest()}"):
            return await call_next(ctx)
        return _refusal(
            "approval_used",
            "This approval was used already, and one approval is good for one call. Nothing more was done.",
            "Look what became of the first call: get_connection_jobs. Call again without it to be asked anew.",
            cleaner,
        )

    return middleware


def _tool(ctx: ServerRequestContext[Any, Any]) -> str:
    name = (ctx.params or {}).get("name") if ctx.method == _CALL else None
    return name if isinstance(name, str) else ""


def _refusal(code: str, message: str, hint: str, cleaner: Cleaner) -> CallToolResult:
    return result(render_error(QueryError(code, message, hint), cleaner), is_error=True)
