"""Times as programs and people read them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.render.times import age, iso, minute, moment, span

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"), (0.4, "0 s"), (59.6, "60 s"), (119, "119 s"), (120, "2 min"), (150, "2 min"), (3600, "60 min"),
        (7199, "120 min"), (7200, "2 h"), (86_400, "24 h"), (172_799, "48 h"), (172_800, "2 d"), (8_640_000, "100 d"),
        (-5, "0 s"),
    ],
)  # fmt: skip
def test_a_length_of_time_in_its_largest_sensible_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words


@given(st.floats(0, 10**9))
def test_what_is_longer_never_reads_shorter(seconds: float) -> None:
    units = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
    number, unit = span(seconds).split()

    assert abs(int(number) * units[unit] - seconds) <= units[unit] / 2
    assert int(number) >= 2 or unit == "s"


def test_ages_look_back_and_ahead() -> None:
    assert age(NOW - timedelta(hours=3), NOW) == "3 h ago"
    assert age(NOW, NOW) == "0 s ago"
    assert age(NOW + timedelta(minutes=5), NOW) == "in 5 min"


def test_iso_is_utc_to_the_second_and_read_back() -> None:
    there = datetime(2026, 11, 21, 14, 30, 5, 999_999, tzinfo=timezone(timedelta(hours=2)))

    assert iso(there) == "2026-11-21T12:30:05Z"
    assert minute(there) == "2026-11-21T12:30Z"
    assert moment(iso(there)) == datetime(2026, 11, 21, 12, 30, 5, tzinfo=UTC)
    assert iso(None) is None
    assert moment(None) is None
    assert moment("") is None
