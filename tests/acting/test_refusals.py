"""Every refusal of the API, as recorded, is told apart: what it means, what to do, and that nothing was done."""

import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.answers.acting.cancel import Cancel, cancel_job
from airweave_sync_mcp.answers.acting.plan import Said
from airweave_sync_mcp.answers.acting.run import Run, run_sync
from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.history.errors import QueryError

from .kit import PAUSED, PLAIN, RUNNING, Fault, acting, on_posts, recorded, stage

pytestmark = pytest.mark.anyio

RUNS = [
    ("current/run_on_pending", "sync_active", "has a pending job by now"),
    ("current/run_on_running", "sync_active", "has a running job by now"),
    ("current/run_on_cancelling", "sync_active", "has a cancelling job by now"),
    ("2026-03/run_on_pending", "sync_active", "has a pending job by now"),
    ("current/run_on_reauth_gone", "sync_paused", "is paused, so Airweave refuses"),
    ("current/run_on_federated", "no_sync", "has no sync"),
    ("2026-03/run_on_federated", "no_sync", "has no sync"),
    ("current/run_unknown", "connection_not_found", "does not know Acme GitLab any more"),
    ("2026-03/run_unknown", "connection_not_found", "does not know Acme GitLab any more"),
    ("2026-03/run_force", "full_sync_not_needed", "knows no full sync for it"),
    ("current-auth/run_usage_exceeded", "plan_limit", "The plan of the organization does not allow it"),
]
CANCELS = [
    ("current/cancel_on_completed", "wrong_state", "is completed by now"),
    ("current/cancel_on_cancelling", "wrong_state", "is cancelling by now"),
    ("2026-03/cancel_on_completed", "wrong_state", "is completed by now"),
    ("current/cancel_unknown_job", "job_not_found", "does not know job"),
    ("2026-03/cancel_unknown_job", "job_not_found", "does not know job"),
    ("2026-03/cancel_wrong_connection", "job_of_other_connection", "does not belong to Sales Salesforce"),
    ("2026-03/cancel_unknown_connection_real_job", "connection_not_found", "does not know Sales Salesforce any more"),
]
OTHERS = [
    ("current-auth/rate_dev_run_blocked", ErrorCode.RATE_LIMITED, True),
    ("current-auth/auth_none_run", ErrorCode.UNAUTHORIZED, False),
]
DOCUMENTED = [
    (409, {"detail": "Cannot start new sync: a sync job is already running"}, "sync_active"),
    (409, {"detail": "Cannot trigger sync: sync is SyncStatus.INACTIVE"}, "sync_inactive"),
    (409, {"detail": "Cannot trigger sync: sync is paused"}, "sync_paused"),
    (402, {"detail": "Payment required: subscription is past due"}, "plan_limit"),
    (404, {"detail": "Not Found"}, "not_offered"),
    (405, {"detail": "Method Not Allowed"}, "not_offered"),
]


@pytest.mark.parametrize(("name", "code", "says"), RUNS)
async def test_refused_runs(name: str, code: str, says: str) -> None:
    it = stage(plan=on_posts(recorded(name)))

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)

    assert refused.value.code == code
    assert says in refused.value.message
    assert bool(refused.value.words) is (code != "no_sync")
    assert refused.value.hint
    assert len(it.posts) == 1


@pytest.mark.parametrize(("name", "code", "says"), CANCELS)
async def test_refused_cancellations(name: str, code: str, says: str) -> None:
    it = stage(plan=on_posts(recorded(name)))

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await cancel_job(begin(), Cancel(connection=RUNNING, job="latest"), Said.APPROVED)

    assert refused.value.code == code
    assert says in refused.value.message
    assert refused.value.hint
    assert len(it.posts) == 1


@pytest.mark.parametrize(("name", "code", "retryable"), OTHERS)
async def test_what_is_not_about_the_sync_stays_as_it_is(name: str, code: ErrorCode, retryable: bool) -> None:
    it = stage(plan=on_posts(recorded(name)))

    async with acting(it) as begin:
        with pytest.raises(AirweaveError) as refused:
            await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)

    assert (refused.value.code, refused.value.retryable) == (code, retryable)
    assert not refused.value.outcome_unknown
    assert (refused.value.retry_after_s == 60) is (code is ErrorCode.RATE_LIMITED)
    assert len(it.posts) == 1


@pytest.mark.parametrize(("status", "body", "code"), DOCUMENTED)
async def test_what_the_documentation_tells(status: int, body: object, code: str) -> None:
    it = stage(plan=on_posts(Fault(status=status, body=body)))

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)

    assert refused.value.code == code


async def test_june_2025_cannot_cancel() -> None:
    it = stage(Generation.JUNE_2025)

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await cancel_job(begin(), Cancel(connection=RUNNING, job="latest"), Said.APPROVED)

    assert refused.value.code == "not_offered"
    assert "cannot cancel jobs" in refused.value.message
    assert it.newest(RUNNING).status == "running"


async def test_a_pause_that_only_the_server_knows_names_the_repair_if_one_is_known() -> None:
    it = stage()

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await run_sync(begin(), Run(connection=PAUSED, confirm=f"{PAUSED} repaired"), Said.APPROVED)

    assert "Create a new key at the source" in refused.value.hint


async def test_a_plan_limit_that_the_server_enforces() -> None:
    it = stage()

    async with acting(it) as begin:
        with pytest.raises(QueryError) as refused:
            await run_sync(begin(), Run(connection="Media OneDrive"), Said.APPROVED)

    assert refused.value.code == "plan_limit"
    assert "50001/50000" in refused.value.words


async def test_after_a_refusal_the_connection_is_read_anew() -> None:
    it = stage(plan=on_posts(recorded("current/run_on_pending")))

    async with acting(it) as begin:
        with pytest.raises(QueryError):
            await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)
        before = len(it.world.requests("/jobs"))
        outcome = await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)

    assert outcome.job is not None
    assert len(it.world.requests("/jobs")) == before + 1
