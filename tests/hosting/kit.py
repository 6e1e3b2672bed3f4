"""A hosted server on a real socket, clients that talk to it, and Airweaves that belong to several tenants."""

import asyncio
import json
import re
import ssl
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, lru_cache
from socket import socket
from typing import Any, Literal

import anyio
import httpx2
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from airweave_sync_mcp.core import Core
from airweave_sync_mcp.demo import DemoAirweave, DemoOptions, build_demo
from airweave_sync_mcp.demo.build import build_world
from airweave_sync_mcp.demo.scenarios import SCENARIOS
from airweave_sync_mcp.demo.world import World
from airweave_sync_mcp.hosting.app import build_app
from airweave_sync_mcp.hosting.serve import uvicorn_options
from airweave_sync_mcp.hosting.settings import HostingSettings
from airweave_sync_mcp.hosting.store import SharedStore

Mode = Literal["auto", "legacy"]
MODES: tuple[Mode, ...] = ("auto", "legacy")

ALICE, BOB = "alice-key-7d1fa95c63724be8", "bobby-key-0c9d15f6a3e8b704"
MODERN = "2026-07-28"
JSON_AND_EVENTS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def no_tls() -> ssl.SSLContext:
    """For clients of servers without TLS: to read the authorities that are trusted takes longer than most requests."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http_client(**options: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(**{"verify": no_tls(), "timeout": 30, **options})


@dataclass
class Served:
    """A server that answers on a port of this machine."""

    url: str

    @property
    def mcp(self) -> str:
        return f"{self.url}/mcp"

    @asynccontextmanager
    async def client(
        self, key: str | None = ALICE, mode: Mode = "auto", headers: Mapping[str, str] | None = None, **options: Any
    ) -> AsyncIterator[Client]:
        """An MCP client of 2026-07-28, or with `legacy` of 2025-11-25."""
        sent = {**({"X-API-Key": key} if key else {}), **(headers or {})}
        async with (
            http_client(headers=sent) as http,
            Client(streamable_http_client(self.mcp, http_client=http), mode=mode, **options) as client,
        ):
            yield client

    @asynccontextmanager
    async def http(self, **options: Any) -> AsyncIterator[httpx2.AsyncClient]:
        async with http_client(base_url=self.url, **options) as http:
            yield http


class Server(uvicorn.Server):
    """Starts and ends when it is told to, where uvicorn has a look every tenth of a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.running = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving = asyncio.Event()

    def end(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._leaving.set)

    async def main_loop(self) -> None:
        await self.on_tick(0)
        self._loop = asyncio.get_running_loop()
        self.running.set()
        await self._leaving.wait()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.wait_for(self._wait_tasks_to_complete(), 10)
        await self.lifespan.shutdown()


