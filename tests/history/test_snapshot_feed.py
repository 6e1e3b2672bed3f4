"""What is done with the organization-wide list: whose jobs it tells, what it may leave out."""

from datetime import timedelta

import anyio
import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.history.snapshot import LONGEST_WAIT, SnapshotOptions
from airweave_sync_mcp.history.view import Need
from airweave_sync_mcp.history.window import Window
from tests.history.kit import (
    DAY,
    FOREIGN,
    GONE,
    NO_ROUTE,
    ORGANIZATION,
    REFUSED,
    SERVER_ERROR,
    Airweave,
    Json,
    Reply,
    ago,
    ask,
    lists,
    of_organization,
    organization,
    told,
    uid,
)
from tests.support.world import NOW

pytestmark = pytest.mark.anyio

# Whose jobs


async def test_jobs_of_other_organizations_are_dropped() -> None:
    air = organization()
    assert air.feed is not None
    air.feed += [of_organization(told(f"foreign{n}", ago(hours=n)), "theirs", FOREIGN) for n in range(50)]
    air.feed.sort(key=lambda row: str(row["created_at"]), reverse=True)
    (view,) = await ask(air.world(), DAY)
    assert len(view.jobs) == 90
    assert len(air.asked("/collections")) == 0  # a connection's own page told whose we are
    assert len([one for one in air.requests if one.endswith(uid("connection", "c0"))]) == 1


async def test_the_organization_is_learned_from_a_collection_if_the_connection_is_gone() -> None:
    air = organization()
    air.faults[f"/source-connections/{uid('connection', 'c0')}"] = GONE
    (view,) = await ask(air.world(), DAY)
    assert len(view.jobs) == 90
    assert len(air.asked("/collections")) == 1


async def test_a_chosen_organization_needs_no_learning() -> None:
    air = organization()
    world = air.world()
    world.credential = type(world.credential).parse("demo-key", ORGANIZATION)
    (view,) = await ask(world, DAY)
    assert len(view.jobs) == 90
    assert air.asked("/collections") == []
    assert len(air.requests) == 3


async def test_an_organization_that_cannot_be_learned_now_says_nothing_of_the_list() -> None:
    air = organization()
    air.faults |= {f"/source-connections/{uid('connection', 'c0')}": SERVER_ERROR, "/collections": SERVER_ERROR}
    world = air.world()
    async with world.snapshot() as snapshot:
        view = await snapshot.view(world.credential, DAY)
        assert len(view.jobs) == 60  # from the connections, of which one is broken
        air.faults.clear()
        world.clock.forward(60)
        view = await snapshot.view(world.credential, DAY)
    assert len(view.jobs) == 90
    assert len(lists(air)) == 2


@pytest.mark.parametrize("organization_id", [None, ORGANIZATION])
async def test_jobs_that_do_not_tell_whose_they_are_are_not_used(organization_id: str | None) -> None:
    air = organization()
    air.organization = organization_id
    air.feed = [dict(row, organization_id=None) for row in air.feed or ()]
    view, _ = await ask(air.world(), DAY, DAY)
    assert len(view.jobs) == 90
    assert all(job.connection_id for job in view.jobs)
    assert len(lists(air)) <= 2  # and it is not asked again


async def test_a_refused_key_is_an_error() -> None:
    air = organization()
    air.faults["/v1/sync/jobs?"] = NO_ROUTE
    world = air.world()
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, DAY)
        air.faults = {"/v1/sync/jobs": Reply(401, {"detail": "No valid authentication provided"})}
        world.clock.forward(11)
        with pytest.raises(AirweaveError) as caught:
            await snapshot.view(world.credential, DAY)
    assert caught.value.code == ErrorCode.UNAUTHORIZED


async def test_a_key_refused_while_the_organization_is_learned_is_an_error() -> None:
    air = organization()
    air.faults |= {f"/source-connections/{uid('connection', 'c0')}": REFUSED, "/collections": REFUSED}
    with pytest.raises(AirweaveError) as caught:
        await ask(air.world(), DAY)
    assert caught.value.code == ErrorCode.KEY_REJECTED


async def test_a_list_that_breaks_off_is_answered_as_far_as_it_came() -> None:
    air = organization(3, 80)

    async def break_off(path: str, query: dict[str, list[str]]) -> None:
        air.faults = {"/v1/sync/jobs": Reply(502, {"detail": "x"})} if "skip" in query else {}

    air.before = break_off
    (view,) = await ask(air.world(), Need(window=Window(since=ago(days=3))))
    assert len(view.jobs) == 100
    assert [one.code for one in view.coverage.problems] == ["upstream_unavailable", "not_far_enough"]
    assert "was not read to its end" in view.coverage.problems[0].message
    assert "was not read back far enough" in view.coverage.problems[1].message


# What it tells


def statuses_asked(air: Airweave) -> list[str]:
    return [one.partition("&status=")[2] for one in lists(air) if "limit=100" in one]


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ({"failed"}, "failed"), ({"completed", "failed"}, "completed&status=failed"), ({"cancelled"}, "cancelled"),
        ({"running"}, "pending"), ({"pending", "running", "cancelling"}, "pending"),
        ({"failed", "running"}, ""), ({"created"}, ""), (set(), ""),
    ],
)  # fmt: skip
async def test_only_states_that_every_generation_spells_alike_are_left_to_the_server(
    wanted: set[str], asked: str
) -> None:
    air = organization()
    await ask(air.world(), Need(statuses=frozenset(wanted)))
    assert statuses_asked(air) == [asked]


