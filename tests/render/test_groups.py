"""Failures by cause in words."""

from dataclasses import replace

import pytest

from airweave_sync_mcp.answers.groups import group_failed_jobs
from airweave_sync_mcp.answers.jobs import JobQuery
from airweave_sync_mcp.history.model import Connection
from airweave_sync_mcp.render.groups import render_groups
from airweave_sync_mcp.safety import Cleaner
from tests.support.still import known_world

pytestmark = pytest.mark.anyio

LONG = "Customer Success and Professional Services, Europe, the Middle East and Africa, number "


def renamed(one: Connection) -> Connection:
    return replace(one, name=f"{LONG}{one.name}")


async def test_a_fix_that_was_shortened_says_so() -> None:
    async with known_world().asking() as ask:
        question = ask()
        page = await group_failed_jobs(
            question, JobQuery(tool="list_failed_jobs", statuses=frozenset({"failed"}), since="30d")
        )
    long = replace(
        page,
        connections=[renamed(one) for one in page.connections],
        groups=tuple(
            replace(
                group,
                members=tuple(
                    replace(one, connection=one.connection and renamed(one.connection)) for one in group.members
                ),
            )
            for group in page.groups
        ),
    )
    fixes = {group.cause.value: group.verdict.fix for group in page.groups}
    shown = render_groups(long, ids=False, now=question.now, cleaner=Cleaner()).structure.groups

    assert shown
    cut = [one for one in shown if one.fix != fixes[one.cause]]
    assert cut
    assert all(one.fix.endswith("…") for one in cut)
