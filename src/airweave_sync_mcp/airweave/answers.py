"""What an HTTP answer that is not a success means: a table from status and text to `AirweaveError`.

The texts were seen on three generations of servers; the order of the table matters, the first row that fits wins.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from airweave_sync_mcp.airweave.asking import Context
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode

_QUOTE_LIMIT: Final = 200
_WORDS_KEPT: Final = 2_000
_OWN_WORDS_OF_PROXIES: Final = frozenset({407, 408, 413, 429})
"""Statuses whose meaning is the same whoever sends them; with any other one an HTML page is not Airweave's."""

_NO_SYNC_HINT: Final = (
    "It is searched live at its source, or its authorization was never finished: there is nothing to run or to list."
)
_KEY_HINT: Final = "Check the API key (AIRWEAVE_API_KEY) and that it was made on this server."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """One row: which answers it fits, and what they mean. `says` may use {asked}, {host} and {status}."""

    status: int | range
    code: ErrorCode
    says: str
    hint: str
    match: str = ""
    when: Callable[[Context], bool] = lambda _: True
    retryable: bool = False
    quote: bool = False
    """Repeat the server's own words. Never for 5xx: those leak SQL and bound values."""

    def fits(self, status: int, detail: str, context: Context) -> bool:
        known = status == self.status if isinstance(self.status, int) else status in self.status
        return known and bool(re.search(self.match, detail)) and self.when(context)


