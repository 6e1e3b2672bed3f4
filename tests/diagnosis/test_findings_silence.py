import pytest

from airweave_sync_mcp.diagnosis.finding import FindingKind, Severity
from airweave_sync_mcp.history.model import Confidence

from .findings_kit import DAY, HOUR, MINUTE, NOW, bad, connection, daily, empty, found, good, history, job


def test_writing_nothing_where_it_always_wrote() -> None:
    silent = found([empty(2 * HOUR), *daily(12, first=26 * HOUR)])[FindingKind.WROTE_NOTHING]

    assert silent.severity is Severity.WARNING
    assert silent.confidence is Confidence.HIGH
    assert silent.since == NOW - 2 * HOUR
    assert silent.detail == "Completed but wrote nothing in 1 run; before, it wrote about 100 a run."


def test_three_earlier_runs_are_enough_with_little_confidence() -> None:
    runs = daily(3, first=26 * HOUR)

    assert found([empty(2 * HOUR), *runs])[FindingKind.WROTE_NOTHING].confidence is Confidence.LOW
    assert FindingKind.WROTE_NOTHING not in found([empty(2 * HOUR), *runs[:2]])


def test_it_stays_told_while_the_silence_lasts() -> None:
    runs = [empty(n * DAY) for n in (0, 1, 2)] + daily(12, first=3 * DAY)
    silent = found(runs)[FindingKind.WROTE_NOTHING]

    assert silent.since == NOW - 2 * DAY
    assert silent.job_id == runs[0].id


def test_after_a_recovery_silence_counts() -> None:
    runs = [empty(2 * HOUR), *daily(5, first=26 * HOUR), bad(7 * DAY), *daily(5, first=8 * DAY)]

    assert FindingKind.WROTE_NOTHING in found(runs)


def test_in_the_end_silence_is_the_new_usual() -> None:
    assert FindingKind.WROTE_NOTHING in found([empty(n * DAY) for n in range(10)] + daily(12, first=10 * DAY))
    assert FindingKind.WROTE_NOTHING not in found([empty(n * DAY) for n in range(11)] + daily(12, first=11 * DAY))
    assert FindingKind.WROTE_NOTHING not in found([empty(n * DAY) for n in range(5)] + daily(4, first=5 * DAY))


def test_a_schedule_that_is_known_counts_like_an_observed_one() -> None:
    runs = [empty(2 * HOUR), *daily(12, first=26 * HOUR)]

    assert FindingKind.WROTE_NOTHING in found(runs, connection(cron="0 10 * * *"))
    assert FindingKind.WROTE_NOTHING not in found(runs, connection(cron="*/5 * * * *"))


def test_where_little_was_written_it_is_no_alarm() -> None:
    silent = found([empty(2 * HOUR), *daily(12, first=26 * HOUR, inserted=1, updated=1)])[FindingKind.WROTE_NOTHING]

    assert not silent.alarming


QUIET_WEEKENDS = [
    (empty if (NOW - n * DAY).isoweekday() >= 6 else good)(n * DAY) for n in range(12, 40)
]  # 12 days before NOW was a Saturday


@pytest.mark.parametrize(
    "runs",
    [
        [good(2 * HOUR), *daily(5, first=26 * HOUR)],
        [empty(2 * HOUR, kept=5000), *daily(5, first=26 * HOUR)],
        [empty(2 * HOUR, deleted=3), *daily(5, first=26 * HOUR)],
        [empty(2 * HOUR, inserted=None, updated=None), *daily(5, first=26 * HOUR)],
        [empty(MINUTE), *daily(30, first=6 * MINUTE, step=5 * MINUTE)],
        [empty(n * DAY) if n % 3 == 0 else good(n * DAY) for n in range(20)],
        [empty(0 * DAY), good(1 * DAY), empty(2 * DAY), *daily(9, first=3 * DAY)],
        [empty(2 * HOUR)],
        [empty(2 * HOUR), bad(26 * HOUR), bad(50 * HOUR)],
        [bad(HOUR), empty(26 * HOUR), *daily(9, first=50 * HOUR)],
        [job("running", MINUTE), good(2 * HOUR), *daily(9, first=26 * HOUR)],
        [job("cancelled", HOUR, inserted=0, updated=0), *daily(9, first=26 * HOUR)],
        [empty(n * DAY) for n in range(9)],
        QUIET_WEEKENDS,
        [empty(12 * DAY), *daily(5, first=13 * DAY)],
        [good(n * 6 * HOUR) if n % 4 else empty(n * 6 * HOUR) for n in range(40)],
        [empty(0 * HOUR), *daily(3, first=6 * HOUR, step=6 * HOUR)],
    ],
    ids=[
        "it-wrote",
        "it-kept",
        "it-deleted",
        "counters-unknown",
        "every-five-minutes",
        "every-third-run-is-empty",
        "one-of-the-last-three-was-empty",
        "first-sync",
        "first-completed",
        "a-failure-is-newer",
        "a-run-is-under-way",
        "cancelled",
        "always-empty",
        "empty-at-weekends",
        "first-weekend",
        "empty-at-night",
        "first-night",
    ],
)
def test_not_wrote_nothing(runs: list) -> None:
    assert FindingKind.WROTE_NOTHING not in found(runs)


def test_a_weekend_is_silent_only_if_earlier_ones_were_not() -> None:
    busy_weekends = daily(28, first=13 * DAY)

    assert (NOW - 12 * DAY).isoweekday() == 6
    assert FindingKind.WROTE_NOTHING in found([empty(12 * DAY), *busy_weekends])


