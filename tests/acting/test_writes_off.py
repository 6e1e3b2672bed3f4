"""Without --allow-writes there is nothing to call, and a caller cannot change that."""

from pathlib import Path

import pytest

from airweave_sync_mcp.core import core_of
from airweave_sync_mcp.settings import load_settings
from tests.support.world import text_of

from .kit import ERAS, PLAIN, Era, Person, refusal, stage

pytestmark = pytest.mark.anyio

WRITES = {"run_sync", "cancel_sync_job"}


@pytest.mark.parametrize("era", ERAS)
async def test_the_tools_that_write_are_not_there(era: Era) -> None:
    it = stage()

    async with it.client(era, allow_writes=False) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        instructions = client.instructions

    assert names & WRITES == set()
    assert "wait_for_sync_job" in names
    assert "run_sync" not in (instructions or "")


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_by_name_is_refused_with_the_reason(era: Era) -> None:
    it, person = stage(), Person()
    tries: tuple[dict[str, object], ...] = (
        {},
        {"connection": PLAIN, "confirm": PLAIN},
        {"connection": PLAIN, "allow_writes": True},
    )

    async with it.client(era, person, allow_writes=False) as client:
        for name in sorted(WRITES):
            for arguments in tries:
                found = await client.call_tool(name, arguments)
                assert refusal(found)["code"] == "writes_disabled"
                assert "--allow-writes" in text_of(found)

    assert person.questions == []
    assert it.world.requests() == []


@pytest.mark.parametrize("era", ERAS)
async def test_with_writes_all_tools_stay_small_and_tell_what_they_are(era: Era) -> None:
    it = stage()

    async with it.client(era) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        instructions = client.instructions

    shown = sum(len(f"{tool.name}{tool.description}{tool.input_schema}") for tool in tools.values())
    assert shown < 10_000, "3,000 tokens as a model sees them"
    hints = {name: tools[name].annotations for name in WRITES}
    for name, hint in hints.items():
        assert hint is not None
        assert (hint.read_only_hint, hint.destructive_hint) == (False, True)
        assert hint.idempotent_hint is (name == "cancel_sync_job")
    waiting = tools["wait_for_sync_job"].annotations
    assert waiting is not None
    assert waiting.read_only_hint
    assert 0 < len(instructions or "") < 2_000
    assert "run_sync" in (instructions or "")


def test_the_setting_reaches_the_core(tmp_path: Path) -> None:
    off = load_settings({}, {"AIRWEAVE_SYNC_DEMO": "1"}, home=tmp_path)
    on = load_settings({}, {"AIRWEAVE_SYNC_DEMO": "1", "AIRWEAVE_SYNC_ALLOW_WRITES": "1"}, home=tmp_path)

    assert (core_of(off).allow_writes, core_of(on).allow_writes) == (False, True)


@pytest.mark.parametrize("allow_writes", [True, False])
async def test_a_diagnosis_names_the_calls_that_are_allowed(allow_writes: bool) -> None:
    it = stage()

    async with it.client(allow_writes=allow_writes) as client:

        async def steps(name: str) -> str:
            found = await client.call_tool("diagnose_sync", {"connection": name})
            assert found.structured_content is not None
            return " | ".join(found.structured_content["next_steps"])

        transient = await steps("Ops Notion")
        cursor = await steps("Finance SharePoint")
        permanent = await steps("Security GitHub")
        stuck = await steps("Support Intercom")
        shrunk = await steps("Catalog Salesforce")
        running = await steps("Sales Salesforce")

    assert "wait_for_sync_job(connection='Sales Salesforce')" in running
    assert ("To run it: run_sync(connection='Ops Notion')" in transient) is allow_writes
    assert ("run_sync(connection='Finance SharePoint', force_full_sync=true)" in cursor) is allow_writes
    assert ("After the repair: run_sync(connection='Security GitHub')" in permanent) is allow_writes
    assert ("cancel_sync_job(connection='Support Intercom', job='" in stuck) is allow_writes
    assert "run_sync" not in shrunk
