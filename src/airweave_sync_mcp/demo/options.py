"""What a caller can choose about the embedded Airweave."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Literal

DEMO_API_KEY: Final = "demo-key"
"""The key people use with the demo. It opens nothing else."""

DEMO_EXPIRED_KEY: Final = "demo-key-expired"
"""Answered like a key that has expired, wherever a key is asked for."""


class Generation(StrEnum):
    """Which Airweave the demo answers like."""

    CURRENT = "current"
    """April 2026: no organization-wide list of jobs."""
    MARCH_2026 = "2026-03"
    """`GET /sync/jobs` exists; jobs of a connection come unsorted and whatever the limit."""
    JUNE_2025 = "2025-06"
    """`in_progress`, other shapes, no limits on lists, no rate limits, no cancel."""
    DOCUMENTED = "documented"
    """Exactly the public documentation: `GET /v1/sync/jobs`, upper-case statuses, documented errors."""

    @property
    def old(self) -> bool:
        """Made before April 2026: no error categories, no paused syncs, no sorted lists of jobs."""
        return self in {Generation.MARCH_2026, Generation.JUNE_2025}


class Temporal(StrEnum):
    """The state of the workflow engine behind the demo; `DemoAirweave.temporal` can be set at any time."""

    UP = "up"
    UNREACHABLE = "unreachable"
    """run and cancel answer 500 although they have changed the job."""
    REFUSES = "refuses"
    """cancel of a running job answers 502."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """How the demo behaves. All of it is deterministic for a given `clock`."""

    generation: Generation = Generation.CURRENT
    rate_limit: int | None = None
    """Requests per sliding 60 seconds; None is unlimited. June 2025 has no rate limits and ignores it."""
    api_key: str | None = None
    """The one key that is accepted; None turns authentication off."""
    clock: Callable[[], datetime] = _utc_now
    """Aware UTC. Its value when the demo is built is the anchor of all histories."""
    organization_jobs: Literal["live", "dead"] = "live"
    """Dead: the organization-wide list answers 500, as March 2026 was released."""
    foreign_organizations: bool = False
    """March 2026 and June 2025 return the jobs of other organizations too, as they really did."""
    latency: Callable[[str, str], Awaitable[None]] | None = None
    """Awaited with method and path after a request was acted upon and before it is answered. It may
    wait, or raise to lose the answer of something that was done."""
