"""What goes wrong while a question is read for: the rest is answered, and what is missing is said."""

import anyio
import httpx
import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.history.model import Coverage
from airweave_sync_mcp.history.snapshot import SnapshotOptions
from airweave_sync_mcp.history.view import Need
from airweave_sync_mcp.history.window import Window
from tests.history.kit import (
    BROKEN_ROW,
    DAY,
    GONE,
    LIMITED,
    REFUSED,
    SERVER_ERROR,
    Airweave,
    Reply,
    ago,
    ask,
    hourly,
    organization,
    told,
    uid,
)
from tests.support.world import NOW

pytestmark = pytest.mark.anyio

QUICK = SnapshotOptions(deadline_s=0.2)
C1 = uid("connection", "c1")


def airweave(count: int = 4, jobs: int = 30) -> Airweave:
    air = Airweave()
    for number in range(count):
        air.add(f"c{number}", hourly(f"c{number}", jobs))
    return air


def codes(coverage: Coverage) -> list[str]:
    return [one.code for one in coverage.problems]


def only(name: str) -> Need:
    return Need(scope=lambda one: one.name == name, asked_for=frozenset({uid("connection", name)}), by_connection=True)


# One connection


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (BROKEN_ROW, "unreadable_row"), (SERVER_ERROR, "server_error"), (GONE, "not_found"),
        (Reply(200, {"not": "a list"}), "unexpected_answer"), (Reply(503, {"detail": "x"}), "upstream_unavailable"),
        (Reply(403, {"detail": "Forbidden"}), "forbidden"),
    ],
)  # fmt: skip
async def test_a_broken_connection_is_named_and_the_rest_is_answered(reply: Reply, code: str) -> None:
    air = airweave()
    air.faults[f"/source-connections/{C1}/jobs"] = reply
    (view,) = await ask(air.world(), DAY)
    (problem,) = view.coverage.problems
    assert (problem.code, problem.connection) == (code, "c1")
    assert "1 connection could not be read (c1)" in problem.message
    assert "SELECT" not in problem.message
    assert (view.coverage.connections_scanned, view.coverage.connections_total) == (3, 4)
    assert not view.coverage.complete
    assert len(view.jobs) == 90
    assert [*view.errors] == [C1]


async def test_several_broken_alike_are_one_problem() -> None:
    air = airweave(8)
    for number in range(5):
        air.faults[f"/source-connections/{uid('connection', f'c{number}')}/jobs"] = SERVER_ERROR
    (view,) = await ask(air.world(), DAY)
    (problem,) = view.coverage.problems
    assert problem.connection is None
    assert "5 connections could not be read (c0, c1, c2 and 2 more)" in problem.message


async def test_a_connection_that_hangs_is_not_waited_for_longer_than_the_deadline() -> None:
    air = airweave()
    air.faults[f"/source-connections/{C1}/jobs"] = Reply(hang=True)
    (view,) = await ask(air.world(options=QUICK), DAY)
    (problem,) = view.coverage.problems
    assert (problem.code, problem.retry_after_s) == ("deadline", 0.0)
    assert problem.message.startswith("1 of 4 connections were not read within 0 s. Ask again now")
    assert len(view.jobs) == 90


async def test_a_broken_connection_that_was_read_before_is_answered_as_it_was() -> None:
    air = airweave()
    world = air.world()
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, DAY)
        air.faults[f"/source-connections/{C1}/jobs"] = SERVER_ERROR
        world.clock.forward(90)
        view = await snapshot.view(world.credential, DAY)
    assert codes(view.coverage) == ["server_error"]
    assert len(view.jobs) == 120
    assert view.coverage.connections_scanned == 4
    assert view.coverage.as_of == NOW


async def test_a_broken_connection_does_not_hold_back_the_horizon_of_the_others() -> None:
    air = airweave(2, 200)
    world = air.world()
    async with world.snapshot() as snapshot:
        first = await snapshot.view(world.credential, Need())
        assert first.horizon is not None
        air.faults[f"/source-connections/{C1}/jobs"] = SERVER_ERROR
        view = await snapshot.view(world.credential, Need(depth=ago(hours=60)))
    assert view.horizon is not None
    assert view.horizon <= ago(hours=60)


async def test_what_was_asked_for_is_read_anew() -> None:
    """Is it fixed now?"""
    air = airweave()
    world = air.world()
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, DAY)
        air.jobs[C1].insert(0, told("good", NOW, "completed"))
        world.clock.forward(2)
        stale = await snapshot.view(world.credential, DAY)
        fresh = await snapshot.view(world.credential, only("c1"))
    assert uid("job", "good") not in {job.id for job in stale.jobs}
    assert fresh.histories[C1].jobs[0].id == uid("job", "good")


