"""The server as people start it: its command line, its workers, its end."""

import json
import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from io import StringIO
from pathlib import Path

import anyio
import httpx2
import pytest
from sse_starlette.sse import AppStatus
from starlette.requests import Request

import airweave_sync_mcp
from airweave_sync_mcp.demo import DEMO_API_KEY
from airweave_sync_mcp.hosting.serve import serve_http
from tests.cli.kit import Shell
from tests.hosting.kit import ALICE, body_of, call_of, happened, headers_of, http_client, served, two_tenants
from tests.hosting.processes import Process, launched
from tests.hosting.test_metrics import settled
from tests.hosting.test_telemetry import spans_in

pytestmark = pytest.mark.anyio

TOKEN = "server-token-91fa5e0d7a3be1946f"


async def ask(
    http: httpx2.AsyncClient, *, key: str | None = DEMO_API_KEY, modern: bool = True, **headers: str
) -> httpx2.Response:
    request = call_of("list_connections", key=key, modern=modern)
    return await http.post(**{**request, "headers": request["headers"] | headers})


def shared_files(directory: Path) -> list[Path]:
    return list(directory.glob("airweave-sync-mcp-*"))


async def test_one_command_serves_the_demo_in_workers_that_are_one_server(tmp_path: Path) -> None:
    """What one of them counted any of them tells, and neither their log nor their spans tell whose it is."""
    names = ("--allowed-host", "a.example", "--allowed-host", "b.example")
    environ = {"OTEL_TRACES_EXPORTER": "console", "OTEL_SERVICE_NAME": "syncs", "TMPDIR": str(tmp_path)}
    flags = ("--demo", "--workers", "2", "--log-level", "info", *names)
    with launched(tmp_path, *flags, environ=environ) as process:
        assert len(shared_files(tmp_path)) == 1
        assert "warning: Each of the 2 workers" in process.told
        async with http_client(base_url=process.url) as http:
            for modern in (True, False):
                for tool in ("tool-Acme", "get_connection_jobs"):
                    await http.post(**call_of(tool, {"connection": "Acme"}, key=DEMO_API_KEY, modern=modern))
            sent = body_of("method/Acme"), headers_of("method/Acme", DEMO_API_KEY)
            await http.post("/mcp", content=sent[0], headers=sent[1])
            assert (await ask(http, key=None)).json()["error"]["data"]["code"] == "no_key"
            statuses = [(await ask(http, Host=host)).status_code for host in ("a.example", "b.example:80", "c.example")]
        for number in range(6):  # each on a connection of its own, and so at one worker or the other
            async with http_client(base_url=process.url) as http:
                assert "Acme GitHub" in (await ask(http, modern=number % 2 == 0)).text
        for _ in range(2):
            async with http_client(base_url=process.url) as http:
                found = await settled(http)
            assert found["airweave_sync_tool_calls_total{outcome=ok,tool=list_connections}"] == 8
            assert found["airweave_sync_tool_call_seconds_count{tool=list_connections}"] == 8
            assert found["airweave_sync_http_requests_in_flight"] == 1
        assert process.stop() == 0
    assert statuses == [200, 200, 421]
    assert f"callers bring the key {DEMO_API_KEY}" in process.told
    assert process.told.count("Started server process") == 2
    assert process.told.count("hosting.trail") == 15
    assert "Acme" not in process.told
    assert shared_files(tmp_path) == []
    check_spans(process.out.read_text())


def check_spans(told: str) -> None:
    spans = spans_in(told)
    names = Counter(one["name"] for one in spans)
    assert names["tools/call list_connections"] == 8
    assert names["tools/call other"] == 2
    assert names["other"] >= 1
    (first, *_) = [one for one in spans if one["name"] == "tools/call list_connections"]
    assert first["attributes"]["airweave_sync.upstream_requests"] >= 1
    assert first["attributes"]["airweave_sync.outcome"] == "ok"
    assert first["resource"]["attributes"]["service.name"] == "syncs"
    assert "Acme" not in told
    assert DEMO_API_KEY not in told


@pytest.fixture
def _process_as_it_was(logging_as_it_was: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For what takes this process for a server's own."""
    monkeypatch.setattr(AppStatus, "enable_automatic_graceful_drain", True)
    for name in [one for one in os.environ if one.startswith("AIRWEAVE_")]:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("_process_as_it_was")
async def test_the_application_can_be_had_from_any_asgi_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("DEMO", "1"), ("HTTP_PATH", "/x"), ("HTTP_PROT", "1")):
        monkeypatch.setenv(f"AIRWEAVE_SYNC_{name}", value)
    with served("airweave_sync_mcp.hosting.app:create_app") as server:
        async with server.http() as http:
            answer = await http.post(**{**call_of("list_connections", key=DEMO_API_KEY), "url": "/x"})
    assert "Acme GitHub" in answer.text
    assert "AIRWEAVE_SYNC_HTTP_PROT is not a setting" in capsys.readouterr().err


@pytest.mark.usefixtures("_process_as_it_was")
async def test_with_certificates_nobody_can_use_it_serves_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with served("airweave_sync_mcp.hosting.app:create_app") as server:
        async with server.http() as http:
            answer = (await ask(http, key=ALICE)).text
            state = (await http.get("/readyz")).json()["airweave"]["state"]
    told = capsys.readouterr().err
    assert '"code":"tls"' in answer.replace(" ", "")
    assert "whoever runs this MCP server" in answer
    assert "SSL_CERT_FILE" not in answer
    assert "SSL_CERT_FILE" in told
    assert state == "troubled"
    assert "Traceback" not in told


