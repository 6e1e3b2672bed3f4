"""The smallest plan: 10 requests a minute, a fifth of them left to the user."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from airweave_sync_mcp.demo import DemoOptions, Generation, build_demo
from airweave_sync_mcp.demo.build import build_world
from airweave_sync_mcp.demo.scenarios import SCENARIOS
from airweave_sync_mcp.demo.shapes import connection_status
from airweave_sync_mcp.demo.world import World as DemoData
from airweave_sync_mcp.history.snapshot import Snapshot
from airweave_sync_mcp.history.view import Need, View
from airweave_sync_mcp.history.window import Window
from tests.history.kit import ago
from tests.support.world import NOW, Clock, World, app_core, usual_data

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
MOST = 8


class Metered:
    """The demo on the smallest plan, with the time of every request."""

    def __init__(
        self, generation: Generation = Generation.CURRENT, data: DemoData | None = None, **options: object
    ) -> None:
        self.clock = Clock()
        self.sent: list[datetime] = []
        chosen = DemoOptions(clock=self.clock, rate_limit=10, generation=generation)
        self.demo = build_demo(chosen, usual_data().copy() if data is None else data)
        self.world = World(clock=self.clock, core=app_core(self, self.clock, **options), demo=self.demo)
        self._open = AsyncExitStack()
        self._snapshot: Snapshot | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.sent.append(self.clock())
        await self.demo.app(scope, receive, send)

    async def ask(self, need: Need, *, times: int = 1) -> list[View]:
        """The same question, a minute apart."""
        views, start = [], self.clock()
        if self._snapshot is None:
            self._snapshot = await self._open.enter_async_context(self.world.snapshot())
        for number in range(times):
            self.clock.now = max(self.clock.now, start + number * MINUTE)
            views.append(await self._snapshot.view(self.world.credential, need))
        return views

    def most_in_a_minute(self) -> int:
        return max(self._per_minute())

    def _per_minute(self) -> Iterator[int]:
        for begin in self.sent:
            yield sum(begin <= sent < begin + MINUTE for sent in self.sent)


def data(connections: int) -> DemoData:
    """The demo's world with so many connections that can be synced."""
    return _data(connections).copy()


@cache
def _data(connections: int) -> DemoData:
    chosen = [one for one in SCENARIOS if one.source != "slack" and one.authenticated]
    more = [
        type(one)(
            name=f"{one.name} {number}", source=one.source, collection=one.collection, last=one.last, every=one.every,
            usual=one.usual, runs=one.runs,
        )
        for number in range(2)
        for one in chosen
    ]  # fmt: skip
    return build_world(NOW, [*chosen, *more][:connections])


ALL = Need()


async def test_45_connections_are_read_within_seven_questions_a_minute_apart() -> None:
    metered = Metered(data=data(45))
    views = await metered.ask(ALL, times=7)
    assert len(views) == 7
    scanned = [view.coverage.connections_scanned for view in views]
    assert scanned == sorted(scanned)
    assert views[-1].coverage.complete
    assert views[-1].coverage.connections_total == 45
    assert metered.most_in_a_minute() <= MOST


async def test_40_connections_are_read_within_six_minutes() -> None:
    metered = Metered(data=data(40))
    views = await metered.ask(ALL, times=6)
    assert views[-1].coverage.complete
    assert metered.most_in_a_minute() <= MOST


async def test_what_fails_comes_first_then_what_is_busy() -> None:
    metered = Metered(data=data(45))
    await metered.ask(ALL, times=7)
    world = metered.demo.world
    status = {
        one.id: connection_status(one, world.newest_job(one.id), Generation.CURRENT) for one in world.own_connections()
    }
    asked = [path.split("/")[2] for path in metered.world.requests("/jobs") if path.startswith("/source-connections")]
    first_time = list(dict.fromkeys(asked))
    order = {"error": 0, "needs_reauth": 0, "syncing": 1, "active": 2}
    places = [order[status[one]] for one in first_time]
    assert places == sorted(places)
    assert {*places} == {0, 1, 2}


