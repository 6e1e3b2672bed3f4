"""The world as JSON, in the shapes of each generation."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from .options import Generation
from .world import Collection, Connection, Job, World

Json = dict[str, Any]

_EMAIL: Final = "admin@example.com"
_ERROR_MESSAGES: Final = {
    "oauth_credentials_expired": "Your OAuth authorization has expired or been revoked.",
    "api_key_invalid": "The API key for this connection is no longer valid.",
    "auth_provider_account_gone": "The connected account on the auth provider has been deleted or deactivated.",
    "auth_provider_credentials_invalid": "The credentials on the auth provider need to be refreshed or re-configured.",
}
_BEFORE_2026: Final = {"created": "pending", "running": "in_progress", "cancelling": "in_progress"}
"""How June 2025 spells the states it has no or another word for."""
_DOCUMENTED_FEED: Final = {"running": "in_progress", "cancelling": "in_progress"}


def as_known(job: Job, generation: Generation) -> Job:
    """The job as this generation would have recorded it."""
    if not generation.old:
        return job
    status = status_of(job, generation)
    if status == "cancelled":  # cancelling kept neither a text nor an end
        return replace(job, status=status, error=None, ended_at=None, error_category=None)
    if status == job.status and job.error_category is None:
        return job
    return replace(job, status=status, error_category=None)


def status_of(job: Job, generation: Generation) -> str:
    """The state that this generation would have recorded."""
    if not generation.old:
        return job.status
    if job.error is not None and "by cleanup job" in job.error:
        return "cancelled"  # its clean-up only ever cancelled
    return _BEFORE_2026.get(job.status, job.status) if generation is Generation.JUNE_2025 else job.status


def connection_status(connection: Connection, newest: Job | None, generation: Generation) -> str:
    """What the API makes of a connection: its newest job decides alone."""
    known = as_known(newest, generation) if newest is not None else None
    if generation is Generation.JUNE_2025:
        return {"failed": "failing", "in_progress": "in_progress"}.get(known.status if known else "", "active")
    if not connection.authenticated:
        return "pending_auth"
    if known is None:
        return "active"
    if known.status in {"running", "cancelling"}:
        return "syncing"
    if known.status == "failed":
        return "needs_reauth" if known.error_category else "error"
    return "active"


def listed_connection(connection: Connection, newest: Job | None, generation: Generation) -> Json:
    """An item of `GET /source-connections`."""
    status = connection_status(connection, newest, generation)
    if generation is Generation.JUNE_2025:
        return {
            "id": connection.id,
            "name": connection.name,
            "description": connection.description,
            "short_name": connection.source.short_name,
            "status": status,
            "created_at": _naive(connection.created_at),
            "modified_at": _naive(connection.created_at),
            "sync_id": connection.sync_id,
            "collection": connection.collection,
            "white_label_id": None,
        }
    return {
        "id": connection.id,
        "name": connection.name,
        "short_name": connection.source.short_name,
        "readable_collection_id": connection.collection,
        "created_at": _naive(connection.created_at),
        "modified_at": _naive(connection.created_at),
        "is_authenticated": connection.authenticated,
        "entity_count": connection.entity_count,
        "federated_search": connection.source.federated,
        "auth_method": connection.auth_method,
        "status": status,
    }


def connection_detail(connection: Connection, newest: Job | None, generation: Generation, now: datetime) -> Json:
    """`GET /source-connections/{id}`."""
    if generation is Generation.JUNE_2025:
        return _june_detail(connection, newest)
    if generation is Generation.DOCUMENTED:
        generation = Generation.CURRENT  # the documentation says nothing else about it
    known = as_known(newest, generation) if newest is not None else None
    synced = connection.sync_id is not None
    detail: Json = {
        "id": connection.id,
        "organization_id": connection.organization_id,
        "name": connection.name,
        "description": connection.description,
        "short_name": connection.source.short_name,
        "readable_collection_id": connection.collection,
        "status": connection_status(connection, newest, generation),
        "created_at": _naive(connection.created_at),
        "modified_at": _naive(connection.created_at),
        "auth": _auth(connection, generation),
        "config": connection.config,
        "schedule": _schedule(connection, generation, now) if synced else None,
        "sync": _sync(known, generation) if known is not None else None,
        "sync_id": connection.sync_id,
        "entities": _entities(connection, newest) if newest is not None else None,
    }
    if not generation.old:
        detail |= _trouble(connection, known)
    return detail | {"federated_search": connection.source.federated}


def _auth(connection: Connection, generation: Generation) -> Json:
    provider = "composio-demo01" if connection.auth_method == "auth_provider" else None
    auth: Json = {
        "method": connection.auth_method,
        "authenticated": connection.authenticated,
        "authenticated_at": _naive(connection.created_at) if connection.authenticated else None,
        "expires_at": None,
        "auth_url": None,
        "auth_url_expires": None,
        "redirect_url": None,
    }
    if not generation.old:
        auth["claim_token"] = None
    return auth | {"provider_readable_id": provider, "provider_id": provider}


def _schedule(connection: Connection, generation: Generation, now: datetime) -> Json:
    next_run = None if generation.old else connection.next_run(now)
    return {
        "cron": connection.cron,
        "next_run": f"{_naive(next_run)}Z" if next_run is not None else None,
        "continuous": False,
        "cursor_field": None,
        "cursor_value": None,
    }


def _sync(newest: Job, generation: Generation) -> Json:
    return {
        "total_runs": 1,  # really: the platform looks at the newest job only
        "successful_runs": int(newest.status == "completed"),
        "failed_runs": int(newest.status == "failed"),
        "last_job": {"id": newest.id, **_progress(newest, generation)},
    }


def _entities(connection: Connection, newest: Job) -> Json:
    kinds = connection.source.entities
    by_type = {
        kind: {"count": count, "last_updated": _naive(newest.touched_at)}
        for kind, count in _spread(kinds, connection.entity_count).items()
    }
    return {"total_entities": connection.entity_count, "by_type": by_type}


def _trouble(connection: Connection, newest: Job | None) -> Json:
    category = newest.error_category if newest is not None and newest.status == "failed" else None
    provider = connection.auth_method == "auth_provider" and category is not None
    return {
        "error_category": category,
        "error_message": _ERROR_MESSAGES[category] if category is not None else None,
        "provider_settings_url": "https://platform.composio.dev/" if provider else None,
        "provider_short_name": "composio" if provider else None,
    }


def _june_detail(connection: Connection, newest: Job | None) -> Json:
    known = as_known(newest, Generation.JUNE_2025) if newest is not None else None
    return {
        "name": connection.name,
        "description": connection.description,
        "config_fields": connection.config,
        "short_name": connection.source.short_name,
        "white_label_id": None,
        "id": connection.id,
        "sync_id": connection.sync_id,
        "organization_id": connection.organization_id,
        "created_at": _naive(connection.created_at),
        "modified_at": _naive(connection.created_at),
        "connection_id": connection.id,
        "collection": connection.collection,
        "created_by_email": _EMAIL,
        "modified_by_email": _EMAIL,
        "auth_fields": None,
        "status": connection_status(connection, newest, Generation.JUNE_2025),
        "latest_sync_job_status": known.status if known else None,
        "latest_sync_job_id": known.id if known else None,
        "latest_sync_job_started_at": _naive(known.started_at) if known else None,
        "latest_sync_job_completed_at": _completed_at(known, Generation.JUNE_2025) if known else None,
        "latest_sync_job_error": None,  # never filled in, whatever happened
        "cron_schedule": connection.cron,
        "next_scheduled_run": None,
    }


def connection_job(job: Job, connection: Connection, generation: Generation, *, as_of: str | None = None) -> Json:
    """An item of `GET /source-connections/{id}/jobs`; `as_of` is the connection id to claim, if another."""
    known = as_known(job, generation)
    owner = as_of or connection.id
    if generation is Generation.JUNE_2025:
        return {
            "source_connection_id": owner,
            **_row(known, connection),
            **_feed_progress(known, connection, generation),
        }
    return {
        "id": known.id,
        "source_connection_id": owner,
        **_progress(known, generation),
        "error_details": None,
    }


def organization_job(job: Job, connection: Connection, generation: Generation) -> Json:
    """An item of the organization-wide list of jobs."""
    known = as_known(job, generation)
    item: Json = {"sync_id": connection.sync_id, **_feed_progress(known, connection, generation)}
    if generation is Generation.DOCUMENTED:
        item |= {"status": feed_status(job, generation), "scheduled": connection.cron is not None}
    else:
        item["access_token"] = None
    if generation is Generation.MARCH_2026:
        item |= {"scheduled": False, "sync_config": None, "sync_metadata": None}
    return item | _row(known, connection, generation) | {"sync_name": f"Sync for {connection.name}"}


def feed_status(job: Job, generation: Generation) -> str:
    """How the organization-wide list spells a job's state."""
    status = status_of(job, generation)
    return _DOCUMENTED_FEED.get(status, status) if generation is Generation.DOCUMENTED else status


