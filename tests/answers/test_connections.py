"""One connection, and the list of all."""

import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.answers.connection import ConnectionJobs, connection_jobs
from airweave_sync_mcp.answers.connections import ConnectionPage, ConnectionQuery, list_connections
from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.snapshot import SnapshotOptions
from tests.answers.kit import demo, query
from tests.history.kit import LIMITED, SERVER_ERROR, Airweave, Reply, ago, hourly, organization, told, uid
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def jobs_of(world: World, name: str, **facts: object) -> ConnectionJobs:
    async with world.asking() as ask:
        return await connection_jobs(ask(), query(name, **facts))  # type: ignore[arg-type]


async def listed(world: World, **facts: object) -> ConnectionPage:
    async with world.asking() as ask:
        return await list_connections(ask(), ConnectionQuery(**{"limit": 100, **facts}))  # type: ignore[arg-type]


def names(page: ConnectionPage) -> list[str]:
    return [row.connection.name for row in page.rows]


# One


@pytest.mark.parametrize("generation", list(Generation))
async def test_a_connection_that_fails(generation: Generation) -> None:
    answer = await jobs_of(demo(generation), "Security GitHub", limit=100)
    assert (len(answer.page.rows), answer.page.total) == (37, 37)
    assert answer.streak is not None
    assert (answer.streak.failures, answer.streak.ongoing) == (17, True)
    assert answer.last_success is not None
    assert answer.last_success.id == answer.page.rows[17].job.id
    assert (answer.success_rate, answer.runs_judged) == (20 / 37, 37)
    assert answer.usual.runs == 20


async def test_a_healthy_one_and_one_that_never_ran() -> None:
    world = demo()
    good = await jobs_of(world, "Acme GitLab")
    assert (good.streak, good.success_rate, good.runs_judged) == (None, 1.0, 50)
    never = await jobs_of(world, "Personal Todoist")
    assert (never.page.rows, never.success_rate, never.last_success) == ((), None, None)
    assert never.history.has_sync


async def test_one_without_a_sync_says_so() -> None:
    world = demo()
    assert world.demo is not None
    for name in ("Acme Slack", "Alumni Gmail"):
        answer = await jobs_of(world, name)
        assert not answer.history.has_sync
        assert answer.page.coverage.complete
    slack = world.demo.world.named("Acme Slack").id
    assert not [path for path in world.requests() if slack in path]


async def test_its_state_is_judged_by_all_that_is_known_whatever_the_page_shows() -> None:
    answer = await jobs_of(demo(), "Ops Notion", statuses={"failed"}, since="2h", limit=1)
    assert len(answer.page.rows) == 1
    assert len(answer.history.jobs) > 40
    assert answer.success_rate is not None
    assert answer.success_rate < 1


async def test_it_is_read_anew_for_the_first_page_only() -> None:
    world = demo()
    first = await jobs_of(world, "Ops Notion", limit=10)
    world.clock.forward(2)
    count = len(world.requests())
    await jobs_of(world, "Ops Notion", limit=10)
    assert len(world.requests()) == count + 1
    world.clock.forward(2)
    await jobs_of(world, "Ops Notion", limit=10, cursor=first.page.next_cursor(10) or "")
    assert len(world.requests()) == count + 1


async def test_where_there_is_but_one_connection_its_history_is_read_all_the_same() -> None:
    answer = await jobs_of(organization(1, 5).world(), "c0")
    assert answer.history.has_sync
    assert len(answer.history.jobs) == 5


@pytest.mark.parametrize("reply", [SERVER_ERROR, LIMITED, Reply(hang=True)])
async def test_one_that_cannot_be_read_is_an_error_and_not_an_empty_history(reply: Reply) -> None:
    air = Airweave()
    air.add("one", hourly("one", 3))
    air.faults["/source-connections/"] = reply
    with pytest.raises(AirweaveError) as caught:
        await jobs_of(air.world(options=SnapshotOptions(deadline_s=0.2)), "one")
    assert caught.value.code in {ErrorCode.SERVER_ERROR, ErrorCode.RATE_LIMITED, ErrorCode.TIMEOUT}


# All


async def test_all_by_name_each_with_its_last_job() -> None:
    world = demo()
    page = await listed(world)
    assert world.demo is not None
    own = world.demo.world.own_connections()
    assert names(page) == [one.name for one in sorted(own, key=lambda one: (one.name.casefold(), one.id))]
    assert page.total == 45
    assert page.coverage.complete
    rows = {row.connection.id: row for row in page.rows}
    for one in own:
        newest = world.demo.world.newest_job(one.id)
        last = rows[one.id].last_job
        assert (last.job.id if last else None) == (newest.id if newest else None)
        if last and newest:
            assert newest.id.startswith(last.short_id)
            assert (last.verdict is not None) == (newest.status == "failed")


async def test_pages_read_only_the_connections_they_show() -> None:
    world = demo()
    shown: list[str] = []
    cursor = ""
    while True:
        page = await listed(world, limit=10, cursor=cursor)
        assert page.shown_before == len(shown)
        shown += names(page)
        reads = [path for path in world.requests("/jobs") if path.startswith("/source-connections/")]
        assert len(reads) <= len(shown)
        cursor = page.next_cursor(len(page.rows)) or ""
        if not cursor:
            break
    assert len(shown) == 45
    assert shown == names(await listed(world))


