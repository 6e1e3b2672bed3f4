"""When the answer of a write is lost, the state is read back and told as it is; the write is never sent again."""

from collections.abc import Callable

import httpx
import pytest

from airweave_sync_mcp.answers.acting.cancel import Cancel, cancel_job
from airweave_sync_mcp.answers.acting.outcome import Outcome, Result
from airweave_sync_mcp.answers.acting.plan import Said
from airweave_sync_mcp.answers.acting.run import Run, run_sync
from airweave_sync_mcp.demo import Generation, Temporal
from airweave_sync_mcp.render.acting import render_action
from airweave_sync_mcp.safety import Cleaner

from .kit import GENERATIONS, LOST, PENDING, PLAIN, RUNNING, WITH_CANCEL, Fault, Plan, Stage, acting, on_posts, stage

pytestmark = pytest.mark.anyio


async def run(it: Stage) -> Outcome:
    async with acting(it) as begin:
        outcome = await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)
    assert len(it.posts) == 1
    return outcome


async def cancel(it: Stage, name: str = RUNNING) -> Outcome:
    async with acting(it) as begin:
        outcome = await cancel_job(begin(), Cancel(connection=name, job="latest"), Said.APPROVED)
    assert len(it.posts) == 1
    return outcome


def told(outcome: Outcome) -> str:
    return render_action(outcome, Cleaner()).structure.warning or ""


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("loss", LOST.values(), ids=LOST)
async def test_a_run_that_was_started_is_found_again(generation: Generation, loss: Exception) -> None:
    it = stage(generation, plan=on_posts(Fault(raises=loss, acts=True)))

    outcome = await run(it)

    assert (outcome.result, outcome.lost is not None) == (Result.STARTED, True)
    assert outcome.job is not None
    assert outcome.job.id == it.newest(PLAIN).id
    assert "a new job is there, which is taken for this run" in told(outcome)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("loss", LOST.values(), ids=LOST)
async def test_a_run_of_which_nothing_is_to_be_seen_is_unknown(generation: Generation, loss: Exception) -> None:
    """It may still be under way: Airweave takes up to a minute for a request."""
    it = stage(generation, plan=on_posts(Fault(raises=loss)))

    outcome = await run(it)

    assert (outcome.result, outcome.job) == (Result.UNKNOWN, None)
    assert "Whether one still starts is not known" in told(outcome)
    out = render_action(outcome, Cleaner()).structure
    assert out.done is None
    assert out.next_steps[0] == f"In a minute: get_connection_jobs(connection={PLAIN!r})"


async def test_a_run_that_comes_late_is_found_by_the_next_look() -> None:
    it = stage()

    async def sleep(seconds: float) -> None:
        await it.clock.sleep(seconds)
        if it.posts and it.newest(PLAIN).id == before:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(it.app.app), base_url="http://x") as late:
                await late.post(it.posts[0], headers={"x-api-key": "demo-key"})

    before = it.newest(PLAIN).id
    it = stage(plan=on_posts(Fault(raises=LOST["time-out"])), core={"sleep": sleep})

    outcome = await run(it)

    assert outcome.result is Result.STARTED
    assert outcome.job is not None
    assert outcome.job.id != before


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_a_500_that_did_nothing_started_nothing(generation: Generation) -> None:
    it = stage(generation, plan=on_posts(Fault(status=500, body={"detail": "Internal Server Error"})))

    outcome = await run(it)

    assert outcome.result is Result.NOT_STARTED
    assert "there is no new job, so nothing was started" in told(outcome)


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_a_500_that_leaves_a_pending_job_behind_is_recognised(generation: Generation) -> None:
    """Temporal is unreachable: no worker ever hears of the job, and it keeps others from starting."""
    it = stage(generation)
    assert it.world.demo is not None
    it.world.demo.temporal = Temporal.UNREACHABLE

    outcome = await run(it)

    assert outcome.result is Result.UNKNOWN
    assert outcome.job is not None
    assert (outcome.job.id, outcome.job.status) == (it.newest(PLAIN).id, "pending")
    assert "was left behind" in told(outcome)
    assert "clean-up cancels it after 3 to 6 minutes" in told(outcome)
    steps = render_action(outcome, Cleaner()).structure.next_steps
    assert steps[0].startswith("wait_for_sync_job(")


