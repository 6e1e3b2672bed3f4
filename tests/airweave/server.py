"""Servers for tests: a scripted one on a real loopback socket, and recorded answers."""

import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from functools import cache
from pathlib import Path

import anyio
import httpx
from anyio.abc import SocketAttribute, SocketStream

from airweave_sync_mcp.airweave.budget import MemoryRateBudget
from airweave_sync_mcp.airweave.client import AirweaveClient
from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.retrying import RetryPolicy

FIXTURES = Path(__file__).parent / "fixtures"
KEY = "test-key-0123456789abcdef"
CONNECTION = "3db0de21-6607-44da-b7ef-fb4d8120f7ba"
JOB = "cf2a1f6a-1111-4222-8333-444455556666"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Misbehaviour(Enum):
    """What a server may do instead of answering."""

    HANG = auto()
    RESET = auto()
    CLOSE = auto()


@dataclass(frozen=True)
class Received:
    method: str
    target: str
    headers: dict[str, str]


@dataclass
class Scripted:
    """A server that gives its answers one after the other, and the last one for ever."""

    url: str
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    closed_by_client: anyio.Event = field(default_factory=anyio.Event)


TLS_HANDSHAKE = b"\x16"
"""What a client that wants TLS begins with; to a plain server it is nonsense, answered at once."""

Step = bytes | Misbehaviour


def answer(
    status: int = 200, body: object = (), headers: dict[str, str] | None = None, *, length: int | None = None
) -> bytes:
    """The bytes of an HTTP answer; bytes as a body are sent as they are, all else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"content-type": "application/json", "content-length": str(len(raw) if length is None else length)}
    sent |= headers or {}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + raw


def recorded(name: str) -> bytes:
    """A recorded answer, e.g. `current/sc_list_default`."""
    found = fixture(name)
    headers = {key: value for key, value in found["headers"].items() if key != "content-type"}
    return answer(found["status"], found["body"], headers)


def fixture(name: str) -> dict:
    found: dict = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return found


@asynccontextmanager
async def serve(*steps: Step) -> AsyncIterator[Scripted]:
    """Serve a script on a free port of the loopback interface."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", family=socket.AF_INET)
    port = listener.extra(SocketAttribute.local_port)
    server = Scripted(url=f"http://127.0.0.1:{port}")

    async def converse(stream: SocketStream) -> None:
        server.connections += 1
        async with stream:
            buffer = b""
            while True:
                while b"\r\n\r\n" not in buffer and not buffer.startswith(TLS_HANDSHAKE):
                    try:
                        buffer += await stream.receive()
                    except (anyio.EndOfStream, anyio.BrokenResourceError):
                        return
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                server.received.append(_parse(head))
                step = steps[min(len(server.received), len(steps)) - 1]
                if not await _act(stream, step, server):
                    return

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, converse)
        yield server
        tasks.cancel_scope.cancel()


async def _act(stream: SocketStream, step: Step, server: Scripted) -> bool:
    """Do a step; false if the conversation is over."""
    if step is Misbehaviour.HANG:
        try:
            await stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            server.closed_by_client.set()
        return False
    if step is Misbehaviour.RESET:
        raw = stream.extra(SocketAttribute.raw_socket)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    if isinstance(step, bytes):
        await stream.send(step)
        head, _, body = step.partition(b"\r\n\r\n")
        return f"content-length: {len(body)}".encode() in head.split(b"\r\n")
    return False


def _parse(head: bytes) -> Received:
    if head.startswith(TLS_HANDSHAKE):
        return Received("", "", {})
    first, *rest = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.split(": ", 1) for line in rest)
    return Received(method, target, {name.lower(): value for name, value in pairs})


@dataclass
class FakeTime:
    """A clock that moves only when somebody sleeps on it."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await anyio.lowlevel.checkpoint()


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # takes 40 ms, too much for every test


def client_for(
    url: str,
    *,
    own_transport: bool = True,
    time: FakeTime | None = None,
    max_attempts: int = 1,
    jitter: Callable[[float, float], float] = lambda low, _high: low,
    **options: object,
) -> AirweaveClient:
    """A client whose waiting takes no time, and that tries once unless told otherwise.

    With `own_transport` false, httpx looks at the environment, as it does in real life.
    """
    time = time or FakeTime()
    if own_transport:
        options.setdefault("transport", httpx.AsyncHTTPTransport(verify=_tls()))
    retry = RetryPolicy(max_attempts=max_attempts, sleep=time.sleep, random=jitter)
    return AirweaveClient(url, budget=MemoryRateBudget(time.clock), retry=retry, now=lambda: NOW, **options)  # type: ignore[arg-type]


def patience(step: Step) -> float:
    """A read time-out in seconds that only a server that hangs exceeds."""
    return 0.1 if step is Misbehaviour.HANG else 10.0


def credential(key: str = KEY, organization_id: str | None = None) -> Credential:
    return Credential.parse(key, organization_id)


def ids(rows: Sequence[object]) -> list[str]:
    return [row.id for row in rows]  # type: ignore[attr-defined]
