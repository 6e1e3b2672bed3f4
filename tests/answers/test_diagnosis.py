"""The diagnosis of one connection or job, and the health of all, over the demo."""

from collections.abc import Awaitable, Callable

import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.ask import ScopeFilter
from airweave_sync_mcp.answers.diagnosis import Diagnosis, diagnose
from airweave_sync_mcp.answers.health import Health, organization_health
from airweave_sync_mcp.answers.judge import State
from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.diagnosis.causes import CauseName, Who
from airweave_sync_mcp.history.errors import QueryError
from tests.answers.kit import demo
from tests.history.kit import LIMITED, SERVER_ERROR, Airweave, ago, hourly, organization, told, uid
from tests.support.world import World

pytestmark = pytest.mark.anyio


async def of(connection: str = "", job: str = "", world: World | None = None) -> Diagnosis:
    async with (world or demo()).asking() as ask:
        return await diagnose(ask(), connection=connection, job=job)


async def health(world: World | None = None, **facts: object) -> Health:
    async with (world or demo()).asking() as ask:
        return await organization_health(ask(), **facts)  # type: ignore[arg-type]


# One


@pytest.mark.parametrize(
    ("name", "cause", "when"),
    [
        ("Finance SharePoint", CauseName.CURSOR_EXPIRED, "a full sync repairs it"),
        ("Clinical Trials Postgres", CauseName.NETWORK_ERROR, "5 times in a row"),
        ("Security GitHub", CauseName.SOURCE_PERMISSION_DENIED, "not before the permission is granted"),
        ("Marketing Google Drive", CauseName.OAUTH_REAUTH_REQUIRED, "refused (409)"),
        ("Partner HubSpot", CauseName.AUTH_SERVICE_TRANSIENT, "paused it by mistake"),
    ],
)
async def test_a_failing_connection(name: str, cause: CauseName, when: str) -> None:
    found = await of(name)
    assert found.verdict is not None
    assert found.verdict.cause == cause
    assert when in found.retry.when
    assert found.judgement is not None
    assert (found.judgement.state, found.judgement.failing) == (State.FAILING, True)
    assert found.job is not None
    assert found.job.failed
    assert found.short_id is not None
    assert found.job.id.startswith(found.short_id)
    assert found.last_success is not None
    assert (found.over, found.asked_for_job) == (False, False)
    assert found.comparison is not None


@pytest.mark.parametrize(
    ("name", "state", "when"),
    [
        ("Acme GitLab", State.HEALTHY, "not needed"),
        ("Sales Salesforce", State.RUNNING, "refused (400) while a job is running"),
        ("Support Intercom", State.STUCK, "it is stuck"),
        ("Alumni Gmail", State.WAITING_FOR_LOGIN, "after somebody has logged in"),
        ("Acme Slack", State.NOT_SYNCED, "never"),
        ("Catalog Salesforce", State.SILENT, "a run deletes what it does not find"),
    ],
)
async def test_one_that_does_not_fail(name: str, state: State, when: str) -> None:
    found = await of(name)
    assert found.judgement is not None
    assert found.judgement.state == state
    assert when in found.retry.when
    assert found.shared is None
    assert found.verdict is None


async def test_the_run_of_the_worst_finding_is_the_one_it_is_about() -> None:
    found = await of("Catalog Salesforce")
    assert found.job is not None
    assert (found.job.deleted or 0) > 1000
    assert found.retry.safe is False


async def test_trouble_shared_with_others_as_far_as_they_are_known() -> None:
    world = demo(known=False)
    async with world.asking() as ask:
        assert (await diagnose(ask(), connection="HR Notion")).shared is None
        await organization_health(ask())
        shared = (await diagnose(ask(), connection="HR Notion")).shared
    assert shared is not None
    assert {one.name for one in shared.connections} >= {"HR Notion", "Research Confluence", "Field Jira"}


async def test_a_job_and_whether_it_is_over() -> None:
    world = demo()
    fixed = await of("Onboarding ServiceNow", "latest_failed", world)
    assert (fixed.over, fixed.asked_for_job) == (True, True)
    assert (fixed.retry.useful, fixed.retry.when) == (False, "not needed: a good run came after it")
    assert fixed.verdict is not None
    assert fixed.connection is not None
    assert fixed.connection.name == "Onboarding ServiceNow"
    still = await of("", "latest_failed", world)
    assert still.over is False


