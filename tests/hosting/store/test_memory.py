"""What one replica reads, all replicas know; and nobody else does."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from airweave_sync_mcp.history.memory import ConnectionList, FeedChoice
from airweave_sync_mcp.hosting.store import SharedStore, Trouble
from airweave_sync_mcp.hosting.store.copies import Copies
from tests.support.redis import RedisServer

from .kit import ALICE, MALLORY, NOW, Clock, Replicas, history, job, load

pytestmark = pytest.mark.anyio

DAY = timedelta(hours=24)


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
            for number in range(15):
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


@pytest.mark.parametrize("jobs", [1_500, 8_000])
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

        for round_ in range(12):
            other.memory._copies = Copies()  # type: ignore[attr-defined]
            async with anyio.create_task_group() as group:
                for number in range(20):
                    group.start_soon(ask_and_leave, number, round_)
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
