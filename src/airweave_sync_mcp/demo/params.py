"""What a request says, checked with the words of the real servers, and the errors they answer with."""

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from starlette.requests import Request

from .options import Generation

_T = TypeVar("_T")
_WHOLE_NUMBER: Final = re.compile(r"\s*[+-]?\d+(\.0+)?\s*")
_HYPHENATED: Final = (8, 4, 4, 4, 12)
_TRUE: Final = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE: Final = frozenset({"0", "off", "f", "false", "n", "no"})


class _Problem(NamedTuple):
    """Why a value was not taken: the words, and the kind that the documented shape adds."""

    message: str
    kind: str


class ApiError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}


def failure(status: int, detail: str) -> ApiError:
    """The shape of every error except 422."""
    return ApiError(status, {"detail": detail})


def internal_error(generation: Generation, detail: str) -> ApiError:
    """A 500; since 2026 its text tells far too much."""
    leaks = generation is not Generation.JUNE_2025
    return failure(500, f"Internal Server Error: {detail}" if leaks else "Internal Server Error")


class Params:
    """Reads path and query parameters, collecting what is wrong with them, as the real framework does."""

    def __init__(self, request: Request, generation: Generation) -> None:
        self._request = request
        self._generation = generation
        self._problems: list[tuple[str, str, _Problem]] = []

    def path_id(self, name: str) -> str:
        """A UUID in the path, in its usual spelling (upper case and no dashes are accepted)."""
        return self._read("path", name, self._request.path_params[name], _uuid, "")

    def limit(self, *, maximum: int | None = 1000) -> int:
        """From 1 on, up to the maximum; 100 when absent. Repeated, the last one counts."""
        return self._query("limit", lambda text: _bounded(text, 1, maximum), 100)

    def skip(self) -> int:
        """From 0 on; 0 when absent."""
        return self._query("skip", lambda text: _bounded(text, 0), 0)

    def any_int(self, name: str, default: int) -> int:
        """An integer without bounds."""
        return self._query(name, _bounded, default)

    def flag(self, name: str) -> bool:
        """A boolean; False when absent."""
        return self._query(name, _boolean, False)

    def text(self, name: str) -> str:
        """A text; empty when absent."""
        return self._request.query_params.get(name, "")

    def texts(self, name: str) -> list[str]:
        """All values of a parameter that may be repeated."""
        return self._request.query_params.getlist(name)

    def check(self) -> None:
        """Raises the 422 for everything that was wrong."""
        if not self._problems:
            return
        if self._generation is Generation.DOCUMENTED:
            documented = [
                {"loc": [where, name], "msg": problem.message, "type": problem.kind}
                for where, name, problem in self._problems
            ]
            raise ApiError(422, {"detail": documented})
        raise ApiError(
            422, {"errors": [{f"{where}.{name}": problem.message} for where, name, problem in self._problems]}
        )

    def _query(self, name: str, parse: "_Parser[_T]", default: _T) -> _T:
        values = self._request.query_params.getlist(name)
        return self._read("query", name, values[-1], parse, default) if values else default

    def _read(self, where: str, name: str, value: str, parse: "_Parser[_T]", default: _T) -> _T:
        parsed = parse(value)
        if isinstance(parsed, _Problem):
            self._problems.append((where, name, parsed))
            return default
        return parsed


_Parser = Callable[[str], _T | _Problem]


def _bounded(text: str, least: int | None = None, most: int | None = None) -> int | _Problem:
    if _WHOLE_NUMBER.fullmatch(text) is None:
        return _Problem("Input should be a valid integer, unable to parse string as an integer", "int_parsing")
    number = int(text.partition(".")[0])
    if least is not None and number < least:
        return _Problem(f"Input should be greater than or equal to {least}", "greater_than_equal")
    if most is not None and number > most:
        return _Problem(f"Input should be less than or equal to {most}", "less_than_equal")
    return number


def _boolean(text: str) -> bool | _Problem:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    return _Problem("Input should be a valid boolean, unable to interpret input", "bool_parsing")


def _uuid(text: str) -> str | _Problem:
    complaint = _not_a_uuid(text)
    if complaint is not None:
        return _Problem(f"Input should be a valid UUID, {complaint}", "uuid_parsing")
    return str(UUID(text))


def _not_a_uuid(text: str) -> str | None:
    for position, letter in enumerate(text, start=1):
        if letter not in "0123456789abcdefABCDEF-":
            return (
                "invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], "
                f"found `{letter}` at {position}"
            )
    groups = text.split("-")
    if len(groups) == 1:
        wrong = len(text) != 32
        return f"invalid length: expected length 32 for simple format, found {len(text)}" if wrong else None
    if len(groups) != len(_HYPHENATED):
        return f"invalid group count: expected 5, found {len(groups)}"
    for number, (group, expected) in enumerate(zip(groups, _HYPHENATED, strict=True)):
        if len(group) != expected:
            return f"invalid group length in group {number}: expected {expected}, found {len(group)}"
    return None
