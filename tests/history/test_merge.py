"""Bringing readings together."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.history import merge
from airweave_sync_mcp.history.merge import REACHABLE, join, merge_reading, unique
from airweave_sync_mcp.history.model import ConnectionHistory, SyncJob
from airweave_sync_mcp.history.order import newest_first
from tests.history.kit import PROPERTY, ago, connection, history, ids, job, run
from tests.support.world import NOW

ONE = connection()
TRUTH = [run(number, ago(minutes=10 * number), 3) for number in range(1, 1401)]
"""Newest first: index 0 is the newest."""


def merged(
    jobs: list[SyncJob], asked: int, known: ConnectionHistory | None = None, *, answered: int | None = None
) -> ConnectionHistory:
    count = len(jobs) if answered is None else answered
    return merge_reading(known, jobs, connection=ONE, asked=asked, answered=count, fetched_at=NOW)


def test_fewer_jobs_than_asked_for_are_all_there_are() -> None:
    found = merged(TRUTH[:30], 50)
    assert (ids(found.jobs), found.truncated, found.unreachable) == (ids(TRUTH[:30]), False, False)
    assert merged([], 50).jobs == ()


def test_as_many_as_asked_for_may_not_be_all() -> None:
    found = merged(TRUTH[:50], 50)
    assert (len(found.jobs), found.truncated, found.unreachable) == (50, True, False)


def test_more_than_asked_for_is_all_of_a_server_that_ignores_the_limit() -> None:
    found = merged(TRUTH[:80], 50)
    assert (len(found.jobs), found.truncated) == (80, False)


def test_overlapping_readings_join() -> None:
    known = merged(TRUTH[10:60], 50)
    found = merged(TRUTH[:50], 50, known)
    assert (ids(found.jobs), found.truncated) == (ids(TRUTH[:60]), True)


def test_what_is_known_to_the_end_stays_so() -> None:
    known = merged(TRUTH[10:40], 50)
    found = merged(TRUTH[:20], 20, known)
    assert (ids(found.jobs), found.truncated) == (ids(TRUTH[:40]), False)


def test_a_gap_drops_what_is_older() -> None:
    known = merged(TRUTH[100:150], 60)
    found = merged(TRUTH[:50], 50, known)
    assert (ids(found.jobs), found.truncated) == (ids(TRUTH[:50]), True)


def test_the_fresh_reading_of_a_job_wins() -> None:
    known = merged([run("x", ago(hours=1), None, "running"), *TRUTH[10:20]], 50)
    found = merged([run("x", ago(hours=1), 5)], 1, known)
    assert (found.jobs[0].status, len(found.jobs)) == ("completed", 11)


def test_jobs_that_vanished_between_known_ones_are_dropped() -> None:
    known = merged(TRUTH[:20], 50)
    found = merged([*TRUTH[:5], *TRUTH[7:12]], 10, known)
    assert ids(found.jobs) == ids([*TRUTH[:5], *TRUTH[7:20]])


def test_a_job_answered_twice_counts_once() -> None:
    found = merged([TRUTH[0], TRUTH[1], TRUTH[0]], 50)
    assert ids(found.jobs) == ids(TRUTH[:2])


def test_unreadable_rows_are_counted_and_do_not_make_a_reading_look_whole() -> None:
    found = merged(TRUTH[:48], 50, answered=50)
    assert (found.truncated, found.unreadable) == (True, 2)


def test_exactly_as_many_as_the_api_gives() -> None:
    found = merged(TRUTH[:REACHABLE], REACHABLE)
    assert (len(found.jobs), found.truncated, found.unreachable) == (REACHABLE, True, True)
    assert merged(TRUTH[: REACHABLE - 1], REACHABLE).truncated is False


def test_more_than_the_api_gives_is_cut_and_said() -> None:
    known = merged(TRUTH[20:1000], 990)
    grown = merged(TRUTH[:50], 50, known)
    assert (len(grown.jobs), grown.truncated) == (1000, False)
    beyond = merged([run("new", ago(minutes=1)), *TRUTH[:49]], 50, grown)
    assert (ids(beyond.jobs)[1:], beyond.truncated, beyond.unreachable) == (ids(TRUTH[:999]), True, True)


def test_of_a_server_that_gives_all_more_is_kept_but_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    found = merged(TRUTH, 50)
    assert (ids(found.jobs), found.truncated, found.unreachable) == (ids(TRUTH), False, False)
    monkeypatch.setattr(merge, "KEPT", 1200)
    found = merged(TRUTH, 50)
    assert (ids(found.jobs), found.truncated, found.unreachable) == (ids(TRUTH[:1200]), True, True)


def test_arbitrary_order_is_put_right_with_the_help_of_the_connection_s_status() -> None:
    failed = job("failed", "failed")
    rows = [TRUTH[3], failed, TRUTH[1], TRUTH[2]]
    calm = merge_reading(None, rows, connection=ONE, asked=50, answered=4, fetched_at=NOW)
    assert ids(calm.jobs) == ids([*TRUTH[1:4], failed])
    assert calm.jobs[-1].at is None
    troubled = connection(status="error")
    found = merge_reading(None, rows, connection=troubled, asked=50, answered=4, fetched_at=NOW)
    assert ids(found.jobs) == ids([failed, *TRUTH[1:4]])


def test_a_job_without_a_time_stays_where_a_reading_before_put_it() -> None:
    failed, troubled = job("failed", "failed"), connection(status="error")
    rows = [TRUTH[3], failed, TRUTH[1], TRUTH[2]]
    first = merge_reading(None, rows, connection=troubled, asked=50, answered=4, fetched_at=NOW)
    mended = [run("good again", NOW + timedelta(hours=2)), *rows]
    later = NOW + timedelta(hours=3)
    found = merge_reading(first, mended, connection=ONE, asked=50, answered=5, fetched_at=later)
    assert ids(found.jobs)[1] == failed.id
    assert found.jobs[1].at == first.jobs[0].at


def test_a_job_that_waits_moves_on_with_each_reading() -> None:
    waiting = job("waiting", "pending")
    first = merged([waiting, *TRUTH[:3]], 50)
    later = NOW + timedelta(minutes=3)
    rows = [waiting, *TRUTH[:3]]
    found = merge_reading(first, rows, connection=ONE, asked=50, answered=4, fetched_at=later)
    assert found.jobs[0].at == later


def test_runs_that_never_started_stand_at_the_connection_s_making_if_the_history_is_whole() -> None:
    new = connection(created_at=ago(hours=2))
    failed = [job("second", "failed"), job("first", "failed")]
    whole = merge_reading(None, failed, connection=new, asked=50, answered=2, fetched_at=NOW)
    assert whole.jobs[-1].at == ago(hours=2) + timedelta(seconds=1)
    part = merge_reading(None, failed, connection=new, asked=2, answered=2, fetched_at=NOW)
    assert [one.at for one in part.jobs] == [None, None]


def test_unique_joins_what_each_list_tells() -> None:
    own, of_all = job("x", "failed", error="boom"), job("x", "failed", created_at=ago(hours=1), error="other")
    assert unique([own, of_all]) == [job("x", "failed", error="boom", created_at=ago(hours=1))]


def test_join_lets_the_leading_one_decide() -> None:
    leading, other = job("x", "failed", inserted=0), job("x", "running", inserted=7, encountered=(("a", 1),))
    assert join(leading, other) == job("x", "failed", inserted=0, encountered=(("a", 1),))
    assert join(leading, leading) is leading


@PROPERTY
@given(
    st.lists(st.tuples(st.integers(0, 130), st.sampled_from([1, 2, 5, 50, 100, 1000])), max_size=12),
    st.integers(0, 130),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_what_is_known_is_always_a_contiguous_newest_part_of_the_truth(
    steps: list[tuple[int, int]], begin: int, random: object, ignores_limit: bool
) -> None:
    """A server's history grows between readings with any limits; an old server answers all, in any order."""
    known: ConnectionHistory | None = None
    length = begin
    for grown, limit in steps:
        length += grown
        truth = TRUTH[len(TRUTH) - min(length, len(TRUTH)) :]
        answer = truth[:limit]
        if ignores_limit:
            answer = list(truth)
            random.shuffle(answer)  # type: ignore[attr-defined]
        known = merged(answer, limit, known)
        assert ids(known.jobs) == ids(truth[: len(known.jobs)])
        assert len(known.jobs) >= min(limit, len(truth))
        assert known.truncated or len(known.jobs) == len(truth)
        assert not known.unreachable or len(known.jobs) == REACHABLE


def test_a_history_tells_where_its_oldest_placed_job_is() -> None:
    jobs = [TRUTH[0], job("nowhere", "failed")]
    assert history(jobs).oldest_at == TRUTH[0].at
    assert history([job("nowhere", "failed")]).oldest_at is None
    assert newest_first(jobs) == jobs
