"""What the classifier is given and what it answers."""

from dataclasses import dataclass

from airweave_sync_mcp.diagnosis.causes import CauseName, Family
from airweave_sync_mcp.history.model import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """What a failed job and its connection show.

    `started` is False for a job that failed before it read anything, None where that is not known.
    `wrote` says whether it had written entities. `source` is a short name, e.g. `github`.
    """

    message: str | None
    error_category: str | None = None
    source: str | None = None
    auth_method: str | None = None
    started: bool | None = None
    status: str | None = None
    wrote: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why it failed, as far as the symptom tells.

    `evidence` holds the words that decided, each at most 120 characters, unmasked: they come from the source
    and have to pass the safety module. `retry_after_s` is the wait the text itself states, in seconds.
    `rule` names the rule that decided. `nearest` is set only for an unknown cause: what to look at.
    """

    cause: CauseName
    family: Family
    transient: bool
    confidence: Confidence
    evidence: tuple[str, ...]
    sub_cause: str | None
    who: str
    fix: str
    retry_after_s: float | None
    rule: str
    nearest: str | None = None
