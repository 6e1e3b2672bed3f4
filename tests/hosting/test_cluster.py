"""Three replicas behind a real nginx with a real Redis, under load, while parts of it die."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest

from tests.hosting.kit import ALICE, BOB, Airweave, call_of, message_in, served, two_tenants
from tests.hosting.processes import Process, free_port, launched
from tests.hosting.test_metrics import numbers
from tests.support.nginx import Nginx
from tests.support.redis import RedisServer

pytestmark = pytest.mark.anyio

KEY = "f2c91d0b5a7e48639c1fd0a6b4e87235d95c3a61e07f4b28ac6d19f3528e70b4"
OWNER = {ALICE: "ALPHA", BOB: "BRAVO"}
OTHER = {ALICE: "BRAVO", BOB: "ALPHA"}
QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_connections", {"limit": 5}),
    ("list_failed_jobs", {"since": "7d"}),
    ("get_sync_health", {}),
    ("list_sync_jobs", {"since": "24h", "limit": 5}),
    ("get_connection_jobs", {"connection": "Acme GitHub"}),
)


@dataclass
class Cluster:
    airweave: Airweave
    redis: RedisServer
    replicas: list[Process]
    nginx: Nginx
    answered: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    heard: anyio.Event = field(default_factory=anyio.Event)

    def metrics(self, replica: int) -> dict[str, float]:
        return numbers(httpx2.get(f"{self.replicas[replica].url}/metrics", timeout=30).text)

    def ready(self, replica: int) -> dict[str, Any]:
        found: dict[str, Any] = httpx2.get(f"{self.replicas[replica].url}/readyz", timeout=30).json()
        return found

    @asynccontextmanager
    async def load(self, callers: int = 8) -> AsyncIterator[None]:
        """Callers of both tenants and both eras who ask without a pause, and a third without a key."""
        stopping = anyio.Event()
        async with httpx2.AsyncClient(base_url=self.nginx.url, timeout=60) as http, anyio.create_task_group() as tasks:
            for number in range(callers):
                tasks.start_soon(self._ask, http, number, stopping)
            tasks.start_soon(self._knock, http, stopping)
            yield
            stopping.set()

    async def _ask(self, http: httpx2.AsyncClient, number: int, stopping: anyio.Event) -> None:
        choice = random.Random(number)
        key, modern = (ALICE, BOB)[number % 2], number % 4 < 2
        while not stopping.is_set():
            tool, arguments = choice.choice(QUESTIONS)
            try:
                answer = await http.post(**call_of(tool, arguments, key=key, modern=modern))
                result = message_in(answer.text)["result"]
            except (httpx2.TransportError, ValueError, KeyError) as error:
                self.failed.append(f"{tool}: {error!r}")
                continue
            self.answered[key] += 1
            self.heard.set()
            if result["isError"] or OWNER[key] not in answer.text or OTHER[key] in answer.text:
                self.wrong.append(answer.text[:500])

    async def _knock(self, http: httpx2.AsyncClient, stopping: anyio.Event) -> None:
        while not stopping.is_set():
            answer = await http.post(**call_of("get_sync_health", key=None))
            if answer.status_code != 401 or any(mark in answer.text for mark in OWNER.values()):
                self.wrong.append(answer.text[:500])
            self.answered["nobody"] += 1
            await anyio.sleep(0.05)

    async def progress(self, more: int = 15) -> None:
        """Wait until everybody has got that many answers more."""
        goal = {key: self.answered[key] + more for key in OWNER}
        with anyio.fail_after(60):
            while any(self.answered[key] < count for key, count in goal.items()):
                self.heard = anyio.Event()
                await self.heard.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    airweave, redis = two_tenants(rate_limit=250), RedisServer(tmp_path)
    with ExitStack() as stack:
        redis.start()
        stack.callback(redis.kill)
        upstream = stack.enter_context(served(airweave))
        environ = {
            "AIRWEAVE_BASE_URL": upstream.url,
            "AIRWEAVE_SYNC_STORE": redis.url,
            "AIRWEAVE_SYNC_STORE_KEY": KEY,
            "AIRWEAVE_SYNC_HTTP_REQUESTS_PER_MINUTE": "1000000",
        }
        replicas = [stack.enter_context(launched(tmp_path, environ=environ, wait=False)) for _ in range(3)]
        for replica in replicas:
            replica.wait()
        nginx = Nginx(tmp_path, free_port(), [one.url.removeprefix("http://") for one in replicas])
        nginx.start()
        stack.callback(nginx.stop)
        yield Cluster(airweave, redis, replicas, nginx)


async def test_parts_die_under_load_with_nothing_wrong_and_nothing_lost(cluster: Cluster) -> None:
    async with cluster.load():
        await cluster.progress()
        cluster.replicas[0].kill()
        await cluster.progress()
        cluster.redis.kill()
        await cluster.progress()
        away = [cluster.metrics(one)["airweave_sync_store_up"] for one in (1, 2)]
        ready = [cluster.ready(one) for one in (1, 2)]
        cluster.redis.start()
        await cluster.progress()
        cluster.replicas[1].popen.terminate()
        await cluster.progress()
    assert cluster.wrong == []
    assert cluster.failed == []
    assert cluster.answered["nobody"] > 10
    assert away == [0, 0]
    assert [one["ready"] for one in ready] == [True, True]
    assert [one["store"]["state"] for one in ready] == ["away", "away"]


async def test_replicas_ask_airweave_once_and_spend_one_budget(cluster: Cluster) -> None:
    """Each tenant may ask 250 times a minute, of which a fifth is left to the user."""
    async with cluster.load():
        await cluster.progress(60)
    asked = Counter(cluster.airweave.keys)
    answers = sum(cluster.answered[key] for key in OWNER)
    measured = [cluster.metrics(one) for one in range(3)]
    assert cluster.wrong == []
    assert cluster.failed == []
    assert all(0 < asked[key] <= 200 for key in OWNER), asked
    assert sum(asked.values()) < answers * 2
    assert not any("airweave_sync_upstream_requests_total{outcome=rate_limited}" in one for one in measured)
    assert min(one["airweave_sync_http_requests_total{route=mcp,status=200}"] for one in measured) > answers / 6
