"""The health of an organization in words."""

import pytest

from airweave_sync_mcp.answers.health import organization_health
from airweave_sync_mcp.answers.judge import State
from airweave_sync_mcp.render.contract import HealthOut
from airweave_sync_mcp.render.fit import Rendered
from airweave_sync_mcp.render.health import render_health
from airweave_sync_mcp.safety import Cleaner
from tests.history.kit import Airweave, ago, told
from tests.support.still import known_world
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def health_of(world: World) -> Rendered[HealthOut]:
    async with world.asking() as ask:
        question = ask()
        found = await organization_health(question)
        return render_health(found, full=False, now=question.now, cleaner=Cleaner())


async def test_causes_that_are_shared_are_counted() -> None:
    world = known_world()
    async with world.asking() as ask:
        question = ask()
        found = await organization_health(question)
        whole = render_health(found, full=True, now=question.now, cleaner=Cleaner()).structure
        small = render_health(found, full=False, now=question.now, cleaner=Cleaner())

    assert whole.shared is not None
    assert whole.more_shared is None
    assert len(whole.shared) > 1
    assert small.structure.shared == whole.shared[:1]
    assert small.structure.more_shared == len(whole.shared) - 1
    assert f"Shared: and {small.structure.more_shared} more" in small.text


async def test_what_waits_or_ends_does_not_run() -> None:
    air = Airweave()
    for status in ("running", "pending", "cancelling"):
        started = None if status == "pending" else ago(minutes=1)
        air.add(status, [told(f"{status} now", started, status)])
    answer = await health_of(air.world())

    assert answer.structure.states == {State.RUNNING: 1, State.PENDING: 1, State.CANCELLING: 1}
    assert "3 connections: 1 running, 1 pending, 1 cancelling." in answer.text


async def test_one_is_not_told_as_many() -> None:
    air = Airweave()
    air.add("one", [told("done", ago(minutes=9), "completed")])

    assert (await health_of(air.world())).text.startswith("1 connection: ")
