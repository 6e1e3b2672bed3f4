"""A real Redis or Valkey server for tests."""

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis

_STARTS_WITHIN_S = 10.0


def binary() -> str:
    """The server's program. Where it is not installed the test is skipped, but fails in CI."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        reason = "redis-server is not installed (Debian: apt-get install redis-server)"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@dataclass
class RedisServer:
    """A server on a port of the loopback interface that stays the same over restarts. It keeps nothing on disk."""

    directory: Path
    options: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        arguments = ("--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no")
        self._process = subprocess.Popen(
            [binary(), *arguments, "--dir", str(self.directory), *self.options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while not self._answers():
            assert self._process.poll() is None, "redis-server ended at once"
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.01)

    def _answers(self) -> bool:
        """Whatever it says to a question: by then it listens everywhere it is to listen."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=_STARTS_WITHIN_S) as sock:
                sock.sendall(b"PING\r\n")
                return bool(sock.recv(1))
        except OSError:
            return False

    def kill(self) -> None:
        """As a crash does: all connections and all data are lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It takes connections and questions, and answers none."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self) -> "Redis":
        """For looking into it from outside."""
        return Redis(host="127.0.0.1", port=self.port)

    def everything(self) -> dict[bytes, object]:
        """All keys and what stands there, whatever it is."""
        with self.client() as client:
            read = {
                b"string": client.get,
                b"hash": client.hgetall,
                b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
            }
            return {key: read[client.type(key)](key) for key in client.scan_iter(count=1000)}

    def clear(self) -> None:
        """Undo what a test may have set, and drop everything."""
        with self.client() as client:
            for name, value in (("maxmemory", "0"), ("min-replicas-to-write", "0")):
                client.config_set(name, value)
            client.flushall()
