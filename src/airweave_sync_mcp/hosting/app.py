"""The ASGI application: what stands around the MCP server when many people use it over HTTP.

From outside in: request id, log and metrics; names and origins; whose key it is; how much one may take; the protocol.
"""

import gc
import logging
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from hashlib import blake2b
from typing import Final

from mcp.server import MCPServer
from mcp.server.request_state import RequestStateSecurity
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from mcp.server.transport_security import TransportSecuritySettings
from sse_starlette.sse import AppStatus
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import STARTUP_FAILURE

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.core import Core, core_of
from airweave_sync_mcp.hosting.advice import Advice
from airweave_sync_mcp.hosting.calls import CallWatch
from airweave_sync_mcp.hosting.credentials import (
    CredentialMiddleware,
    Reader,
    caller_name,
    credential_of,
    key_beside_token,
    operators_key,
    own_key,
    principal_of,
)
from airweave_sync_mcp.hosting.health import AirweaveHealth, Health
from airweave_sync_mcp.hosting.hosts import ANY, LOCAL_HOSTS, Gate, HostMiddleware
from airweave_sync_mcp.hosting.limits import LimitsMiddleware, Places, RateLimiter
from airweave_sync_mcp.hosting.logs import configure_logging
from airweave_sync_mcp.hosting.metrics import MeteredMemory, Metrics
from airweave_sync_mcp.hosting.oauth import IssuerKeys, JwtVerifier, OAuthMiddleware, metadata_routes
from airweave_sync_mcp.hosting.options import EVERY_ADDRESS, HEALTH_PATH, METRICS_PATH, READY_PATH
from airweave_sync_mcp.hosting.refusals import Refusal, refuse
from airweave_sync_mcp.hosting.settings import HostingSettings
from airweave_sync_mcp.hosting.store import SharedStore, build_store
from airweave_sync_mcp.hosting.telemetry import start_tracing
from airweave_sync_mcp.hosting.told import Told, load_told
from airweave_sync_mcp.hosting.trail import REQUEST_ID_HEADER, TrailMiddleware
from airweave_sync_mcp.server import build_server
from airweave_sync_mcp.settings import SettingsError
from airweave_sync_mcp.tools.base import App

logger: Final = logging.getLogger(__name__)

_LOCAL_ORIGIN: Final = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
_UPSTREAM_PER_CALL: Final = 4
"""Connections to Airweave for each place: most calls need one or none, some as many as `--concurrency`."""


