from datetime import timedelta

import pytest

from airweave_sync_mcp.diagnosis.finding import FindingKind, Severity
from airweave_sync_mcp.history.model import Confidence, ConnectionDetail

from .findings_kit import DAY, HOUR, MINUTE, NOW, bad, connection, daily, found, good, history, job

CLEANED = "Cancelled by cleanup job (stuck in transitional state)"


def test_stale_against_its_schedule() -> None:
    stale = found(daily(5, first=49 * HOUR), connection(cron="0 11 * * *"))[FindingKind.STALE]

    assert stale.confidence is Confidence.HIGH
    assert stale.since == NOW - 49 * HOUR
    assert stale.detail == "Stale: no run for 2 d, though its schedule never pauses longer than 24 h."


def test_stale_against_its_observed_cadence() -> None:
    assert found(daily(5, first=73 * HOUR))[FindingKind.STALE].confidence is Confidence.MEDIUM
    assert FindingKind.STALE in found(daily(5, first=73 * HOUR), connection(cron="every now and then"))


@pytest.mark.parametrize(
    ("runs", "of"),
    [
        (daily(5, first=47 * HOUR), connection(cron="0 11 * * *")),
        (daily(5, first=5 * DAY), connection(cron="0 11 * * 1-5")),
        (daily(5, first=70 * HOUR), connection()),
        (daily(3, first=9 * DAY), connection()),
        (daily(9, first=90 * DAY), connection(cron=None)),
        (daily(9, first=90 * DAY), connection(federated=True)),
        (daily(9, first=90 * DAY), connection(source="snapshot")),
        (daily(9, first=90 * DAY), connection(status="pending_auth")),
        (daily(9, first=90 * DAY), connection(authenticated=False)),
        (daily(9, first=90 * DAY), connection(status="inactive")),
        (daily(9, first=90 * DAY), connection(cron="0 11 * * *", modified_at=NOW - HOUR)),
        ([bad(80 * DAY), *daily(9, first=81 * DAY)], connection()),
        (
            [bad(80 * DAY, error_category="api_key_invalid"), *daily(9, first=81 * DAY)],
            connection(status="needs_reauth"),
        ),
        ([job("running", 80 * DAY), *daily(9, first=81 * DAY)], connection()),
        ([job("pending"), *daily(9, first=81 * DAY)], connection()),
        ([job("cancelled"), *daily(9, first=81 * DAY)], connection()),
        (daily(20, first=50 * MINUTE, step=5 * MINUTE), connection(cron="*/5 * * * *")),
        (daily(5, first=-4 * MINUTE), connection(cron="0 11 * * *")),
        ([good(n * n * DAY) for n in range(10, 20)], connection()),
        ([good(n * DAY) for n in (4, 5, 6, 7, 10, 11, 12, 13, 14, 17)], connection()),
        ([], connection(cron="0 11 * * *", created_at=NOW - HOUR)),
    ],
    ids=[
        "one-run-late",
        "weekend",
        "not-yet-three-times",
        "too-few-runs",
        "manual",
        "federated",
        "snapshot",
        "waits-for-login",
        "not-authenticated",
        "inactive",
        "changed-since",
        "failing",
        "paused",
        "running",
        "pending",
        "newest-without-a-time",
        "minute-level-within-the-hour",
        "clock-ahead",
        "irregular",
        "long-weekend-of-an-unknown-schedule",
        "never-ran",
    ],
)
def test_not_stale(runs: list, of) -> None:
    assert FindingKind.STALE not in found(runs, of)


def test_without_a_schedule_nothing_is_stale() -> None:
    off = ConnectionDetail(fetched_at=NOW, cron="0 11 * * *", has_schedule=False)
    unsaid = ConnectionDetail(fetched_at=NOW, cron=None)

    assert not found(daily(9, first=90 * DAY), connection(detail=off))
    assert not found(daily(9, first=90 * DAY), connection(detail=unsaid))


