import pytest

from airweave_sync_mcp.diagnosis.finding import FindingKind, Severity
from airweave_sync_mcp.history.model import Confidence

from .findings_kit import DAY, HOUR, MINUTE, NOW, bad, connection, daily, found, good, job

WIPED = good(2 * HOUR, deleted=3000, inserted=0)


def test_a_mass_deletion() -> None:
    loss = found([WIPED, *daily(5, first=DAY)])[FindingKind.MASS_DELETION]

    assert loss.severity is Severity.WARNING
    assert loss.job_id == WIPED.id
    assert loss.detail == "A completed run deleted 3000 entities, 38% of what there was; usual are 0."
    assert loss.needs_person


def test_more_than_half_is_critical() -> None:
    loss = found([WIPED, *daily(5, first=DAY)], connection(entity_count=0))[FindingKind.MASS_DELETION]

    assert loss.severity is Severity.CRITICAL


def test_a_loss_stays_told_after_normal_runs_within_the_window() -> None:
    runs = [*daily(2), good(50 * HOUR, deleted=3000, inserted=0), *daily(5, first=74 * HOUR)]

    assert FindingKind.MASS_DELETION in found(runs)
    assert FindingKind.MASS_DELETION not in found(runs, window=DAY)


def test_what_is_left_comes_from_the_run_where_it_counts() -> None:
    kept = good(2 * HOUR, deleted=3000, inserted=0, updated=0, kept=100)

    assert FindingKind.MASS_DELETION in found([kept, *daily(5, first=DAY)], connection(entity_count=None))


@pytest.mark.parametrize(
    ("runs", "count"),
    [
        ([good(2 * HOUR, deleted=49), *daily(5, first=DAY)], 10),
        ([good(2 * HOUR, deleted=3000), *daily(5, first=DAY)], 100_000),
        ([good(2 * HOUR, deleted=3000), *daily(5, first=DAY)], None),
        ([good(2 * HOUR, deleted=3000), *daily(5, first=DAY, deleted=700)], 100),
        ([good(2 * HOUR, deleted=3000), *daily(3, first=DAY), good(5 * DAY, deleted=2000)], 100),
        ([good(2 * HOUR, deleted=3000, inserted=2900), *daily(5, first=DAY)], 100),
        ([good(HOUR, inserted=3000), good(DAY, deleted=3000), *daily(5, first=2 * DAY)], 3000),
        ([good(2 * HOUR, deleted=3000)], 100),
        ([bad(2 * HOUR, deleted=3000), *daily(5, first=DAY)], 100),
        ([job("cancelled", 2 * HOUR, deleted=3000), *daily(5, first=DAY)], 100),
        ([job("running", MINUTE, deleted=3000), *daily(5, first=DAY)], 100),
        ([good(2 * HOUR, deleted=None), *daily(5, first=DAY)], 100),
        ([*daily(3), good(8 * DAY, deleted=3000), *daily(5, first=9 * DAY)], 100),
    ],
    ids=[
        "few",
        "small-share",
        "unknown-share",
        "usual",
        "happened-before",
        "replaced-at-once",
        "replaced-later",
        "first-sync",
        "failed",
        "cancelled",
        "running",
        "unknown",
        "long-ago",
    ],
)
def test_no_mass_deletion(runs: list, count: int | None) -> None:
    assert FindingKind.MASS_DELETION not in found(runs, connection(entity_count=count))


def test_with_few_earlier_runs_the_confidence_is_low() -> None:
    assert found([WIPED, good(DAY)])[FindingKind.MASS_DELETION].confidence is Confidence.LOW
    assert found([WIPED, *daily(3, first=DAY)])[FindingKind.MASS_DELETION].confidence is Confidence.MEDIUM


@pytest.mark.parametrize("more", [{"federated": True}, {"source": "snapshot"}])
def test_no_loss_where_no_runs_are_expected(more: dict) -> None:
    kinds = found([WIPED, *daily(5, first=DAY)], connection(**more), earlier_counts=[(NOW - DAY, 9999)])

    assert not {FindingKind.MASS_DELETION, FindingKind.ENTITY_COUNT_FELL} & set(kinds)


def test_a_count_that_fell_without_deletions() -> None:
    fell = found(daily(5), connection(entity_count=6000), earlier_counts=[(NOW - 2 * DAY, 9000), (NOW - DAY, 8000)])

    assert fell[FindingKind.ENTITY_COUNT_FELL].since == NOW - 2 * DAY
    assert fell[FindingKind.ENTITY_COUNT_FELL].detail == "Holds 6000 entities, 33% fewer than the 9000 seen before."


@pytest.mark.parametrize(
    ("runs", "now", "before", "days"),
    [
        (daily(5), 6500, 9000, 1),
        (daily(5), 10, 55, 1),
        (daily(5), 9500, 9000, 1),
        (daily(5), None, 9000, 1),
        (daily(5), 6000, 9000, 8),
        (daily(5), 6000, 9000, -1),
        ([good(HOUR, deleted=2900, inserted=2400), *daily(5, first=DAY)], 6000, 9000, 1),
        ([job("running", MINUTE), *daily(5, first=DAY)], 6000, 9000, 1),
    ],
    ids=["small-share", "few", "rose", "unknown", "long-ago", "in-the-future", "deleted-by-runs", "job-under-way"],
)
def test_no_count_that_fell(runs: list, now: int | None, before: int, days: int) -> None:
    kinds = found(runs, connection(entity_count=now), earlier_counts=[(NOW - days * DAY, before)])

    assert FindingKind.ENTITY_COUNT_FELL not in kinds


