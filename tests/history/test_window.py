"""Time windows as people write them, and what belongs to them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.model import SyncJob
from airweave_sync_mcp.history.order import place
from airweave_sync_mcp.history.window import TIME_HINT, Window, parse_time, parse_window
from tests.history.kit import PROPERTY, ago, daily, job, run
from tests.support.world import NOW

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)


def since(text: str, now: datetime = NOW) -> datetime | None:
    return parse_window(text, "", now=now).since


def until(text: str, now: datetime = NOW) -> datetime | None:
    return parse_window("", text, now=now).until


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90s", timedelta(seconds=90)), ("30m", timedelta(minutes=30)), ("30min", timedelta(minutes=30)),
        ("24h", DAY), ("7d", 7 * DAY), ("2w", 14 * DAY), ("24H", DAY), (" 7 d ", 7 * DAY), ("7d ago", 7 * DAY),
        ("36500d", 36500 * DAY),
    ],
)  # fmt: skip
def test_ages(text: str, age: timedelta) -> None:
    assert since(text) == NOW - age
    assert until(text) == NOW - age


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-20", MIDNIGHT - DAY, MIDNIGHT),
        ("20261120", MIDNIGHT - DAY, MIDNIGHT),
        ("2026-W47-5", MIDNIGHT - DAY, MIDNIGHT),
        ("today", MIDNIGHT, MIDNIGHT + DAY),
        ("Yesterday", MIDNIGHT - DAY, MIDNIGHT),
    ],
)
def test_a_day_begins_at_its_first_moment_and_ends_at_its_last(text: str, start: datetime, end: datetime) -> None:
    assert since(text) == start
    assert until(text) == end


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T08:00:00Z", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20t08:00:00z", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T08:00:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20 08:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T08:00:00+05:30", datetime(2026, 11, 20, 2, 30, tzinfo=UTC)),
        ("2026-11-20T08:00:00-0800", datetime(2026, 11, 20, 16, tzinfo=UTC)),
        ("2026-11-20T23:30:00.999999-11:00", datetime(2026, 11, 21, 10, 30, tzinfo=UTC)),
        ("2026-11-21T10:30:00.5+00:00:30.25", datetime(2026, 11, 21, 10, 29, 30, tzinfo=UTC)),
    ],
)
def test_iso_times_with_any_offset(text: str, moment: datetime) -> None:
    assert since(text) == moment
    assert until(text) == moment


def test_now_is_an_end_and_no_beginning() -> None:
    late = NOW + timedelta(microseconds=5)
    assert until("now", late) == NOW
    for text in ("now", "0s", "NOW"):
        with pytest.raises(QueryError) as caught:
            since(text, late)
        assert caught.value.code == "empty_window"


@pytest.mark.parametrize("text", ["", "   ", None])
def test_blanks_leave_an_end_open(text: str | None) -> None:
    assert parse_window(text, text, now=NOW) == Window()


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("24h", "48h"), ("24h", "24h"), ("2026-11-20", "2026-11-19"), ("7d", "2026-11-01"), ("tomorrow", ""),
        ("2026-11-22", ""), ("2026-11-21T12:00:00Z", ""), ("2030-01-01", "2031-01-01"),
    ],
)  # fmt: skip
def test_a_window_that_holds_nothing_is_an_error_that_says_so(begin: str, end: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_window(begin, end, now=NOW)
    assert caught.value.code == ("invalid_time" if begin == "tomorrow" else "empty_window")
    assert begin in caught.value.message + caught.value.given


def test_an_empty_window_is_told_in_utc() -> None:
    with pytest.raises(QueryError) as caught:
        parse_window("24h", "2026-11-19T00:00:00+02:00", now=NOW)
    assert "2026-11-20T12:00:00Z" in caught.value.message
    assert "2026-11-18T22:00:00Z" in caught.value.message


def test_a_day_is_no_empty_window() -> None:
    assert parse_window("2026-11-20", "2026-11-20", now=NOW) == Window(since=MIDNIGHT - DAY, until=MIDNIGHT)


@pytest.mark.parametrize(
    "text",
    ["yesteryear", "24", "h", "-5h", "1.5h", "24hh", "²4h", "٢٤h", "2026-13-01", "2026-11-20T25:00", "12:00", "\ud800",
     "1234567d", "24h; DROP TABLE"],
)  # fmt: skip
def test_what_is_no_time_is_an_error_that_shows_the_forms(text: str) -> None:
    for name, end_of_day in (("since", False), ("until", True)):
        with pytest.raises(QueryError) as caught:
            parse_time(text, name=name, now=NOW, end_of_day=end_of_day)
        assert (caught.value.code, caught.value.hint) == ("invalid_time", TIME_HINT)
        assert caught.value.message.startswith(f"{name}=")


@pytest.mark.parametrize("text", ["999999w", "0001-01-01T00:00:00+10:00", "9999-12-31", "9999-12-31T23:00:00-10:00"])
def test_what_no_calendar_has_is_out_of_range(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_time(text, name="until", now=NOW, end_of_day=True)
    assert caught.value.message.endswith("is out of range.")


def test_a_long_text_is_not_repeated_whole() -> None:
    with pytest.raises(QueryError) as caught:
        since("9" * 10_000)
    assert len(caught.value.message) < 100


TIMELIKE = st.text(alphabet="0123456789-:+.TZWtz hdmwsagonyeri", max_size=30)
ANYTHING = st.text(st.characters(exclude_categories=[]), max_size=40)


@PROPERTY
@given(ANYTHING | TIMELIKE | st.datetimes().map(str), ANYTHING | TIMELIKE | st.datetimes().map(datetime.isoformat))
def test_any_text_gives_a_window_or_a_query_error(begin: str, end: str) -> None:
    try:
        window = parse_window(begin, end, now=NOW)
    except QueryError:
        return
    for moment in (window.since, window.until):
        assert moment is None or (moment.tzinfo is UTC and moment.microsecond == 0)
    if window.since is not None:
        assert window.since < (window.until or NOW)
        assert window.since < NOW


@PROPERTY
@given(st.datetimes(datetime(2000, 1, 1), datetime(2026, 11, 20)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_an_offset_never_changes_the_instant(moment: datetime, minutes: int) -> None:
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    sign, minute = "-" if minutes < 0 else "+", abs(minutes)
    there = (whole + timedelta(minutes=minutes)).replace(tzinfo=None).isoformat()
    assert since(f"{there}{sign}{minute // 60:02}:{minute % 60:02}") == whole


# What belongs to a window

WINDOW = Window(since=ago(hours=10), until=ago(hours=5))


@pytest.mark.parametrize(
    ("found", "belongs"),
    [
        (run("inside", ago(hours=7)), True),
        (run("at its first moment", ago(hours=10)), True),
        (run("at its last", ago(hours=5)), False),
        (run("just before its last", ago(hours=5, seconds=1)), True),
        (run("into it", ago(hours=11), 90), True),
        (run("up to it", ago(hours=11), 60), True),
        (run("ended before", ago(hours=11), 30), False),
        (run("all the way through", ago(hours=20), 19 * 60), True),
        (run("after", ago(hours=1)), False),
        (run("running since long", ago(days=6), None, "running"), True),
        (run("being cancelled since long", ago(days=6), None, "cancelling"), True),
        (run("in a state of tomorrow", ago(days=6), None, "resting"), True),
        (run("failed long ago", ago(days=6), None, "failed"), False),
        (run("started later", ago(hours=4), None, "running"), False),
        (job("only created", "created", created_at=ago(days=6)), False),
        (job("failed, told by failed_at", "failed", failed_at=ago(hours=6)), True),
        (job("ran into it and failed", "failed", started_at=ago(hours=11), failed_at=ago(hours=9)), True),
        (job("nowhere", "failed"), False),
    ],
)
def test_a_job_belongs_to_a_window_if_its_run_overlaps_it(found: SyncJob, belongs: bool) -> None:
    assert WINDOW.holds(found) is belongs
    assert Window().holds(found)


def test_the_estimated_end_of_a_failed_run_counts() -> None:
    failed = run("failed", ago(hours=10, minutes=3), None, "failed")
    assert not WINDOW.holds(place([failed], NOW)[0])
    assert WINDOW.holds(place([failed, *daily(3)[1:]], NOW)[0])


def test_a_waiting_job_is_now_and_so_in_a_window_that_reaches_to_now() -> None:
    waiting = place([job("waiting", "pending"), *daily(2)], NOW)[0]
    assert Window(since=ago(minutes=5)).holds(waiting)
    assert not WINDOW.holds(waiting)
    assert not Window(until=ago(minutes=1)).holds(waiting)


def test_a_job_without_any_time_belongs_where_it_is_estimated() -> None:
    failed = place([job("failed", "failed"), *daily(4)[1:]], NOW)[0]
    assert Window(since=ago(hours=2)).holds(failed)
    assert not Window(since=ago(minutes=30)).holds(failed)


def test_an_end_alone_holds_everything_on_its_side() -> None:
    assert Window(until=ago(hours=5)).holds(run("old", ago(days=300)))
    assert not Window(since=ago(hours=5)).holds(run("old", ago(days=300)))
