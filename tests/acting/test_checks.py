"""What is checked before a write, because the API does not check it, or refuses it without saying what to do."""

import pytest

from airweave_sync_mcp.answers.acting.cancel import Cancel, cancel_job, plan_cancel
from airweave_sync_mcp.answers.acting.outcome import Result
from airweave_sync_mcp.answers.acting.plan import Said
from airweave_sync_mcp.answers.acting.run import Run, plan_run, run_sync
from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.demo.world import Job
from airweave_sync_mcp.history.errors import QueryError

from .kit import GENERATIONS, PAUSED, PENDING, PLAIN, RUNNING, WITH_CANCEL, acting, stage

pytestmark = pytest.mark.anyio

STOPPED = [
    (RUNNING, "sync_active", "running"),
    (PENDING, "sync_active", "pending"),
    ("Ads Monday", "sync_active", "cancelling"),
    ("Acme Slack", "not_synced", "searched live"),
    ("Alumni Gmail", "waiting_for_login", "log in"),
]


@pytest.mark.parametrize("generation", [one for one in GENERATIONS if one is not Generation.JUNE_2025])
@pytest.mark.parametrize(("name", "code", "says"), STOPPED)
async def test_a_run_that_cannot_be_is_not_sent(generation: Generation, name: str, code: str, says: str) -> None:
    it = stage(generation)

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await run_sync(begin(), Run(connection=name, confirm=name), Said.APPROVED)

    assert refused.value.code == code
    assert says in refused.value.message
    assert refused.value.hint
    assert it.posts == []


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_only_one_run_at_a_time(generation: Generation) -> None:
    it = stage(generation)

    async with acting(it) as begin:
        first = await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)
        with pytest.raises(QueryError) as refused:
            await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)

    assert first.result is Result.STARTED
    assert first.job is not None
    assert (refused.value.code, first.job.id in refused.value.message) == ("sync_active", True)
    assert len(it.posts) == 1


async def test_a_paused_sync_is_not_run_and_what_to_repair_is_said() -> None:
    it = stage()

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await run_sync(begin(), Run(connection=PAUSED), Said.APPROVED)

    assert refused.value.code == "sync_paused"
    assert "api_key_invalid" in refused.value.message
    assert "Create a new key at the source" in refused.value.hint
    assert it.posts == []


async def test_who_has_repaired_it_is_not_kept_from_running_it() -> None:
    """The API tells nothing of a repair, so the newest job still says that the sync is paused."""
    it = stage()
    connection = it.jobs.named(PAUSED)
    values = {name: getattr(connection, name) for name in connection.__slots__}
    it.jobs.connections[connection.id] = type(connection)(**values | {"paused": False})

    async with acting(it) as begin:
        with pytest.raises(QueryError):
            await plan_run(begin().ask, Run(connection=PAUSED))
        outcome = await run_sync(begin(), Run(connection=PAUSED, confirm=f"{PAUSED} repaired"), Said.APPROVED)

    assert outcome.result is Result.STARTED


async def test_a_claim_of_a_repair_does_not_hide_the_refusal() -> None:
    it = stage()

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await run_sync(begin(), Run(connection=PAUSED, confirm=f"{PAUSED} repaired"), Said.APPROVED)

    assert refused.value.code == "sync_paused"
    assert "409" in refused.value.message
    assert len(it.posts) == 1


async def test_servers_that_do_not_pause_are_asked() -> None:
    it = stage(Generation.MARCH_2026)

    async with acting(it) as begin:
        outcome = await run_sync(begin(), Run(connection=PAUSED), Said.APPROVED)

    assert outcome.result is Result.STARTED
    assert outcome.plan.caution.startswith("Useless")


async def test_a_login_that_was_just_finished_counts_although_the_list_is_older() -> None:
    it = stage(rate_limit=10)
    connection = it.jobs.named("Alumni Gmail")
    values = {name: getattr(connection, name) for name in connection.__slots__}

    async with acting(it) as begin:
        with pytest.raises(QueryError):
            await plan_run(begin().ask, Run(connection="Alumni Gmail"))
        logged_in = {"authenticated": True, "sync_id": "5a1f0000-0000-4000-8000-000000000000"}
        it.jobs.connections[connection.id] = type(connection)(**values | logged_in)
        it.clock.forward(20)
        plan = await plan_run(begin().ask, Run(connection="Alumni Gmail"))

    assert plan.connection.authenticated is True


