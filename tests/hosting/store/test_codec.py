"""Entries survive being written and read, whatever is in them; and only entries are read."""

import types
import zlib
from dataclasses import is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airweave_sync_mcp.history.memory import FeedReading
from airweave_sync_mcp.hosting.store import codec as module
from airweave_sync_mcp.hosting.store.codec import Codec, Forgotten, TooLargeError, Value
from airweave_sync_mcp.hosting.store.keys import UnreadableError
from tests.support.examples import CHARACTERS

from .kit import NOW, history, job

CODEC = Codec()
KINDS = get_args(Value)

SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(CHARACTERS, max_size=30),
    bool: st.booleans(),
    int: st.integers(-(10**20), 10**20),
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: st.datetimes(timezones=st.just(UTC)),
    type(None): st.none(),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that stands in an entry."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    if get_origin(hint) in {Union, types.UnionType}:
        return st.one_of([values_of(one) for one in get_args(hint)])
    if get_origin(hint) is tuple:
        inner = get_args(hint)
        if inner[-1] is Ellipsis:
            return st.lists(values_of(inner[0]), max_size=3).map(tuple)
        return st.tuples(*(values_of(one) for one in inner))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    assert isinstance(hint, type)
    assert is_dataclass(hint), f"a strategy is needed for {hint}"
    return st.builds(hint, **{name: values_of(inner) for name, inner in get_type_hints(hint).items()})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_entry_survives(kind: type) -> None:
    @settings(max_examples=20, deadline=None)
    @given(values_of(kind))
    def check(value: Value) -> None:
        again = CODEC.decode(CODEC.encode(value))
        assert again == value
        assert type(again) is type(value)
        assert hash(again) == hash(value)

    check()


def test_times_stay_in_utc() -> None:
    again = CODEC.decode(CODEC.encode(history()))
    assert again.fetched_at.utcoffset() == NOW.utcoffset()
    assert again.fetched_at.isoformat() == NOW.isoformat()
    assert again.fetched_at - NOW == NOW - again.fetched_at


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        CODEC.encode(history(connection="\ud800"))


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"nonsense",
        zlib.compress(b"")[:-3],
        zlib.compress(b"Forgotten\n{}"),
        zlib.compress(b'Forgotten\n{"fetched_at":"yesterday"}'),
        zlib.compress(b'NoSuchThing\n{"fetched_at":"2026-11-21T12:00:00Z"}'),
        zlib.compress(b"\xff\xff\n{}"),
        zlib.compress(b"StoreKeys\n{}"),
        zlib.compress(b"Forgotten\n" + b"[" * 10_000),
    ],
)
def test_what_is_no_entry_is_not_read(packed: bytes) -> None:
    with pytest.raises(UnreadableError):
        CODEC.decode(packed)


@given(st.binary(max_size=200))
def test_no_bytes_do_harm(packed: bytes) -> None:
    with pytest.raises(UnreadableError):
        CODEC.decode(packed)


def test_a_part_of_an_entry_is_none() -> None:
    packed = CODEC.encode(history(jobs=100))
    for end in (1, 10, len(packed) // 2, len(packed) - 5):
        with pytest.raises(UnreadableError):
            CODEC.decode(packed[:end])


def test_unpacking_ends_at_a_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = CODEC.encode(history(jobs=200))
    monkeypatch.setattr(module, "MOST_PLAIN", 10_000)
    with pytest.raises(UnreadableError):
        CODEC.decode(packed)
    with pytest.raises(TooLargeError):
        CODEC.encode(history(jobs=200))


def test_entries_are_small() -> None:
    jobs = tuple(job(number, error="401 Unauthorized: the token has expired") for number in range(50))
    packed = CODEC.encode(FeedReading(jobs=jobs, fetched_at=NOW, reaches=None))
    assert len(packed) < 50 * 60


def test_the_schema_tells_versions_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Codec().schema == CODEC.schema
    monkeypatch.setattr(module, "Value", Forgotten | FeedReading)
    assert Codec().schema != CODEC.schema