class Slow:
    """From `on` on everybody waits until it is enough, and whoever wants the jobs of one connection for ever."""

    def __init__(self, connection_id: str) -> None:
        self.connection_id = connection_id
        self.on = False
        self.arrived, self.enough, self.over = threading.Event(), threading.Event(), threading.Event()

    async def __call__(self, request: Request) -> None:
        if self.on:
            self.arrived.set()
            until = self.over if self.connection_id in request.url.path else self.enough
            await anyio.to_thread.run_sync(until.wait, 20, abandon_on_cancel=True)


async def refused(process: Process) -> None:
    """Wait until new connections are no longer taken."""
    port = int(process.url.rpartition(":")[2])
    with anyio.fail_after(10), suppress(OSError):
        while True:
            async with await anyio.connect_tcp("127.0.0.1", port):
                await anyio.sleep(0.02)


async def test_an_operators_server_from_its_first_line_to_its_end(tmp_path: Path) -> None:
    """It answers with its own key who brings its token, and when it is stopped it finishes what can be finished."""
    airweave, answers = two_tenants(), dict[tuple[str, bool], str]()
    airweave.before = slow = Slow(airweave.tenants[0].id_of("Finance SharePoint"))
    environ = {
        "AIRWEAVE_API_KEY": ALICE,
        "AIRWEAVE_SYNC_SERVER_TOKEN": TOKEN,
        "AIRWEAVE_SYNC_HTTP_SHUTDOWN_GRACE_S": "1",
    }
    flags = ("--single-tenant", "--host", "0.0.0.0", "--log-format", "json", "--log-level", "info")
    with served(airweave) as upstream:
        environ["AIRWEAVE_BASE_URL"] = upstream.url
        with launched(tmp_path, *flags, environ=environ) as process:
            async with http_client(base_url=process.url) as http, anyio.create_task_group() as tasks:
                for bearer in (ALICE, TOKEN[:-1]):
                    strange = await ask(http, key=None, Authorization=f"Bearer {bearer}")
                    assert strange.status_code == 401
                    assert "ALPHA" not in strange.text

                async def call(connection: str, *, modern: bool) -> None:
                    request = call_of("get_connection_jobs", {"connection": connection}, key=None, modern=modern)
                    request["headers"]["Authorization"] = f"Bearer {TOKEN}"
                    with suppress(httpx2.TransportError):
                        answers[connection, modern] = (await http.post(**request)).text

                slow.on = True
                for modern in (True, False):
                    tasks.start_soon(partial(call, "Acme GitLab", modern=modern))
                tasks.start_soon(partial(call, "Finance SharePoint", modern=False))
                assert await happened(slow.arrived)
                process.popen.terminate()
                await refused(process)
                await anyio.sleep(0.3)  # longer than a stream would live that were cut off at once
                assert process.popen.poll() is None
                slow.enough.set()
                await anyio.to_thread.run_sync(lambda: process.popen.wait(20))
        slow.over.set()
    assert "ALPHA" in answers["Acme GitLab", True]
    assert "ALPHA" in answers["Acme GitLab", False]
    assert "ALPHA" not in answers.get(("Finance SharePoint", False), "")
    assert set(airweave.keys) == {ALICE}
    records = [json.loads(line) for line in process.told.splitlines()]
    assert records[0]["level"] == "warning"
    assert "--allowed-host" in records[0]["message"]
    assert "serves MCP at" in records[1]["message"]
    assert TOKEN not in process.told
    assert ALICE not in process.told


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--http", "--port", "http"), "--port: it has to be a whole number from 0 to 65535."),
        (("--http", "--single-tenant"), "AIRWEAVE_SYNC_SERVER_TOKEN"),
        (("--http", "--allowed-host", "https://x.example"), "--allowed-host: it takes host names"),
        (("--port", "9000"), "--port: only with --http."),
        (("--http", "--store", "mysql://x"), "--store: "),
        (("--http", "--oauth-issuer", "https://x.example"), "OAuth needs --oauth-resource, --oauth-jwks as well."),
    ],
)
def test_wrong_settings_are_told_and_nothing_is_served(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    ended = Shell(home=tmp_path)("serve", *arguments)
    assert ended.code == 2
    assert sentence in ended.err
    assert ended.out == ""


@pytest.fixture
def _hosting_not_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that has just begun."""

    def imported() -> list[str]:
        return [one for one in sys.modules if one.startswith("airweave_sync_mcp.hosting")]

    monkeypatch.delattr(airweave_sync_mcp, "hosting")
    for name in imported():
        monkeypatch.delitem(sys.modules, name)
    yield
    for name in imported():
        del sys.modules[name]


@pytest.mark.usefixtures("_hosting_not_imported")
def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    ended = Shell(home=tmp_path)("serve", "--http")
    assert ended.code == 2
    assert "pip install 'airweave-sync-mcp[hosting]'. Missing: redis" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.usefixtures("_process_as_it_was")
def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SystemExit) as ended:
            serve_http({"demo": "true", "port": str(taken.getsockname()[1])}, {}, StringIO())
    assert ended.value.code
    told = capsys.readouterr().err
    assert "address already in use" in told
    assert "Traceback" not in told
