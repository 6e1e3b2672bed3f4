"""How many requests may be sent: what the server's rate limit leaves, less a share for the user's own traffic."""

import math
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

WINDOW_S: Final = 60.0
"""Airweave counts the requests of an organization in a sliding window of this many seconds."""

_UNLIMITED_FROM: Final = 9_999
"""A limit of 0 or of this much means that there is none."""

FIRST_BURST: Final = 4
"""Requests that may go out before the first answer has told the limit."""

UNKNOWN_WAIT_S: Final = 0.25
MIN_WAIT_S: Final = 0.001
MAX_BLOCK_S: Final = 600.0
LATENCY_S: Final = 5.0
"""A server counts a request later than we send it, so our own ones may still be in its window for this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateHeaders:
    """What an answer says about the rate limit: requests in the window, and how many of them are left."""

    limit: int | None = None
    remaining: int | None = None

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> "RateHeaders":
        return cls(limit=_whole(headers.get("ratelimit-limit")), remaining=_whole(headers.get("ratelimit-remaining")))

    @property
    def present(self) -> bool:
        return self.limit is not None

    @property
    def effective_limit(self) -> int | None:
        """The limit, or None where there is none."""
        return self.limit if self.limit is not None and 0 < self.limit < _UNLIMITED_FROM else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """A budget in numbers. With `limit` None nothing limits us, or, if not `known`, no answer has told yet."""

    known: bool = False
    limit: int | None = None
    """Requests a minute the server allows the organization."""
    usable_per_minute: int | None = None
    """Of these, how many we allow ourselves."""
    left: int | None = None
    """How many could be sent right now; None means any number."""
    reserve: int = 0
    """Requests a minute left for the user's own traffic."""
    blocked_for_s: float = 0.0
    """Seconds until the server wants to be asked again."""


class RateBudget(Protocol):
    """Counts requests per caller. All replicas that use the same key should share one."""

    async def take(self, key: str) -> float:
        """Draw one request: 0.0 if granted, else the seconds after which asking again makes sense. Atomic."""
        ...

    async def observe(self, key: str, headers: RateHeaders, *, blocked_for_s: float | None) -> None:
        """Learn from an answer. `blocked_for_s` is set for a 429, which the server does not count, and only then.

        Headers without a limit mean that there is none: answers that never carry one are not to be reported.
        """
        ...

    async def state(self, key: str) -> BudgetState:
        """The present state, for people to look at."""
        ...


class MemoryRateBudget:
    """A budget for one process. `clock` gives monotonic seconds.

    Besides our own requests of the last minute it knows how much others used: what the server has counted and we
    did not send. That use is assumed to last for a minute after it was seen. The reserve is for these others; when
    they use more than it, we give way.
    """

    def __init__(self, clock: Callable[[], float], *, reserve_share: float = 0.2, max_keys: int = 4096) -> None:
        if not 0 <= reserve_share < 1:
            raise ValueError("reserve_share has to be at least 0 and less than 1")
        self._clock = clock
        self._reserve_share = reserve_share
        self._max_keys = max_keys
        self._accounts: OrderedDict[str, _Account] = OrderedDict()

    async def take(self, key: str) -> float:
        return self._account(key).take(self._clock())

    async def observe(self, key: str, headers: RateHeaders, *, blocked_for_s: float | None) -> None:
        self._account(key).observe(self._clock(), headers, blocked_for_s)

    async def state(self, key: str) -> BudgetState:
        account = self._accounts.get(key) or _Account(self._reserve_share)
        return account.state(self._clock())

    def _account(self, key: str) -> "_Account":
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = _Account(self._reserve_share)
        self._accounts.move_to_end(key)
        while len(self._accounts) > self._max_keys:
            self._accounts.popitem(last=False)
        return account


@dataclass(slots=True)
class _Account:
    """One caller's requests. Every method is given the present instant."""

    reserve_share: float
    known: bool = False
    limit: int | None = None
    own: deque[float] = field(default_factory=deque)
    """When we sent; without a limit nothing is noted."""
    others: deque[tuple[float, int]] = field(default_factory=deque)
    """(when seen, how many requests of others); counts fall from left to right, so that it stays short."""
    blocked_until: float = -math.inf

    def take(self, now: float) -> float:
        self._forget(now)
        wait = self._wait(now)
        if wait > 0:
            return max(wait, MIN_WAIT_S)
        if self.limit is not None or not self.known:
            self.own.append(now)
        return 0.0

    def observe(self, now: float, headers: RateHeaders, blocked_for_s: float | None) -> None:
        self._forget(now)
        if blocked_for_s is not None:
            self.blocked_until = max(self.blocked_until, now + min(max(blocked_for_s, 0.0), MAX_BLOCK_S))
            if self.own:
                self.own.pop()
            if not headers.present:
                return  # whoever refused, it was not Airweave's own counter
        self.known, self.limit = True, headers.effective_limit
        if self.limit is None:
            self.own.clear()
            self.others.clear()
        elif headers.remaining is not None:
            self._note_others(now, self.limit - headers.remaining - len(self.own))

    def state(self, now: float) -> BudgetState:
        self._forget(now)
        blocked_for_s = max(0.0, self.blocked_until - now)
        if self.limit is None:
            return BudgetState(known=self.known, blocked_for_s=blocked_for_s)
        left = 0 if blocked_for_s else max(0, self._allowed(self.limit) - self._sent(now))
        return BudgetState(
            known=True,
            limit=self.limit,
            usable_per_minute=self._usable(self.limit),
            left=left,
            reserve=self.limit - self._usable(self.limit),
            blocked_for_s=blocked_for_s,
        )

    def _wait(self, now: float) -> float:
        if now < self.blocked_until:
            return self.blocked_until - now
        if not self.known:
            return 0.0 if self._sent(now) < FIRST_BURST else UNKNOWN_WAIT_S
        if self.limit is None or self._sent(now) < self._allowed(self.limit):
            return 0.0
        changes = [sent + WINDOW_S for sent in self.own if sent + WINDOW_S > now][:1]
        changes += [seen + WINDOW_S for seen, _ in self.others][:1]
        return min(changes) - now

    def _usable(self, limit: int) -> int:
        return usable_of(limit, self.reserve_share)

    def _allowed(self, limit: int) -> int:
        others = self.others[0][1] if self.others else 0
        return min(self._usable(limit), limit - others)

    def _sent(self, now: float) -> int:
        return sum(1 for sent in self.own if sent + WINDOW_S > now)

    def _note_others(self, now: float, count: int) -> None:
        if count <= 0:
            return
        while self.others and self.others[-1][1] <= count:
            self.others.pop()
        self.others.append((now, count))

    def _forget(self, now: float) -> None:
        while self.own and self.own[0] + WINDOW_S + LATENCY_S <= now:
            self.own.popleft()
        while self.others and self.others[0][0] + WINDOW_S <= now:
            self.others.popleft()


def usable_of(limit: int, reserve_share: float) -> int:
    """How many requests of a limit we allow ourselves: what the reserve, rounded up, leaves, but at least one."""
    return max(1, limit - math.ceil(round(limit * reserve_share, 9)))  # 35 * 0.2 is a little more than 7


def _whole(text: str | None) -> int | None:
    try:
        number = int(text or "")
    except ValueError:
        return None
    return number if number >= 0 else None
