"""The server as clients start it: a process that speaks on its standard input and output.

To start a process takes longer than all it is asked here, so each of them proves several things, one after the other.
"""

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from airweave_sync_mcp.core import core_of
from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.server import build_server
from airweave_sync_mcp.settings import load_settings
from tests.e2e.kit import FAILED, KEY, MODULE, PATIENCE_S, Talk, environment, loopback, process

CALLS: dict[str, dict[str, Any]] = {
    "list_sync_jobs": {"limit": 3},
    "list_failed_jobs": {},
    "get_connection_jobs": {"connection": "Acme GitHub", "limit": 3},
    "get_sync_job": {"job": "latest_failed"},
    "list_connections": {"limit": 3},
}


def through(script: str, *words: str, env: dict[str, str], cwd: Path) -> StdioServerParameters:
    """The server as a shell script runs it that calls it `"$@"`; what the script writes lands in `cwd`."""
    return StdioServerParameters(command="sh", args=["-c", script, "sh", *MODULE, *words], env=env, cwd=cwd)


async def call_every_tool(client: Client) -> None:
    assert {tool.name for tool in (await client.list_tools()).tools} >= CALLS.keys()
    for name, arguments in CALLS.items():
        answer = await client.call_tool(name, arguments)
        assert not answer.is_error, answer.content
        assert answer.structured_content
    wrong = await client.call_tool("list_sync_jobs", {"status": "crashed"})
    assert wrong.is_error


def protocol(path: Path) -> list[dict[str, Any]]:
    """What was said on standard output: messages, and nothing else."""
    said = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert all(message["jsonrpc"] == "2.0" for message in said)
    return said


NONSENSE_FIRST = r"""
{ printf '%s\n' 'this is no JSON' '{}' '{"jsonrpc":"2.0","id":"strange","method":"no/such/method"}'; cat; } |
{ "$@" 2>told; echo $? >code; } | tee said
"""


@pytest.mark.anyio
async def test_a_client_of_the_older_protocol_before_a_real_airweave(tmp_path: Path) -> None:
    """With everything logged, with errors, with nonsense on standard input; and the end of input is the end."""
    with loopback(Generation.DOCUMENTED) as airweave, anyio.fail_after(PATIENCE_S):
        more = {"AIRWEAVE_BASE_URL": airweave.url, "AIRWEAVE_API_KEY": KEY, "AIRWEAVE_SYNC_LOG_LEVEL": "debug"}
        env = environment(tmp_path, AIRWEAVE_SYNC_FED="auto", **more)
        async with Client(through(NONSENSE_FIRST, env=env, cwd=tmp_path), mode="legacy") as client:
            assert client.protocol_version == "2025-11-25"
            assert client.server_info is not None
            assert client.server_info.name == "airweave-sync-mcp"
            await call_every_tool(client)
            failed = await client.call_tool("list_failed_jobs", {"group": False, "limit": 100})
            unknown = await client.call_tool("get_connection_jobs", {"connection": "Nobody"})
            missing = await client.call_tool("no_such_tool", {})

    assert failed.structured_content
    assert {job["connection"] for job in failed.structured_content["jobs"]} >= FAILED
    assert {request.path for request in airweave.demo.requests} >= {"/v1/sync/jobs", "/source-connections"}
    assert unknown.is_error
    assert missing.structured_content
    assert missing.structured_content["code"] == "unknown_tool"
    assert [message["id"] for message in protocol(tmp_path / "said") if "error" in message] == ["strange"]
    assert (tmp_path / "code").read_text() == "0\n"
    told = (tmp_path / "told").read_text()
    assert "DEBUG" in told
    assert "AIRWEAVE_SYNC_FED is not a setting" in told
    assert KEY not in told
    assert "Traceback" not in told
    assert "waits for a client" not in told, "that is for people at a terminal"


STDERR_CLOSED = """
exec 3<&0
{ "$@" <&3 2>&- & echo $! >pid; wait $!; echo $? >code; } | tee said
"""


@pytest.mark.anyio
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_a_client_of_todays_protocol_before_the_demo(tmp_path: Path) -> None:
    """Where standard error is closed, Python prints to standard output instead; and a signal is the end."""
    env = environment(tmp_path, AIRWEAVE_SYNC_FED="auto")
    with anyio.fail_after(PATIENCE_S):
        async with Client(through(STDERR_CLOSED, "--demo", env=env, cwd=tmp_path), mode="auto") as client:
            assert client.protocol_version == "2026-07-28"
            await call_every_tool(client)
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)

    assert (tmp_path / "code").read_text() == f"{128 + signal.SIGTERM}\n"
    assert len(protocol(tmp_path / "said")) > len(CALLS)


