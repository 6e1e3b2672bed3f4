"""How much one may take, and how long one may take for it."""

import threading
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial

import anyio
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from airweave_sync_mcp.hosting.limits import MINUTE, Places, RateLimiter
from airweave_sync_mcp.hosting.settings import HostingSettings
from tests.hosting.kit import ALICE, BOB, Served, call_of, core_before, hosted, message_in, two_tenants

pytestmark = pytest.mark.anyio


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_minutes_worth_may_come_at_once_and_then_as_it_fills() -> None:
    clock = Ticks()
    rate = RateLimiter(60, clock)
    assert [rate.take("a") for _ in range(60)] == [0.0] * 60
    assert rate.take("a") == pytest.approx(1.0)
    assert rate.take("b") == 0.0
    clock.now += 1.0
    assert rate.take("a") == 0.0
    assert rate.take("a") > 0


@given(st.lists(st.floats(0, 10), max_size=200), st.integers(1, 30))
def test_never_more_than_two_minutes_worth_in_a_minute(pauses: list[float], limit: int) -> None:
    clock = Ticks()
    rate = RateLimiter(limit, clock)
    granted = []
    for pause in pauses:
        clock.now += pause
        if wait := rate.take("a"):
            assert 0 < wait <= MINUTE / limit + 1e-6
        else:
            granted.append(clock.now)
    for start in granted:
        assert sum(1 for at in granted if start <= at < start + MINUTE) <= 2 * limit


def test_callers_are_forgotten_before_they_fill_the_memory() -> None:
    rate = RateLimiter(2, Ticks(), most_callers=10)
    for number in range(1_000):
        rate.take(str(number))
    assert len(rate._buckets) == 10


def test_places_are_counted_for_each_and_for_all() -> None:
    places = Places(total=3, each=2)
    with places.taken("a"), places.taken("a"):
        refusal = places.refusal("a")
        assert refusal is not None
        assert (refusal.status, refusal.retry_after_s) == (429, 1)
        assert places.refusal("b") is None
        with places.taken("b"):
            refusal = places.refusal("c")
            assert refusal is not None
            assert refusal.status == 503
        assert places.refusal("b") is None
    assert places == Places(total=3, each=2)


async def test_whose_answers_have_arrived_may_ask_the_next_question_at_once() -> None:
    """A place is free a moment later than that."""
    places, granted = Places(total=3, each=1, patience_s=10), []

    async def ask() -> None:
        granted.append(await places.room("a") is None)

    async with anyio.create_task_group() as tasks:
        with places.taken("a"):
            tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            crowding = await places.room("a")
            assert await places.room("b") is None
    assert granted == [True]
    assert crowding is not None
    assert crowding.status == 429
    assert places == Places(total=3, each=1, patience_s=10)


