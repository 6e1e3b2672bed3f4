"""A request budget that all replicas draw on, in atomic steps. The store's clock counts."""

from collections.abc import Callable
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import InvalidResponse

from airweave_sync_mcp.airweave.budget import (
    FIRST_BURST,
    LATENCY_S,
    MAX_BLOCK_S,
    MIN_WAIT_S,
    UNKNOWN_WAIT_S,
    WINDOW_S,
    BudgetState,
    MemoryRateBudget,
    RateHeaders,
    usable_of,
)
from airweave_sync_mcp.hosting.store.keys import Names
from airweave_sync_mcp.hosting.store.link import Link, StoreAwayError
from airweave_sync_mcp.hosting.store.scripts import load_script

_REMEMBERED_MS: Final = 24 * 60 * 60 * 1000
"""How long a limit is remembered after it was last asked for."""


class SharedRateBudget:
    """Implements `airweave.budget.RateBudget`, by the rules of `MemoryRateBudget`, for all replicas together.

    A budget of this process is kept beside it and takes over while the store is away. It knows the limit and our own
    requests; those of other replicas it sees as use by others, as the server counts them.
    """

    def __init__(
        self,
        redis: Redis,
        link: Link,
        names: Names,
        local: MemoryRateBudget,
        *,
        reserve_share: float = 0.2,
        window_s: float = WINDOW_S,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`clock` gives seconds and takes the place of the store's own; `window_s` is what the server counts by."""
        self._link = link
        self._names = names
        self._local = local
        self._reserve_share = reserve_share
        self._window_s = window_s
        self._clock = clock
        self._rate = load_script(redis, "rate")

    async def take(self, key: str) -> float:
        try:
            (wait,) = await self._ask("take", key, FIRST_BURST, _micros(UNKNOWN_WAIT_S))
        except StoreAwayError:
            return await self._local.take(key)
        if wait > 0:
            return max(wait / 1e6, MIN_WAIT_S)
        await self._local.take(key)
        return 0.0

    async def observe(self, key: str, headers: RateHeaders, *, blocked_for_s: float | None) -> None:
        await self._local.observe(key, headers, blocked_for_s=blocked_for_s)
        limit = headers.effective_limit
        try:
            await self._ask(
                "observe",
                key,
                "" if blocked_for_s is None else _micros(min(max(blocked_for_s, 0.0), MAX_BLOCK_S)),
                int(headers.present),
                "" if limit is None else limit,
                "" if limit is None else usable_of(limit, self._reserve_share),
                "" if headers.remaining is None else headers.remaining,
            )
        except StoreAwayError:
            return

    async def state(self, key: str) -> BudgetState:
        try:
            known, limit, usable, sent, others, blocked = await self._ask("state", key, answers=6)
        except StoreAwayError:
            return await self._local.state(key)
        if limit < 0:
            return BudgetState(known=bool(known), blocked_for_s=blocked / 1e6)
        return BudgetState(
            known=True,
            limit=limit,
            usable_per_minute=usable,
            left=0 if blocked else max(0, min(usable, limit - others) - sent),
            reserve=limit - usable,
            blocked_for_s=blocked / 1e6,
        )

    async def _ask(self, what: str, key: str, *arguments: str | int, answers: int = 1) -> list[int]:
        now = "" if self._clock is None else _micros(self._clock())
        times = (now, _micros(self._window_s), _micros(LATENCY_S), _REMEMBERED_MS)

        async def question() -> list[int]:
            answer = await self._rate(keys=self._names.rate(key), args=(what, *times, *arguments))
            found = answer if isinstance(answer, list) else [answer]
            numbers = [one for one in found if isinstance(one, int)]
            if not len(numbers) == len(found) == answers:
                raise InvalidResponse
            return numbers

        return await self._link.ask(question)


def _micros(seconds: float) -> int:
    return round(seconds * 1e6)