@pytest.fixture
def keyboard() -> Iterator[tuple[Any, int]]:
    theirs, ours = pty.openpty()
    with os.fdopen(theirs, "wb") as keys:
        yield keys, ours


def test_started_by_hand_without_a_key_it_says_what_to_do(tmp_path: Path, keyboard: tuple[Any, int]) -> None:
    """It starts all the same, tells the client what is missing, and Ctrl-C ends it."""
    keys, ours = keyboard
    # A session of its own, so that the terminal is its terminal and Ctrl-C on it is a signal.
    own: dict[str, Any] = {"stdin": ours, "start_new_session": True, "preexec_fn": take_terminal}
    with process(env=environment(tmp_path), **own) as server:
        os.close(ours)
        hint = read_until(server.stderr, b"claude mcp add")
        talk = Talk(server, keys)
        talk.open()
        answer = talk.call("list_sync_jobs")
        keys.write(b"\x03")
        keys.flush()
        code = server.wait(timeout=5)
        assert server.stdout.read() == b""

    assert b"waits for a client on standard input" in hint
    assert b"airweave-sync-mcp --demo failed" in hint
    assert answer["isError"]
    assert answer["structuredContent"]["code"] == "no_key"
    assert "AIRWEAVE_API_KEY" in answer["content"][0]["text"]
    assert code == -signal.SIGINT


def take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read_until(stream: Any, words: bytes) -> bytes:
    seen = b""
    while words not in seen:
        ready, _, _ = select.select([stream], [], [], PATIENCE_S)
        assert ready, seen
        chunk = os.read(stream.fileno(), 4096)
        assert chunk, seen
        seen += chunk
    return seen


@pytest.mark.anyio
async def test_with_certificates_nobody_can_use_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")  # httpx reads it from the process
    settings = load_settings({}, {"AIRWEAVE_API_KEY": KEY}, home=tmp_path)
    core = core_of(settings)
    async with Client(build_server(core, lambda _: core.credential(settings)), mode="legacy") as client:
        answer = await client.call_tool("list_sync_jobs", {})

    assert answer.is_error
    assert answer.structured_content
    assert answer.structured_content["code"] == "tls"
    assert "SSL_CERT_FILE" in answer.structured_content["hint"]


TYPED = """
import os, sys
from airweave_sync_mcp.__main__ import main

def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto"}:
        sys.stderr.write(f"NETWORK {event}\\n")

def type_in(out, *words):
    sys.stdout, sys.argv[1:] = out, words
    try:
        main()
    except SystemExit as ended:
        sys.stderr.write(f"{ended.code}\\n")
    if out is not None:
        out.close()  # as Python does when it ends

sys.addaudithook(watch)
assert sys.stdout is None
type_in(None, "explain", "429 Too Many Requests")
reader, writer = os.pipe()
os.close(reader)
type_in(os.fdopen(writer, "w"), "explain", "429 Too Many Requests")
type_in(open("shown", "w", encoding="ascii"), "--demo", "connections", "--search", "quipe")
type_in(open("failed", "w"), "--demo", "failed")
sys.stderr.write("and now with a network\\n")
type_in(open("nothing", "w"), "connections", "--base-url", "http://127.0.0.1:9")
sys.stdout, sys.argv[1:] = open("/dev/full", "w"), ["--demo", "connections"]
main()
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is full for sure")
def test_the_command_line_before_every_kind_of_output(tmp_path: Path) -> None:
    """A closed one, `head`, a terminal that cannot show a name, a full disk; and the demo needs no network."""
    env = environment(tmp_path, AIRWEAVE_API_KEY=KEY, AIRWEAVE_SYNC_DEADLINE_S="1")
    command = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-c", TYPED]
    done = subprocess.run(
        command, env=env, cwd=tmp_path, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False
    )
    demo, _, rest = done.stderr.partition("and now with a network\n")

    assert demo.splitlines() == ["The output cannot be written: Bad file descriptor.", "74", "141", "0", "0"]
    assert "?quipe Produit" in (tmp_path / "shown").read_text()
    assert (tmp_path / "failed").read_text()
    assert "NETWORK socket.connect\n" in rest, "so the watch does see one"
    assert rest.splitlines()[-2:] == ["3", "The output cannot be written: No space left on device."]
    assert done.returncode == 74
