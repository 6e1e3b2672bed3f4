"""What diagnose_sync and get_sync_health say of troubles that are easily told wrong."""

from datetime import timedelta
from typing import Any

import pytest

from airweave_sync_mcp.render.times import iso
from tests.history.kit import Airweave, Json, ago, told, wire_time
from tests.support.world import call, demo_world, text_of

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
    air.add("one", [*days(3), told("left", ago(days=4), status, created_at=wire_time(ago(days=4))), *days(9, first=5)])
    found, text, health, _ = await told_of(air)
    assert found["state"] == "healthy"
    assert "findings" not in found
    assert "Stuck" not in text
    assert health["states"] == {"healthy": 1}
    assert "worst" not in health


# What was cancelled by clean-up


CLEANED = "Cancelled by cleanup job (stuck in transitional state)"


def cleaned(count: int) -> Airweave:
    """The newest daily jobs were never picked up."""
    air = Airweave()
    rows = [told(f"cleaned{n}", None, "cancelled", error=CLEANED, completed_at=wire_time(ago(days=n, hours=1)))
            for n in range(count)]  # fmt: skip
    air.add("one", [*rows, *days(12, first=count + 1)])
    return air


async def test_jobs_that_no_worker_takes_are_critical() -> None:
    found, text, health, line = await told_of(cleaned(3))
    assert (found["state"], found["cause"], found["who"]) == ("stuck", "worker_lost_or_stuck", "operator")
    assert found["retry"]["useful"] is False
    assert "Nothing to do" not in text
    assert "workers" in found["next_steps"][0]
    assert health["states"] == {"stuck": 1}
    assert (health["wait_for_person"], "one: stuck" in line) == (1, True)


async def test_one_job_that_no_worker_took_may_be_run_again() -> None:
    found, _, health, _ = await told_of(cleaned(1))
    assert (found["state"], found["cause"], found["who"]) == ("stuck", "worker_lost_or_stuck", "nobody")
    assert found["retry"]["useful"] is True
    assert health["wait_for_person"] == 0


# Since when


SERVER_BUSY = "SourceServerError: Server error (500)"


def failing_for(hours: int, *, every: timedelta = timedelta(hours=1)) -> Airweave:
    air = Airweave()
    count = int(timedelta(hours=hours) / every)
    bad = [told(f"bad{n}", ago(minutes=9) - n * every, "failed", error=SERVER_BUSY) for n in range(count)]
    good = [told(f"good{n}", ago(minutes=9) - (count + n) * every) for n in range(40)]
    air.add("one", [*bad, *good], status="error")
    return air


@pytest.mark.parametrize("every", [timedelta(hours=1), timedelta(minutes=6)])
async def test_the_true_beginning_of_a_long_streak_is_told(every: timedelta) -> None:
    air = failing_for(60, every=every)
    found, _, _, _ = await told_of(air)
    assert found["consecutive_failures"] == timedelta(hours=60) / every
    assert found["failing_since"] == iso(ago(minutes=9) - timedelta(hours=60) + every)
    assert "may_be_longer" not in found
    assert "last_success" in found
    assert air.asked("limit=1000")
    async with failing_for(60, every=every).world().client() as client:
        jobs = await call(client, "get_connection_jobs", connection="one", limit=1)
    assert (jobs["streak"]["failures"], "may_be_longer" in jobs["streak"]) == (timedelta(hours=60) / every, False)


async def test_a_beginning_that_nobody_knows_is_marked() -> None:
    async with failing_for(60).world().client() as client:
        answer = await client.call_tool("get_sync_health", {"since": "1h"})
    assert answer.structured_content is not None
    assert answer.structured_content["worst"][0]["may_be_longer"] is True
    assert "failing for at least 2 d" in text_of(answer)


async def test_a_streak_beyond_what_airweave_gives_is_marked() -> None:
    air = failing_for(1100)
    found, text, _, _ = await told_of(air)
    assert (found["consecutive_failures"], found["may_be_longer"]) == (1000, True)
    assert "or more" in text


# Where no run failed


async def test_what_never_ran_is_to_be_run_once() -> None:
    air = Airweave()
    air.add("one", created_at=wire_time(ago(days=9)))
    found, _, health, _ = await told_of(air)
    assert found["state"] == "never_ran"
    assert found["retry"]["useful"] is True
    assert found["next_steps"][0].startswith("user: open one in Airweave and run it once")
    assert health["states"] == {"never_ran": 1}


async def test_what_stands_still_is_to_be_run_once() -> None:
    air = Airweave()
    air.add("one", days(12, first=9), schedule={"cron": "0 9 * * *"})
    found, _, health, _ = await told_of(air)
    assert (found["state"], found["who"], found["retry"]["useful"]) == ("stale", "user", True)
    assert found["next_steps"][0].startswith("user: open one in Airweave, check its schedule and run it once")
    assert health["wait_for_person"] == 1


