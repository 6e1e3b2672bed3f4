import pytest

from airweave_sync_mcp.diagnosis.finding import FindingKind, Severity
from airweave_sync_mcp.history.model import Confidence

from .findings_kit import DAY, HOUR, MINUTE, NOW, connection, daily, found, good, history, job

STUCK = {FindingKind.STUCK_RUNNING, FindingKind.STUCK_PENDING, FindingKind.STUCK_CANCELLING}


@pytest.mark.parametrize(("age", "severity"), [(7 * MINUTE, Severity.WARNING), (2 * HOUR, Severity.CRITICAL)])
def test_a_pending_job_of_known_age_is_stuck(age, severity) -> None:
    for kinds in (
        found([job("pending", created_at=NOW - age), *daily(3)]),
        found([job("pending", id="p"), *daily(3)], first_seen_at={"p": NOW - age}),
    ):
        assert kinds[FindingKind.STUCK_PENDING].severity is severity
        assert kinds[FindingKind.STUCK_PENDING].since == NOW - age


def test_a_pending_job_counts_from_the_earlier_of_creation_and_sight() -> None:
    pending = job("pending", id="p", created_at=NOW - 2 * MINUTE)

    assert FindingKind.STUCK_PENDING in found([pending], first_seen_at={"p": NOW - 8 * MINUTE})


def test_a_young_pending_job_is_fine() -> None:
    assert not STUCK & set(found([job("pending", created_at=NOW - 5 * MINUTE), *daily(3)]))
    assert not STUCK & set(found([job("pending", created_at=NOW + 2 * MINUTE), *daily(3)]))


@pytest.mark.parametrize(
    ("status", "kind"),
    [("pending", FindingKind.STUCK_PENDING), ("cancelling", FindingKind.STUCK_CANCELLING)],
)
def test_of_unknown_age_it_is_told_and_no_alarm(status: str, kind: FindingKind) -> None:
    waiting = found([job(status), *daily(3)])[kind]

    assert waiting.severity is Severity.INFO
    assert not waiting.alarming
    assert waiting.since is None
    assert waiting.confidence is Confidence.LOW


def test_what_waits_says_for_what() -> None:
    seen = {"j": NOW - 10 * MINUTE}

    assert (
        "no worker picked it up"
        in found([job("pending", id="j")], first_seen_at=seen)[FindingKind.STUCK_PENDING].detail
    )
    cancelling = found([job("cancelling", id="j")], first_seen_at=seen)[FindingKind.STUCK_CANCELLING]
    assert "the worker did not stop it" in cancelling.detail


def test_cancelling_counts_from_when_it_was_seen_and_not_from_the_start() -> None:
    cancelling = job("cancelling", 5 * HOUR, id="c", created_at=NOW - 5 * HOUR)

    assert found([cancelling])[FindingKind.STUCK_CANCELLING].severity is Severity.INFO
    assert FindingKind.STUCK_CANCELLING not in found([cancelling], first_seen_at={"c": NOW - 5 * MINUTE})
    stuck = found([cancelling], first_seen_at={"c": NOW - 10 * MINUTE})[FindingKind.STUCK_CANCELLING]
    assert stuck.severity is Severity.WARNING


def test_nothing_is_older_than_at_the_time_it_was_read() -> None:
    old_reading = history(job("pending", created_at=NOW - 2 * HOUR), fetched_at=NOW - 2 * HOUR + MINUTE)

    assert not STUCK & set(found([], past=old_reading))


def test_running_far_longer_than_usual_is_stuck() -> None:
    stuck = found([job("running", 21 * MINUTE), *daily(5, first=DAY)])[FindingKind.STUCK_RUNNING]

    assert stuck.severity is Severity.WARNING
    assert stuck.detail == "Stuck: running for 21 min (usually 5 min), and it blocks new runs."
    assert stuck.since == NOW - 21 * MINUTE
    assert found([job("running", 25 * HOUR), *daily(5, first=2 * DAY)])[FindingKind.STUCK_RUNNING].severity is (
        Severity.CRITICAL
    )


@pytest.mark.parametrize("minutes", [0, 14, 20, -5])
def test_running_about_as_usual_is_fine(minutes: int) -> None:
    assert not STUCK & set(found([job("running", minutes * MINUTE), *daily(5, first=DAY)]))


def test_the_floor_protects_short_runs() -> None:
    short = daily(5, first=DAY, duration_s=10.0)

    assert not STUCK & set(found([job("running", 14 * MINUTE), *short]))
    assert FindingKind.STUCK_RUNNING in found([job("running", 16 * MINUTE), *short])


def test_the_longest_run_seen_protects_an_occasional_full_run() -> None:
    runs = [*daily(20, first=DAY), good(30 * DAY, duration_s=7200.0)]

    assert not STUCK & set(found([job("running", 2 * HOUR), *runs]))
    assert FindingKind.STUCK_RUNNING in found([job("running", 4 * HOUR), *runs])


def test_the_first_sync_may_take_six_hours() -> None:
    assert not found([job("running", 5 * HOUR)], connection(entity_count=0))
    stuck = found([job("running", 7 * HOUR)])[FindingKind.STUCK_RUNNING]
    assert stuck.confidence is Confidence.LOW


def test_slow_but_growing_is_fine_for_a_day() -> None:
    usual = daily(5, first=2 * DAY)

    assert not STUCK & set(found([job("running", 20 * HOUR, inserted=12, updated=0), *usual]))
    assert FindingKind.STUCK_RUNNING in found([job("running", 25 * HOUR, inserted=12, updated=0), *usual])


def test_the_daily_full_run_of_a_minute_level_schedule_is_no_alarm() -> None:
    often = daily(20, first=3 * HOUR, step=5 * MINUTE, duration_s=20.0)

    assert not found([job("running", 2 * HOUR), *often])[FindingKind.STUCK_RUNNING].alarming
    assert found([job("running", 7 * HOUR), *often])[FindingKind.STUCK_RUNNING].alarming


def test_a_minute_level_schedule_is_known_by_its_cron_or_its_runs() -> None:
    by_cron = found([job("running", 2 * HOUR), *daily(5, first=DAY)], connection(cron="*/30 * * * *"))
    hourly = found([job("running", 2 * HOUR), *daily(5, first=DAY)], connection(cron="0 * * * *"))

    assert not by_cron[FindingKind.STUCK_RUNNING].alarming
    assert hourly[FindingKind.STUCK_RUNNING].alarming
    assert hourly[FindingKind.STUCK_RUNNING].confidence is Confidence.MEDIUM


def test_a_running_job_of_unknown_start_is_fine_until_it_was_seen_for_long() -> None:
    running = job("running", id="r")

    assert not STUCK & set(found([running, *daily(5, first=DAY)]))
    assert FindingKind.STUCK_RUNNING in found([running, *daily(5, first=DAY)], first_seen_at={"r": NOW - HOUR})


@pytest.mark.parametrize("status", ["completed", "cancelled", "created", "failed"])
def test_jobs_in_other_states_are_never_stuck(status: str) -> None:
    assert not STUCK & set(found([job(status, 9 * DAY, created_at=NOW - 9 * DAY)], first_seen_at={}))
