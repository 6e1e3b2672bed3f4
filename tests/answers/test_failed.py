"""What failed, row by row and by cause, and what has been failing since before."""

from datetime import timedelta

import pytest

from airweave_sync_mcp.answers.ask import ScopeFilter
from airweave_sync_mcp.answers.failed import FailedJobs, list_failed_jobs
from airweave_sync_mcp.answers.groups import Group, GroupPage, group_failed_jobs
from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.diagnosis.causes import CauseName
from airweave_sync_mcp.history.cursor import Cursor, write_cursor
from airweave_sync_mcp.history.errors import QueryError
from tests.answers.kit import demo, query
from tests.history.kit import LIMITED, Airweave, ago, hourly, organization, told, uid
from tests.support.world import NOW, World

pytestmark = pytest.mark.anyio

FAILED = {"failed"}
BEFORE = ["Sales Google Calendar", "Founders Gmail", "Marketing Google Drive", "Recruiting Asana", "Freshdesk Archive"]


async def failed(world: World, **facts: object) -> FailedJobs:
    async with world.asking() as ask:
        return await list_failed_jobs(ask(), query(**{"statuses": FAILED, "since": "24h", "limit": 100, **facts}))  # type: ignore[arg-type]


async def groups(world: World, **facts: object) -> GroupPage:
    async with world.asking() as ask:
        return await group_failed_jobs(ask(), query(**{"statuses": FAILED, "since": "24h", **facts}))  # type: ignore[arg-type]


@pytest.mark.parametrize("generation", list(Generation))
async def test_what_has_been_failing_since_before_the_window_is_named(generation: Generation) -> None:
    """A credential failure pauses the sync: the worst trouble makes no new jobs."""
    found = await failed(demo(generation))
    assert [one.connection.name for one in found.failing_before] == BEFORE
    assert all(one.row.verdict for one in found.failing_before)
    assert all(row.job.failed for row in found.page.rows)
    shown = {row.connection.name for row in found.page.rows if row.connection}
    assert not shown & {*BEFORE}
    assert {"Release Jira", "Partner HubSpot", "Teams Chat"} <= shown  # without any time, some of them


async def test_it_is_named_in_every_question_with_an_open_end() -> None:
    world = demo()
    assert (await failed(world, since="")).failing_before == ()
    assert (await failed(world, until="1h")).failing_before == ()
    assert len((await failed(world, since="1h")).failing_before) > 5
    assert [one.connection.name for one in (await failed(world, since="8d")).failing_before] == ["Freshdesk Archive"]


async def test_filters_hold_for_it_too() -> None:
    world = demo()
    by_cause = await failed(world, causes=frozenset({CauseName.OAUTH_REAUTH_REQUIRED}))
    assert [one.connection.name for one in by_cause.failing_before] == BEFORE[:3]
    by_scope = await failed(world, scope=ScopeFilter(collection="customer-support-7xq1d"))
    assert [one.connection.name for one in by_scope.failing_before] == ["Freshdesk Archive"]
    good = await failed(world, scope=ScopeFilter(connection="Acme GitLab"))
    assert (good.page.rows, good.failing_before) == ((), ())


async def test_one_that_succeeded_since_is_not_failing_and_one_cancelled_since_is() -> None:
    air = Airweave()
    air.add("fixed", [told("good", ago(hours=30)), told("bad", ago(hours=40), "failed")])
    air.add("stopped", [told("stop", ago(hours=30), "cancelled"), told("still bad", ago(hours=40), "failed")])
    air.add(
        "trying", [told("try", ago(hours=1), "running"), told("also bad", ago(hours=40), "failed")], status="syncing"
    )
    air.add("cancelled", [told("only", ago(hours=30), "cancelled")])
    found = await failed(air.world())
    assert {one.connection.name for one in found.failing_before} == {"stopped", "trying"}


