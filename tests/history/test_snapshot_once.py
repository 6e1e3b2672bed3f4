"""Questions at once, and questions given up: one round of requests, nothing left behind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import anyio
import pytest

from airweave_sync_mcp.history.memory import Entry, LocalMemory
from airweave_sync_mcp.history.snapshot import SnapshotOptions
from airweave_sync_mcp.history.view import Need, View
from airweave_sync_mcp.history.window import Window
from tests.history.kit import Airweave, ago, hourly, of_organization

pytestmark = pytest.mark.anyio


def busy_airweave(count: int = 12) -> Airweave:
    air = Airweave()
    for number in range(count):
        air.add(f"c{number}", hourly(f"c{number}", 30))
    return air


class Gate:
    """Holds requests back until it is opened."""

    def __init__(self, part: str = "/source-connections/") -> None:
        self.part = part
        self.open = anyio.Event()
        self.waiting = 0
        self.arrived = anyio.Event()

    async def __call__(self, path: str, query: object) -> None:
        if self.part in path:
            self.waiting += 1
            self.arrived.set()
            await self.open.wait()


async def test_two_questions_at_once_cause_one_round_of_requests() -> None:
    air = busy_airweave()
    world = air.world()
    views: list[View] = []
    async with world.snapshot() as snapshot, anyio.create_task_group() as group:

        async def question() -> None:
            views.append(await snapshot.view(world.credential, Need()))

        for _ in range(5):
            group.start_soon(question)
    assert len(air.requests) == 1 + 2 + 12  # the list, two probes, each connection
    assert len({*air.requests}) == len(air.requests)
    assert all(view.coverage.complete and len(view.jobs) == 12 * 30 for view in views)


async def test_two_questions_at_once_read_the_organization_s_list_once() -> None:
    air = busy_airweave(2)
    air.feed = [of_organization(row, f"c{n}") for n in range(2) for row in air.jobs[air.connections[n]["id"]]]
    air.feed.sort(key=lambda row: str(row["created_at"]), reverse=True)
    world = air.world()
    async with world.snapshot() as snapshot, anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(snapshot.view, world.credential, Need())
    assert len(air.asked("sync/jobs")) == 2  # the probe, and one page
    assert len({*air.requests}) == len(air.requests)


@dataclass
class Late(LocalMemory):
    """A memory that several share: what another one keeps meanwhile is not in the answer yet."""

    late: bool = False

    async def load(self, tenant: str, names: Iterable[str]) -> Mapping[str, Entry]:
        wanted = list(names)
        if self.late and len(wanted) > 1:
            self.late = False
            return {}
        return await super().load(tenant, wanted)


async def test_what_another_one_reads_while_the_histories_are_looked_up_is_not_read_again() -> None:
    air, memory = busy_airweave(), Late()
    world = air.world(memory=memory)
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, Need())
        asked = list(air.requests)
        world.clock.forward(2)
        memory.late = True
        view = await snapshot.view(world.credential, Need())
    assert not memory.late
    assert air.requests == asked
    assert view.coverage.complete


async def test_if_the_first_of_two_questions_is_given_up_the_second_is_answered() -> None:
    air = busy_airweave(3)
    air.before = gate = Gate()
    world = air.world()
    answered: list[View] = []
    async with world.snapshot() as snapshot, anyio.create_task_group() as group:
        first = anyio.CancelScope()

        async def given_up() -> None:
            with first:
                await snapshot.view(world.credential, Need())

        async def patient() -> None:
            answered.append(await snapshot.view(world.credential, Need()))

        group.start_soon(given_up)
        await gate.arrived.wait()
        group.start_soon(patient)
        await anyio.wait_all_tasks_blocked()
        first.cancel()
        await anyio.wait_all_tasks_blocked()
        gate.open.set()
    assert len(answered[0].jobs) == 90
    assert answered[0].coverage.complete
    assert len(air.cut_off) == 3
    assert len(air.asked("/jobs?limit=50")) == 6


async def test_a_question_given_up_stops_its_requests_and_frees_its_locks() -> None:
    air = busy_airweave(30)
    air.before = gate = Gate()
    world = air.world()
    async with world.snapshot() as snapshot:
        async with anyio.create_task_group() as group:
            group.start_soon(snapshot.view, world.credential, Need())
            await gate.arrived.wait()
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        assert gate.waiting == len(air.cut_off) == SnapshotOptions().concurrency
        assert snapshot.readings.locks == type(snapshot.readings.locks)()
        gate.open.set()
        assert (await snapshot.view(world.credential, Need())).coverage.complete


async def test_what_was_read_before_a_question_was_given_up_is_kept() -> None:
    air = busy_airweave(20)
    world = air.world(options=SnapshotOptions(concurrency=4))
    gate = Gate()

    async def after_ten(path: str, query: object) -> None:
        if len(air.asked("/jobs?limit=50")) > 10:
            await gate(path, query)

    air.before = after_ten
    async with world.snapshot() as snapshot:
        async with anyio.create_task_group() as group:
            group.start_soon(snapshot.view, world.credential, Need())
            await gate.arrived.wait()
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        air.before = None
        view = await snapshot.view(world.credential, Need())
    assert view.coverage.complete
    assert len(air.asked("/jobs?limit=50")) == 10 + 4 + 10


async def test_no_more_requests_at_once_than_allowed() -> None:
    air = busy_airweave(20)
    world = air.world(options=SnapshotOptions(concurrency=3))
    under_way = most = 0

    async def count(path: str, query: object) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await anyio.lowlevel.checkpoint()
        under_way -= 1

    air.before = count
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, Need())
    assert most == 3


async def test_a_second_question_that_looks_further_back_reads_what_is_missing() -> None:
    air = Airweave()
    air.add("long", hourly("long", 300))
    air.add("short", hourly("short", 20))
    world = air.world()
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, Need(window=Window(since=ago(hours=24))))
        assert [one.rpartition("limit=")[2] for one in air.asked("/jobs?limit=")[2:]] == ["50", "50"]
        view = await snapshot.view(world.credential, Need(window=Window(since=ago(days=7))))
    assert view.coverage.complete
    assert len(air.asked("/jobs?limit=")) == 2 + 2 + 1


async def test_progress_is_told() -> None:
    air = busy_airweave(4)
    world = air.world()
    told: list[tuple[int, int]] = []

    async def progress(done: int, total: int) -> None:
        told.append((done, total))

    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, Need(), progress)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
