"""Three replicas behind a real nginx with a real Redis, under load, while parts of it die."""

import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest

from tests.hosting.kit import ALICE, BOB, Airweave, call_of, http_client, message_in, served, two_tenants
from tests.hosting.processes import Replica, free_port, launched_together
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
    ("get_connection_jobs", {"connection": "Acme GitLab"}),
)


@dataclass
class Cluster:
    airweave: Airweave
    redis: RedisServer
    replicas: list[Replica]
    nginx: Nginx
    answered: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    heard: anyio.Event = field(default_factory=anyio.Event)

    def metrics(self, replica: int) -> dict[str, float]:
        return numbers(self.replicas[replica].get("/metrics"))

    def ready(self, replica: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.replicas[replica].get("/readyz"))
        return found

    @asynccontextmanager
    async def load(self, callers: int = 4) -> AsyncIterator[None]:
        """Callers of both tenants and both eras who ask without a pause, and a third without a key."""
        stopping = anyio.Event()
        async with http_client(base_url=self.nginx.url, timeout=60) as http, anyio.create_task_group() as tasks:
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
            text = ""
            try:
                text = await _text_of(http, call_of(tool, arguments, key=key, modern=modern))
                result = message_in(text)["result"]
            except (httpx2.TransportError, ValueError, KeyError) as error:
                self.failed.append(f"{tool}: {error!r} {text[:200]}")
                continue
            self.answered[key] += 1
            self.heard.set()
            if result["isError"] or OWNER[key] not in text or OTHER[key] in text:
                self.wrong.append(text[:500])

    async def _knock(self, http: httpx2.AsyncClient, stopping: anyio.Event) -> None:
        while not stopping.is_set():
            answer = await http.post(**call_of("get_sync_health", key=None))
            if answer.status_code != 401 or any(mark in answer.text for mark in OWNER.values()):
                self.wrong.append(answer.text[:500])
            self.answered["nobody"] += 1
            await anyio.sleep(0.05)

    async def progress(self, more: int = 2) -> None:
        """Wait until everybody has got that many answers more."""
        goal = {key: self.answered[key] + more for key in OWNER}
        with anyio.fail_after(60):
            while any(self.answered[key] < count for key, count in goal.items()):
                self.heard = anyio.Event()
                await self.heard.wait()


async def _text_of(http: httpx2.AsyncClient, request: dict[str, Any]) -> str:
    """An answer, as far as it came: whose replica dies after the message, but before the stream's end, has it all."""
    text = ""
    async with http.stream("POST", **request) as answer:
        with suppress(httpx2.RemoteProtocolError):
            async for piece in answer.aiter_text():
                text += piece
    return text


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Each tenant may ask Airweave 60 times a minute, of which a fifth is left to the user."""
    airweave, redis = two_tenants(rate_limit=60), RedisServer(tmp_path)
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
        replicas = stack.enter_context(launched_together(tmp_path, 3, environ))
        nginx = Nginx(tmp_path, free_port(), [one.url.removeprefix("http://") for one in replicas])
        nginx.start()
        stack.callback(nginx.stop)
        for replica in replicas:
            replica.wait()
        yield Cluster(airweave, redis, replicas, nginx)


async def test_replicas_are_one_server_and_parts_may_die(cluster: Cluster) -> None:
    started = time.monotonic()
    async with cluster.load():
        await cluster.progress(8)
        seconds = time.monotonic() - started
        asked, answers = Counter(cluster.airweave.keys), sum(cluster.answered[key] for key in OWNER)
        measured = [cluster.metrics(one) for one in range(3)]

        cluster.replicas[0].kill()
        await cluster.progress()
        cluster.redis.kill()
        await cluster.progress()
        with anyio.fail_after(10):
            while any(cluster.metrics(one)["airweave_sync_store_up"] for one in (1, 2)):
                await cluster.progress(1)
        ready = [cluster.ready(one) for one in (1, 2)]
        cluster.redis.start()
        await cluster.progress()
        cluster.replicas[1].terminate()
        await cluster.progress()
    assert cluster.wrong == []
    assert cluster.failed == []
    assert cluster.answered["nobody"] > 5
    assert [one["ready"] for one in ready] == [True, True]
    assert [one["store"]["state"] for one in ready] == ["away", "away"]

    # To learn an organization takes 17 requests: replicas that did not share would have needed 51.
    assert all(17 <= asked[key] <= 48 * ceil(seconds / 60) for key in OWNER), asked
    assert not any("airweave_sync_upstream_requests_total{outcome=rate_limited}" in one for one in measured)
    assert min(one["airweave_sync_http_requests_total{route=mcp,status=200}"] for one in measured) > answers / 6
