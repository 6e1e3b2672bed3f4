"""A real nginx for tests, with the configuration that is shipped."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx.conf"
_STARTS_WITHIN_S = 10.0


def binary() -> str:
    """The server's program. Where it is not installed the test is skipped, but fails in CI."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        reason = "nginx is not installed (Debian: apt-get install nginx-light)"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@dataclass
class Nginx:
    """The proxy before replicas, listening on a port of this machine."""

    directory: Path
    port: int
    replicas: Sequence[str]
    """`host:port` of each."""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def configuration(self) -> str:
        """What is shipped, with addresses of this machine, and no limit for one address: tests have only one."""
        servers = "\n".join(f"server {one} max_fails=1 fail_timeout=5s;" for one in self.replicas)
        text = SHIPPED.read_text(encoding="utf-8")
        changes = (
            (r"(server replica-\d:8000[^;]*;\s*)+", servers + "\n"),
            (r"listen 8080;", f"listen 127.0.0.1:{self.port};"),
            (r"rate=50r/s", "rate=100000r/s"),
            (r"/tmp/", f"{self.directory}/"),
            (r"/dev/std(err|out)", f"{self.directory}/nginx.log"),
            (r"\Aworker_processes auto;", ""),
        )
        for pattern, replacement in changes:
            text, count = re.subn(pattern, replacement, text)
            assert count or pattern.startswith(r"\A"), f"the shipped configuration has no {pattern}"
        return f"daemon off;\n{text}"

    def check(self) -> str:
        """What nginx itself says of the configuration."""
        path = self.directory / "nginx.conf"
        path.write_text(self.configuration(), encoding="utf-8")
        checked = subprocess.run(
            [binary(), "-t", "-p", str(self.directory), "-c", str(path)], capture_output=True, text=True, check=False
        )
        return checked.stderr

    def start(self) -> None:
        told = self.check()
        assert "test is successful" in told, told
        self._process = subprocess.Popen(
            [binary(), "-p", str(self.directory), "-c", str(self.directory / "nginx.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while not self._listens():
            assert self._process.poll() is None, "nginx ended at once"
            assert time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.01)

    def _listens(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None
