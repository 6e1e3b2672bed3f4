"""What stands in the store is of use to nobody but the replicas, and only where they put it."""

from collections.abc import Callable

import pytest

from airweave_sync_mcp.airweave.budget import RateHeaders
from airweave_sync_mcp.history.memory import SyncOwner
from airweave_sync_mcp.hosting.store import StoreKeys, Trouble
from airweave_sync_mcp.hosting.store.codec import Codec
from airweave_sync_mcp.hosting.store.keys import NONCE
from tests.support.redis import RedisServer

from .kit import ALICE, KEY, MALLORY, NOW, OTHER_KEY, SECRET, Replicas, history, load

pytestmark = pytest.mark.anyio


async def test_a_value_moved_elsewhere_is_of_no_use(replicas: Replicas, redis: RedisServer) -> None:
    """Somebody who can write to the store moves what Alice has read to where Mallory's entries stand, and about."""
    names = StoreKeys.parse(KEY).names(Codec().schema)
    async with replicas.one() as one, replicas.one() as other:
        await one.memory.save(ALICE, "jobs:1", history())
        with redis.client() as raw:
            sealed = raw.get(names.entry(ALICE, "jobs:1"))
            for tenant, name in ((MALLORY, "jobs:1"), (ALICE, "jobs:2"), (MALLORY, "connections")):
                raw.set(names.entry(tenant, name), sealed)
                assert await load(other, name, tenant) is None
                assert await load(one, name, tenant) is None
        assert other.health.troubles == one.health.troubles == {Trouble.UNREADABLE: 3}
        assert await load(other, "jobs:1") == history()


def _flip(raw: bytes) -> bytes:
    return raw[:-1] + bytes([raw[-1] ^ 1])


@pytest.mark.parametrize(
    "spoil",
    [
        _flip,
        lambda raw: bytes([raw[0] ^ 128]) + raw[1:],
        lambda raw: raw[:-1],
        lambda raw: raw[: NONCE + 3],
        lambda raw: raw[:3],
        lambda raw: b"",
        lambda raw: raw + b"\0",
        lambda raw: b'{"connection_id": "x"}',
    ],
)
async def test_spoilt_values_are_misses(
    replicas: Replicas, redis: RedisServer, spoil: Callable[[bytes], bytes]
) -> None:
    async with replicas.one() as one, replicas.one() as other, replicas.one() as third:
        await one.memory.save(ALICE, "jobs:1", history())
        await load(third, "jobs:1")
        with redis.client() as raw:
            [key] = raw.keys()
            raw.set(key, spoil(raw.get(key)))
        assert await load(other, "jobs:1") is None
        assert other.health.troubles == {Trouble.UNREADABLE: 1}
        assert not other.health.away
        assert await load(third, "jobs:1") == history(), "its own copy is as good as ever"
        await other.memory.save(ALICE, "jobs:1", history())
        assert await load(other, "jobs:1") == history()


@pytest.mark.parametrize("command", [("lpush", "x"), ("sadd", "x"), ("hset", "x", "y")])
async def test_a_key_of_another_type_is_a_miss_and_is_overwritten(
    replicas: Replicas, redis: RedisServer, command: tuple[str, ...]
) -> None:
    async with replicas.one() as one, replicas.one() as other:
        await one.memory.save(ALICE, "jobs:1", history())
        with redis.client() as raw:
            [key] = raw.keys()
            raw.delete(key)
            raw.execute_command(command[0], key, *command[1:])
        assert await load(other, "jobs:1") is None
        assert await load(one, "jobs:1") == history()
        await other.memory.save(ALICE, "jobs:1", history(jobs=7))
        assert await load(one, "jobs:1") == history(jobs=7)
        assert not one.health.away


async def test_keys_are_exchanged_under_way(replicas: Replicas) -> None:
    async with replicas.one() as old, replicas.one(key=f"{OTHER_KEY},{KEY}") as new:
        assert old.pepper == new.pepper
        await old.memory.save(ALICE, "jobs:1", history(jobs=1))
        assert await load(new, "jobs:1") == history(jobs=1)
        await new.memory.save(ALICE, "jobs:2", history(jobs=2))
        assert await load(old, "jobs:2") is None
        assert old.health.troubles == {Trouble.UNREADABLE: 1}
        async with replicas.one(key=f"{OTHER_KEY},{KEY}") as another:
            assert await load(another, "jobs:2") == history(jobs=2)


async def test_with_another_key_nothing_is_found(replicas: Replicas) -> None:
    async with replicas.one() as one, replicas.one(key=OTHER_KEY) as stranger:
        await one.memory.save(ALICE, "jobs:1", history())
        assert await load(stranger, "jobs:1") is None
        assert stranger.pepper != one.pepper


async def test_no_secret_stands_in_the_store(replicas: Replicas, redis: RedisServer) -> None:
    said = [
        ALICE,
        SECRET,
        "hunter2",
        "c0ffee00",
        "finance",
        "Marketing",
        KEY,
        "ConnectionHistory",
        "jobs:",
        "connections",
    ]
    async with replicas.one() as one:
        await one.memory.save(ALICE, "jobs:c0ffee00", history(jobs=1))
        await one.memory.save(ALICE, "jobs:c0ffee01", history(jobs=300))
        await one.memory.save(ALICE, "sync:Marketing", SyncOwner(connection_id="c0ffee00", fetched_at=NOW))
        await one.memory.forget(ALICE, "detail:Marketing")
        await one.budget.take(ALICE)
        await one.budget.observe(ALICE, RateHeaders(limit=10, remaining=9), blocked_for_s=None)
        await one.claims.claim("approval of Marketing")
        async with one.locks.hold((ALICE, "connections")):
            found = redis.everything()
    assert len(found) == 8
    stored = repr(found).encode() + b"".join(raw for raw in found.values() if isinstance(raw, bytes))
    for word in said:
        assert word.encode() not in stored
    assert bytes.fromhex(KEY) not in stored
    for raw in found.values():  # nor is anything merely compressed
        if isinstance(raw, bytes):
            for start in range(64):
                with pytest.raises(Exception):  # noqa: B017, PT011
                    Codec().decode(raw[start:])
