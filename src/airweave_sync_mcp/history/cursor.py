"""Keyset cursors: where a list of jobs or connections goes on.

A cursor names the last row shown, not a count, so that it survives a restart, another replica and new
rows. It belongs to one question and grants nothing. It is short: models repeat it. Cursors go out as they are, past
the cleaner, so their keys are times, ids and digests, never a text of somebody else.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote, unquote

from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.model import EPOCH, SECOND
from airweave_sync_mcp.history.window import Window

_LONGEST: Final = 1_000
_HINT: Final = "Repeat the call without cursor to start from the first page."


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The key of the last row shown, how many were shown before, and the window as it was on the first page."""

    key: tuple[str, str]
    shown: int
    window: Window = field(default_factory=Window)


def question_of(tool: str, arguments: Mapping[str, object]) -> str:
    """A short name for a question: the same for the same filters, whatever their order."""
    text = json.dumps([tool, arguments], sort_keys=True, default=str)
    return _digest(text, size=4)


def write_cursor(cursor: Cursor, question: str) -> str:
    window = cursor.window
    parts = [question, str(cursor.shown), _stamp(window.since), _stamp(window.until), *map(_escape, cursor.key)]
    body = ".".join(parts)
    return f"{body}.{_digest(body, size=2)}"


def read_cursor(text: str, question: str) -> Cursor:
    """Read a cursor that this question made.

    Raises:
        QueryError: `broken_cursor` for what is no cursor, `foreign_cursor` for that of another question.
    """
    body, _, check = text.strip().rpartition(".")
    if len(text) > _LONGEST or not body or check != _digest(body, size=2):
        raise broken_cursor()
    owner, *parts = body.split(".")
    if owner != question:
        raise QueryError(
            "foreign_cursor",
            "The cursor belongs to another question: a cursor goes on only with the same tool and the same filters.",
            _HINT,
        )
    try:
        shown, since, until, first, second = parts
        window = Window(since=_moment(since), until=_moment(until))
        return Cursor(key=(unquote(first), unquote(second)), shown=int(shown), window=window)
    except (ValueError, OverflowError):
        raise broken_cursor() from None


def broken_cursor() -> QueryError:
    return QueryError("broken_cursor", "The cursor is not one that this server made, or it was changed.", _HINT)


def _digest(text: str, *, size: int) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=size).hexdigest()


def _escape(part: str) -> str:
    return quote(part, safe="", errors="replace").replace(".", "%2E")


def _stamp(moment: datetime | None) -> str:
    return "" if moment is None else format((moment - EPOCH) // SECOND, "x")


def _moment(stamp: str) -> datetime | None:
    return EPOCH + int(stamp, 16) * SECOND if stamp else None
