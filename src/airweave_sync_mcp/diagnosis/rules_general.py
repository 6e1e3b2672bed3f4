"""Rules for texts nobody has seen yet: by who failed and how (`actors.py`, `signals.py`).

Asked last. What reaches them is the source's doing, or a part of the platform that no earlier rule named.
"""

from typing import Final

from airweave_sync_mcp.diagnosis.actors import Login
from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.rule import Rule
from airweave_sync_mcp.diagnosis.signals import Kind
from airweave_sync_mcp.diagnosis.symptom import Symptom
from airweave_sync_mcp.diagnosis.unwrap import Wrapper
from airweave_sync_mcp.history.model import Confidence

_KEY = frozenset({Login.KEY})
_OAUTH = frozenset({Login.OAUTH})
_PROVIDER = frozenset({Login.PROVIDER})
_UNAUTHORIZED = frozenset({Kind.UNAUTHORIZED})
_REFUSED = frozenset({Wrapper.VALIDATION})
_AUTH_TYPES = frozenset(
    {
        "notauthorizederror",
        "notauthorized",
        "unauthorized",
        "unauthenticated",
        "tokenproviderconfigerror",
        "sourceautherror",
        "autherror",
        "authenticationerror",
        "authenticationexception",
        "unauthorizederror",
        "loginerror",
    }
)
_ADDRESS_401 = "httpx, requests, aiohttp and the platform's http_helpers at a source"