def _progress(job: Job, generation: Generation) -> Json:
    """State, times and counts as the jobs of a connection tell them."""
    completed_at = _completed_at(job, generation)
    seconds = None
    if completed_at is not None and job.started_at is not None and job.ended_at is not None:
        seconds = (job.ended_at - job.started_at).total_seconds()
    progress: Json = {
        "status": job.status.upper() if generation is Generation.DOCUMENTED else job.status,
        "started_at": _time(job.started_at, generation),
        "completed_at": completed_at,
        "duration_seconds": seconds,
        "entities_inserted": job.counts.inserted,
        "entities_updated": job.counts.updated,
        "entities_deleted": job.counts.deleted,
        "entities_failed": job.counts.skipped,
        "error": job.error,
    }
    return progress if generation.old else progress | {"error_category": job.error_category}


def _feed_progress(job: Job, connection: Connection, generation: Generation) -> Json:
    """State, times and counts as a row of the table of jobs has them."""
    counts = job.counts
    seen = counts.inserted + counts.updated + counts.kept
    return {
        "status": job.status,
        "entities_inserted": counts.inserted,
        "entities_updated": counts.updated,
        "entities_deleted": counts.deleted,
        "entities_kept": counts.kept,
        "entities_skipped": counts.skipped,
        "entities_encountered": _spread(connection.source.entities, seen) if seen else {},
        "started_at": _time(job.started_at, generation),
        "completed_at": _time(job.ended_at, generation) if job.status == "completed" else None,
        "failed_at": _time(job.ended_at, generation) if job.status == "failed" else None,
        "error": job.error,
    }


