"""Which servers have an organization-wide list, and how long that is believed."""

import httpx
import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.history.readings import Feed
from airweave_sync_mcp.history.snapshot import SnapshotOptions
from airweave_sync_mcp.history.view import Need
from tests.history.kit import (
    DAY,
    LIMITED,
    SERVER_ERROR,
    Reply,
    ask,
    lists,
    organization,
)

pytestmark = pytest.mark.anyio

FAILED = Need(window=DAY.window, statuses=frozenset({"failed"}))
PATHS = ("/v1/sync/jobs", "/sync/jobs")


@pytest.mark.parametrize("path", PATHS)
async def test_the_list_is_used_wherever_it_is(path: str) -> None:
    air = organization(feed_path=path)
    view, again = await ask(air.world(), DAY, DAY)
    assert len(view.jobs) == 3 * 30
    assert view.coverage.complete
    assert {job.sync_name for job in view.jobs} == {"Sync for c0", "Sync for c1", "Sync for c2"}
    assert air.asked("/jobs?limit=50") == []
    probes = PATHS.index(path) + 1
    assert len(lists(air)) == probes + 1
    assert again.jobs == view.jobs


async def test_a_server_without_the_list_is_asked_for_it_again_after_an_hour() -> None:
    air = organization()
    feed, air.feed = air.feed, None
    world = air.world()
    async with world.snapshot() as snapshot:
        for _ in range(3):
            await snapshot.view(world.credential, DAY)
            world.clock.forward(20 * 60 - 1)
        assert len(lists(air)) == 2
        assert len(air.asked("/jobs?limit=50")) == 9
        air.feed = feed
        world.clock.forward(10)
        await snapshot.view(world.credential, DAY)
    assert len(lists(air)) == 2 + 2  # found by the first probe, and a page


@pytest.mark.parametrize("status", [404, 405, 500])
async def test_a_dead_list_is_condemned_for_an_hour(status: int) -> None:
    air = organization()
    world = air.world()
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, DAY)
        air.requests.clear()
        air.faults["/v1/sync/jobs"] = Reply(status, {"detail": "Not Found"})
        world.clock.forward(20)
        view = await snapshot.view(world.credential, DAY)
        assert view.coverage.complete
        assert len(lists(air)) == 1
        assert len(air.asked("/jobs?limit=50")) == 3
        air.faults.clear()
        world.clock.forward(3599)
        await snapshot.view(world.credential, DAY)
        assert len(lists(air)) == 1
        world.clock.forward(2)
        await snapshot.view(world.credential, DAY)
        assert len(lists(air)) == 3


@pytest.mark.parametrize("status", [500, 400, 404, 422])
async def test_what_is_answered_to_a_filtered_request_condemns_nothing(status: int) -> None:
    """June 2025 answers 500 to a status it does not know."""
    air = organization()

    async def refuse(path: str, query: dict[str, list[str]]) -> None:
        air.faults = {"/v1/sync/jobs": Reply(status, {"detail": "no"})} if "status" in query else {}

    air.before = refuse
    world = air.world()
    views = await ask(world, FAILED, DAY)
    assert [view.coverage.complete for view in views] == [True, True]
    assert air.asked("/jobs?limit=50") == []


@pytest.mark.parametrize("reply", [LIMITED, Reply(502, {"detail": "x"}), Reply(403, {"detail": "Forbidden"})])
async def test_a_probe_that_leaves_it_open_condemns_nothing(reply: Reply) -> None:
    air = organization()
    air.faults["/v1/sync/jobs"] = reply
    world = air.world()
    async with world.snapshot() as snapshot:
        view = await snapshot.view(world.credential, DAY)
        assert len(view.jobs) == (0 if reply is LIMITED else 90)
        air.faults.clear()
        air.requests.clear()
        world.clock.forward(61)
        view = await snapshot.view(world.credential, DAY)
    assert len(lists(air)) == 2
    assert view.coverage.complete


async def test_a_network_error_during_the_probe_condemns_nothing() -> None:
    air = organization()
    broken = True

    async def unplug(path: str, query: object) -> None:
        if broken and path in PATHS:
            raise httpx.ConnectError("no route to host")

    air.before = unplug
    world = air.world()
    async with world.snapshot() as snapshot:
        view = await snapshot.view(world.credential, DAY)
        assert (len(view.jobs), view.coverage.complete) == (90, True)
        broken = False
        air.requests.clear()
        view = await snapshot.view(world.credential, DAY)
    assert view.coverage.complete
    assert len(lists(air)) == 2


async def test_a_probe_that_hangs_does_not_use_up_the_time() -> None:
    air = organization()
    air.faults = {path: Reply(hang=True) for path in PATHS}
    world = air.world(options=SnapshotOptions(deadline_s=0.4))
    (view,) = await ask(world, DAY)
    assert len(view.jobs) == 90
    assert view.coverage.complete


async def test_with_connections_the_list_is_never_asked() -> None:
    air = organization()
    (view,) = await ask(air.world(feed=Feed.CONNECTIONS), DAY)
    assert lists(air) == []
    assert len(view.jobs) == 90


async def test_with_organization_a_server_without_the_list_is_an_error_that_says_so() -> None:
    air = organization()
    feed, air.feed = air.feed, None
    world = air.world(feed=Feed.ORGANIZATION)
    with pytest.raises(AirweaveError) as caught:
        await ask(world, DAY)
    assert caught.value.code == ErrorCode.ROUTE_NOT_FOUND
    assert "feed=organization" in caught.value.message
    air.feed = feed
    world.clock.forward(3601)
    assert (await ask(world, DAY))[0].coverage.complete


async def test_with_organization_a_list_that_dies_is_an_error_as_well() -> None:
    air = organization()
    world = air.world(feed=Feed.ORGANIZATION)
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, DAY)
        air.faults["/v1/sync/jobs"] = SERVER_ERROR
        world.clock.forward(20)
        with pytest.raises(AirweaveError, match="feed=organization"):
            await snapshot.view(world.credential, DAY)


async def test_with_organization_a_probe_that_fails_tells_why() -> None:
    air = organization()
    air.faults["/v1/sync/jobs"] = Reply(502, {"detail": "x"})
    with pytest.raises(AirweaveError) as caught:
        await ask(air.world(feed=Feed.ORGANIZATION), DAY)
    assert caught.value.code == ErrorCode.UPSTREAM_UNAVAILABLE
