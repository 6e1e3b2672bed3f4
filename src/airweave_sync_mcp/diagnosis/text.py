"""Looking for words in text, fast: a thousand words cost one pass over the text."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from typing import Final

_GRAM: Final = 4


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A compiled pattern, made when first needed so that importing stays cheap."""
    return re.compile(pattern)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Finds which of many words a text contains.

    Every word is filed under one run of four characters, the rarest it has, so that a text has to be looked
    through once for all words instead of once for each. Words need four characters or more.
    """

    filed: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, words: Iterable[str]) -> "Lexicon":
        """A lexicon of these words, all lower case. Raises ValueError for a word that is too short."""
        unique = sorted(set(words))
        if short := [word for word in unique if len(word) < _GRAM]:
            raise ValueError(f"words of fewer than {_GRAM} characters: {short}")
        usual = Counter(gram for word in unique for gram in _grams(word))
        filed: dict[str, list[str]] = {}
        for word in unique:
            filed.setdefault(min(_grams(word), key=lambda gram: (usual[gram], gram)), []).append(word)
        return cls({gram: tuple(words) for gram, words in filed.items()})

    def present_in(self, text: str) -> frozenset[str]:
        """The words that occur in a lower-case text."""
        filed = self.filed
        return frozenset(word for gram in filed.keys() & _grams(text) for word in filed[gram] if word in text)


def _grams(text: str) -> AbstractSet[str]:
    return {text[start : start + _GRAM] for start in range(len(text) - _GRAM + 1)}


def first_of(text: str, present: AbstractSet[str], words: AbstractSet[str]) -> tuple[int, int] | None:
    """Begin and end, in the text, of whichever of these words comes first; `present` are those it contains."""
    if present.isdisjoint(words):
        return None
    begin, length = min((text.find(word), -len(word)) for word in present & words)
    return begin, begin - length


def has_any(text: str, words: Iterable[str]) -> bool:
    """Whether the text contains one of the words; for a few words on a short text."""
    for word in words:  # noqa: SIM110 - a generator costs more than the search
        if word in text:
            return True
    return False
