from datetime import timedelta

import pytest

from airweave_sync_mcp.diagnosis.finding import FindingKind, Severity
from airweave_sync_mcp.history.model import Confidence

from .findings_kit import DAY, HOUR, MINUTE, NOW, bad, connection, daily, found, good, history, job


def test_one_failure_after_successes_is_a_warning() -> None:
    failing = found([bad(HOUR, error="network_error"), *daily(3, first=DAY)])[FindingKind.FAILING]

    assert failing.severity is Severity.WARNING
    assert failing.since == NOW - HOUR
    assert failing.detail == "Failing: the newest run failed; last success 24 h ago."
    assert failing.evidence == ("every failure: network_error",)
    assert not failing.needs_person


def test_the_third_in_a_row_is_critical_and_needs_a_person() -> None:
    failing = found([bad(n * HOUR, error="network_error") for n in (1, 2, 3)] + daily(3, first=DAY))[
        FindingKind.FAILING
    ]

    assert failing.severity is Severity.CRITICAL
    assert failing.needs_person


def test_three_different_causes_are_critical_and_may_pass() -> None:
    failures = [bad(n * HOUR, error=cause) for n, cause in enumerate(("network_error", "unknown", "database_error"))]
    failing = found([*failures, *daily(3, first=DAY)])[FindingKind.FAILING]

    assert failing.severity is Severity.CRITICAL
    assert failing.evidence == ("newest failure: network_error",)
    assert not failing.needs_person


def test_two_in_a_row_are_a_warning() -> None:
    failing = found([bad(HOUR), bad(2 * HOUR), *daily(3, first=DAY)])[FindingKind.FAILING]

    assert failing.severity is Severity.WARNING
    assert failing.detail == "Failing: 2 failed runs in a row; last success 24 h ago."


def test_an_error_category_is_critical_at_once() -> None:
    failing = found([bad(HOUR, error_category="api_key_invalid"), good(DAY)])[FindingKind.FAILING]

    assert failing.severity is Severity.CRITICAL
    assert failing.needs_person


def test_a_last_success_without_an_age_is_told_without_one() -> None:
    for success in (job("completed"), good(-HOUR)):
        assert found([bad(), success])[FindingKind.FAILING].detail.endswith("; it succeeded before.")
    assert found([bad()])[FindingKind.FAILING].detail.endswith("; it never succeeded.")


def test_an_estimated_beginning_is_said_to_be_one() -> None:
    assert (
        "the beginning is estimated" in found([bad(estimated_at=NOW - HOUR), good(DAY)])[FindingKind.FAILING].evidence
    )


def test_a_cause_for_a_person_needs_one_at_once() -> None:
    failures = [bad(HOUR, error="api_key_invalid"), good(DAY)]

    assert found(failures, person_causes={"api_key_invalid"})[FindingKind.FAILING].needs_person
    assert not found(failures)[FindingKind.FAILING].needs_person


def test_a_failure_hidden_by_a_cancelled_or_waiting_job_is_still_failing() -> None:
    assert FindingKind.FAILING in found([job("cancelled", HOUR), bad(DAY), good(2 * DAY)])
    retried = found([job("pending", created_at=NOW - MINUTE), bad(DAY), good(2 * DAY)])[FindingKind.FAILING]
    assert "a newer job is under way" in retried.evidence


def test_failing_is_told_whatever_the_window() -> None:
    assert FindingKind.FAILING in found([bad(60 * DAY), good(61 * DAY)], window=HOUR)


def test_an_unknown_beginning_is_called_at_least() -> None:
    failing = found([], past=history(bad(HOUR), bad(DAY), truncated=True))[FindingKind.FAILING]

    assert failing.detail == "Failing: at least 2 failed runs in a row; no success is known."


def test_not_failing_after_a_completed_run() -> None:
    assert FindingKind.FAILING not in found([good(HOUR), bad(DAY), bad(2 * DAY)])
    assert FindingKind.FAILING not in found([job("cancelled", HOUR), *daily(3, first=DAY)])


