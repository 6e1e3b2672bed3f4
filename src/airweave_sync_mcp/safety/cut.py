"""Bounds the size of a text, keeps its head and its tail, and says how much is missing."""

import re
from collections.abc import Callable
from typing import Final

_SNAP: Final = 24
"""How far a cut moves to fall between words, in characters."""

_TRIES: Final = 12

_NOTICE: Final = re.compile(
    r"… \[(?P<ours>[\d,]{1,13}) characters left out\] …|\[\.{3} (?P<before>[\d,]{1,13}) characters left out \.{3}\]"
    r"|… \[\+(?P<short>[\d,]{1,13})\]"
)
"""A cut that was declared already, here or where the text was received."""


def notice(count: int) -> str:
    """What stands where `count` characters were left out."""
    return f"… [{count:,} characters left out] …"


def bound(text: str, limit: int, is_stable: Callable[[str], bool]) -> str:
    """Text of at most `limit` characters: unchanged, or head and tail with the cut declared between them.

    Below about 150 characters a long notice would cost more than it tells: there the head stays with `… [+1,234]`.
    `is_stable` says that cleaning would not change a text. Cuts are moved until that holds, so that what was cut
    cannot be read as something else (half a mark as a value, say) and cleaning twice gives the same.
    """
    if len(text) <= limit:
        return text
    most = len(text) + _left_out_before(text, 0, len(text))
    long = limit >= 4 * len(notice(most))
    room = limit - len(notice(most) if long else f" … [+{most:,}]") - 2 * long
    for attempt in range(_TRIES):
        if room <= 0:
            break
        result = _with_tail(text, room) if long else _head_only(text, room)
        if is_stable(result):
            return result
        room = room * 3 // 4 if attempt > 3 else room - 7
    return next((bare for bare in (notice(most), f"… [+{most:,}]", "…") if len(bare) <= limit), "")


def _with_tail(text: str, room: int) -> str:
    head = _head(text, room * 3 // 5)
    tail = _tail(text, room - len(head))
    start, end = len(head), len(text) - len(tail)
    return f"{head} {notice(end - start + _left_out_before(text, start, end))} {tail}"


def _head_only(text: str, room: int) -> str:
    head = _head(text, room)
    left_out = len(text) - len(head)
    return f"{head} … [+{left_out + _left_out_before(text, len(head), len(text)):,}]"


def _left_out_before(text: str, start: int, end: int) -> int:
    """What the notices that are cut away declared, for theirs are not characters of the text."""
    return sum(
        int(found[found.lastgroup or 0].replace(",", "") or 0) - min(end, found.end()) + max(start, found.start())
        for found in _NOTICE.finditer(text)
        if start < found.end() and found.start() < end
    )


def _head(text: str, room: int) -> str:
    """The beginning of a text, ended between words where one is near."""
    if text[room].isspace():
        return text[:room].rstrip()
    space = max(text.rfind(" ", room - _SNAP, room), text.rfind("\n", room - _SNAP, room)) if room > 2 * _SNAP else -1
    return (text[:space] if space > 0 else text[:room]).rstrip()


def _tail(text: str, room: int) -> str:
    start = len(text) - room
    if text[start - 1].isspace() or room <= 2 * _SNAP:
        return text[start:].lstrip()
    spaces = [at for at in (text.find(" ", start, start + _SNAP), text.find("\n", start, start + _SNAP)) if at >= 0]
    return text[min(spaces, default=start) :].lstrip()
