"""Whole lists out of pages: no row twice, no row missing, and an end to it whatever the server does."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.airweave.paging import MAX_REQUESTS, pages
from airweave_sync_mcp.airweave.wire import Rows
from tests.support.examples import examples

from .test_budget import run


@dataclass(frozen=True)
class Row:
    id: str


@dataclass
class Listing:
    """A list at a server, newest first; `churn` is called before every request but the first."""

    rows: list[str]
    churn: Callable[["Listing", int], None] = lambda _listing, _number: None
    asked: list[tuple[int, int]] = field(default_factory=list)
    arrived: int = 0

    def arrive(self, count: int) -> None:
        for _ in range(count):
            self.arrived += 1
            self.rows.insert(0, f"new{self.arrived}")

    def vanish(self, indexes: list[int]) -> None:
        for index in indexes:
            if self.rows:
                del self.rows[index % len(self.rows)]

    async def fetch(self, skip: int, limit: int) -> Rows[Row]:
        if self.asked:
            self.churn(self, len(self.asked))
        self.asked.append((skip, limit))
        return Rows(tuple(Row(name) for name in self.rows[skip : skip + limit]))


def collect(source: AsyncIterator[Rows[Row]]) -> list[str]:
    async def gather() -> list[str]:
        return [row.id async for part in source for row in part.items]

    found: list[str] = run(gather())
    return found


def names(count: int) -> list[str]:
    return [f"row{number}" for number in range(count)]


@given(st.integers(0, 60), st.integers(2, 12))
def test_a_quiet_list_is_read_whole_and_in_order(count: int, page: int) -> None:
    listing = Listing(names(count))
    assert collect(pages(listing.fetch, page)) == names(count)
    assert len(listing.asked) <= 1 + count / (page - 1)


CHURN = st.lists(st.tuples(st.integers(0, 4), st.lists(st.integers(0, 80), max_size=6)), min_size=0, max_size=12)


@given(st.integers(0, 60), st.integers(6, 12), CHURN)
@examples(60)
def test_rows_that_come_and_go_make_no_duplicate_and_no_gap(
    count: int, page: int, churn: list[tuple[int, list[int]]]
) -> None:
    def move(listing: Listing, number: int) -> None:
        if number <= len(churn):
            arrivals, vanishing = churn[number - 1]
            listing.vanish(vanishing)
            listing.arrive(arrivals)

    listing = Listing(names(count), move)
    found = collect(pages(listing.fetch, page, max_barren=40))
    assert len(found) == len(set(found))
    assert {name for name in listing.rows if name.startswith("row")} <= set(found)


def test_a_flood_of_arrivals_is_survived() -> None:
    listing = Listing(names(50), lambda found, number: found.arrive(200 if number == 2 else 0))
    found = collect(pages(listing.fetch, 10))
    assert [name for name in found if name.startswith("row")] == names(50)


def test_arrivals_between_pages_cost_one_request() -> None:
    listing = Listing(names(300), lambda found, number: found.arrive(150 if number == 20 else 0))
    assert collect(pages(listing.fetch, 10)) == names(300)
    assert len(listing.asked) == 35  # 34 without the arrivals


def test_arrivals_and_a_deletion_above_at_once() -> None:
    def move(listing: Listing, number: int) -> None:
        if number == 20:
            del listing.rows[150:180]
            listing.arrive(100)

    listing = Listing(names(400), move)
    assert collect(pages(listing.fetch, 10)) == names(400)


def test_a_mass_deletion_is_survived() -> None:
    listing = Listing(names(200), lambda found, number: found.vanish([0] * 95 if number == 11 else []))
    assert collect(pages(listing.fetch, 10)) == names(200)


def test_deletion_of_all_that_was_read_is_survived() -> None:
    listing = Listing(names(40), lambda found, number: found.vanish([0] * 10 if number == 1 else []))
    assert collect(pages(listing.fetch, 10)) == names(40)


def test_a_server_that_ignores_limit_gives_everything_at_once() -> None:
    asked: list[int] = []

    async def fetch(skip: int, limit: int) -> Rows[Row]:
        asked.append(skip)
        return Rows(tuple(Row(name) for name in names(500)))

    assert collect(pages(fetch, 100)) == names(500)
    assert asked == [0]


def test_a_server_that_ignores_skip_is_asked_twice() -> None:
    asked: list[int] = []

    async def fetch(skip: int, limit: int) -> Rows[Row]:
        asked.append(skip)
        return Rows(tuple(Row(name) for name in names(limit)))

    assert collect(pages(fetch, 100)) == names(100)
    assert len(asked) == 2


def test_a_server_that_gives_the_first_page_only_is_given_up() -> None:
    asked: list[int] = []

    async def fetch(skip: int, limit: int) -> Rows[Row]:
        asked.append(skip)
        return Rows(() if skip else tuple(Row(name) for name in names(limit)))

    assert collect(pages(fetch, 5)) == names(5)
    assert len(asked) < 12


def test_a_server_that_makes_rows_up_for_ever_is_left() -> None:
    asked: list[int] = []

    async def fetch(skip: int, limit: int) -> Rows[Row]:
        asked.append(skip)
        return Rows(tuple(Row(f"row{number}") for number in range(skip, skip + limit)))

    found = collect(pages(fetch, 3))
    assert len(asked) == MAX_REQUESTS
    assert len(found) == len(set(found)) == 2 * MAX_REQUESTS + 1


def test_random_rows_end_too() -> None:
    asked: list[int] = []

    async def fetch(skip: int, limit: int) -> Rows[Row]:
        asked.append(skip)
        return Rows(tuple(Row(f"{len(asked)}-{number}") for number in range(limit)))

    collect(pages(fetch, 4))
    assert len(asked) <= MAX_REQUESTS


def test_the_same_row_twice_on_a_page() -> None:
    async def fetch(skip: int, limit: int) -> Rows[Row]:
        return Rows((Row("a"), Row("a"), Row("b")))

    assert collect(pages(fetch, 10)) == ["a", "b"]


def test_unreadable_rows_are_told_and_stop_nothing() -> None:
    async def fetch(skip: int, limit: int) -> Rows[Row]:
        rows = [None if number % 9 == 0 else Row(f"row{number}") for number in range(30)][skip : skip + limit]
        return Rows(tuple(row for row in rows if row), sum(1 for row in rows if row is None))

    async def gather() -> list[Rows[Row]]:
        return [part async for part in pages(fetch, 10)]

    parts: list[Rows[Row]] = run(gather())
    assert [row.id for part in parts for row in part.items] == [f"row{n}" for n in range(30) if n % 9]
    assert sum(part.unreadable for part in parts) >= 4


def test_an_empty_list_is_one_empty_portion() -> None:
    async def gather() -> list[Rows[Row]]:
        return [part async for part in pages(Listing([]).fetch, 10)]

    assert run(gather()) == [Rows(())]


def test_a_page_of_one_row_cannot_overlap() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        collect(pages(Listing([]).fetch, 1))
