"""From what the API answers to what we know."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airweave_sync_mcp.airweave.wire import WireConnection, WireConnectionDetail, WireJob
from airweave_sync_mcp.history.convert import connection_of, detail_of, job_of, job_status
from airweave_sync_mcp.history.model import SyncJob
from tests.support.world import NOW

START = "2026-11-21T10:00:00.250000"


def read(**row: Any) -> SyncJob:
    return job_of(WireJob.model_validate({"id": "1", **row}))


@pytest.mark.parametrize(
    ("told", "status"),
    [("COMPLETED", "completed"), ("in_progress", "running"), ("IN_PROGRESS", "running"), (" Failed ", "failed"),
     ("Resting", "resting"), (None, "unknown")],
)  # fmt: skip
def test_every_generation_s_spelling_of_a_status(told: str | None, status: str) -> None:
    assert read(status=told).status == status
    assert told is None or job_status(told) == status


def test_times_are_utc_and_durations_never_negative() -> None:
    done = read(status="completed", started_at=START, completed_at="2026-11-21T10:05:00Z")
    assert done.started_at == datetime(2026, 11, 21, 10, 0, 0, 250_000, tzinfo=UTC)
    assert done.duration_s == 299.75
    assert read(started_at=START, failed_at="2026-11-21T09:00:00").duration_s == 0
    assert read(duration_seconds=-3).duration_s == 0
    assert read(duration_seconds="4.5").duration_s == 4.5
    assert read(started_at=START).duration_s is None


def test_counters_of_what_has_not_ended_are_no_facts() -> None:
    zeros = {"entities_inserted": 0, "entities_updated": 0, "entities_deleted": 0, "entities_failed": 0}
    for status in ("running", "pending", "cancelling", "cancelled", "created", "in_progress"):
        found = read(status=status, **zeros)
        assert (found.inserted, found.updated, found.deleted, found.kept, found.skipped) == (None,) * 5
    failed = read(status="failed", **zeros)
    assert (failed.inserted, failed.skipped, failed.kept) == (0, 0, None)
    going = read(status="running", **{**zeros, "entities_inserted": 7})
    assert (going.inserted, going.updated) == (7, 0)


def test_skipped_is_called_failed_in_one_of_the_lists() -> None:
    assert read(status="completed", entities_failed=3).skipped == 3
    assert read(status="completed", entities_failed=3, entities_skipped=2).skipped == 2


def test_the_connection_that_was_asked_is_the_job_s() -> None:
    wire = WireJob.model_validate({"id": "1", "source_connection_id": "told"})
    assert job_of(wire, connection_id="asked").connection_id == "asked"
    assert job_of(wire).connection_id == "told"


def test_encountered_entities_are_sorted() -> None:
    found = read(entities_encountered={"b": 2, "a": 1})
    assert found.encountered == (("a", 1), ("b", 2))


@pytest.mark.parametrize(("told", "status"), [("failing", "error"), ("IN_PROGRESS", "syncing"), ("active", "active")])
def test_every_generation_s_spelling_of_a_connection_s_status(told: str, status: str) -> None:
    assert connection_of(WireConnection.model_validate({"id": "1", "status": told})).status == status


def test_a_connection_that_tells_next_to_nothing() -> None:
    found = connection_of(WireConnection.model_validate({"id": "3db0de21-6607-44da-b7ef-fb4d8120f7ba"}))
    assert (found.name, found.source, found.status, found.federated) == ("3db0de21", "unknown", "unknown", False)


def test_what_a_connection_s_own_page_tells() -> None:
    page = {
        "id": "1", "organization_id": "o", "sync_id": "s",
        "auth": {"authenticated_at": START, "provider_readable_id": "p"},
        "schedule": {"cron": "0 1 * * *", "next_run": "2026-11-22T01:00:00Z"}, "error_category": "api_key_invalid",
    }  # fmt: skip
    found = detail_of(WireConnectionDetail.model_validate(page), NOW)
    assert (found.organization_id, found.sync_id, found.cron, found.provider) == ("o", "s", "0 1 * * *", "p")
    assert found.next_run == NOW.replace(hour=1) + timedelta(days=1)
    assert (found.has_schedule, found.fetched_at, found.error_category) == (True, NOW, "api_key_invalid")
    bare = detail_of(WireConnectionDetail.model_validate({"id": "1", "provider_short_name": "composio"}), NOW)
    assert (bare.has_schedule, bare.cron, bare.provider, bare.authenticated_at) == (False, None, "composio", None)


def test_a_state_that_is_no_word_keeps_its_case() -> None:
    """By which its secrets are known, should it hold any."""
    key = "PMAK-0123456789abcdef01234567-0123456789abcdef0123456789abcdef01"
    assert job_status(f" Failed for {key}") == f"Failed for {key}"
    assert job_status(" IN_PROGRESS ") == "running"
    assert job_status("Waiting-For Approval") == "waiting-for approval"
