"""Finds settings among flags and environment variables, and notes on the way where each came from and what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, TypeVar

from .options import ELSEWHERE, OPTIONS, OWN_PREFIX, Option

T = TypeVar("T")

DEFAULT_ORIGIN: Final = "default"


@dataclass(frozen=True, slots=True)
class Found:
    """A text somebody set, and the flag or variable it came by."""

    text: str = field(repr=False)
    origin: str


class Lookup:
    """What whoever started the process asked for, among `options`. Blank values count as unset."""

    def __init__(
        self,
        flags: Mapping[str, str | None],
        environ: Mapping[str, str],
        options: tuple[Option[object], ...] = OPTIONS,
    ) -> None:
        if unknown := flags.keys() - {option.name for option in options}:
            raise ValueError(f"no such settings: {', '.join(sorted(unknown))}")
        self._options = options
        self._flags = flags
        self._environ = environ
        self.origins: dict[str, str] = {}
        self.problems: list[str] = []
        self.warnings: list[str] = []

    def flag(self, option: Option[object]) -> Found | None:
        return _found(self._flags.get(option.name), option.flag)

    def variable(self, name: str) -> Found | None:
        return _found(self._environ.get(name), name)

    def find(self, option: Option[object]) -> Found | None:
        return self.flag(option) or self.variable(option.variable)

    def read(self, option: Option[T], found: Found) -> T | None:
        """The value found. None means that it is wrong, which is noted."""
        try:
            value = option.parse(found.text)
        except ValueError as error:
            self.problems.append(f"{found.origin}: {error}")
            return None
        self.origins[option.name] = found.origin
        return value

    def value(self, option: Option[T]) -> T:
        """The value found, or the default."""
        self.origins[option.name] = DEFAULT_ORIGIN
        found = self.find(option)
        value = self.read(option, found) if found else None
        return option.default if value is None else value

    def unknown_variables(self, prefix: str = OWN_PREFIX, elsewhere: tuple[str, ...] = ELSEWHERE) -> list[str]:
        """Warnings: a misspelt variable would otherwise be a setting that silently does nothing.

        Looked at are variables that start with `prefix`, except those that start with one of `elsewhere`.
        """
        known = [option.variable.removeprefix(prefix) for option in self._options if option.variable.startswith(prefix)]
        warnings = []
        for variable in sorted(self._environ):
            name = variable.removeprefix(prefix)
            if name == variable or name in known or variable.startswith(elsewhere) or not self.variable(variable):
                continue
            meant = get_close_matches(name, known, n=1)
            hint = f"did you mean {prefix}{meant[0]}?" if meant else "it is ignored."
            warnings.append(f"{variable} is not a setting: {hint}")
        return warnings


def _found(text: str | None, origin: str) -> Found | None:
    stripped = (text or "").strip()
    return Found(stripped, origin) if stripped else None
