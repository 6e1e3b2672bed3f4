"""What stands around the protocol: names, pages, health, faults, TLS."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from mcp import MCPError
from starlette.types import Receive, Scope, Send

from airweave_sync_mcp.airweave.retrying import RetryPolicy
from airweave_sync_mcp.hosting.app import build_app
from airweave_sync_mcp.hosting.health import AirweaveHealth, Health
from airweave_sync_mcp.hosting.metrics import Metrics
from airweave_sync_mcp.hosting.settings import HostingSettings
from airweave_sync_mcp.hosting.trail import TrailMiddleware
from tests.hosting.kit import ALICE, MODES, call_of, core_before, hosted, served, two_tenants

pytestmark = pytest.mark.anyio

PAGE = "https://app.example.com"


async def test_a_foreign_name_is_told_which_setting_helps_before_any_key_is_looked_at() -> None:
    with hosted(core_before(two_tenants())) as server:
        async with server.http() as http:
            request = call_of("list_connections")
            request["headers"]["Host"] = "mcp.example.com"
            refused = await http.post(**request)
            probes = [await http.get(path, headers={"Host": "10.0.0.7:8000"}) for path in ("/healthz", "/readyz")]
            scrape = await http.get("/metrics", headers={"Host": "pod.example"})
    assert refused.status_code == 421
    assert refused.json()["error"]["data"]["code"] == "host"
    assert "--allowed-host" in refused.json()["error"]["data"]["hint"]
    assert [one.status_code for one in (*probes, scrape)] == [200, 200, 200]


async def test_clients_show_why_a_request_was_turned_away() -> None:
    """Also those that throw away all of an answer's body that is not of the protocol."""
    with hosted(core_before(two_tenants())) as server:
        for mode in MODES:
            with pytest.raises(BaseExceptionGroup) as raised:
                async with server.client(None, mode):
                    pass
            told = raised.value.subgroup(lambda error: isinstance(error, MCPError) and "X-API-Key" in str(error))
            assert told is not None, raised.value


async def test_a_name_that_was_allowed_works() -> None:
    with hosted(core_before(two_tenants()), HostingSettings(allowed_hosts=("mcp.example.com",))) as server:
        async with server.http() as http:
            request = call_of("list_connections")
            request["headers"]["Host"] = "mcp.example.com"
            answer = await http.post(**request)
    assert "ALPHA" in answer.text


async def test_pages_that_were_allowed_may_call_and_others_may_not() -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key,mcp-method"}
    with hosted(core_before(two_tenants()), HostingSettings(allowed_origins=(PAGE,))) as server:
        async with server.http() as http:

            async def ask(origin: str) -> tuple[Any, Any]:
                request = call_of("list_connections")
                request["headers"]["Origin"] = origin
                asked = await http.options("/mcp", headers={"Origin": origin, **preflight})
                return asked, await http.post(**request)

            allowed, answer = await ask(PAGE)
            local, _ = await ask("http://localhost:6274")
            foreign, refused = await ask("https://evil.example")
    assert allowed.headers["access-control-allow-origin"] == PAGE
    assert "x-api-key" in allowed.headers["access-control-allow-headers"]
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "access-control-allow-credentials" not in answer.headers
    assert local.status_code == 200
    assert foreign.status_code == 400
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers


async def test_a_server_that_does_not_serve_yet_or_any_more_is_not_ready() -> None:
    health = Health(airweave=AirweaveHealth(lambda: 0.0), metrics=Metrics())
    app = build_app(core_before(two_tenants()), HostingSettings())
    assert (await health.ready(None)).status_code == 503  # type: ignore[arg-type]
    health.serving = True
    assert (await health.ready(None)).status_code == 200  # type: ignore[arg-type]
    with served(app) as server:
        async with server.http() as http:
            assert (await http.get("/readyz")).json() == {
                "ready": True,
                "airweave": {"state": "not_asked_yet"},
                "store": {"state": "none"},
            }


async def test_an_airweave_that_is_away_does_not_make_the_server_unready() -> None:
    core = core_before(None, base_url="http://127.0.0.1:9", retry=RetryPolicy(first_s=0.01))
    with hosted(core) as server:
        async with server.http() as http:
            answer = await http.post(**call_of("list_connections"))
            ready = await http.get("/readyz")
            metrics = await http.get("/metrics")
    assert "refused" in answer.text
    assert ready.status_code == 200
    assert ready.json()["airweave"]["state"] == "troubled"
    assert 'airweave_sync_upstream_requests_total{outcome="refused"}' in metrics.text


@pytest.mark.parametrize("begun", [True, False])
async def test_a_bug_is_answered_with_the_id_under_which_the_log_has_it(begun: bool) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError(ALICE)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await watched(scope, receive, send)

    watched = TrailMiddleware(broken, observer=Metrics(), routes={}, clock=lambda: 0.0)
    with served(app) as server:
        async with server.http() as http:
            if begun:
                with pytest.raises(httpx2.RemoteProtocolError):
                    await http.get("/")
                return
            answer = await http.get("/")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.json()["error"]["data"]["hint"]
    assert ALICE not in answer.text


def certificate(directory: Path) -> HostingSettings:
    """Settings with a certificate for this machine, made a moment ago."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    chain, secret = directory / "chain.pem", directory / "key.pem"
    chain.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return HostingSettings(ssl_certfile=str(chain), ssl_keyfile=str(secret))


async def test_tls_without_a_proxy(tmp_path: Path) -> None:
    hosting = certificate(tmp_path)
    trusted = ssl.create_default_context(cafile=hosting.ssl_certfile)
    with hosted(core_before(two_tenants()), hosting) as server:
        url = server.url.replace("http://127.0.0.1", "https://localhost")
        async with httpx2.AsyncClient(base_url=url, verify=trusted, timeout=30) as http:
            answer = await http.post(**call_of("list_connections"))
    assert "ALPHA" in answer.text