def build_app(
    core: Core,
    hosting: HostingSettings,
    *,
    store: SharedStore | None = None,
    environ: Mapping[str, str] | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Starlette:
    """The application. With a `store` it shares with other replicas what that holds.

    `environ` is where OpenTelemetry is configured; without it there are no spans.
    """
    core = store.behind(core) if store is not None else core
    metrics = Metrics(store.health if store is not None else None)
    health = Health(airweave=AirweaveHealth(monotonic), metrics=metrics, store=store.health if store else None)
    calls = CallWatch(metrics, monotonic)
    state_keys = hosting.state_keys or (secrets.token_hex(32),)
    server = build_server(
        _watched(core, hosting, health),
        credential_of,
        allow_writes=core.allow_writes,
        middleware=[calls],
        request_state_security=RequestStateSecurity(keys=state_keys, bind_principal=principal_of),
        subscriptions=False,
        advice=Advice(hosting.operator is not None, monotonic),
    )
    endpoint = _endpoint(server, hosting, monotonic, _namer(core, state_keys))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        calls.tools = frozenset(tool.name for tool in await server.list_tools())
        async with AsyncExitStack() as stack:
            stack.callback(start_tracing(environ or {}, calls.tools))
            if store is not None:
                await stack.enter_async_context(store.open())
            await stack.enter_async_context(server.session_manager.run())
            health.serving = True
            yield
            health.serving = False

    routes = {hosting.path: "mcp", f"{hosting.path}/": "mcp", HEALTH_PATH: "health", READY_PATH: "health"}
    routes[METRICS_PATH] = "metrics"
    app = Starlette(
        routes=[
            Route(hosting.path, endpoint=endpoint),
            Route(f"{hosting.path}/", endpoint=endpoint),
            Route(HEALTH_PATH, endpoint=health.alive),
            Route(READY_PATH, endpoint=health.ready),
            Route(METRICS_PATH, endpoint=health.show_metrics),
            *(metadata_routes(hosting.oauth) if hosting.oauth else ()),
        ],
        middleware=[Middleware(TrailMiddleware, observer=metrics, routes=routes, clock=monotonic)],
        exception_handlers={404: _not_found(hosting.path)},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


def _watched(core: Core, hosting: HostingSettings, health: Health) -> Core:
    """The core, with everything noted that it asks Airweave and its memory."""

    def watch(outcome: str, seconds: float) -> None:
        health.airweave.note(outcome)
        health.metrics.upstream(outcome, seconds)

    return replace(
        core,
        memory=MeteredMemory(core.memory, health.metrics),
        connections=max(core.connections, hosting.max_calls * _UPSTREAM_PER_CALL),
        watch=watch,
    )


def _endpoint(
    server: MCPServer[App],
    hosting: HostingSettings,
    monotonic: Callable[[], float],
    name: Callable[[Credential], str],
) -> ASGIApp:
    """The MCP endpoint with everything around it."""
    server.streamable_http_app(
        streamable_http_path=hosting.path,
        stateless_http=True,  # any replica answers any request
        json_response=False,  # else progress is lost, and a client that goes away stops nothing
        max_request_body_size=hosting.max_body_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # see `hosts`
    )
    app: ASGIApp = LimitsMiddleware(
        app=StreamableHTTPASGIApp(server.session_manager),
        caller_of=caller_name,
        rate=RateLimiter(hosting.requests_per_minute, monotonic),
        places=Places(hosting.max_calls, hosting.max_calls_per_caller),
        max_body_bytes=hosting.max_body_bytes,
        read_timeout_s=hosting.read_timeout_s,
        call_timeout_s=hosting.call_timeout_s,
    )
    app = CredentialMiddleware(PostOnly(app), read=_reader(hosting), name=name)
    if hosting.oauth is not None:
        keys = IssuerKeys(hosting.oauth.jwks, monotonic)
        app = OAuthMiddleware(app, hosting.oauth, JwtVerifier(hosting.oauth, keys))
    app = HostMiddleware(app, gate_of(hosting))
    any_origin = ANY in hosting.allowed_origins
    return CORSMiddleware(
        app,
        allow_origins=["*"] if any_origin else hosting.allowed_origins,
        allow_origin_regex=None if any_origin else _LOCAL_ORIGIN,
        allow_methods=["POST"],
        allow_headers=["*"],
        expose_headers=[REQUEST_ID_HEADER, "WWW-Authenticate", "Retry-After", "MCP-Protocol-Version"],
    )


def gate_of(hosting: HostingSettings) -> Gate:
    """Names and origins to let in: this machine's, the one listened on, and those that were allowed."""
    own = f"[{hosting.host}]" if ":" in hosting.host else hosting.host
    listened = () if hosting.host in EVERY_ADDRESS else (own.lower(),)
    return Gate(hosts=(*LOCAL_HOSTS, *listened, *hosting.allowed_hosts), origins=hosting.allowed_origins)


class PostOnly:
    """Answers 405 to all but POST, as the protocol allows: there is nothing that an idle stream would ever carry.

    Clients that try to open one (GET) or to end a session (DELETE) go on without.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await refuse(_POST_ONLY, scope, receive, send)
            return
        await self._app(scope, receive, send)


_POST_ONLY: Final = Refusal(
    status=405,
    reason="method",
    message="This server keeps no sessions and opens no streams of its own accord: send requests as POST.",
    hint="MCP clients go on without the stream; nothing is missing.",
    allow="POST",
)


def _reader(hosting: HostingSettings) -> Reader:
    if hosting.operator is not None:
        return operators_key(hosting.operator, hosting.server_token)
    return key_beside_token if hosting.oauth is not None else own_key


def _namer(core: Core, state_keys: Sequence[str]) -> Callable[[Credential], str]:
    """Names callers for this process's limits and for confirmations, which any replica with the same keys knows."""
    pepper = blake2b(state_keys[-1].encode(), person=b"callers").digest()

    def name(credential: Credential) -> str:
        return credential.fingerprint(core.base_url, pepper=pepper)

    return name


def _not_found(path: str) -> Callable[[Request, Exception], Response]:
    nothing = Refusal(
        status=404, reason="not_found", message="There is nothing here.", hint=f"The MCP endpoint is {path}."
    )

    def answer(_: Request, __: Exception) -> Response:
        return nothing.response()

    return answer


def create_app() -> Starlette:
    """The application of this process, as its environment describes it, for `uvicorn --factory`."""
    return _created(warn=True)


def create_worker() -> Starlette:
    """The application of one of several processes; the one that started them has told the warnings."""
    return _created(warn=False)


def process_app(told: Told, environ: Mapping[str, str]) -> Starlette:
    """The application of a process that serves nothing else: its log and its memory management are ours, too."""
    core = core_of(told.settings)
    configure_logging(told.settings.log_level, told.hosting.log_format, sys.stderr, core.cleaner)
    # Streams would be cut off the moment a shutdown begins; ours end by themselves, and uvicorn waits for them.
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
    store = build_store(told.store, reserve_share=told.settings.reserve) if told.store is not None else None
    app = build_app(core, told.hosting, store=store, environ=environ)
    gc.collect()
    gc.freeze()  # what is there now stays; not looking through it again takes most of the long pauses away
    return app


def _created(*, warn: bool) -> Starlette:
    try:
        told = load_told({}, os.environ)
    except SettingsError as error:
        sys.stderr.write("".join(f"{problem}\n" for problem in error.problems))
        raise SystemExit(STARTUP_FAILURE) from None  # uvicorn gives up then, rather than to start it again for ever
    app = process_app(told, os.environ)
    for warning in told.warnings if warn else ():
        logger.warning("%s", warning)
    return app
