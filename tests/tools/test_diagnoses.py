"""What diagnose_sync and get_sync_health say of troubles that are easily told wrong."""

from datetime import timedelta
from typing import Any

import pytest

from tests.history.kit import Airweave, Json, ago, told
from tests.support.world import text_of

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
SLOW_DOWN = "SourceRateLimitError: Rate limited (429). Retry after 600.0s"


def days(count: int, *, first: int = 1, **facts: Any) -> list[Json]:
    """Good runs, one a day, the newest `first` days ago."""
    return [told(f"good{first + number}", ago(days=first + number), **facts) for number in range(count)]


async def told_of(air: Airweave, connection: str = "one", **more: Any) -> tuple[Json, str, Json, str]:
    """Diagnosis and health, each as structure and as text."""
    async with air.world().client() as client:
        diagnosis = await client.call_tool("diagnose_sync", {"connection": connection, **more})
        health = await client.call_tool("get_sync_health", {})
    assert diagnosis.structured_content is not None
    assert health.structured_content is not None
    return diagnosis.structured_content, text_of(diagnosis), health.structured_content, text_of(health)


# What was lost


def lossy(*newer: Json) -> Airweave:
    """Four fifths were deleted two days ago, and some runs came since."""
    air = Airweave()
    loss = told("loss", ago(days=2), entities_inserted=3, entities_deleted=4106)
    rows = [*newer, loss, *days(12, first=3, entities_inserted=9, entities_deleted=2)]
    air.add("one", rows, entity_count=700)
    return air


async def test_a_good_run_that_brought_nothing_back_does_not_end_a_loss() -> None:
    found, text, _, _ = await told_of(lossy(told("ordinary", ago(hours=3), entities_inserted=4, entities_deleted=0)))
    assert [one["kind"] for one in found["findings"]] == ["mass_deletion"]
    assert found["retry"]["safe"] is False
    assert "over" not in found
    assert "good run came after it" not in text
    assert not found["next_steps"][0].startswith("Nothing")


async def test_a_newer_failure_does_not_make_a_run_safe() -> None:
    found, _, _, _ = await told_of(lossy(told("limited", ago(hours=3), "failed", error=SLOW_DOWN)))
    assert (found["cause"], found["retry"]["safe"]) == ("source_rate_limited", False)
    assert not any("run again" in step or "run_sync" in step for step in found["next_steps"])


# What was left behind


@pytest.mark.parametrize("status", ["running", "pending", "cancelling"])
async def test_an_unfinished_job_below_newer_runs_is_no_trouble(status: str) -> None:
    air = Airweave()
    air.add("one", [*days(3), told("left", ago(days=4), status), *days(9, first=5)])
    found, text, health, _ = await told_of(air)
    assert found["state"] == "healthy"
    assert "findings" not in found
    assert "Stuck" not in text
    assert health["states"] == {"healthy": 1}
    assert "worst" not in health