async def test_one_that_was_not_read_is_named_by_its_status() -> None:
    air = Airweave()
    air.add("dead", hourly("dead", 3, status="failed"), status="needs_reauth")
    air.add("fine", hourly("fine", 3))
    air.faults["/source-connections/"] = LIMITED
    found = await failed(air.world())
    assert [one.name for one in found.not_read] == ["dead"]
    assert found.failing_before == ()
    assert not found.page.coverage.complete
    filtered = await failed(air.world(), causes=frozenset({CauseName.UNKNOWN}))
    assert (filtered.failing_before, filtered.not_read) == ((), ())


async def test_one_that_the_organization_s_list_tells_of_is_not_named_twice() -> None:
    air = organization(2, 5)
    assert air.feed is not None
    air.connections[0] |= {"status": "error", "sync_id": uid("sync", "c0")}
    next(row for row in air.feed if row["sync_name"] == "Sync for c0")["status"] = "failed"
    air.faults[f"/source-connections/{uid('connection', 'c0')}/jobs"] = LIMITED
    found = await failed(air.world())
    assert [row.connection.name for row in found.page.rows if row.connection] == ["c0"]
    assert (found.failing_before, found.not_read) == ((), ())


async def test_a_connection_that_failed_nobody_knows_when_comes_first() -> None:
    air = Airweave()
    # More than the API gives, and none of them has a time.
    nowhere = [told(f"x{n}", None, "failed", error="ValueError: x") for n in range(1200)]
    air.add("nowhere", nowhere, status="error")
    air.add("old", [told("old", ago(days=9), "failed")], status="error")
    found = await failed(air.world())
    assert [one.connection.name for one in found.failing_before] == ["nowhere", "old"]


async def test_a_failure_before_the_start_of_a_connection_s_first_run_is_in_the_window() -> None:
    air = Airweave()
    created = (NOW - timedelta(hours=2)).replace(tzinfo=None).isoformat()
    air.add("new", [told("first", None, "failed", error="ValueError: x")], status="error", created_at=created)
    found = await failed(air.world())
    assert [row.job.id for row in found.page.rows] == [uid("job", "first")]
    assert found.failing_before == ()


# By cause


async def test_groups_by_cause() -> None:
    page = await groups(demo(), limit=30)
    rows = await failed(demo())
    assert page.failures == rows.page.total == sum(group.count for group in page.groups)
    assert [one.connection.name for one in page.failing_before] == BEFORE
    assert page.total == len(page.groups) == len({(group.cause, group.verdict.transient) for group in page.groups})
    seen = [group.last_seen for group in page.groups if group.last_seen]
    assert seen == sorted(seen, reverse=True)
    quota = next(group for group in page.groups if group.cause == CauseName.EMBEDDING_FAILED)
    assert (quota.count, len(quota.members)) == (3, 3)
    assert {member.connection.name for member in quota.members if member.connection} == {
        "Research Confluence", "HR Notion", "Field Jira",
    }  # fmt: skip
    assert all(member.ongoing for member in quota.members)
    assert quota.first_seen is not None
    assert quota.last_seen is not None
    assert quota.first_seen < quota.last_seen
    assert quota.example.job.at == quota.last_seen


async def test_a_group_says_of_each_connection_how_often_and_whether_it_is_over() -> None:
    page = await groups(demo(), since="3d", limit=30)
    members = {member.connection.name: member for group in page.groups for member in group.members if member.connection}
    assert members["Onboarding ServiceNow"].ongoing is False
    assert members["Finance SharePoint"].count == 9
    assert members["Finance SharePoint"].ongoing is True


async def test_pages_of_groups_hold_each_group_once() -> None:
    world = demo()
    whole = await groups(world, limit=100)
    shown: list[Group] = []
    cursor = ""
    for _ in range(20):
        page = await groups(world, limit=3, cursor=cursor)
        assert page.shown_before == len(shown)
        shown += page.groups
        assert page.failures == whole.failures
        cursor = page.next_cursor(len(page.groups)) or ""
        if not cursor:
            break
    assert [group.key for group in shown] == [group.key for group in whole.groups]
    cut = await groups(world, limit=3, cursor=whole.next_cursor(2) or "")
    assert cut.groups[0].key == whole.groups[2].key
    assert whole.next_cursor(0) is None
    assert whole.next_cursor(len(whole.groups)) is None