async def test_what_was_asked_for_and_came_too_late_is_an_error_of_its_own() -> None:
    air = airweave()
    world = air.world(options=QUICK)
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, DAY)
        air.faults[f"/source-connections/{C1}/jobs"] = Reply(hang=True)
        world.clock.forward(2)
        view = await snapshot.view(world.credential, only("c1"))
    assert view.errors[C1].code == ErrorCode.TIMEOUT
    assert codes(view.coverage) == ["timeout"]
    assert len(view.jobs) == 30  # as they were


async def test_connections_without_a_sync_have_no_jobs_and_federated_ones_are_never_asked() -> None:
    air = airweave(1)
    air.add("login", status="pending_auth")
    air.add("slack", federated_search=True)
    missing = Reply(404, {"detail": "No sync found for this source connection"})
    air.faults[f"/source-connections/{uid('connection', 'login')}/jobs"] = missing
    air.faults[f"/source-connections/{uid('connection', 'slack')}/jobs"] = missing
    (view,) = await ask(air.world(), DAY)
    assert view.coverage.complete
    assert (view.coverage.connections_scanned, view.coverage.connections_total) == (3, 3)
    assert view.histories[uid("connection", "login")].has_sync is False
    assert not air.asked(uid("connection", "slack"))


async def test_unreadable_rows_are_told() -> None:
    air = airweave(2)
    air.connections.append({"name": "no id"})
    air.jobs[C1].append({"status": "failed"})
    (view,) = await ask(air.world(), DAY)
    assert codes(view.coverage) == ["unreadable_connections", "unreadable_jobs"]
    assert view.coverage.problems[1].message.startswith("1 sync jobs could not be understood")


# Everything


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (REFUSED, "key_rejected"), (Reply(401, {"detail": "No valid authentication provided"}), "unauthorized"),
        (Reply(404, {"detail": "Organization with ID x not found"}), "organization_unknown"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["/", "/source-connections/"])
async def test_what_no_request_can_mend_is_an_error(reply: Reply, code: str, where: str) -> None:
    air = airweave()
    air.faults[where] = reply
    with pytest.raises(AirweaveError) as caught:
        await ask(air.world(), DAY)
    assert caught.value.code == code


async def test_a_key_refused_later_is_an_error_although_much_is_remembered() -> None:
    air = airweave()
    world = air.world()
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, DAY)
        air.faults["/"] = REFUSED
        world.clock.forward(90)
        with pytest.raises(AirweaveError) as caught:
            await snapshot.view(world.credential, DAY)
    assert caught.value.code == ErrorCode.KEY_REJECTED


@pytest.mark.parametrize("reply", [SERVER_ERROR, BROKEN_ROW, Reply(hang=True)])
async def test_a_list_that_was_never_read_and_cannot_be_is_an_error(reply: Reply) -> None:
    air = airweave()
    air.faults["/source-connections"] = reply
    with pytest.raises(AirweaveError) as caught:
        await ask(air.world(options=QUICK), DAY)
    assert caught.value.code in {"server_error", "unreadable_row", "timeout"}
    with pytest.raises(AirweaveError):
        await ask(air.world(options=QUICK), Need(by_connection=True))


@pytest.mark.parametrize("reply", [SERVER_ERROR, Reply(502, {"detail": "x"}), Reply(hang=True)])
async def test_a_list_that_cannot_be_read_again_is_answered_as_it_was(reply: Reply) -> None:
    air = airweave()
    world = air.world(options=SnapshotOptions(deadline_s=0.4))
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, DAY)
        air.faults = {"/source-connections?": reply, "/source-connections/": Reply(hang=True)}
        air.faults = {"/source-connections": reply}
        for one in air.connections:  # only the list is broken
            air.faults[f"/source-connections/{one['id']}/jobs"] = Reply(body=air.jobs[one["id"]])
        world.clock.forward(90)
        view = await snapshot.view(world.credential, DAY)
        assert (await snapshot.connections(world.credential)).fetched_at == NOW
        with pytest.raises(AirweaveError):
            await snapshot.connections(world.credential, fresh=True)
    assert view.coverage.as_of == NOW
    assert len(view.jobs) == 120
    (problem,) = view.coverage.problems
    assert "The list of source connections could not be read anew" in problem.message


