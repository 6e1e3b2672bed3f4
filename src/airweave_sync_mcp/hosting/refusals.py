"""How a request is turned away: a status, a reason that metrics count, and sentences for whoever sees them."""

from dataclasses import dataclass

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from airweave_sync_mcp.hosting.trail import current_trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is not worked on. `reason` is a stable word; no text holds anything the caller sent."""

    status: int
    reason: str
    message: str
    hint: str
    retry_after_s: int | None = None
    challenge: str | None = None
    """For `WWW-Authenticate`."""
    allow: str | None = None
    """For `Allow`."""


async def refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send, *, close: bool = False) -> None:
    """Answer with a refusal. With `close` the connection ends too: there is an unread body on it."""
    if (trail := current_trail()) is not None:
        trail.refusal = refusal.reason
    headers = {
        "Cache-Control": "no-store",
        "Retry-After": None if refusal.retry_after_s is None else str(refusal.retry_after_s),
        "WWW-Authenticate": refusal.challenge,
        "Allow": refusal.allow,
        "Connection": "close" if close else None,
    }
    body = {"error": refusal.reason, "message": refusal.message, "hint": refusal.hint}
    response = JSONResponse(
        body, status_code=refusal.status, headers={name: value for name, value in headers.items() if value is not None}
    )
    await response(scope, receive, send)