@pytest.mark.parametrize("again", range(3))
async def test_a_cause_that_fails_again_between_two_pages_is_still_shown_once(again: int) -> None:
    errors = ["gaierror: [Errno -2] Name or service not known", "KeyError: 'rows'", "UsageLimitExceededError: x"]
    names = ["dns", "bug", "plan"]
    air = Airweave()
    for number, (name, error) in enumerate(zip(names, errors, strict=True)):
        air.add(name, [told(name, ago(hours=number + 1), "failed", error=error)], status="error")
    world = air.world()
    shown: list[str] = []
    async with world.asking() as ask:
        question = {"statuses": FAILED, "since": "24h", "limit": 1}
        page = await group_failed_jobs(ask(), query(**question))  # type: ignore[arg-type]
        assert page.failing_before == ()
        shown += [group.cause for group in page.groups]
        air.add(f"{names[again]} again", [told("again", ago(seconds=30), "failed", error=errors[again])])
        world.clock.forward(600)
        while cursor := page.next_cursor(len(page.groups)):
            page = await group_failed_jobs(ask(), query(**question, cursor=cursor))  # type: ignore[arg-type]
            shown += [group.cause for group in page.groups]
            assert (page.total, page.failures, page.shown_before + 1) == (3, 4, len(shown))
    assert shown[0] == "tls_or_dns_error"
    assert sorted(shown) == ["connector_bug", "tls_or_dns_error", "usage_or_billing_limit"]


async def test_a_cursor_of_unknown_groups_is_broken() -> None:
    world = demo()
    page = await groups(world, limit=1)
    for key in ("", "x", "f" * 12):
        cursor = write_cursor(Cursor(key=(key, ""), shown=1, window=page.window), page.question)
        with pytest.raises(QueryError) as caught:
            await groups(world, cursor=cursor)
        assert caught.value.code == "broken_cursor"


async def test_what_has_been_failing_since_before_is_told_on_the_first_page() -> None:
    world = demo()
    by_cause = await groups(world, limit=3)
    rows = await failed(world, limit=3)
    assert len(by_cause.failing_before) == len(rows.failing_before) == len(BEFORE)
    assert (await groups(world, limit=3, cursor=by_cause.next_cursor(3))).failing_before == ()
    assert (await failed(world, limit=3, cursor=rows.page.next_cursor(3))).failing_before == ()


async def test_a_cursor_for_rows_is_not_one_for_groups() -> None:
    world = demo()
    rows = await failed(world, limit=1)
    with pytest.raises(QueryError) as caught:
        await groups(world, cursor=rows.page.next_cursor(1) or "")
    assert caught.value.code == "foreign_cursor"


async def test_groups_of_jobs_whose_connection_nobody_knows() -> None:
    air = organization(1, 3)
    air.feed = [
        dict(row, sync_id="gone", sync_name="Sync for gone", status="failed", error="x") for row in air.feed or ()
    ]
    page = await groups(air.world())
    (group,) = page.groups
    (member,) = group.members
    assert (member.connection, member.sync_name, member.count, member.ongoing) == (None, "Sync for gone", 3, None)


async def test_on_the_organization_s_list_a_connection_that_was_not_read_goes_by_its_status() -> None:
    air = organization(2, 3)
    for row in air.connections:
        row["sync_id"] = uid("sync", row["name"])
    air.feed = [
        row | ({"status": "failed", "error": "x"} if row["started_at"] < ago(hours=1).isoformat() else {})
        for row in air.feed or ()
    ]
    page = await groups(air.world())
    assert {member.ongoing for group in page.groups for member in group.members} == {False}


async def test_no_failures() -> None:
    air = Airweave()
    air.add("fine", hourly("fine", 3))
    page = await groups(air.world())
    assert (page.groups, page.total, page.failures, page.next_cursor(0)) == ((), 0, 0, None)
    assert not page.failures_are_lower_bound
