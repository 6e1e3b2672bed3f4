"""OAuth, in the role of a resource server: tokens of one issuer, for this server only, let a caller in.

A token is checked here and goes no further, and is not even kept; Airweave is asked with the caller's own key, which
comes in `X-API-Key`. Clients find the issuer through the protected-resource metadata (RFC 9728).
"""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import anyio.to_thread
import jwt
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from pydantic import AnyHttpUrl, ConfigDict, TypeAdapter
from starlette.authentication import AuthCredentials
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from airweave_sync_mcp.hosting.credentials import bearer_of
from airweave_sync_mcp.hosting.refusals import Refusal, refuse
from airweave_sync_mcp.hosting.settings import OAuthSettings

logger: Final = logging.getLogger(__name__)

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures only an issuer can make. With the HS family whoever can check a token can also make one."""

_URL: Final = TypeAdapter(AnyHttpUrl, config=ConfigDict(url_preserve_empty_path=True))
"""Addresses as they were written: clients compare an issuer letter by letter."""

_LEEWAY_S: Final = 30
_KEYS_LIFESPAN_S: Final = 900.0
_FETCH_TIMEOUT_S: Final = 5.0
_AFTER_FAILURE_S: Final = 5.0
_LONGEST_TOKEN: Final = 16_384


class IssuerKeys:
    """The issuer's public keys, from an address (cached, and read again for a key that is new) or from a file."""

    def __init__(self, source: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._down_until = float("-inf")
        self._client: jwt.PyJWKClient | None = None
        self._keys: list[jwt.PyJWK] = []
        if "://" in source:
            self._client = jwt.PyJWKClient(source, lifespan=_KEYS_LIFESPAN_S, timeout=_FETCH_TIMEOUT_S)
        else:
            self._keys = jwt.PyJWKSet.from_json(Path(source).read_text(encoding="utf-8")).keys

    def find(self, key_id: str) -> jwt.PyJWK:
        """The key of that id. Blocks while the issuer is asked.

        Raises:
            jwt.PyJWTError: There is none, or the issuer cannot be asked now.
        """
        if self._client is None:
            return _matching(self._keys, key_id)
        if self._clock() < self._down_until:
            raise jwt.PyJWKClientConnectionError("the issuer did not answer a moment ago")
        try:
            return self._client.get_signing_key(key_id)
        except jwt.PyJWKClientConnectionError:
            self._down_until = self._clock() + _AFTER_FAILURE_S
            raise


class JwtVerifier(TokenVerifier):
    """Takes access tokens that are JWTs of the issuer, for the audience, signed with one of its keys, not expired."""

    def __init__(self, settings: OAuthSettings, keys: IssuerKeys) -> None:
        self._settings = settings
        self._keys = keys

    async def verify_token(self, token: str) -> AccessToken | None:
        if len(token) > _LONGEST_TOKEN:
            return None
        try:
            # In a thread: the keys may have to be fetched, and one who waits for that must not stop the others.
            claims = await anyio.to_thread.run_sync(self._claims, token)
        except jwt.PyJWTError as error:
            logger.info("An OAuth token was refused: %s", type(error).__name__)
            return None
        subject, client = claims.get("sub"), claims.get("client_id") or claims.get("azp")
        return AccessToken(
            token="",  # nothing needs it any more, and what is not kept cannot be forwarded
            client_id=str(client or subject or ""),
            scopes=_scopes(claims),
            expires_at=int(claims["exp"]),
            resource=self._settings.resource,
            subject=str(subject) if subject is not None else None,
            claims={"iss": self._settings.issuer},
        )

    def _claims(self, token: str) -> dict[str, Any]:
        key = self._keys.find(str(jwt.get_unverified_header(token).get("kid", "")))
        return jwt.decode(
            token,
            key=key,
            algorithms=ALGORITHMS,
            audience=self._settings.audience,
            issuer=self._settings.issuer,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iss", "aud"]},
        )


class OAuthMiddleware:
    """Lets in whoever brings a token that the verifier takes and that has all scopes."""

    def __init__(self, app: ASGIApp, settings: OAuthSettings, verifier: TokenVerifier) -> None:
        self._app = AuthContextMiddleware(app)
        self._settings = settings
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = await self._token(Headers(scope=scope))
        if isinstance(found, Refusal):
            await refuse(found, scope, receive, send)
            return
        scope["user"], scope["auth"] = AuthenticatedUser(found), AuthCredentials(found.scopes)
        await self._app(scope, receive, send)

    async def _token(self, headers: Headers) -> AccessToken | Refusal:
        bearer = bearer_of(headers)
        if isinstance(bearer, Refusal) or not bearer:
            return self._refusal(401, "no_token", "This server needs an OAuth token, and the request has none.")
        token = await self._verifier.verify_token(bearer)
        if token is None:
            return self._refusal(
                401, "invalid_token", "The OAuth token is expired, malformed, or was not issued for this server."
            )
        missing = [one for one in self._settings.scopes if one not in token.scopes]
        if missing:
            return self._refusal(403, "insufficient_scope", "The OAuth token lacks a scope that this server asks for.")
        return token

    def _refusal(self, status: int, reason: str, message: str) -> Refusal:
        parts = {
            "error": None if reason == "no_token" else reason,
            "error_description": message,
            "scope": " ".join(self._settings.scopes) or None,
            "resource_metadata": str(build_resource_metadata_url(_URL.validate_python(self._settings.resource))),
        }
        challenge = ", ".join(f'{name}="{value}"' for name, value in parts.items() if value)
        return Refusal(
            status=status,
            reason=reason,
            message=message,
            hint=f"Log in at {self._settings.issuer} and send the token as Authorization: Bearer; "
            "your Airweave API key goes into X-API-Key.",
            challenge=f"Bearer {challenge}",
        )


def metadata_routes(settings: OAuthSettings) -> list[Route]:
    """Where clients read which issuer this server trusts: below `/.well-known/oauth-protected-resource`."""
    return create_protected_resource_routes(
        resource_url=_URL.validate_python(settings.resource),
        authorization_servers=[_URL.validate_python(settings.issuer)],
        scopes_supported=list(settings.scopes) or None,
        resource_name="airweave-sync-mcp",
    )


def _matching(keys: Iterable[jwt.PyJWK], key_id: str) -> jwt.PyJWK:
    for key in keys:
        if key.key_id == key_id or (key.key_id is None and not key_id):
            return key
    raise jwt.PyJWKClientError("there is no such key")


def _scopes(claims: dict[str, Any]) -> list[str]:
    """As a text with blanks in `scope`, or in `scp`, where some issuers put a list."""
    found = claims.get("scope") or claims.get("scp")
    if isinstance(found, list):
        return [one for one in found if isinstance(one, str)]
    return found.split() if isinstance(found, str) else []
