"""Without the store everything goes on, and is told; with it again, it is used again."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from hypothesis import given, settings
from hypothesis import strategies as st

from airweave_sync_mcp.airweave.budget import RateHeaders
from airweave_sync_mcp.hosting.store import SharedStore, Trouble
from tests.support.redis import RedisServer, free_port

from .kit import ALICE, KEY, NOW, Replicas, history

pytestmark = pytest.mark.anyio

NAMES = ("jobs:1", "jobs:2")
LOG = "airweave_sync_mcp.hosting.store.health"


async def check_all_goes_on(store: SharedStore) -> None:
    """Everything the store is for works within this process."""
    await store.memory.save(ALICE, "jobs:1", history())
    assert await store.memory.load(ALICE, NAMES) == {"jobs:1": history()}
    await store.memory.forget(ALICE, "jobs:1")
    assert await store.memory.load(ALICE, NAMES) == {}
    await store.budget.observe(ALICE, RateHeaders(limit=10, remaining=10), blocked_for_s=None)
    assert [await store.budget.take(ALICE) == 0.0 for _ in range(12)].count(True) == 8
    assert (await store.budget.state(ALICE)).limit == 10
    assert await store.claims.claim("approval")
    assert not await store.claims.claim("approval")
    inside = 0

    async def enter() -> None:
        nonlocal inside
        async with store.locks.hold((ALICE, "connections")):
            inside += 1
            assert inside == 1
            await anyio.lowlevel.checkpoint()
            inside -= 1

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(enter)


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOG]


async def test_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    replicas = Replicas(f"redis://user:pass-word-9@127.0.0.1:{free_port()}/0")
    async with replicas.one() as store:
        await check_all_goes_on(store)
        assert store.health.away
        assert store.health.troubles == {Trouble.UNREACHABLE: 3}
        assert store.health.unasked > 20
        assert store.health.answered == 0
    assert messages(caplog) == ["The store is away (unreachable). Answers go on without it."]
    assert "pass-word-9" not in caplog.text


async def test_once_in_a_while_one_question_tries_it_again(
    breakable: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    replicas = Replicas(breakable.url)
    async with replicas.one() as store:
        await store.memory.save(ALICE, "jobs:1", history(jobs=1))
        for outage in (1, 2):
            breakable.kill()
            for _ in range(5):
                assert await store.memory.load(ALICE, NAMES) == {"jobs:1": history(jobs=1)}
            assert (store.health.away, store.health.outages) == (True, outage)
            tried = store.health.troubles[Trouble.UNREACHABLE]
            replicas.clock.forward(7)
            async with anyio.create_task_group() as group:
                for _ in range(10):
                    group.start_soon(store.memory.load, ALICE, NAMES)
            assert store.health.troubles[Trouble.UNREACHABLE] == tried + 1
            breakable.start()
            assert await store.memory.load(ALICE, NAMES) == {"jobs:1": history(jobs=1)}
            assert breakable.everything() == {}, "it is left alone for some seconds"
            replicas.clock.forward(7)
            assert await store.memory.load(ALICE, NAMES) == {"jobs:1": history(jobs=1)}
            assert not store.health.away
            assert len(breakable.everything()) == 1
    assert messages(caplog) == [
        "The store is away (unreachable). Answers go on without it.", "The store is back.",
    ] * 2  # fmt: skip


async def test_a_store_that_does_not_answer_costs_a_second_or_two_and_then_nothing(breakable: RedisServer) -> None:
    replicas = Replicas(breakable.url)
    async with replicas.one(timeout_s=0.3) as store:
        await store.memory.save(ALICE, "jobs:1", history())
        breakable.freeze()
        began = anyio.current_time()
        for _ in range(50):
            assert await store.memory.load(ALICE, NAMES) == {"jobs:1": history()}
            assert await store.budget.take(ALICE) >= 0
        assert anyio.current_time() - began < 5
        assert store.health.troubles == {Trouble.TIMEOUT: 3}
        assert store.health.away
        breakable.thaw()
        replicas.clock.forward(7)
        assert await store.memory.load(ALICE, NAMES) == {"jobs:1": history()}
        assert not store.health.away


async def test_many_callers_do_not_wait_one_after_the_other(breakable: RedisServer) -> None:
    replicas = Replicas(breakable.url)
    async with replicas.one(timeout_s=0.3) as store:
        await store.memory.save(ALICE, "jobs:1", history())
        breakable.freeze()
        began = anyio.current_time()
        async with anyio.create_task_group() as group:
            for _ in range(500):
                group.start_soon(store.memory.load, ALICE, NAMES)
        assert anyio.current_time() - began < 5


@pytest.mark.parametrize(
    ("options", "url"),
    [
        (("--requirepass", "right"), "redis://:wrong-9f3a@127.0.0.1:{}/0"),
        (("--requirepass", "right"), "redis://127.0.0.1:{}/0"),
        (("--user", "default", "reset", "on", "nopass", "~other:*", "+@all"), "redis://127.0.0.1:{}/0"),
        (("--user", "default", "reset", "on", "nopass", "~*", "+ping"), "redis://127.0.0.1:{}/0"),
    ],
    ids=["wrong password", "no password", "no right to the keys", "no right to the commands"],
)
async def test_the_store_lets_us_not_in(
    tmp_path: Any, caplog: pytest.LogCaptureFixture, options: tuple[str, ...], url: str
) -> None:
    server = RedisServer(tmp_path, options)
    server.start()
    try:
        async with Replicas(url.format(server.port)).one() as store:
            await check_all_goes_on(store)
            assert store.health.away
            assert set(store.health.troubles) == {Trouble.DENIED}
    finally:
        server.kill()
    assert messages(caplog) == ["The store is away (denied). Answers go on without it."]
    assert "wrong-9f3a" not in caplog.text


async def test_a_password_of_its_own_is_used(tmp_path: Any) -> None:
    server = RedisServer(tmp_path, ("--requirepass", "right"))
    server.start()
    try:
        async with Replicas(server.url).one(password="right") as store:
            await check_all_goes_on(store)
            assert store.health.troubles == {}
    finally:
        server.kill()


@pytest.mark.parametrize("setting", [("maxmemory", "1"), ("min-replicas-to-write", "1")], ids=["full", "read-only"])
async def test_a_store_that_takes_nothing_is_still_read(redis: RedisServer, setting: tuple[str, str]) -> None:
    async with Replicas(redis.url).one() as store, Replicas(redis.url).one() as writer:
        await writer.memory.save(ALICE, "jobs:0", history())
        with redis.client() as raw:
            raw.config_set(*setting)
        await store.memory.save(ALICE, "jobs:1", history(jobs=1))
        assert store.health.troubles == {Trouble.FAILED: 1}
        found = await store.memory.load(ALICE, ["jobs:0", "jobs:1"])
        assert found == {"jobs:0": history(), "jobs:1": history(jobs=1)}
        await store.budget.observe(ALICE, RateHeaders(limit=10, remaining=10), blocked_for_s=None)
        assert [await store.budget.take(ALICE) == 0.0 for _ in range(12)].count(True) == 8


@asynccontextmanager
async def answering(converse: Callable[[SocketStream], Any]) -> AsyncIterator[int]:
    """A server that does with its connections what a test wants; gives its port."""

    async def serve(stream: SocketStream) -> None:
        async with stream:
            try:
                await converse(stream)
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        yield listener.extra(SocketAttribute.local_port)
        group.cancel_scope.cancel()


def address(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"


def saying(answer: bytes) -> Callable[[SocketStream], Any]:
    async def converse(stream: SocketStream) -> None:
        while True:
            await stream.receive()
            await stream.send(answer)

    return converse


SILLY = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\r\n",
    b":\r\n",
    b":many\r\n",
    b"$many\r\nx\r\n",
    b"$-5\r\n",
    b"*1000000000\r\n",
    b"*2\r\n:1\r\n",
    b"*3\r\n:1\r\n:1\r\n:1\r\n",
    b"*2\r\n$3\r\nabc\r\n$-1\r\n",
    b"*2\r\n+OK\r\n:7\r\n",
    b"*-1\r\n",
    b":77\r\n",
    b"+OK\r\n",
    b"-ERR no\r\n",
    b"-LOADING Redis is loading\r\n",
    b"-NOSCRIPT no\r\n",
    b"-MOVED 1 127.0.0.1:1\r\n",
    b"\xff\xfe\r\n",
    b"+OK\r\n" * 50,
]


@pytest.mark.parametrize("answer", SILLY, ids=range(len(SILLY)))
async def test_whatever_it_says(answer: bytes) -> None:
    async with answering(saying(answer)) as port, Replicas(address(port)).one(timeout_s=0.05) as store:
        await store.memory.save(ALICE, "jobs:1", history())
        assert await store.memory.load(ALICE, NAMES) == {"jobs:1": history()}
        await store.budget.observe(ALICE, RateHeaders(limit=10, remaining=10), blocked_for_s=None)
        assert (await store.budget.take(ALICE)) >= 0
        await store.budget.state(ALICE)
        async with store.locks.hold((ALICE, "feed")):
            pass


@settings(max_examples=12, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text("$*:+-0123456789\r\nOK", max_size=40).map(str.encode)))
def test_whatever_it_says_at_all(answer: bytes) -> None:
    async def check() -> None:
        async with answering(saying(answer)) as port, Replicas(address(port)).one(timeout_s=0.02) as store:
            await store.memory.save(ALICE, "jobs:1", history())
            assert await store.memory.load(ALICE, NAMES) == {"jobs:1": history()}
            assert await store.budget.take(ALICE) >= 0

    anyio.run(check)


async def test_a_store_that_hangs_up_in_the_middle() -> None:
    async def converse(stream: SocketStream) -> None:
        await stream.receive()
        await stream.send(b"*2\r\n$400\r\nabc")

    async with answering(converse) as port, Replicas(address(port)).one() as store:
        await check_all_goes_on(store)
        assert set(store.health.troubles) == {Trouble.UNREACHABLE}


async def test_when_it_goes_away_within_a_minute_hardly_anything_is_overdrawn(breakable: RedisServer) -> None:
    """Each replica knows the limit and sees the others' requests in the answers, one answer late."""
    counted = refused = 0

    async def request(store: SharedStore) -> None:
        nonlocal counted, refused
        if await store.budget.take(ALICE) > 0:
            return
        if counted == 10:
            refused += 1
            headers, blocked = RateHeaders(limit=10, remaining=0), 60.0
        else:
            counted += 1
            headers, blocked = RateHeaders(limit=10, remaining=10 - counted), None
        await store.budget.observe(ALICE, headers, blocked_for_s=blocked)

    replicas = Replicas(breakable.url)
    async with replicas.one() as one, replicas.one() as other, replicas.one() as third:
        for store in (one, other, third) * 2:
            await request(store)
        assert counted == 6
        breakable.kill()
        for store in (one, other, third) * 10:
            await request(store)
        assert 8 <= counted <= 10
        assert refused <= 2