def test_a_run_that_saw_far_less_than_the_ones_before() -> None:
    runs = [good(2 * HOUR, kept=900), *daily(5, first=26 * HOUR, kept=5000)]
    fell = found(runs)[FindingKind.ENTITY_COUNT_FELL]

    assert fell.job_id == runs[0].id
    assert fell.detail == "The newest run saw 1000 entities in the source; the 5 before it saw about 5100."


@pytest.mark.parametrize(
    "runs",
    [
        [good(2 * HOUR, kept=3000), *daily(5, first=26 * HOUR, kept=5000)],
        [good(2 * HOUR, kept=0), *daily(5, first=26 * HOUR, kept=5000)],
        [good(2 * HOUR, kept=900), *daily(5, first=26 * HOUR)],
        [good(2 * HOUR, kept=900), *daily(2, first=26 * HOUR, kept=5000)],
        [good(n * DAY, kept=kept) for n, kept in enumerate((900, 5000, 2000, 9000, 300, 7000))],
        [good(MINUTE, kept=900), *daily(9, first=6 * MINUTE, step=5 * MINUTE, kept=5000)],
        [bad(HOUR), good(2 * HOUR, kept=900), *daily(5, first=26 * HOUR, kept=5000)],
    ],
    ids=["more-than-half", "kept-not-counted", "unknown-before", "too-few", "varies", "incremental", "failing"],
)
def test_a_run_that_saw_enough(runs: list) -> None:
    assert FindingKind.ENTITY_COUNT_FELL not in found(runs)


@pytest.mark.parametrize(
    ("deleted", "left", "earlier", "severity"),
    [
        (50, 100, [0, 0, 0], Severity.WARNING),
        (49, 10, [0, 0, 0], None),
        (300, 699, [0, 0, 0], Severity.WARNING),
        (300, 700, [0, 0, 0], None),
        (300, 301, [0, 0, 0], Severity.WARNING),
        (300, 300, [0, 0, 0], Severity.CRITICAL),
        (300, 300, [59, 59, 59], Severity.CRITICAL),
        (300, 300, [60, 60, 60], None),
        (300, 300, [0, 149, 0], Severity.CRITICAL),
        (300, 300, [0, 150, 0], None),
        (300, 300, [0] * 10 + [300], Severity.CRITICAL),
        (300, 300, [0] * 9 + [300], None),
    ],
)
def test_the_limits_of_a_mass_deletion(deleted: int, left: int, earlier: list, severity: Severity | None) -> None:
    runs = [good(n * DAY, deleted=count, inserted=0) for n, count in enumerate([deleted, *earlier])]
    loss = found(runs, connection(entity_count=left), window=12 * HOUR).get(FindingKind.MASS_DELETION)

    assert (loss.severity if loss else None) is severity


@pytest.mark.parametrize(("inserted", "told"), [(239, True), (240, False), (None, True)])
def test_how_much_must_come_back(inserted: int | None, told: bool) -> None:
    runs = [good(HOUR, inserted=inserted), good(DAY, deleted=300, inserted=None), *daily(3, first=2 * DAY)]

    assert (FindingKind.MASS_DELETION in found(runs, connection(entity_count=300))) is told


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [(50, 100, True), (51, 100, False), (699, 1000, True), (700, 1000, False)],
)
def test_the_limits_of_a_fall(now: int, before: int, told: bool) -> None:
    kinds = found(daily(5), connection(entity_count=now), earlier_counts=[(NOW - DAY, before)])

    assert (FindingKind.ENTITY_COUNT_FELL in kinds) is told


@pytest.mark.parametrize(
    ("ago", "deleted", "told"), [(HOUR, 2400, False), (HOUR, 2399, True), (2 * DAY, 2400, True), (None, 2400, False)]
)
def test_only_deletions_since_the_earlier_count_account_for_a_fall(ago, deleted: int, told: bool) -> None:
    runs = [good(ago, deleted=deleted, inserted=2400) if ago else job("completed", deleted=deleted), good(3 * DAY)]
    kinds = found(runs, connection(entity_count=6000), earlier_counts=[(NOW - DAY, 9000)])

    assert (FindingKind.ENTITY_COUNT_FELL in kinds) is told


@pytest.mark.parametrize(
    ("seen", "before", "confidence"),
    [
        (49, [100, 100, 100], Confidence.LOW),
        (49, [100, 100, 100, 100], Confidence.MEDIUM),
        (50, [100, 100, 100, 100], None),
        (40, [89, 89, 89, 89], None),
        (40, [90, 90, 90, 90], Confidence.MEDIUM),
        (40, [90, 100, 110, 100], Confidence.MEDIUM),
        (40, [60, 100, 140, 100], None),
    ],
)
def test_the_limits_of_what_a_run_sees(seen: int, before: list, confidence: Confidence | None) -> None:
    runs = [good(n * DAY, inserted=None, updated=1, kept=count - 1) for n, count in enumerate([seen, *before])]
    fell = found(runs).get(FindingKind.ENTITY_COUNT_FELL)

    assert (fell.confidence if fell else None) is confidence


def test_hourly_runs_may_be_compared_and_untimed_ones_not() -> None:
    hourly = [good(n * HOUR, kept=900 if n == 0 else 5000) for n in range(5)]
    untimed = [job("completed", id=str(n), kept=900 if n == 0 else 5000) for n in range(5)]

    assert FindingKind.ENTITY_COUNT_FELL in found(hourly)
    assert FindingKind.ENTITY_COUNT_FELL not in found(untimed)