class Gatekeeper:
    """Holds up the requests of one key to Airweave until it is opened."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.open = threading.Event()
        self.waiting = threading.Semaphore(0)

    async def __call__(self, request: Request) -> None:
        if request.headers["x-api-key"] == self.key:
            self.waiting.release()
            await anyio.to_thread.run_sync(self.open.wait, 10, abandon_on_cancel=True)


async def test_one_caller_cannot_take_the_places_of_the_others() -> None:
    airweave, gate = two_tenants(), Gatekeeper(ALICE)
    airweave.before = gate
    hosting = HostingSettings(max_calls=3, max_calls_per_caller=2)
    with hosted(core_before(airweave), hosting) as server:
        async with server.http() as http, anyio.create_task_group() as tasks:
            for tool in ("list_connections", "list_sync_jobs"):
                tasks.start_soon(partial(http.post, **call_of(tool)))
                assert await anyio.to_thread.run_sync(lambda: gate.waiting.acquire(timeout=10))
            refused = await http.post(**call_of("list_connections"))
            other = await http.post(**call_of("list_connections", key=BOB))
            gate.open.set()
        async with server.http() as http:
            again = await http.post(**call_of("list_connections"))
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["error"]["data"]["code"] == "too_many_calls"
    assert "BRAVO" in str(message_in(other.text)["result"])
    assert "ALPHA" in str(message_in(again.text)["result"])


async def test_a_full_server_says_so_and_still_tells_how_it_is() -> None:
    airweave, gate = two_tenants(), Gatekeeper(ALICE)
    airweave.before = gate
    with hosted(core_before(airweave), HostingSettings(max_calls=1)) as server:
        async with server.http() as http, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: http.post(**call_of("list_connections")))
            assert await anyio.to_thread.run_sync(lambda: gate.waiting.acquire(timeout=10))
            refused = await http.post(**call_of("list_connections", key=BOB))
            alive, ready = await http.get("/healthz"), await http.get("/readyz")
            gate.open.set()
    assert (refused.status_code, refused.json()["error"]["data"]["code"]) == (503, "busy")
    assert refused.headers["retry-after"] == "1"
    assert (alive.status_code, ready.status_code) == (200, 200)


async def test_too_many_requests_a_minute() -> None:
    with hosted(core_before(two_tenants()), HostingSettings(requests_per_minute=2)) as server:
        async with server.http() as http:
            answers = [await http.post(**call_of("nothing")) for _ in range(3)]
            other = await http.post(**call_of("nothing", key=BOB))
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 31
    assert other.status_code == 200


async def test_too_large() -> None:
    with hosted(core_before(two_tenants()), HostingSettings(max_body_bytes=2_000)) as server:
        async with server.http() as http:
            declared = await http.post(**{**call_of("list_connections"), "content": b"x" * 2_001})

            async def pieces() -> AsyncIterator[bytes]:  # with no length told before
                for _ in range(30):
                    yield b"x" * 100

            undeclared = await http.post(**{**call_of("list_connections"), "content": pieces()})
            fine = await http.post(**call_of("list_connections"))
    assert [declared.status_code, undeclared.status_code, fine.status_code] == [413, 413, 200]
    assert "2000 bytes" in declared.json()["error"]["data"]["message"]


async def talk(server: Served, *pieces: bytes, pause_s: float = 0.0) -> tuple[bytes, float]:
    """What the server says to these bytes, and after how long it has closed the connection."""
    port = int(server.url.rpartition(":")[2])
    heard, started = b"", time.monotonic()
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        with anyio.fail_after(10):
            for piece in pieces:
                await stream.send(piece)
                await anyio.sleep(pause_s)
            try:
                while True:
                    heard += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return heard, time.monotonic() - started


async def delivered(stream: anyio.abc.SocketStream, data: bytes) -> bool:
    try:
        await stream.send(data)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        return False
    return True


HEAD = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {ALICE}\r\nContent-Type: application/json\r\n".encode()
SLOW = HostingSettings(read_timeout_s=0.2)


async def test_clients_that_do_not_finish_the_head_are_not_waited_for() -> None:
    async def check(*pieces: bytes) -> None:
        heard, seconds = await talk(server, *pieces, pause_s=0.03)
        assert 0.15 < seconds < 3.0
        assert heard == b"" or heard.endswith(b'{"alive":true}')

    with hosted(core_before(two_tenants()), SLOW) as server:
        async with anyio.create_task_group() as clients:
            clients.start_soon(check)
            clients.start_soon(check, b"POST /mcp HT")
            clients.start_soon(check, HEAD)
            clients.start_soon(check, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", HEAD)


async def test_a_head_that_comes_byte_by_byte_is_not_waited_for() -> None:
    with hosted(core_before(two_tenants()), SLOW) as server:
        port = int(server.url.rpartition(":")[2])
        started = time.monotonic()
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            while await delivered(stream, b"X"):
                assert time.monotonic() - started < 3.0
                await anyio.sleep(0.03)


async def test_idle_connections_give_way_to_new_ones() -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    # Room for ours, and for one that looked whether the server is ready and may still be open.
    with hosted(core_before(two_tenants()), HostingSettings(max_connections=4)) as server:
        port = int(server.url.rpartition(":")[2])
        async with AsyncExitStack() as stack, server.http() as http:
            old = await stack.enter_async_context(await anyio.connect_tcp("127.0.0.1", port))
            await old.send(asked)
            assert b"alive" in await old.receive()
            for _ in range(8):
                newest = await stack.enter_async_context(await anyio.connect_tcp("127.0.0.1", port))
                await newest.send(asked)
                assert b"alive" in await newest.receive()
            assert (await http.post(**call_of("nothing"))).status_code == 200
            with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)), anyio.fail_after(5):
                await old.receive()


async def test_connections_with_a_request_under_way_give_way_to_none() -> None:
    airweave, gate = two_tenants(), Gatekeeper(ALICE)
    airweave.before = gate
    answers: list[httpx2.Response] = []

    async def ask(http: httpx2.AsyncClient) -> None:
        answers.append(await http.post(**call_of("list_connections")))

    with hosted(core_before(airweave), HostingSettings(max_connections=1)) as server:
        async with server.http() as http, server.http() as other, anyio.create_task_group() as tasks:
            tasks.start_soon(ask, http)
            assert await anyio.to_thread.run_sync(lambda: gate.waiting.acquire(timeout=10))
            refused = await other.get("/healthz")
            gate.open.set()
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert [answer.status_code for answer in answers] == [200]


async def test_a_client_that_does_not_send_its_body_is_told_and_not_waited_for() -> None:
    with hosted(core_before(two_tenants()), SLOW) as server:
        heard, seconds = await talk(server, HEAD + b'Content-Length: 100\r\n\r\n{"jsonrpc"')
    assert heard.startswith(b"HTTP/1.1 408 ")
    assert b"body_too_slow" in heard
    assert 0.15 < seconds < 3.0


async def test_a_request_that_takes_too_long_gives_its_place_back() -> None:
    airweave, gate = two_tenants(), Gatekeeper(ALICE)
    airweave.before = gate
    hosting = HostingSettings(call_timeout_s=0.3, max_calls=1)
    with hosted(core_before(airweave), hosting) as server:
        async with server.http() as http:
            late = await http.post(**call_of("list_connections", modern=True))
            other = await http.post(**call_of("nothing", key=BOB))
    assert late.status_code == 504
    assert late.json()["error"]["data"]["code"] == "timeout"
    assert other.status_code == 200
