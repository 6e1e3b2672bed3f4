"""When a GET is asked again, and after how long. POSTs are never repeated.

tenacity is used as it is, rather than through stamina: the wait has to fit into the time that is left, sleeping has to
be replaceable, and stamina reports every retry through process-wide hooks that a library must not touch.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import anyio
from tenacity import AsyncRetrying, RetryCallState

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode

_TRANSIENT: Final = frozenset(
    {
        ErrorCode.DNS,
        ErrorCode.REFUSED,
        ErrorCode.RESET,
        ErrorCode.NETWORK,
        ErrorCode.CONNECT_TIMEOUT,
        ErrorCode.TIMEOUT,
        ErrorCode.CUT_OFF,
        ErrorCode.RATE_LIMITED,
        ErrorCode.UPSTREAM_UNAVAILABLE,
    }
)
_ROOM_FOR_AN_ATTEMPT_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how soon. Without a `Retry-After` the n-th wait is random, up to `first_s` times 2 to the n."""

    max_attempts: int = 3
    first_s: float = 0.3
    longest_s: float = 5.0
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    random: Callable[[float, float], float] = field(default=random.uniform)

    def retrying(self) -> AsyncRetrying:
        """A fresh machine for one call; it keeps state and must not be shared."""
        return AsyncRetrying(sleep=self.sleep, retry=_is_transient, wait=self._wait, stop=self._stop, reraise=True)

    def _wait(self, state: RetryCallState) -> float:
        error = _error(state)
        if error is not None and error.retry_after_s is not None:
            return error.retry_after_s + self.random(0.05, 0.25)  # not all at the same instant
        ceiling = min(self.longest_s, self.first_s * 2**state.attempt_number)
        return self.random(ceiling / 2, ceiling)

    def _stop(self, state: RetryCallState) -> bool:
        late = state.upcoming_sleep + _ROOM_FOR_AN_ATTEMPT_S > time_left()
        return late or state.attempt_number >= self.max_attempts


def time_left() -> float:
    """Seconds until the innermost deadline that applies here; infinite without one."""
    return anyio.current_effective_deadline() - anyio.current_time()


def _is_transient(state: RetryCallState) -> bool:
    error = _error(state)
    return error is not None and error.retryable and error.code in _TRANSIENT


def _error(state: RetryCallState) -> AirweaveError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, AirweaveError) else None
