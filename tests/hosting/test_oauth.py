"""OAuth tokens let in, go no further, and are checked for everything."""

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from airweave_sync_mcp.hosting.oauth import IssuerKeys, JwtVerifier
from airweave_sync_mcp.hosting.settings import HostingSettings, OAuthSettings
from tests.hosting.kit import ALICE, call_of, core_before, hosted, message_in, two_tenants

pytestmark = pytest.mark.anyio

ISSUER = "https://login.example.com"
RESOURCE = "http://127.0.0.1/mcp"
ELLIPTIC = ec.generate_private_key(ec.SECP256R1())


@cache
def key_of(whom: str = "the issuer") -> rsa.RSAPrivateKey:
    """Made once, and only where it is needed: that takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_keys() -> dict[str, Any]:
    pairs = (
        ("rsa-1", "RS256", RSAAlgorithm.to_jwk(key_of().public_key(), as_dict=True)),
        ("ec-1", "ES256", ECAlgorithm.to_jwk(ELLIPTIC.public_key(), as_dict=True)),
    )
    return {"keys": [{**key, "kid": kid, "use": "sig", "alg": alg} for kid, alg, key in pairs]}


def token(
    key: Any = key_of, *, alg: str = "RS256", headers: dict[str, Any] | None = None, without: str = "", **claims: Any
) -> str:
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": RESOURCE,
        "sub": "user-1",
        "client_id": "client-1",
        "scope": "openid syncs",
        "iat": now,
        "exp": now + 600,
    }
    payload = {name: value for name, value in (good | claims).items() if name != without}
    return jwt.encode(
        payload, key() if key is key_of else key, algorithm=alg, headers={"kid": "rsa-1"} | (headers or {})
    )


@pytest.fixture
def settings(tmp_path: Path) -> OAuthSettings:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(public_keys()))
    return OAuthSettings(issuer=ISSUER, resource=RESOURCE, audience=RESOURCE, jwks=str(path), scopes=("syncs",))


def verifier(settings: OAuthSettings) -> JwtVerifier:
    return JwtVerifier(settings, IssuerKeys(settings.jwks, time.monotonic))


async def test_a_good_token_is_taken_and_not_kept(settings: OAuthSettings) -> None:
    given = token()
    found = await verifier(settings).verify_token(given)
    assert found is not None
    assert (found.client_id, found.subject, found.scopes) == ("client-1", "user-1", ["openid", "syncs"])
    assert given not in repr(found)
    elliptic = await verifier(settings).verify_token(token(ELLIPTIC, alg="ES256", headers={"kid": "ec-1"}))
    assert elliptic is not None
    several = await verifier(settings).verify_token(
        token(aud=["https://other.example", RESOURCE], scope=None, scp=["a"])
    )
    assert several is not None
    assert several.scopes == ["a"]


def signed_with_the_public_key() -> str:
    """The old trick: the public key, which everybody has, as the secret of a symmetric signature."""
    claims = {"iss": ISSUER, "aud": RESOURCE, "exp": int(time.time()) + 600, "scope": "syncs"}
    parts = [encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "rsa-1"}, claims)]
    secret = key_of().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return ".".join([*parts, encoded(hmac.digest(secret, ".".join(parts).encode(), "sha256"))])


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


BAD: dict[str, Any] = {
    "expired": lambda: token(exp=int(time.time()) - 60),
    "never expires": lambda: token(without="exp"),
    "for somebody else": lambda: token(aud="https://other.example/mcp"),
    "for nobody": lambda: token(without="aud"),
    "of another issuer": lambda: token(iss="https://evil.example"),
    "of no issuer": lambda: token(without="iss"),
    "not valid yet": lambda: token(nbf=int(time.time()) + 600),
    "signed by somebody else": lambda: token(key_of("somebody else")),
    "signed with an unknown key": lambda: token(headers={"kid": "rsa-2"}),
    "signed with a key of another kind": lambda: token(headers={"kid": "ec-1"}),
    "not signed": lambda: token(None, alg="none"),
    "signed with the public key": signed_with_the_public_key,
    "changed": lambda: token()[:-4] + "AAAA",
    "no token": lambda: ALICE,
    "rubbish": lambda: "a.b.c",
    "endless": lambda: "a" * 20_000,
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_token_is_not_taken(settings: OAuthSettings, kind: str) -> None:
    assert await verifier(settings).verify_token(BAD[kind]()) is None


async def test_over_http(settings: OAuthSettings) -> None:
    airweave = two_tenants()
    with hosted(core_before(airweave), HostingSettings(oauth=settings)) as server:
        async with server.http() as http:

            async def ask(bearer: str | None, key: str | None) -> Any:
                request = call_of("list_connections", key=key)
                if bearer is not None:
                    request["headers"]["Authorization"] = f"Bearer {bearer}"
                return await http.post(**request)

            without = await ask(None, ALICE)
            with_key_only = await ask(ALICE, ALICE)
            narrow = await ask(token(scope="openid"), ALICE)
            keyless = await ask(token(), None)
            good_token = token()
            good = await ask(good_token, ALICE)
            metadata = await http.get("/.well-known/oauth-protected-resource/mcp")
    assert [one.status_code for one in (without, with_key_only, narrow, keyless)] == [401, 401, 403, 400]
    challenge = without.headers["www-authenticate"]
    assert 'resource_metadata="http://127.0.0.1/.well-known/oauth-protected-resource/mcp"' in challenge
    assert 'scope="syncs"' in challenge
    assert "error=" not in challenge
    assert 'error="invalid_token"' in with_key_only.headers["www-authenticate"]
    assert 'error="insufficient_scope"' in narrow.headers["www-authenticate"]
    assert "X-API-Key" in keyless.json()["error"]["data"]["hint"]
    assert "ALPHA" in str(message_in(good.text)["result"])
    assert metadata.json()["authorization_servers"] == [ISSUER]
    assert metadata.json()["resource"] == RESOURCE
    assert set(airweave.keys) == {ALICE}
    assert not [key for key in airweave.bearers if key]


class Issuer:
    """Serves the public keys, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.broken = False
        self.body = json.dumps(public_keys()).encode()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                self.send_response(500 if issuer.broken else 200)
                self.end_headers()
                self.wfile.write(issuer.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    thread = threading.Thread(target=running.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield running
    running.server.shutdown()
    running.server.server_close()
    thread.join()


def test_keys_are_fetched_once_and_unknown_ones_do_not_flood_the_issuer(issuer: Issuer) -> None:
    keys = IssuerKeys(issuer.url, lambda: 0.0)
    for _ in range(5):
        assert keys.find("rsa-1").key_id == "rsa-1"
    for number in range(20):
        with pytest.raises(jwt.PyJWTError):
            keys.find(f"made-up-{number}")
    assert issuer.asked == 1


def test_an_issuer_that_is_down_is_not_asked_by_every_request(issuer: Issuer) -> None:
    now = [0.0]
    keys = IssuerKeys(issuer.url, lambda: now[0])
    issuer.broken = True
    for _ in range(5):
        with pytest.raises(jwt.PyJWTError):
            keys.find("rsa-1")
    assert issuer.asked == 1
    issuer.broken = False
    now[0] += 10
    assert keys.find("rsa-1").key_id == "rsa-1"
