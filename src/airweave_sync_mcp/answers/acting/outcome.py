"""What became of a write."""

from dataclasses import dataclass
from enum import StrEnum

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.acting.plan import Plan
from airweave_sync_mcp.history.model import SyncJob


class Result(StrEnum):
    """What was done."""

    STARTED = "started"
    NOT_STARTED = "not_started"
    CANCELLED = "cancelled"
    CANCELLING = "cancelling"
    NOT_CANCELLED = "not_cancelled"
    DRY_RUN = "dry_run"
    DECLINED = "declined"
    UNKNOWN = "unknown"


class ConfirmedBy(StrEnum):
    """Whose word a write rests on."""

    PERSON = "person"
    FLAG = "flag"
    MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A write, or why there was none. `lost` is set where Airweave's answer was lost and the state was read back."""

    plan: Plan
    result: Result
    confirmed_by: ConfirmedBy | None = None
    job: SyncJob | None = None
    lost: AirweaveError | None = None
