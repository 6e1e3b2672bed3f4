"""The embedded Airweave on a port, as other tools find it."""

import re
import signal
import socket
import subprocess
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.cli.kit import Shell, with_key
from tests.e2e.kit import MODULE, PATIENCE_S, environment, process
from tests.e2e.test_stdio import read_until


def test_it_serves_and_can_be_asked_as_it_says(tmp_path: Path) -> None:
    with process("demo-api", "--port", "0", "--generation", "documented", env=environment(tmp_path)) as server:
        said = read_until(server.stderr, b" failed\n").decode()
        url = re.search(r"http://127\.0\.0\.1:([1-9]\d*)", said)
        key = re.search(r"AIRWEAVE_API_KEY=(\S+)", said)
        assert url
        assert key
        env = environment(tmp_path, AIRWEAVE_API_KEY=key[1])
        command = [*MODULE, "--base-url", url[0], "failed"]
        asked = subprocess.run(command, env=env, capture_output=True, timeout=PATIENCE_S, check=False)
        server.send_signal(signal.SIGINT)
        code = server.wait(timeout=PATIENCE_S)
        assert server.stdout.read() == b""

    assert asked.returncode == 0
    assert b"cursor_expired" in asked.stdout
    assert code == 130


def test_march_2026_as_it_was_released(tmp_path: Path) -> None:
    words = ["demo-api", "--port", "0", "--generation", "2026-03", "--dead-list"]
    with process(*words, env=environment(tmp_path)) as server:
        said = read_until(server.stderr, b" failed\n").decode()
        found = re.search(r"127\.0\.0\.1:[1-9]\d*", said)
        assert found
        connection = HTTPConnection(found[0], timeout=PATIENCE_S)
        connection.request("GET", "/sync/jobs", headers={"X-API-Key": "demo-key"})
        status = connection.getresponse().status
        connection.close()
        shell = with_key(tmp_path, AIRWEAVE_BASE_URL=f"http://{found[0]}", AIRWEAVE_API_KEY="demo-key")
        ran = shell("doctor", "--json")

    assert status == 500
    assert ran.code == 0
    assert any("March 2026 as released" in one["found"] for one in ran.json["checks"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--generation", "future"], "current, 2026-03, 2025-06, documented"),
        (["--port", "-1"], "0 to 65535"),
        (["--port", "65536"], "0 to 65535"),
        (["--rate-limit", "0"], "at least 1"),
        (["--dead-list"], "current has no such list at all; use --generation 2026-03."),
    ],
)
def test_what_it_cannot_do_it_says(tmp_path: Path, words: list[str], said: str) -> None:
    ran = Shell(home=tmp_path)("demo-api", *words)

    assert ran.code == 2
    assert said in ran.err


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = Shell(home=tmp_path)("demo-api", "--port", str(port))

    assert ran.code == 2
    assert f"Port {port} cannot be used" in ran.err
