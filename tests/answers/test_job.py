"""One job, wherever it is."""

import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.failed import list_failed_jobs
from airweave_sync_mcp.answers.job import JobAnswer, find_job
from airweave_sync_mcp.answers.jobs import list_jobs
from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.history.errors import GIVEN, QueryError
from airweave_sync_mcp.history.model import JobStatus
from tests.answers.kit import demo, query
from tests.history.kit import SERVER_ERROR, Airweave, Reply, ago, hourly, listed, lists, organization, told, uid
from tests.support.world import NOW, World

pytestmark = pytest.mark.anyio


async def find(world: World, job: str, connection: str = "") -> JobAnswer:
    async with world.asking() as ask:
        return await find_job(ask(), job, connection)


async def refusal(world: World, job: str, connection: str = "") -> QueryError:
    with pytest.raises(QueryError) as caught:
        await find(world, job, connection)
    return caught.value


def named(world: World, connection: str, age: int = 0) -> str:
    """The id of a connection's job of the demo; age 0 is the newest."""
    assert world.demo is not None
    data = world.demo.world
    return data.jobs_of(data.named(connection).id)[age].id


@pytest.mark.parametrize("generation", list(Generation))
async def test_a_job_by_id_prefix_and_url(generation: Generation) -> None:
    world = demo(generation)
    wanted = named(world, "Security GitHub", 3)
    for text in (wanted, wanted.upper(), wanted[:9], f"https://x/source-connections/{wanted}/jobs/{wanted}"):
        answer = await find(world, text)
        assert answer.row.job.id == wanted
        assert answer.row.connection is not None
        assert answer.row.connection.name == "Security GitHub"
        assert answer.row.verdict is not None
        assert answer.last_good is not None
        assert answer.last_good.id == named(world, "Security GitHub", 17)


async def test_a_job_of_a_connection_that_is_named() -> None:
    world = demo()
    wanted = named(world, "Ops Notion", 7)
    assert (await find(world, wanted, "ops notion")).row.job.id == wanted
    error = await refusal(world, wanted, "Security GitHub")
    assert error.message == f"Security GitHub has no sync job {GIVEN} among the 37 that Airweave gives."


@pytest.mark.parametrize("generation", list(Generation))
async def test_the_latest_of_all_and_of_one(generation: Generation) -> None:
    world = demo(generation)
    # A job that waits stands at its reading, unless a list tells when it was made.
    assert (await find(world, "latest")).row.job.active is (generation is Generation.CURRENT)
    assert (await find(world, "LATEST", "Acme GitLab")).row.job.id == named(world, "Acme GitLab")
    failed = await find(world, "latest_failed")
    assert failed.row.connection is not None
    assert failed.row.connection.name == "Ops Notion"
    assert (await find(world, " latest_failed ", "Ops Notion")).row.job.id == named(world, "Ops Notion")
    fixed = await find(world, "latest_failed", "Onboarding ServiceNow")
    assert fixed.row.job.id == named(world, "Onboarding ServiceNow", 2)


async def test_the_latest_failure_may_be_older_than_what_is_read_first() -> None:
    world = demo()
    answer = await find(world, "latest_failed", "Acme GitHub")
    assert answer.row.job.id == named(world, "Acme GitHub", 300)
    assert answer.last_good is not None
    assert answer.last_good.id == named(world, "Acme GitHub", 303)


async def test_the_latest_failure_of_all_is_certain() -> None:
    """One connection failed a day ago, another an hour ago, but so often did it run since that it was not read."""
    air = Airweave()
    air.add("seldom", [told("old failure", ago(hours=24), "failed")], status="error")
    often = [told(f"often/{n}", ago(minutes=n + 1), minutes=0.5) for n in range(200)]
    often[120] |= {"status": "failed", "completed_at": None}
    air.add("often", often)
    answer = await find(air.world(), "latest_failed")
    assert answer.row.job.id == uid("job", "often/120")


async def test_a_failure_of_months_ago_is_found_as_well() -> None:
    air = Airweave()
    rows = hourly("calm", 300)
    rows[299] |= {"status": "failed", "completed_at": None}
    air.add("calm", rows)
    assert (await find(air.world(), "latest_failed")).row.job.id == rows[299]["id"]


async def test_a_job_of_an_old_time_is_found_if_its_connection_is_named() -> None:
    world = demo()
    wanted = named(world, "Product Linear", 700)
    error = await refusal(world, wanted)
    assert error.code == "job_not_found"
    assert error.given == wanted
    assert f"Sync job {GIVEN} was not found in 45 of 45 connections." in error.message
    assert "Name the connection too" in error.hint
    assert (await find(world, wanted, "Product Linear")).row.job.id == wanted


async def test_a_job_that_the_api_does_not_give_is_not_found() -> None:
    world = demo()
    error = await refusal(world, named(world, "Acme GitHub", 1200), "Acme GitHub")
    assert error.code == "job_not_found"
    assert "among the 1000 that Airweave gives" in error.message


async def test_the_search_says_in_how_many_connections_it_looked() -> None:
    air = Airweave()
    for number in range(4):
        air.add(f"c{number}", hourly(f"c{number}", 3))
    air.faults[f"/source-connections/{uid('connection', 'c1')}/jobs"] = SERVER_ERROR
    error = await refusal(air.world(), "abcdef12")
    assert "not found in 3 of 4 connections" in error.message
    assert "1 connection could not be read (c1)" in error.hint


