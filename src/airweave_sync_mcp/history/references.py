"""What people call a connection or a job: a name, an id, the beginning of one, a URL. Never a guess."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from airweave_sync_mcp.history.errors import GIVEN, QueryError
from airweave_sync_mcp.history.model import Connection

_HEX_PREFIX: Final = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,28}", re.IGNORECASE | re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_LABEL: Final = re.compile(r".*\(([0-9a-f]{8}[0-9a-f-]{0,28})\)", re.IGNORECASE | re.ASCII | re.DOTALL)
MAX_CANDIDATES: Final = 8
_SHORTEST: Final = 8
"""Digits of a short id."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference taken apart: exactly one of the two is set."""

    id_prefix: str | None = None
    """Lower-case, dashed; a whole UUID has 36 characters."""
    name: str | None = None

    @property
    def whole(self) -> bool:
        return self.id_prefix is not None and len(self.id_prefix) == 36


def read_connection_reference(text: str) -> Reference:
    """Take a connection argument apart.

    Raises:
        QueryError: `empty_reference` or, for a URL that names no connection, `unusable_url`.
    """
    value = text.strip()
    if not value:
        raise QueryError("empty_reference", "The connection is empty.", "Name a connection, or give its id or URL.")
    if "://" in value:
        return Reference(id_prefix=_id_in_url(value, "source_connection_id", "source-connections"))
    return _id_or_name(value)


def read_job_reference(text: str) -> Reference:
    """Take a job argument apart: an id, the beginning of one, a URL that holds one.

    Raises:
        QueryError: `malformed_id` for anything else.
    """
    value = text.strip()
    if "://" in value:
        return Reference(id_prefix=_id_in_url(value, "job_id", "jobs"))
    reference = _id_or_name(value)
    if reference.id_prefix is None:
        raise QueryError(
            "malformed_id",
            f"{GIVEN} is no job id.",
            "Give the job's UUID, at least its first 8 digits, 'latest' or 'latest_failed'. "
            "list_sync_jobs and get_connection_jobs show job ids.",
            given=value,
        )
    return reference


def _id_or_name(value: str) -> Reference:
    if _UUID.fullmatch(value):
        return Reference(id_prefix=str(UUID(value)))
    if _HEX_PREFIX.fullmatch(value):
        return Reference(id_prefix=_dashed(value))
    return Reference(name=value)


def _dashed(prefix: str) -> str:
    digits = prefix.replace("-", "").lower()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(part for part in parts if part)


def _id_in_url(url: str, parameter: str, segment: str) -> str:
    """The UUID after `/segment/` or in `?parameter=`. The URL's host is never used for anything."""
    try:
        parts = urlsplit(url)
        candidates = parse_qs(parts.query).get(parameter, [])
        path = parts.path.split("/")
        candidates += [after for before, after in pairwise(path) if before == segment]
    except ValueError:
        candidates = []
    for candidate in candidates:
        if _UUID.fullmatch(candidate):
            return str(UUID(candidate))
    raise QueryError(
        "unusable_url",
        f"The URL holds no {'connection' if segment == 'source-connections' else 'job'} id.",
        f"Use a URL with ?{parameter}=<uuid> or /{segment}/<uuid>, a name, or an id.",
    )


def match_connections(text: str, connections: Sequence[Connection]) -> list[Connection]:
    """All connections a reference may mean: by id or by whole name, else by a part of a name, any case.

    `Name (id)` is how answers tell connections of the same name apart, so it is understood too.

    Raises:
        QueryError: `empty_reference` or, for a URL that names no connection, `unusable_url`.
    """
    value, wanted = text.strip(), plain(text)
    if _UUID.fullmatch(value) and (found := [one for one in connections if one.id == value]):
        return found  # as cursors and programs ask, often
    names = [(plain(one.name), one) for one in connections]
    exact = [one for name, one in names if name == wanted or one.id == value]
    if exact and "://" in value:
        return exact
    reference = read_connection_reference(text)
    if reference.id_prefix is not None:
        by_id = [one for one in connections if one.id.startswith(reference.id_prefix)]
        if found := by_id if reference.whole else by_id + [one for one in exact if one not in by_id]:
            return found
    if exact:
        return exact
    label = _LABEL.fullmatch(value)
    if label and (found := [one for one in connections if one.id.startswith(_dashed(label[1]))]):
        return found
    return [one for name, one in names if wanted and wanted in name]


def plain(name: str) -> str:
    """A name as people mean it: any case, no invisible characters, single blanks."""
    if name.isascii() and name.isprintable():
        return " ".join(name.casefold().split())
    text = unicodedata.normalize("NFKC", name)
    seen = "".join(" " if char.isspace() else char for char in text if char.isspace() or char.isprintable())
    return " ".join(seen.casefold().split())


def one_connection(text: str, connections: Sequence[Connection]) -> Connection:
    """The one connection a reference means.

    Raises:
        QueryError: `connection_not_found`, or `ambiguous_connection` with the candidates.
    """
    matches = match_connections(text, connections)
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise QueryError(
            "connection_not_found",
            f"No source connection matches {GIVEN} among {len(connections)}.",
            _near(text, connections) or "list_connections shows the names.",
            given=text,
        )
    short = short_ids([one.id for one in matches], (one.id for one in connections))
    listed = [
        f"{one.name} ({one.source}, {one.collection}, id {prefix})" for one, prefix in zip(matches, short, strict=True)
    ]
    shown = "; ".join(listed[:MAX_CANDIDATES])
    more = f"; and {len(matches) - MAX_CANDIDATES} more" if len(matches) > MAX_CANDIDATES else ""
    raise QueryError(
        "ambiguous_connection",
        f"{GIVEN} matches {len(matches)} source connections: {shown}{more}.",
        "Repeat the call with one of these ids or with a whole name.",
        given=text,
    )


def _near(text: str, connections: Sequence[Connection]) -> str:
    """Names that share a word with what was asked."""
    words = {word for word in re.split(r"\W+", text.casefold()) if len(word) > 2}
    near = [one.name for one in connections if words & set(re.split(r"\W+", one.name.casefold()))]
    near += [one.name for one in connections if one.source in words and one.name not in near]
    return f"Did you mean: {'; '.join(near[:MAX_CANDIDATES])}?" if near else ""


def short_ids(ids: Sequence[str], among: Iterable[str] = ()) -> list[str]:
    """The shortest beginning of each id, at least 8 digits, that no other known id shares."""
    heads = {one[:_SHORTEST] for one in ids}
    known = sorted({*ids, *(one for one in among if one[:_SHORTEST] in heads)})
    return [one[: _needed(known, bisect_left(known, one))] for one in ids]


def _needed(known: list[str], index: int) -> int:
    one = known[index]
    neighbours = known[max(index - 1, 0) : index] + known[index + 1 : index + 2]
    shared = max((_common(one, other) for other in neighbours), default=0)
    length = max(_SHORTEST, shared + 1)
    return length + 1 if one[length - 1 : length] == "-" else length


def _common(one: str, other: str) -> int:
    """How many characters two ids share from the beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