_RULES: Final = (
    _Rule(
        status=range(300, 400),
        code=ErrorCode.REDIRECTED,
        says="{host} sent us elsewhere ({status}) {asked}",
        hint="Redirects are not followed, for the key must not reach another address. "
        "Set AIRWEAVE_BASE_URL to the API's own address, with https:// if that is what it uses.",
    ),
    _Rule(
        status=400,
        match="Organization context required",
        code=ErrorCode.ORGANIZATION_REQUIRED,
        says="Airweave does not know which organization is meant ({status}) {asked}",
        hint="Set the organization id (AIRWEAVE_ORGANIZATION_ID).",
    ),
    _Rule(
        status=400,
        match="has no associated sync",
        code=ErrorCode.NO_SYNC,
        says="This source connection has no sync ({status}) {asked}",
        hint=_NO_SYNC_HINT,
    ),
    _Rule(
        status=400,
        match="a sync job is already",
        code=ErrorCode.CONFLICT,
        says="A sync job of this connection is still active ({status}) {asked}",
        hint="Wait until it ends, or cancel it first.",
        quote=True,
    ),
    _Rule(
        status=400,
        match="^Cannot cancel job in",
        code=ErrorCode.CONFLICT,
        says="The job is not in a state that can be cancelled ({status}) {asked}",
        hint="Only pending and running jobs can be cancelled.",
        quote=True,
    ),
    _Rule(
        status=400,
        code=ErrorCode.BAD_REQUEST,
        says="Airweave refused ({status}) {asked}",
        hint="Airweave's own words say what it objects to.",
        quote=True,
    ),
    _Rule(
        status=401,
        when=lambda context: context.token,
        code=ErrorCode.UNAUTHORIZED,
        says="Airweave did not accept the login token ({status}) {asked}",
        hint="It has probably expired: log in again, or use an API key (AIRWEAVE_API_KEY).",
    ),
    _Rule(
        status=401,
        code=ErrorCode.UNAUTHORIZED,
        says="Airweave did not accept the credential ({status}) {asked}",
        hint=_KEY_HINT,
    ),
    _Rule(
        status=403,
        match="has expired",
        code=ErrorCode.KEY_EXPIRED,
        says="The API key has expired ({status}) {asked}",
        hint="Make a new API key in the Airweave dashboard and set it as AIRWEAVE_API_KEY.",
    ),
    _Rule(
        status=403,
        match="Invalid or expired API key",
        code=ErrorCode.KEY_REJECTED,
        says="Airweave does not know the API key, or it has expired ({status}) {asked}",
        hint=_KEY_HINT,
    ),
    _Rule(
        status=403,
        match="does not have access to organization",
        code=ErrorCode.ORGANIZATION_FORBIDDEN,
        says="The credential does not belong to the chosen organization ({status}) {asked}",
        hint="Leave AIRWEAVE_ORGANIZATION_ID away, or use a key of that organization.",
    ),
    _Rule(
        status=403,
        code=ErrorCode.FORBIDDEN,
        says="Airweave denied access ({status}) {asked}",
        hint="Ask an administrator of the organization for the permission, or use another key.",
        quote=True,
    ),
    _Rule(
        status=404,
        match="Organization with ID",
        code=ErrorCode.ORGANIZATION_UNKNOWN,
        says="Airweave does not know the chosen organization ({status}) {asked}",
        hint="Check AIRWEAVE_ORGANIZATION_ID, or leave it away.",
    ),
    _Rule(
        status=404,
        match="No sync found for this source connection",
        code=ErrorCode.NO_SYNC,
        says="This source connection has no sync ({status}) {asked}",
        hint=_NO_SYNC_HINT,
    ),
    _Rule(
        status=404,
        match="^(Not Found)?$",
        code=ErrorCode.ROUTE_NOT_FOUND,
        says="{host} has no such endpoint ({status}) {asked}",
        hint="Either this version of Airweave does not offer it, or AIRWEAVE_BASE_URL is not the address of its API.",
    ),
    _Rule(
        status=404,
        code=ErrorCode.NOT_FOUND,
        says="Airweave found no such object ({status}) {asked}",
        hint="It may have been deleted, or it belongs to another organization. List the connections to see valid ids.",
        quote=True,
    ),
    _Rule(
        status=405,
        code=ErrorCode.METHOD_NOT_ALLOWED,
        says="{host} does not offer this operation ({status}) {asked}",
        hint="This version of Airweave does not have it, or a proxy in front of it does not let it through.",
    ),
    _Rule(
        status=407,
        code=ErrorCode.PROXY_ERROR,
        says="A proxy on the way to {host} wants to be logged in to ({status}) {asked}",
        hint="Put its user name and password into HTTPS_PROXY, or exempt the host with NO_PROXY.",
    ),
    _Rule(
        status=408,
        code=ErrorCode.TIMEOUT,
        says="{host} did not get the request in time ({status}) {asked}",
        hint="The network is slow or overloaded.",
        retryable=True,
    ),
    _Rule(
        status=409,
        match="PAUSED",
        code=ErrorCode.CONFLICT,
        says="The sync is paused ({status}) {asked}",
        hint="Airweave pauses a sync when its credentials fail. Renew the connection's credentials; that resumes it.",
        quote=True,
    ),
    _Rule(
        status=409,
        code=ErrorCode.CONFLICT,
        says="The present state does not allow this ({status}) {asked}",
        hint="Look at the connection and its newest job first.",
        quote=True,
    ),
    _Rule(
        status=413,
        code=ErrorCode.TOO_LARGE,
        says="{host} finds the request too large ({status}) {asked}",
        hint="Our requests are small: look at the limits of the proxy in front of Airweave.",
    ),
    _Rule(
        status=422,
        match=r"^(?!(?:path|query|body|header|cookie)\b)[^:]*: Input should be",
        when=lambda context: not context.question.write,
        code=ErrorCode.UNREADABLE_ROW,
        says="Airweave cannot read a row of its own database ({status}) {asked}",
        hint="One row holds a value this version of Airweave does not know, and that breaks the whole list. "
        "The operator of the server has to mend that row.",
        quote=True,
    ),
    _Rule(
        status=422,
        code=ErrorCode.INVALID_ARGUMENT,
        says="Airweave finds an argument invalid ({status}) {asked}",
        hint="Airweave's own words name the argument.",
        quote=True,
    ),
    _Rule(
        status=429,
        code=ErrorCode.RATE_LIMITED,
        says="The rate limit of the organization is used up ({status}) {asked}",
        hint="Wait; or ask for less at once. The limit is shared by everybody who uses the organization.",
        retryable=True,
    ),
    _Rule(
        status=range(400, 500),
        code=ErrorCode.BAD_REQUEST,
        says="Airweave refused ({status}) {asked}",
        hint="This answer is not one that Airweave is known for; something in front of it may have sent it.",
        quote=True,
    ),
    _Rule(
        status=500,
        match="badly formed hexadecimal UUID",
        when=lambda context: context.organization_set,
        code=ErrorCode.ORGANIZATION_MALFORMED,
        says="Airweave cannot read the organization id ({status}) {asked}",
        hint="AIRWEAVE_ORGANIZATION_ID has to be a UUID.",
    ),
    *(
        _Rule(
            status=status,
            code=ErrorCode.UPSTREAM_UNAVAILABLE,
            says="Airweave, or something it relies on, is not available ({status}) {asked}",
            hint="It may be restarting or overloaded. If it stays so, its operator has to look.",
            retryable=True,
        )
        for status in (502, 503, 504)
    ),
    _Rule(
        status=range(500, 600),
        code=ErrorCode.SERVER_ERROR,
        says="Airweave failed inside ({status}) {asked}",
        hint="Its own log says why; its answer is not repeated here, since it can hold private data.",
        retryable=True,
    ),
    _Rule(
        status=range(1000),
        code=ErrorCode.UNEXPECTED_ANSWER,
        says="{host} answered with an unusual status ({status}) {asked}",
        hint="Check that AIRWEAVE_BASE_URL is the address of Airweave's API.",
    ),
)