def test_a_credential_failure_pauses() -> None:
    failure = bad(3 * DAY, error_category="oauth_credentials_expired")
    kinds = found([failure, *daily(4, first=4 * DAY)], connection(cron="0 10 * * *", status="needs_reauth"))

    paused = kinds[FindingKind.PAUSED]
    assert paused.severity is Severity.CRITICAL
    assert paused.confidence is Confidence.HIGH
    assert paused.needs_person
    assert paused.since == NOW - 3 * DAY
    assert "at least 3 scheduled runs did not happen" in paused.evidence
    assert kinds[FindingKind.FAILING].needs_person
    assert FindingKind.STALE not in kinds


def test_a_pause_without_any_time_takes_the_streaks_estimate() -> None:
    failure = bad(error_category="api_key_invalid", estimated_at=NOW - 3 * DAY)
    paused = found([failure, *daily(4, first=4 * DAY)])[FindingKind.PAUSED]

    assert paused.since == NOW - 3 * DAY


def test_a_pause_begins_with_the_failure_that_caused_it() -> None:
    failures = [bad(DAY, error_category="api_key_invalid"), bad(2 * DAY), good(3 * DAY)]

    assert found(failures)[FindingKind.PAUSED].since == NOW - DAY


def test_a_pause_that_the_status_does_not_confirm_is_less_certain() -> None:
    failures = [bad(DAY, error_category="api_key_invalid"), good(2 * DAY)]

    assert found(failures)[FindingKind.PAUSED].confidence is Confidence.MEDIUM
    confirmed = found(failures, connection(status="needs_reauth"))[FindingKind.PAUSED]
    assert confirmed.confidence is Confidence.HIGH
    assert len(confirmed.evidence) == 2


def test_runs_are_missed_only_after_a_tick_of_a_known_schedule() -> None:
    def evidence(days: int, cron: str | None) -> str:
        failures = [bad(days * DAY - HOUR, error_category="api_key_invalid"), good(30 * DAY)]
        return " ".join(found(failures, connection(cron=cron))[FindingKind.PAUSED].evidence)

    assert "did not happen" not in evidence(1, "0 10 * * *")
    assert "at least 1 scheduled run did" in evidence(2, "0 10 * * *")
    assert "did not happen" not in evidence(9, None)
    assert "did not happen" not in evidence(9, "now and then")


def test_a_change_of_the_connection_after_the_failure_makes_a_pause_uncertain() -> None:
    changed = connection(status="needs_reauth", modified_at=NOW - HOUR)
    paused = found([bad(DAY, error_category="api_key_invalid"), good(2 * DAY)], changed)[FindingKind.PAUSED]

    assert paused.confidence is Confidence.MEDIUM


@pytest.mark.parametrize("newer", ["pending", "running", "cancelled", "completed", "created"])
def test_not_paused_where_a_newer_job_exists(newer: str) -> None:
    failure = bad(DAY, error_category="api_key_invalid")

    assert FindingKind.PAUSED not in found([job(newer, HOUR), failure, good(2 * DAY)])


def test_not_paused_without_a_credential_category() -> None:
    assert FindingKind.PAUSED not in found([bad(DAY, error="api_key_invalid"), good(2 * DAY)])
    assert FindingKind.PAUSED not in found([bad(DAY, error_category="brand_new"), good(2 * DAY)])
    needs_reauth = connection(status="needs_reauth")
    new = found([bad(DAY, error_category="brand_new"), good(2 * DAY)], needs_reauth)
    assert new[FindingKind.PAUSED].confidence is Confidence.MEDIUM
    assert FindingKind.PAUSED not in found([bad(DAY), good(2 * DAY)], needs_reauth)
    assert FindingKind.PAUSED not in found([good(DAY, error_category="api_key_invalid")], needs_reauth)
    assert FindingKind.PAUSED not in found([], needs_reauth)


def test_a_first_run_that_failed_is_told_from_a_failure_after_successes() -> None:
    first = found([bad(HOUR), bad(2 * HOUR)], connection(entity_count=0))

    assert FindingKind.FIRST_RUN_FAILED in first
    assert FindingKind.FAILING in first
    assert FindingKind.FIRST_RUN_FAILED not in found([bad(HOUR), good(DAY)])
    assert FindingKind.FIRST_RUN_FAILED not in found([good(HOUR), bad(DAY)])
    assert FindingKind.FIRST_RUN_FAILED not in found([], past=history(bad(HOUR), truncated=True))


