"""How a table gets its widths."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from airweave_sync_mcp.cli.columns import GAP, Column, Rows, fitting, shares
from airweave_sync_mcp.cli.terminal import Terminal

WIDTHS = st.lists(st.tuples(st.integers(1, 120), st.integers(1, 40), st.integers(0, 3)), min_size=1, max_size=8)
ROOM = st.integers(1, 300)


def total(widths: list[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


@given(WIDTHS, ROOM)
def test_columns_get_what_they_want_or_share_the_room(columns: list[tuple[int, int, int]], room: int) -> None:
    wanted = [want for want, _, _ in columns]
    least = [min(want, low) for want, low, _ in columns]

    widths = shares(wanted, least, room)

    assert all(0 < width <= want for width, want in zip(widths, wanted, strict=True))
    if total(wanted) <= room:
        assert widths == wanted
    elif total(least) <= room:
        assert total(widths) == room
        assert all(width >= low for width, low in zip(widths, least, strict=True))
    elif total([min(3, want) for want in wanted]) <= room:
        assert total(widths) <= room


@given(WIDTHS, ROOM)
def test_only_columns_that_may_go_are_left_out_and_the_least_needed_first(
    columns: list[tuple[int, int, int]], room: int
) -> None:
    least, spare = [low for _, low, _ in columns], [number for _, _, number in columns]

    shown = fitting(spare, least, room)

    gone = set(range(len(columns))) - set(shown)
    assert shown == sorted(shown)
    assert all(spare[number] for number in gone)
    if gone:
        assert min(spare[number] for number in gone) >= max((spare[number] for number in shown), default=0)
    if total([least[number] for number in shown]) > room:
        assert not any(spare[number] for number in shown)


def printed(rows: list[tuple[str, str]], columns: list[Column[tuple[str, str]]], width: int) -> str:
    out = io.StringIO()
    Terminal(out=out, err=out, environ={"COLUMNS": str(width)}).show(Rows(columns, rows))
    return out.getvalue()


LEFT: Column[tuple[str, str]] = Column(title="Left", cell=lambda row: Text(row[0]), least=6)
RIGHT: Column[tuple[str, str]] = Column(title="Right", cell=lambda row: Text(row[1]), least=6, cut=True, spare=1)


def test_long_words_wrap_or_are_cut_as_the_column_says() -> None:
    out = printed([("one two three", "four five six")], [LEFT, RIGHT], 18)

    assert out.splitlines()[2:] == ["one two   four fi…", "three"]


def test_a_column_without_room_is_named() -> None:
    out = printed([("one two three", "four five six")], [LEFT, RIGHT], 12)

    assert "four" not in out
    assert "Left out" in out
    assert "Right" in out


def test_an_empty_column_and_an_empty_table_take_no_room() -> None:
    assert "Right" not in printed([("one", "")], [LEFT, RIGHT], 80)
    assert printed([], [LEFT, RIGHT], 80).strip() == ""
    assert printed([("", "")], [LEFT, RIGHT], 80).strip() == ""