@contextmanager
def served(app: ASGIApp | str, hosting: HostingSettings | None = None) -> Iterator[Served]:
    """Serve an application with our options, in a thread of its own. It may be the name of what makes it."""
    options = {**uvicorn_options(hosting or HostingSettings()), "port": 0, "factory": isinstance(app, str)}
    server = Server(uvicorn.Config(app, **options))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert server.running.wait(20), "the server did not start"
        yield Served(url=f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    finally:
        server.end()
        thread.join(timeout=20)
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def hosted(core: Core, hosting: HostingSettings | None = None, *, store: SharedStore | None = None) -> Iterator[Served]:
    """Serve the MCP server."""
    hosting = hosting or HostingSettings()
    with served(build_app(core, hosting, store=store), hosting) as running:
        yield running


def body_of(method: str, params: Mapping[str, Any] | None = None, *, modern: bool = False, id_: int = 1) -> bytes:
    """A message as clients send it."""
    sent = dict(params or {})
    if modern:
        sent["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            **sent.get("_meta", {}),
        }
    return json.dumps({"jsonrpc": "2.0", "id": id_, "method": method, "params": sent}).encode()


def headers_of(
    method: str, key: str | None = ALICE, *, modern: bool = False, name: str | None = None
) -> dict[str, str]:
    """The headers that belong to it."""
    headers = dict(JSON_AND_EVENTS)
    if key is not None:
        headers["X-API-Key"] = key
    if modern:
        headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": method, **({"Mcp-Name": name} if name else {})}
    return headers


def call_of(
    tool: str, arguments: Mapping[str, Any] | None = None, *, key: str | None = ALICE, modern: bool = False
) -> dict[str, Any]:
    """A tool call, as arguments of `http.post`."""
    params = {"name": tool, "arguments": dict(arguments or {})}
    return {
        "url": "/mcp",
        "content": body_of("tools/call", params, modern=modern),
        "headers": headers_of("tools/call", key, modern=modern, name=tool),
    }


def message_in(text: str) -> dict[str, Any]:
    """The last message of an answer, JSON or a stream of events."""
    events = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    found: dict[str, Any] = json.loads(events[-1] if events else text)
    return found


_UUID = re.compile(r"[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_NAMED = {"name", "sync_name", "readable_collection_id", "readable_id", "error"}


@dataclass
class Tenant:
    """An organization of its own: the demo's data, under names and ids that no other tenant has."""

    key: str
    mark: str
    mask: int
    demo: DemoAirweave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _renamed(scope["path"], self.mask)
        sent: list[dict[str, Any]] = []

        async def keep(message: Any) -> None:
            sent.append(message)

        await self.demo.app({**scope, "path": path, "raw_path": path.encode()}, receive, keep)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        answer = Response(_marked(body, self.mark, self.mask), status_code=sent[0]["status"])
        answer.raw_headers = [
            *(pair for pair in sent[0]["headers"] if pair[0] != b"content-length"),
            (b"content-length", str(len(answer.body)).encode()),
        ]
        await answer(scope, receive, send)

    def id_of(self, name: str) -> str:
        """The id under which the tenant knows the connection of this name."""
        return _renamed(self.demo.world.named(name).id, self.mask)


def _renamed(text: str, mask: int) -> str:
    """The text with all ids turned into a tenant's, or back."""
    return _UUID.sub(lambda match: f"{int(match[0], 16) ^ mask:08x}", text)


@lru_cache(maxsize=1_000)
def _marked(body: bytes, mark: str, mask: int) -> bytes:
    """What the demo answered, as a tenant's own."""

    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            name: f"{one} {mark}" if name in _NAMED and isinstance(one, str) else walk(one)
            for name, one in value.items()
        }

    return json.dumps(walk(json.loads(_renamed(body.decode(), mask)))).encode() if body else body


@cache
def _data() -> World:
    """A part of what the demo holds, made once: the healthy, the failing, and those tests name."""
    some = [one for number, one in enumerate(SCENARIOS) if number % 4 == 1 or one.name == "Finance SharePoint"]
    return build_world(datetime.now(UTC), some)


def tenant(key: str, mark: str, mask: int, **options: Any) -> Tenant:
    return Tenant(key=key, mark=mark, mask=mask, demo=build_demo(DemoOptions(api_key=key, **options), _data().copy()))


@dataclass
class Airweave:
    """One Airweave with several organizations, told apart by the key. `before` may hold up a request."""

    tenants: list[Tenant]
    before: Callable[[Request], Awaitable[None]] | None = None
    keys: list[str] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        request = Request(scope, receive)
        key = request.headers.get("x-api-key", "")
        self.keys.append(key)
        self.bearers.append(request.headers.get("authorization", "").removeprefix(f"Bearer {key}"))
        if self.before is not None:
            await self.before(request)
        for one in self.tenants:
            if one.key == key:
                await one(scope, receive, send)
                return
        answer = JSONResponse({"detail": f"Invalid or expired API key {key}"}, status_code=403 if key else 401)
        await answer(scope, receive, send)


def two_tenants(**options: Any) -> Airweave:
    return Airweave([tenant(ALICE, "ALPHA", 0x1111_1111, **options), tenant(BOB, "BRAVO", 0x2222_2222, **options)])


def core_before(airweave: ASGIApp | None, **options: Any) -> Core:
    """A core in real time before an Airweave in this process, or with None before the address in the options."""
    return Core(**{"base_url": "http://airweave.test", "app": airweave, **options})


class Held:
    """Holds up all requests to Airweave, and tells when one was dropped."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.dropped = threading.Event()
        self.dropped_at = 0.0

    async def __call__(self, _: Request) -> None:
        self.arrived.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.dropped_at = time.monotonic()
            self.dropped.set()


async def happened(event: threading.Event) -> bool:
    return await anyio.to_thread.run_sync(event.wait, 10)
