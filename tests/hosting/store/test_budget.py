"""The shared budget counts as the one in a process does, and for all replicas together."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airweave_sync_mcp.airweave.budget import BudgetState, MemoryRateBudget, RateBudget, RateHeaders
from airweave_sync_mcp.hosting.store.budget import SharedRateBudget
from airweave_sync_mcp.hosting.store.health import StoreHealth
from airweave_sync_mcp.hosting.store.keys import StoreKeys
from airweave_sync_mcp.hosting.store.link import Link, connect
from tests.support.redis import RedisServer

from .kit import ALICE, KEY, MALLORY, Clock, Replicas

KEYS = StoreKeys.parse(KEY)
CALLERS = count()

TICK = 1 / 8
"""A part of a second that floating point and whole microseconds both hold exactly."""


@dataclass(frozen=True)
class Pause:
    ticks: int


@dataclass(frozen=True)
class Take:
    times: int


@dataclass(frozen=True)
class Observe:
    headers: RateHeaders
    blocked_ticks: int | None = None


PAUSES = st.sampled_from([1, 8, 40, 240, 479, 480, 481, 519, 520, 521])
"""Above all around the ends of the window, and of what a server may count later."""

LIMITED = st.one_of(
    st.builds(RateHeaders, limit=st.just(10), remaining=st.integers(0, 10)),
    st.builds(RateHeaders, limit=st.sampled_from([2, 10]), remaining=st.none() | st.integers(0, 2)),
)
UNLIMITED = st.builds(RateHeaders, limit=st.sampled_from([None, 0, 9999]), remaining=st.none() | st.just(9999))
STEPS = st.lists(
    st.one_of(
        st.builds(Take, st.sampled_from([1, 2, 5, 11])),
        st.builds(Pause, PAUSES),
        st.builds(Observe, LIMITED),
        st.builds(Take, st.sampled_from([1, 2, 5, 11])),
        st.builds(Pause, PAUSES),
        st.builds(Observe, LIMITED),
        st.builds(Observe, LIMITED | UNLIMITED, st.none() | st.sampled_from([0, 8, 80, 800, 9999])),
    ),
    min_size=5,
    max_size=40,
)


async def play(budget: RateBudget, caller: str, steps: list[Any], forward: Callable[[float], None]) -> list[Any]:
    """What a budget answers to a series of steps."""
    said: list[Any] = []
    for step in steps:
        match step:
            case Pause(ticks):
                forward(ticks * TICK)
            case Take(times):
                said += [await budget.take(caller) for _ in range(times)]
            case Observe(headers, blocked):
                pause = None if blocked is None else blocked * TICK
                await budget.observe(caller, headers, blocked_for_s=pause)
        said.append(await budget.state(caller))
    return said


@settings(max_examples=30, deadline=None)
@given(steps=STEPS, share=st.sampled_from([0.0, 0.2]))
def test_it_counts_exactly_as_the_one_in_a_process(running_redis: RedisServer, steps: list[Any], share: float) -> None:
    async def check() -> None:
        here, there = Clock(), Clock()
        redis = connect(running_redis.url, password=None, timeout_s=5.0)
        health = StoreHealth()
        shared = SharedRateBudget(
            redis,
            Link(health, there.monotonic, 5.0),
            KEYS.names(""),
            MemoryRateBudget(Clock().monotonic, reserve_share=0.9),  # it must have no say
            reserve_share=share,
            clock=there.monotonic,
        )
        caller = f"caller {next(CALLERS)}"
        expected = await play(MemoryRateBudget(here.monotonic, reserve_share=share), caller, steps, here.forward)
        assert await play(shared, caller, steps, there.forward) == expected
        assert health.troubles == {}
        await redis.aclose()

    anyio.run(check)


pytestmark = pytest.mark.anyio


TEN = RateHeaders(limit=10, remaining=10)


async def test_replicas_share_the_smallest_plan(replicas: Replicas) -> None:
    async with replicas.one() as one, replicas.one() as other:
        await one.budget.observe(ALICE, TEN, blocked_for_s=None)
        granted = [await store.budget.take(ALICE) == 0.0 for store in (one, other) * 10]
        assert granted.count(True) == 8
        assert 55 < await other.budget.take(ALICE) <= 60
        assert await one.budget.state(ALICE) == await other.budget.state(ALICE)
        assert await one.budget.state(ALICE) == BudgetState(
            known=True, limit=10, usable_per_minute=8, left=0, reserve=2, blocked_for_s=0.0
        )


async def test_forty_callers_at_once_get_eight(replicas: Replicas) -> None:
    async with replicas.one() as one, replicas.one() as other:
        await one.budget.observe(ALICE, TEN, blocked_for_s=None)
        granted: list[float] = []

        async def ask(budget: RateBudget) -> None:
            granted.append(await budget.take(ALICE))

        async with anyio.create_task_group() as group:
            for store in (one, other) * 20:
                group.start_soon(ask, store.budget)
        assert len(granted) == 40
        assert granted.count(0.0) == 8


async def test_callers_do_not_share(replicas: Replicas) -> None:
    async with replicas.one() as one, replicas.one() as other:
        await one.budget.observe(ALICE, RateHeaders(limit=1, remaining=0), blocked_for_s=None)
        assert await other.budget.take(ALICE) > 0
        assert await other.budget.take(MALLORY) == 0
        assert not (await one.budget.state(MALLORY)).known


async def test_a_429_stops_all_replicas(replicas: Replicas) -> None:
    async with replicas.one() as one, replicas.one() as other:
        await one.budget.observe(ALICE, RateHeaders(), blocked_for_s=30.0)
        assert 25 < await other.budget.take(ALICE) <= 30
        assert 25 < (await other.budget.state(ALICE)).blocked_for_s <= 30
        await other.budget.observe(ALICE, RateHeaders(), blocked_for_s=1e9)
        assert await one.budget.take(ALICE) <= 600


async def test_what_is_kept_of_a_caller_is_bounded_in_size_and_time(replicas: Replicas, redis: RedisServer) -> None:
    async with replicas.one() as one:
        await one.budget.observe(ALICE, RateHeaders(limit=100, remaining=100), blocked_for_s=None)
        for number in range(300):
            await one.budget.take(ALICE)
            await one.budget.observe(ALICE, RateHeaders(limit=100, remaining=number % 100), blocked_for_s=None)
        with redis.client() as raw:
            about, sent = KEYS.names("").rate(ALICE)
            assert raw.zcard(sent) <= 80
            assert raw.memory_usage(about) < 5_000
            assert 0 < raw.pttl(sent) <= 65_000
            assert 0 < raw.pttl(about) <= 24 * 3_600_000
        await one.budget.observe(ALICE, RateHeaders(), blocked_for_s=None)
        for _ in range(100):
            assert await one.budget.take(ALICE) == 0.0
        with redis.client() as raw:
            assert raw.exists(sent) == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw, about, sent: raw.set(about, "nonsense"),
        lambda raw, about, sent: (raw.delete(sent), raw.lpush(sent, "nonsense")),
        lambda raw, about, sent: raw.hset(
            about, mapping={"limit": "many", "usable": "", "blocked": "x", "others": "1:2:3 a", "known": "?"}
        ),
        lambda raw, about, sent: raw.hset(about, mapping={"others": ":".join("12" * 5_000)}),
    ],
)
async def test_nonsense_in_the_store_is_overcome(
    replicas: Replicas, redis: RedisServer, spoil: Callable[[Any, str, str], object]
) -> None:
    async with replicas.one() as one:
        await one.budget.observe(ALICE, TEN, blocked_for_s=None)
        await one.budget.take(ALICE)
        with redis.client() as raw:
            spoil(raw, *KEYS.names("").rate(ALICE))
        await one.budget.take(ALICE)
        await one.budget.observe(ALICE, TEN, blocked_for_s=None)
        assert (await one.budget.state(ALICE)).limit == 10
        assert [await one.budget.take(ALICE) == 0.0 for _ in range(20)].count(True) in range(6, 9)
        assert one.health.troubles == {}
