"""What a request is told that never reached a tool: an error of JSON-RPC.

Of anything else MCP clients show nothing but that the server returned an error.
"""

from typing import Any, Final

INTERNAL_ERROR: Final = -32603
INVALID_REQUEST: Final = -32600
"""The numbers of JSON-RPC. To take them from the SDK would import all of it where requests are not answered."""

_PASSES: Final = frozenset({408, 429, 503, 504})
"""Statuses of what may go well the next time."""


def error_body(
    *, status: int, code: str, message: str, hint: str, retry_after_s: int | None = None
) -> dict[str, object]:
    """The same facts that errors of tools have, and the sentences in the one that clients show."""
    data: dict[str, Any] = {"code": code, "message": message, "hint": hint, "retryable": status in _PASSES}
    if retry_after_s is not None:
        data["retry_after_s"] = retry_after_s
    number = INTERNAL_ERROR if status >= 500 else INVALID_REQUEST
    # There is no id in it: what is turned away is not read.
    return {"jsonrpc": "2.0", "id": None, "error": {"code": number, "message": f"{message} {hint}", "data": data}}