async def test_what_was_forgotten_while_it_was_away_stays_forgotten(breakable: RedisServer) -> None:
    replicas = Replicas(breakable.url)
    async with replicas.one(timeout_s=0.3) as one, replicas.one() as other:
        await one.memory.save(ALICE, "jobs:1", history())
        assert await other.memory.load(ALICE, NAMES) == {"jobs:1": history()}
        replicas.clock.forward(1)
        breakable.freeze()
        await one.memory.forget(ALICE, "jobs:1")
        breakable.thaw()
        assert await one.memory.load(ALICE, NAMES) == {}
        assert await other.memory.load(ALICE, NAMES) == {}, "and it was told on"
        newer = history(jobs=3, at=replicas.clock.now)
        await other.memory.save(ALICE, "jobs:1", newer)
        assert await one.memory.load(ALICE, NAMES) == {"jobs:1": newer}


async def test_a_reading_that_could_not_be_written_is_written_later(breakable: RedisServer) -> None:
    replicas = Replicas(breakable.url)
    async with replicas.one(timeout_s=0.3) as one, replicas.one() as other:
        await one.memory.save(ALICE, "jobs:1", history(jobs=1))
        replicas.clock.forward(30)
        newer = history(jobs=2, at=replicas.clock.now)
        breakable.freeze()
        await one.memory.save(ALICE, "jobs:1", newer)
        breakable.thaw()
        with breakable.client() as raw:  # the question it was asked while it was frozen is answered now: take it back
            [key] = raw.keys()
            raw.delete(key)
        await other.memory.save(ALICE, "jobs:1", history(jobs=1))
        assert await one.memory.load(ALICE, NAMES) == {"jobs:1": newer}
        assert await other.memory.load(ALICE, NAMES) == {"jobs:1": newer}


