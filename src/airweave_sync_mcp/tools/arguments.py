"""The arguments tools share: one meaning and one explanation each. Optional texts are empty, never null."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from airweave_sync_mcp.airweave.wire import as_word
from airweave_sync_mcp.diagnosis.causes import CauseName
from airweave_sync_mcp.history.convert import job_status


def as_list(value: object) -> object:
    """A single value where a list is expected does too, and so does a comma list."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [] if value is None else value


def _each(value: object, spell: Callable[[str], str]) -> object:
    values = as_list(value)
    return [spell(one) if isinstance(one, str) else one for one in values] if isinstance(values, list) else values


def _job_statuses(value: object) -> object:
    return _each(value, job_status)


def _lower(value: object) -> object:
    return _each(value, as_word)


def _no_switch(value: object) -> object:
    if isinstance(value, bool):  # pydantic takes true for 1
        raise ValueError("a number is needed")  # noqa: TRY004 - pydantic reports no TypeError
    return value


def _lower_text(value: object) -> object:
    return as_word(value) if isinstance(value, str) else value


JobStatusName = Literal["created", "pending", "running", "completed", "failed", "cancelling", "cancelled"]
ConnectionStatusName = Literal["active", "syncing", "error", "needs_reauth", "pending_auth", "pending_sync", "inactive"]

Connection = Annotated[
    str, Field(description="Source connection: name or unique part of it, id, 8+ digits of the id, or URL")
]
Job = Annotated[str, Field(description="Sync job: id, its first 8+ digits, URL, 'latest' or 'latest_failed'")]
Collection = Annotated[str, Field(description="Only this collection (readable id)")]
Source = Annotated[str, Field(description="Only this source type, e.g. github, notion")]
Since = Annotated[str, Field(description="Start: 30m, 24h, 7d, a date, or ISO 8601")]
Until = Annotated[str, Field(description="End, same forms")]
Statuses = Annotated[list[JobStatusName], BeforeValidator(_job_statuses), Field(description="Only these states")]
Causes = Annotated[list[CauseName], BeforeValidator(_lower), Field(description="Only these causes")]
ConnectionStatuses = Annotated[
    list[ConnectionStatusName], BeforeValidator(_lower), Field(description="Only these states")
]
Limit = Annotated[int, Field(ge=1, le=100, description="Rows at most"), BeforeValidator(_no_switch)]
Timeout = Annotated[int, Field(ge=1, le=45, description="How long to wait"), BeforeValidator(_no_switch)]
Cursor = Annotated[str, Field(description="next_cursor of the answer before, with the same filters")]
Detail = Annotated[
    Literal["concise", "full"],
    BeforeValidator(_lower_text),
    Field(description="full adds whole ids, errors and counts by type"),
]
