"""A whole list out of pages cut by skip and limit, while rows come and go at the server.

The list is sorted newest first. Each page overlaps the one before by a row, which shows whether the list has moved:

- rows that arrive push the others down, so that a page repeats known rows: they are dropped;
- rows that vanish pull the others up: then a page may have no known row at all, something may have slipped past between
  the pages, and we go back until we are on known ground again.

All that lies above the lowest known row is known too, or has arrived since.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from airweave_sync_mcp.airweave.wire import Rows

MAX_REQUESTS: Final = 1_000
MAX_BARREN: Final = 8
"""Requests in a row that may lead no deeper before we give up."""


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=_Identified)

Fetch = Callable[[int, int], Awaitable[Rows[R]]]
"""Reads a page, given skip and limit."""


async def pages(fetch: Fetch[R], page: int, *, max_barren: int = MAX_BARREN) -> AsyncGenerator[Rows[R], None]:
    """Yield the rows of a list, each once, in portions as they come; `page` is the limit to ask with, at least 2.

    Every row that is there from the first request to the last is yielded. Rows that arrive meanwhile may be.
    The first portion is yielded even if it is empty.
    """
    if page < 2:
        raise ValueError("a page needs at least 2 rows, one of them to overlap with the page before")
    walk: _Walk[R] = _Walk(page=page)
    for number in range(MAX_REQUESTS):
        fresh = walk.step(await fetch(walk.skip, page))
        if fresh.items or fresh.unreadable or number == 0:
            yield fresh
        if walk.ended or walk.barren > max_barren:
            return


@dataclass(slots=True, kw_only=True)
class _Walk(Generic[R]):
    """How far down the list we are."""

    page: int
    skip: int = 0
    ended: bool = False
    barren: int = 0
    _given: set[str] = field(default_factory=set)
    _depth: dict[str, int] = field(default_factory=dict)
    """Place of each row on the present way down, counted from where it began."""
    _back: int = 0
    """How far the last step back went, if nothing known has been met since."""
    _careful: bool = False
    """We had to go back: known rows have vanished, so that counting them would lead too far down."""
    _before: tuple[str, ...] = ()
    """The ids of the page before, if we went forward from it."""

    def step(self, rows: Rows[R]) -> Rows[R]:
        """Take in the page that was read at `skip`, set the next `skip` or `ended`, and return what is new."""
        ids = tuple(row.id for row in rows.items)
        start = next((index for index, found in enumerate(ids) if found in self._depth), None)
        if start is None and self.skip and not rows.unreadable:
            self._go_back()
            return Rows(())
        if start is None:
            self._depth.clear()  # at the top all that was known has vanished or sunk: a new way down begins
        deeper = self._note(ids[start or 0 :])
        if deeper:
            self.barren, self._careful = 0, False
        else:
            self.barren += 1
        self._go_on(ids, len(ids) + rows.unreadable)
        fresh = tuple(row for row in rows.items[start or 0 :] if self._give(row.id))
        return Rows(fresh, rows.unreadable)

    def _note(self, ids: tuple[str, ...]) -> bool:
        size = len(self._depth)
        for found in ids:
            self._depth.setdefault(found, len(self._depth))
        return len(self._depth) > size

    def _give(self, found: str) -> bool:
        if found in self._given:
            return False
        self._given.add(found)
        return True

    def _go_on(self, ids: tuple[str, ...], total: int) -> None:
        ignores_skip = ids == self._before
        ignores_limit = total > self.page
        self.ended = not ids or total < self.page or ignores_limit or ignores_skip
        if not self.ended:
            sunk = len(self._depth) - 1 - self._depth[ids[-1]]
            self.skip += total - 1 + (0 if self._careful else sunk)
            self._before, self._back = ids, 0

    def _go_back(self) -> None:
        self._back = 2 * self._back or self.page - 1
        self.skip = max(0, self.skip - self._back)
        self._before = ()
        self._careful = True
        self.barren += 1
