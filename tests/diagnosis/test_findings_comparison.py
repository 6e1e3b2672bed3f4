import pytest

from airweave_sync_mcp.diagnosis.comparison import Comparison, last_good_comparison
from airweave_sync_mcp.history.model import SyncJob

from .findings_kit import DAY, HOUR, bad, good, history, job


def compared(first: SyncJob, *older: SyncJob) -> Comparison:
    return last_good_comparison(first, history(first, *older))


def fields(comparison: Comparison) -> dict[str, tuple[float | None, float | None]]:
    return {one.field: (one.good, one.now) for one in comparison.differences}


def test_without_a_good_run_nothing_is_compared() -> None:
    assert compared(bad(HOUR), bad(DAY)) == Comparison(last_good=None)
    assert compared(good(HOUR)).sentences == ()


def test_only_runs_before_the_job_count() -> None:
    failure, before = bad(2 * DAY), good(3 * DAY)
    comparison = last_good_comparison(failure, history(good(HOUR), failure, bad(60 * HOUR), before))

    assert comparison.last_good == before
    assert fields(comparison)["gap_days"] == (None, 1.0)
    assert fields(comparison)["failures_between"] == (0, 1)


def test_a_failure_before_the_start() -> None:
    comparison = compared(bad(inserted=0, updated=0), good(DAY))

    assert fields(comparison) == {"started": (1, 0)}
    assert comparison.sentences == ("It failed before it started to read; the last good run started.",)


def test_a_failure_half_way() -> None:
    comparison = compared(bad(HOUR, inserted=9, updated=4), good(25 * HOUR))

    assert comparison.sentences == (
        "The last good run was 24 h before.",
        "It had written 13 when it failed, the last good run 100 in all.",
    )


def test_a_completed_run_that_took_and_wrote_otherwise() -> None:
    comparison = compared(good(HOUR, duration_s=1200.0, inserted=0, updated=38), good(25 * HOUR))

    assert fields(comparison) == {"gap_days": (None, 1.0), "duration_s": (300.0, 1200.0), "inserted": (60, 0)}
    assert "It took 20 min, the last good run 5 min." in comparison.sentences
    assert "It inserted 0, the last good run 60." in comparison.sentences


def test_small_differences_are_not_told() -> None:
    comparison = compared(good(HOUR, duration_s=400.0, inserted=52, deleted=9), good(25 * HOUR))

    assert set(fields(comparison)) == {"gap_days"}


def test_a_run_by_hand_after_scheduled_ones() -> None:
    comparison = compared(good(HOUR, scheduled=False), good(25 * HOUR, scheduled=True))

    assert fields(comparison)["scheduled"] == (1, 0)
    assert "It was started by hand, the last good run by the schedule." in comparison.sentences
    assert "scheduled" not in fields(compared(good(HOUR, scheduled=False), good(25 * HOUR)))


def test_an_unfinished_job_has_no_counts_to_compare() -> None:
    assert set(fields(compared(job("running", HOUR, inserted=0, updated=0), good(25 * HOUR)))) == {"gap_days"}


def test_unknown_counts_are_not_compared() -> None:
    assert set(fields(compared(bad(HOUR), good(25 * HOUR)))) == {"gap_days"}
    assert set(fields(compared(good(HOUR, inserted=None, updated=None), good(25 * HOUR)))) == {"gap_days"}


def test_a_job_that_is_not_in_the_list_has_its_place_by_its_time() -> None:
    past = history(good(HOUR), good(2 * DAY), good(3 * DAY))

    assert last_good_comparison(bad(DAY), past).last_good == past.jobs[1]
    assert last_good_comparison(bad(), past).last_good == past.jobs[0]


@pytest.mark.parametrize(("seconds", "told"), [(599.0, False), (600.0, True), (151.0, False), (150.0, True)])
def test_a_duration_is_told_from_twice_or_half(seconds: float, told: bool) -> None:
    assert ("duration_s" in fields(compared(good(HOUR, duration_s=seconds), good(DAY)))) is told


def test_very_short_runs_do_not_differ() -> None:
    assert "duration_s" not in fields(compared(good(HOUR, duration_s=1.5), good(DAY, duration_s=0.1)))


@pytest.mark.parametrize(("before", "now", "told"), [(5, 15, True), (5, 14, False), (20, 60, True), (20, 59, False)])
def test_a_counter_is_told_from_three_times_and_ten(before: int, now: int, told: bool) -> None:
    assert ("skipped" in fields(compared(good(HOUR, skipped=now), good(DAY, skipped=before)))) is told
    assert ("skipped" in fields(compared(good(HOUR, skipped=before), good(DAY, skipped=now)))) is told


def test_only_a_failed_job_failed_before_its_start() -> None:
    assert "started" not in fields(compared(job("pending"), good(DAY)))
    assert "started" not in fields(compared(bad(HOUR), good(DAY)))
    assert "started" not in fields(compared(bad(), job("completed")))


def test_the_same_way_of_starting_is_not_told() -> None:
    assert "scheduled" not in fields(compared(good(HOUR, scheduled=True), good(DAY, scheduled=True)))


def test_a_good_run_of_a_clock_ahead_has_no_gap() -> None:
    assert "gap_days" not in fields(compared(good(HOUR), good(-HOUR)))
    assert fields(compared(good(HOUR), good(HOUR, id="twin")))["gap_days"] == (None, 0)


def test_runs_between_count_only_with_an_outcome() -> None:
    comparison = compared(bad(HOUR), bad(DAY), job("cancelled", 2 * DAY), good(3 * DAY))

    assert "1 other run failed in between." in comparison.sentences
