"""What must hold for every history, however odd."""

from dataclasses import replace
from datetime import UTC, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from airweave_sync_mcp.diagnosis.cadence import typical
from airweave_sync_mcp.diagnosis.comparison import last_good_comparison
from airweave_sync_mcp.diagnosis.cron import longest_pause_s
from airweave_sync_mcp.diagnosis.finding import SEVERITY_ORDER, FindingKind
from airweave_sync_mcp.diagnosis.findings import findings
from airweave_sync_mcp.diagnosis.shared import shared_causes
from airweave_sync_mcp.diagnosis.streaks import failing_streak
from airweave_sync_mcp.history.model import ConnectionHistory, JobStatus, SyncJob
from tests.support.examples import CHARACTERS

from .findings_kit import DAY, HOUR, NOW, bad, cause_of, connection, good, history, job

MARK = "UPSTREAM-TEXT"
quick = settings(max_examples=25, deadline=None)
near = st.timedeltas(-DAY, 60 * DAY).map(lambda ago: NOW - ago)
anywhere = st.datetimes(timezones=st.just(UTC))
times = st.none() | near | anywhere
counts = st.none() | st.integers(-5, 2**40)
statuses = st.sampled_from([*JobStatus, "paused_somehow"])
jobs = st.builds(
    SyncJob,
    id=st.integers(0, 12).map(str),
    status=statuses,
    started_at=times,
    created_at=times,
    completed_at=times,
    failed_at=times,
    duration_s=st.none() | st.floats(),
    inserted=counts,
    updated=counts,
    deleted=counts,
    kept=counts,
    skipped=counts,
    scheduled=st.none() | st.booleans(),
    error=st.sampled_from([None, MARK, f"Cancelled by cleanup job {MARK}"]),
    error_category=st.sampled_from([None, "api_key_invalid", MARK]),
)
histories = st.builds(
    ConnectionHistory,
    connection_id=st.just("c1"),
    jobs=st.lists(jobs, max_size=14).map(tuple),
    fetched_at=near,
    truncated=st.booleans(),
    unreachable=st.booleans(),
    has_sync=st.booleans(),
)
connections = st.builds(
    connection,
    cron=st.sampled_from(["unasked", None, "0 3 * * *", "*/5 * * * *", MARK]),
    name=st.just(MARK),
    status=st.sampled_from(["active", "error", "needs_reauth", "pending_auth", "syncing", "inactive", MARK]),
    authenticated=st.none() | st.booleans(),
    entity_count=counts,
    federated=st.booleans(),
    created_at=times,
    modified_at=times,
    source=st.sampled_from(["jira", "snapshot", f"{MARK} with blanks"]),
)


def known_cause(failed: SyncJob) -> str | None:
    return "network_error" if failed.error else None


@quick
@given(connections, histories, st.none() | st.timedeltas(), times, counts)
def test_any_history_has_findings_without_errors_or_foreign_text(of, past, window, seen, count) -> None:
    told = findings(
        of,
        past,
        now=NOW,
        cause_of=known_cause,
        window=window,
        first_seen_at={str(n): seen for n in range(5) if seen},
        earlier_counts=[(seen, count)] if seen and count is not None else (),
    )

    assert MARK not in repr([(one.detail, one.evidence) for one in told])
    assert len({one.kind for one in told}) == len(told)
    assert [SEVERITY_ORDER[one.severity] for one in told] == sorted(SEVERITY_ORDER[one.severity] for one in told)
    assert all(one.detail.endswith(".") and len(one.detail) < 200 for one in told)


@quick
@given(connections, histories)
def test_federated_connections_have_no_findings_about_runs(of, past) -> None:
    told = findings(replace(of, federated=True), past, now=NOW, cause_of=known_cause)

    assert {one.kind for one in told} <= {FindingKind.WAITING_FOR_LOGIN, FindingKind.INACTIVE}


@quick
@given(histories)
def test_a_streak_never_counts_more_than_the_failures(past) -> None:
    streak = failing_streak(past, known_cause)
    failures = {one.id for one in past.jobs if one.failed}

    assert failures or streak is None
    if streak is not None:
        assert 1 <= streak.failures <= len(failures)
        assert streak.is_over is (streak.ended_by is not None)
        assert not (streak.first_ever and (streak.begins_before_known or streak.last_success))


@quick
@given(histories, st.integers(1, 5))
def test_older_successes_never_change_an_ongoing_streaks_count(past, older) -> None:
    before = failing_streak(past, known_cause)
    more = tuple(good(n * DAY, id=f"older-{n}") for n in range(60, 60 + older))
    after = failing_streak(history(*past.jobs, *more), known_cause)

    if before is not None and before.ongoing:
        assert after is not None
        assert after.ongoing
        assert after.failures == before.failures


@quick
@given(histories, jobs)
def test_any_job_can_be_compared_and_any_list_has_its_usual(past, one) -> None:
    assert all(text.endswith(".") for text in last_good_comparison(one, past).sentences)
    for known in past.jobs:
        good_run = last_good_comparison(known, past).last_good
        assert good_run is None or good_run.status == JobStatus.COMPLETED
    usual = typical(past.jobs)
    assert usual.runs <= len(past.jobs)


@quick
@given(st.lists(st.tuples(connections, jobs), max_size=8))
def test_any_failures_can_be_grouped(items) -> None:
    numbered = [(connection(id=str(n), source=of.source), one) for n, (of, one) in enumerate(items)]
    for shared in shared_causes(numbered, known_cause, NOW):
        assert len(shared.connections) >= 2
        assert MARK not in shared.hypothesis


@quick
@given(
    st.integers(3, 40),
    st.sampled_from([timedelta(minutes=5), HOUR, 6 * HOUR, DAY, 7 * DAY]),
    st.integers(1, 5000),
    st.floats(10, 3000),
    st.booleans(),
)
def test_regular_good_runs_have_no_findings(count, step, inserted, seconds, truncated) -> None:
    runs = [good(n * step + step / 2, inserted=inserted, duration_s=seconds) for n in range(count)]

    assert findings(connection(), history(*runs, truncated=truncated), now=NOW, cause_of=cause_of) == ()
    running = [job("running", timedelta(minutes=1)), *runs]
    assert findings(connection(), history(*running), now=NOW, cause_of=cause_of) == ()


@quick
@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_the_streak_is_the_run_of_failures_at_the_top(outcomes) -> None:
    runs = [(bad if failed else good)(n * DAY) for n, failed in enumerate(outcomes)]
    streak = failing_streak(history(*runs), cause_of)
    expected = (*outcomes, False).index(False)

    assert (streak.failures if streak and streak.ongoing else 0) == expected


@quick
@given(st.text(CHARACTERS, max_size=60) | st.from_regex(r"[0-9*/,\-? ]{1,40}", fullmatch=True, alphabet=CHARACTERS))
def test_any_cron_text_is_read_or_left(expression) -> None:
    seconds = longest_pause_s(expression)

    assert seconds is None or 60 <= seconds <= 800 * 86400
    assert longest_pause_s("*/7 * * * *") == 420


def test_the_mark_would_be_noticed() -> None:
    told = findings(connection(), history(bad(HOUR, error=MARK)), now=NOW, cause_of=lambda failed: failed.error)

    assert MARK in repr(told)
