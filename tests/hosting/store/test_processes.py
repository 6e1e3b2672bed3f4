"""Replicas in processes of their own share what they read and what they may ask."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from subprocess import PIPE
from typing import Any

import anyio
import pytest

from airweave_sync_mcp.airweave.budget import RateHeaders
from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.core import Core
from airweave_sync_mcp.history.snapshot import Snapshot
from airweave_sync_mcp.history.view import Need
from airweave_sync_mcp.hosting.store import StoreKeys, Trouble
from tests.support.redis import RedisServer

from .kit import ALICE, KEY, Hurried, Replicas
from .upstream import CONNECTIONS, Upstream, jobs_of, serving
from .worker import WINDOW_S, main

ROOT = Path(__file__).parents[3]
GROUP = pytest.mark.xdist_group("team")
TENANTS = ["key-of-alice-0123456789", "key-of-mallory-9876543210"]


class Team:
    """Two replicas that do a task at the same time: this process, and one of its own."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        command = [sys.executable, "-m", "tests.hosting.store.worker"]
        self._other = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE, text=True)

    def __call__(self, task: str, url: str, *arguments: Any) -> list[dict[str, Any]]:
        """What came of the task in each of them."""
        self._tell(json.dumps([task, url, *arguments]))
        mine = anyio.run(main, self._begin, task, url, *arguments)
        return [json.loads(json.dumps(mine)), json.loads(self._hear())]

    def _begin(self) -> None:
        """Once both are ready."""
        assert self._hear() == "ready\n"
        self._tell("go")

    def _tell(self, line: str) -> None:
        assert self._other.stdin is not None
        self._other.stdin.write(f"{line}\n")
        self._other.stdin.flush()

    def _hear(self) -> str:
        assert self._other.stdout is not None
        return self._other.stdout.readline()

    def end(self) -> None:
        self._other.kill()
        self._other.communicate()


@pytest.fixture(scope="module")
def team() -> Iterator[Team]:
    """One for all tests: most of the time they would take goes into its start."""
    team = Team()
    yield team
    team.end()


async def _set_limit(url: str, limit: int) -> None:
    async with Replicas(url).one() as store:
        await store.budget.observe(ALICE, RateHeaders(limit=limit, remaining=limit), blocked_for_s=None)


@GROUP
def test_forty_racing_callers_in_two_processes_get_eight(redis: RedisServer, team: Team) -> None:
    anyio.run(_set_limit, redis.url, 10)
    done = team("race", redis.url, 20)
    assert sum(one["done"] for one in done) == 8
    assert all(one["troubles"] == {} for one in done)


@GROUP
def test_in_no_window_more_than_eight(redis: RedisServer, team: Team) -> None:
    """Two and a half windows, and twenty callers who take whatever they can get."""
    anyio.run(_set_limit, redis.url, 10)
    done = team("spend", redis.url, 10, 2.5 * WINDOW_S)
    with redis.client() as raw:
        sent = StoreKeys.parse(KEY).names("").rate(ALICE)[1]
        times = [score for _, score in raw.zrange(sent, 0, -1, withscores=True)]
    assert len(times) == sum(one["done"] for one in done), "every grant was counted"
    assert max(sum(1 for other in times if began <= other < began + WINDOW_S * 1e6) for began in times) == 8
    assert 16 <= len(times) <= 24
    assert all(one["troubles"] == {} for one in done)


@GROUP
def test_replicas_that_ask_at_once_make_one_round_of_requests(redis: RedisServer, team: Team) -> None:
    upstream = Upstream()
    with serving(upstream) as base_url:
        done = team("ask", redis.url, base_url, TENANTS)
    assert [one["done"] for one in done] == [{key: [jobs_of(key), True] for key in TENANTS}] * 2
    assert all(one["troubles"] == {} for one in done)
    asked = {path: count for (key, path), count in upstream.asked.items() if key == TENANTS[0]}
    assert set(asked.values()) == {1}, asked
    assert len(asked) == 1 + 2 + CONNECTIONS, "the list, two places where the organization's jobs might be, the jobs"
    assert sum(one["lock_waits"] for one in done) > 0


@GROUP
def test_without_a_store_each_asks_for_itself(team: Team) -> None:
    """So the test above does test something."""
    upstream = Upstream()
    with serving(upstream) as base_url:
        done = team("ask", "redis://127.0.0.1:1/0", base_url, TENANTS[:1])
    assert [one["done"] for one in done] == [{TENANTS[0]: [jobs_of(TENANTS[0]), True]}] * 2
    assert set(upstream.asked.values()) == {2}


class Load:
    """Callers who ask replicas again and again, and look at the answers."""

    def __init__(self) -> None:
        self.right = 0
        self.wrong: list[str] = []
        self._answered = anyio.Event()

    async def caller(self, snapshot: Snapshot, key: str) -> None:
        expected = jobs_of(key)
        while True:
            view = await snapshot.view(Credential.parse(key), Need(by_connection=True))
            if sorted(job.id for job in view.jobs) == expected and view.coverage.complete:
                self.right += 1
            else:
                self.wrong.append(f"{key}: {len(view.jobs)} jobs, {view.coverage}")
            self._answered.set()
            self._answered = anyio.Event()
            await anyio.sleep(0.02)

    async def goes_on(self) -> None:
        """Return after a dozen more answers, all of them right."""
        target = self.right + 12
        while self.right < target:
            await self._answered.wait()
            assert self.wrong == []


@pytest.fixture
def upstream() -> Iterator[tuple[Upstream, str]]:
    app = Upstream()
    with serving(app) as base_url:
        yield app, base_url


@pytest.mark.anyio
async def test_killed_under_load_nothing_is_wrong_and_nothing_lost(
    breakable: RedisServer, upstream: tuple[Upstream, str]
) -> None:
    app, base_url = upstream
    load, replicas = Load(), Replicas(breakable.url, clock=Hurried())
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(replicas.one(timeout_s=0.5)) for _ in range(2)]
        cores = [store.behind(Core(base_url=base_url)) for store in stores]
        snapshots = [await stack.enter_async_context(core.open()) for core in cores]
        group = await stack.enter_async_context(anyio.create_task_group())
        for snapshot in snapshots:
            for key in TENANTS:
                group.start_soon(load.caller, snapshot, key)
        await load.goes_on()
        assert all(store.health.hits > 0 and store.health.troubles == {} for store in stores)

        breakable.kill()
        await load.goes_on()
        replicas.clock.forward(7)
        await load.goes_on()
        assert all(store.health.away for store in stores)

        breakable.start()
        replicas.clock.forward(7)
        await load.goes_on()
        assert not any(store.health.away for store in stores)
        assert len(breakable.everything()) >= CONNECTIONS, "what was lost is there again"

        breakable.freeze()
        await load.goes_on()
        breakable.thaw()
        replicas.clock.forward(7)
        await load.goes_on()
        assert not any(store.health.away for store in stores)
        group.cancel_scope.cancel()
    assert load.wrong == []
    assert max(app.asked[key, path] for key, path in app.asked if path.endswith("/jobs")) == 1, "copies serve them"
    assert set(stores[0].health.troubles) <= {Trouble.UNREACHABLE, Trouble.TIMEOUT}