def test_a_long_silence_needs_no_run_of_the_same_kind() -> None:
    since_saturday = [empty(n * DAY) for n in (1, 2, 3, 4, 5)]
    working_days = daily(5, first=6 * DAY)

    assert FindingKind.WROTE_NOTHING in found([*since_saturday, *working_days])
    assert FindingKind.WROTE_NOTHING not in found([*since_saturday[1:], *working_days])


@pytest.mark.parametrize("more", [{"federated": True}, {"source": "snapshot"}, {"status": "pending_auth"}])
def test_where_no_runs_are_expected_nothing_is_silent(more: dict) -> None:
    runs = [empty(2 * HOUR), *daily(12, first=26 * HOUR)]
    kinds = found(runs, connection(entity_count=0, **more))

    assert FindingKind.WROTE_NOTHING not in kinds
    assert FindingKind.HOLDS_NOTHING not in kinds


def test_runs_that_never_brought_anything() -> None:
    kinds = found([empty(n * DAY) for n in range(3)], connection(entity_count=0))

    assert set(kinds) == {FindingKind.HOLDS_NOTHING}
    assert not kinds[FindingKind.HOLDS_NOTHING].alarming


def test_not_holding_nothing() -> None:
    nothing = connection(entity_count=0)
    zeros = [empty(n * DAY) for n in range(3)]

    assert not found(zeros, connection(entity_count=12))
    assert not found(zeros, connection(entity_count=None))
    assert not found([], nothing, past=history(*zeros, truncated=True))
    assert FindingKind.HOLDS_NOTHING not in found([*zeros, good(9 * DAY)], nothing)
    assert FindingKind.HOLDS_NOTHING not in found([bad(HOUR), *zeros], nothing)
    assert FindingKind.HOLDS_NOTHING not in found([job("running", MINUTE)], nothing)


def week(*quiet: int, days: int = 20, first: int = 1) -> list:
    """Runs at the same hour every day, those `quiet` days ago empty. Today is a Thursday."""
    return [(empty if n in quiet else good)(n * DAY) for n in range(first, days + 1)]


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        ([empty(0 * DAY), *week(9, 10)], True),
        ([empty(0 * DAY), *week(8, 9, 10)], False),
        ([empty(2 * DAY), *week(first=3)], True),
        ([empty(2 * DAY), *week(4, 5, first=3)], False),
        ([empty(0 * DAY), *week(*range(13, 18), days=17)], True),
        ([empty(0 * DAY), *week(*range(13, 19), days=18)], False),
    ],
    ids=["2-of-10", "3-of-10", "3-in-a-row", "not-3-in-a-row", "29-percent", "33-percent"],
)
def test_each_share_of_empty_runs_alone_decides(runs: list, told: bool) -> None:
    assert (FindingKind.WROTE_NOTHING in found(runs)) is told


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        ([empty(5 * DAY), *daily(5, first=15 * DAY, step=7 * DAY)], True),
        ([empty(5 * DAY), *daily(5, first=6 * DAY)], False),
        ([empty(4 * DAY), *daily(5, first=6 * DAY)], False),
        ([empty(2 * HOUR), *daily(5, first=33 * HOUR)], True),
        ([empty(710 * MINUTE), *daily(5, first=1110 * MINUTE, step=6 * HOUR)], True),
        ([empty(710 * MINUTE), *daily(5, first=1200 * MINUTE, step=6 * HOUR)], False),
        ([empty(0 * HOUR), *daily(30, first=HOUR, step=HOUR)], True),
        ([empty(0 * HOUR), *daily(30, first=HOUR, step=59 * MINUTE)], False),
    ],
    ids=[
        "weekly-on-another-day",
        "first-saturday",
        "first-sunday",
        "daily-at-another-hour",
        "around-midnight",
        "two-hours-off",
        "hourly",
        "more-than-hourly",
    ],
)
def test_runs_are_compared_with_their_own_kind(runs: list, told: bool) -> None:
    assert (FindingKind.WROTE_NOTHING in found(runs)) is told


def test_a_run_without_a_time_has_no_kind() -> None:
    assert FindingKind.WROTE_NOTHING not in found([empty(HOUR, started_at=None), *daily(9, first=26 * HOUR)])


@pytest.mark.parametrize(
    ("before", "confidence"),
    [
        (daily(4, first=DAY), Confidence.LOW),
        (daily(5, first=DAY), Confidence.MEDIUM),
        (daily(9, first=DAY), Confidence.MEDIUM),
        (daily(10, first=DAY), Confidence.HIGH),
        (week(11), Confidence.MEDIUM),
        (daily(12, first=DAY, inserted=4, updated=0), Confidence.LOW),
        (daily(12, first=DAY, inserted=5, updated=0), Confidence.HIGH),
    ],
)
def test_how_sure_it_is(before: list, confidence: Confidence) -> None:
    silent = found([empty(0 * DAY), *before])[FindingKind.WROTE_NOTHING]

    assert silent.confidence is confidence
    assert silent.alarming is (before[0].inserted != 4)


@pytest.mark.parametrize("more", [{"federated": True}, {"source": "snapshot"}, {"status": "inactive"}])
def test_where_no_runs_are_expected_none_is_missed(more: dict) -> None:
    assert FindingKind.HOLDS_NOTHING not in found([empty(HOUR)], connection(entity_count=0, **more))


def test_runs_that_kept_something_hold_something() -> None:
    assert not found([empty(HOUR, kept=5)], connection(entity_count=0))
    first = found([empty(HOUR), empty(DAY)], connection(entity_count=0))[FindingKind.HOLDS_NOTHING]
    assert (first.since, first.job_id) == (NOW - DAY, empty(HOUR).id)
