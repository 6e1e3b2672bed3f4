"""The judge: what it remembers is what it would say anew."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from airweave_sync_mcp.answers.health import organization_health
from airweave_sync_mcp.answers.judge import Judge, State
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, SyncJob
from tests.support.world import NOW, demo_world

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
CONNECTION = Connection(id="c1", name="Docs", source="notion", collection="kb", status="error", entity_count=9)
REJECTED = "TokenRefreshError: invalid_grant: Token has been expired or revoked."


def runs(*statuses: str, error: str = REJECTED, fetched_at: datetime = NOW) -> ConnectionHistory:
    """A history of hourly runs, newest first."""
    jobs = tuple(
        SyncJob(
            id=f"{number:08}-0000-4000-8000-000000000000",
            status=status,
            connection_id=CONNECTION.id,
            started_at=NOW - (number + 1) * HOUR,
            error=error if status == "failed" else None,
        )
        for number, status in enumerate(statuses)
    )
    return ConnectionHistory(connection_id=CONNECTION.id, jobs=jobs, fetched_at=fetched_at)


def test_an_unchanged_connection_is_judged_as_of_its_reading() -> None:
    judge, history = Judge(), runs("failed", "completed")
    first = judge.judge(CONNECTION, history, now=NOW)
    assert first.state is State.FAILING
    assert judge.judge(CONNECTION, history, now=NOW + 9 * HOUR) == first == Judge().judge(CONNECTION, history, now=NOW)


def test_whatever_it_rests_on_is_judged_anew_when_it_changes() -> None:
    judge, history = Judge(), runs("failed", "completed", "completed", "completed")
    judge.judge(CONNECTION, history, now=NOW)
    waiting = replace(CONNECTION, status="pending_auth")
    changed = [
        (CONNECTION, runs("completed", "failed"), NOW, None),
        (waiting, history, NOW, None),
        (CONNECTION, history, NOW - 2 * HOUR, None),
        (CONNECTION, history, NOW, timedelta(seconds=1)),
        (CONNECTION, replace(history, truncated=True), NOW, None),
        (CONNECTION, history, NOW, None),
    ]
    for connection, known, now, window in changed:
        fresh = Judge().judge(connection, known, now=now, window=window)
        assert judge.judge(connection, known, now=now, window=window) == fresh


def test_histories_that_are_gone_leave_nothing_behind() -> None:
    judge, statuses = Judge(), ("failed", "completed")
    for turn in range(50):  # the next one may well stand where the last one stood
        history = runs(*(statuses if turn % 2 else reversed(statuses)))
        assert judge.judge(CONNECTION, history, now=NOW).failing is bool(turn % 2)
        del history


def test_the_same_words_of_different_connections_are_told_apart() -> None:
    judge = Judge()
    job = runs("failed", error="HTTP 404: not found").jobs[0]
    github = replace(CONNECTION, source="github")
    for connection in (CONNECTION, github, None, CONNECTION):
        assert judge.verdict(job, connection) == Judge().verdict(job, connection)
    assert judge.verdict(replace(job, status="completed"), CONNECTION) is None


async def test_of_a_whole_organization_it_says_the_same_twice() -> None:
    world = demo_world()
    async with world.asking() as asking:
        first = await organization_health(asking())
        world.clock.forward(5)
        again = await organization_health(replace(asking(), judge=Judge()))
        assert (await organization_health(asking())).judgements == again.judgements == first.judgements
