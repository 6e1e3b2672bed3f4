import math

import pytest

from airweave_sync_mcp.diagnosis.cadence import typical
from airweave_sync_mcp.diagnosis.cron import longest_pause_s
from airweave_sync_mcp.diagnosis.measures import duration_s, span, writes

from .findings_kit import DAY, HOUR, MINUTE, bad, daily, empty, good, job

H = 3600.0
D = 24 * H


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("*/5 * * * *", 300.0),
        ("0,30 * * * *", 1800.0),
        ("7 * * * *", H),
        ("0 */6 * * *", 6 * H),
        ("0 8-18 * * *", 14 * H),
        ("23 14 * * *", D),
        ("@daily", D),
        ("0 9 * * 1-5", 3 * D),
        ("0 9 * * MON-FRI", 3 * D),
        ("0 9 * * mon", 7 * D),
        ("0 9 * * 0", 7 * D),
        ("0 9 * * 7", 7 * D),
        ("0 3 1 * *", 31 * D),
        ("0 3 1 */3 *", 92 * D),
        ("0 3 1 JAN ?", 366 * D),
        ("10/20 * * * *", 1200.0),
        ("59 23 * * *", D),
        ("0 0 * 1-6 *", 185 * D),
        ("0 0 1-15 * *", 17 * D),
        ("@hourly", H),
        ("@weekly", 7 * D),
        ("@monthly", 31 * D),
        ("@yearly", 366 * D),
        (" 0 0 * * * ", D),
    ],
)
def test_the_longest_pause_of_a_cron(expression: str, seconds: float) -> None:
    assert longest_pause_s(expression) == seconds


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "daily",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "1- * * * *",
        "-1 * * * *",
        "a * * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 32 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "0 0 * * 1L",
        "1,,2 * * * *",
        "0 0 30 2 *",
        "٣ * * * *",
        "9" * 5000,
        "@reboot",
    ],
)
def test_a_cron_that_is_not_understood_has_no_pause(expression: str) -> None:
    assert longest_pause_s(expression) is None


def test_the_usual_run_comes_from_completed_runs_only() -> None:
    runs = [
        bad(HOUR, inserted=9999),
        job("cancelled", 2 * HOUR, duration_s=90000.0),
        good(1 * DAY, duration_s=100.0, inserted=10, updated=0, deleted=2),
        good(2 * DAY, duration_s=200.0, inserted=20, updated=4, deleted=0),
        good(3 * DAY, duration_s=900.0, inserted=60, updated=2, deleted=1),
    ]

    usual = typical(runs)

    assert usual.runs == 3
    assert usual.success_rate == 0.75
    assert (usual.duration_s, usual.duration_p90_s, usual.longest_s) == (200.0, 900.0, 900.0)
    assert usual.cadence_s == D
    assert (usual.inserted, usual.updated, usual.deleted) == (20, 2, 1)
    assert usual.usual_writes == 24
    assert usual.zero_share == 0


def test_fewer_than_three_runs_make_nothing_usual() -> None:
    usual = typical(daily(2))

    assert usual.duration_s is None
    assert usual.cadence_s is None
    assert not usual.regular
    assert typical([]).success_rate is None


def test_outliers_do_not_move_what_is_usual() -> None:
    usual = typical([*daily(9), good(40 * DAY, duration_s=86000.0)])

    assert usual.duration_s == 300.0
    assert usual.cadence_s == D


def test_the_newest_runs_decide() -> None:
    usual = typical([*daily(50), *daily(200, first=80 * DAY, step=HOUR)])

    assert usual.runs == 50
    assert usual.cadence_s == D


def test_the_share_of_empty_runs() -> None:
    assert typical([empty(HOUR), good(DAY), empty(2 * DAY), good(3 * DAY)]).zero_share == 0.5


def test_a_schedule_is_regular_and_a_person_is_not() -> None:
    jitter = [good(n * DAY + minutes * MINUTE) for n, minutes in enumerate((0, 4, 1, 3, 2))]
    clicks = [good(n * DAY + hours * HOUR) for n, hours in enumerate((0, 3, 1, 7, 2))]

    assert typical(jitter).regular
    assert not typical(clicks).regular
    assert typical(daily(4)).regular
    assert not typical(daily(3)).regular


def test_twenty_minutes_are_too_much_jitter_for_an_hourly_schedule() -> None:
    def hourly(*minutes: int):
        return typical([good(n * HOUR + late * MINUTE) for n, late in enumerate(minutes)])

    assert hourly(0, 5, 0, 5, 0, 5).regular
    assert not hourly(0, 20, 5, 40, 10, 50).regular


def test_writes_need_one_counter_at_least() -> None:
    assert writes(good(HOUR, inserted=None, updated=5, deleted=None)) == 5
    assert writes(good(HOUR, inserted=5, updated=None, deleted=1)) == 6
    assert writes(good(HOUR, inserted=None, updated=None, deleted=7)) is None


def test_durations_that_cannot_be_are_unknown() -> None:
    assert duration_s(good(HOUR, duration_s=0.0)) == 0
    assert duration_s(job("running", HOUR)) is None
    assert duration_s(good(HOUR, duration_s=None, started_at=None)) is None
    assert duration_s(good(HOUR, duration_s=-1.0)) is None
    assert duration_s(good(HOUR, duration_s=math.nan, completed_at=None)) is None
    assert duration_s(good(HOUR, duration_s=math.inf, completed_at=None)) is None
    assert duration_s(bad(HOUR)) is None
    assert duration_s(good(HOUR, duration_s=None, completed_at=good(HOUR).completed_at)) == 300.0


def test_spans_for_a_person() -> None:
    assert [span(s) for s in (45, 89, 90, 700, 5399, 5400, 30 * H, 36 * H, 3 * D)] == [
        *("45 s", "89 s", "2 min", "12 min", "90 min", "2 h", "30 h", "2 d", "3 d")
    ]