async def test_without_a_network_what_is_remembered_is_answered_as_it_was() -> None:
    air = airweave()
    world = air.world()
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, DAY)

        async def unplug(path: str, query: object) -> None:
            raise httpx.ConnectError("network unreachable")

        air.before = unplug
        world.clock.forward(90)
        view = await snapshot.view(world.credential, DAY)
    assert len(view.jobs) == 120
    assert not view.coverage.complete
    assert view.coverage.as_of == NOW
    assert {one.code for one in view.coverage.problems} == {"network"}


async def test_when_the_rate_limit_is_used_up_by_others_what_is_remembered_is_whole_but_old() -> None:
    air = airweave()
    world = air.world()
    async with world.snapshot() as snapshot:
        await snapshot.view(world.credential, DAY)
        air.faults["/"] = LIMITED
        world.clock.forward(90)
        view = await snapshot.view(world.credential, DAY)
    assert view.coverage.complete
    assert view.coverage.as_of == NOW
    assert len(view.jobs) == 120


async def test_when_the_rate_limit_is_used_up_by_others_at_first_it_says_when_to_ask_again() -> None:
    air = airweave()
    for one in air.connections:
        air.faults[f"/source-connections/{one['id']}/jobs"] = LIMITED
    (view,) = await ask(air.world(), DAY)
    (problem,) = view.coverage.problems
    assert (problem.code, problem.retry_after_s) == ("rate_limit", 60)
    assert "4 of 4 connections were not read yet: Airweave asks for a pause. Ask again in 60 s" in problem.message
    assert view.coverage.connections_scanned == 0


# How far back


async def test_the_window_is_read_back_to_its_start() -> None:
    air = airweave(2, 400)
    (view,) = await ask(air.world(), Need(window=Window(since=ago(days=10))))
    assert view.coverage.complete
    assert sum(view.coverage.since is not None and (job.at or NOW) >= ago(days=10) for job in view.jobs) == 480


async def test_only_the_newest_thousand_are_to_be_had_and_that_is_said() -> None:
    air = airweave(1)
    air.add("github", hourly("github", 1100))
    world = air.world()
    view, month = await ask(world, Need(window=Window(since=ago(days=45))), Need(window=Window(since=ago(days=30))))
    (problem,) = view.coverage.problems
    assert problem.code == "newest_1000_only"
    assert "github had more" in problem.message
    assert not view.coverage.complete
    assert month.coverage.complete


async def test_bursts_that_no_estimate_foresees_are_read_to_their_end_by_the_next_question() -> None:
    air = Airweave()
    burst = [told(f"b{n}", ago(hours=30, seconds=n)) for n in range(900)]
    air.add("bursts", [*hourly("bursts", 26), *burst, told("before", ago(days=3))])
    world = air.world()
    need = Need(window=Window(since=ago(days=2)))
    async with world.snapshot() as snapshot:
        first = await snapshot.view(world.credential, need)
        assert codes(first.coverage) == ["not_far_enough"]
        assert "1 connection (bursts) were not read back far enough" in first.coverage.problems[0].message
        second = await snapshot.view(world.credential, need)
    assert second.coverage.complete
    assert len(second.jobs) == 927


async def test_a_search_ends_when_it_has_found() -> None:
    air = airweave(40)
    wanted = uid("job", "c7/30")
    need = Need(found=lambda history: any(job.id == wanted for job in history.jobs))
    (view,) = await ask(air.world(), need)
    assert wanted in {job.id for job in view.jobs}
    assert len(air.asked("/jobs?limit=50")) < 40
    assert codes(view.coverage) == ["not_read"]


async def test_a_detail_that_hangs_is_an_error() -> None:
    air = airweave()
    world = air.world(options=QUICK)
    async with world.snapshot() as snapshot:
        assert (await snapshot.detail(world.credential, C1)).sync_id == uid("sync", "c1")
        view = await snapshot.view(world.credential, DAY)
        assert view.connections[C1].detail is not None
        air.faults[f"/source-connections/{C1}"] = Reply(hang=True)
        assert (await snapshot.detail(world.credential, C1)).fetched_at == NOW
        world.clock.forward(61)
        with pytest.raises(AirweaveError) as caught:
            await snapshot.detail(world.credential, C1)
    assert caught.value.code == ErrorCode.TIMEOUT


async def test_all_questions_of_one_call_share_a_deadline() -> None:
    air = organization(2)
    air.faults["/source-connections/"] = Reply(hang=True)
    world = air.world()
    async with world.snapshot() as snapshot:
        late = anyio.current_time() - 1
        with pytest.raises(AirweaveError) as caught:
            await snapshot.view(world.credential, DAY, deadline=late)
    assert caught.value.code == ErrorCode.TIMEOUT
