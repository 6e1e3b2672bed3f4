"""What one replica reads, all replicas know; and nobody else does."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from airweave_sync_mcp.history.memory import ConnectionList, Entry, FeedChoice, SyncOwner
from airweave_sync_mcp.hosting.store import SharedStore, StoreKeys, Trouble
from airweave_sync_mcp.hosting.store.copies import Copies
from airweave_sync_mcp.hosting.store.keys import NONCE
from tests.support.redis import RedisServer

from .kit import ALICE, KEY, MALLORY, NOW, OTHER_KEY, SECRET, Clock, Replicas, history, job

pytestmark = pytest.mark.anyio

DAY = timedelta(hours=24)


@pytest.fixture
def replicas(redis: RedisServer) -> Replicas:
    return Replicas(redis.url)


async def load(store: SharedStore, name: str, tenant: str = ALICE) -> Entry | None:
    return (await store.memory.load(tenant, [name])).get(name)


async def test_what_one_saves_another_loads(replicas: Replicas) -> None:
    async with replicas.one() as one, replicas.one() as other:
        assert await load(other, "jobs:1") is None
        await one.memory.save(ALICE, "jobs:1", history())
        assert await load(other, "jobs:1") == history()
        newer = history(at=NOW + timedelta(seconds=1), jobs=3)
        await other.memory.save(ALICE, "jobs:1", newer)
        assert await load(one, "jobs:1") == newer
        assert one.health.troubles == other.health.troubles == {}


async def test_many_names_at_once_in_any_order_and_twice(replicas: Replicas) -> None:
    async with replicas.one() as one, replicas.one() as other:
        for number in range(450):
            await one.memory.save(ALICE, f"jobs:{number}", history(connection=str(number)))
        names = [f"jobs:{number}" for number in (*range(600), *range(10))]
        found = await other.memory.load(ALICE, names)
        assert found == {f"jobs:{number}": history(connection=str(number)) for number in range(450)}
        assert await other.memory.load(ALICE, []) == {}
        assert (other.health.hits, other.health.misses) == (450, 150)


async def test_an_answer_of_bounded_size_is_asked_for_in_parts(replicas: Replicas, monkeypatch: Any) -> None:
    monkeypatch.setattr("airweave_sync_mcp.hosting.store.memory._ROOM", 500)
    async with replicas.one() as one, replicas.one() as other:
        saved = {f"jobs:{number}": history(connection=str(number)) for number in range(20)}
        for name, entry in saved.items():
            await one.memory.save(ALICE, name, entry)
        before = other.health.answered
        assert await other.memory.load(ALICE, saved) == saved
        assert other.health.answered - before > 3


async def test_what_is_known_is_not_fetched_again(replicas: Replicas, redis: RedisServer) -> None:
    async with replicas.one() as one, replicas.one() as other:
        await one.memory.save(ALICE, "jobs:1", history(jobs=500))
        await load(other, "jobs:1")
        with redis.client() as raw:
            sent = raw.info("stats")["total_net_output_bytes"]
            for _ in range(10):
                assert await load(other, "jobs:1") == history(jobs=500)
                assert await load(one, "jobs:1") == history(jobs=500)
            assert raw.info("stats")["total_net_output_bytes"] - sent < 20_000
            [key] = raw.keys()
            assert raw.strlen(key) > 5_000


async def test_forgetting_reaches_all(replicas: Replicas) -> None:
    async with replicas.one() as one, replicas.one() as other, replicas.one() as third:
        await one.memory.save(ALICE, "jobs:1", history())
        assert await load(other, "jobs:1") == history()
        replicas.clock.forward(1)
        await one.memory.forget(ALICE, "jobs:1")
        assert await load(one, "jobs:1") is await load(other, "jobs:1") is await load(third, "jobs:1") is None
        newer = history(at=replicas.clock.now)
        await other.memory.save(ALICE, "jobs:1", newer)
        assert await load(one, "jobs:1") == await load(third, "jobs:1") == newer
        await one.memory.forget(ALICE, "never there")


async def test_tenants_never_meet(replicas: Replicas, redis: RedisServer) -> None:
    async with replicas.one() as one, replicas.one() as other:

        async def live(store: SharedStore, tenant: str, seed: int) -> None:
            for number in range(40):
                own = history(connection=f"{tenant}-{number % 5}", jobs=seed)
                await store.memory.save(tenant, f"jobs:{number % 5}", own)
                found = await store.memory.load(tenant, [f"jobs:{number}" for number in range(5)])
                assert all(entry.connection_id.startswith(tenant) for entry in found.values())  # type: ignore[union-attr]
                assert found[f"jobs:{number % 5}"].connection_id == f"{tenant}-{number % 5}"  # type: ignore[union-attr]

        async with anyio.create_task_group() as group:
            for seed, tenant in enumerate((ALICE, MALLORY, "", ALICE.upper(), f"{ALICE}:jobs")):
                group.start_soon(live, one, tenant, seed)
                group.start_soon(live, other, tenant, seed)
        assert len(redis.everything()) == 25


async def test_a_value_moved_elsewhere_is_of_no_use(replicas: Replicas, redis: RedisServer) -> None:
    """Somebody who can write to the store moves what Alice has read to where Mallory's entries stand, and about."""
    names = StoreKeys.parse(KEY).names(_schema())
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