# Cancelling


@pytest.mark.parametrize("generation", WITH_CANCEL)
async def test_a_job_of_another_connection_is_never_cancelled(generation: Generation) -> None:
    """The current API would do it, whatever connection stands in the path."""
    it = stage(generation)
    foreign = it.newest(RUNNING).id

    async with acting(it) as begin:
        for reference in (foreign, foreign[:8], f"https://api.airweave.ai/source-connections/x/jobs/{foreign}"):
            wanted = Cancel(connection=PENDING, job=reference, confirm=foreign)
            with pytest.raises(QueryError) as refused:
                await cancel_job(begin(), wanted, Said.APPROVED)
            assert refused.value.code == "job_not_found"

    assert it.posts == []
    assert it.newest(RUNNING).status == "running"


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_an_old_job_is_found_however_far_back_the_api_reaches(generation: Generation) -> None:
    it = stage(generation)
    jobs = it.jobs.jobs_of(it.id("Acme GitHub"))

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await plan_cancel(begin().ask, Cancel(connection="Acme GitHub", job=jobs[900].id))

    assert refused.value.code == "wrong_state"
    assert jobs[900].status in refused.value.message
    assert it.posts == []


@pytest.mark.parametrize("status", ["completed", "failed", "created"])
async def test_a_job_that_is_not_under_way_is_not_cancelled(status: str) -> None:
    it = stage()
    it.jobs.put(Job(id="aaaaaaaa-0000-4000-8000-000000000000", connection_id=it.id(PLAIN), status=status,
                    created_at=it.clock(), started_at=it.clock(), ended_at=it.clock()))  # fmt: skip

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await cancel_job(begin(), Cancel(connection=PLAIN, job="aaaaaaaa"), Said.APPROVED)

    assert refused.value.code == "wrong_state"
    assert it.posts == []


@pytest.mark.parametrize("said", list(Said))
async def test_to_cancel_again_does_nothing_and_says_so(said: Said) -> None:
    it = stage()
    job = it.newest("Ads Monday").id

    async with acting(it) as begin:
        outcome = await cancel_job(begin(), Cancel(connection="Ads Monday", job=job), said)

    assert (outcome.result, outcome.confirmed_by) == (Result.CANCELLING, None)
    assert it.posts == []


async def test_the_latest_job_can_be_named_so() -> None:
    it = stage()

    async with acting(it) as begin:
        plan = await plan_cancel(begin().ask, Cancel(connection=RUNNING, job="latest"))
        with pytest.raises(QueryError) as failed:
            await plan_cancel(begin().ask, Cancel(connection=RUNNING, job="latest_failed"))
        with pytest.raises(QueryError) as none:
            await plan_cancel(begin().ask, Cancel(connection="Personal Todoist", job="latest"))
        with pytest.raises(QueryError) as odd:
            await plan_cancel(begin().ask, Cancel(connection=RUNNING, job="the running one"))

    assert plan.job is not None
    assert plan.job.id == it.newest(RUNNING).id
    assert failed.value.code == none.value.code == "no_jobs"
    assert odd.value.code == "malformed_id"


async def test_two_jobs_that_begin_alike_are_told_apart() -> None:
    it = stage()
    for last in ("1", "2"):
        it.jobs.put(Job(id=f"bbbbbbbb-0000-4000-8000-00000000000{last}", connection_id=it.id(PLAIN), status="running",
                        created_at=it.clock(), started_at=it.clock()))  # fmt: skip

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await plan_cancel(begin().ask, Cancel(connection=PLAIN, job="bbbbbbbb"))

    assert refused.value.code == "ambiguous_job"


async def test_a_plan_needs_few_requests() -> None:
    """The smallest Airweave plan allows ten a minute."""
    it = stage(rate_limit=10)

    async with acting(it) as begin:
        await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)

    assert len(it.world.requests()) == 3
