from datetime import timedelta

import pytest

from airweave_sync_mcp.diagnosis.streaks import Streak, failing_streak
from airweave_sync_mcp.history.model import SyncJob

from .findings_kit import DAY, HOUR, MINUTE, NOW, bad, cause_of, daily, good, history, job


def streak_of(*jobs: SyncJob, truncated: bool = False) -> Streak:
    streak = failing_streak(history(*jobs, truncated=truncated), cause_of)
    assert streak is not None
    return streak


def test_no_failure_is_no_streak() -> None:
    assert failing_streak(history(), cause_of) is None
    assert failing_streak(history(*daily(3), job("cancelled", 9 * DAY), job("pending")), cause_of) is None


def test_it_begins_with_the_first_failure_after_the_last_success() -> None:
    streak = streak_of(bad(HOUR), bad(DAY), bad(2 * DAY), good(3 * DAY), bad(4 * DAY))

    assert streak.failures == 3
    assert streak.since == NOW - 2 * DAY
    assert not streak.since_estimated
    assert streak.last_success is not None
    assert streak.last_success.started_at == NOW - 3 * DAY
    assert streak.ongoing
    assert not streak.is_over
    assert not streak.first_ever


def test_a_completed_run_ends_it() -> None:
    streak = streak_of(good(HOUR), good(DAY), bad(2 * DAY), bad(3 * DAY), good(4 * DAY))

    assert streak.is_over
    assert streak.failures == 2
    assert streak.ended_by is not None
    assert streak.ended_by.started_at == NOW - DAY
    assert streak.last_success is not None
    assert streak.last_success.started_at == NOW - 4 * DAY


@pytest.mark.parametrize("status", ["cancelled", "created", "some_new_state"])
def test_what_has_no_outcome_neither_breaks_nor_extends_it(status: str) -> None:
    streak = streak_of(
        job(status, HOUR), bad(DAY), job(status, 2 * DAY), bad(3 * DAY), job(status, 4 * DAY), good(5 * DAY)
    )

    assert streak.failures == 2
    assert streak.since == NOW - 3 * DAY
    assert streak.ongoing
    assert not streak.retrying


@pytest.mark.parametrize("status", ["pending", "running", "cancelling"])
def test_an_unfinished_newest_job_leaves_it_ongoing(status: str) -> None:
    streak = streak_of(job(status, None), bad(DAY), good(2 * DAY))

    assert streak.ongoing
    assert streak.retrying


def test_without_a_known_success_it_is_the_first_ever_or_older_than_known() -> None:
    whole = streak_of(bad(HOUR), bad(DAY))
    cut = streak_of(bad(HOUR), bad(DAY), truncated=True)

    assert (whole.first_ever, whole.begins_before_known) == (True, False)
    assert (cut.first_ever, cut.begins_before_known) == (False, True)
    assert not streak_of(bad(HOUR), good(DAY), truncated=True).begins_before_known
    far_back = failing_streak(history(bad(HOUR), unreachable=True), cause_of)
    assert far_back is not None
    assert (far_back.first_ever, far_back.begins_before_known) == (False, True)


def test_the_cause_is_that_of_the_newest_failure() -> None:
    same = streak_of(bad(HOUR, error="network_error"), bad(DAY, error="network_error"))
    mixed = streak_of(bad(HOUR, error="network_error"), bad(DAY, error="unknown"))
    nameless = streak_of(bad(HOUR), bad(DAY))

    assert (same.cause, same.same_cause) == ("network_error", True)
    assert (mixed.cause, mixed.same_cause) == ("network_error", False)
    assert (nameless.cause, nameless.same_cause) == (None, False)


def test_a_failure_without_a_time_stands_where_it_was_placed() -> None:
    streak = streak_of(bad(estimated_at=NOW - 9 * DAY), *daily(4, first=10 * DAY))

    assert (streak.since, streak.since_estimated) == (NOW - 9 * DAY, True)


def test_without_a_place_the_oldest_known_failure_is_the_beginning() -> None:
    later = streak_of(bad(HOUR), bad(DAY), bad(), good(9 * DAY))

    assert (later.since, later.since_estimated) == (NOW - DAY, True)


def test_without_any_time_the_beginning_is_unknown() -> None:
    streak = streak_of(bad(), good(DAY))

    assert (streak.since, streak.since_estimated) == (None, False)


def test_a_job_that_comes_twice_counts_once() -> None:
    once = bad(HOUR)

    assert streak_of(once, once, good(DAY)).failures == 1


def test_times_in_the_future_do_no_harm() -> None:
    assert streak_of(bad(-5 * MINUTE), *daily(3)).since == NOW + timedelta(minutes=5)


def test_a_waiting_job_below_the_streak_is_no_retry() -> None:
    assert not streak_of(bad(HOUR), job("running", DAY), good(2 * DAY)).retrying