def _schema() -> str:
    from airweave_sync_mcp.hosting.store.codec import Codec

    return Codec().schema


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
    from airweave_sync_mcp.airweave.budget import RateHeaders
    from tests.hosting.store.test_codec import CODEC

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
                    CODEC.decode(raw[start:])


async def test_entries_live_for_a_day_from_their_reading(replicas: Replicas, redis: RedisServer) -> None:
    clock = replicas.clock
    async with replicas.one() as one, replicas.one() as other:
        await one.memory.save(ALICE, "jobs:1", history())
        clock.forward(3600)
        await one.memory.save(ALICE, "jobs:2", history())
        with redis.client() as raw:
            lives = sorted(raw.pttl(key) for key in raw.scan_iter())
        assert 0 <= 23 * 3_600_000 - lives[0] < 20_000
        assert 0 <= 24 * 3_600_000 - lives[1] < 20_000
        clock.forward(22 * 3600)
        assert await load(one, "jobs:1") == await load(other, "jobs:1") == history()
        clock.forward(3600)
        assert await load(one, "jobs:1") is await load(other, "jobs:1") is None
        await one.memory.save(ALICE, "jobs:3", history())
        assert len(redis.everything()) == 2


async def test_the_lifetime_can_be_set(replicas: Replicas, redis: RedisServer) -> None:
    async with replicas.one(lifetime=timedelta(seconds=60)) as one:
        await one.memory.save(ALICE, "jobs:1", history())
        with redis.client() as raw:
            assert 30_000 < raw.pttl(raw.keys()[0]) <= 60_000
        replicas.clock.forward(61)
        assert await load(one, "jobs:1") is None


async def test_what_is_too_large_stays_here(replicas: Replicas, redis: RedisServer, monkeypatch: Any) -> None:
    async with replicas.one() as one, replicas.one() as other:
        await one.memory.save(ALICE, "jobs:1", history(jobs=1))
        assert await load(other, "jobs:1") == history(jobs=1)
        one.memory._most_bytes = 500  # type: ignore[attr-defined]
        large = history(jobs=200, at=NOW + timedelta(seconds=5))
        await one.memory.save(ALICE, "jobs:1", large)
        assert redis.everything() == {}, "rather none than an older one"
        assert one.health.troubles == {Trouble.TOO_LARGE: 1}
        assert await load(one, "jobs:1") == large
        assert one.health.troubles == {Trouble.TOO_LARGE: 1}, "it is not tried again and again"
        assert await load(other, "jobs:1") == history(jobs=1)


async def test_what_json_cannot_hold_stays_here(replicas: Replicas, redis: RedisServer) -> None:
    odd = history(connection="\ud800")
    async with replicas.one() as one, replicas.one() as other:
        await one.memory.save(ALICE, "jobs:1", odd)
        assert await load(one, "jobs:1") == odd
        assert await load(other, "jobs:1") is None
        assert redis.everything() == {}


@pytest.mark.parametrize("jobs", [1_500, 30_000])
async def test_large_values_are_shared(replicas: Replicas, jobs: int) -> None:
    entry = ConnectionList(connections=(), fetched_at=NOW)
    feed = history(jobs=jobs)
    async with replicas.one() as one, replicas.one() as other:
        await one.memory.save(ALICE, "connections", entry)
        await one.memory.save(ALICE, "feed:", feed)
        assert await other.memory.load(ALICE, ["feed:", "connections"]) == {"feed:": feed, "connections": entry}


async def test_what_the_store_loses_is_brought_back_by_whoever_knows_it(replicas: Replicas, redis: RedisServer) -> None:
    async with replicas.one() as one, replicas.one() as other:
        saved = {f"jobs:{number}": history(connection=str(number)) for number in range(120)}
        for name, entry in saved.items():
            await one.memory.save(ALICE, name, entry)
        replicas.clock.forward(3600)
        await one.memory.forget(ALICE, "jobs:0")
        del saved["jobs:0"]
        redis.clear()
        assert await one.memory.load(ALICE, [*saved, "jobs:0"]) == saved
        assert len(redis.everything()) == 100
        assert await one.memory.load(ALICE, [*saved, "jobs:0"]) == saved
        assert len(redis.everything()) == 120
        assert await other.memory.load(ALICE, [*saved, "jobs:0"]) == saved
        with redis.client() as raw:
            assert max(raw.pttl(key) for key in raw.scan_iter()) <= 24 * 3_600_000
            assert min(raw.pttl(key) for key in raw.scan_iter()) <= 23 * 3_600_000, (
                "the lifetime counts from the reading"
            )


