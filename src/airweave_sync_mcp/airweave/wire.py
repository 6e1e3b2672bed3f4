"""What the API answers, as tolerant models: three generations of servers and the documented shapes alike.

Fields that nobody needs are never held, so that `config`, `access_token`, `auth_url`, `claim_token` and e-mail
addresses cannot leak. A value that makes no sense becomes None; only a row without an id is unreadable.
Text is as the server sent it: it is untrusted, and may hold secrets.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import core_schema

ERROR_HEAD: Final = 14_000
ERROR_TAIL: Final = 6_000
"""Of an error text longer than both together, only its first and last characters are kept."""

_CANONICAL_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WORD: Final = re.compile(r"[A-Za-z_ -]{1,40}", re.ASCII)
_LENGTHS_WITHOUT_OFFSET: Final = frozenset({len("2026-11-21T12:00:00"), len("2026-11-21T12:00:00.123456")})


def read_time(value: object) -> datetime | None:
    """A time in UTC; one without an offset is meant as UTC. None for anything that is not a time."""
    if not isinstance(value, str):
        return None
    if len(value) not in _LENGTHS_WITHOUT_OFFSET:
        return _time_in_any_spelling(value)
    try:
        return datetime.fromisoformat(value + "+00:00")  # far quicker than to put the offset in later
    except ValueError:
        return _time_in_any_spelling(value)


def _time_in_any_spelling(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text.strip().upper())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_id(value: object) -> str | None:
    """An id as text; UUIDs of any spelling become lower case with dashes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not (text := value.strip()):
        return None
    if _CANONICAL_UUID.fullmatch(text):
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return text


def read_count(value: object) -> int | None:
    """A number of things: null, floats and digits in a string are fine, negative numbers are not."""
    if type(value) is int:
        return value if value >= 0 else None
    number = read_number(value)
    return int(number) if number is not None and number >= 0 else None


def read_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def read_flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None


