"""What one request leaves behind for the log, the metrics and the spans: counts and names of ours, nothing of callers.

Every request carries an id, which the answer returns in `X-Request-ID` and which all lines of the log have.
"""

import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from airweave_sync_mcp.hosting.bodies import error_body

logger: Final = logging.getLogger(__name__)

REQUEST_ID_HEADER: Final = "X-Request-ID"
QUIET: Final = frozenset({"health", "metrics"})
"""Routes whose requests are logged only with `debug`."""

_METHODS: Final = frozenset({"GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT", "PATCH"})
_SANE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOOKS_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{40,}|(?i:sk|pk|key|token|bearer)[-_.].*")


@dataclass(slots=True)
class Trail:
    """One HTTP request. Tool and outcome are filled in where there is a tool call in it."""

    request_id: str
    tool: str = ""
    """One of our own names, or `unknown`."""
    outcome: str = ""
    refusal: str = ""
    """Why it was turned away before it reached a tool."""
    upstream: int = 0
    """Requests to Airweave made for it."""


_TRAIL: Final[ContextVar[Trail | None]] = ContextVar("airweave_sync_mcp_trail", default=None)


def current_trail() -> Trail | None:
    """The trail of the request that is worked on; None outside of one."""
    return _TRAIL.get()


class Observer(Protocol):
    """Who is told of finished requests."""

    def started(self) -> None:
        """One more is worked on."""

    def finished(self, trail: Trail, *, route: str, status: int, size: int, seconds: float) -> None:
        """One less; `status` is 499 where the client went away before there was an answer."""


CLIENT_GONE: Final = 499


@dataclass(slots=True)
class _Answer:
    status: int = CLIENT_GONE
    size: int = 0


class TrailMiddleware:
    """Gives every request its id, and tells log and metrics how it ended. `routes` names the known paths."""

    def __init__(self, app: ASGIApp, *, observer: Observer, routes: dict[str, str], clock: Callable[[], float]) -> None:
        self._app = app
        self._observer = observer
        self._routes = routes
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trail = Trail(request_id=request_id_of(Headers(scope=scope).get(REQUEST_ID_HEADER)))
        token = _TRAIL.set(trail)
        answer, started = _Answer(), self._clock()
        self._observer.started()

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = trail.request_id
            elif message["type"] == "http.response.body":
                answer.size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, note)
        except Exception:
            logger.exception("A request failed because of a bug in airweave-sync-mcp")
            if answer.status != CLIENT_GONE:
                raise  # an answer was begun: all that is left is to cut it off
            await _sorry(trail)(scope, receive, note)
        finally:
            route = self._routes.get(scope["path"], "other")
            seconds = self._clock() - started
            self._observer.finished(trail, route=route, status=answer.status, size=answer.size, seconds=seconds)
            _log(trail, scope["method"], route, answer, seconds)
            _TRAIL.reset(token)


def _sorry(trail: Trail) -> JSONResponse:
    message = "The server failed because of a bug in airweave-sync-mcp."
    hint = f"Its log has the details, under the request id {trail.request_id}."
    body = error_body(status=500, code="internal_error", message=message, hint=hint)
    return JSONResponse(body, status_code=500)


def request_id_of(given: str | None) -> str:
    """The caller's request id where it is one, else a new one: what looks like a key is not written to logs."""
    if given and _SANE_ID.fullmatch(given) and not _LOOKS_SECRET.fullmatch(given):
        return given
    return secrets.token_hex(8)


def _log(trail: Trail, method: str, route: str, answer: _Answer, seconds: float) -> None:
    fields: dict[str, str | int | float] = {
        "method": method if method in _METHODS else "other",
        "route": route,
        "status": answer.status,
        "ms": round(seconds * 1_000, 1),
        "bytes": answer.size,
        "upstream": trail.upstream,
    }
    fields |= {
        name: value
        for name, value in (("tool", trail.tool), ("outcome", trail.outcome), ("refusal", trail.refusal))
        if value
    }
    level = logging.DEBUG if route in QUIET else logging.INFO
    if logger.isEnabledFor(level):
        logger.log(level, "%s", " ".join(f"{name}={value}" for name, value in fields.items()), extra={"fields": fields})
