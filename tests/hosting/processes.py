"""Servers in processes of their own, started as people start them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
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
    kept = ("PATH", "LANG", "TMPDIR", "VIRTUAL_ENV")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "PYTHONPATH": SOURCES, **extra}


@contextmanager
def launched(directory: Path, *flags: str, environ: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Start a server, wait until it serves, and end it."""
    port = free_port()
    log, out = directory / f"{port}.log", directory / f"{port}.out"
    with log.open("w") as err, out.open("w") as std:
        popen = subprocess.Popen(
            [sys.executable, "-m", "airweave_sync_mcp", "serve", "--http", "--port", str(port), *flags],
            env=environment(HOME=str(directory), **(environ or {})),
            cwd=directory,
            stderr=err,
            stdout=std,
            text=True,
        )
    process = Process(url=f"http://127.0.0.1:{port}", popen=popen, log=log, out=out)
    try:
        process.wait()
        yield process
    finally:
        if popen.poll() is None:
            process.kill()


@dataclass
class Replica(Process):
    """One of several servers that were started together; `popen` is what started them."""

    pid: int

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


_TOGETHER = """
import os, sys
import airweave_sync_mcp.cli.main, airweave_sync_mcp.hosting.app
from airweave_sync_mcp.__main__ import main

ports = sys.argv[1:]
for port in ports:
    if child := os.fork():
        print(child, flush=True)
    else:
        os.dup2(os.open(f"{port}.log", os.O_WRONLY | os.O_CREAT, 0o600), 2)
        os.dup2(os.open(f"{port}.out", os.O_WRONLY | os.O_CREAT, 0o600), 1)
        sys.argv[1:] = ["serve", "--http", "--port", port]
        main()
for _ in ports:
    os.wait()
"""


@contextmanager
def launched_together(directory: Path, number: int, environ: Mapping[str, str]) -> Iterator[list[Replica]]:
    """Start servers without waiting for them. What takes longest, to import it all, is done once for all of them."""
    ports = [str(free_port()) for _ in range(number)]
    with subprocess.Popen(
        [sys.executable, "-c", _TOGETHER, *ports],
        env=environment(HOME=str(directory), **environ),
        cwd=directory,
        stdout=subprocess.PIPE,
        text=True,
    ) as popen:
        assert popen.stdout is not None
        replicas = [
            Replica(f"http://127.0.0.1:{port}", popen, directory / f"{port}.log", directory / f"{port}.out", int(line))
            for port, line in zip(ports, popen.stdout, strict=False)
        ]
        try:
            assert len(replicas) == number
            yield replicas
        finally:
            for replica in replicas:
                replica.kill()