def test_a_first_run_without_a_time_failed_since_the_creation() -> None:
    assert found([bad()])[FindingKind.FIRST_RUN_FAILED].since == connection().created_at
    assert found([bad(HOUR), bad(DAY)])[FindingKind.FIRST_RUN_FAILED].since == NOW - DAY


def test_flapping() -> None:
    runs = [bad(HOUR, error="network_error"), good(DAY), bad(2 * DAY, error="network_error"), good(3 * DAY)]
    flapping = found(runs)[FindingKind.FLAPPING]

    assert flapping.detail == "2 of the last 4 runs failed, in 2 separate spells."
    assert flapping.evidence == ("causes: network_error",)
    assert flapping.since == NOW - 2 * DAY
    assert flapping.confidence is Confidence.MEDIUM


def test_flapping_for_ten_runs_is_certain() -> None:
    runs = [(bad if n % 2 else good)(n * DAY) for n in range(12)]

    assert found(runs)[FindingKind.FLAPPING].confidence is Confidence.HIGH
    assert found(runs)[FindingKind.FLAPPING].detail.startswith("5 of the last 10 runs failed, in 5 ")


def test_failures_without_a_time_flap_too() -> None:
    flapping = found([good(HOUR), bad(id="newer"), good(2 * DAY), bad(id="older"), good(4 * DAY)])[FindingKind.FLAPPING]

    assert flapping.job_id == "newer"
    assert flapping.evidence == ()


@pytest.mark.parametrize(
    "runs",
    [
        [good(HOUR), bad(DAY), bad(2 * DAY), good(3 * DAY)],
        [bad(HOUR), bad(DAY), good(2 * DAY), good(3 * DAY)],
        [good(HOUR), job("cancelled", DAY), good(2 * DAY), job("cancelled", 3 * DAY), good(4 * DAY)],
        [good(HOUR), bad(DAY), *daily(9, first=2 * DAY), bad(11 * DAY), good(12 * DAY)],
        [good(HOUR), bad(DAY), good(31 * DAY), bad(32 * DAY), good(33 * DAY)],
    ],
    ids=["one-spell", "still-in-it", "cancelled-only", "beyond-ten-runs", "beyond-thirty-days"],
)
def test_not_flapping(runs: list) -> None:
    assert FindingKind.FLAPPING not in found(runs)


def test_flapping_looks_at_the_window_asked_for() -> None:
    runs = [bad(HOUR), good(DAY), bad(2 * DAY), good(3 * DAY)]

    assert FindingKind.FLAPPING not in found(runs, window=36 * HOUR)


def test_recovered() -> None:
    kinds = found([good(HOUR), bad(DAY, error="network_error"), bad(2 * DAY), *daily(3, first=3 * DAY)])

    assert set(kinds) == {FindingKind.RECOVERED}
    assert kinds[FindingKind.RECOVERED].evidence == ("newest failure: network_error",)
    assert kinds[FindingKind.RECOVERED].severity is Severity.INFO
    assert kinds[FindingKind.RECOVERED].since == NOW - HOUR


@pytest.mark.parametrize(("window", "told"), [(None, True), (3 * DAY, False), (timedelta(days=30), True)])
def test_recovered_only_within_the_window(window: timedelta | None, told: bool) -> None:
    runs = [*daily(4), bad(5 * DAY), *daily(3, first=6 * DAY)]

    assert (FindingKind.RECOVERED in found(runs, window=window)) is told


def test_not_recovered_while_failing_or_flapping() -> None:
    assert FindingKind.RECOVERED not in found([bad(HOUR), good(DAY), good(2 * DAY)])
    assert FindingKind.RECOVERED not in found([good(HOUR), bad(DAY), good(2 * DAY), bad(3 * DAY), good(4 * DAY)])
    assert FindingKind.RECOVERED not in found([*daily(9), bad(9 * DAY), good(10 * DAY)])
    assert FindingKind.RECOVERED not in found([good(HOUR), bad(8 * DAY), good(9 * DAY)])
    assert FindingKind.RECOVERED not in found([job("completed"), bad(), good(9 * DAY)])


def test_a_failure_without_a_time_is_as_recent_as_the_run_that_ended_it() -> None:
    assert FindingKind.RECOVERED in found([good(HOUR), bad(), good(2 * DAY)])
    assert FindingKind.RECOVERED not in found([*daily(9), bad(), *daily(3, first=10 * DAY)])
