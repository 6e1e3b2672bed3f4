"""Every tool, in both eras: valid, lean, of bounded size, and the same facts in both channels."""

import pytest
from mcp import Client
from mcp.types import Tool

from tests.support.world import World, text_of
from tests.tools.kit import CONCISE, FULL, QUESTIONS, check_answer

pytestmark = pytest.mark.anyio


async def tool_called(client: Client, name: str) -> Tool:
    return next(tool for tool in (await client.list_tools()).tools if tool.name == name)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_answers_keep_what_is_promised(either: Client, question: str) -> None:
    name, arguments = QUESTIONS[question]

    answer = await either.call_tool(name, arguments)

    full = arguments.get("detail") == "full"
    check_answer(await tool_called(either, name), answer, limit=FULL if full else CONCISE)


@pytest.mark.parametrize("question", ["jobs", "failed", "healthy", "job, latest failed", "connections"])
async def test_both_eras_get_the_same_answer(demo: World, question: str) -> None:
    name, arguments = QUESTIONS[question]

    async with demo.client("auto") as new, demo.client("legacy") as old:
        assert new.protocol_version == "2026-07-28"
        assert old.protocol_version == "2025-11-25"
        first, second = await new.call_tool(name, arguments), await old.call_tool(name, arguments)

    assert first.structured_content == second.structured_content
    assert text_of(first) == text_of(second)


async def test_a_row_leaves_out_what_the_question_says(client: Client) -> None:
    by_status = (await client.call_tool("list_sync_jobs", {"status": "failed", "since": "24h"})).structured_content
    by_name = (await client.call_tool("list_sync_jobs", {"connection": "Ops Notion"})).structured_content

    assert by_status
    assert by_name
    assert all("status" not in job and "connection" in job for job in by_status["jobs"])
    assert all("connection" not in job and "status" in job for job in by_name["jobs"])


async def test_full_detail_gives_whole_ids_and_errors(client: Client) -> None:
    arguments = {"detail": "full", "status": "failed", "since": "24h"}
    answer = (await client.call_tool("list_sync_jobs", arguments)).structured_content

    assert answer
    for job in answer["jobs"]:
        assert len(job["job_id"]) == len(job["connection_id"]) == 36
        assert job["job_id"].startswith(job["job"])
        assert job["phase"] in {"before_start", "while_running"}
    assert any(job.get("error") for job in answer["jobs"])


async def test_concise_rows_tell_an_error_only_where_the_cause_does_not(client: Client) -> None:
    answer = (await client.call_tool("list_failed_jobs", {"group": False, "since": "7d"})).structured_content

    assert answer
    told = {job["cause"] for job in answer["jobs"] if "error" in job}
    assert told == {"unknown"}


async def test_a_waiting_job_has_no_time_in_either_channel(client: Client) -> None:
    answer = await client.call_tool("list_sync_jobs", {"status": "pending"})

    assert answer.structured_content
    (job,) = answer.structured_content["jobs"]
    assert not {"started_at", "ended_at", "created_at"} & job.keys()
    assert "Sales Pipedrive: , job" not in text_of(answer)
    assert "ago" not in text_of(answer)


async def test_a_time_that_was_estimated_is_marked_in_both_channels(client: Client) -> None:
    answer = await client.call_tool("get_connection_jobs", {"connection": "Teams Chat", "limit": 1})

    assert answer.structured_content
    (job,) = answer.structured_content["jobs"]
    assert job["estimated"] == ["ended_at"]
    assert "failed about 7 h ago" in text_of(answer)


async def test_hostile_text_stands_fenced_or_quoted_and_holds_no_secret(client: Client) -> None:
    from airweave_sync_mcp.demo.troubles import FAKE_SECRETS

    history = await client.call_tool("get_connection_jobs", {"connection": "Vendor Portal Confluence"})
    assert history.structured_content
    for job in history.structured_content["jobs"]:
        answer = await client.call_tool("get_sync_job", {"job": job["job"], "connection": "Vendor Portal Confluence"})
        text = text_of(answer)
        for secret in FAKE_SECRETS:
            assert secret not in text + str(answer.structured_content)
        if answer.structured_content and "error" in answer.structured_content:
            nonce = job["job_id"][-6:]
            opened, closed = text.index(f"<<<{nonce} error text"), text.index(f"\n{nonce}>>>")
            assert " ".join(answer.structured_content["error"].split())[:40] in " ".join(text[opened:closed].split())
