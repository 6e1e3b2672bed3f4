"""uvicorn's HTTP protocol, with bounds that idle and slow clients cannot use up.

uvicorn bounds how long a connection may be idle between two requests only: whoever opens one and sends nothing, or a
header byte by byte, keeps it for ever. And its bound on connections counts the idle ones, and when it is reached
answers nobody any more, not even on the connections that are there.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.server import ServerState

_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 47\r\nconnection: close\r\n\r\nThe server has as many connections as it may.\r\n"
)


class BoundedProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Closes connections on which `head_timeout_s` pass between the first byte expected and the end of the headers.

    Of more than `most` connections the one whose last request is longest ago gives way to a new one.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        head_timeout_s: float,
        most: int,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_timeout_s = head_timeout_s
        self._head_timer: asyncio.TimerHandle | None = None
        self._most = most
        self.asked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.asked_at = self.loop.time()
        if len(self.connections) > self._most and not self._make_room():
            self.transport.write(_FULL)
            self.leave()
        else:
            self._expect_head()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if not self.idle:
            self.asked_at = self.loop.time()
            self._stop_timer()
        elif self._head_timer is None:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    @property
    def idle(self) -> bool:
        """No request is worked on, though the beginning of one may have come."""
        return self.cycle is None or self.cycle.response_complete

    def _make_room(self) -> bool:
        """Whether another connection could be closed for this one."""
        others = [one for one in self.connections if one is not self and isinstance(one, BoundedProtocol) and one.idle]
        if others:
            min(others, key=lambda one: one.asked_at).leave()
        return bool(others)

    def leave(self) -> None:
        """Close this connection, and count it no longer."""
        self._stop_timer()
        self.connections.discard(self)  # else it would count until the event loop has come round to it
        self.transport.close()

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(self._head_timeout_s, self._give_up)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()


def bounded(head_timeout_s: float, most: int) -> Callable[..., asyncio.Protocol]:
    """What uvicorn's `http` option takes."""
    return partial(BoundedProtocol, head_timeout_s=head_timeout_s, most=most)
