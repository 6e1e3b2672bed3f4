"""What is read next, in which order, how soon again, and how much of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from airweave_sync_mcp.history.model import Connection, ConnectionHistory
from airweave_sync_mcp.history.plan import FIRST_LIMIT, Interest, Task, limit_for, plan, reaches
from tests.history.kit import ago, connection, history, job, run
from tests.support.world import NOW


def runs(count: int, *, every: timedelta = timedelta(hours=1)) -> list[Any]:
    return [run(n, NOW - (n + 1) * every) for n in range(count)]


def plan_for(
    *known: tuple[Connection, ConnectionHistory | None], since: datetime | None = None, **options: Any
) -> list[Task]:
    histories = {one.id: found for one, found in known if found is not None}
    return plan([one for one, _ in known], histories, now=NOW, since=since, **options)


def interest_of(one: Connection, found: ConnectionHistory | None, **options: Any) -> Interest | None:
    tasks = plan_for((one, found), **options)
    return tasks[0].interest if tasks else None


def test_the_order_of_interest() -> None:
    fresh, old, older = ago(seconds=5), ago(minutes=5), ago(hours=5)
    short = history(runs(3), connection("short"), truncated=True, fetched_at=fresh)
    going = [run("going", ago(hours=1), None, "running")]
    failed = [run("failed", ago(hours=1), None, "failed")]
    known = [
        (connection("stale"), history(runs(3), connection("stale"), fetched_at=old)),
        (connection("staler"), history(runs(3), connection("staler"), fetched_at=older)),
        (connection("unread"), None),
        (connection("stale failing", status="error"), history(failed, connection("stale failing"), fetched_at=old)),
        (connection("stale busy"), history(going, connection("stale busy"), fetched_at=old)),
        (connection("short"), short),
        (connection("busy", status="syncing"), None),
        (connection("failing", status="error"), None),
        (connection("reauth", status="needs_reauth"), None),
        (connection("asked for"), history(runs(3), connection("asked for"), fetched_at=NOW)),
        (connection("fresh"), history(runs(3), connection("fresh"), fetched_at=fresh)),
        (connection("federated", federated=True), None),
    ]
    tasks = plan_for(*known, since=ago(hours=20), asked_for=frozenset({connection("asked for").id}))
    assert [task.connection.name for task in tasks] == [
        "asked for", "failing", "reauth", "busy", "unread", "short", "stale busy", "stale failing", "staler", "stale",
    ]  # fmt: skip
    assert tasks[0].newer_than == NOW
    assert tasks[1].newer_than == ago(seconds=10), "somebody else may have read it a moment ago"


def test_the_order_where_what_is_under_way_matters_most() -> None:
    known: list[tuple[Connection, ConnectionHistory | None]] = [
        (connection("failing", status="error"), None),
        (connection("unread"), None),
        (connection("stale"), history(runs(3), connection("stale"), fetched_at=ago(minutes=5))),
        (connection("asked for"), None),
        (connection("busy", status="syncing"), None),
    ]
    tasks = plan_for(*known, asked_for=frozenset({connection("asked for").id}), busy_as_of=NOW)
    assert [task.connection.name for task in tasks] == ["asked for", "busy", "unread", "failing", "stale"]


def test_what_turned_busy_since_it_was_read_is_read_as_what_is_busy() -> None:
    one = connection(status="syncing")
    ended = history(runs(2), one, fetched_at=ago(seconds=8))
    assert interest_of(one, ended, busy_as_of=ago(seconds=5)) is Interest.BUSY
    assert interest_of(one, ended, busy_as_of=ago(seconds=8)) is None, "it ended since the list was read"
    assert interest_of(connection(), ended, busy_as_of=NOW) is None
    going = history([run("going", ago(hours=1), None, "running")], one, fetched_at=ago(seconds=8))
    assert interest_of(one, going, busy_as_of=NOW) is None


@pytest.mark.parametrize(
    ("status", "newest", "seconds"),
    [
        ("active", "completed", 60), ("active", "running", 10), ("active", "pending", 10), ("syncing", "completed", 10),
        ("error", "failed", 60), ("error", "completed", 10), ("active", "failed", 10), ("pending_auth", "failed", 60),
        ("active", "cancelled", 60),
    ],
)  # fmt: skip
def test_how_soon_a_connection_is_read_again(status: str, newest: str, seconds: int) -> None:
    """Sooner if something is under way, or if the list of connections, read later, tells another state."""
    one = connection(status=status)
    jobs = [run("newest", ago(hours=1), None, newest), *runs(2)]
    just = history(jobs, one, fetched_at=ago(seconds=seconds - 1))
    due = history(jobs, one, fetched_at=ago(seconds=seconds))
    assert interest_of(one, just) is None
    assert interest_of(one, due) is not None


def test_a_connection_that_never_ran_is_not_read_again_at_once() -> None:
    one = connection()
    assert interest_of(one, history([], one, fetched_at=ago(seconds=30))) is None
    assert interest_of(one, history([], one, fetched_at=ago(seconds=60))) is Interest.STALE


def test_with_a_small_rate_limit_the_rest_is_read_again_once_a_round_and_what_is_busy_thrice() -> None:
    known = [(one := connection(f"c{n}"), history(runs(2), one, fetched_at=ago(minutes=5))) for n in range(45)]
    assert plan_for(*known, requests_per_minute=8) == []
    assert len(plan_for(*known, requests_per_minute=9)) == 45
    assert len(plan_for(*known)) == 45
    one = connection("busy", status="syncing")
    due = history(runs(2), one, fetched_at=ago(minutes=2))
    just = history(runs(2), one, fetched_at=ago(seconds=119))
    assert [task.connection for task in plan_for(*known, (one, due), requests_per_minute=8)] == [one]
    assert plan_for(*known, (one, just), requests_per_minute=8) == []
    # A question about a few connections does not have to wait for a round.
    assert len(plan_for((one, just), requests_per_minute=8)) == 1


def test_whether_a_history_reaches_back() -> None:
    jobs = runs(5)
    assert reaches(history(jobs), ago(days=99))
    assert reaches(history(jobs, truncated=True, unreachable=True), ago(days=99))
    assert reaches(history(jobs, truncated=True), None)
    assert reaches(history(jobs, truncated=True), ago(hours=5))
    assert not reaches(history(jobs, truncated=True), ago(hours=5, seconds=1))
    assert not reaches(history([job("nowhere", "failed")], truncated=True), ago(hours=1))
    # The last one stands nowhere, and so does not tell.
    assert reaches(history([*jobs, job("nowhere", "failed")], truncated=True), ago(hours=5))


def test_the_first_reading_asks_for_few() -> None:
    assert plan_for((connection(), None), since=ago(days=30))[0].limit == FIRST_LIMIT
    assert limit_for(history([]), ago(days=30), NOW) == FIRST_LIMIT


@pytest.mark.parametrize(
    ("since", "limit"), [(ago(hours=49), 50), (ago(hours=100), 150), (ago(days=7), 250), (ago(days=300), 1000)]
)
def test_the_limit_grows_with_the_window(since: datetime, limit: int) -> None:
    found = history(runs(50), truncated=True)
    assert limit_for(found, since, NOW) == limit


def test_the_limit_always_grows_while_the_history_is_short() -> None:
    ahead = history([run("a", NOW + timedelta(days=400)), *runs(49)], truncated=True)  # the server's clock is ahead
    assert limit_for(ahead, ago(days=3), NOW) > 50
    nowhere = history([job(n, "failed") for n in range(50)], truncated=True)
    assert limit_for(nowhere, ago(days=3), NOW) == 200
    at_once = history([run(n, ago(hours=1)) for n in range(400)], truncated=True)
    assert limit_for(at_once, ago(days=3), NOW) == 1000


def test_a_history_that_is_short_and_old_is_asked_for_what_came_since_as_well() -> None:
    old = history(runs(50), truncated=True)
    assert limit_for(old, ago(hours=60), NOW) < limit_for(old, ago(hours=60), NOW + timedelta(days=4))
