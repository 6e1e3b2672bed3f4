"""Under which names the server answers, and to which pages."""

import pytest
from starlette.datastructures import Headers

from airweave_sync_mcp.hosting.app import gate_of
from airweave_sync_mcp.hosting.hosts import Gate, host_allowed
from airweave_sync_mcp.hosting.settings import HostingSettings


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("mcp.example.com", "mcp.example.com"),
        ("MCP.Example.com", "mcp.example.com"),
        ("mcp.example.com.", "mcp.example.com"),
        ("mcp.example.com:8443", "mcp.example.com"),
        ("mcp.example.com:8443", "mcp.example.com:8443"),
        ("a.b.example.com", "*.example.com"),
        ("a.example.com:80", "*.example.com:80"),
        ("[::1]:8000", "[::1]"),
        ("10.0.0.5:8000", "10.0.0.5"),
        ("whatever.example", "*"),
    ],
)
def test_let_in(host: str, allowed: str) -> None:
    assert host_allowed(host, [allowed])


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("", "*"),
        ("evil.example", "mcp.example.com"),
        ("mcp.example.com.evil.example", "mcp.example.com"),
        ("evilmcp.example.com", "mcp.example.com"),
        ("mcp.example.com:9000", "mcp.example.com:8443"),
        ("mcp.example.com", "mcp.example.com:8443"),
        ("mcp.example.com@evil.example", "mcp.example.com"),
        ("mcp.example.com:80@evil.example", "mcp.example.com"),
        ("example.com", "*.example.com"),
        ("evilexample.com", "*.example.com"),
        ("a.example.com:81", "*.example.com:80"),
        ("localhost", "127.0.0.1"),
        ("[::1", "[::1]"),
        ("[::1]x", "[::1]"),
    ],
)
def test_kept_out(host: str, allowed: str) -> None:
    assert not host_allowed(host, [allowed])


def verdict(gate: Gate, *pairs: tuple[str, str]) -> str:
    refusal = gate.refusal(Headers(raw=[(name.encode(), value.encode()) for name, value in pairs]))
    return refusal.reason if refusal else "in"


def test_by_default_this_machine_and_nobody_else() -> None:
    gate = gate_of(HostingSettings())
    for host in ("localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert verdict(gate, ("host", host)) == "in"
        assert verdict(gate, ("host", host), ("origin", f"http://{host}")) == "in"
    assert verdict(gate, ("host", "rebound.example:8000")) == "host"
    assert verdict(gate) == "host"
    assert verdict(gate, ("host", "localhost"), ("host", "evil.example")) == "host"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost.evil.example", "file://localhost", "http://[", "http://"],
)
def test_pages_of_others_are_kept_out(origin: str) -> None:
    assert verdict(gate_of(HostingSettings()), ("host", "localhost"), ("origin", origin)) == "origin"


def test_what_the_operator_allows_is_let_in() -> None:
    gate = gate_of(
        HostingSettings(
            allowed_hosts=("mcp.example.com",), allowed_origins=("https://app.example.com",), host="0.0.0.0"
        )
    )
    assert verdict(gate, ("host", "mcp.example.com"), ("origin", "https://APP.example.com")) == "in"
    assert verdict(gate, ("host", "0.0.0.0:8000")) == "host"
    assert verdict(gate, ("host", "mcp.example.com"), ("origin", "https://mcp.example.com")) == "origin"
    anybody = gate_of(HostingSettings(allowed_hosts=("*",), allowed_origins=("*",)))
    assert verdict(anybody, ("host", "x.example"), ("origin", "https://y.example")) == "in"


def test_the_address_that_is_listened_on_is_a_name_of_ours() -> None:
    assert verdict(gate_of(HostingSettings(host="10.1.2.3")), ("host", "10.1.2.3:8000")) == "in"
    assert verdict(gate_of(HostingSettings(host="fd00::1")), ("host", "[fd00::1]:8000")) == "in"


def test_the_refusal_names_the_setting_that_helps() -> None:
    refusal = Gate().refusal(Headers({"host": "mcp.example.com"}))
    assert refusal is not None
    assert refusal.status == 421
    assert "--allowed-host" in refusal.hint
    assert "AIRWEAVE_SYNC_HTTP_ALLOWED_HOSTS" in refusal.hint
    refusal = Gate().refusal(Headers({"host": "localhost", "origin": "https://app.example.com"}))
    assert refusal is not None
    assert refusal.status == 403
    assert "--allowed-origin" in refusal.hint
