"""How a request is turned away: a status, a reason that metrics count, and sentences for whoever sees them."""

from dataclasses import dataclass

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from airweave_sync_mcp.hosting.bodies import error_body
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

    def response(self, *, close: bool = False) -> JSONResponse:
        """The answer. With `close` the connection ends too: there is an unread body on it."""
        body = error_body(
            status=self.status,
            code=self.reason,
            message=self.message,
            hint=self.hint,
            retry_after_s=self.retry_after_s,
        )
        headers = {
            "Cache-Control": "no-store",
            "Retry-After": None if self.retry_after_s is None else str(self.retry_after_s),
            "WWW-Authenticate": self.challenge,
            "Allow": self.allow,
            "Connection": "close" if close else None,
        }
        given = {name: value for name, value in headers.items() if value is not None}
        return JSONResponse(body, status_code=self.status, headers=given)


async def refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send, *, close: bool = False) -> None:
    """Answer with a refusal."""
    if (trail := current_trail()) is not None:
        trail.refusal = refusal.reason
    await refusal.response(close=close)(scope, receive, send)