def read_text(value: object) -> str | None:
    """Text; whatever else stands there becomes its JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def read_long_text(value: object) -> str | None:
    """Text of bounded length: head and tail stay, and how much is missing is said."""
    text = read_text(value)
    if text is None or len(text) <= ERROR_HEAD + ERROR_TAIL:
        return text
    cut = len(text) - ERROR_HEAD - ERROR_TAIL
    return f"{text[:ERROR_HEAD]}\n[... {cut:,} characters left out ...]\n{text[-ERROR_TAIL:]}"


def _required_id(value: object) -> str:
    if (found := read_id(value)) is None:
        raise ValueError("no id")
    return found


def _name(value: object) -> str:
    return read_text(value) or ""


def as_word(text: str) -> str:
    """A word in lower case. What is no word keeps its case: many secrets are known by it and could not be masked."""
    text = text.strip()
    return text.lower() if _WORD.fullmatch(text) else text


def _status(value: object) -> str:
    return as_word(value) if isinstance(value, str) and value.strip() else "unknown"


def _counts(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        return {}
    return {str(key): count for key, raw in value.items() if (count := read_count(raw)) is not None}


@dataclass(frozen=True, slots=True)
class _Read:
    """Has a field read by a function, except for `usual` values: pydantic takes these as they are, which is faster."""

    read: Callable[[object], object]
    usual: core_schema.CoreSchema | None = None

    def __get_pydantic_core_schema__(self, _: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        read = core_schema.no_info_plain_validator_function(self.read)
        return core_schema.union_schema([self.usual, read], mode="left_to_right") if self.usual else read


_USUAL_ID: Final = core_schema.str_schema(strict=True, pattern=f"^{_CANONICAL_UUID.pattern}$")
_USUAL_TEXT: Final = core_schema.str_schema(strict=True)
_USUAL_LONG_TEXT: Final = core_schema.str_schema(strict=True, max_length=ERROR_HEAD + ERROR_TAIL)
_USUAL_COUNT: Final = core_schema.int_schema(strict=True, ge=0)
_USUAL_NUMBER: Final = core_schema.float_schema(strict=True, allow_inf_nan=False)
_USUAL_FLAG: Final = core_schema.bool_schema(strict=True)
_USUAL_STATUS: Final = core_schema.str_schema(strict=True, pattern="^[a-z_]+$")
_or_none: Final = core_schema.nullable_schema

RequiredId = Annotated[str, _Read(_required_id, _USUAL_ID)]
Id = Annotated[str | None, _Read(read_id, _or_none(_USUAL_ID))]
Time = Annotated[datetime | None, _Read(read_time, core_schema.none_schema())]
Count = Annotated[int | None, _Read(read_count, _or_none(_USUAL_COUNT))]
Number = Annotated[float | None, _Read(read_number, _or_none(_USUAL_NUMBER))]
Flag = Annotated[bool | None, _Read(read_flag, _or_none(_USUAL_FLAG))]
Text = Annotated[str | None, _Read(read_text, _or_none(_USUAL_TEXT))]
LongText = Annotated[str | None, _Read(read_long_text, _or_none(_USUAL_LONG_TEXT))]
Name = Annotated[str, _Read(_name, _USUAL_TEXT)]
Status = Annotated[str, _Read(_status, _USUAL_STATUS)]
"""Lower case; `unknown` where there is none. Values nobody has seen yet survive."""
Counts = Annotated[dict[str, int], _Read(_counts)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class WireJob(_Wire):
    """A sync job, from the list of one connection or of the whole organization; None where that list is silent."""

    id: RequiredId
    status: Status = "unknown"
    source_connection_id: Id = None
    sync_id: Id = None
    sync_name: Text = None
    organization_id: Id = None
    scheduled: Flag = None
    started_at: Time = None
    completed_at: Time = None
    failed_at: Time = None
    created_at: Time = None
    modified_at: Time = None
    duration_seconds: Number = None
    entities_inserted: Count = None
    entities_updated: Count = None
    entities_deleted: Count = None
    entities_kept: Count = None
    entities_skipped: Count = None
    entities_failed: Count = None
    entities_encountered: Counts = Field(default_factory=dict)
    error: LongText = None
    error_category: Text = None
    error_details: LongText = None


class WireConnection(_Wire):
    """A source connection as the list of connections tells it."""

    id: RequiredId
    name: Name = ""
    short_name: Name = ""
    readable_collection_id: Annotated[
        Name, Field(validation_alias=AliasChoices("readable_collection_id", "collection"))
    ] = ""
    status: Status = "unknown"
    created_at: Time = None
    modified_at: Time = None
    is_authenticated: Flag = None
    entity_count: Count = None
    federated_search: Flag = None
    auth_method: Text = None
    sync_id: Id = None


class WireAuth(_Wire):
    method: Text = None
    authenticated: Flag = None
    authenticated_at: Time = None
    provider_readable_id: Text = None


class WireSchedule(_Wire):
    """When a sync runs by itself; without `cron` only when somebody starts it."""

    cron: Text = None
    next_run: Time = None
    """Computed from the cron, also for a paused sync that will not run."""


class WireSync(_Wire):
    last_job: WireJob | None = None


class WireConnectionDetail(WireConnection):
    """A source connection as a request for it alone tells it. `schedule` is None where nothing can be scheduled."""

    organization_id: Id = None
    description: Text = None
    auth: WireAuth | None = None
    schedule: WireSchedule | None = None
    sync: WireSync | None = None
    error_category: Text = None
    error_message: LongText = None
    provider_settings_url: Text = None
    provider_short_name: Text = None

    @model_validator(mode="before")
    @classmethod
    def _one_shape(cls, data: object) -> object:
        return _one_detail_shape(data) if isinstance(data, Mapping) else data


class WireCollection(_Wire):
    readable_id: RequiredId
    name: Name = ""
    organization_id: Id = None
    status: Text = None
    """As the server spells it: in upper case, and with a blank in `NEEDS SOURCE`."""


def _one_detail_shape(data: Mapping[str, Any]) -> dict[str, Any]:
    """Bring the flat detail of 2025 into today's shape, and fill what the list has and the detail says elsewhere."""
    shaped = dict(data)
    auth, schedule, sync, entities = (_object(data.get(name)) for name in ("auth", "schedule", "sync", "entities"))
    if "cron_schedule" in data and schedule is None:
        schedule = {"cron": data["cron_schedule"], "next_run": data.get("next_scheduled_run")}
    last_job = _object(sync.get("last_job")) if sync else _older_last_job(data)
    if last_job:
        last_job = {"source_connection_id": data.get("id"), "sync_id": data.get("sync_id")} | last_job
    if last_job and read_id(last_job.get("id")) is None:
        last_job = None
    shaped |= {"auth": auth, "schedule": schedule, "sync": {"last_job": last_job} if last_job else None}
    if auth:
        shaped.setdefault("is_authenticated", auth.get("authenticated"))
        shaped.setdefault("auth_method", auth.get("method"))
    if entities:
        shaped.setdefault("entity_count", entities.get("total_entities"))
    return shaped


def _older_last_job(data: Mapping[str, Any]) -> dict[str, Any] | None:
    prefix = "latest_sync_job_"
    job = {key.removeprefix(prefix): value for key, value in data.items() if key.startswith(prefix)}
    return job if job.get("id") else None


def _object(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """A list as the server gave it; `unreadable` counts the rows that had no id and are not in `items`."""

    items: tuple[T, ...]
    unreadable: int = 0
