"""What a hosted server is told, as one typed value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.demo import DEMO_API_KEY
from airweave_sync_mcp.settings import Settings, SettingsError
from airweave_sync_mcp.settings.lookup import Lookup
from airweave_sync_mcp.settings.options import API_KEY_FILE, KEY_VARIABLE, ORGANIZATION_ID

from . import options
from .options import HTTP_OPTIONS, STATE_KEY_VARIABLE, TOKEN_VARIABLE, LogFormat

_HTTP_PREFIX: Final = "AIRWEAVE_SYNC_HTTP_"
_SHORTEST_TOKEN: Final = 24
_SHORTEST_KEY: Final = 32
_HOW: Final = 'python -c "import secrets; print(secrets.token_hex(32))" makes one.'


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthSettings:
    """The OAuth resource server: whose tokens are taken, and for what."""

    issuer: str
    resource: str
    """The public address of the MCP endpoint."""
    audience: str
    jwks: str
    """Address or path of the issuer's public keys."""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostingSettings:
    """Everything that can be set about serving over HTTP. The defaults serve this machine."""

    host: str = options.HOST.default
    port: int = options.PORT.default
    path: str = options.PATH.default
    workers: int = options.WORKERS.default
    allowed_hosts: tuple[str, ...] = options.ALLOWED_HOSTS.default
    allowed_origins: tuple[str, ...] = options.ALLOWED_ORIGINS.default
    max_body_bytes: int = options.MAX_BODY.default
    max_calls: int = options.MAX_CALLS.default
    """Requests at the same time in one process."""
    max_calls_per_caller: int = options.MAX_CALLS_PER_CALLER.default
    requests_per_minute: int = options.RATE.default
    """Of one caller, to one process."""
    max_connections: int = options.MAX_CONNECTIONS.default
    read_timeout_s: float = options.READ_TIMEOUT.default
    call_timeout_s: float = options.CALL_TIMEOUT.default
    keep_alive_s: int = options.KEEP_ALIVE.default
    shutdown_grace_s: int = options.SHUTDOWN_GRACE.default
    log_format: LogFormat = options.LOG_FORMAT.default
    ssl_certfile: str = options.SSL_CERTFILE.default
    ssl_keyfile: str = options.SSL_KEYFILE.default
    oauth: OAuthSettings | None = None
    operator: Credential | None = field(default=None, repr=False)
    """The key that all callers are answered with: single-tenant mode, and only then."""
    server_token: str = field(default="", repr=False)
    """What callers have to bring in single-tenant mode."""
    state_keys: tuple[str, ...] = field(default=(), repr=False)
    """What confirmations are sealed with: the first seals, all open."""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.operator is not None and not self.server_token:
            raise ValueError("single-tenant mode needs a server token")
        if self.operator is not None and self.oauth is not None:
            raise ValueError("single-tenant mode and OAuth exclude each other")


def load_hosting(flags: Mapping[str, str | None], environ: Mapping[str, str], settings: Settings) -> HostingSettings:
    """Read all settings of the hosted server. `flags` are keyed by `Option.name`, None for those not given.

    Raises:
        SettingsError: with everything that is wrong, at once; no sentence repeats a secret.
    """
    lookup = Lookup(flags, environ, HTTP_OPTIONS)
    oauth = _oauth(lookup)
    operator, token = _single_tenant(lookup, settings, oauth)
    certificate, key = _tls(lookup)
    hosting = HostingSettings(
        host=lookup.value(options.HOST),
        port=lookup.value(options.PORT),
        path=lookup.value(options.PATH),
        workers=lookup.value(options.WORKERS),
        allowed_hosts=lookup.value(options.ALLOWED_HOSTS),
        allowed_origins=lookup.value(options.ALLOWED_ORIGINS),
        max_body_bytes=lookup.value(options.MAX_BODY),
        max_calls=lookup.value(options.MAX_CALLS),
        max_calls_per_caller=lookup.value(options.MAX_CALLS_PER_CALLER),
        requests_per_minute=lookup.value(options.RATE),
        max_connections=lookup.value(options.MAX_CONNECTIONS),
        read_timeout_s=lookup.value(options.READ_TIMEOUT),
        call_timeout_s=lookup.value(options.CALL_TIMEOUT),
        keep_alive_s=lookup.value(options.KEEP_ALIVE),
        shutdown_grace_s=lookup.value(options.SHUTDOWN_GRACE),
        log_format=lookup.value(options.LOG_FORMAT),
        ssl_certfile=certificate,
        ssl_keyfile=key,
        oauth=oauth,
        operator=operator,
        server_token=token,
        state_keys=_state_keys(lookup),
        warnings=(*lookup.warnings, *lookup.unknown_variables(_HTTP_PREFIX, ())),
    )
    if lookup.problems:
        raise SettingsError(tuple(lookup.problems))
    return hosting