def error_of_answer(
    status: int, body: bytes, context: Context, *, retry_after_s: float | None = None, location: str | None = None
) -> AirweaveError:
    """Explain an answer that is not a success. `retry_after_s` and `location` come from its headers."""
    detail = _detail(body)
    if detail is None and 400 <= status < 500 and status not in _OWN_WORDS_OF_PROXIES:
        return _not_airweave(status, context)
    rule = next(rule for rule in _RULES if rule.fits(status, detail or "", context))
    message = rule.says.format(asked=context.asked, host=context.host, status=status)
    if rule.code is ErrorCode.REDIRECTED and (target := _origin(location)):
        message += f", to {target}"
    unknown = context.question.write and status >= 500
    return AirweaveError(
        code=rule.code,
        message=_sentence(message),
        hint=rule.hint,
        retryable=rule.retryable and not unknown,
        retry_after_s=retry_after_s if rule.retryable else None,
        status=status,
        outcome_unknown=unknown,
        words=detail[:_WORDS_KEPT] if rule.quote and detail else "",
    )


def quoted(text: str) -> str:
    """Words of a server as data: one line, no control characters, at most 200 characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 10 * _QUOTE_LIMIT]).split())
    return line if len(line) <= _QUOTE_LIMIT else line[: _QUOTE_LIMIT - 3] + "..."


def _detail(body: bytes) -> str | None:
    """The text of an error body; "" where it has none, None where it is not JSON at all."""
    if not body.strip():
        return ""
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(decoded, dict):
        return ""
    if isinstance(errors := decoded.get("errors"), list):
        return "; ".join(_located(error) for error in errors[:5] if isinstance(error, dict))
    if isinstance(errors := decoded.get("detail"), list):
        return "; ".join(_located({_location(e): e.get("msg", "")}) for e in errors[:5] if isinstance(e, dict))
    found = (decoded.get(name) for name in ("detail", "message", "error"))
    return next((text for text in found if isinstance(text, str)), "")


def _located(error: dict[str, object]) -> str:
    return ", ".join(f"{where}: {words}" for where, words in error.items())


def _location(error: dict[str, object]) -> str:
    path = error.get("loc")
    return ".".join(str(part) for part in path) if isinstance(path, list) else ""


def _origin(location: str | None) -> str:
    """Scheme and host of a redirect's target; the rest may hold tokens."""
    try:
        parts = urlsplit(location or "")
        host = parts.hostname or ""
    except ValueError:
        return ""
    return quoted(f"{parts.scheme or 'http'}://{host}") if host else ""


def _not_airweave(status: int, context: Context) -> AirweaveError:
    return AirweaveError(
        code=ErrorCode.NOT_JSON,
        message=f"{context.host} answered {status} with something that is not JSON {context.asked}.",
        hint="A proxy, a firewall or a login page seems to stand in front of Airweave. Check AIRWEAVE_BASE_URL.",
        status=status,
    )


def _sentence(text: str) -> str:
    return text if text.endswith(('."', ".")) else text + "."
