"""Where jobs stand in time."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.history.model import SyncJob
from airweave_sync_mcp.history.order import newest_first, place
from tests.history.kit import PROPERTY, ago, daily, ids, job, run
from tests.support.world import NOW

FAILED = job("failed", "failed")
PENDING = job("pending", "pending")


def test_a_sorted_list_keeps_its_order_and_jobs_without_times_their_place() -> None:
    jobs = [PENDING, run(1, ago(hours=1)), FAILED, run(2, ago(hours=5)), job("never", "cancelled")]
    assert newest_first(jobs) == jobs


def test_an_arbitrary_list_is_sorted_with_what_waits_first_and_what_has_no_time_last() -> None:
    old, new, created = run(1, ago(hours=5)), run(2, ago(hours=1)), job("created", "created")
    assert newest_first([old, FAILED, new, PENDING, created]) == [PENDING, created, new, old, FAILED]


def test_in_an_arbitrary_list_the_failed_job_without_a_time_is_the_newest_if_no_other_can_be() -> None:
    old, new, stopped = run(1, ago(hours=5)), run(2, ago(hours=1)), job("stopped", "cancelled")
    assert newest_first([old, stopped, new, FAILED], newest_failed=True) == [FAILED, new, old, stopped]


def test_a_failed_job_that_has_a_time_may_be_the_newest_as_well() -> None:
    old, new = run(1, ago(hours=5)), run(2, ago(hours=1), None, "failed")
    assert newest_first([old, new, FAILED], newest_failed=True) == [new, old, FAILED]


def test_an_arbitrary_list_goes_by_earlier_estimates() -> None:
    old, new = run(1, ago(hours=5)), run(2, ago(hours=1))
    between = job("between", "failed", estimated_at=ago(hours=3))
    assert newest_first([old, between, new]) == [new, between, old]


def test_jobs_of_the_same_instant_are_told_apart_by_id() -> None:
    jobs = [run(name, ago(hours=1)) for name in "abc"]
    arbitrary = [run("old", ago(hours=9)), *jobs]
    assert ids(newest_first(arbitrary)) == [*sorted(ids(jobs), reverse=True), arbitrary[0].id]


def test_a_waiting_job_stands_at_its_reading() -> None:
    placed = place([PENDING, *daily(3)], NOW)
    assert placed[0].at == NOW
    assert placed[0].known_at is None


def test_a_job_that_was_only_ever_created_stands_below_the_next_newer_one() -> None:
    placed = place([*daily(3), job("created", "created")], NOW)
    assert placed[-1].at == placed[-2].at


def test_a_job_without_a_time_stands_a_usual_interval_after_the_one_before_it() -> None:
    today, *before = daily(8)
    placed = place([today, FAILED, *before[1:]], NOW)
    assert placed[1].at == before[0].started_at


def test_several_in_a_row_stand_usual_intervals_apart() -> None:
    runs = daily(9)
    gap = [job(f"failed{n}", "failed") for n in range(3)]
    placed = place([*gap, *runs[3:]], NOW)
    assert [one.at for one in placed[:3]] == [one.started_at for one in runs[:3]]


def test_an_estimate_never_reaches_the_next_newer_job() -> None:
    placed = place([run("soon after", ago(days=1) + timedelta(minutes=1)), FAILED, *daily(4)[1:]], NOW)
    assert placed[1].at == ago(days=1, hours=1) + timedelta(seconds=1)
    crowded = place([run("at once", ago(hours=1)), FAILED, run("before", ago(hours=1))], NOW)
    assert crowded[1].at == ago(hours=1)


def test_nothing_older_with_a_time_means_no_place() -> None:
    placed = place([run(1, ago(hours=1)), FAILED, job("cancelled", "cancelled")], NOW)
    assert [one.at for one in placed[1:]] == [None, None]


def test_the_first_runs_ever_stand_after_the_connection_was_made() -> None:
    placed = place([FAILED, job("first", "failed")], NOW, born=ago(hours=2))
    assert [one.at for one in placed] == [ago(hours=2) + timedelta(seconds=s) for s in (2, 1)]
    assert place([FAILED], NOW, born=NOW + timedelta(minutes=1))[0].at == NOW  # its clock is ahead of ours


def test_an_estimate_is_kept_as_long_as_it_fits() -> None:
    kept = job("failed", "failed", estimated_at=ago(hours=20))
    assert place([kept, *daily(3)[1:]], NOW)[0].at == ago(hours=20)
    assert place([kept, run("newer", ago(hours=19)), *daily(3)[1:]], NOW)[0].at != ago(hours=20)


def test_a_failed_run_without_an_end_is_given_the_usual_duration() -> None:
    failed = run("failed", ago(hours=1), None, "failed")
    before = [run(n, ago(days=n), minutes) for n, minutes in ((1, 4), (2, 6), (3, 50))]
    placed = place([failed, *before], NOW)
    assert placed[0].estimated_end == ago(hours=1) + timedelta(minutes=6)
    assert placed[0].ended_at is None
    assert placed[1].estimated_end is None


def test_the_usual_duration_outlasts_a_long_streak_of_failures() -> None:
    failures = [run(f"failed{n}", ago(days=n), None, "failed") for n in range(1, 20)]
    placed = place([*failures, run("good", ago(days=30), 7)], NOW)
    assert {one.estimated_end - one.started_at for one in placed[:-1] if one.estimated_end and one.started_at} == {
        timedelta(minutes=7)
    }


def test_an_estimated_end_is_before_the_next_run_and_never_before_its_start() -> None:
    failed = run("failed", ago(minutes=90), None, "failed")
    placed = place([run("next", ago(minutes=88)), failed, run("long", ago(days=1), 60)], NOW)
    assert placed[1].estimated_end == ago(minutes=88)
    assert place([failed], NOW)[0].estimated_end == failed.started_at
    backwards = run("clock set back", ago(days=1), -30)
    assert place([failed, backwards], NOW)[0].estimated_end == failed.started_at


@pytest.mark.parametrize("status", ["running", "cancelling", "queued_by_tomorrows_version"])
def test_a_job_that_may_go_on_gets_no_end(status: str) -> None:
    assert place([run("going", ago(hours=1), None, status), *daily(3)[1:]], NOW)[0].estimated_end is None


def test_a_server_whose_clock_is_ahead_does_not_upset_the_order() -> None:
    placed = place([PENDING, run("future", NOW + timedelta(minutes=2), None, "running"), *daily(2)], NOW)
    assert placed[0].at == NOW + timedelta(minutes=2)


STATUSES = st.sampled_from(["pending", "running", "completed", "failed", "cancelled", "created", "odd"])
SECONDS = st.integers(0, 10**7)


@st.composite
def any_jobs(draw: st.DrawFn) -> list[SyncJob]:
    """Jobs in any order, with any of their times missing."""
    jobs = []
    for number in range(draw(st.integers(0, 12))):
        start = draw(st.none() | SECONDS.map(lambda s: NOW - timedelta(seconds=s)))
        length = draw(st.none() | st.integers(-60, 10**5))
        end = start + timedelta(seconds=length) if start and length is not None else None
        failed = draw(st.booleans())
        jobs.append(
            job(number, draw(STATUSES), started_at=start, completed_at=None if failed else end,
                failed_at=end if failed else None)
        )  # fmt: skip
    return jobs


@PROPERTY
@given(any_jobs(), st.booleans())
def test_every_job_is_kept_exactly_once(jobs: list[SyncJob], newest_failed: bool) -> None:
    placed = place(newest_first(jobs, newest_failed=newest_failed), NOW)
    assert sorted(ids(placed)) == sorted(ids(jobs))


@PROPERTY
@given(any_jobs(), st.none() | SECONDS)
def test_what_is_placed_is_newest_first_and_ends_after_it_begins(jobs: list[SyncJob], born: int | None) -> None:
    placed = place(newest_first(jobs), NOW, born=None if born is None else NOW - timedelta(seconds=born))
    at = [one.at for one in placed if one.at is not None]
    assert at == sorted(at, reverse=True)
    for one in placed:
        if one.started_at and one.estimated_end:
            assert one.estimated_end >= one.started_at


@PROPERTY
@given(any_jobs())
def test_sorting_and_placing_again_changes_nothing(jobs: list[SyncJob]) -> None:
    once = place(newest_first(jobs), NOW)
    assert place(newest_first(once), NOW) == once


@PROPERTY
@given(st.lists(st.booleans(), min_size=1, max_size=10), st.integers(1, 30), st.integers(0, 30))
def test_estimates_stay_when_more_history_or_later_readings_arrive(
    without_time: list[bool], minutes: int, more: int
) -> None:
    """As long as the neighbours that an estimate rests on are there: the 6 older ones."""
    step = timedelta(minutes=minutes)
    newer = [
        job(n, "failed") if missing else run(n, NOW - (n + 1) * step, minutes / 2)
        for n, missing in enumerate(without_time)
    ]
    older = [run(f"old{n}", NOW - (len(newer) + n + 1) * step, minutes / 2) for n in range(6 + more)]
    first = place([*newer, *older[:6]], NOW)
    later = place([*newer, *older], NOW + timedelta(hours=5))
    upper = next((n for n, missing in enumerate(without_time) if not missing), len(newer))
    assert [one.at for one in first[upper : len(newer)]] == [one.at for one in later[upper : len(newer)]]
    # What nothing newer confines may move at most up to the reading.
    for one, again in zip(first[:upper], later[:upper], strict=True):
        assert one.at is not None
        assert again.at is not None
        assert one.at == NOW or one.at <= again.at
