"""How many calls a second the hosted server answers, and what everything around the protocol costs.

    python -m benchmarks.http_load [--seconds 3]

Serves the demo as `serve --http` does, asks for one answer, and then serves that very answer from a bare server of the
SDK, without keys, limits, log, metrics, or anything to compute. Both are asked in turns by the same callers over
loopback sockets, each in a process of its own; callers, too, take their share of the machine's cores. `answer` is the
tool call with all that belongs to it; `nothing` calls a tool that does not exist, which shows what stands around tools.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import httpx2
import uvicorn
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp.server import MCPServer
from mcp.types import CallToolResult

from airweave_sync_mcp.demo import DEMO_API_KEY

PORTS = {"hosted": 18_431, "bare": 18_432}
TOOL, ARGUMENTS = "list_connections", {"limit": 5}
QUESTIONS = {"answer": TOOL, "nothing": "no_such_tool"}
MODERN = "2026-07-28"
ROUNDS = 3


@dataclass
class Figures:
    """What callers saw in one measurement, or in several of the same kind."""

    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0.0

    def line(self) -> str:
        ordered = sorted(self.seconds)
        p50, p95, p99 = (ordered[int(len(ordered) * share)] * 1_000 for share in (0.5, 0.95, 0.99))
        return f"{len(ordered) / self.elapsed:8.0f} {p50:8.1f} {p95:8.1f} {p99:8.1f}"

    def add(self, other: "Figures") -> None:
        self.seconds += other.seconds
        self.elapsed += other.elapsed


@dataclass(frozen=True)
class Kind:
    """What is measured."""

    modern: bool
    callers: int
    question: str

    def __str__(self) -> str:
        return f"{'modern' if self.modern else 'legacy'} {self.callers:7} {self.question:8}"


def request(port: int, tool: str, *, modern: bool) -> bytes:
    """A tool call as it stands on the wire."""
    params: dict[str, Any] = {"name": tool, "arguments": ARGUMENTS}
    headers = {
        "Host": f"127.0.0.1:{port}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "X-API-Key": DEMO_API_KEY,
    }
    if modern:
        keys = ("protocolVersion", MODERN), ("clientCapabilities", {})
        params["_meta"] = {f"io.modelcontextprotocol/{name}": value for name, value in keys}
        headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /mcp HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def answer(stream: BufferedByteReceiveStream) -> bytes:
    """The body of an answer, of a known length or in chunks."""
    head = (await stream.receive_until(b"\r\n\r\n", 65_536)).lower()
    assert b" 200 " in head.split(b"\r\n", 1)[0], head
    if b"content-length: " in head:
        length = int(head.split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
        return await stream.receive_exactly(length)
    body = b""
    while size := int(await stream.receive_until(b"\r\n", 64), 16):
        body += await stream.receive_exactly(size)
        await stream.receive_exactly(2)
    await stream.receive_exactly(2)
    return body


async def measure(port: int, kind: Kind, seconds: float) -> Figures:
    """Let that many callers ask, each on a connection of its own, one question after the other."""
    sent, figures = request(port, QUESTIONS[kind.question], modern=kind.modern), Figures()
    expected = b'"isError":' + (b"false" if kind.question == "answer" else b"true")
    ends = time.perf_counter() + seconds

    async def call() -> None:
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            received = BufferedByteReceiveStream(stream)
            while (started := time.perf_counter()) < ends:
                await stream.send(sent)
                body = await answer(received)
                figures.seconds.append(time.perf_counter() - started)
                assert expected in body, body[:300]

    started = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for _ in range(kind.callers):
            tasks.start_soon(call)
    figures.elapsed = time.perf_counter() - started
    return figures


def serve_bare(path: Path, port: int) -> None:
    """A server of the SDK with one tool, which always gives the answer in that file."""
    kept = CallToolResult.model_validate_json(path.read_text(encoding="utf-8"))
    server = MCPServer("bare", log_level="WARNING")

    @server.tool(name=TOOL)
    async def _(limit: int = 20) -> CallToolResult:  # noqa: ARG001
        return kept

    app = server.streamable_http_app(stateless_http=True)
    uvicorn.run(app, port=port, log_level="warning", access_log=False, ws="none")


@contextmanager
def server(kind: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process of its own, once it listens."""
    process = subprocess.Popen([sys.executable, *arguments], env={**os.environ, "AIRWEAVE_SYNC_LOG_LEVEL": "warning"})
    try:
        for _ in range(600):
            try:
                httpx2.get(f"http://127.0.0.1:{PORTS[kind]}/")
                break
            except httpx2.TransportError:
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait()


def memory(process: subprocess.Popen[bytes]) -> float:
    """Resident memory in MiB."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def one_answer() -> str:
    """The result of the call, as the hosted server gives it."""
    sent = request(PORTS["hosted"], TOOL, modern=True)
    head, _, body = sent.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    found = httpx2.post(f"http://127.0.0.1:{PORTS['hosted']}/mcp", content=body, headers=headers, timeout=30).json()
    return json.dumps(found["result"])


def compare(seconds: float) -> None:
    """Measure both servers in turns and print the figures."""
    limits = ("--requests-per-minute", "1000000", "--max-calls-per-caller", "1000")
    hosted = ("-m", "airweave_sync_mcp", "serve", "--http", "--demo", "--port", str(PORTS["hosted"]), *limits)
    with TemporaryDirectory() as directory, server("hosted", *hosted) as ours:
        path = Path(directory) / "answer.json"
        path.write_text(one_answer(), encoding="utf-8")
        with server("bare", "-m", "benchmarks.http_load", "--bare", str(path)) as theirs:
            print(
                f"{os.cpu_count()} cores, {path.stat().st_size} bytes an answer, {ROUNDS} rounds of {seconds:g} s each"
            )
            print("era    callers question server  calls/s   p50 ms   p95 ms   p99 ms    MiB")
            for question, modern, callers in product(QUESTIONS, (True, False), (1, 16)):
                figures = in_turns(Kind(modern, callers, question), seconds)
                for name, process in (("hosted", ours), ("bare", theirs)):
                    line = f"{Kind(modern, callers, question)} {name:6} {figures[name].line()} {memory(process):6.0f}"
                    print(line, flush=True)


def in_turns(kind: Kind, seconds: float) -> dict[str, Figures]:
    """Figures of both servers, which take turns so that both have the same share of whatever else the machine does."""
    figures = {name: Figures() for name in PORTS}
    for _, (name, port) in product(range(ROUNDS), PORTS.items()):
        figures[name].add(anyio.run(measure, port, kind, seconds))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round (default 3)")
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.bare:
        serve_bare(args.bare, PORTS["bare"])
    else:
        compare(args.seconds)


if __name__ == "__main__":
    main()
