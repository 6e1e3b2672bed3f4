"""Keys: what is taken for one, what they seal, and what nobody can open."""

import os
from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.hosting.store.keys import NONCE, StoreKeys, UnreadableError
from tests.support.examples import CHARACTERS

RAW = bytes.fromhex("f2c91d0b5a7e48639c1fd0a6b4e87235d95c3a61e07f4b28ac6d19f3528e70b4")
OTHER = bytes.fromhex("0d7a3be1946f5c28b8e2407d1fa95c63724be80c9d15f6a3e8b7042c6d91fa5e")
KEYS = StoreKeys((RAW,))

NAMES = st.text(CHARACTERS, min_size=1, max_size=60)


@pytest.mark.parametrize(
    "text",
    [
        RAW.hex(),
        RAW.hex().upper(),
        b64encode(RAW).decode(),
        b64encode(RAW).decode().rstrip("="),
        urlsafe_b64encode(RAW).decode(),
    ],
    ids=["hex", "HEX", "base64", "base64 without =", "base64 for URLs"],
)
def test_a_key_in_every_spelling(text: str) -> None:
    assert StoreKeys.parse(text).keys == (RAW,)
    assert StoreKeys.parse(f" {text} ,{OTHER.hex()}\n").keys == (RAW, OTHER)


@given(st.binary(min_size=32, max_size=64).map(lambda _: os.urandom(32)))
def test_random_keys_are_taken(raw: bytes) -> None:
    assert StoreKeys.parse(raw.hex()).keys == StoreKeys.parse(b64encode(raw).decode()).keys == (raw,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (f"{RAW.hex()},", "comma"),
        (RAW.hex()[:62], "31"),
        (b64encode(RAW[:31]).decode(), "31"),
        ("correct horse battery staple", "neither base64 nor"),
        ("password" * 6, "text or a pattern"),
        ("hunter2" * 8, "text or a pattern"),
        ("hunter2Hunter3" * 10, "text or a pattern"),
        ("correcthorsebatterystapleandsomemoreofthesam", "text or a pattern"),
        ("00" * 32, "text or a pattern"),
        ("0123456789abcdef" * 4, "text or a pattern"),
        ("ff" * 40, "text or a pattern"),
        (("80" + "ff" * 3) * 16, "text or a pattern"),
        (b64encode(b"correct horse battery staple, and some more").decode(), "text or a pattern"),
        (f"{RAW.hex()},{b64encode(RAW).decode()}", "same key twice"),
        (b64encode(os.urandom(2000)).decode(), "2000"),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        StoreKeys.parse(text)
    assert not text or text not in str(refused.value)
    assert str(refused.value).endswith(".")


def test_keys_are_not_shown() -> None:
    shown = repr(KEYS) + repr(KEYS.box("t")) + repr(KEYS.names("s"))
    assert RAW.hex() not in shown
    assert repr(RAW)[2:-1] not in shown


@given(st.binary(max_size=400), NAMES, NAMES)
def test_what_was_sealed_opens(value: bytes, tenant: str, name: str) -> None:
    box = KEYS.box(tenant)
    assert box.open(name, box.seal(name, value)) == value
    assert box.seal(name, value) != box.seal(name, value)


@given(st.binary(max_size=100), NAMES, NAMES, NAMES, NAMES)
def test_nowhere_else(value: bytes, tenant: str, name: str, other_tenant: str, other_name: str) -> None:
    sealed = KEYS.box(tenant).seal(name, value)
    places = {
        (other_tenant, name),
        (tenant, other_name),
        (other_tenant, other_name),
        (name, tenant),
        (tenant + name, ""),
    }
    for place in places - {(tenant, name)}:
        with pytest.raises(UnreadableError):
            KEYS.box(place[0]).open(place[1], sealed)


@given(st.data())
def test_no_bit_can_be_changed(data: st.DataObject) -> None:
    box = KEYS.box("t")
    sealed = bytearray(box.seal("n", b"value"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(UnreadableError):
        box.open("n", bytes(sealed))


@given(st.binary(max_size=NONCE + 40))
def test_anything_else_does_not_open(sealed: bytes) -> None:
    with pytest.raises(UnreadableError):
        KEYS.box("t").open("n", sealed)


def test_keys_are_exchanged_without_losing_anything() -> None:
    before, during, after = StoreKeys((RAW,)), StoreKeys((OTHER, RAW)), StoreKeys((OTHER,))
    old = before.box("t").seal("n", b"old")
    assert during.box("t").open("n", old) == b"old"
    new = during.box("t").seal("n", b"new")
    assert after.box("t").open("n", new) == b"new"
    with pytest.raises(UnreadableError):
        before.box("t").open("n", new)
    with pytest.raises(UnreadableError):
        after.box("t").open("n", old)


def test_names_stay_while_keys_are_exchanged() -> None:
    before, during = StoreKeys((RAW,)), StoreKeys((OTHER, RAW))
    assert before.pepper == during.pepper
    assert before.names("s").entry("t", "n") == during.names("s").entry("t", "n")


@given(NAMES, NAMES)
def test_names_tell_nothing_and_never_meet(tenant: str, name: str) -> None:
    names = KEYS.names("schema")
    all_names = [
        names.entry(tenant, name),
        names.lock(tenant, name),
        *names.rate(tenant),
        names.claim(name),
        names.entry(name + "x", tenant),
        names.entry(tenant, name + "x"),
        KEYS.names("another").entry(tenant, name),
        StoreKeys((OTHER,)).names("schema").entry(tenant, name),
    ]
    assert len(set(all_names)) == len(all_names)
    for one in all_names:
        assert one.startswith("aws1:")
        assert len(one) < 100
        assert len(tenant) < 8 or tenant not in one
        assert len(name) < 8 or name not in one


def test_each_purpose_has_its_own_secret() -> None:
    secrets = {KEYS.derive(purpose)[0] for purpose in ("callers", "names", "values of t", "values of u")}
    assert len(secrets) == 4
    assert RAW not in secrets