async def test_pages_have_no_duplicate_and_no_gap_while_connections_come_and_go() -> None:
    air = Airweave()
    for number in range(30):
        air.add(f"Connection {number:02}", hourly(f"{number}", 1))
    world = air.world()
    shown: list[str] = []
    cursor = ""
    for step in range(20):
        page = await listed(world, limit=7, cursor=cursor)
        shown += names(page)
        cursor = page.next_cursor(len(page.rows)) or ""
        if not cursor:
            break
        air.add(f"Connection {step * 8:02}b", hourly(f"new{step}", 1))
        air.connections = [one for one in air.connections if one["name"] != shown[-1]]
        world.clock.forward(20)
    assert len(shown) == len({*shown})
    assert {f"Connection {number:02}" for number in range(30)} <= {*shown}


@pytest.mark.parametrize("gone", [1, 2, 3])
async def test_nothing_is_lost_when_the_last_rows_of_a_page_are_deleted(gone: int) -> None:
    air = Airweave()
    for number in range(20):
        air.add(f"Connection {number:02}")
    world = air.world()
    shown = await listed(world, limit=5)
    cursor = (await listed(world, limit=5, cursor=shown.next_cursor(5) or "")).next_cursor(5) or ""
    deleted = {f"Connection {number:02}" for number in range(10 - gone, 10)}
    air.connections = [one for one in air.connections if one["name"] not in deleted]
    world.clock.forward(20)

    rest = names(await listed(world, limit=20, cursor=cursor))

    assert rest == [f"Connection {number:02}" for number in range(10, 20)]


async def test_when_all_rows_of_a_cursor_are_deleted_it_goes_on_by_their_number() -> None:
    air = Airweave()
    for number in range(10):
        air.add(f"Connection {number}")
    world = air.world()
    cursor = (await listed(world, limit=3)).next_cursor(3) or ""
    air.connections = air.connections[3:]
    world.clock.forward(20)

    assert names(await listed(world, cursor=cursor)) == [f"Connection {number}" for number in range(3, 10)]


async def test_the_last_row_shown_may_match_no_more() -> None:
    air = Airweave()
    for number in range(6):
        air.add(f"Connection {number}", status="error")
    world = air.world()
    page = await listed(world, limit=3, statuses=frozenset({"error"}))
    cursor = page.next_cursor(3) or ""
    air.connections[2]["status"] = "active"
    world.clock.forward(20)

    rest = await listed(world, limit=3, cursor=cursor, statuses=frozenset({"error"}))

    assert names(rest) == [f"Connection {number}" for number in range(3, 6)]


async def test_a_page_cut_short_goes_on_after_its_last_row() -> None:
    world = demo()
    page = await listed(world, limit=20)
    rest = await listed(world, limit=20, cursor=page.next_cursor(6) or "")
    assert names(rest)[0] == names(page)[6]
    assert page.next_cursor(0) is None
    assert (await listed(world)).next_cursor(45) is None


async def test_very_long_names_of_any_script_still_give_short_cursors() -> None:
    air = Airweave()
    for number in range(6):
        air.add("製品ドキュメント" * 60 + str(number))
    world = air.world()
    shown: list[str] = []
    cursor = ""
    for _ in range(6):
        page = await listed(world, limit=1, cursor=cursor)
        shown += names(page)
        cursor = page.next_cursor(1) or ""
        assert len(cursor) < 500
    assert len({*shown}) == 6


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"statuses": frozenset({"syncing"})}, {"Ads Monday", "Sales Salesforce", "Support Intercom"}),
        ({"source": "HUBSPOT"}, {"Partner HubSpot", "Sales HubSpot"}),
        ({"source": "hubspot", "statuses": frozenset({"needs_reauth"})}, {"Partner HubSpot"}),
        ({"search": "notion", "collection": "finance-ops-h2c6b"}, {"HR Notion"}),
        ({"search": "  SALES  cal "}, set()),
        ({"search": "Sales   goo"}, {"Sales Google Calendar"}),
        ({"search": "e\u0301quipe"}, {"Équipe Produit – 製品ドキュメント 📚"}),
        ({"search": "outlook"}, set()),
        ({"statuses": frozenset({"no_such_status"})}, set()),
    ],
)
async def test_filters(filters: dict[str, object], expected: set[str]) -> None:
    page = await listed(demo(), **filters)
    assert {*names(page)} == expected
    assert page.total == len(expected)


async def test_a_search_by_id() -> None:
    world = demo()
    assert world.demo is not None
    one = world.demo.world.named("HR Notion")
    assert names(await listed(world, search=one.id[:11])) == ["HR Notion"]


async def test_filters_that_nothing_has_are_errors_and_a_cursor_belongs_to_its_filters() -> None:
    world = demo()
    with pytest.raises(QueryError) as caught:
        await listed(world, source="nonesuch")
    assert caught.value.code == "unknown_source"
    cursor = (await listed(world, limit=1)).next_cursor(1) or ""
    with pytest.raises(QueryError) as caught:
        await listed(world, search="x", cursor=cursor)
    assert caught.value.code == "foreign_cursor"
    assert len((await listed(world, limit=3, cursor=cursor)).rows) == 3


async def test_a_connection_that_was_not_read_is_listed_without_a_job() -> None:
    air = Airweave()
    air.add("one", [told("x", ago(hours=1))])
    air.add("two", [told("y", ago(hours=1))])
    air.faults[f"/source-connections/{uid('connection', 'one')}/jobs"] = SERVER_ERROR
    page = await listed(air.world())
    assert [(row.connection.name, row.last_job is None, row.history is None) for row in page.rows] == [
        ("one", True, True), ("two", False, False),
    ]  # fmt: skip
    assert not page.coverage.complete
