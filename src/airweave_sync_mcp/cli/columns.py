"""Tables that fit the window: what is empty is left out, what is long wraps or is cut, what has no room is named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

GAP: Final = 2
"""Blanks between columns: one of padding, one of the box."""

_NARROWEST: Final = 3

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[R]):
    """One column of a table of rows of type R."""

    title: str
    cell: Callable[[R], Text]
    least: int | None = None
    """The narrowest it may get in characters; None for as wide as what it holds."""
    cut: bool = False
    """Cut what is too long instead of wrapping it."""
    spare: int = 0
    """Where there is no room, columns with the greatest number go first; those with 0 stay."""
    right: bool = False


class Rows(Generic[R]):
    """A table, laid out for the console it is printed on."""

    def __init__(self, columns: Sequence[Column[R]], rows: Sequence[R]) -> None:
        cells = [[column.cell(row) for row in rows] for column in columns]
        kept = [number for number, texts in enumerate(cells) if any(text.plain for text in texts)]
        self._columns = [columns[number] for number in kept]
        self._cells = [cells[number] for number in kept]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wanted = [_width(column, texts) for column, texts in zip(self._columns, self._cells, strict=True)]
        if not any(self._cells):
            return
        least = [min(w, w if one.least is None else one.least) for w, one in zip(wanted, self._columns, strict=True)]
        shown = fitting([one.spare for one in self._columns], least, options.max_width)
        widths = shares([wanted[number] for number in shown], [least[number] for number in shown], options.max_width)
        table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold dim")
        for number, width in zip(shown, widths, strict=True):
            column = self._columns[number]
            table.add_column(
                column.title,
                width=width,
                no_wrap=column.cut,
                overflow="ellipsis" if column.cut else "fold",
                justify="right" if column.right else "left",
            )
        for row in zip(*(self._cells[number] for number in shown), strict=True):
            table.add_row(*row)
        yield table
        left_out = [column.title for n, column in enumerate(self._columns) if n not in shown]
        if left_out:
            yield Text(f"Left out, for lack of room: {', '.join(left_out)}.", style="dim")


def _width(column: Column[R], texts: Sequence[Text]) -> int:
    longest = max((line.cell_len for text in texts for line in text.split()), default=0)
    return max(longest, Text(column.title).cell_len)


def fitting(spare: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """The numbers of the columns that fit into `room` characters, even if all are as narrow as they may get."""
    shown = list(range(len(least)))
    while _total([least[number] for number in shown]) > room and any(spare[number] for number in shown):
        shown.remove(max(shown, key=lambda number: spare[number]))
    return shown


def shares(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """The width of each column: what it wants, or less where they do not fit together, the widest giving first."""
    widths = list(wanted)
    for floors in (least, [min(_NARROWEST, one) for one in wanted]):
        while _total(widths) > room:
            giver = max(range(len(widths)), key=lambda number: widths[number] - floors[number], default=None)
            if giver is None or widths[giver] <= floors[giver]:
                break
            widths[giver] -= 1
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * max(len(widths) - 1, 0)
