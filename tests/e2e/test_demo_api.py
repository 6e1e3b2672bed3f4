"""The embedded Airweave on a port, as other tools find it."""

import re
import signal
import socket
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.cli.kit import Shell, with_key
from tests.e2e.kit import PATIENCE_S, environment, process
from tests.e2e.test_stdio import read_until


def test_it_serves_and_can_be_asked_as_it_says(tmp_path: Path) -> None:
    """Here March 2026 as it was released, with its list that answers 500."""
    words = ["demo-api", "--port", "0", "--generation", "2026-03", "--dead-list"]
    with process(*words, env=environment(tmp_path)) as server:
        said = read_until(server.stderr, b" failed\n").decode()
        host = re.search(r"http://(127\.0\.0\.1:[1-9]\d*)", said)
        key = re.search(r"AIRWEAVE_API_KEY=(\S+)", said)
        assert host
        assert key
        connection = HTTPConnection(host[1], timeout=PATIENCE_S)
        connection.request("GET", "/sync/jobs", headers={"X-API-Key": key[1]})
        status = connection.getresponse().status
        connection.close()
        shell = with_key(tmp_path, AIRWEAVE_API_KEY=key[1])
        failed = shell("--base-url", host[0], "failed")
        doctor = shell("--base-url", host[0], "doctor", "--json")
        server.send_signal(signal.SIGINT)
        code = server.wait(timeout=PATIENCE_S)
        assert server.stdout.read() == b""

    assert "(2026-03)" in said
    assert status == 500
    assert failed.code == doctor.code == 0
    assert "cursor_expired" in failed.out
    assert any("March 2026 as released" in one["found"] for one in doctor.json["checks"])
    assert code == 130


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
