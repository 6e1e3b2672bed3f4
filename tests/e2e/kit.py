"""The program as a process, and Airweaves on real ports."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn

import airweave_sync_mcp
from airweave_sync_mcp.demo import DemoAirweave, DemoOptions, Generation, build_demo
from airweave_sync_mcp.demo.build import build_world
from airweave_sync_mcp.demo.scenarios import SCENARIOS
from airweave_sync_mcp.demo.world import World

MODULE = [sys.executable, "-m", "airweave_sync_mcp"]
KEY = "key-of-a-person-0123456789"
PATIENCE_S = 30.0
RUNNING = {"Sales Salesforce", "Support Intercom", "Sales Pipedrive"}
FAILED = {"Finance SharePoint", "EMEA Zendesk", "Field Jira"}
NAMED = {*RUNNING, *FAILED, "Acme GitHub", "Ops Notion"}


def environment(home: Path, **more: str) -> dict[str, str]:
    """Where the program finds itself and Python, and nothing of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG", "LC_ALL") if name in os.environ}
    source = str(Path(airweave_sync_mcp.__file__).parents[1])
    return {**kept, "HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": source, **more}


@contextmanager
def process(*words: str, env: Mapping[str, str], command: Sequence[str] = MODULE, **how: Any) -> Iterator[Any]:
    """The program, ended for sure. Its streams are pipes unless told otherwise."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
    with subprocess.Popen([*command, *words], env=dict(env), **pipes) as started:
        try:
            yield started
        finally:
            started.kill()


@dataclass
class Talk:
    """A conversation in raw lines with a server: on its standard output, and on what its standard input reads."""

    server: Any
    keys: Any
    asked: int = 0

    def say(self, line: str) -> None:
        self.keys.write(line.encode() + b"\n")
        self.keys.flush()

    def notify(self, method: str) -> None:
        self.say(json.dumps({"jsonrpc": "2.0", "method": method}))

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a request."""
        self.asked += 1
        self.say(json.dumps({"jsonrpc": "2.0", "id": self.asked, "method": method, "params": params}))
        while True:
            line = self.server.stdout.readline().decode()
            assert line, "the server ended"
            message: dict[str, Any] = json.loads(line)
            if message.get("id") == self.asked:
                return message

    def open(self) -> dict[str, Any]:
        """The handshake of 2025-11-25."""
        client = {"name": "test", "version": "1"}
        answer = self.ask("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=client)
        self.notify("notifications/initialized")
        return answer

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result: dict[str, Any] = self.ask("tools/call", name=tool, arguments=arguments)["result"]
        return result


@dataclass(frozen=True)
class Loopback:
    """An Airweave of one generation on a port of this machine."""

    url: str
    demo: DemoAirweave


@cache
def _data() -> World:
    """A part of what the demo holds, made once: some of everything, and what tests name."""
    some = [one for number, one in enumerate(SCENARIOS) if number % 6 == 1 or one.name in NAMED]
    return build_world(datetime.now(UTC), some)


@contextmanager
def loopback(generation: Generation) -> Iterator[Loopback]:
    demo = build_demo(DemoOptions(generation=generation, api_key=KEY), _data().copy())
    server = uvicorn.Server(uvicorn.Config(demo.app, host="127.0.0.1", port=0, log_level="warning", log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE_S
    while not server.started:
        assert thread.is_alive()
        assert time.monotonic() < deadline
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Loopback(f"http://127.0.0.1:{port}", demo)
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
