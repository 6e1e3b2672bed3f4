"""Whether the process lives, whether it can serve, and how those it depends on are.

An outage of Airweave or of the store is told, and does not decide: it would evict every replica at once, and there
would be nobody left to say what is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from airweave_sync_mcp.airweave.errors import ErrorCode
from airweave_sync_mcp.hosting.metrics import CONTENT_TYPE, Metrics
from airweave_sync_mcp.hosting.store.health import StoreHealth

_NO_ANSWER: Final = frozenset(
    {
        ErrorCode.DNS,
        ErrorCode.TLS,
        ErrorCode.REFUSED,
        ErrorCode.RESET,
        ErrorCode.CONNECT_TIMEOUT,
        ErrorCode.TIMEOUT,
        ErrorCode.PROXY_ERROR,
        ErrorCode.NETWORK,
        ErrorCode.UPSTREAM_UNAVAILABLE,
        ErrorCode.SERVER_ERROR,
    }
)
_NOT_ASKED: Final = frozenset({ErrorCode.BUDGET_EXHAUSTED.value, "cancelled"})


@dataclass(slots=True)
class AirweaveHealth:
    """How Airweave answered last, as far as requests of callers tell; nothing is asked for this alone."""

    clock: Callable[[], float]
    _reachable: bool | None = None
    _at: float = 0.0

    def note(self, outcome: str) -> None:
        """A request to Airweave has ended."""
        if outcome not in _NOT_ASKED:
            self._reachable, self._at = outcome not in _NO_ANSWER, self.clock()

    def tell(self) -> dict[str, str | float]:
        if self._reachable is None:
            return {"state": "not_asked_yet"}
        return {"state": "answers" if self._reachable else "troubled", "seconds_ago": round(self.clock() - self._at, 1)}


@dataclass(slots=True, kw_only=True)
class Health:
    """The state of this process. `serving` is true between start-up and the beginning of the shutdown."""

    airweave: AirweaveHealth
    metrics: Metrics
    store: StoreHealth | None = None
    serving: bool = False

    async def alive(self, _: Request) -> Response:
        """The process runs and its event loop turns."""
        return JSONResponse({"alive": True})

    async def ready(self, _: Request) -> Response:
        """200 if this process can serve, else 503. What it depends on is in the body and does not decide."""
        body = {"ready": self.serving, "airweave": self.airweave.tell(), "store": {"state": self._store()}}
        return JSONResponse(body, status_code=200 if self.serving else 503)

    async def show_metrics(self, _: Request) -> Response:
        """Everything that is counted, for Prometheus."""
        return Response(self.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    def _store(self) -> str:
        if self.store is None:
            return "none"
        return "away" if self.store.away else "answers"
