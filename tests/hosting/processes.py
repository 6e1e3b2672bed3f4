"""Servers in processes of their own, started as people start them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import airweave_sync_mcp

SOURCES = str(Path(airweave_sync_mcp.__file__).parents[1])


@dataclass
class Process:
    """A running server."""

    url: str
    popen: subprocess.Popen[str]
    log: Path
    out: Path

    def wait(self) -> None:
        """Until it serves."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self.popen.poll() is None, self.told
            try:
                assert self.get("/readyz")
            except (OSError, AssertionError):
                time.sleep(0.02)
            else:
                return
        raise AssertionError(self.told)

    def get(self, path: str) -> str:
        """A page of it that is there."""
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read().decode()
            assert answer.status == 200, body
            return body
        finally:
            connection.close()

    def stop(self, *, within_s: float = 30) -> int:
        """Ask it to end, and wait until it has; its exit code."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(timeout=within_s)

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()

    @property
    def told(self) -> str:
        """What it wrote to stderr."""
        return self.log.read_text(encoding="utf-8")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(**extra: str) -> dict[str, str]:
    """What a process gets: nothing of the settings that stand around here."""
    kept = ("PATH", "LANG", "TMPDIR", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "PYTHONPATH": SOURCES, **extra}


@contextmanager
def launched(
    directory: Path,
    *flags: str,
    environ: Mapping[str, str] | None = None,
    command: tuple[str, ...] = ("-m", "airweave_sync_mcp", "serve", "--http"),
    wait: bool = True,
) -> Iterator[Process]:
    """Start a server, wait until it serves unless told otherwise, and end it."""
    port = free_port()
    log, out = directory / f"{port}.log", directory / f"{port}.out"
    with log.open("w") as err, out.open("w") as std:
        popen = subprocess.Popen(
            [sys.executable, *command, "--port", str(port), *flags],
            env=environment(HOME=str(directory), **(environ or {})),
            cwd=directory,
            stderr=err,
            stdout=std,
            text=True,
        )
    process = Process(url=f"http://127.0.0.1:{port}", popen=popen, log=log, out=out)
    try:
        if wait:
            process.wait()
        yield process
    finally:
        if popen.poll() is None:
            process.kill()


def run(directory: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return python(directory, "-m", "airweave_sync_mcp", *arguments, environ=environ)


def python(
    directory: Path, *arguments: str, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python to its end."""
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(HOME=str(directory), **(environ or {})),
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
