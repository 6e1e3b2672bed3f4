"""What is counted for Prometheus. No label ever holds a tenant, a key, a name or an id of a caller.

With several workers each writes into files of its own in the directory that `PROMETHEUS_MULTIPROC_DIR` names, and
whoever is scraped adds them up; the variable has to be set before this module is imported.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from airweave_sync_mcp.history.memory import Entry, Memory
from airweave_sync_mcp.hosting.store.health import StoreHealth
from airweave_sync_mcp.hosting.trail import Trail, current_trail

MULTIPROCESS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 45.0, 90.0)
_BYTES: Final = (256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576)
_WORD: Final = re.compile(r"[a-z][a-z_]{0,39}")
_GAUGE_FILE: Final = re.compile(r"gauge_live\w*_(\d+)\.db")
OTHER: Final = "other"


class Metrics:
    """The counters of one server, and those of the store it shares with others, where there is one."""

    def __init__(self, store: StoreHealth | None = None) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "airweave_sync_http_requests", "HTTP requests by route and status", ["route", "status"], registry=registry
        )
        self._refusals = Counter(
            "airweave_sync_http_refusals", "Requests turned away before a tool", ["reason"], registry=registry
        )
        self._in_flight = Gauge(
            "airweave_sync_http_requests_in_flight",
            "HTTP requests being worked on",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._calls = Counter(
            "airweave_sync_tool_calls", "Tool calls by tool and outcome", ["tool", "outcome"], registry=registry
        )
        self._latency = Histogram(
            "airweave_sync_tool_call_seconds", "Duration of tool calls", ["tool"], buckets=_SECONDS, registry=registry
        )
        self._sizes = Histogram(
            "airweave_sync_answer_bytes", "Bytes of answers to tool calls", ["tool"], buckets=_BYTES, registry=registry
        )
        self._upstream = Counter(
            "airweave_sync_upstream_requests",
            "Requests to Airweave by outcome; rate_limited: refused by Airweave, budget_exhausted: by us, not sent",
            ["outcome"],
            registry=registry,
        )
        self._upstream_latency = Histogram(
            "airweave_sync_upstream_request_seconds",
            "Duration of requests to Airweave",
            buckets=_SECONDS,
            registry=registry,
        )
        self._memory = Counter(
            "airweave_sync_memory_reads", "Looked for in the memory, and found or not", ["result"], registry=registry
        )
        self._store = StoreMetrics(store, registry) if store is not None else None
        if MULTIPROCESS_VARIABLE not in os.environ:
            ProcessCollector(registry=registry)

    def started(self) -> None:
        self._in_flight.inc()

    def finished(self, trail: Trail, *, route: str, status: int, size: int, seconds: float) -> None:  # noqa: ARG002
        self._in_flight.dec()
        self._requests.labels(route, str(status)).inc()
        if trail.refusal:
            self._refusals.labels(_word(trail.refusal)).inc()
        if trail.tool:
            self._sizes.labels(trail.tool).observe(size)
        if self._store is not None:
            self._store.update()

    def tool_call(self, tool: str, outcome: str, seconds: float) -> None:
        """`tool` has to be one of our own names, or `unknown`."""
        self._calls.labels(tool, _word(outcome)).inc()
        self._latency.labels(tool).observe(seconds)

    def upstream(self, outcome: str, seconds: float) -> None:
        """A request to Airweave has ended. It is counted for the request that is worked on, too."""
        self._upstream.labels(_word(outcome)).inc()
        self._upstream_latency.observe(seconds)
        if (trail := current_trail()) is not None:
            trail.upstream += 1

    def memory(self, *, found: int, missed: int) -> None:
        self._memory.labels("hit").inc(found)
        self._memory.labels("miss").inc(missed)

    def text(self) -> bytes:
        """Everything in Prometheus's text format, of all workers."""
        if self._store is not None:
            self._store.update()
        directory = os.environ.get(MULTIPROCESS_VARIABLE)
        if not directory:
            return generate_latest(self._registry)
        forget_dead_workers(Path(directory))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, directory)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


class StoreMetrics:
    """What the store counts itself, brought up to date whenever a request has ended."""

    def __init__(self, health: StoreHealth, registry: CollectorRegistry) -> None:
        self._health = health
        self._known: dict[tuple[str, ...], int] = {}
        self._up = Gauge(
            "airweave_sync_store_up",
            "1 while the shared store answers, 0 while the server goes on without it",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self._asked = Counter(
            "airweave_sync_store_questions",
            "Questions to the shared store; not_asked: because it was away",
            ["result"],
            registry=registry,
        )
        self._troubles = Counter(
            "airweave_sync_store_troubles", "What went wrong with the shared store", ["trouble"], registry=registry
        )
        self._reads = Counter(
            "airweave_sync_store_reads", "Entries found in the shared store, or not", ["result"], registry=registry
        )
        self._waits = Counter(
            "airweave_sync_store_lock_waits", "Readings that waited for another replica's", registry=registry
        )
        self._outages = Counter("airweave_sync_store_outages", "Times the shared store went away", registry=registry)
        self.update()

    def update(self) -> None:
        health = self._health
        self._up.set(not health.away)
        self._count(self._asked.labels("answered"), ("asked", "answered"), health.answered)
        self._count(self._asked.labels("not_asked"), ("asked", "not_asked"), health.unasked)
        self._count(self._reads.labels("hit"), ("reads", "hit"), health.hits)
        self._count(self._reads.labels("miss"), ("reads", "miss"), health.misses)
        self._count(self._waits, ("waits",), health.lock_waits)
        self._count(self._outages, ("outages",), health.outages)
        for trouble, times in health.troubles.items():
            self._count(self._troubles.labels(trouble.value), ("troubles", trouble.value), times)

    def _count(self, counter: Counter, name: tuple[str, ...], total: int) -> None:
        counter.inc(total - self._known.get(name, 0))
        self._known[name] = total


@dataclass(slots=True)
class MeteredMemory:
    """A memory whose hits are counted."""

    inner: Memory
    metrics: Metrics = field(repr=False)

    async def load(self, tenant: str, names: Iterable[str]) -> Mapping[str, Entry]:
        wanted = tuple(names)
        found = await self.inner.load(tenant, wanted)
        self.metrics.memory(found=len(found), missed=len(wanted) - len(found))
        return found

    async def save(self, tenant: str, name: str, entry: Entry) -> None:
        await self.inner.save(tenant, name, entry)

    async def forget(self, tenant: str, name: str) -> None:
        await self.inner.forget(tenant, name)


def forget_dead_workers(directory: Path, alive: Callable[[int], bool] | None = None) -> None:
    """Drop the gauges of workers that ended without doing so themselves."""
    alive = alive or _alive
    pids = {int(match[1]) for path in directory.glob("gauge_live*.db") if (match := _GAUGE_FILE.fullmatch(path.name))}
    for pid in pids:
        if not alive(pid):
            mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _word(text: str) -> str:
    return text if _WORD.fullmatch(text) else OTHER