async def test_a_500_whose_job_runs_all_the_same_was_a_start() -> None:
    it = stage(plan=on_posts(Fault(status=500, body={"detail": "Internal Server Error: X"}, acts=True)))

    outcome = await run(it)

    assert outcome.result is Result.STARTED
    assert outcome.job is not None
    assert outcome.job.status == "running"


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("acts", [True, False])
async def test_what_a_gateway_answers_proves_nothing(status: int, acts: bool) -> None:
    it = stage(plan=on_posts(Fault(status=status, body={"detail": "Bad Gateway"}, acts=acts)))

    outcome = await run(it)

    assert outcome.result is (Result.STARTED if acts else Result.UNKNOWN)


UNUSABLE = [Fault(status=200, body={"no": "job"}, acts=True), Fault(status=200, body=None, acts=True)]


@pytest.mark.parametrize("fault", UNUSABLE)
async def test_an_answer_that_cannot_be_understood_is_a_lost_one(fault: Fault) -> None:
    it = stage(plan=on_posts(fault))

    assert (await run(it)).result is Result.STARTED


def _nothing_after_the_write() -> Plan:
    written = False

    def plan(method: str, _: str) -> Fault | None:
        nonlocal written
        if method == "POST":
            written = True
            return Fault(raises=LOST["reset"], acts=True)
        return Fault(raises=httpx.ConnectError("down")) if written else None

    return plan


@pytest.mark.parametrize("act", [run, cancel])
async def test_a_state_that_cannot_be_read_back_is_unknown(act: Callable[[Stage], "object"]) -> None:
    it = stage(plan=_nothing_after_the_write())

    outcome = await act(it)  # type: ignore[misc]

    assert outcome.result is Result.UNKNOWN
    assert "not known" in told(outcome)


# Cancelling


@pytest.mark.parametrize("generation", WITH_CANCEL)
@pytest.mark.parametrize("loss", LOST.values(), ids=LOST)
async def test_a_cancellation_that_was_made_is_found_again(generation: Generation, loss: Exception) -> None:
    it = stage(generation, plan=on_posts(Fault(raises=loss, acts=True)))

    outcome = await cancel(it)

    assert outcome.result is Result.CANCELLING
    assert outcome.lost is not None


@pytest.mark.parametrize("loss", LOST.values(), ids=LOST)
async def test_a_cancellation_of_which_nothing_is_to_be_seen_is_unknown(loss: Exception) -> None:
    it = stage(plan=on_posts(Fault(raises=loss)))

    outcome = await cancel(it)

    assert outcome.result is Result.UNKNOWN
    assert outcome.job is not None
    assert outcome.job.status == "running"
    assert "Whether the cancellation still comes is not known" in told(outcome)


@pytest.mark.parametrize(
    ("generation", "result"),
    [(Generation.CURRENT, Result.CANCELLING), (Generation.MARCH_2026, Result.NOT_CANCELLED)],
)
async def test_a_502_stays_cancelling_or_is_rolled_back(generation: Generation, result: Result) -> None:
    it = stage(generation)
    assert it.world.demo is not None
    it.world.demo.temporal = Temporal.REFUSES

    outcome = await cancel(it)

    assert outcome.result is result
    words = told(outcome)
    assert ("its worker may not have been told" in words) is (result is Result.CANCELLING)
    assert ("the job is running" in words) is (result is Result.NOT_CANCELLED)


@pytest.mark.parametrize(("name", "result"), [(RUNNING, Result.CANCELLING), (PENDING, Result.CANCELLED)])
async def test_a_500_may_have_cancelled_all_the_same(name: str, result: Result) -> None:
    it = stage()
    assert it.world.demo is not None
    it.world.demo.temporal = Temporal.UNREACHABLE

    outcome = await cancel(it, name)

    assert outcome.result is result


async def test_a_job_that_ended_meanwhile_was_not_cancelled() -> None:
    it = stage(plan=on_posts(Fault(raises=LOST["reset"])))
    async with acting(it) as begin:
        it.app.plan = lambda *_: None
        await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)
        it.posts.clear()
        it.clock.forward(20)  # it ends after 23
        it.app.plan = on_posts(Fault(raises=LOST["reset"]))
        outcome = await cancel_job(begin(), Cancel(connection=PLAIN, job="latest"), Said.APPROVED)

    assert it.newest(PLAIN).status == "completed"
    assert outcome.result is Result.NOT_CANCELLED
    assert len(it.posts) == 1


@pytest.mark.parametrize("generation", WITH_CANCEL)
async def test_a_pending_job_is_cancelled_at_once_or_by_old_servers_later(generation: Generation) -> None:
    it = stage(generation)

    outcome = await cancel(it, PENDING)

    assert outcome.result is (Result.CANCELLING if generation.old else Result.CANCELLED)
    assert outcome.lost is None
