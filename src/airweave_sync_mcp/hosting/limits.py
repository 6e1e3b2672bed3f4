"""What one caller may take, and all together: places, requests a minute, bytes of a body, time to send it.

Limits are per process. What Airweave allows an organization is another matter, see the budget.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from airweave_sync_mcp.hosting.refusals import Refusal, refuse
from airweave_sync_mcp.hosting.trail import current_trail

MINUTE: Final = 60.0
_MOST_CALLERS: Final = 20_000
_SOON_S: Final = 1
_MOST_DROPPED: Final = 8 * 1024 * 1024


class RateLimiter:
    """A bucket of tokens for each caller: full it holds a minute's worth, and it fills at that rate.

    Callers are forgotten, those not heard of for longest first, when there are more than `most_callers`.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float], *, most_callers: int = _MOST_CALLERS) -> None:
        self._size = float(per_minute)
        self._clock = clock
        self._most = most_callers
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> float:
        """0.0 if granted, else the seconds until one more request will be."""
        now = self._clock()
        tokens, filled_at = self._buckets.get(caller, (self._size, now))
        tokens = min(self._size, tokens + (now - filled_at) * self._size / MINUTE)
        granted = tokens >= 1
        self._buckets[caller] = (tokens - 1 if granted else tokens, now)
        self._buckets.move_to_end(caller)
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0.0 if granted else (1 - tokens) * MINUTE / self._size


@dataclass(slots=True)
class Places:
    """How many requests are worked on at the same time: all together, and for each caller."""

    total: int
    each: int
    patience_s: float = 0.25
    """A request ends a moment after its answer has arrived: so long the caller's next one waits for its place."""
    _taken: dict[str, int] = field(default_factory=dict)
    _waiting: dict[str, list[anyio.Event]] = field(default_factory=dict)
    _sum: int = 0

    async def room(self, caller: str) -> Refusal | None:
        """As `refusal`, once one of the caller's requests has ended that perhaps has its answer already."""
        refusal = self.refusal(caller)
        if refusal is None or not self._is_full(caller):
            return refusal
        waiting = self._waiting.setdefault(caller, [])
        if len(waiting) >= self.each:
            return refusal
        ended = anyio.Event()
        waiting.append(ended)
        try:
            with anyio.move_on_after(self.patience_s):
                await ended.wait()
        finally:
            if ended in waiting:
                waiting.remove(ended)
            if not waiting and self._waiting.get(caller) is waiting:
                del self._waiting[caller]
        return self.refusal(caller)

    def refusal(self, caller: str) -> Refusal | None:
        """Why there is no place for one more request of this caller."""
        if self._is_full(caller):
            return Refusal(
                status=429,
                reason="too_many_calls",
                message=f"You have {self.each} requests under way, and more than that are not worked on at once.",
                hint="Wait for one to end, then send this one again.",
                retry_after_s=_SOON_S,
            )
        if self._sum >= self.total:
            return Refusal(
                status=503,
                reason="busy",
                message="The server is working on as many requests as it can.",
                hint="Send this one again in a moment.",
                retry_after_s=_SOON_S,
            )
        return None

    @contextmanager
    def taken(self, caller: str) -> Iterator[None]:
        """Holds a place while the block runs."""
        self._taken[caller] = self._taken.get(caller, 0) + 1
        self._sum += 1
        try:
            yield
        finally:
            self._sum -= 1
            left = self._taken[caller] - 1
            if left:
                self._taken[caller] = left
            else:
                del self._taken[caller]
            if waiting := self._waiting.get(caller):
                waiting.pop(0).set()

    def _is_full(self, caller: str) -> bool:
        return self._taken.get(caller, 0) >= self.each


@dataclass(slots=True, kw_only=True)
class LimitsMiddleware:
    """Lets a request through if there is a place for its caller, its body is small and comes in time.

    `caller_of` names the caller of a scope. The whole exchange has to be over after `call_timeout_s`, so that a client
    that does not read its answer gives its place back.
    """

    app: ASGIApp
    caller_of: Callable[[Scope], str]
    rate: RateLimiter
    places: Places
    max_body_bytes: int
    read_timeout_s: float
    call_timeout_s: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = self.caller_of(scope)
        refusal = self._too_often(caller) or await self.places.room(caller)
        if refusal is not None:
            await refuse(refusal, scope, receive, send)
            return
        with self.places.taken(caller):
            answer = _Answer(send)
            with anyio.move_on_after(self.call_timeout_s) as deadline:
                await self._within(scope, receive, answer)
            if deadline.cancelled_caught and (trail := current_trail()):
                trail.refusal = "timeout"
            if deadline.cancelled_caught and not answer.started:
                await refuse(_took_too_long(self.call_timeout_s), scope, receive, send)

    def _too_often(self, caller: str) -> Refusal | None:
        wait_s = self.rate.take(caller)
        return _too_often(wait_s) if wait_s else None

    async def _within(self, scope: Scope, receive: Receive, send: Send) -> None:
        body: bytes | Refusal | None = _too_slow(self.read_timeout_s)
        with anyio.move_on_after(self.read_timeout_s):
            body = await _read(receive, self.max_body_bytes)
        if body is None:
            return  # the client is gone
        if isinstance(body, Refusal):
            await refuse(body, scope, receive, send, close=True)
            return
        await self.app(scope, _replay(body, receive), send)


class _Answer:
    """Sends the head of an answer together with the beginning of its body, and remembers whether that has happened.

    Until then the request can still be refused, and a proxy can still give it to another replica.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._head: Message | None = None
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head = message
            return
        if self._head is not None:
            head, self._head, self.started = self._head, None, True
            await self._send(head)
        await self._send(message)


async def _read(receive: Receive, limit: int) -> bytes | Refusal | None:
    """The body; None if the client went away before it was complete.

    What is too large is read all the same, up to a point, and dropped: a client that still sends hears nothing.
    """
    body, size = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        piece = message.get("body", b"")
        size += len(piece)
        if size <= limit:
            body += piece
        if size > limit + _MOST_DROPPED:
            return _too_large(limit)
        if not message.get("more_body", False):
            return bytes(body) if size <= limit else _too_large(limit)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _too_often(wait_s: float) -> Refusal:
    return Refusal(
        status=429,
        reason="rate",
        message="You send more requests a minute than this server takes from one caller.",
        hint="Wait as long as Retry-After tells.",
        retry_after_s=max(_SOON_S, math.ceil(wait_s)),
    )


def _too_large(limit: int) -> Refusal:
    return Refusal(
        status=413,
        reason="body_too_large",
        message=f"The request is larger than {limit} bytes.",
        hint="Tool calls are far smaller; the operator can set --max-body.",
    )


def _too_slow(limit_s: float) -> Refusal:
    return Refusal(
        status=408,
        reason="body_too_slow",
        message=f"The request's body did not arrive within {limit_s:g} s.",
        hint="Send it again, in one go.",
    )


def _took_too_long(limit_s: float) -> Refusal:
    return Refusal(
        status=504,
        reason="timeout",
        message=f"The request took longer than {limit_s:g} s and was given up.",
        hint="Ask for less at once, or again later: what was read meanwhile is kept.",
        retry_after_s=_SOON_S,
    )