async def test_a_prefix_that_fits_several_lists_them() -> None:
    air = Airweave()
    rows = [told(n, ago(hours=n), id=f"3db0de21-{n}607-44da-b7ef-fb4d8120f7ba") for n in range(1, 4)]
    air.add("twins", rows)
    error = await refusal(air.world(), "3db0de21")
    assert error.code == "ambiguous_job"
    assert "matches 3 jobs: 3db0de21-1, 3db0de21-2, 3db0de21-3." in error.message
    assert (await find(air.world(), "3db0de21-2")).row.job.id == rows[1]["id"]


@pytest.mark.parametrize("job", ["", "newest", "12", "Ops Notion"])
async def test_what_is_no_reference_to_a_job(job: str) -> None:
    assert (await refusal(demo(), job)).code == "malformed_id"


async def test_no_jobs_at_all() -> None:
    world = demo()
    assert (await refusal(world, "latest", "Personal Todoist")).message == "There is no sync job of Personal Todoist."
    assert (await refusal(world, "latest_failed", "Acme GitLab")).code == "no_jobs"
    assert (await refusal(world, "latest", "Acme Slack")).code == "no_jobs"
    nothing = Airweave()
    nothing.add("new")
    error = await refusal(nothing.world(), "latest_failed")
    assert error.message == "There is no failed sync job in 1 connections."


async def test_a_job_that_is_known_and_over_costs_no_request() -> None:
    world = demo()
    async with world.asking() as ask:
        page = await list_jobs(ask(), query("Ops Notion", statuses={"failed"}))
        count = len(world.requests())
        world.clock.forward(10)
        answer = await find_job(ask(), page.rows[1].short_id)
        assert answer.row.job.id == page.rows[1].job.id
        assert len(world.requests()) == count


async def test_a_job_under_way_is_looked_at_anew() -> None:
    air = Airweave()
    row = told("going", ago(minutes=5), "running")
    air.add("one", [row])
    world = air.world()
    async with world.asking() as ask:
        assert (await find_job(ask(), uid("job", "going"))).row.job.status == "running"
        row["status"] = "completed"
        world.clock.forward(1)
        assert (await find_job(ask(), uid("job", "going"))).row.job.status == "completed"


async def test_on_the_organization_s_list_as_well_even_if_nobody_knows_whose_it_is() -> None:
    air = organization(2, 5)
    assert air.feed is not None
    air.feed.insert(0, dict(air.feed[0], id=uid("going"), status="in_progress", sync_name="Sync for a renamed one"))
    air.feed[0]["sync_id"] = "unknown"
    world = air.world()
    async with world.asking() as ask:
        answer = await find_job(ask(), uid("going"))
        assert (answer.row.job.status, answer.row.connection, answer.history) == (JobStatus.RUNNING, None, None)
        air.feed[0]["status"] = "failed"
        world.clock.forward(11)
        assert (await find_job(ask(), uid("going"))).row.job.failed


async def test_a_failed_job_shown_by_another_answer_is_found_again() -> None:
    """The list of failures reaches further back than the first page of the whole list."""
    air = organization(3, 200)
    assert air.feed is not None
    air.feed[250]["status"] = "failed"
    async with air.world().asking() as ask:
        failed = await list_failed_jobs(ask(), query(statuses={"failed"}, since="5d"))
        (row,) = failed.page.rows
        assert (await find_job(ask(), row.short_id)).row.job.id == air.feed[250]["id"]


async def test_what_the_list_s_first_page_does_not_hold_the_connections_may() -> None:
    air = organization(3, 45)
    assert air.feed is not None
    answer = await find(air.world(), str(air.feed[-1]["id"]))
    assert answer.row.job.id == air.feed[-1]["id"]
    assert len(lists(air)) == 2


async def test_the_history_around_a_job_is_read_where_the_list_does_not_tell_it() -> None:
    air = organization(3, 20)
    for rows in (air.feed or [], *air.jobs.values()):
        for row in rows:
            if row["id"] == uid("job", "c1/20"):
                row |= {"status": "failed", "completed_at": None}
    answer = await find(air.world(), uid("job", "c1/20"))
    assert answer.row.connection is not None
    assert answer.last_good is not None
    assert answer.last_good.id == uid("job", "c1/19")
    air.faults[f"/source-connections/{uid('connection', 'c1')}/jobs"] = SERVER_ERROR
    broken = await find(air.world(), uid("job", "c1/20"))
    assert (broken.history, broken.last_good) == (None, None)


async def test_a_job_older_than_the_history_around_it_has_no_last_good_run() -> None:
    air = organization(1, 120)
    async with air.world().asking() as ask:
        await list_jobs(ask(), query(since="5d", limit=1))
        answer = await find_job(ask(), uid("job", "c0/10"))
    assert answer.history is not None
    assert answer.last_good is None


async def test_a_connection_that_cannot_be_read_is_an_error() -> None:
    air = Airweave()
    air.connections.append(listed("one"))
    air.faults["/source-connections/"] = SERVER_ERROR
    with pytest.raises(AirweaveError):
        await find(air.world(), "latest", "one")


async def test_a_list_that_the_network_takes_away_meanwhile_leaves_what_is_known() -> None:
    air = organization(2, 5)
    world = air.world()
    async with world.asking() as ask:
        await list_jobs(ask(), query(since="24h"))
        air.faults["/"] = Reply(503, {"detail": "x"})
        world.clock.forward(60)
        answer = await find_job(ask(), uid("job", "c1/5"))
    assert answer.row.job.id == uid("job", "c1/5")
    assert answer.coverage.as_of == NOW