def _row(job: Job, connection: Connection, generation: Generation = Generation.JUNE_2025) -> Json:
    return {
        "id": job.id,
        "organization_id": connection.organization_id,
        "created_by_email": _EMAIL,
        "modified_by_email": _EMAIL,
        "created_at": _time(job.created_at, generation),
        "modified_at": _time(job.touched_at, generation),
    }


def _completed_at(job: Job, generation: Generation) -> str | None:
    """A failed job has no end on the wire, except where the documentation says so; an old cancelled one neither."""
    ends = {
        Generation.CURRENT: {"completed", "cancelled"},
        Generation.DOCUMENTED: {"completed", "cancelled", "failed"},
    }.get(generation, {"completed"})
    return _time(job.ended_at, generation) if job.status in ends else None


def collection_item(collection: Collection, world: World, generation: Generation) -> Json:
    """An item of `GET /collections`."""
    members = [item for item in world.own_connections() if item.collection == collection.readable_id]
    failing = [
        connection_status(item, world.newest_job(item.id), generation) in {"error", "needs_reauth", "failing"}
        for item in members
    ]
    status = "NEEDS SOURCE" if not members else "ERROR" if all(failing) else "ACTIVE"
    item: Json = {
        "name": collection.name,
        "readable_id": collection.readable_id,
        "id": collection.id,
        "sync_config": None,
        "created_at": _naive(collection.created_at),
        "modified_at": _naive(collection.created_at),
        "organization_id": world.organization_id,
        "created_by_email": _EMAIL,
        "modified_by_email": _EMAIL,
        "status": status,
        "vector_size": 1536,
        "embedding_model_name": "text-embedding-3-small",
    }
    if not generation.old:
        item["source_connection_summaries"] = [
            {"short_name": member.source.short_name, "name": member.name} for member in members
        ]
    return item


def _spread(kinds: tuple[str, ...], total: int) -> dict[str, int]:
    """A total shared out among kinds of entities."""
    share, rest = divmod(total, len(kinds))
    return {kind: share + (rest if number == 0 else 0) for number, kind in enumerate(kinds)}


def _naive(moment: datetime | None) -> str | None:
    """Without an offset, and without a fraction when it is 0; always UTC."""
    return moment.replace(tzinfo=None).isoformat() if moment is not None else None


def _time(moment: datetime | None, generation: Generation) -> str | None:
    """The documentation gives jobs RFC 3339 times; no server observed does."""
    text = _naive(moment)
    return f"{text}Z" if text is not None and generation is Generation.DOCUMENTED else text
