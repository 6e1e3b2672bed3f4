"""Lists of sync jobs: filters, windows and pages."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.answers.ask import ScopeFilter
from airweave_sync_mcp.answers.jobs import list_jobs
from airweave_sync_mcp.answers.page import cursor_key, cursor_time, rows_below
from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.diagnosis.causes import CauseName
from airweave_sync_mcp.history.cursor import Cursor, write_cursor
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.snapshot import SnapshotOptions
from tests.answers.kit import demo, job_ids, pages, query
from tests.history.kit import (
    SERVER_ERROR,
    Airweave,
    Reply,
    ago,
    hourly,
    job,
    of_organization,
    organization,
    run,
    told,
    uid,
)
from tests.support.examples import examples
from tests.support.world import NOW, World

pytestmark = pytest.mark.anyio

GENERATIONS = list(Generation)


def own_jobs(world: World) -> list[str]:
    assert world.demo is not None
    data = world.demo.world
    return [one.id for connection in data.own_connections() for one in data.jobs_of(connection.id)]


@pytest.mark.parametrize(("generation", "known"), [(Generation.CURRENT, False), (Generation.MARCH_2026, True)])
async def test_all_jobs_come_exactly_once(generation: Generation, known: bool) -> None:
    """Continuous connections have hundreds of jobs, one more than the 1,000 that the API gives.

    A job that was created weeks ago and never began stands at one place, although its connection tells no time of it.
    """
    world = demo(generation, known=known)
    async with world.asking() as ask:
        shown = [page async for page in pages(ask, query(limit=1000))]
    ids = [row.job.id for page in shown for row in page.rows]
    assert len(ids) == len({*ids})
    github = [one.id for one in world.demo.world.jobs_of(world.demo.world.named("Acme GitHub").id)]  # type: ignore[union-attr]
    out_of_reach = github[1000:] if generation is Generation.CURRENT else []
    assert {*ids} == {*own_jobs(world)} - {*out_of_reach}
    at = [row.job.at for page in shown for row in page.rows if row.job.at]
    assert at == sorted(at, reverse=True)
    assert [page.shown_before for page in shown] == [sum(len(one.rows) for one in shown[:n]) for n in range(len(shown))]
    last = shown[-1]
    assert last.coverage.complete is (not out_of_reach)
    assert [one.code for one in last.coverage.problems] == (["newest_1000_only"] if out_of_reach else [])
    assert all(page.total_is_lower_bound for page in shown[:-1])
    assert last.total_is_lower_bound is not last.coverage.complete


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_the_jobs_of_a_window_come_exactly_once(generation: Generation) -> None:
    world = demo(generation)
    async with world.asking() as ask:
        ids = await job_ids(ask, query(since="12h", limit=60))
        (whole,) = [page async for page in pages(ask, query(since="12h", limit=100_000))]
    assert ids == [row.job.id for row in whole.rows]
    assert (whole.total, whole.total_is_lower_bound) == (len(ids), False)
    assert world.demo is not None
    data = world.demo.world
    own = [job for one in data.own_connections() for job in data.jobs_of(one.id)]
    begun = {one.id for one in own if one.created_at >= ago(hours=12)}
    assert begun <= {*ids}


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_what_runs_now(generation: Generation) -> None:
    world = demo(generation)
    async with world.asking() as ask:
        page = await list_jobs(ask(), query(statuses={"pending", "running", "cancelling"}, limit=100))
    names = {row.connection.name for row in page.rows if row.connection}
    assert {"Sales Salesforce", "Support Intercom", "Sales Pipedrive", "Ads Monday"} <= names
    assert not page.total_is_lower_bound
    assert page.next_cursor(len(page.rows)) is None


# Pages while things happen


@examples(6)
@given(
    st.sampled_from(["current", "unlimited", "organization"]),
    st.integers(7, 40),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), min_size=1, max_size=8),
    st.booleans(),
)
async def test_pages_have_no_duplicate_and_no_gap_while_new_jobs_arrive(
    kind: str, limit: int, arrivals: list[tuple[int, int]], window: bool
) -> None:
    air = organization(4, 60) if kind == "organization" else Airweave(limits=kind == "current")
    for number, every in enumerate((10, 45, 60, 300) if air.feed is None else ()):
        air.add(f"c{number}", hourly(f"c{number}", 60, every=timedelta(minutes=every)))
    air.jobs[uid("connection", "c1")][5] |= {"status": "failed", "started_at": None, "completed_at": None}
    before = [row["id"] for rows in air.jobs.values() for row in rows]
    world = air.world()
    shown: list[str] = []
    async with world.asking() as ask:
        number = 0
        async for page in pages(ask, query(limit=limit, since="3d" if window else "")):
            shown += [row.job.id for row in page.rows]
            for which, count in arrivals[number : number + 1]:
                for n in range(count):
                    world.clock.forward(30)
                    row = told(f"new/{number}/{n}", world.clock())
                    air.jobs[uid("connection", f"c{which}")].insert(0, row)
                    if air.feed is not None:
                        air.feed.insert(0, of_organization(row, f"c{which}"))
            world.clock.forward(11 + 60 * (number % 2))
            number += 1
    assert len(shown) == len({*shown})
    if window:
        before = [
            row["id"]
            for rows in air.jobs.values()
            for row in rows
            if row["id"] in before and row["started_at"] and row["started_at"] > ago(days=3).isoformat()[:19]
        ]
    assert {*before} <= {*shown}


async def test_a_cursor_survives_a_restart() -> None:
    air = Airweave()
    for number in range(3):
        air.add(f"c{number}", hourly(f"c{number}", 100))
    shown: list[str] = []
    question = query(limit=40)
    for _ in range(100):
        async with air.world().asking() as ask:  # nothing is remembered
            page = await list_jobs(ask(), question)
        shown += [row.job.id for row in page.rows]
        cursor = page.next_cursor(len(page.rows))
        if cursor is None:
            break
        question = query(limit=40, cursor=cursor)
    assert len(shown) == len({*shown}) == 300


async def test_a_page_cut_short_goes_on_after_its_last_row_shown() -> None:
    async with demo().asking() as ask:
        page = await list_jobs(ask(), query(since="24h", limit=50))
        cursor = page.next_cursor(17)
        assert cursor is not None
        rest = await list_jobs(ask(), query(since="24h", limit=50, cursor=cursor))
    assert rest.rows[0].job.id == page.rows[17].job.id
    assert rest.shown_before == 17
    assert page.next_cursor(0) is None


async def test_the_window_of_the_first_page_holds_for_all() -> None:
    world = demo()
    async with world.asking() as ask:
        first = await list_jobs(ask(), query(since="6h", limit=20))
        world.clock.forward(3600)
        second = await list_jobs(ask(), query(since="6h", limit=20, cursor=first.next_cursor(20) or ""))
    assert second.window == first.window
    assert second.window.since == ago(hours=6)


async def test_an_open_question_says_how_far_back_it_is_certain() -> None:
    air = Airweave()
    air.add("often", hourly("often", 300))
    air.add("seldom", hourly("seldom", 20, every=timedelta(days=1)))
    async with air.world().asking() as ask:
        page = await list_jobs(ask(), query(limit=20))
    assert page.coverage.since is not None
    assert all(row.job.at and row.job.at > page.coverage.since for row in page.rows)
    assert page.total_is_lower_bound


async def test_an_open_question_for_something_rare_looks_back_a_month_at_a_time() -> None:
    air = Airweave()
    rows = hourly("rare", 900, every=timedelta(hours=2))
    rows[850] |= {"status": "failed", "completed_at": None}
    air.add("rare", rows)
    async with air.world().asking() as ask:
        shown = [page async for page in pages(ask, query(statuses={"failed"}))]
    assert [len(page.rows) for page in shown] == [0, 1]
    assert shown[0].next_cursor(0) is not None
    assert shown[-1].coverage.complete


async def test_an_end_long_ago_is_read_back_to() -> None:
    air = Airweave()
    air.add("old", hourly("old", 900, every=timedelta(hours=2)))
    async with air.world().asking() as ask:
        page = await list_jobs(ask(), query(until="40d", limit=10))
    assert len(page.rows) == 10
    assert page.rows[0].job.at is not None
    assert ago(days=40, hours=2) < page.rows[0].job.at < ago(days=40)


async def test_when_it_cannot_be_read_further_back_now_pages_wait_instead_of_skipping() -> None:
    air = Airweave()
    air.add("often", hourly("often", 300))
    world = air.world(options=SnapshotOptions(deadline_s=0.2))
    async with world.asking() as ask:
        first = await list_jobs(ask(), query(limit=45))
        cursor = first.next_cursor(45) or ""
        air.faults[f"/source-connections/{uid('connection', 'often')}/jobs"] = Reply(hang=True)
        stuck = await list_jobs(ask(), query(limit=45, cursor=cursor))
        again = await list_jobs(ask(), query(limit=45, cursor=stuck.next_cursor(len(stuck.rows)) or ""))
        assert len(stuck.rows) == 4  # what is certain
        assert again.rows == ()
        assert not again.coverage.complete
        air.faults.clear()
        world.clock.forward(1)
        rest = await list_jobs(ask(), query(limit=45, cursor=again.next_cursor(0) or ""))
    assert rest.rows[0].job.id == uid("job", f"often/{300 - 49}")


# Filters


async def test_filters_by_status_cause_connection_collection_and_source() -> None:
    async with demo().asking() as ask:

        async def rows(**facts: object) -> list[tuple[str, str]]:
            found = await list_jobs(ask(), query(**{"since": "7d", "limit": 1000, **facts}))  # type: ignore[arg-type]
            return [(row.connection.name if row.connection else "", row.job.status) for row in found.rows]

        assert {status for _, status in await rows(statuses={"failed", "cancelled"})} == {"failed", "cancelled"}
        expired = await rows(causes=frozenset({CauseName.OAUTH_REAUTH_REQUIRED}))
        assert {name for name, _ in expired} == {"Marketing Google Drive", "Founders Gmail", "Sales Google Calendar"}
        assert {name for name, _ in await rows(scope=ScopeFilter(connection="ops not"))} == {"Ops Notion"}
        assert {name for name, _ in await rows(scope=ScopeFilter(source=" HubSpot "))} == {
            "Sales HubSpot",
            "Partner HubSpot",
        }
        sales = await rows(scope=ScopeFilter(collection="SALES-crm-p93fe", source="salesforce"))
        assert {name for name, _ in sales} == {"Sales Salesforce", "Catalog Salesforce"}


@pytest.mark.parametrize(
    ("scope", "code", "hint"),
    [
        (ScopeFilter(collection="sales"), "unknown_collection", "Known: sales-crm-p93fe."),
        (ScopeFilter(collection="nowhere"), "unknown_collection", "Known: customer-support-7xq1d, engineering-"),
        (ScopeFilter(source="git"), "unknown_source", "Known: github, gitlab."),
        (ScopeFilter(source="sap"), "unknown_source", "and 17 more"),
        (ScopeFilter(connection="Ops Notion", source="github"), "nothing_matches", "Leave one"),
        (ScopeFilter(connection="Product Notion"), "ambiguous_connection", "one of these ids"),
        (ScopeFilter(connection="Nonesuch"), "connection_not_found", "list_connections"),
    ],
)  # fmt: skip
async def test_filters_that_fit_nothing_are_errors(scope: ScopeFilter, code: str, hint: str) -> None:
    async with demo().asking() as ask:
        with pytest.raises(QueryError) as caught:
            await list_jobs(ask(), query(scope=scope))
    assert caught.value.code == code
    assert hint in caught.value.hint


async def test_without_connections_no_filter_fits() -> None:
    async with Airweave().world().asking() as ask:
        with pytest.raises(QueryError) as caught:
            await list_jobs(ask(), query(scope=ScopeFilter(source="github")))
        page = await list_jobs(ask(), query())
    assert caught.value.hint == "There are no source connections."
    assert (page.rows, page.coverage.complete, page.coverage.connections_total) == ((), True, 0)


async def test_a_connection_made_a_moment_ago_is_found() -> None:
    air = Airweave()
    air.add("old")
    world = air.world()
    async with world.asking() as ask:
        await list_jobs(ask(), query("old"))
        air.add("new", hourly("new", 2))
        world.clock.forward(1)
        page = await list_jobs(ask(), query("new"))
    assert len(page.rows) == 2


async def test_one_connection_is_asked_alone_even_where_there_is_only_one() -> None:
    air = organization(1, 200)
    async with air.world().asking() as ask:
        page = await list_jobs(ask(), query("c0", limit=30))
    assert len(page.rows) == 30
    assert page.named is not None
    assert not air.asked("sync/jobs")


@pytest.mark.parametrize("reply", [SERVER_ERROR, Reply(hang=True)])
async def test_a_question_about_one_connection_that_cannot_be_read_has_no_answer(reply: Reply) -> None:
    air = Airweave()
    air.add("one", hourly("one", 3))
    air.faults["/source-connections/"] = reply
    async with air.world(options=SnapshotOptions(deadline_s=0.2)).asking() as ask:
        with pytest.raises(AirweaveError) as caught:
            await list_jobs(ask(), query("one"))
    assert caught.value.code in {ErrorCode.SERVER_ERROR, ErrorCode.TIMEOUT}


async def test_a_federated_connection_has_no_jobs() -> None:
    async with demo().asking() as ask:
        page = await list_jobs(ask(), query("Acme Slack"))
    assert (page.rows, page.coverage.complete) == ((), True)


async def test_jobs_are_named_after_their_connection_once_that_is_proved() -> None:
    async with demo(Generation.MARCH_2026).asking() as ask:
        page = await list_jobs(ask(), query(limit=5))
    assert all(row.connection for row in page.rows)


# Cursors


@pytest.mark.parametrize("cursor", ["nonsense", "1.2.3"])
async def test_a_broken_cursor_is_an_error_before_anything_is_asked(cursor: str) -> None:
    world = demo()
    async with world.asking() as ask:
        with pytest.raises(QueryError) as caught:
            await list_jobs(ask(), query(cursor=cursor))
    assert caught.value.code == "broken_cursor"
    assert world.requests() == []


async def test_a_cursor_of_another_question_is_an_error() -> None:
    async with demo().asking() as ask:
        page = await list_jobs(ask(), query(limit=1))
        cursor = page.next_cursor(1) or ""
        for other in (
            query("Ops Notion", cursor=cursor),
            query(cursor=cursor, since="1h"),
            query(tool="x", cursor=cursor),
        ):
            with pytest.raises(QueryError) as caught:
                await list_jobs(ask(), other)
            assert caught.value.code == "foreign_cursor"
        assert (
            len((await list_jobs(ask(), query(limit=7, cursor=f" {cursor} "))).rows) == 7
        )  # the size of a page is free


@pytest.mark.parametrize("when", ["zz", "f" * 30])
async def test_a_cursor_that_names_no_time_is_broken(when: str) -> None:
    cursor = write_cursor(Cursor(key=(when, "id"), shown=1), query().question)
    async with demo().asking() as ask:
        with pytest.raises(QueryError) as caught:
            await list_jobs(ask(), query(cursor=cursor))
    assert caught.value.code == "broken_cursor"


def test_places_in_the_order_of_rows() -> None:
    one, other = run("one", NOW), run("other", NOW)
    low, high = sorted((one, other), key=lambda each: each.id)
    older, nowhere = run("older", ago(seconds=1)), job("nowhere", "failed")
    rows = [low, high, older, nowhere]
    assert rows_below(rows, cursor_key(NOW)) == rows
    for number, row in enumerate(rows):
        assert rows_below(rows, cursor_key(row.at, row.id)) == rows[number + 1 :]
    assert cursor_time(cursor_key(NOW)) == NOW
    assert cursor_time(cursor_key(None)) is None


async def test_the_organization_s_list_ends_nowhere() -> None:
    """What a connection's own list does not give, the organization's does."""
    air = organization(1, 1100)
    async with air.world().asking() as ask:
        await list_jobs(ask(), query("c0", since="90d", limit=1))
        shown = [page async for page in pages(ask, query(limit=1000))]
    assert sum(len(page.rows) for page in shown) == 1100
    assert shown[-1].coverage.complete