def _single_tenant(lookup: Lookup, settings: Settings, oauth: OAuthSettings | None) -> tuple[Credential | None, str]:
    """The operator's key and the token that callers have to bring; neither without the other."""
    found = lookup.variable(TOKEN_VARIABLE)
    if not lookup.value(options.SINGLE_TENANT):
        if found:
            lookup.warnings.append(f"{TOKEN_VARIABLE} does nothing without {options.SINGLE_TENANT.flag}.")
        _warn_of_unused(lookup, settings)
        return None, ""
    flag = options.SINGLE_TENANT.flag
    if oauth is not None:
        lookup.problems.append(f"{flag} and {options.OAUTH_ISSUER.flag} exclude each other: leave one of them away.")
    token = found.text if found else ""
    if not token:
        lookup.problems.append(
            f"{flag} answers everybody with this server's own Airweave key, so callers have to bring a token of the "
            f"server's: set {TOKEN_VARIABLE}. {_HOW}"
        )
    elif len(token) < _SHORTEST_TOKEN or not (token.isascii() and token.isprintable()) or " " in token:
        lookup.problems.append(
            f"{TOKEN_VARIABLE} has to be {_SHORTEST_TOKEN} or more printable ASCII characters without blanks. {_HOW}"
        )
    try:
        operator = Credential.parse(DEMO_API_KEY) if settings.demo else settings.credential()
    except AirweaveError as error:
        # Not the error's own advice: the login of the Airweave CLI, which it names as well, is not looked at here.
        lookup.problems.append(
            f"{flag} needs the key to answer with: {error.message} "
            f"Set {KEY_VARIABLE}, or {API_KEY_FILE.flag} to a file that holds the key alone."
        )
        return None, ""
    return (None, "") if lookup.problems else (operator, token)


def _warn_of_unused(lookup: Lookup, settings: Settings) -> None:
    if isinstance(settings.key, Credential):
        lookup.warnings.append(
            f"{KEY_VARIABLE} is not used: every caller brings a key of his own ({options.SINGLE_TENANT.flag} uses it)."
        )
    if settings.organization_id is not None:
        lookup.warnings.append(
            f"{ORGANIZATION_ID.variable} does nothing here: callers name theirs in X-Organization-ID."
        )


def _oauth(lookup: Lookup) -> OAuthSettings | None:
    issuer, resource = lookup.value(options.OAUTH_ISSUER), lookup.value(options.OAUTH_RESOURCE)
    jwks, audience = lookup.value(options.OAUTH_JWKS), lookup.value(options.OAUTH_AUDIENCE)
    scopes = lookup.value(options.OAUTH_SCOPES)
    if not any((issuer, resource, jwks, audience, scopes)):
        return None
    needed = {options.OAUTH_ISSUER: issuer, options.OAUTH_RESOURCE: resource, options.OAUTH_JWKS: jwks}
    missing = [option.flag for option, value in needed.items() if not value]
    if missing:
        if not lookup.problems:
            lookup.problems.append(f"OAuth needs {', '.join(missing)} as well.")
        return None
    if "://" not in jwks and not Path(jwks).is_file():
        lookup.problems.append(f"{options.OAUTH_JWKS.flag}: there is no such file.")
    return OAuthSettings(issuer=issuer, resource=resource, audience=audience or resource, jwks=jwks, scopes=scopes)


def _tls(lookup: Lookup) -> tuple[str, str]:
    certificate, key = lookup.value(options.SSL_CERTFILE), lookup.value(options.SSL_KEYFILE)
    for option, path in ((options.SSL_CERTFILE, certificate), (options.SSL_KEYFILE, key)):
        if path and not Path(path).is_file():
            lookup.problems.append(f"{option.flag}: there is no such file.")
    if key and not certificate:
        lookup.problems.append(f"{options.SSL_KEYFILE.flag} needs {options.SSL_CERTFILE.flag}.")
    return certificate, key


def _state_keys(lookup: Lookup) -> tuple[str, ...]:
    found = lookup.variable(STATE_KEY_VARIABLE)
    keys = tuple(part.strip() for part in found.text.split(",") if part.strip()) if found else ()
    if any(len(key) < _SHORTEST_KEY for key in keys) or len(set(keys)) != len(keys):
        lookup.problems.append(
            f"{STATE_KEY_VARIABLE} takes a key of {_SHORTEST_KEY} or more characters, or several different ones "
            f"separated by commas, the newest first. {_HOW}"
        )
    return keys