def test_stale_after_a_recovery() -> None:
    runs = [*daily(5, first=60 * DAY), bad(66 * DAY), *daily(5, first=67 * DAY)]

    assert FindingKind.STALE in found(runs)
    assert FindingKind.STALE in found(runs, connection(cron="0 11 * * *"))


def test_not_stale_as_of_an_old_reading() -> None:
    past = history(*daily(5, first=90 * DAY), fetched_at=NOW - 90 * DAY + HOUR)

    assert not found([], past=past)


@pytest.mark.parametrize(
    ("of", "severity"),
    [
        (connection(cron="0 11 * * *", entity_count=0, created_at=NOW - 3 * DAY), Severity.WARNING),
        (connection(cron="*/5 * * * *", entity_count=0, created_at=NOW - 2 * HOUR), Severity.WARNING),
        (connection(cron=None, entity_count=0, created_at=NOW - 2 * HOUR), Severity.INFO),
        (connection(entity_count=0, created_at=NOW - 3 * DAY), Severity.INFO),
    ],
)
def test_never_ran(of, severity: Severity) -> None:
    kinds = found([], of)

    assert set(kinds) == {FindingKind.NEVER_RAN}
    assert kinds[FindingKind.NEVER_RAN].severity is severity
    assert kinds[FindingKind.NEVER_RAN].since == of.created_at


def test_a_job_cancelled_before_its_start_is_no_run() -> None:
    cancelled = job("cancelled", completed_at=NOW - DAY)
    new = connection(cron="0 11 * * *", entity_count=0, created_at=NOW - 3 * DAY)

    assert FindingKind.NEVER_RAN in found([cancelled], new)
    assert FindingKind.NEVER_RAN not in found([job("cancelled", DAY)], new)


@pytest.mark.parametrize(
    ("jobs", "more"),
    [
        ([], {"created_at": NOW - 40 * HOUR}),
        ([], {"created_at": NOW - 47 * HOUR, "cron": "0 11 * * *"}),
        ([], {"created_at": None}),
        ([], {"entity_count": 7}),
        ([], {"federated": True}),
        ([], {"source": "snapshot"}),
        ([], {"status": "pending_auth"}),
        ([], {"status": "inactive"}),
        ([], {"status": "syncing"}),
        ([], {"status": "error"}),
        ([job("pending")], {}),
        ([job("created")], {}),
        ([bad()], {}),
        ([good(HOUR)], {}),
    ],
)
def test_not_never_ran(jobs: list, more: dict) -> None:
    assert FindingKind.NEVER_RAN not in found(jobs, connection(**({"entity_count": 0} | more)))


def test_not_never_ran_where_older_jobs_were_not_read() -> None:
    assert not found([], connection(entity_count=0), past=history(truncated=True))
    assert not found([], connection(entity_count=0), past=history(unreachable=True))


def test_a_connection_without_a_sync_runs_only_when_asked() -> None:
    kinds = found([], connection(entity_count=0), past=history(has_sync=False))

    assert not kinds[FindingKind.NEVER_RAN].alarming


def test_waiting_for_a_login() -> None:
    for of in (connection(status="pending_auth", authenticated=False), connection(authenticated=False)):
        kinds = found([], of, past=history(has_sync=False))
        assert set(kinds) == {FindingKind.WAITING_FOR_LOGIN}
        assert kinds[FindingKind.WAITING_FOR_LOGIN].needs_person
    assert FindingKind.WAITING_FOR_LOGIN not in found(daily(3), connection(authenticated=None))
    assert FindingKind.WAITING_FOR_LOGIN not in found(daily(3), connection(status="needs_reauth"))


def test_inactive() -> None:
    kinds = found(daily(9, first=90 * DAY), connection(status="inactive"))

    assert set(kinds) == {FindingKind.INACTIVE}
    assert not found(daily(3))


def cleaned(ago: timedelta, **more):
    return job("cancelled", None, id=f"cleaned-{ago}", completed_at=NOW - ago, error=CLEANED, **more)


