"""The server as people start it: its command line, its workers, its end."""

import json
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import anyio
import httpx2
import pytest
from starlette.requests import Request

from airweave_sync_mcp.demo import DEMO_API_KEY
from tests.hosting.kit import ALICE, call_of, message_in, served, two_tenants
from tests.hosting.processes import Process, launched, python, run
from tests.hosting.test_metrics import settled

pytestmark = pytest.mark.anyio

TOKEN = "server-token-91fa5e0d7a3be1946f"


def ask(
    process: Process, tool: str = "list_connections", *, key: str | None = DEMO_API_KEY, modern: bool = True
) -> str:
    request = call_of(tool, key=key, modern=modern)
    return httpx2.post(f"{process.url}{request.pop('url')}", timeout=30, **request).text


def test_one_command_serves_the_demo(tmp_path: Path) -> None:
    with launched(tmp_path, "--demo", "--log-level", "info") as process:
        assert "Acme GitHub" in ask(process)
        assert "Acme GitHub" in ask(process, modern=False)
        assert json.loads(ask(process, key=None))["error"] == "no_key"
        assert process.stop() in {0, -15}
    assert f"callers bring the key {DEMO_API_KEY}" in process.told
    assert process.out.read_text() == ""
    lines = [line for line in process.told.splitlines() if "hosting.trail" in line]
    assert len(lines) == 3
    assert "Acme" not in process.told


def test_the_application_can_be_had_from_any_asgi_server(tmp_path: Path) -> None:
    command = ("-m", "uvicorn", "--factory", "airweave_sync_mcp.hosting.app:create_app")
    environ = {"AIRWEAVE_SYNC_DEMO": "1", "AIRWEAVE_SYNC_HTTP_PATH": "/x", "AIRWEAVE_SYNC_HTTP_PROT": "1"}
    with launched(tmp_path, environ=environ, command=command) as process:
        request = call_of("list_connections", key=DEMO_API_KEY)
        answer = httpx2.post(f"{process.url}/x", content=request["content"], headers=request["headers"], timeout=30)
        assert "Acme GitHub" in answer.text
        process.stop()
    assert "AIRWEAVE_SYNC_HTTP_PROT is not a setting" in process.told


def shared_files(directory: Path) -> list[Path]:
    return list(directory.glob("airweave-sync-mcp-*"))


async def test_workers_are_one_server(tmp_path: Path) -> None:
    """What one of them counted any of them tells, and one that dies is replaced."""
    flags, environ = ("--demo", "--workers", "2", "--log-level", "info"), {"TMPDIR": str(tmp_path)}
    with launched(tmp_path, *flags, environ=environ) as process:
        assert len(shared_files(tmp_path)) == 1
        assert "warning: Each of the 2 workers" in process.told
        for number in range(20):
            assert "Acme GitHub" in ask(process, modern=number % 2 == 0)
        for _ in range(4):  # each on a connection of its own, and so at one worker or the other
            async with httpx2.AsyncClient(base_url=process.url, timeout=30) as http:
                found = await settled(http)
            assert found["airweave_sync_tool_calls_total{outcome=ok,tool=list_connections}"] == 20
            assert found["airweave_sync_tool_call_seconds_count{tool=list_connections}"] == 20
            assert found["airweave_sync_http_requests_in_flight"] == 1
        assert process.stop() == 0
    assert process.told.count("Started server process") == 2
    assert shared_files(tmp_path) == []


@pytest.mark.parametrize("modern", [True, False])
async def test_a_server_that_is_stopped_finishes_what_runs(tmp_path: Path, modern: bool) -> None:
    airweave, arrived, release = two_tenants(), threading.Event(), threading.Event()

    async def before(_: Request) -> None:
        arrived.set()
        await anyio.to_thread.run_sync(release.wait, 20, abandon_on_cancel=True)

    airweave.before = before
    answers: list[str] = []
    with served(airweave) as upstream, launched(tmp_path, environ={"AIRWEAVE_BASE_URL": upstream.url}) as process:
        async with anyio.create_task_group() as tasks:

            async def call() -> None:
                answers.append(await anyio.to_thread.run_sync(lambda: ask(process, key=ALICE, modern=modern)))

            tasks.start_soon(call)
            assert await anyio.to_thread.run_sync(arrived.wait, 20)
            process.popen.terminate()
            await refused(process)
            await anyio.sleep(1.0)  # longer than a stream would live that were cut off at once
            assert process.popen.poll() is None
            release.set()
        await anyio.to_thread.run_sync(lambda: process.popen.wait(20))
    assert "ALPHA" in str(message_in(answers[0])["result"])


