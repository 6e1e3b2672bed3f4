"""Cursors: what they hold, and what is no cursor."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.history.cursor import Cursor, question_of, read_cursor, write_cursor
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.window import Window
from tests.history.kit import PROPERTY, ago

QUESTION = question_of("list_sync_jobs", {"statuses": ["failed"], "window": ["24h", ""]})
CURSOR = Cursor(key=("63f2a1c0ffee", "0a1b2c3d-4e5f"), shown=20, window=Window(since=ago(days=1)))

SECONDS = st.none() | st.integers(-(10**10), 10**11).map(
    lambda s: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def code_of(text: str, question: str = QUESTION) -> str:
    with pytest.raises(QueryError) as caught:
        read_cursor(text, question)
    assert "without cursor" in caught.value.hint
    return caught.value.code


@PROPERTY
@given(TEXT, TEXT, st.integers(0, 10**6), SECONDS, SECONDS)
def test_what_was_written_is_read(
    one: str, two: str, shown: int, since: datetime | None, until: datetime | None
) -> None:
    cursor = Cursor(key=(one, two), shown=shown, window=Window(since=since, until=until))
    text = write_cursor(cursor, QUESTION)
    assert read_cursor(text, QUESTION) == cursor
    assert read_cursor(f" {text}\n", QUESTION) == cursor
    assert text.isascii()
    assert not set(text) & set(" \"'\\\n")


def test_a_cursor_of_a_usual_page_is_short() -> None:
    assert len(write_cursor(CURSOR, QUESTION)) < 60


def test_a_changed_character_is_noticed() -> None:
    text = write_cursor(CURSOR, QUESTION)
    for place, char in enumerate(text):
        for other in "0f.z%-":
            if other != char:
                assert code_of(text[:place] + other + text[place + 1 :]) == "broken_cursor"
        assert code_of(text[:place] + text[place + 1 :]) == "broken_cursor"


@pytest.mark.parametrize("text", ["", ".", "...", "next", "a" * 5_000, "💥", "\ud800", "null", "2"])
def test_what_is_no_cursor_is_broken(text: str) -> None:
    assert code_of(text) == "broken_cursor"


@PROPERTY
@given(st.text(st.characters(exclude_categories=[]), max_size=60) | st.text("0123456789abcdef.", max_size=60))
def test_any_other_text_is_broken(text: str) -> None:
    assert code_of(text) == "broken_cursor"


@pytest.mark.parametrize(
    "body", ["x", "x.0", "5.zz..a.b", "5.ffffffffffffffff..a.b", "five...a.b", "5...a", "5...a.b.c"]
)
def test_one_that_was_made_up_with_the_right_digest_is_broken_all_the_same(body: str) -> None:
    from airweave_sync_mcp.history.cursor import _digest

    text = f"{QUESTION}.{body}"
    assert code_of(f"{text}.{_digest(text, size=2)}") == "broken_cursor"


def test_a_cursor_belongs_to_its_tool_and_its_filters() -> None:
    text = write_cursor(CURSOR, QUESTION)
    for other in (
        question_of("list_failed_jobs", {"statuses": ["failed"], "window": ["24h", ""]}),
        question_of("list_sync_jobs", {"statuses": ["failed"], "window": ["48h", ""]}),
        question_of("list_sync_jobs", {"statuses": [], "window": ["24h", ""]}),
        question_of("list_sync_jobs", {}),
    ):
        assert code_of(text, other) == "foreign_cursor"


def test_the_order_of_filters_does_not_matter() -> None:
    assert question_of("t", {"a": 1, "b": 2}) == question_of("t", {"b": 2, "a": 1})


def test_a_name_that_is_no_proper_text_still_gives_a_cursor() -> None:
    text = write_cursor(Cursor(key=("\ud800x", "id"), shown=1), QUESTION)
    assert read_cursor(text, QUESTION).key == ("?x", "id")
