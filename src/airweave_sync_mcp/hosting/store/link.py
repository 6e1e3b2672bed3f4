"""The connection to the store. Every question to it goes through here: bounded, counted, and no harm if it fails."""

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import anyio
from redis import exceptions as wrong
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from airweave_sync_mcp.hosting.store.health import StoreHealth, Trouble

T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)

_PLACES: Final = 64
"""Questions under way at once, and so connections."""

_FAILURES: Final = 3
"""So many in a row, and the store is left alone."""

_PAUSE_S: Final = 5.0


class StoreAwayError(Exception):
    """The store did not answer, or was not asked because it is away. Never leaves this package."""


def connect(url: str, *, password: str | None, timeout_s: float) -> Redis:
    """A client for the store. It connects when it is asked something, and never repeats a question by itself."""
    options: dict[str, Any] = {"password": password} if password is not None else {}
    pool = ConnectionPool.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        max_connections=_PLACES * 2,
        retry=Retry(NoBackoff(), 0),
        protocol=2,  # every server and proxy speaks it
        **options,
    )
    return Redis.from_pool(pool)


@dataclass(slots=True)
class Link:
    """Asks the store. After failures in a row it is left alone for seconds; then one question tries it again."""

    health: StoreHealth
    clock: Callable[[], float]
    """Monotonic seconds."""
    timeout_s: float
    jitter: Callable[[float, float], float] = random.uniform
    _places: anyio.Semaphore = field(default_factory=lambda: anyio.Semaphore(_PLACES))
    _failures: int = 0
    _again_at: float = 0.0

    async def ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """The store's answer.

        Raises:
            StoreAwayError: There is none; why has been counted.
        """
        self.expect()
        if self.health.away:
            self._pause()  # of many that come now, only this one asks
        trouble = Trouble.TIMEOUT
        with anyio.move_on_after(self.timeout_s) as waiting:
            await self._places.acquire()
        if not waiting.cancelled_caught:
            try:
                # Broken off between question and answer a connection is lost, and in the worst case the next one
                # to use it gets the answer of the former. A question ends soon enough by itself.
                with anyio.CancelScope(shield=True):
                    answer = await question()
            except Exception as error:  # noqa: BLE001 - whatever it is, answers go on without the store
                trouble = _trouble(error)
                _LOG.debug("The store did not answer: %s", type(error).__name__)  # its words may hold an address
            else:
                self._answered()
                return answer
            finally:
                self._places.release()
        self._failed(trouble)
        raise StoreAwayError

    def expect(self) -> None:
        """Return if the store may be asked now.

        Raises:
            StoreAwayError: It may not.
        """
        if self.health.away and self.clock() < self._again_at:
            self.health.unasked += 1
            raise StoreAwayError

    def _answered(self) -> None:
        self.health.answered += 1
        self._failures = 0
        self.health.back()

    def _failed(self, trouble: Trouble) -> None:
        self.health.troubles[trouble] += 1
        self._failures += 1
        if self._failures >= _FAILURES:
            self._pause()
            self.health.gone(trouble)

    def _pause(self) -> None:
        self._again_at = self.clock() + _PAUSE_S * self.jitter(0.8, 1.2)  # not all replicas at once


def _trouble(error: Exception) -> Trouble:
    match error:
        case wrong.AuthenticationError() | wrong.AuthorizationError() | wrong.NoPermissionError():
            return Trouble.DENIED
        case wrong.TimeoutError() | TimeoutError():
            return Trouble.TIMEOUT
        case wrong.ConnectionError() | OSError():
            return Trouble.UNREACHABLE
        case wrong.ResponseError():
            return Trouble.FAILED
        case _:
            return Trouble.NONSENSE
