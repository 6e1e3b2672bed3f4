"""Short ways to write connections and histories, newest job first, seen at `NOW` (a Thursday)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from airweave_sync_mcp.diagnosis.finding import Finding, FindingKind
from airweave_sync_mcp.diagnosis.findings import findings
from airweave_sync_mcp.history.model import Connection, ConnectionDetail, ConnectionHistory, SyncJob

NOW = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def job(status: str, ago: timedelta | None = None, **more: Any) -> SyncJob:
    """A job that started `ago`; completed ones took 5 min and wrote 100 unless told otherwise."""
    started = None if ago is None else NOW - ago
    fields: dict[str, Any] = {"id": f"{status}-{ago}", "status": status, "started_at": started}
    if status == "completed":
        fields |= {"inserted": 60, "updated": 40, "deleted": 0, "duration_s": 300.0}
        fields |= {"completed_at": started and started + 5 * MINUTE}
    return SyncJob(**(fields | more))


def good(ago: timedelta, **more: Any) -> SyncJob:
    return job("completed", ago, **more)


def bad(ago: timedelta | None = None, **more: Any) -> SyncJob:
    return job("failed", ago, **more)


def empty(ago: timedelta, **more: Any) -> SyncJob:
    return good(ago, **({"inserted": 0, "updated": 0} | more))


def daily(count: int, first: timedelta = 2 * HOUR, step: timedelta = DAY, **more: Any) -> list[SyncJob]:
    """Good runs, newest first, the newest `first` ago."""
    return [good(first + n * step, **more) for n in range(count)]


def connection(*, cron: str | None = "unasked", **more: Any) -> Connection:
    """A healthy connection; with `cron` given (None for manual) its detail is known."""
    fields: dict[str, Any] = {
        "id": "c1",
        "name": "Issues",
        "source": "jira",
        "collection": "support-a1b2c3",
        "status": "active",
        "authenticated": True,
        "entity_count": 5000,
        "created_at": NOW - 90 * DAY,
        "modified_at": NOW - 90 * DAY,
    }
    if cron != "unasked":
        fields["detail"] = ConnectionDetail(fetched_at=NOW, cron=cron, has_schedule=cron is not None)
    return Connection(**(fields | more))


def history(*jobs: SyncJob, **more: Any) -> ConnectionHistory:
    fields: dict[str, Any] = {"connection_id": "c1", "jobs": jobs, "fetched_at": NOW}
    return ConnectionHistory(**(fields | more))


def cause_of(failed: SyncJob) -> str | None:
    """Stands for the classifier: the cause is the word in the error."""
    return failed.error


def found(jobs: Iterable[SyncJob], of: Connection | None = None, **more: Any) -> dict[FindingKind, Finding]:
    """The findings by kind."""
    past = more.pop("past", None) or history(*jobs)
    options: dict[str, Any] = {"now": NOW, "cause_of": cause_of} | more
    return {finding.kind: finding for finding in findings(of or connection(), past, **options)}
