"""Whose name a request asks in."""

import base64
import json

import pytest
from starlette.datastructures import Headers

from airweave_sync_mcp.airweave.credential import Credential, CredentialKind
from airweave_sync_mcp.hosting.credentials import Reader, key_beside_token, operators_key, own_key
from airweave_sync_mcp.hosting.refusals import Refusal

KEY = "key-5d95c3a61e07f4b28ac6"
OTHER = "key-0c9d15f6a3e8b7042c6d"
TOKEN = "server-token-91fa5e0d7a3be1946f"
ORGANIZATION = "28a31c70-7ffa-4a22-bd4e-3ab5b2c84170"


def jwt() -> str:
    parts = ({"alg": "RS256", "typ": "JWT"}, {"sub": "somebody"}, {"signature": 1})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def headers(*pairs: tuple[str, str]) -> Headers:
    return Headers(raw=[(name.lower().encode(), value.encode("latin-1")) for name, value in pairs])


def found(read: Reader, *pairs: tuple[str, str]) -> Credential:
    result = read(headers(*pairs))
    assert isinstance(result, Credential), result
    return result


def refused(read: Reader, *pairs: tuple[str, str]) -> Refusal:
    result = read(headers(*pairs))
    assert isinstance(result, Refusal)
    words = f"{result.message} {result.hint} {result.challenge}"
    assert not any(value in words for _, value in pairs if len(value) > 8), "what was sent is repeated"
    assert (result.challenge is not None) == (result.status == 401)
    assert words.isascii()
    return result


@pytest.mark.parametrize(
    "pair",
    [
        ("X-API-Key", KEY),
        ("x-api-key", f"  {KEY} "),
        ("Authorization", f"Bearer {KEY}"),
        ("authorization", f"bearer  {KEY}"),
    ],
)
def test_a_key_comes_in_either_header_and_goes_on_as_a_key(pair: tuple[str, str]) -> None:
    credential = found(own_key, pair)
    assert credential.secret == KEY
    assert credential.kind is CredentialKind.API_KEY
    assert credential.headers() == {"X-API-Key": KEY}


def test_the_same_key_in_both_is_one_key() -> None:
    assert found(own_key, ("X-API-Key", KEY), ("Authorization", f"Bearer {KEY}")).secret == KEY


def test_two_keys_are_refused_for_nobody_can_tell_which_is_meant() -> None:
    assert refused(own_key, ("X-API-Key", KEY), ("Authorization", f"Bearer {OTHER}")).status == 400
    assert refused(own_key, ("X-API-Key", KEY), ("X-API-Key", OTHER)).status == 400
    assert refused(own_key, ("Authorization", f"Bearer {KEY}"), ("Authorization", f"Bearer {OTHER}")).status == 400


@pytest.mark.parametrize("pairs", [(), (("X-API-Key", ""),), (("X-API-Key", "  "),), (("Authorization", "Bearer "),)])
def test_without_a_key_the_answer_is_401_and_says_where_to_put_one(pairs: tuple[tuple[str, str], ...]) -> None:
    refusal = refused(own_key, *pairs)
    assert (refusal.status, refusal.reason) == (401, "no_key")
    assert "X-API-Key" in refusal.hint
    assert refusal.challenge is not None
    assert refusal.challenge.startswith("Bearer ")
    assert "error=" not in refusal.challenge


@pytest.mark.parametrize("pair", [("Authorization", f"Bearer {jwt()}"), ("X-API-Key", jwt())])
def test_a_login_token_is_refused_with_the_reason(pair: tuple[str, str]) -> None:
    refusal = refused(own_key, pair)
    assert (refusal.status, refusal.reason) == (401, "jwt")
    assert "JWT" in refusal.message
    assert 'error="invalid_token"' in str(refusal.challenge)


@pytest.mark.parametrize(
    "pair",
    [
        ("X-API-Key", f'"{KEY}"'),
        ("X-API-Key", f"Bearer {KEY}"),
        ("X-API-Key", "${AIRWEAVE_API_KEY}"),
        ("X-API-Key", "schl\xfcssel"),
        ("Authorization", "Basic dXNlcjpwYXNz"),
        ("Authorization", KEY),
    ],
)
def test_what_cannot_be_a_key_is_refused_with_a_sentence(pair: tuple[str, str]) -> None:
    refusal = refused(own_key, pair)
    assert refusal.status == 401
    assert refusal.message.endswith(".")
    assert refusal.hint


def test_an_organization_goes_along_and_is_checked() -> None:
    organization = ("X-Organization-ID", ORGANIZATION.upper())
    assert found(own_key, ("X-API-Key", KEY), organization).organization_id == ORGANIZATION
    refusal = refused(own_key, ("X-API-Key", KEY), ("X-Organization-ID", "Acme Incorporated"))
    assert (refusal.status, refusal.reason) == (400, "organization_malformed")


def test_no_header_tells_where_airweave_is() -> None:
    credential = found(own_key, ("X-API-Key", KEY), ("X-Base-URL", "https://evil.example"), ("Host", "evil.example"))
    assert credential == Credential.parse(KEY)


def test_beside_an_oauth_token_the_key_is_in_its_own_header() -> None:
    token = ("Authorization", f"Bearer {jwt()}")
    assert found(key_beside_token, token, ("X-API-Key", KEY)).headers() == {"X-API-Key": KEY}
    assert refused(key_beside_token, token).status == 400
    assert refused(key_beside_token, token, ("X-API-Key", jwt())).reason == "jwt"


def test_a_single_tenants_callers_bring_the_servers_token_and_get_the_operators_key() -> None:
    read = operators_key(Credential.parse(KEY, ORGANIZATION), TOKEN)
    token = ("Authorization", f"Bearer {TOKEN}")
    assert found(read, token).secret == KEY
    assert found(read, token, ("X-Organization-ID", ORGANIZATION)).secret == KEY


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ((), "no_token"),
        ((("X-API-Key", TOKEN),), "no_token"),
        ((("X-API-Key", KEY),), "no_token"),
        ((("Authorization", f"Bearer {KEY}"),), "wrong_token"),
        ((("Authorization", f"Bearer {TOKEN}x"),), "wrong_token"),
        ((("Authorization", f"Bearer {TOKEN[:-1]}"),), "wrong_token"),
        ((("Authorization", "Bearer t\xf6ken"),), "wrong_token"),
        ((("Authorization", f"Bearer {TOKEN}"), ("X-API-Key", OTHER)), "key_not_wanted"),
        ((("Authorization", f"Bearer {TOKEN}"), ("X-Organization-ID", OTHER)), "organization_not_wanted"),
    ],
)
def test_nobody_else_gets_the_operators_key(pairs: tuple[tuple[str, str], ...], reason: str) -> None:
    refusal = refused(operators_key(Credential.parse(KEY), TOKEN), *pairs)
    assert refusal.reason == reason
    assert KEY not in str(refusal)
    assert TOKEN not in str(refusal)
