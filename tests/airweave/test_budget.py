"""The budget keeps to the limit, leaves the reserve, and gives way to others."""

from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.airweave.budget import MemoryRateBudget, RateHeaders
from tests.support.examples import examples

KEY = "caller"
UNLIMITED = [RateHeaders(), RateHeaders(limit=0, remaining=9999), RateHeaders(limit=9999, remaining=9999)]


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run what never waits, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Server:
    """Counts as Airweave does: all requests of the last 60 s, except the refused ones."""

    clock: Clock
    limit: int
    counted: deque[float] = field(default_factory=deque)

    def request(self) -> tuple[bool, RateHeaders]:
        while self.counted and self.counted[0] + 60 <= self.clock.now:
            self.counted.popleft()
        granted = len(self.counted) < self.limit
        if granted:
            self.counted.append(self.clock.now)
        return granted, RateHeaders(limit=self.limit, remaining=self.limit - len(self.counted))


def take(budget: MemoryRateBudget) -> float:
    wait: float = run(budget.take(KEY))
    return wait


def observe(budget: MemoryRateBudget, headers: RateHeaders, blocked_for_s: float | None = None) -> None:
    run(budget.observe(KEY, headers, blocked_for_s=blocked_for_s))


def most_in_a_minute(times: list[float]) -> int:
    return max((sum(1 for other in times if began <= other < began + 60) for began in times), default=0)


STEPS = st.lists(
    st.tuples(st.sampled_from(["we", "we", "we", "they"]), st.floats(0, 25, allow_nan=False)), min_size=1, max_size=120
)


@given(st.sampled_from([2, 3, 5, 10, 35, 100]), STEPS)
@examples(40)
def test_never_more_than_limit_less_reserve_in_any_minute(limit: int, steps: list[tuple[str, float]]) -> None:
    clock = Clock()
    budget, server = MemoryRateBudget(clock), Server(clock, limit)
    observe(budget, RateHeaders(limit=limit, remaining=limit))
    usable = run(budget.state(KEY)).usable_per_minute
    granted: list[float] = []
    for who, pause in steps:
        clock.now += pause
        if who == "they":
            server.request()
            continue
        for _ in range(4):
            if take(budget) > 0:
                break
            counted, headers = server.request()
            if counted:
                granted.append(clock.now)
            observe(budget, headers, None if counted else 60.0)
    assert most_in_a_minute(granted) <= usable < limit


@given(st.sampled_from([5, 10, 35, 100]), STEPS)
@examples(40)
def test_nobody_is_refused_while_others_keep_within_the_reserve(limit: int, steps: list[tuple[str, float]]) -> None:
    clock = Clock()
    budget, server = MemoryRateBudget(clock), Server(clock, limit)
    observe(budget, RateHeaders(limit=limit, remaining=limit))
    reserve = run(budget.state(KEY)).reserve
    theirs: list[float] = []
    for who, pause in steps:
        clock.now += pause
        if who == "they" and sum(1 for moment in theirs if moment + 60 > clock.now) < reserve:
            theirs.append(clock.now)
            assert server.request()[0]
        while who == "we" and take(budget) == 0:
            counted, headers = server.request()
            assert counted
            observe(budget, headers)


@given(st.sampled_from([1, 2, 10, 100]), st.integers(0, 100))
def test_asking_again_after_the_told_wait_leads_to_a_grant(limit: int, foreign: int) -> None:
    clock = Clock()
    budget = MemoryRateBudget(clock)
    observe(budget, RateHeaders(limit=limit, remaining=max(0, limit - foreign)))
    for _ in range(5 * limit):
        waits = 0
        while (wait := take(budget)) > 0:
            clock.now += wait
            waits += 1
            assert waits < 4


def test_smallest_plan() -> None:
    clock = Clock()
    budget = MemoryRateBudget(clock)
    observe(budget, RateHeaders(limit=10, remaining=10))
    assert [take(budget) for _ in range(8)] == [0.0] * 8
    clock.now += 1
    assert take(budget) == 59.0
    state = run(budget.state(KEY))
    assert (state.known, state.limit, state.usable_per_minute, state.reserve, state.left) == (True, 10, 8, 2, 0)
    clock.now += 59
    assert run(budget.state(KEY)).left == 8
    assert take(budget) == 0.0


@pytest.mark.parametrize(
    ("limit", "usable"), [(1, 1), (2, 1), (5, 4), (10, 8), (35, 28), (100, 80), (250, 200), (9998, 7998)]
)
def test_reserve_is_a_fifth_rounded_up_but_something_is_left(limit: int, usable: int) -> None:
    budget = MemoryRateBudget(Clock())
    observe(budget, RateHeaders(limit=limit, remaining=limit))
    assert run(budget.state(KEY)).usable_per_minute == usable


