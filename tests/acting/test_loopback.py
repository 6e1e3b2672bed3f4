"""Over a real socket: the server acts, and its answer never arrives, in all the ways a network has for that."""

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto

import anyio
import httpx
import pytest
from anyio.abc import SocketAttribute, SocketStream

from airweave_sync_mcp.airweave.budget import MemoryRateBudget
from airweave_sync_mcp.airweave.client import AirweaveClient
from airweave_sync_mcp.answers.acting.cancel import Cancel, cancel_job
from airweave_sync_mcp.answers.acting.outcome import Result
from airweave_sync_mcp.answers.acting.plan import Said
from airweave_sync_mcp.answers.acting.run import Run, run_sync
from airweave_sync_mcp.core import Core
from airweave_sync_mcp.demo import Generation

from .kit import GENERATIONS, PLAIN, RUNNING, WITH_CANCEL, Stage, acting, stage

pytestmark = pytest.mark.anyio


class Loss(Enum):
    """What the server does instead of answering a write on which it has acted."""

    CLOSE = auto()
    RESET = auto()
    CUT = auto()
    HANG = auto()


class HastyCore(Core):
    """A core whose client waits a tenth of a second for an answer."""

    def client(self) -> AirweaveClient:
        return AirweaveClient(
            self.base_url, budget=MemoryRateBudget(self.monotonic), read_timeout_s=0.1, retry=self.retry, now=self.clock
        )


@dataclass
class Bridge:
    """An HTTP server before the demo, which loses the answers of writes."""

    app: object
    loss: Loss | None
    posts: list[str] = field(default_factory=list)

    async def converse(self, stream: SocketStream) -> None:
        transport = httpx.ASGITransport(self.app)  # type: ignore[arg-type]
        async with stream, httpx.AsyncClient(transport=transport, base_url="http://demo.test") as inside:
            buffer = b""
            while True:
                while b"\r\n\r\n" not in buffer:
                    try:
                        buffer += await stream.receive()
                    except (anyio.EndOfStream, anyio.BrokenResourceError):
                        return
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                first, *lines = head.decode().split("\r\n")
                method, target, _ = first.split(" ")
                headers = dict(line.split(": ", 1) for line in lines)
                answer = await inside.request(method, target, headers={"x-api-key": headers["X-API-Key"]})
                if method == "POST":
                    self.posts.append(target)
                    if self.loss is not None:
                        await self._lose(stream, answer)
                        return
                await stream.send(_wire(answer))

    async def _lose(self, stream: SocketStream, answer: httpx.Response) -> None:
        if self.loss is Loss.CUT:
            await stream.send(_wire(answer)[:-20])
        elif self.loss is Loss.RESET:
            raw = stream.extra(SocketAttribute.raw_socket)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif self.loss is Loss.HANG:
            with anyio.move_on_after(5), suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                await stream.receive()


def _wire(answer: httpx.Response) -> bytes:
    head = f"HTTP/1.1 {answer.status_code} X\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(answer.content)}\r\n\r\n".encode() + answer.content


@asynccontextmanager
async def bridged(generation: Generation, loss: Loss | None) -> AsyncIterator[tuple[Stage, Bridge]]:
    it = stage(generation)
    bridge = Bridge(it.app, loss)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", family=socket.AF_INET)
    url = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
    core = it.world.core
    it.world.core = HastyCore(
        base_url=url, clock=core.clock, monotonic=core.monotonic, retry=core.retry, sleep=core.sleep
    )
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, bridge.converse)
        yield it, bridge
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("loss", list(Loss))
async def test_a_run_whose_answer_never_arrives_is_found_and_not_repeated(generation: Generation, loss: Loss) -> None:
    async with bridged(generation, loss) as (it, bridge), acting(it) as begin:
        outcome = await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)

    assert outcome.result is Result.STARTED
    assert outcome.lost is not None
    assert outcome.job is not None
    assert outcome.job.id == it.newest(PLAIN).id
    assert len(bridge.posts) == 1


@pytest.mark.parametrize("generation", WITH_CANCEL)
@pytest.mark.parametrize("loss", [Loss.CLOSE, Loss.RESET])
async def test_a_cancellation_whose_answer_never_arrives_is_found(generation: Generation, loss: Loss) -> None:
    async with bridged(generation, loss) as (it, bridge), acting(it) as begin:
        outcome = await cancel_job(begin(), Cancel(connection=RUNNING, job="latest"), Said.APPROVED)

    assert outcome.result is Result.CANCELLING
    assert len(bridge.posts) == 1


async def test_an_answer_that_arrives_is_no_lost_one() -> None:
    async with bridged(Generation.CURRENT, None) as (it, bridge), acting(it) as begin:
        outcome = await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)

    assert (outcome.result, outcome.lost) == (Result.STARTED, None)
    assert len(bridge.posts) == 1


async def test_a_connection_that_went_stale_does_not_make_a_second_post() -> None:
    """The pool hands out a connection that the server has closed meanwhile."""
    it = stage()

    posts: list[str] = []

    class ClosesAfterGet(Bridge):
        async def converse(self, stream: SocketStream) -> None:
            async with stream:
                head = await stream.receive()
                method, target, _ = head.decode().split("\r\n")[0].split(" ")
                if method == "POST":
                    posts.append(target)
                async with httpx.AsyncClient(
                    transport=httpx.ASGITransport(self.app),  # type: ignore[arg-type]
                    base_url="http://demo.test",
                ) as inside:
                    answer = await inside.request(method, target, headers={"x-api-key": "demo-key"})
                await stream.send(_wire(answer))

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", family=socket.AF_INET)
    url = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
    it.world.core = replace(it.world.core, base_url=url, app=None)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, ClosesAfterGet(it.app, None).converse)
        async with acting(it) as begin:
            outcome = await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)
        tasks.cancel_scope.cancel()

    assert outcome.result is Result.STARTED
    assert len(posts) == 1
