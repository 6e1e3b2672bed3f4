"""Answers of bounded size. Each channel counts alone: a client hands its model one of the two."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

from airweave_sync_mcp.render.contract import Answer

CONCISE: Final = 10_000
"""Characters of an answer, each channel: the smallest client keeps about 12,000."""

FULL: Final = 30_000


S_co = TypeVar("S_co", bound=Answer, covariant=True)


@dataclass(frozen=True)
class Rendered(Generic[S_co]):
    """An answer in its two channels."""

    text: str
    structure: S_co

    @cached_property
    def data(self) -> dict[str, Any]:
        """The structure as JSON-ready data."""
        return self.structure.dump()

    @property
    def size(self) -> int:
        """Characters of the larger channel."""
        compact = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return max(len(self.text), len(compact))


def fit(rows: int, build: Callable[[int], Rendered[S_co]], limit: int = CONCISE) -> Rendered[S_co]:
    """The answer with as many of its rows as fit; `build` says what is left out and how to get it."""
    whole = build(rows)
    if whole.size <= limit or rows == 0:
        return whole
    fits, too_many = 0, rows
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if build(middle).size <= limit:
            fits = middle
        else:
            too_many = middle
    return build(max(fits, 1))
