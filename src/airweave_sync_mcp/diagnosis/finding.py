"""What a look at a connection's history can find, beyond the status field. Pure data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from airweave_sync_mcp.history.model import Confidence


class FindingKind(StrEnum):
    """The names of findings. Each has one rule; docs/findings.md says when it fires and when it must not."""

    FAILING = "failing"
    PAUSED = "paused"
    FIRST_RUN_FAILED = "first_run_failed"
    FLAPPING = "flapping"
    RECOVERED = "recovered"
    STUCK_RUNNING = "stuck_running"
    STUCK_PENDING = "stuck_pending"
    STUCK_CANCELLING = "stuck_cancelling"
    MASS_DELETION = "mass_deletion"
    ENTITY_COUNT_FELL = "entity_count_fell"
    WROTE_NOTHING = "wrote_nothing"
    HOLDS_NOTHING = "holds_nothing"
    CANCELLED_BY_CLEANUP = "cancelled_by_cleanup"
    WAITING_FOR_LOGIN = "waiting_for_login"
    STALE = "stale"
    NEVER_RAN = "never_ran"
    INACTIVE = "inactive"


class Severity(StrEnum):
    """`info` is worth a word and never an alarm."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


SEVERITY_ORDER: Final = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is (or was) wrong with a connection.

    `since` is when the condition began, None where nobody can tell. `detail` and `evidence` are our own
    words with numbers; they never hold text from the API. `needs_person` says that waiting or running again
    will not cure it.
    """

    kind: FindingKind
    severity: Severity
    detail: str
    since: datetime | None = None
    job_id: str | None = None
    evidence: tuple[str, ...] = ()
    confidence: Confidence = Confidence.HIGH
    needs_person: bool = False

    @property
    def alarming(self) -> bool:
        return self.severity is not Severity.INFO
