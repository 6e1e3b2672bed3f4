"""One replica at a time, and none for ever."""

from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.hosting.store import SharedStore
from airweave_sync_mcp.hosting.store.keys import StoreKeys
from airweave_sync_mcp.hosting.store.locks import SharedLocks
from tests.support.redis import RedisServer

from .kit import ALICE, KEY, MALLORY, Replicas

pytestmark = pytest.mark.anyio

NAME = (ALICE, "connections")
LOCK = StoreKeys.parse(KEY).names("").lock(*NAME)


def locks(store: SharedStore, **options: Any) -> SharedLocks:
    return SharedLocks(store.redis, store.link, StoreKeys.parse(KEY).names(""), **options)


async def test_one_at_a_time(replicas: Replicas, redis: RedisServer) -> None:
    inside, most, entered = 0, 0, 0

    async def enter(store: SharedStore) -> None:
        nonlocal inside, most, entered
        async with store.locks.hold(NAME):
            inside += 1
            entered += 1
            most = max(most, inside)
            await anyio.sleep(0.01)
            inside -= 1

    async with AsyncExitStack() as stack, anyio.create_task_group() as group:
        for _ in range(5):
            store = await stack.enter_async_context(replicas.one())
            for _ in range(4):
                group.start_soon(enter, store)
    assert (most, entered) == (1, 20)
    assert redis.everything() == {}


async def test_different_names_do_not_wait_for_each_other(replicas: Replicas) -> None:
    async with replicas.one() as one, replicas.one() as other:
        async with one.locks.hold(NAME), other.locks.hold((MALLORY, "connections")), other.locks.hold((ALICE, "feed")):
            pass
        assert one.health.lock_waits == other.health.lock_waits == 0


async def test_an_error_goes_through_as_it_is(replicas: Replicas, redis: RedisServer) -> None:
    refused = AirweaveError(code=ErrorCode.RATE_LIMITED, message="no", hint="wait")
    async with replicas.one() as one:
        with pytest.raises(AirweaveError) as raised:
            async with one.locks.hold(NAME):
                raise refused
        assert raised.value is refused
        assert redis.everything() == {}
        with anyio.move_on_after(0.01) as scope:
            async with one.locks.hold(NAME):
                await anyio.sleep_forever()
        assert scope.cancelled_caught
        assert redis.everything() == {}


async def test_whoever_is_cancelled_while_waiting_leaves_nothing(replicas: Replicas, redis: RedisServer) -> None:
    async with replicas.one() as one, replicas.one() as other:
        async with one.locks.hold(NAME):
            for pause in (0.0, 0.001, 0.003, 0.01, 0.05):
                with anyio.move_on_after(pause):
                    async with other.locks.hold(NAME):
                        pytest.fail("two hold it")
            assert set(redis.everything()) == {LOCK.encode()}
        assert redis.everything() == {}
        async with other.locks.hold(NAME):
            assert set(redis.everything()) == {LOCK.encode()}


async def test_the_lock_of_a_dead_replica_ends_by_itself(replicas: Replicas, redis: RedisServer) -> None:
    with redis.client() as raw:
        raw.set(LOCK, "somebody who died", px=300)
    async with replicas.one() as one:
        before = anyio.current_time()
        async with one.locks.hold(NAME):
            assert 0.1 < anyio.current_time() - before < 5
        assert one.health.lock_waits == 1


async def test_a_living_holder_keeps_it_beyond_its_lifetime(replicas: Replicas, redis: RedisServer) -> None:
    async with replicas.one() as one, replicas.one() as other, locks(one, lifetime_s=0.3).hold(NAME):
        with anyio.move_on_after(0.7) as waiting:
            async with locks(other).hold(NAME):
                pytest.fail("two hold it")
        assert waiting.cancelled_caught
        with redis.client() as raw:
            assert 0 < raw.pttl(LOCK) <= 300


async def test_patience_ends(replicas: Replicas, redis: RedisServer) -> None:
    with redis.client() as raw:
        raw.set(LOCK, "somebody slow")
    async with replicas.one() as one:
        async with locks(one, patience_s=0.2).hold(NAME):
            pass
        assert redis.everything() == {LOCK.encode(): b"somebody slow"}, "another one's lock is not taken away"


async def test_a_lock_that_was_lost_is_not_taken_from_its_new_holder(replicas: Replicas, redis: RedisServer) -> None:
    async with replicas.one() as one:
        async with one.locks.hold(NAME):
            with redis.client() as raw:
                raw.set(LOCK, "another")
        assert redis.everything() == {LOCK.encode(): b"another"}


async def test_a_key_of_another_type_is_no_lock(replicas: Replicas, redis: RedisServer) -> None:
    with redis.client() as raw:
        raw.lpush(LOCK, "nonsense")
    async with replicas.one() as one, one.locks.hold(NAME):
        assert one.health.lock_waits == 0


async def test_an_approval_is_good_for_one_call(replicas: Replicas, redis: RedisServer) -> None:
    async with replicas.one() as one, replicas.one() as other:
        claimed: list[bool] = []

        async def claim(store: SharedStore) -> None:
            claimed.append(await store.claims.claim("approval 1"))

        async with anyio.create_task_group() as group:
            for store in (one, other) * 10:
                group.start_soon(claim, store)
        assert claimed.count(True) == 1
        assert await other.claims.claim("approval 2")
        assert not await one.claims.claim("approval 2")
        with redis.client() as raw:
            assert all(15 * 60 < raw.ttl(key) <= 3600 for key in raw.scan_iter())