def test_cancelled_by_the_cleanup_and_not_by_a_person() -> None:
    finding = found([cleaned(HOUR), *daily(3, first=DAY)])[FindingKind.CANCELLED_BY_CLEANUP]

    assert finding.severity is Severity.WARNING
    assert finding.since == NOW - HOUR


def test_three_in_a_row_are_critical() -> None:
    runs = [cleaned(HOUR), cleaned(2 * HOUR), cleaned(3 * HOUR), *daily(3, first=DAY)]
    finding = found(runs)[FindingKind.CANCELLED_BY_CLEANUP]

    assert finding.severity is Severity.CRITICAL
    assert finding.since == NOW - 3 * HOUR


def test_a_slow_cancellation_is_no_alarm() -> None:
    slow = job("cancelled", 2 * HOUR, completed_at=NOW - HOUR, error=CLEANED)

    assert not found([slow, *daily(3, first=DAY)])[FindingKind.CANCELLED_BY_CLEANUP].alarming


@pytest.mark.parametrize(
    "runs",
    [
        [job("cancelled", HOUR), *daily(3, first=DAY)],
        [job("cancelled", None, completed_at=NOW - HOUR), *daily(3, first=DAY)],
        [job("cancelled", HOUR, error="Cancelled by user"), *daily(3, first=DAY)],
        [bad(HOUR, error="Timed out by cleanup job (no activity for 15+ minutes)"), *daily(3, first=DAY)],
        [good(MINUTE), cleaned(HOUR), *daily(3, first=DAY)],
        [job("running", MINUTE), cleaned(HOUR), *daily(3, first=DAY)],
        [cleaned(8 * DAY), *daily(3, first=9 * DAY)],
    ],
    ids=["no-text", "no-text-nor-start", "other-text", "failed", "completed-since", "running-since", "long-ago"],
)
def test_not_cancelled_by_the_cleanup(runs: list) -> None:
    assert FindingKind.CANCELLED_BY_CLEANUP not in found(runs)


def test_a_schedule_with_long_weekends_is_stale_in_the_end() -> None:
    days = (0, 1, 2, 3, 6, 7, 8, 9, 10, 13)

    assert FindingKind.STALE not in found([good((n + 4) * DAY) for n in days])
    assert FindingKind.STALE in found([good((n + 5) * DAY) for n in days])


def test_a_connection_without_a_sync_need_not_wait_two_days() -> None:
    new = connection(entity_count=0, created_at=NOW - 2 * HOUR)

    assert FindingKind.NEVER_RAN in found([], new, past=history(has_sync=False))
    assert not found([], new, past=history())


def test_what_never_ran_tells_of_jobs_that_did_not_start() -> None:
    new = connection(cron="0 11 * * *", entity_count=0, created_at=NOW - 3 * DAY)

    assert found([], new)[FindingKind.NEVER_RAN].evidence == ()
    (told,) = found([job("cancelled", completed_at=NOW - DAY)], new)[FindingKind.NEVER_RAN].evidence
    assert told == "1 job cancelled before the start"


def test_a_login_that_is_awaited_again_has_no_known_beginning() -> None:
    waiting = connection(status="pending_auth")

    assert found([], waiting)[FindingKind.WAITING_FOR_LOGIN].since == waiting.created_at
    assert found([good(DAY)], waiting)[FindingKind.WAITING_FOR_LOGIN].since is None


def test_the_cleanup_counts_from_when_it_cancelled() -> None:
    late = job("cancelled", 8 * DAY, completed_at=NOW - DAY, error=CLEANED)
    ended_unknown = job("cancelled", None, created_at=NOW - DAY, error=CLEANED)

    assert found([late])[FindingKind.CANCELLED_BY_CLEANUP].since == NOW - DAY
    assert found([ended_unknown])[FindingKind.CANCELLED_BY_CLEANUP].since == NOW - DAY
    assert FindingKind.CANCELLED_BY_CLEANUP not in found([job("cancelled", None, error=CLEANED)])
    assert FindingKind.CANCELLED_BY_CLEANUP not in found([bad(HOUR, error=CLEANED)])
