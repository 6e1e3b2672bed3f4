"""From what the API answers to what we know. The only place where spellings of generations meet."""

from datetime import datetime
from typing import Final

from airweave_sync_mcp.airweave.wire import WireConnection, WireConnectionDetail, WireJob, as_word
from airweave_sync_mcp.history.model import (
    ACTIVE_STATUSES,
    Connection,
    ConnectionDetail,
    ConnectionStatus,
    JobStatus,
    SyncJob,
)

_JOB_SPELLINGS: Final = {"in_progress": JobStatus.RUNNING}
"""June 2025 servers, and the documentation of the organization-wide list, say `in_progress`."""

_WITHOUT_COUNTS: Final = ACTIVE_STATUSES | {JobStatus.CANCELLED, JobStatus.CREATED}
"""Counters are 0 until a run ends, and stay 0 in a cancelled one whatever it wrote: no facts."""

_CONNECTION_SPELLINGS: Final = {"failing": ConnectionStatus.ERROR, "in_progress": ConnectionStatus.SYNCING}


def job_status(text: str) -> str:
    """The status of a job, in lower case and in today's words."""
    status = as_word(text)
    return _JOB_SPELLINGS.get(status, status)


def job_of(wire: WireJob, *, connection_id: str | None = None) -> SyncJob:
    """A sync job. `connection_id` is the connection that was asked, which the answer may leave out."""
    status = _JOB_SPELLINGS.get(wire.status, wire.status)
    counters = (wire.entities_inserted, wire.entities_updated, wire.entities_deleted, wire.entities_kept)
    skipped = wire.entities_skipped if wire.entities_skipped is not None else wire.entities_failed
    silent = status in _WITHOUT_COUNTS and not any(counters)
    inserted, updated, deleted, kept = (None,) * 4 if silent else counters
    return SyncJob(
        id=wire.id,
        status=status,
        connection_id=connection_id or wire.source_connection_id,
        sync_id=wire.sync_id,
        sync_name=wire.sync_name,
        created_at=wire.created_at,
        started_at=wire.started_at,
        completed_at=wire.completed_at,
        failed_at=wire.failed_at,
        duration_s=_duration(wire),
        inserted=inserted,
        updated=updated,
        deleted=deleted,
        kept=kept,
        skipped=None if silent else skipped,
        encountered=tuple(sorted(wire.entities_encountered.items())),
        scheduled=wire.scheduled,
        error=wire.error,
        error_category=wire.error_category,
        error_details=wire.error_details,
    )


def _duration(wire: WireJob) -> float | None:
    if wire.duration_seconds is not None:
        return max(wire.duration_seconds, 0.0)
    end = wire.completed_at or wire.failed_at
    if wire.started_at is None or end is None:
        return None
    return max((end - wire.started_at).total_seconds(), 0.0)


def connection_of(wire: WireConnection) -> Connection:
    return Connection(
        id=wire.id,
        name=wire.name or wire.id[:8],
        source=wire.short_name or "unknown",
        collection=wire.readable_collection_id,
        status=_CONNECTION_SPELLINGS.get(wire.status, wire.status),
        authenticated=wire.is_authenticated,
        auth_method=wire.auth_method,
        entity_count=wire.entity_count,
        federated=bool(wire.federated_search),
        created_at=wire.created_at,
        modified_at=wire.modified_at,
        sync_id=wire.sync_id,
    )


def detail_of(wire: WireConnectionDetail, fetched_at: datetime) -> ConnectionDetail:
    schedule, auth = wire.schedule, wire.auth
    return ConnectionDetail(
        fetched_at=fetched_at,
        organization_id=wire.organization_id,
        sync_id=wire.sync_id,
        description=wire.description,
        cron=schedule.cron if schedule else None,
        next_run=schedule.next_run if schedule else None,
        has_schedule=schedule is not None,
        authenticated_at=auth.authenticated_at if auth else None,
        error_category=wire.error_category,
        error_message=wire.error_message,
        provider=wire.provider_short_name or (auth.provider_readable_id if auth else None),
        provider_settings_url=wire.provider_settings_url,
    )
