"""Credentials are read as people paste them, refused if they cannot be sent, and never shown."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.airweave.credential import Credential, CredentialKind
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode

JWT = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
ORGANIZATION = "28a31c70-7ffa-4a22-bd4e-3ab5b2c84170"
WORDS_OF_REPR = repr(Credential.parse("x" * 100))
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12).filter(
    lambda text: text[0] not in "\"'`$<{" and text[-1] not in "\"'`" and text not in WORDS_OF_REPR
)


def test_blanks_around_a_key_are_dropped() -> None:
    parsed = Credential.parse("  abc-123 \n")
    assert (parsed.secret, parsed.kind) == ("abc-123", CredentialKind.API_KEY)
    assert parsed.headers(organization_wide=False) == {"X-API-Key": "abc-123"}
    assert parsed.headers(organization_wide=True) == {"X-API-Key": "abc-123", "Authorization": "Bearer abc-123"}


def test_a_token_goes_as_bearer_only() -> None:
    parsed = Credential.parse(JWT, ORGANIZATION.upper().replace("-", ""))
    assert parsed.kind is CredentialKind.JWT
    expected = {"Authorization": f"Bearer {JWT}", "X-Organization-ID": ORGANIZATION}
    assert parsed.headers(organization_wide=False) == parsed.headers(organization_wide=True) == expected


@pytest.mark.parametrize("key", ["a.b.c", "aGk.aGk.aGk", "W10.e30.x", "eyJhIjoxfQ.e30.x", "a.b", "sk_live.1.2.3"])
def test_keys_with_dots_are_no_tokens(key: str) -> None:
    assert Credential.parse(key).kind is CredentialKind.API_KEY


@pytest.mark.parametrize(
    ("raw", "says", "hint"),
    [
        ('"abcdef-hush"', "quotation marks", "without quotation marks"),
        ("'abcdef-hush'", "quotation marks", "without quotation marks"),
        ("Bearer abcdef-hush", "word Bearer", "without the word"),
        ("bearer abcdef-hush", "word Bearer", "without the word"),
        ("abcdef\nhush", "line break", "Copy"),
        ("abcdef\x00hush", "line break", "Copy"),
        ("abcdéf-hush", "no key has", "Copy"),
        ("${AIRWEAVE_API_KEY}", "placeholder", "itself"),
        ("<your key>", "placeholder", "itself"),
        ("x" * 20_000, "too long", "alone"),
    ],
)
def test_a_key_that_cannot_be_sent_is_refused_without_repeating_it(raw: str, says: str, hint: str) -> None:
    with pytest.raises(AirweaveError, match=says) as caught:
        Credential.parse(raw)
    error = caught.value
    assert (error.code, error.retryable, error.status) == (ErrorCode.BAD_KEY, False, None)
    assert hint in error.hint
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert raw not in shown
    assert "hush" not in shown


@pytest.mark.parametrize("raw", [None, "", "  \n"])
def test_no_key(raw: str | None) -> None:
    with pytest.raises(AirweaveError) as caught:
        Credential.parse(raw)
    assert caught.value.code is ErrorCode.NO_KEY


@pytest.mark.parametrize("raw", ["acme", "28a31c70", "28a31c70-7ffa-4a22-bd4e-3ab5b2c8417g"])
def test_an_organization_is_a_uuid(raw: str) -> None:
    with pytest.raises(AirweaveError) as caught:
        Credential.parse("abc", raw)
    assert caught.value.code is ErrorCode.ORGANIZATION_MALFORMED


def test_a_blank_organization_is_none() -> None:
    assert Credential.parse("abc", " ").organization_id is None


def test_a_credential_is_checked_however_it_is_made() -> None:
    with pytest.raises(AirweaveError):
        Credential(secret="a\nb", kind=CredentialKind.API_KEY)


@given(SECRETS)
def test_the_secret_is_never_shown(secret: str) -> None:
    parsed = Credential.parse(secret)
    assert secret not in repr(parsed)
    assert secret not in f"{parsed} {parsed!s} {parsed!r} {[parsed]}"
    assert secret not in parsed.fingerprint("https://api.airweave.ai")


@given(SECRETS, SECRETS)
def test_fingerprints_tell_callers_apart(one: str, two: str) -> None:
    first, second = Credential.parse(one), Credential.parse(two)
    url = "https://api.airweave.ai"
    assert first.fingerprint(url) == Credential.parse(f" {one} ").fingerprint(url)
    assert (first.fingerprint(url) == second.fingerprint(url)) == (one == two)
    assert first.fingerprint(url) != first.fingerprint("https://other.example")
    assert first.fingerprint(url) != Credential.parse(one, ORGANIZATION).fingerprint(url)
    assert first.fingerprint(url, pepper=b"a") != first.fingerprint(url, pepper=b"b")
