"""Waiting: at once when it ends, honest when it does not, within the rate limit, and given up within a second."""

import time

import anyio
import httpx
import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.acting.wait import Look, Wait, wait_for_job
from airweave_sync_mcp.demo import Generation, Temporal
from airweave_sync_mcp.demo.world import Job
from airweave_sync_mcp.render.waiting import render_wait
from airweave_sync_mcp.safety import Cleaner
from tests.support.world import text_of

from .kit import (
    ERAS,
    GENERATIONS,
    OPS,
    PENDING,
    PLAIN,
    RUNNING,
    Era,
    Fault,
    acting,
    answer,
    refusal,
    stage,
    start,
    wait,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_it_comes_back_when_the_job_has_ended(generation: Generation) -> None:
    it = stage(generation)
    job = await start(it)

    waited, told = await wait(it, PLAIN)

    assert waited.look.ended
    assert (waited.look.job.id, waited.look.job.status) == (job, "completed")
    assert 22 <= waited.look.waited_s <= 26
    assert told[0].startswith("pending for 0 s")
    assert "running for 15 s (usually 3 min)" in told


@pytest.mark.parametrize("era", ERAS)
async def test_time_is_up(era: Era) -> None:
    it = stage()

    async with it.client(era) as client:
        result = await client.call_tool("wait_for_sync_job", {"connection": RUNNING, "timeout_seconds": 10})

    found = answer(result)
    assert (found["finished"], found["status"], found["waited_s"]) == (False, "running", 10)
    assert found["usual_duration_s"] == pytest.approx(10_800, rel=0.2)
    short = it.newest(RUNNING).id[:8]
    assert found["next_steps"] == [f"Call again: wait_for_sync_job(connection={RUNNING!r}, job={short!r})"]
    assert "trouble_over" not in found
    assert "NOT finished" in text_of(result)


@pytest.mark.parametrize("era", ERAS)
async def test_progress_is_told(era: Era) -> None:
    it = stage()
    await start(it)
    seen: list[tuple[float, float | None, str | None]] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async with it.client(era) as client:
        await client.call_tool("wait_for_sync_job", {"connection": PLAIN}, progress_callback=progress)

    assert [done for done, _, _ in seen] == sorted({done for done, _, _ in seen})
    assert all(total == 30 for _, total, _ in seen)
    assert any("running for" in str(message) and "usually 3 min" in str(message) for _, _, message in seen)


async def test_counts_are_told_where_the_server_tells_them() -> None:
    it = stage()
    job = it.newest(RUNNING)
    it.jobs.put(Job(id=job.id, connection_id=job.connection_id, status="running", created_at=job.created_at,
                    started_at=job.started_at, counts=type(job.counts)(inserted=120)))  # fmt: skip

    _, told = await wait(it, RUNNING, timeout_s=4)

    assert "120 inserted" in told[0]


async def test_what_has_ended_long_ago_is_told_at_once() -> None:
    it = stage()

    waited, told = await wait(it, "Engineering Confluence")

    assert waited.look.ended
    assert waited.look.waited_s == 0
    assert told == []


@pytest.mark.parametrize("where", [60, 900])
async def test_an_old_job_is_found(where: int) -> None:
    it = stage()
    job = it.jobs.jobs_of(it.id("Acme GitHub"))[where]

    waited, _ = await wait(it, "Acme GitHub", job.id[:13])

    assert waited.look.job.id == job.id
    assert waited.look.ended


async def test_what_cannot_be_waited_for() -> None:
    it = stage()
    tries = [
        ("Acme Slack", "", "not_synced"),
        ("Alumni Gmail", "", "waiting_for_login"),
        ("Personal Todoist", "", "no_jobs"),
        (PLAIN, "99999999", "job_not_found"),
        (PLAIN, "latest_failed", "no_jobs"),
        ("nobody", "", "connection_not_found"),
    ]

    async with it.client() as client:
        for name, job, code in tries:
            found = refusal(await client.call_tool("wait_for_sync_job", {"connection": name, "job": job}))
            assert found["code"] == code, name


# A job that never starts


async def test_a_job_that_will_never_start_is_recognised() -> None:
    """Nothing tells when it was made, so it counts from the first look; several calls add up."""
    it = stage()
    overdue: list[bool] = []

    for _ in range(8):
        waited, _ = await wait(it, PENDING, timeout_s=5)
        it.clock.forward(40)
        assert not waited.look.hopeless
        overdue.append(waited.look.overdue)
    waited, _ = await wait(it, PENDING)

    assert overdue == [False] * 4 + [True] * 4
    assert waited.look.hopeless
    assert waited.look.waited_s < 5
    out = render_wait(waited, cleaner=Cleaner(), nonce=lambda: "n").structure
    assert (out.finished, out.never_starts) == (False, True)
    assert "no worker takes it" in (out.warning or "")
    assert out.next_steps[0].startswith("cancel_sync_job(")


async def test_a_job_whose_birth_is_known_is_recognised_at_once() -> None:
    it = stage(Generation.JUNE_2025)

    waited, _ = await wait(it, PENDING)

    assert waited.look.hopeless
    assert waited.look.waited_s == 0


async def test_a_job_that_was_only_created_is_not_waited_for() -> None:
    it = stage()
    oldest = it.jobs.jobs_of(it.id("Finance Stripe"))[-1]

    waited, _ = await wait(it, "Finance Stripe", oldest.id)

    assert (oldest.status, waited.look.hopeless, waited.look.waited_s) == ("created", True, 0)
    assert "only created" in (render_wait(waited, cleaner=Cleaner(), nonce=lambda: "n").structure.warning or "")


async def test_what_was_seen_waiting_before_counts() -> None:
    it = stage()
    async with it.client() as client:
        await client.call_tool("diagnose_sync", {"connection": PENDING})
        it.clock.forward(400)
        found = answer(await client.call_tool("wait_for_sync_job", {"connection": PENDING}))

    assert (found["never_starts"], found["waited_s"]) == (True, 0)


async def test_a_cancellation_that_does_not_come_through_is_recognised() -> None:
    it = stage()

    for _ in range(8):
        await wait(it, "Ads Monday", timeout_s=5)
        it.clock.forward(40)
    waited, _ = await wait(it, "Ads Monday")

    assert waited.look.hopeless
    out = render_wait(waited, cleaner=Cleaner(), nonce=lambda: "n").structure
    assert out.never_starts is None
    assert "cancelling for" in (out.warning or "")


async def test_what_a_failed_start_left_behind_is_cleaned_up_and_said_so() -> None:
    it = stage()
    assert it.world.demo is not None
    it.world.demo.temporal = Temporal.UNREACHABLE
    job = await start(it)

    waited, _ = await wait(it, PLAIN, job, timeout_s=None)

    assert (waited.look.job.status, waited.look.ended) == ("cancelled", True)
    assert 230 < waited.look.waited_s < 260
    out = render_wait(waited, cleaner=Cleaner(), nonce=lambda: "n").structure
    assert "clean" in (out.warning or "").lower()


# Within the rate limit, in spite of passing troubles


@pytest.mark.parametrize(("limit", "most"), [(10, 5), (100, 25), (None, 25)])
async def test_polling_stays_within_the_rate_limit(limit: int | None, most: int) -> None:
    it = stage(rate_limit=limit)

    async with acting(it) as begin:
        made = begin()
        await wait_for_job(made.ask, Wait(connection=RUNNING, timeout_s=45), sleep=made.sleep, report=_nothing)

    asked = it.world.requests("/jobs")
    assert 2 <= len(asked) <= most


async def _nothing(_: Look) -> None: ...


async def test_who_waits_for_long_asks_less_often() -> None:
    it = stage()

    waited, told = await wait(it, RUNNING, timeout_s=1_200)

    assert waited.look.waited_s == pytest.approx(1_200, abs=1)
    assert len(told) < 60 / 2 + 540 / 5 + 600 / 15 + 5


TROUBLES = [
    httpx.ReadTimeout("slow"),
    httpx.ConnectError("down"),
    httpx.ReadError("reset"),
]


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_passing_trouble_does_not_end_the_waiting(trouble: Exception) -> None:
    it = stage()
    await start(it)
    asked = 0

    def plan(method: str, path: str) -> Fault | None:
        nonlocal asked
        asked += path.endswith("/jobs")
        return Fault(raises=trouble) if 2 <= asked <= 9 and path.endswith("/jobs") else None

    it.app.plan = plan
    waited, _ = await wait(it, PLAIN)

    assert waited.look.job.status == "completed"
    assert waited.look.unread is None


async def test_a_trouble_that_lasts_is_told_when_time_is_up() -> None:
    it = stage()
    await start(it)
    asked = 0

    def plan(method: str, path: str) -> Fault | None:
        nonlocal asked
        asked += path.endswith("/jobs")
        return Fault(status=503, body={"detail": "x"}) if asked > 1 and path.endswith("/jobs") else None

    it.app.plan = plan
    waited, _ = await wait(it, PLAIN)

    assert not waited.look.ended
    assert waited.look.unread is not None
    out = render_wait(waited, cleaner=Cleaner(), nonce=lambda: "n").structure
    assert "not available (503)" in (out.warning or "")


@pytest.mark.parametrize(
    ("status", "detail"), [(403, "Invalid or expired API key"), (404, "SourceConnection not found")]
)
async def test_a_trouble_that_will_not_pass_ends_it(status: int, detail: str) -> None:
    it = stage()
    await start(it)
    asked = 0

    def plan(method: str, path: str) -> Fault | None:
        nonlocal asked
        asked += path.endswith("/jobs")
        return Fault(status=status, body={"detail": detail}) if asked > 2 and path.endswith("/jobs") else None

    it.app.plan = plan
    with pytest.raises(AirweaveError):
        await wait(it, PLAIN)


async def test_a_429_is_waited_out() -> None:
    it = stage()
    await start(it)
    asked: list[float] = []

    def plan(method: str, path: str) -> Fault | None:
        if not path.endswith("/jobs"):
            return None
        asked.append(it.clock.monotonic())
        limited = Fault(status=429, body={"detail": "Rate limit exceeded"}, headers=(("retry-after", "20"),))
        return limited if len(asked) == 2 else None

    it.app.plan = plan
    waited, _ = await wait(it, PLAIN)

    assert waited.look.job.status == "completed"
    assert asked[2] - asked[1] >= 20


# Given up


@pytest.mark.parametrize("era", ERAS)
async def test_it_stops_within_a_second_when_the_caller_gives_up(era: Era) -> None:
    stopped = anyio.Event()

    async def sleep(seconds: float) -> None:
        try:
            await anyio.sleep(seconds)
        except BaseException:
            stopped.set()
            raise

    it = stage(core={"sleep": sleep})
    async with it.client(era) as client:
        began = time.monotonic()
        with anyio.move_on_after(0.05):
            await client.call_tool("wait_for_sync_job", {"connection": RUNNING})
        with anyio.fail_after(1):
            await stopped.wait()
        assert time.monotonic() - began < 1
        asked = len(it.world.requests())
        assert answer(await client.call_tool("wait_for_sync_job", {"connection": OPS}))["finished"]

    assert len(it.world.requests()) <= asked + 2


async def test_how_long_may_be_waited() -> None:
    it = stage()

    async with it.client() as client:
        for seconds in (0, 46, -1, "long"):
            arguments = {"connection": PLAIN, "timeout_seconds": seconds}
            found = refusal(await client.call_tool("wait_for_sync_job", arguments))
            assert found["code"] == "invalid_argument"
            assert "1 to 45" in found["message"]


async def test_a_stuck_run_can_be_waited_for_all_the_same() -> None:
    it = stage()

    waited, _ = await wait(it, "Support Intercom", timeout_s=4)

    assert not waited.look.hopeless
    assert waited.look.elapsed_s > 8 * 3_600