async def test_an_answer_that_is_not_whole_says_so_and_how_to_go_on() -> None:
    metered = Metered(data=data(45))
    first, second, *_ = await metered.ask(ALL, times=2)
    (problem,) = first.coverage.problems
    assert problem.code == "rate_limit"
    assert problem.message.startswith(
        "40 of 45 connections were not read yet: the plan allows 10 requests a minute, of"
    )
    assert problem.retry_after_s is not None
    assert 0 < problem.retry_after_s <= 60
    assert not first.coverage.complete
    assert first.coverage.connections_scanned == 5  # the list and two probes went before
    assert second.coverage.connections_scanned > 5


async def test_to_ask_again_at_once_costs_no_request_and_loses_nothing() -> None:
    metered = Metered(data=data(45))
    views = await metered.ask(ALL)
    metered.clock.forward(1)
    again = await metered.ask(ALL)
    assert again[0].coverage.connections_scanned == views[0].coverage.connections_scanned
    assert len(metered.sent) == MOST


async def test_a_long_window_is_read_piece_by_piece() -> None:
    metered = Metered(data=data(30))
    week = Need(window=Window(since=ago(days=2)))
    views = await metered.ask(week, times=10)
    assert views[-1].coverage.complete
    assert metered.most_in_a_minute() <= MOST
    problems = [problem.code for view in views for problem in view.coverage.problems]
    assert problems[0] == "rate_limit"
    assert problems[-1] == "not_far_enough"


async def test_what_is_whole_stays_whole_and_grows_no_older_than_a_round_takes() -> None:
    metered = Metered(data=data(45))
    views = await metered.ask(ALL, times=20)
    whole = next(number for number, view in enumerate(views) if view.coverage.complete)
    ages = [view.coverage.as_of for view in views]
    for number, view in enumerate(views[whole:], start=whole):
        assert view.coverage.complete
        assert NOW + number * MINUTE - ages[number] <= timedelta(minutes=12)
    assert metered.most_in_a_minute() <= MOST


async def test_what_was_asked_for_waits_for_its_turn() -> None:
    """The budget frees a request within the deadline: it is waited for rather than refused."""
    metered = Metered(data=data(45))
    one = metered.demo.world.own_connections()[-1]
    need = Need(scope=lambda other: other.id == one.id, asked_for=frozenset({one.id}), by_connection=True)
    await metered.ask(ALL)
    metered.clock.forward(45)
    (view,) = await metered.ask(need)
    assert one.id in view.histories
    assert not view.errors
    assert metered.most_in_a_minute() <= MOST


async def test_what_was_asked_for_and_cannot_be_had_in_time_says_when() -> None:
    metered = Metered(data=data(45))
    one = metered.demo.world.own_connections()[-1]
    need = Need(scope=lambda other: other.id == one.id, asked_for=frozenset({one.id}), by_connection=True)
    await metered.ask(ALL)
    (view,) = await metered.ask(need)
    assert view.errors[one.id].code == "budget_exhausted"
    (problem,) = view.coverage.problems
    assert problem.connection == one.name
    assert problem.retry_after_s is not None


@pytest.mark.parametrize("generation", [Generation.DOCUMENTED, Generation.MARCH_2026])
async def test_the_organization_s_list_is_read_piece_by_piece(generation: Generation) -> None:
    metered = Metered(generation)
    day = Need(window=Window(since=ago(hours=24)))
    views = await metered.ask(day, times=7)
    assert [one.code for one in views[0].coverage.problems] == ["rate_limit", "budget_exhausted", "not_far_enough"]
    assert views[-1].coverage.complete
    assert metered.most_in_a_minute() <= MOST
    truth = metered.demo.world
    wanted = {
        job.id
        for job in truth.jobs.values()
        if job.created_at >= ago(hours=24) and truth.own_connection(job.connection_id)
    }
    assert wanted <= {job.id for job in views[-1].jobs}


async def test_no_reserve_uses_all() -> None:
    metered = Metered(data=data(45), reserve=0.0)
    await metered.ask(ALL, times=4)
    assert metered.most_in_a_minute() == 10