async def test_what_wrote_nothing_has_to_be_looked_at_at_the_source() -> None:
    air = Airweave()
    empty = [told(f"empty{n}", ago(days=n, hours=2), entities_inserted=0) for n in range(5)]
    air.add("one", [*empty, *days(12, first=6, entities_inserted=40)])
    found, _, health, _ = await told_of(air)
    assert (found["findings"][0]["kind"], found["who"]) == ("wrote_nothing", "user")
    assert found["retry"]["useful"] is False
    assert found["retry"]["when"].startswith("not before")
    assert "at the source" in found["next_steps"][0]
    assert health["wait_for_person"] == 1


async def test_a_recovery_is_told() -> None:
    air = Airweave()
    bad = [told(f"bad{n}", ago(days=2 + n), "failed", error=SERVER_BUSY) for n in range(5)]
    air.add("one", [told("good", ago(days=1)), *bad, *days(9, first=8)])
    found, text, _, _ = await told_of(air)
    assert (found["state"], found["findings"][0]["kind"]) == ("healthy", "recovered")
    assert "5 failed runs, then a completed one" in text
    assert "Against the good run before it" in text


# Who acts


REJECTED = "SourceAuthError: Unauthorized (401): API key is invalid"


async def test_a_run_under_way_comes_before_what_failed() -> None:
    air = Airweave()
    bad = told("bad", ago(hours=3), "failed", error=REJECTED, error_category="api_key_invalid")
    air.add("one", [told("again", ago(minutes=1), "running"), bad, *days(9)], status="syncing")
    found, _, health, line = await told_of(air)
    assert (found["state"], found["cause"], found["who"]) == ("failing", "api_key_invalid", "nobody")
    assert found["next_steps"][0] == "A run is under way, newer than the failure: wait_for_sync_job(connection='one')"
    assert found["next_steps"][1].startswith("If it fails too: user: ")
    assert (health["wait_for_person"], health["worst"][0]["under_way"]) == (0, True)
    assert "a run is under way" in line


async def test_a_pause_by_mistake_says_how_it_ends() -> None:
    async with demo_world().client() as client:
        found = await call(client, "diagnose_sync", connection="Partner HubSpot")
    assert (found["who"], found["transient"]) == ("user", True)
    assert "save the connection's schedule again in Airweave, which un-pauses it" in found["next_steps"][0]


@pytest.mark.parametrize(
    ("name", "where"),
    [("Finance SharePoint", "run?force_full_sync=true"), ("Media OneDrive", "billing page in the Airweave dashboard")],
)
async def test_advice_says_where(name: str, where: str) -> None:
    async with demo_world().client() as client:
        found = await call(client, "diagnose_sync", connection=name)
    assert where in " ".join(found["next_steps"])


async def test_what_does_not_pass_is_not_only_to_be_run_again() -> None:
    found, _, _, _ = await told_of(failing_for(10))
    assert (found["who"], found["retry"]["useful"]) == ("source_admin", False)
    assert found["next_steps"][0].startswith("source_admin: Look at the vendor's status page")


async def test_other_causes_of_a_streak_are_named() -> None:
    air = Airweave()
    denied = "SourceEntityForbiddenError: Access forbidden (403)"
    bad = [told(f"bad{n}", ago(days=2 + n), "failed", error=denied) for n in range(4)]
    air.add("one", [told("cut", ago(days=1), "failed", error="ReadTimeout"), *bad, *days(9, first=8)], status="error")
    found, text, _, _ = await told_of(air)
    assert found["cause"] == "network_error"
    assert "Earlier failures of the streak: source_permission_denied (4)." in found["changed"]
    assert "source_permission_denied (4)" in text


async def test_an_unknown_cause_says_what_it_is_nearest_to() -> None:
    air = Airweave()
    air.add(
        "one", [told("odd", ago(hours=1), "failed", error="the login widget blew a fuse"), *days(9)], status="error"
    )
    found, text, _, _ = await told_of(air)
    assert found["cause"] == "unknown"
    assert found["nearest"] in text


async def test_a_waiting_job_has_no_time() -> None:
    air = Airweave()
    air.add("one", [told("waits", None, "pending"), *days(9)], status="syncing")
    found, text, _, _ = await told_of(air)
    assert found["job_status"] == "pending"
    assert "job_at" not in found
    assert ": pending." in text


async def test_whether_others_suffer_of_the_same_is_not_guessed() -> None:
    air = failing_for(2)
    air.add("two", [told("two", ago(hours=1), "failed", error=SERVER_BUSY)], status="error")
    async with air.world().client() as client:
        first = await call(client, "diagnose_sync", connection="one")
        assert first["shared"] == "not known, as 1 other is failing and not read yet: get_sync_health()"
        await call(client, "get_sync_health")
        assert "2 connections" in (await call(client, "diagnose_sync", connection="one"))["shared"]