GENERAL: Final = (
    Rule(
        id="general.throttled",
        cause=C.SOURCE_RATE_LIMITED,
        origin="http_helpers, retry_helpers; GitHub, Google, Salesforce, Zoho, Linear bodies",
        kinds=frozenset({Kind.THROTTLED}),
        examples=(
            "SourceRateLimitError: Rate limited (429). Retry after 30.0s",
            "SourceEntityForbiddenError: Forbidden (403): You have exceeded a secondary rate limit.",
            "SourceError: Fireflies GraphQL errors: Too many requests. Please retry after 2026-04-23T00:00:00Z",
        ),
    ),
    Rule(
        id="general.dns_passing",
        cause=C.TLS_OR_DNS_ERROR,
        sub_cause="resolver",
        transient=True,
        origin="getaddrinfo EAI_AGAIN",
        kinds=frozenset({Kind.DNS_TEMPORARY}),
        examples=("gaierror: [Errno -3] Temporary failure in name resolution",),
    ),
    Rule(
        id="general.tls_passing",
        cause=C.TLS_OR_DNS_ERROR,
        sub_cause="tls_cut",
        transient=True,
        origin="OpenSSL: the connection ended during TLS",
        kinds=frozenset({Kind.TLS_TEMPORARY}),
        examples=("SSLError: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol (_ssl.c:1006)",),
    ),
    Rule(
        id="general.dns",
        cause=C.TLS_OR_DNS_ERROR,
        sub_cause="host_name",
        transient=False,
        origin="getaddrinfo, urllib3, aiohttp, psycopg",
        kinds=frozenset({Kind.DNS}),
        examples=("ConnectError: [Errno 8] nodename nor servname provided, or not known",),
    ),
    Rule(
        id="general.tls",
        cause=C.TLS_OR_DNS_ERROR,
        sub_cause="certificate",
        transient=False,
        origin="OpenSSL",
        kinds=frozenset({Kind.TLS}),
        examples=("ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate (_ssl.c:1006)",),
    ),
    Rule(
        id="general.key_rejected",
        cause=C.API_KEY_INVALID,
        origin=_ADDRESS_401,
        kinds=_UNAUTHORIZED,
        logins=_KEY,
        examples=(Symptom(message="Unauthorized (401) — credentials invalid or revoked. Unauthorized", source="slab"),),
    ),
    Rule(
        id="general.provider_rejected",
        cause=C.AUTH_PROVIDER_INVALID,
        origin=_ADDRESS_401,
        kinds=_UNAUTHORIZED,
        logins=_PROVIDER,
        examples=(
            Symptom(message="Unauthorized (401) — credentials invalid or revoked. x", auth_method="auth_provider"),
        ),
    ),
    Rule(
        id="general.login_rejected",
        cause=C.OAUTH_REAUTH_REQUIRED,
        origin=_ADDRESS_401,
        kinds=_UNAUTHORIZED,
        logins=_OAUTH,
        examples=(
            Symptom(message="Unauthorized (401) — credentials invalid or revoked. 401 Unauthorized", source="gitlab"),
        ),
    ),
    Rule(
        id="general.key_type",
        cause=C.API_KEY_INVALID,
        origin="domains/sources/exceptions: the class alone tells",
        types=_AUTH_TYPES,
        logins=_KEY,
        unless=("(403)",),
        examples=(
            Symptom(message="SourceAuthError: [ExceptionStub] source_auth_error triggered", source="exception_stub"),
        ),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="general.login_type",
        cause=C.OAUTH_REAUTH_REQUIRED,
        origin="domains/sources/exceptions: the class alone tells",
        types=_AUTH_TYPES,
        logins=_OAUTH,
        unless=("(403)",),
        examples=(Symptom(message="SourceAuthError: no entry", source="gmail"),),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="general.forbidden",
        cause=C.SOURCE_PERMISSION_DENIED,
        origin="http_helpers; httpx, requests, aiohttp at a source",
        kinds=frozenset({Kind.FORBIDDEN}),
        examples=(
            "SourceEntityForbiddenError: Forbidden (403): Forbidden",
            "GraphQL errors: You don't have permission to access this team",
        ),
    ),
    Rule(
        id="general.gone",
        cause=C.CURSOR_EXPIRED,
        origin="HTTP 410 from a delta or change feed",
        kinds=frozenset({Kind.GONE}),
        examples=(
            "HTTPStatusError: Client error '410 Gone' for url 'https://graph.microsoft.com/v1.0/me/messages/delta'",
        ),
    ),
    Rule(
        id="general.not_found",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="not_found",
        origin="http_helpers; httpx, requests, aiohttp at a source",
        kinds=frozenset({Kind.NOT_FOUND}),
        examples=("SourceEntityNotFoundError: Not found (404): 404 Project Not Found",),
    ),
    Rule(
        id="general.redirect",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="redirect",
        origin="http_helpers: wrong host, login page, renamed subdomain",
        kinds=frozenset({Kind.REDIRECT}),
        examples=("SourceError: Unexpected redirect (302) → https://www.zendesk.com/login",),
    ),
    Rule(
        id="general.server_error",
        cause=C.SOURCE_UNAVAILABLE,
        origin="http_helpers; httpx, requests, aiohttp at a source; GraphQL servers",
        kinds=frozenset({Kind.SERVER_ERROR}),
        examples=("SourceServerError: Server error (500): internal error", "GraphQL errors: Internal server error"),
    ),
    Rule(
        id="general.network",
        cause=C.NETWORK_ERROR,
        origin="httpx, httpcore, requests, urllib3, aiohttp, asyncio, ldap3",
        kinds=frozenset({Kind.NETWORK}),
        examples=(
            "httpcore.ReadTimeout",
            "All connection attempts failed",
            "ServerDisconnectedError: Server disconnected",
        ),
    ),
    Rule(
        id="general.rejected",
        cause=C.CONNECTOR_BUG,
        sub_cause="request_refused",
        origin="http_helpers: SourceError for other 4xx",
        kinds=frozenset({Kind.REJECTED}),
        examples=("SourceError: HTTP 422: Unprocessable Entity",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="source.type",
        cause=C.SOURCE_UNAVAILABLE,
        origin="domains/sources/exceptions",
        types=frozenset({"sourceservererror"}),
        examples=("SourceServerError: boom",),
    ),
    Rule(
        id="config.type",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="not_found",
        origin="domains/sources/exceptions",
        types=frozenset({"sourceentitynotfounderror"}),
        examples=("SourceEntityNotFoundError: [ExceptionStub] source_entity_not_found triggered after 10 entities",),
    ),
    Rule(
        id="general.key_not_valid",
        cause=C.API_KEY_INVALID,
        origin="domains/sources/lifecycle.py: only refused logins are wrapped so",
        wrappers=_REFUSED,
        logins=_KEY,
        examples=(
            Symptom(message="Validation failed for source 'x': credential validation failed: odd", source="slite"),
        ),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="general.provider_not_valid",
        cause=C.AUTH_PROVIDER_INVALID,
        origin="domains/sources/lifecycle.py: only refused logins are wrapped so",
        wrappers=_REFUSED,
        logins=_PROVIDER,
        examples=(
            Symptom(
                message="Validation failed for source 'x': credential validation failed: odd",
                auth_method="auth_provider",
            ),
        ),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="general.login_not_valid",
        cause=C.OAUTH_REAUTH_REQUIRED,
        origin="domains/sources/lifecycle.py: only refused logins are wrapped so",
        wrappers=_REFUSED,
        logins=_OAUTH,
        examples=(
            Symptom(message="Validation failed for source 'x': credential validation failed: odd", source="gmail"),
        ),
        confidence=Confidence.MEDIUM,
    ),
)