async def test_what_waits_is_found_however_long_and_what_runs_with_its_connection() -> None:
    air = organization(3, 200)
    assert air.feed is not None
    pending = of_organization(told("stuck", None, "pending"), "c1", created_at=ago(days=6).isoformat()[:19])
    air.feed.append(pending)
    air.add("slow", [told("going", ago(days=5), "running")], status="syncing")
    (view,) = await ask(air.world(), Need(statuses=frozenset({"pending", "running"})))
    active = {job.id: job for job in view.jobs if job.active}
    assert set(active) == {uid("job", "stuck"), uid("job", "going")}
    assert active[uid("job", "going")].connection_id == uid("connection", "slow")


async def test_what_runs_since_before_the_window_is_found_with_its_connection() -> None:
    air = organization()
    air.add("slow", [told("going", ago(days=5), "in_progress")], status="syncing")
    (view,) = await ask(air.world(), DAY)
    assert next(job for job in view.jobs if job.id == uid("job", "going")).status == "running"


async def test_what_was_seen_running_is_looked_at_again() -> None:
    """It may have ended before the list reaches back."""
    air = organization()
    row = told("going", ago(days=5), "running")
    air.add("slow", [row], status="syncing")
    world = air.world()
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, DAY)
        row["status"], air.connections[3]["status"] = "cancelled", "active"
        world.clock.forward(30)
        view = await snapshot.view(world.credential, DAY)
    assert next(job for job in view.jobs if job.id == uid("job", "going")).status == "cancelled"


async def test_the_connections_that_fail_are_read_themselves() -> None:
    air = organization()
    air.connections[1]["status"] = "error"
    (view,) = await ask(air.world(), DAY)
    assert [*view.histories] == [uid("connection", "c1")]
    assert sum(job.connection_id == uid("connection", "c1") for job in view.jobs) == 30  # and so are joined


async def test_a_question_about_some_connections_asks_these() -> None:
    air = organization()
    need = Need(window=DAY.window, scope=lambda one: one.name == "c1")
    (view,) = await ask(air.world(), need)
    assert lists(air) == []
    assert len(view.jobs) == 30


async def test_a_page_of_the_list_makes_an_open_question_certain_down_to_its_last_row() -> None:
    air = organization(3, 100)
    (view,) = await ask(air.world(), Need())
    assert air.feed is not None
    assert view.horizon is not None
    last = NOW.fromisoformat(air.feed[99]["created_at"]).replace(tzinfo=NOW.tzinfo)
    assert view.horizon == last + LONGEST_WAIT
    assert view.coverage.complete


async def test_a_list_that_takes_too_long_is_continued_by_the_next_question() -> None:
    air = organization(3, 300)
    pages = 0

    async def slow(path: str, query: dict[str, list[str]]) -> None:
        nonlocal pages
        if query.get("limit") == ["100"]:
            pages += 1
            if pages == 3:
                await anyio.sleep_forever()

    air.before = slow
    world = air.world(options=SnapshotOptions(deadline_s=0.3))
    week = Need(window=Window(since=ago(days=7)))
    async with world.snapshot() as snapshot:
        first = await snapshot.view(world.credential, week)
        assert [one.code for one in first.coverage.problems] == ["timeout", "not_far_enough"]
        assert len(first.jobs) == 199  # two pages overlap by a row
        second = await snapshot.view(world.credential, week)
    assert second.coverage.complete
    deep = [int(one.partition("skip=")[2].partition("&")[0]) for one in lists(air) if "skip=" in one]
    assert min(deep[2:]) > 150
    assert {job.id for job in second.jobs} >= {uid("job", f"c{c}/{300 - n}") for c in range(3) for n in range(7 * 24)}


async def test_paging_meets_rows_that_arrive() -> None:
    air = organization(3, 120)
    assert air.feed is not None
    feed = air.feed
    arrived: list[Json] = []

    async def arrive(path: str, query: dict[str, list[str]]) -> None:
        if "skip" in query:
            row = of_organization(told(f"new{len(arrived)}", NOW + timedelta(seconds=len(arrived) + 3)), "c0")
            arrived.append(row)
            feed.insert(0, row)

    air.before = arrive
    (view,) = await ask(air.world(), Need(window=Window(since=ago(days=4))))
    known = [job.id for job in view.jobs]
    assert len(known) == len({*known})
    assert {*known} >= {row["id"] for row in feed[len(arrived) :] if row["started_at"] > ago(days=4).isoformat()[:19]}


# What is remembered


async def test_what_is_known_holds_all_jobs_and_the_failed_ones_of_a_longer_time() -> None:
    air = organization(2, 200)
    assert air.feed is not None
    air.feed[300]["status"] = "failed"
    world = air.world()
    week = Need(window=Window(since=ago(days=9)), statuses=frozenset({"failed"}))
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, week)
        known = await snapshot.known(world.credential)
        assert [job.id for job in known.jobs] == [air.feed[300]["id"]]
        await snapshot.view(world.credential, Need())
        count = len(air.requests)
        known = await snapshot.known(world.credential)
    assert len(known.jobs) == 101
    assert len(air.requests) == count


async def test_unreadable_rows_of_the_list_are_told() -> None:
    air = organization()
    assert air.feed is not None
    air.feed[3]["id"] = None
    (view,) = await ask(air.world(), DAY)
    assert [one.code for one in view.coverage.problems] == ["unreadable_jobs"]
    assert not view.coverage.complete
