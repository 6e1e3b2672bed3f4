"""The memory: bounded, and nobody sees another's."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.history.memory import ConnectionList, Entry, FeedChoice, FeedReading, LocalMemory
from tests.history.kit import PROPERTY, connection, history, job
from tests.support.world import NOW

pytestmark = pytest.mark.anyio

CHOICE = FeedChoice(path=None, fetched_at=NOW)


def entry(size: int, kind: int = 0) -> Entry:
    jobs = tuple(job(number) for number in range(size))
    if kind == 0:
        return history(jobs)
    if kind == 1:
        return FeedReading(jobs=jobs, fetched_at=NOW, reaches=None)
    return ConnectionList(connections=tuple(connection(str(n)) for n in range(size)), fetched_at=NOW)


async def test_what_was_saved_is_found_until_it_is_forgotten() -> None:
    memory = LocalMemory()
    await memory.save("a", "x", CHOICE)
    assert await memory.load("a", ["x", "y"]) == {"x": CHOICE}
    await memory.forget("a", "x")
    await memory.forget("a", "x")
    assert await memory.load("a", ["x"]) == {}


async def test_it_ages_and_does_not_expire() -> None:
    memory = LocalMemory()
    old = FeedChoice(path=None, fetched_at=NOW - timedelta(days=300))
    await memory.save("a", "x", old)
    assert await memory.load("a", ["x"]) == {"x": old}


async def test_what_was_not_used_for_longest_goes_first() -> None:
    memory = LocalMemory(limit=30)
    for name in "abc":
        await memory.save("t", name, entry(9))
    await memory.load("t", ["a"])
    await memory.save("t", "d", entry(9))
    assert set(await memory.load("t", "abcd")) == {"a", "c", "d"}


async def test_what_is_too_large_alone_is_not_kept() -> None:
    memory = LocalMemory(limit=10)
    await memory.save("t", "a", entry(5))
    await memory.save("t", "b", entry(10))
    assert set(await memory.load("t", "ab")) == set()


NAMES = st.sampled_from("abcdef")
TENANTS = st.sampled_from(["one", "two", "three"])


@PROPERTY
@given(
    st.integers(1, 60),
    st.lists(
        st.tuples(TENANTS, NAMES, st.integers(0, 25), st.integers(0, 2), st.sampled_from(["save", "load", "forget"]))
    ),
)
async def test_it_never_weighs_more_than_it_may_and_tenants_never_share(
    limit: int, steps: list[tuple[str, str, int, int, str]]
) -> None:
    memory = LocalMemory(limit=limit)
    truth: dict[tuple[str, str], Entry] = {}
    for tenant, name, size, kind, action in steps:
        if action == "save":
            truth[tenant, name] = entry(size, kind)
            await memory.save(tenant, name, truth[tenant, name])
        elif action == "forget":
            truth.pop((tenant, name), None)
            await memory.forget(tenant, name)
        for found, value in (await memory.load(tenant, "abcdef")).items():
            assert value is truth[tenant, found]
        kept = [it for each in ("one", "two", "three") for it in (await memory.load(each, "abcdef")).values()]
        weight = sum(1 + len(getattr(it, "jobs", getattr(it, "connections", ()))) for it in kept)
        assert weight == memory._weight <= limit
