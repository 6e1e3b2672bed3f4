"""Which connection a job of the organization-wide list belongs to: proved, never guessed."""

import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.history.model import SyncJob
from airweave_sync_mcp.history.view import View
from tests.history.kit import (
    DAY,
    GONE,
    Reply,
    ask,
    organization,
    uid,
)

pytestmark = pytest.mark.anyio


def named(view: View, owner: str) -> list[SyncJob]:
    return [job for job in view.jobs if job.sync_name == f"Sync for {owner}"]


async def test_a_sync_is_named_after_its_connection_s_own_page_proved_it() -> None:
    air = organization()
    world = air.world()
    async with world.snapshot() as snapshot:
        view = await snapshot.view(world.credential, DAY)
        assert {job.connection_id for job in named(view, "c1")} == {None}
        joins = await snapshot.name_syncs(world.credential, view.jobs, view)
        # The first one's own page was read to learn whose key this is.
        assert joins == {uid("sync", f"c{n}"): uid("connection", f"c{n}") for n in (1, 2)}
        world.clock.forward(20)
        view = await snapshot.view(world.credential, DAY)
        assert {job.connection_id for job in named(view, "c1")} == {uid("connection", "c1")}
        air.requests.clear()
        assert await snapshot.name_syncs(world.credential, view.jobs, view) == {}
    assert air.requests == []


async def test_a_name_alone_is_no_proof() -> None:
    """The connection was deleted, and another one was given its name; or two have the same."""
    air = organization()
    air.feed = [dict(row, sync_id="another") if row["sync_name"].endswith("c1") else row for row in air.feed or ()]
    air.add("c2", [], id=uid("twin"))
    air.jobs[uid("twin")] = []
    world = air.world()
    async with world.snapshot() as snapshot:
        view = await snapshot.view(world.credential, DAY)
        joins = await snapshot.name_syncs(world.credential, view.jobs, view)
    assert joins == {}
    assert {job.connection_id for job in named(view, "c0")} == {uid("connection", "c0")}


async def test_naming_asks_for_few_pages_and_none_with_a_rate_limit() -> None:
    air = organization(30, 2)
    world = air.world()
    async with world.snapshot() as snapshot:
        view = await snapshot.view(world.credential, DAY)
        air.requests.clear()
        assert len(await snapshot.name_syncs(world.credential, view.jobs, view)) == 10
        assert len(air.requests) <= 10
        air.faults["/source-connections/"] = Reply(
            404, {"detail": "x"}, {"ratelimit-limit": "100", "ratelimit-remaining": "50"}
        )
        with pytest.raises(AirweaveError):
            await snapshot.detail(world.credential, uid("connection", "c29"))
        air.requests.clear()
        assert await snapshot.name_syncs(world.credential, view.jobs, view) == {}
    assert air.requests == []


async def test_a_connection_s_page_that_cannot_be_read_leaves_its_sync_unnamed() -> None:
    air = organization()
    air.faults[f"/source-connections/{uid('connection', 'c1')}"] = GONE
    world = air.world()
    async with world.snapshot() as snapshot:
        view = await snapshot.view(world.credential, DAY)
        joins = await snapshot.name_syncs(world.credential, view.jobs, view)
    assert uid("sync", "c1") not in joins
    assert uid("sync", "c2") in joins


async def test_a_list_of_connections_that_tells_syncs_joins_them() -> None:
    air = organization()
    for row in air.connections:
        row["sync_id"] = uid("sync", row["name"])
    (view,) = await ask(air.world(), DAY)
    assert {job.connection_id for job in named(view, "c1")} == {uid("connection", "c1")}
