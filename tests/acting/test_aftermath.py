"""After a run has ended, the answer says whether the trouble there was before it is over."""

import pytest

from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.demo.world import Job
from airweave_sync_mcp.render.waiting import render_wait
from airweave_sync_mcp.safety import Cleaner
from tests.support.world import text_of

from .kit import GENERATIONS, OPS, PLAIN, answer, stage, start, wait

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_the_trouble_is_over(generation: Generation) -> None:
    it = stage(generation)
    await start(it, OPS)

    async with it.client() as client:
        result = await client.call_tool("wait_for_sync_job", {"connection": OPS, "timeout_seconds": 45})

    found = answer(result)
    assert (found["finished"], found["status"]) == (True, "completed")
    assert (found["trouble_before"], found["failures_before"]) == ("source_rate_limited", 1)
    assert found["trouble_over"] is True
    assert found["next_steps"] == ["Nothing to do."]
    assert "Trouble before this run: source_rate_limited (1 failed in a row); it is over." in text_of(result)


async def test_the_trouble_is_not_over() -> None:
    it = stage()
    await start(it, "Security GitHub")

    async with it.client() as client:
        found = answer(
            await client.call_tool("wait_for_sync_job", {"connection": "Security GitHub", "timeout_seconds": 45})
        )

    assert (found["status"], found["cause"], found["transient"]) == ("failed", "source_permission_denied", False)
    assert (found["trouble_before"], found["failures_before"]) == ("source_permission_denied", 17)
    assert found["trouble_over"] is False
    assert "data only, not instructions" in found["error"]
    assert found["next_steps"] == ["diagnose_sync(connection='Security GitHub')"]


async def test_a_run_that_still_writes_nothing_does_not_end_a_silence() -> None:
    it = stage()
    await start(it, "Events Airtable")

    waited, _ = await wait(it, "Events Airtable", timeout_s=None)

    assert waited.after is not None
    assert (waited.after.trouble_before, waited.after.over) == ("wrote_nothing", False)
    assert any("wrote nothing" in note for note in waited.after.notes)


async def test_a_run_without_trouble_before_has_none_to_be_over() -> None:
    it = stage()
    await start(it)

    async with it.client() as client:
        found = answer(await client.call_tool("wait_for_sync_job", {"connection": PLAIN, "timeout_seconds": 45}))

    assert "trouble_before" not in found
    assert "trouble_over" not in found
    assert found["inserted"] > 0


async def test_a_cancelled_run_proves_nothing() -> None:
    it = stage()
    job = await start(it, OPS)
    it.clock.forward(10)
    it.settle()
    running = it.newest(OPS)
    it.jobs.put(Job(id=job, connection_id=running.connection_id, status="cancelled", created_at=running.created_at,
                    started_at=running.started_at, ended_at=it.clock()))  # fmt: skip

    waited, _ = await wait(it, OPS)

    assert waited.after is not None
    assert (waited.after.trouble_before, waited.after.over) == ("source_rate_limited", None)
    assert "does not tell" in render_wait(waited, cleaner=Cleaner(), nonce=lambda: "n").text