@pytest.mark.parametrize(
    ("error", "minutes", "when", "how"),
    [
        ("SourceServerError: Server error (500)", 1, "in a few minutes", "One run; "),
        ("SourceServerError: Server error (500)", 90, "now", "One run; "),
        ("SourceRateLimitError: Rate limited (429). Retry after 600.0s", 2, "in 480 s, after the 600 s", "One run; "),
        ("SourceRateLimitError: Rate limited (429). Retry after 600.0s", 60, "now: the 600 s", "One run; "),
        ("gaierror: [Errno -2] Name or service not known", 60, "not before the host", ""),
    ],
)
async def test_when_a_retry_helps_and_how_are_told_once(error: str, minutes: float, when: str, how: str) -> None:
    air = Airweave()
    air.add("one", [told("bad", ago(minutes=minutes), "failed", error=error)], status="error")
    retry = (await of("one", world=air.world())).retry
    assert retry.when.startswith(when)
    assert retry.how.startswith(how) if how else retry.how == ""
    assert "useful" not in (retry.when + retry.how).casefold()
    assert "minutes" not in retry.how


async def test_a_job_whose_connection_nobody_knows() -> None:
    air = organization(1, 3)
    assert air.feed is not None
    air.feed.insert(0, air.feed[0] | {"id": uid("x"), "sync_id": "gone", "sync_name": "gone", "status": "failed"})
    found = await of(job=uid("x"), world=air.world())
    assert (found.connection, found.judgement, found.over) == (None, None, False)
    assert found.verdict is not None


async def test_it_is_read_anew_and_its_own_page_is_optional() -> None:
    air = Airweave()
    one = air.add("one", [told("x", ago(hours=1), "failed", error="ValueError: x")], status="error")
    air.faults[f"/source-connections/{one}"] = SERVER_ERROR
    air.faults[f"/source-connections/{one}/jobs"] = SERVER_ERROR
    with pytest.raises(AirweaveError):
        await of("one", world=air.world())
    del air.faults[f"/source-connections/{one}/jobs"]
    air.before = _spare_jobs(air, one)
    found = await of("one", world=air.world())
    assert found.connection is not None
    assert found.connection.detail is None
    assert found.job is not None


def _spare_jobs(air: Airweave, one: str) -> Callable[[str, object], Awaitable[None]]:
    async def before(path: str, query: object) -> None:
        air.faults = {} if path.endswith("/jobs") else {f"/source-connections/{one}": SERVER_ERROR}

    return before


async def test_nothing_asked_is_an_error() -> None:
    with pytest.raises(QueryError) as caught:
        await of(" ")
    assert caught.value.code == "nothing_asked"


# All


@pytest.mark.parametrize("generation", list(Generation))
async def test_health_counts_every_connection_once(generation: Generation) -> None:
    found = await health(demo(generation), since="2d")
    assert sum(found.states.values()) == found.coverage.connections_total == len(found.judgements)
    assert found.coverage.complete
    assert found.success_rate is not None
    assert 0 < found.success_rate < 1
    assert found.jobs["failed"] > 30
    assert found.states[State.FAILING] >= 15
    alarms = [one.needs_person for one in found.troubled]
    assert alarms == sorted(alarms, reverse=True)
    assert any(len(one.connections) >= 3 for one in found.shared)


async def test_health_of_some_and_of_a_shorter_time() -> None:
    found = await health(scope=ScopeFilter(collection="sales-crm-p93fe"), since="24h")
    assert {one.connection.collection for one in found.judgements} == {"sales-crm-p93fe"}
    assert len(found.connections) == 45  # to tell names apart
    assert found.window.since == ago(hours=24)


async def test_health_without_a_time_or_without_jobs() -> None:
    with pytest.raises(QueryError) as caught:
        await health(since=" ")
    assert caught.value.code == "invalid_time"
    air = Airweave()
    air.add("new")
    found = await health(air.world(), since="1m")
    assert (found.success_rate, dict(found.jobs)) == (None, {})
    assert found.states == {State.NEVER_RAN: 1}


async def test_health_says_what_was_not_looked_at() -> None:
    air = Airweave()
    air.add("one", hourly("one", 3))
    air.faults["/source-connections/"] = LIMITED
    found = await health(air.world())
    assert found.states == {State.UNREAD: 1}
    assert not found.coverage.complete


async def test_health_and_diagnosis_agree_on_who_acts() -> None:
    world = demo()
    async with world.asking() as ask:
        connections = (await organization_health(ask())).connections
        found = {one.id: await diagnose(ask(), connection=one.id) for one in connections}  # which tells schedules too
        for one in (await organization_health(ask())).judgements:
            assert one.needs_person is (found[one.connection.id].who not in (None, Who.NOBODY)), one.connection.name
