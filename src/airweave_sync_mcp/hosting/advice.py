"""What callers of a hosted server are told to do about a failure.

On one's own machine that is a setting. Here a caller has headers, and everything else is the operator's.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.hosting.credentials import KEY_HEADER, ORGANIZATION_HEADER

logger: Final = logging.getLogger(__name__)

_KEY: Final = (
    f"Check the API key that your client sends ({KEY_HEADER}), and that it was made on the Airweave this server asks."
)
_OPERATORS: Final = "Nothing that you send changes that: if it stays so, tell it to whoever runs this MCP server."
_NOTED_EVERY_S: Final = 60.0

_ABOUT_CALLERS: Final = {
    ErrorCode.UNAUTHORIZED: _KEY,
    ErrorCode.KEY_REJECTED: _KEY,
    ErrorCode.KEY_EXPIRED: f"Make a new API key in the Airweave dashboard, and send that ({KEY_HEADER}).",
    ErrorCode.ORGANIZATION_REQUIRED: f"Have your client send the organization's id in {ORGANIZATION_HEADER}.",
    ErrorCode.ORGANIZATION_FORBIDDEN: f"Leave {ORGANIZATION_HEADER} away, or use a key of that organization.",
    ErrorCode.ORGANIZATION_UNKNOWN: f"Check {ORGANIZATION_HEADER}, or leave it away.",
    ErrorCode.ORGANIZATION_MALFORMED: f"{ORGANIZATION_HEADER} has to be a UUID.",
}
_ABOUT_THE_WAY: Final = frozenset(
    {
        ErrorCode.ROUTE_NOT_FOUND,
        ErrorCode.METHOD_NOT_ALLOWED,
        ErrorCode.NOT_JSON,
        ErrorCode.UNEXPECTED_ANSWER,
        ErrorCode.REDIRECTED,
        ErrorCode.DNS,
        ErrorCode.TLS,
        ErrorCode.REFUSED,
        ErrorCode.RESET,
        ErrorCode.CONNECT_TIMEOUT,
        ErrorCode.PROXY_ERROR,
        ErrorCode.NETWORK,
    }
)


_RESTARTING: Final = "Airweave or something on the way to it closed the connection; it may be restarting."


@dataclass(slots=True)
class Advice:
    """What to do about an error. In single-tenant mode key and organization are the operator's as well.

    What only the operator can do is in the log instead, once a minute.
    """

    single_tenant: bool
    clock: Callable[[], float]
    _noted: dict[ErrorCode, float] = field(default_factory=dict)

    def __call__(self, error: AirweaveError) -> str:
        if error.code in _ABOUT_THE_WAY or (self.single_tenant and error.code in _ABOUT_CALLERS):
            self._note(error)
            return _OPERATORS
        if error.code == ErrorCode.RESET:
            return _RESTARTING
        return _ABOUT_CALLERS.get(error.code, error.hint)

    def _note(self, error: AirweaveError) -> None:
        now = self.clock()
        if now - self._noted.get(error.code, float("-inf")) >= _NOTED_EVERY_S:
            self._noted[error.code] = now
            logger.warning("Callers get no answers from Airweave (%s). %s", error.code, error.hint)