def test_others_are_given_way_to_for_a_minute() -> None:
    clock = Clock()
    budget = MemoryRateBudget(clock)
    assert take(budget) == 0.0
    observe(budget, RateHeaders(limit=10, remaining=2))  # one of us, seven of others
    assert [take(budget) for _ in range(2)] == [0.0, 0.0]
    assert take(budget) == 60.0
    clock.now += 60
    assert run(budget.state(KEY)).left == 8


def test_use_by_others_within_the_reserve_costs_us_nothing() -> None:
    budget = MemoryRateBudget(Clock())
    observe(budget, RateHeaders(limit=10, remaining=8))
    assert run(budget.state(KEY)).left == 8


@pytest.mark.parametrize("headers", UNLIMITED)
def test_no_limit_means_no_bookkeeping(headers: RateHeaders) -> None:
    budget = MemoryRateBudget(Clock())
    assert take(budget) == 0.0
    observe(budget, headers)
    assert all(take(budget) == 0.0 for _ in range(10_000))
    state = run(budget.state(KEY))
    assert (state.known, state.limit, state.left, state.usable_per_minute, state.reserve) == (True, None, None, None, 0)
    assert len(budget._accounts[KEY].own) == 0


def test_with_a_limit_bookkeeping_is_bounded() -> None:
    clock = Clock()
    budget = MemoryRateBudget(clock)
    for _ in range(5_000):
        clock.now += 0.1
        if take(budget) == 0:
            observe(budget, RateHeaders(limit=100, remaining=0))
    account = budget._accounts[KEY]
    assert len(account.own) <= 200
    assert len(account.others) <= 100


def test_before_the_first_answer_a_small_burst_goes_out() -> None:
    clock = Clock()
    budget = MemoryRateBudget(clock)
    assert [take(budget) for _ in range(4)] == [0.0] * 4
    assert 0 < take(budget) <= 1
    state = run(budget.state(KEY))
    assert (state.known, state.limit, state.left) == (False, None, None)
    observe(budget, RateHeaders(limit=10, remaining=6))
    assert run(budget.state(KEY)).left == 4


def test_a_429_blocks_until_it_is_over_and_does_not_count() -> None:
    clock = Clock()
    budget = MemoryRateBudget(clock)
    observe(budget, RateHeaders(limit=10, remaining=10))
    for _ in range(3):
        take(budget)
    observe(budget, RateHeaders(limit=10, remaining=7), blocked_for_s=30.0)
    assert take(budget) == 30.0
    assert run(budget.state(KEY)).blocked_for_s == 30.0
    assert run(budget.state(KEY)).left == 0
    clock.now += 30
    assert run(budget.state(KEY)).left == 6  # two of ours count, and we may use eight


def test_a_429_blocks_without_a_limit_too_and_never_for_ever() -> None:
    clock = Clock()
    budget = MemoryRateBudget(clock)
    observe(budget, RateHeaders())
    take(budget)
    observe(budget, RateHeaders(), blocked_for_s=1e9)
    assert take(budget) == 600.0
    assert run(budget.state(KEY)).limit is None


def test_callers_do_not_share() -> None:
    budget = MemoryRateBudget(Clock(), max_keys=2)
    run(budget.observe("a", RateHeaders(limit=1, remaining=0), blocked_for_s=None))
    assert run(budget.take("a")) > 0
    assert run(budget.take("b")) == 0
    run(budget.take("c"))
    assert set(budget._accounts) == {"b", "c"}
    assert run(budget.state("a")).known is False
    assert set(budget._accounts) == {"b", "c"}


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match="reserve_share"):
        MemoryRateBudget(Clock(), reserve_share=share)


@pytest.mark.parametrize(
    ("headers", "limit", "remaining"),
    [
        ({"ratelimit-limit": "10", "ratelimit-remaining": "9"}, 10, 9),
        ({"ratelimit-limit": "0", "ratelimit-remaining": "9999"}, None, 9999),
        ({"ratelimit-limit": "9999"}, None, None),
        ({"ratelimit-limit": "many", "ratelimit-remaining": "-1"}, None, None),
        ({}, None, None),
    ],
)
def test_headers(headers: dict[str, str], limit: int | None, remaining: int | None) -> None:
    read = RateHeaders.read(headers)
    assert (read.effective_limit, read.remaining) == (limit, remaining)
