"""The settings of a hosted server: how each is called, what it may be, and what it is by default."""

import re
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from airweave_sync_mcp.settings.options import Option, choice, number, switch, whole

TOKEN_VARIABLE: Final = "AIRWEAVE_SYNC_SERVER_TOKEN"  # noqa: S105 - a name
"""What callers have to bring in single-tenant mode. No flag: others on the machine can read a command line."""

STATE_KEY_VARIABLE: Final = "AIRWEAVE_SYNC_STATE_KEY"
"""What confirmations that span two requests are sealed with, the same on every replica."""

EVERY_ADDRESS: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - names for it, not a choice

HEALTH_PATH: Final = "/healthz"
READY_PATH: Final = "/readyz"
METRICS_PATH: Final = "/metrics"

_PATH: Final = re.compile(r"/[A-Za-z0-9_~.-][A-Za-z0-9_~./-]*")
_HOST: Final = re.compile(r"(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def _path(text: str) -> str:
    if not _PATH.fullmatch(text) or "//" in text:
        raise ValueError("it has to be a path such as /mcp, without blanks, queries or a doubled slash.")
    path = text.rstrip("/")
    if path in {HEALTH_PATH, READY_PATH, METRICS_PATH}:
        raise ValueError("it is taken already: something else is answered there.")
    return path


def parse_hosts(text: str) -> tuple[str, ...]:
    """Host names with or without port, separated by commas; `*` for any. Raises ValueError with a sentence."""
    hosts = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for host in hosts:
        if host != "*" and not _HOST.fullmatch(host.removeprefix("*.")):
            raise ValueError(
                "it takes host names, with or without a port, such as mcp.example.com or 10.0.0.5:8000; "
                "*.example.com for all below one; no https:// and no path."
            )
    return hosts


def parse_origins(text: str) -> tuple[str, ...]:
    """Web origins separated by commas; `*` for any. Raises ValueError with a sentence."""
    origins = tuple(part.strip().lower().rstrip("/") for part in text.split(",") if part.strip())
    for origin in origins:
        if origin == "*":
            continue
        scheme, _, host = origin.partition("://")
        if scheme not in {"http", "https"} or not _HOST.fullmatch(host):
            raise ValueError("it takes origins such as https://app.example.com: scheme and host, without a path.")
    return origins


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _https(text: str) -> str:
    parts = urlsplit(text)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment or "@" in text:
        raise ValueError("it has to be an address such as https://login.example.com, without query or fragment.")
    if parts.scheme == "http" and not local:
        raise ValueError("it has to start with https:// (http:// is taken for this machine only).")
    return text


def _url_or_file(text: str) -> str:
    return _https(text) if "://" in text else text


HOST: Final[Option[str]] = Option(
    name="host",
    flag="--host",
    variable="AIRWEAVE_SYNC_HTTP_HOST",
    parse=str,
    default="127.0.0.1",
    help="address to listen on (default 127.0.0.1; 0.0.0.0 for all)",
    metavar="ADDRESS",
)
PORT: Final[Option[int]] = Option(
    name="port",
    flag="--port",
    variable="AIRWEAVE_SYNC_HTTP_PORT",
    parse=whole(0, 65_535),
    default=8000,
    help="port (default 8000)",
    metavar="N",
)
PATH: Final[Option[str]] = Option(
    name="path",
    flag="--path",
    variable="AIRWEAVE_SYNC_HTTP_PATH",
    parse=_path,
    default="/mcp",
    help="path of the MCP endpoint (default /mcp)",
    metavar="PATH",
)
WORKERS: Final[Option[int]] = Option(
    name="workers",
    flag="--workers",
    variable="AIRWEAVE_SYNC_HTTP_WORKERS",
    parse=whole(1, 64),
    default=1,
    help="processes that answer (default 1)",
    metavar="N",
)
ALLOWED_HOSTS: Final[Option[tuple[str, ...]]] = Option(
    name="allowed_hosts",
    flag="--allowed-host",
    variable="AIRWEAVE_SYNC_HTTP_ALLOWED_HOSTS",
    parse=parse_hosts,
    default=(),
    help="name under which callers reach the server, besides localhost; may be repeated, * for any",
    metavar="HOST",
)
ALLOWED_ORIGINS: Final[Option[tuple[str, ...]]] = Option(
    name="allowed_origins",
    flag="--allowed-origin",
    variable="AIRWEAVE_SYNC_HTTP_ALLOWED_ORIGINS",
    parse=parse_origins,
    default=(),
    help="origin of a web page that may call the server, besides localhost; may be repeated, * for any",
    metavar="ORIGIN",
)
MAX_BODY: Final[Option[int]] = Option(
    name="max_body_bytes",
    flag="--max-body",
    variable="AIRWEAVE_SYNC_HTTP_MAX_BODY_BYTES",
    parse=whole(1_024, 64 * 1024 * 1024),
    default=1024 * 1024,
    help="bytes a request may have at most (default 1048576)",
    metavar="BYTES",
)
MAX_CALLS: Final[Option[int]] = Option(
    name="max_calls",
    flag="--max-calls",
    variable="AIRWEAVE_SYNC_HTTP_MAX_CALLS",
    parse=whole(1, 10_000),
    default=100,
    help="requests that one process works on at the same time (default 100)",
    metavar="N",
)
MAX_CALLS_PER_CALLER: Final[Option[int]] = Option(
    name="max_calls_per_caller",
    flag="--max-calls-per-caller",
    variable="AIRWEAVE_SYNC_HTTP_MAX_CALLS_PER_CALLER",
    parse=whole(1, 10_000),
    default=16,
    help="of these, for one caller (default 16)",
    metavar="N",
)
RATE: Final[Option[int]] = Option(
    name="requests_per_minute",
    flag="--requests-per-minute",
    variable="AIRWEAVE_SYNC_HTTP_REQUESTS_PER_MINUTE",
    parse=whole(1, 1_000_000),
    default=240,
    help="requests a minute that one caller may send to one process (default 240)",
    metavar="N",
)
MAX_CONNECTIONS: Final[Option[int]] = Option(
    name="max_connections",
    flag="--max-connections",
    variable="AIRWEAVE_SYNC_HTTP_MAX_CONNECTIONS",
    parse=whole(1, 100_000),
    default=1_000,
    help="open connections of one process, idle ones included (default 1000)",
    metavar="N",
)
READ_TIMEOUT: Final[Option[float]] = Option(
    name="read_timeout_s",
    flag="--read-timeout",
    variable="AIRWEAVE_SYNC_HTTP_READ_TIMEOUT_S",
    parse=number(0.1, 300, " of seconds"),
    default=10.0,
    help="seconds a client may take to send headers, and again to send the body (default 10)",
    metavar="SECONDS",
)
CALL_TIMEOUT: Final[Option[float]] = Option(
    name="call_timeout_s",
    flag="--call-timeout",
    variable="AIRWEAVE_SYNC_HTTP_CALL_TIMEOUT_S",
    parse=number(1, 600, " of seconds"),
    default=90.0,
    help="seconds after which a request is given up, its client's slow reading included (default 90)",
    metavar="SECONDS",
)
KEEP_ALIVE: Final[Option[int]] = Option(
    name="keep_alive_s",
    flag="--keep-alive",
    variable="AIRWEAVE_SYNC_HTTP_KEEP_ALIVE_S",
    parse=whole(1, 3_600),
    default=75,  # longer than proxies keep theirs: whoever closes first must be the proxy
    help="seconds an idle connection stays open (default 75)",
    metavar="SECONDS",
)
SHUTDOWN_GRACE: Final[Option[int]] = Option(
    name="shutdown_grace_s",
    flag="--shutdown-grace",
    variable="AIRWEAVE_SYNC_HTTP_SHUTDOWN_GRACE_S",
    parse=whole(0, 600),
    default=60,
    help="seconds that running requests get to finish when the server is stopped (default 60)",
    metavar="SECONDS",
)
LOG_FORMAT: Final[Option[LogFormat]] = Option(
    name="log_format",
    flag="--log-format",
    variable="AIRWEAVE_SYNC_HTTP_LOG_FORMAT",
    parse=choice(LogFormat),
    default=LogFormat.TEXT,
    help="text or json (default text)",
    metavar="NAME",
)
SINGLE_TENANT: Final[Option[bool]] = Option(
    name="single_tenant",
    flag="--single-tenant",
    variable="AIRWEAVE_SYNC_HTTP_SINGLE_TENANT",
    parse=switch,
    default=False,
    help=f"answer all callers with this server's own AIRWEAVE_API_KEY; they have to bring {TOKEN_VARIABLE} as Bearer",
)
SSL_CERTFILE: Final[Option[str]] = Option(
    name="ssl_certfile",
    flag="--ssl-certfile",
    variable="AIRWEAVE_SYNC_HTTP_SSL_CERTFILE",
    parse=str,
    default="",
    help="certificate chain (PEM), to speak TLS without a proxy",
    metavar="PATH",
)
SSL_KEYFILE: Final[Option[str]] = Option(
    name="ssl_keyfile",
    flag="--ssl-keyfile",
    variable="AIRWEAVE_SYNC_HTTP_SSL_KEYFILE",
    parse=str,
    default="",
    help="the certificate's key (PEM)",
    metavar="PATH",
)
OAUTH_ISSUER: Final[Option[str]] = Option(
    name="oauth_issuer",
    flag="--oauth-issuer",
    variable="AIRWEAVE_SYNC_HTTP_OAUTH_ISSUER",
    parse=_https,
    default="",
    help="ask for OAuth tokens of this issuer; the Airweave key then comes in X-API-Key",
    metavar="URL",
)
OAUTH_RESOURCE: Final[Option[str]] = Option(
    name="oauth_resource",
    flag="--oauth-resource",
    variable="AIRWEAVE_SYNC_HTTP_OAUTH_RESOURCE",
    parse=_https,
    default="",
    help="public address of the MCP endpoint, which tokens have to be issued for",
    metavar="URL",
)
OAUTH_AUDIENCE: Final[Option[str]] = Option(
    name="oauth_audience",
    flag="--oauth-audience",
    variable="AIRWEAVE_SYNC_HTTP_OAUTH_AUDIENCE",
    parse=str,
    default="",
    help="audience in the tokens, where it is not the resource's address",
    metavar="TEXT",
)
OAUTH_JWKS: Final[Option[str]] = Option(
    name="oauth_jwks",
    flag="--oauth-jwks",
    variable="AIRWEAVE_SYNC_HTTP_OAUTH_JWKS",
    parse=_url_or_file,
    default="",
    help="address or file of the issuer's public keys (JWKS)",
    metavar="URL",
)
OAUTH_SCOPES: Final[Option[tuple[str, ...]]] = Option(
    name="oauth_scopes",
    flag="--oauth-scope",
    variable="AIRWEAVE_SYNC_HTTP_OAUTH_SCOPES",
    parse=_words,
    default=(),
    help="scope that a token has to have; may be repeated",
    metavar="NAME",
)

HTTP_OPTIONS: Final[tuple[Option[object], ...]] = (
    HOST,
    PORT,
    PATH,
    WORKERS,
    ALLOWED_HOSTS,
    ALLOWED_ORIGINS,
    MAX_BODY,
    MAX_CALLS,
    MAX_CALLS_PER_CALLER,
    RATE,
    MAX_CONNECTIONS,
    READ_TIMEOUT,
    CALL_TIMEOUT,
    KEEP_ALIVE,
    SHUTDOWN_GRACE,
    LOG_FORMAT,
    SINGLE_TENANT,
    SSL_CERTFILE,
    SSL_KEYFILE,
    OAUTH_ISSUER,
    OAUTH_RESOURCE,
    OAUTH_AUDIENCE,
    OAUTH_JWKS,
    OAUTH_SCOPES,
)

REPEATABLE: Final = frozenset({ALLOWED_HOSTS.name, ALLOWED_ORIGINS.name, OAUTH_SCOPES.name})
"""Flags that may be given more than once; their texts are joined with commas."""