async def test_a_wrong_clock_does_not_make_entries_fresh_for_ever(replicas: Replicas) -> None:
    ahead = Clock(NOW + timedelta(hours=2))
    async with replicas.one() as one, replicas.one(clock=ahead) as wrong:
        await wrong.memory.save(ALICE, "jobs:1", history(at=ahead.now))
        assert await load(one, "jobs:1") is None
        assert one.health.troubles == {Trouble.FROM_FUTURE: 1}
        await one.memory.save(ALICE, "jobs:1", history(at=NOW))
        assert await load(one, "jobs:1") == history(at=NOW)
        slightly = Clock(NOW + timedelta(seconds=5))
        async with replicas.one(clock=slightly) as other:
            await other.memory.save(ALICE, "jobs:2", history(at=slightly.now))
            assert await load(one, "jobs:2") == history(at=slightly.now)


async def test_two_versions_of_the_program_do_not_disturb_each_other(replicas: Replicas, monkeypatch: Any) -> None:
    from airweave_sync_mcp.hosting.store import codec

    async with replicas.one() as old:
        monkeypatch.setattr(codec, "Value", FeedChoice | codec.Forgotten)
        async with replicas.one() as new:
            await old.memory.save(ALICE, "feed", FeedChoice(path=None, fetched_at=NOW))
            assert await load(new, "feed") is None
            await new.memory.save(ALICE, "feed", FeedChoice(path=None, fetched_at=NOW + timedelta(seconds=1)))
            assert await load(old, "feed") == FeedChoice(path=None, fetched_at=NOW)
            assert old.health.troubles == new.health.troubles == {}


def test_copies_are_bounded_and_the_least_used_go_first() -> None:
    from airweave_sync_mcp.hosting.store.copies import Copy

    copies = Copies(limit=50)
    for number in range(10):
        copies.put(ALICE, str(number), Copy(history(jobs=9)))
        copies.find(ALICE, ["0"])
    assert set(copies.find(ALICE, [str(number) for number in range(10)])) == {"0", "6", "7", "8", "9"}
    copies.put(ALICE, "large", Copy(history(jobs=100)))
    assert copies.find(ALICE, ["large", "0"]) == {}
    copies.put(ALICE, "small", Copy(history(jobs=1)))
    copies.put(ALICE, "small", Copy(history(jobs=2)))
    assert copies._weight == 3


def connections(redis: RedisServer) -> int:
    """How many there have ever been."""
    with redis.client() as raw:
        received: int = raw.info("stats")["total_connections_received"]
        return received


async def test_cancelled_questions_mix_up_nothing(replicas: Replicas, redis: RedisServer) -> None:
    """Whoever goes away in the middle must not leave his answer to the next one on that connection."""
    async with replicas.one() as one, replicas.one() as other:
        for number in range(20):
            await one.memory.save(ALICE, f"jobs:{number}", history(connection=str(number)))
        wrong: list[str] = []
        before = connections(redis)

        async def ask(number: int) -> None:
            found = await other.memory.load(ALICE, [f"jobs:{number}"])
            if found and found[f"jobs:{number}"].connection_id != str(number):  # type: ignore[union-attr]
                wrong.append(f"{number}: {found}")

        async def ask_and_leave(number: int, turns: int) -> None:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(ask, number)
                    for _ in range(turns):
                        await anyio.lowlevel.checkpoint()
                    scope.cancel()

        for round_ in range(36):
            other.memory._copies = Copies()  # type: ignore[attr-defined]
            async with anyio.create_task_group() as group:
                for number in range(20):
                    group.start_soon(ask_and_leave, number, round_ % 12)
                    group.start_soon(ask, number)
        assert wrong == []
        assert other.health.troubles == {}
        assert connections(redis) - before < 80, "a question that is under way is not broken off"


async def test_a_job_survives_with_all_its_facts(replicas: Replicas) -> None:
    whole = history().__class__(
        connection_id="c", jobs=(job(1, encountered=(("pages", 3), ("files", 4)), duration_s=1.5),), fetched_at=NOW
    )
    async with replicas.one() as one, replicas.one() as other:
        await one.memory.save(ALICE, "jobs:c", whole)
        assert await load(other, "jobs:c") == whole


def test_the_scripts_are_part_of_the_package() -> None:
    package = Path(__file__).parents[3] / "src/airweave_sync_mcp/hosting/store"
    assert {path.stem for path in package.glob("*.lua")} == {"read", "rate", "hold", "release"}