async def test_a_store_with_tls_or_on_a_socket_is_reached_or_not_but_never_in_the_way(tmp_path: Any) -> None:
    for url in (f"rediss://127.0.0.1:{free_port()}/0", f"unix://{tmp_path}/no.sock"):
        async with Replicas(url).one() as store:
            await check_all_goes_on(store)
            assert store.health.away


async def test_a_unix_socket(tmp_path: Any) -> None:
    server = RedisServer(tmp_path, ("--unixsocket", f"{tmp_path}/redis.sock"))
    server.start()
    try:
        async with Replicas(f"unix://{tmp_path}/redis.sock").one() as store:
            await check_all_goes_on(store)
            assert store.health.troubles == {}
        assert len(server.everything()) == 4
    finally:
        server.kill()


def test_nothing_secret_is_shown() -> None:
    from airweave_sync_mcp.hosting.store import StoreKeys, StoreSettings, build_store

    settings = StoreSettings(url="redis://u:hunter2@h:1/0", keys=StoreKeys.parse(KEY), password="hunter3")
    shown = repr(settings) + repr(build_store(settings, clock=lambda: NOW))
    assert "hunter" not in shown
    assert KEY not in shown
    assert StoreKeys.parse(KEY).keys[0].hex() not in shown.replace("\\x", "")
