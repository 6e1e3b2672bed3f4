"""A replica in a process of its own: `python -m tests.hosting.store.worker`.

Each line it reads is a task: its name, the store's address, arguments. It says `ready`, waits for a line, does the
task, and prints what came of it as one line of JSON.
"""

import json
import sys
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import anyio

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.core import Core
from airweave_sync_mcp.history.view import Need
from airweave_sync_mcp.hosting.store import SharedStore, StoreKeys, StoreSettings, open_store

from .kit import ALICE, KEY

WINDOW_S = 0.5
"""In place of a minute."""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def race(store: SharedStore, callers: int) -> int:
    """How many of so many callers at once are granted a request."""
    granted = 0

    async def take() -> None:
        nonlocal granted
        wait = await store.budget.take(ALICE)
        granted += wait == 0.0

    async with anyio.create_task_group() as group:
        for _ in range(callers):
            group.start_soon(take)
    return granted


async def spend(store: SharedStore, callers: int, seconds: float) -> int:
    """How many requests so many callers get who take whatever they can for some time."""
    store.budget._window_s = WINDOW_S  # type: ignore[attr-defined]
    granted, until = 0, monotonic() + seconds

    async def insist() -> None:
        nonlocal granted
        while monotonic() < until:
            wait = await store.budget.take(ALICE)
            granted += wait == 0.0
            await anyio.sleep(min(wait, 0.02))

    async with anyio.create_task_group() as group:
        for _ in range(callers):
            group.start_soon(insist)
    return granted


async def ask(store: SharedStore, base_url: str, keys: list[str]) -> dict[str, Any]:
    """What several callers, each with a key of its own, see of their organization."""
    core = store.behind(Core(base_url=base_url))
    seen: dict[str, Any] = {}
    async with core.open() as snapshot:

        async def look(key: str) -> None:
            view = await snapshot.view(Credential.parse(key), Need())
            seen[key] = sorted(job.id for job in view.jobs), view.coverage.complete

        async with anyio.create_task_group() as group:
            for key in keys:
                group.start_soon(look, key)
    return seen


TASKS: dict[str, Callable[..., Awaitable[Any]]] = {"race": race, "spend": spend, "ask": ask}


def _begin() -> None:
    _say("ready")
    sys.stdin.readline()


async def main(begin: Callable[[], None], task: str, url: str, *arguments: Any) -> Any:
    """What came of a task; `begin` waits until all others are ready for it too."""
    settings = StoreSettings(url=url, keys=StoreKeys.parse(KEY), timeout_s=5.0)
    async with open_store(settings) as store:
        begin()
        done = await TASKS[task](store, *arguments)
        return {"done": done, "troubles": dict(store.health.troubles), "lock_waits": store.health.lock_waits}


if __name__ == "__main__":
    while line := sys.stdin.readline():
        _say(json.dumps(anyio.run(main, _begin, *json.loads(line))))
