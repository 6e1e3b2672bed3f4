"""In whose name a request asks: the key it brings, never the operator's unless the operator said so."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from mcp.server.context import ServerRequestContext
from mcp.server.request_state import authenticated_principal
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from airweave_sync_mcp.airweave.credential import Credential, CredentialKind
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.hosting.refusals import Refusal, refuse
from airweave_sync_mcp.tools.base import ToolContext

KEY_HEADER: Final = "X-API-Key"
ORGANIZATION_HEADER: Final = "X-Organization-ID"

_SCOPE_KEY: Final = "airweave_sync_mcp.caller"
_REALM: Final = 'Bearer realm="airweave-sync-mcp"'
_KEYS_ARE_MADE: Final = "Keys are made in the Airweave dashboard, under API keys."
_BRING: Final = f"Send your Airweave API key in {KEY_HEADER}, or as Authorization: Bearer. {_KEYS_ARE_MADE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sent a request. `name` is a keyed hash that differs between credentials, organizations and addresses."""

    credential: Credential = field(repr=False)
    name: str


Reader: TypeAlias = Callable[[Headers], Credential | Refusal]
"""Reads a request's headers."""


def own_key(headers: Headers) -> Credential | Refusal:
    """The plain mode: every caller brings an Airweave API key of his own."""
    given = _given(headers, KEY_HEADER)
    bearer = bearer_of(headers)
    for one in (given, bearer):
        if isinstance(one, Refusal):
            return one
    if given and bearer and not hmac.compare_digest(str(given).encode(), str(bearer).encode()):
        return _bad_request(
            "two_keys", f"{KEY_HEADER} and Authorization hold different keys.", "Send one key, in one of them."
        )
    secret = given or bearer
    if not secret:
        return _unauthorized("no_key", "This server needs an Airweave API key, and the request has none.", _BRING)
    return _credential(str(secret), headers)


def key_beside_token(headers: Headers) -> Credential | Refusal:
    """With OAuth: Authorization holds a token for this server, which goes no further; the key comes in X-API-Key."""
    given = _given(headers, KEY_HEADER)
    if isinstance(given, Refusal):
        return given
    if not given:
        return _bad_request(
            "no_key",
            "The OAuth token lets you in here; to ask Airweave, your API key is needed as well.",
            f"Send it in {KEY_HEADER}. {_KEYS_ARE_MADE}",
        )
    return _credential(given, headers)


def operators_key(operator: Credential, token: str) -> Reader:
    """Single-tenant mode: whoever brings the server's token is answered with the operator's key."""
    expected = token.encode()

    def read(headers: Headers) -> Credential | Refusal:
        bearer = bearer_of(headers)
        if isinstance(bearer, Refusal):
            return bearer
        if not bearer or not hmac.compare_digest(bearer.encode(), expected):
            return _unauthorized(
                "wrong_token" if bearer else "no_token",
                "This server asks for its own token, and " + ("this is not it." if bearer else "the request has none."),
                "Send it as Authorization: Bearer. Its operator gives it out.",
            )
        if headers.get(KEY_HEADER):
            return _bad_request(
                "key_not_wanted",
                "This server asks Airweave with its operator's key.",
                f"Leave {KEY_HEADER} away, so that nobody takes the answers for another organization's.",
            )
        other = headers.get(ORGANIZATION_HEADER, "").strip().lower()
        if other and other != operator.organization_id:
            return _bad_request(
                "organization_not_wanted",
                "This server answers for its operator's organization only.",
                f"Leave {ORGANIZATION_HEADER} away.",
            )
        return operator

    return read


class CredentialMiddleware:
    """Lets in whoever `read` finds a credential for, and notes it for the tools. `name` gives a caller's hash."""

    def __init__(self, app: ASGIApp, *, read: Reader, name: Callable[[Credential], str]) -> None:
        self._app = app
        self._read = read
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._read(Headers(scope=scope))
        if isinstance(found, Refusal):
            await refuse(found, scope, receive, send)
            return
        scope[_SCOPE_KEY] = Caller(credential=found, name=self._name(found))
        await self._app(scope, receive, send)


def caller_name(scope: Scope) -> str:
    """The name of the caller of a request that was let in."""
    caller: Caller = scope[_SCOPE_KEY]
    return caller.name


def credential_of(ctx: ToolContext) -> Credential:
    """The credential of the request that a tool is called by.

    Raises:
        AirweaveError: `no_key` where the request did not pass the middleware.
    """
    caller = _caller(ctx.request_context.request)
    if caller is None:
        raise AirweaveError(code=ErrorCode.NO_KEY, message="The request has no Airweave API key.", hint=_BRING)
    return caller.credential


def principal_of(ctx: ServerRequestContext[Any, Any]) -> str:
    """Whom a confirmation belongs to: nobody else can use it.

    Raises:
        LookupError: The request did not pass the middleware; the SDK then refuses the confirmation.
    """
    caller = _caller(ctx.request)
    if caller is None:
        raise LookupError("the request has no caller")
    user = authenticated_principal(ctx)
    return caller.name if user is None else f"{caller.name} {user}"


def _caller(request: object) -> Caller | None:
    scope = getattr(request, "scope", None)
    found = scope.get(_SCOPE_KEY) if isinstance(scope, dict) else None
    return found if isinstance(found, Caller) else None


def _given(headers: Headers, name: str) -> str | Refusal:
    values = {value.strip() for value in headers.getlist(name) if value.strip()}
    if len(values) > 1:
        return _bad_request("two_keys", f"The request has {name} twice, with different values.", "Send it once.")
    return values.pop() if values else ""


def bearer_of(headers: Headers) -> str | Refusal:
    """What follows the word Bearer in Authorization; empty where there is nothing."""
    value = _given(headers, "Authorization")
    if isinstance(value, Refusal) or not value:
        return value
    scheme, _, rest = value.partition(" ")
    if scheme.lower() != "bearer":
        return _unauthorized("no_bearer", "Authorization does not start with the word Bearer.", _BRING)
    return rest.strip()


def _credential(secret: str, headers: Headers) -> Credential | Refusal:
    organization = _given(headers, ORGANIZATION_HEADER)
    if isinstance(organization, Refusal):
        return organization
    try:
        found = Credential.parse(secret, organization)
    except AirweaveError as error:
        if error.code is ErrorCode.ORGANIZATION_MALFORMED:
            return _bad_request(error.code.value, f"{ORGANIZATION_HEADER}: {error.message}", error.hint)
        return _unauthorized(error.code.value, error.message, error.hint)
    if found.kind is CredentialKind.JWT:
        return _unauthorized(
            "jwt",
            "This is a login token (JWT), and this server takes Airweave API keys: a token that was issued for "
            "somebody else is not passed on.",
            _BRING,
        )
    return found


def _unauthorized(reason: str, message: str, hint: str) -> Refusal:
    error = "" if reason in {"no_key", "no_token"} else ', error="invalid_token"'
    challenge = f'{_REALM}{error}, error_description="{message}"'
    return Refusal(status=401, reason=reason, message=message, hint=hint, challenge=challenge)


def _bad_request(reason: str, message: str, hint: str) -> Refusal:
    return Refusal(status=400, reason=reason, message=message, hint=hint)