async def refused(process: Process) -> None:
    """Wait until new connections are no longer taken."""
    port = int(process.url.rpartition(":")[2])
    with anyio.fail_after(10):
        while True:
            try:
                async with await anyio.connect_tcp("127.0.0.1", port):
                    await anyio.sleep(0.05)
            except OSError:
                return


def test_a_server_does_not_wait_for_ever_for_what_runs(tmp_path: Path) -> None:
    airweave, arrived, release = two_tenants(), threading.Event(), threading.Event()

    async def before(_: Request) -> None:
        arrived.set()
        await anyio.to_thread.run_sync(release.wait, 20)

    airweave.before = before
    environ = {"AIRWEAVE_SYNC_HTTP_SHUTDOWN_GRACE_S": "1"}
    with served(airweave) as upstream:
        with launched(tmp_path, environ={"AIRWEAVE_BASE_URL": upstream.url, **environ}) as process:
            asking = threading.Thread(target=lambda: _swallow(process), daemon=True)
            asking.start()
            assert arrived.wait(20)
            started = time.monotonic()
            process.stop(within_s=15)
            assert time.monotonic() - started < 10
        release.set()
        asking.join(10)


def _swallow(process: Process) -> None:
    with suppress(httpx2.TransportError):
        ask(process, key=ALICE)


def test_single_tenant_mode(tmp_path: Path) -> None:
    airweave = two_tenants()
    environ = {"AIRWEAVE_API_KEY": ALICE, "AIRWEAVE_SYNC_SERVER_TOKEN": TOKEN}
    with served(airweave) as upstream:
        environ["AIRWEAVE_BASE_URL"] = upstream.url
        with launched(tmp_path, "--single-tenant", environ=environ) as process:
            request = call_of("list_connections", key=None)
            for bearer, seen in ((TOKEN, True), (ALICE, False), (TOKEN[:-1], False)):
                headers = {**request["headers"], "Authorization": f"Bearer {bearer}"}
                answer = httpx2.post(f"{process.url}/mcp", content=request["content"], headers=headers, timeout=30)
                assert ("ALPHA" in answer.text) == seen
                assert (answer.status_code == 401) != seen
            process.stop()
    assert set(airweave.keys) == {ALICE}
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
    ended = run(tmp_path, "serve", *arguments)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_log_for_programs_is_json_from_the_first_line_on(tmp_path: Path) -> None:
    flags = ("--demo", "--host", "0.0.0.0", "--log-format", "json", "--log-level", "info")
    with launched(tmp_path, *flags) as process:
        process.stop()
    records = [json.loads(line) for line in process.told.splitlines()]
    assert "--allowed-host" in records[0]["message"]
    assert records[0]["level"] == "warning"
    assert "serves MCP at" in records[1]["message"]


def test_what_is_not_installed_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['redis'] = None; sys.argv[1:] = ['serve', '--http']; "
        "from airweave_sync_mcp.__main__ import main; main()"
    )
    ended = python(tmp_path, "-c", code)
    assert ended.returncode == 2
    assert "airweave-sync-mcp[hosting]" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_flags_may_be_repeated(tmp_path: Path) -> None:
    names = ("--allowed-host", "a.example", "--allowed-host", "b.example")
    with launched(tmp_path, "--demo", *names) as process:
        counts = Counter(
            httpx2.post(f"{process.url}/mcp", headers={"Host": host}, timeout=30).status_code
            for host in ("a.example", "b.example:80", "c.example")
        )
        process.stop()
    assert counts == {401: 2, 421: 1}


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with launched(tmp_path, "--demo") as process:
        ended = run(tmp_path, "serve", "--http", "--demo", "--port", process.url.rpartition(":")[2])
    assert ended.returncode != 0
    assert "address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr
