"""The server as clients start it: a process that speaks on its standard input and output."""

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

from tests.e2e.kit import KEY, MODULE, PATIENCE_S, Talk, environment, process

CALLS: dict[str, dict[str, Any]] = {
    "list_sync_jobs": {"limit": 3},
    "list_failed_jobs": {},
    "get_connection_jobs": {"connection": "Acme GitHub", "limit": 3},
    "get_sync_job": {"job": "latest_failed"},
    "list_connections": {"limit": 3},
}


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_every_tool_through_the_sdks_client(tmp_path: Path, mode: Any, version: str) -> None:
    async def talk() -> None:
        parameters = StdioServerParameters(
            command=MODULE[0], args=[*MODULE[1:], "--demo"], env=environment(tmp_path), cwd=tmp_path
        )
        async with Client(parameters, mode=mode) as client:
            assert client.protocol_version == version
            assert {tool.name for tool in (await client.list_tools()).tools} >= CALLS.keys()
            for name, arguments in CALLS.items():
                answer = await client.call_tool(name, arguments)
                assert not answer.is_error, answer.content
                assert answer.structured_content
            wrong = await client.call_tool("list_sync_jobs", {"status": "crashed"})
            assert wrong.is_error

    with_deadline(talk)


def with_deadline(talk: Any) -> None:
    async def timed() -> None:
        with anyio.fail_after(PATIENCE_S):
            await talk()

    anyio.run(timed)


def test_stdout_carries_protocol_and_nothing_else(tmp_path: Path) -> None:
    """With everything logged, with errors, with nonsense on standard input; and the end of input is the end."""
    env = environment(tmp_path, AIRWEAVE_SYNC_LOG_LEVEL="debug", AIRWEAVE_SYNC_FED="auto", AIRWEAVE_API_KEY=KEY)
    with process("--demo", env=env) as server:
        talk = Talk(server)
        opened = talk.open()["result"]
        assert opened["serverInfo"]["name"] == "airweave-sync-mcp"
        talk.say("this is no JSON")
        talk.say("{}")
        for tool, arguments in CALLS.items():
            assert not talk.call(tool, **arguments).get("isError")
        assert talk.call("get_connection_jobs", connection="Nobody")["isError"]
        assert talk.call("list_sync_jobs", status="crashed")["isError"]
        assert talk.call("no_such_tool")["structuredContent"]["code"] == "unknown_tool"
        assert "error" in talk.ask("no/such/method")
        code, rest, err = talk.close()

    assert code == 0
    assert rest == ""
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in talk.lines)
    assert "DEBUG" in err
    assert "AIRWEAVE_SYNC_FED is not a setting" in err
    assert KEY not in err
    assert "Traceback" not in err
    assert "waits for a client" not in err, "that is for people at a terminal"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_without_a_key_it_starts_and_says_so_until_a_signal_ends_it(tmp_path: Path) -> None:
    with process(env=environment(tmp_path)) as server:
        talk = Talk(server)
        talk.open()
        answer = talk.call("list_sync_jobs")
        server.send_signal(signal.SIGTERM)

        assert server.wait(timeout=5) == -signal.SIGTERM
    assert answer["isError"]
    assert answer["structuredContent"]["code"] == "no_key"
    assert "AIRWEAVE_API_KEY" in answer["content"][0]["text"]


def test_with_certificates_nobody_can_use_it_starts_and_says_so(tmp_path: Path) -> None:
    with process(env=environment(tmp_path, AIRWEAVE_API_KEY=KEY, SSL_CERT_FILE="/nowhere/ca.pem")) as server:
        talk = Talk(server)
        talk.open()
        answer = talk.call("list_sync_jobs")
        ended, _, err = talk.close()

    assert answer["isError"]
    assert answer["structuredContent"]["code"] == "tls"
    assert "SSL_CERT_FILE" in answer["structuredContent"]["hint"]
    assert (ended, err) == (0, "")


@pytest.fixture
def keyboard() -> Iterator[tuple[int, int]]:
    theirs, ours = pty.openpty()
    yield theirs, ours
    os.close(theirs)


def test_started_by_hand_it_says_what_to_type(tmp_path: Path, keyboard: tuple[int, int]) -> None:
    theirs, ours = keyboard
    # A session of its own, so that the terminal is its terminal and Ctrl-C on it is a signal.
    own: dict[str, Any] = {"stdin": ours, "start_new_session": True, "preexec_fn": take_terminal}
    with process("--demo", env=environment(tmp_path), **own) as server:
        os.close(ours)
        hint = read_until(server.stderr, b"claude mcp add")
        os.write(theirs, b"\x03")
        code = server.wait(timeout=5)
        assert server.stdout.read() == b""

    assert b"waits for a client on standard input" in hint
    assert b"airweave-sync-mcp --demo failed" in hint
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


NO_NETWORK = """
import runpy, sys

def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto"}:
        sys.stderr.write(f"NETWORK {event} {arguments}\\n")

sys.addaudithook(watch)
sys.argv = ["airweave-sync-mcp", *sys.argv[1:]]
runpy.run_module("airweave_sync_mcp", run_name="__main__")
"""


def test_the_demo_needs_no_network(tmp_path: Path) -> None:
    command = [sys.executable, "-c", NO_NETWORK, "--demo", "failed"]
    done = subprocess.run(command, env=environment(tmp_path), capture_output=True, timeout=PATIENCE_S, check=False)

    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout


def test_the_watch_for_the_network_sees_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", NO_NETWORK, "connections", "--base-url", "http://127.0.0.1:9"]
    env = environment(tmp_path, AIRWEAVE_API_KEY=KEY, AIRWEAVE_SYNC_DEADLINE_S="1")
    done = subprocess.run(command, env=env, capture_output=True, timeout=PATIENCE_S, check=False)

    assert done.returncode == 3
    assert b"NETWORK socket.connect" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is full for sure")
def test_a_full_disk_and_a_closed_output_are_told(tmp_path: Path) -> None:
    command = [*MODULE, "--demo", "connections"]
    env = environment(tmp_path)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, env=env, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False)
    closed: list[Any] = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    shut = subprocess.run(closed, env=env, stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False)

    assert (done.returncode, done.stderr) == (74, b"The output cannot be written: No space left on device.\n")
    assert (shut.returncode, shut.stderr) == (74, b"The output cannot be written: Bad file descriptor.\n")


def test_nothing_meant_for_people_lands_in_the_protocol(tmp_path: Path) -> None:
    """Where standard error is closed, Python prints to standard output instead."""
    command: list[Any] = ["sh", "-c", 'exec "$@" 2>&-', "sh", *MODULE, "--demo"]
    env = environment(tmp_path, AIRWEAVE_SYNC_FED="auto")
    done = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=PATIENCE_S, check=False
    )

    assert (done.returncode, done.stdout) == (0, b"")


def test_names_that_a_terminal_cannot_show_are_no_crash_and_before_head_it_ends_in_silence(tmp_path: Path) -> None:
    env = environment(tmp_path, PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
    with (
        process("--demo", "connections", "--search", "quipe", env=env) as shown,
        process("--demo", "connections", "--json", env=environment(tmp_path)) as cut,
    ):
        cut.stdout.close()
        out, _ = shown.communicate(timeout=PATIENCE_S)
        err = cut.stderr.read()

        assert cut.wait(timeout=PATIENCE_S) == 141
    assert err == b""
    assert shown.returncode == 0
    assert b"?quipe Produit" in out
