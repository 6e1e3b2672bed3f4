"""Reading the organization-wide list: whose jobs they are, and when enough was read."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.airweave.wire import Rows, WireJob
from airweave_sync_mcp.history import feed as module
from airweave_sync_mcp.history.feed import FeedCollector, FeedUnusableError, covers
from airweave_sync_mcp.history.memory import FeedReading
from tests.history.kit import FOREIGN, ORGANIZATION, PROPERTY, Json, ago, ids, of_organization, page, told, uid
from tests.support.world import NOW

pytestmark = pytest.mark.anyio


def row(number: int, *, minutes: float | None = None, organization: str = ORGANIZATION, **facts: Any) -> Json:
    """The row of a job that began so many minutes ago; by default as many as its number."""
    start = NOW - timedelta(minutes=number if minutes is None else minutes)
    return of_organization(told(number, start, facts.pop("status", "completed")), "x", organization, **facts)


ROWS = [row(number) for number in range(1, 1001)]
"""One job a minute, newest first."""


@dataclass
class Server:
    """A list of rows in pages."""

    rows: list[Json]
    size: int = 100
    requests: list[int] = field(default_factory=list)
    fails_at: int | None = None
    """The number of the request that fails."""

    async def pages(self, skip: int) -> AsyncGenerator[Rows[WireJob], None]:
        first = True
        while True:
            self.requests.append(skip)
            if self.fails_at == len(self.requests):
                raise ConnectionError
            part = self.rows[skip : skip + self.size]
            if part or first:
                yield page(part)
            if len(part) < self.size:
                return
            first, skip = False, skip + self.size


async def read(
    server: Server, since: datetime | None, known: FeedReading | None = None, at: datetime = NOW
) -> FeedReading:
    collector = FeedCollector(own=ORGANIZATION, since=since, known=known)
    try:
        await collector.collect(server.pages)
    except ConnectionError:
        assert collector.began is (len(server.requests) > 1)
    return collector.reading(at)


def created(number: int) -> datetime:
    return NOW - timedelta(minutes=number, seconds=2)


async def test_without_a_window_one_page_is_read() -> None:
    server = Server(ROWS)
    reading = await read(server, None)
    assert server.requests == [0]
    assert ids(reading.jobs) == [one["id"] for one in ROWS[:100]]
    assert (reading.reaches, reading.newest, reading.depth) == (created(100), created(1), 100)
    assert covers(reading, ago(minutes=90))
    assert not covers(reading, ago(minutes=110))


async def test_a_window_is_read_with_an_hour_to_spare() -> None:
    server = Server(ROWS)
    reading = await read(server, ago(minutes=90))
    assert server.requests == [0, 100]
    assert covers(reading, ago(minutes=90))


async def test_the_margin_grows_with_the_longest_run_seen() -> None:
    long = row(20, failed_at=None) | {
        "completed_at": (NOW - timedelta(minutes=1)).isoformat()[:19],
        "duration_seconds": 4 * 3600,
    }
    server = Server([*ROWS[:19], long, *ROWS[20:]])
    await read(server, ago(minutes=90))
    assert len(server.requests) == 4  # 90 minutes and 4 hours
    absurd = dict(long, duration_seconds=1e12)
    assert (await read(Server([absurd, *ROWS[20:]]), ago(minutes=90))).reaches is None


async def test_a_list_read_to_its_end_reaches_everything() -> None:
    reading = await read(Server(ROWS[:250]), ago(days=9))
    assert (len(reading.jobs), reading.reaches, reading.depth) == (250, None, 250)
    empty = await read(Server([]), ago(days=9))
    assert (empty.jobs, empty.reaches) == ((), None)


async def test_jobs_of_other_organizations_are_dropped() -> None:
    rows = [row(n, organization=ORGANIZATION if n % 3 else FOREIGN) for n in range(1, 301)]
    reading = await read(Server(rows), ago(minutes=90))
    assert {one.id for one in reading.jobs} == {
        one["id"] for one in rows[:200] if one["organization_id"] == ORGANIZATION
    }
    assert reading.depth == 200


async def test_jobs_that_do_not_tell_whose_they_are_make_the_list_unusable() -> None:
    with pytest.raises(FeedUnusableError):
        await read(Server([row(1, organization_id=None)]), None)


async def test_a_job_that_does_not_tell_among_others_that_do_is_dropped() -> None:
    reading = await read(Server([row(1, organization_id=None), row(2)]), None)
    assert ids(reading.jobs) == [row(2)["id"]]


async def test_a_second_reading_reads_only_what_is_new() -> None:
    first = await read(Server(ROWS[50:]), ago(minutes=600))
    server = Server(ROWS)
    second = await read(server, ago(minutes=600), first)
    assert server.requests == [0]
    assert ids(second.jobs) == [one["id"] for one in ROWS[:750]]
    assert (second.reaches, second.newest, second.depth) == (first.reaches, created(1), first.depth + 50)


async def test_what_may_have_changed_is_read_again() -> None:
    """A job under way is not settled: the pages go down to it."""
    rows = [row(n) for n in range(1, 401)]
    rows[249] = row(250, status="running")
    first = await read(Server(rows), ago(minutes=300))
    done = [*rows[:249], row(250, status="failed"), *rows[250:]]
    server = Server(done)
    second = await read(server, ago(minutes=300), first)
    assert server.requests == [0, 100, 200]
    assert next(one for one in second.jobs if one.id == uid("job", 250)).status == "failed"


async def test_a_state_nobody_knows_may_change_as_well_but_one_merely_created_does_not() -> None:
    rows = [row(n) for n in range(1, 401)]
    for status, requests in (("resting", 3), ("created", 1)):
        rows[249] = row(250, status=status)
        server = Server(rows)
        await read(server, ago(minutes=300), await read(Server(rows), ago(minutes=300)))
        assert len(server.requests) == requests


async def test_a_deeper_question_goes_on_below_what_is_known() -> None:
    first = await read(Server(ROWS[20:]), ago(minutes=300))
    server = Server(ROWS)
    second = await read(server, ago(minutes=500), first)
    assert server.requests[0] == 0
    assert all(skip >= first.depth for skip in server.requests[1:])
    assert ids(second.jobs) == [one["id"] for one in ROWS[: len(second.jobs)]]
    assert covers(second, ago(minutes=500))
    assert second.depth == len(second.jobs)


async def test_a_deeper_question_notices_rows_that_vanished() -> None:
    first = await read(Server(ROWS), ago(minutes=300))
    left = [*ROWS[:5], *ROWS[250:]]
    server = Server(left)
    second = await read(server, ago(minutes=500), first)
    assert {one["id"] for one in left[: second.depth]} <= {*ids(second.jobs)}
    assert covers(second, ago(minutes=500))
    # Nothing at all is left where it would go on.
    short = [*ROWS[:5], *ROWS[360:390]]
    whole = await read(Server(short), ago(minutes=500), first)
    assert whole.reaches is None
    assert {one["id"] for one in short} <= {*ids(whole.jobs)}


async def test_an_interrupted_reading_is_kept_and_continued() -> None:
    """With a few requests a question, as on the smallest plan, a long window is read piece by piece."""
    reading: FeedReading | None = None
    questions = 0
    while reading is None or not covers(reading, ago(minutes=800)):
        reading = await read(Server(ROWS, fails_at=4), ago(minutes=800), reading)
        questions += 1
    assert questions == 4  # 9 pages, then the first page and two more each time
    assert ids(reading.jobs) == [one["id"] for one in ROWS[: len(reading.jobs)]]


async def test_an_interruption_before_the_first_page_tells_nothing() -> None:
    known = await read(Server(ROWS), None)
    collector = FeedCollector(own=ORGANIZATION, since=None, known=known)
    with pytest.raises(ConnectionError):
        await collector.collect(Server(ROWS, fails_at=1).pages)
    assert not collector.began


async def test_a_reading_is_honest_after_a_gap() -> None:
    known = await read(Server(ROWS[700:]), None)
    second = await read(Server(ROWS, fails_at=4), ago(minutes=900), known)
    assert (len(second.jobs), second.reaches) == (300, created(300))


async def test_unreadable_rows_are_counted_once() -> None:
    broken = Rows(page(ROWS[:3]).items, unreadable=2)
    collector = FeedCollector(own=ORGANIZATION, since=None)
    assert collector.add(broken)
    known = collector.reading(NOW)
    assert (known.unreadable, known.depth) == (2, 5)
    again = FeedCollector(own=ORGANIZATION, since=None, known=known)
    assert again.add(broken)
    assert again.reading(NOW).unreadable == 2


async def test_rows_without_a_creation_go_by_their_start() -> None:
    reading = await read(Server([dict(one, created_at=None) for one in ROWS]), ago(minutes=90))
    assert reading.reaches == NOW - timedelta(minutes=200)


async def test_too_many_jobs_are_cut_and_the_reading_says_how_far_it_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 250)
    server = Server(ROWS)
    reading = await read(server, ago(minutes=500))
    assert (len(reading.jobs), reading.reaches, reading.depth) == (250, created(250), 250)
    assert not covers(reading, ago(minutes=500))
    again = await read(server, ago(minutes=500), reading)
    assert len(again.jobs) == 250


@PROPERTY
@given(
    st.lists(
        st.tuples(
            st.integers(0, 40),  # rows that arrived
            st.integers(1, 300),  # how far back is asked
            st.none() | st.integers(1, 4),  # the request that fails
        ),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 150),
    st.integers(1, 5),
)
async def test_a_reading_never_claims_more_than_it_holds(
    steps: list[tuple[int, int, int | None]], begin: int, foreign: int
) -> None:
    """However a list grows and readings break off: down to `reaches`, all of our own jobs are there."""
    truth = [row(n, organization=FOREIGN if n % (foreign + 1) == foreign else ORGANIZATION) for n in range(1, 401)]
    reading: FeedReading | None = None
    length = begin
    for arrived, minutes, fails_at in steps:
        length += arrived
        rows = truth[len(truth) - length :]
        now = NOW - timedelta(minutes=len(truth) - length)
        collector = FeedCollector(own=ORGANIZATION, since=now - timedelta(minutes=minutes), known=reading)
        server = Server(rows, size=20, fails_at=fails_at)
        try:
            await collector.collect(server.pages)
        except ConnectionError:
            if not collector.began:
                continue
        reading = collector.reading(now)
        known = {*ids(reading.jobs)}
        own = [one for one in rows if one["organization_id"] == ORGANIZATION]
        assert known <= {one["id"] for one in own}
        for one in own:
            made = datetime.fromisoformat(one["created_at"]).replace(tzinfo=NOW.tzinfo)
            if reading.reaches is None or made >= reading.reaches:
                assert one["id"] in known
        assert [*reading.jobs] == sorted(reading.jobs, key=lambda one: one.created_at or NOW, reverse=True)
