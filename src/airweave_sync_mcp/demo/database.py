"""Paging that nobody checked reaches the database, and its complaint reaches the client as a 500 full of SQL."""

from typing import Final

from .options import Generation
from .params import internal_error

_INT32: Final = 2**31
_INT64: Final = 2**63

_JOBS: Final = (
    "SELECT sync_job.sync_id, sync_job.status, sync_job.started_at, sync_job.completed_at, sync_job.failed_at, "
    "sync_job.entities_inserted, sync_job.entities_updated, sync_job.entities_deleted, sync_job.entities_kept, "
    "sync_job.entities_skipped, sync_job.error, sync_job.entities_encountered, sync_job.scheduled, "
    "sync_job.sync_config, sync_job.sync_metadata, sync_job.organization_id, sync_job.id, sync_job.created_at, "
    "sync_job.modified_at, sync_job.created_by_email, sync_job.modified_by_email, sync.name AS sync_name \n"
    "FROM sync_job JOIN sync ON sync_job.sync_id = sync.id ORDER BY sync_job.created_at DESC \n"
)
_CONNECTIONS: Final = (
    "SELECT source_connection.name, source_connection.description, source_connection.short_name, "
    "source_connection.config_fields, source_connection.readable_auth_provider_id, "
    "source_connection.auth_provider_config, source_connection.sync_id, source_connection.readable_collection_id, "
    "source_connection.connection_id, source_connection.connection_init_session_id, "
    "source_connection.is_authenticated, source_connection.organization_id, source_connection.id, "
    "source_connection.created_at, source_connection.modified_at, source_connection.created_by_email, "
    "source_connection.modified_by_email \nFROM source_connection \n"
    "WHERE source_connection.organization_id = $1::UUID ORDER BY source_connection.created_at DESC \n"
)


def page_of_jobs(generation: Generation, skip: int, limit: int) -> slice:
    """The rows of the organization's jobs. Raises the database's 500s."""
    problem = _problem(skip, limit, first_argument=1)
    if problem is not None:
        tail = f" LIMIT $1::{_cast(limit)} OFFSET $2::{_cast(skip)}]\n[parameters: ({limit}, {skip})]"
        raise internal_error(generation, _complaint(problem, f"{_JOBS}{tail}"))
    return slice(skip, skip + limit)


def page_of_connections(generation: Generation, skip: int, limit: int, organization_id: str) -> slice:
    """The rows of the list of connections. Raises the database's 500s."""
    problem = _problem(skip, limit, first_argument=2)
    if problem is not None:
        tail = (
            f" LIMIT $2::{_cast(limit)} OFFSET $3::{_cast(skip)}]\n"
            f"[parameters: (UUID('{organization_id}'), {limit}, {skip})]"
        )
        raise internal_error(generation, _complaint(problem, f"{_CONNECTIONS}{tail}"))
    return slice(skip, skip + limit)


def _problem(skip: int, limit: int, *, first_argument: int) -> str | None:
    for argument, number in enumerate((limit, skip), start=first_argument):
        if number >= _INT64:
            return f"DataError'>: invalid input for query argument ${argument}: {number} (value out of int64 range)"
    if limit < 0:
        return "InvalidRowCountInLimitClauseError'>: LIMIT must not be negative"
    if skip < 0:
        return "InvalidRowCountInResultOffsetClauseError'>: OFFSET must not be negative"
    return None


def _cast(number: int) -> str:
    return "INTEGER" if -_INT32 <= number < _INT32 else "BIGINT"


def _complaint(problem: str, sql: str) -> str:
    return (
        f"DBAPIError: (sqlalchemy.dialects.postgresql.asyncpg.Error) <class 'asyncpg.exceptions.{problem}\n"
        f"[SQL: {sql}\n(Background on this error at: https://sqlalche.me/e/20/dbapi)"
    )
