"""The settings of the store: which, with what password, with which keys, for how long."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from airweave_sync_mcp.hosting.store.keys import HOW_TO_MAKE_ONE, StoreKeys
from airweave_sync_mcp.settings import Option, SettingsError
from airweave_sync_mcp.settings.files import read_key_file
from airweave_sync_mcp.settings.lookup import Lookup
from airweave_sync_mcp.settings.options import whole

KEY_VARIABLE: Final = "AIRWEAVE_SYNC_STORE_KEY"
"""There is no flag for it: others on the machine can read a command line."""

_PREFIX: Final = "AIRWEAVE_SYNC_STORE"
_IN_MEMORY: Final = "memory"
_SCHEMES: Final = ("redis", "rediss", "unix")
_FILES: Final = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """A Redis or Valkey server that replicas share. `repr` shows no secret."""

    url: str = field(repr=False)
    keys: StoreKeys
    password: str | None = field(default=None, repr=False)
    """In place of one in the URL."""
    lifetime: timedelta = timedelta(hours=24)
    """How long after its reading an entry is kept at most."""
    timeout_s: float = 0.5
    """How long an answer of the store is waited for."""
    warnings: tuple[str, ...] = ()


def _url(text: str) -> str:
    if text.lower() == _IN_MEMORY:
        return ""
    parts = _split(text)
    if parts.scheme not in _SCHEMES:
        raise ValueError("it has to be memory, or begin with redis://, rediss:// (which is TLS) or unix://.")
    if parts.scheme == "unix":
        if parts.netloc.rpartition("@")[2] or not parts.path.strip("/"):
            raise ValueError("it names no socket: unix:// is followed by a path that begins with a slash.")
    elif not parts.path.strip("/").isdecimal() and parts.path not in ("", "/"):
        raise ValueError("after the host it may have the number of a database only, as in redis://localhost:6379/0.")
    _check_options(parts)
    return text


def _split(text: str) -> SplitResult:
    with suppress(ValueError):  # which may repeat a part of the password
        parts = urlsplit(text)
        has_host = bool(parts.hostname) and parts.port != 0
        if not parts.fragment and (has_host or parts.scheme not in ("redis", "rediss")):
            return parts
    raise ValueError(
        "its host or port makes no sense. In a password # / ? @ are written as %23 %2F %3F %40; "
        f"or leave it to {PASSWORD_FILE.variable}."
    )


def _check_options(parts: SplitResult) -> None:
    for name, path in parse_qsl(parts.query, keep_blank_values=True):
        if parts.scheme != "rediss" or name not in _FILES:
            raise ValueError(f"after ? it takes only {', '.join(_FILES)}, and these with rediss:// only.")
        if not Path(path).is_file():
            raise ValueError(f"there is no such file as its {name} names.")


STORE: Final[Option[str]] = Option(
    name="store",
    flag="--store",
    variable=_PREFIX,
    parse=_url,
    default="",
    help="what replicas share: memory, or a Redis or Valkey server as redis://host:6379/0 (default memory)",
    metavar="URL",
)
PASSWORD_FILE: Final[Option[str]] = Option(
    name="store_password_file",
    flag="--store-password-file",
    variable=f"{_PREFIX}_PASSWORD_FILE",
    parse=str,
    default="",
    help="file that holds the password of the store alone",
    metavar="PATH",
)
KEY_FILE: Final[Option[str]] = Option(
    name="store_key_file",
    flag="--store-key-file",
    variable=f"{_PREFIX}_KEY_FILE",
    parse=str,
    default="",
    help=f"file that holds the key to encrypt with, the same for all replicas; or set {KEY_VARIABLE}",
    metavar="PATH",
)
TTL_S: Final[Option[int]] = Option(
    name="store_ttl_s",
    flag="--store-ttl",
    variable=f"{_PREFIX}_TTL_S",
    parse=whole(60, 7 * 24 * 60 * 60),
    default=24 * 60 * 60,
    help="seconds after which the store drops what was read (default 86400)",
    metavar="SECONDS",
)

STORE_OPTIONS: Final[tuple[Option[object], ...]] = (STORE, PASSWORD_FILE, KEY_FILE, TTL_S)


def load_store(flags: Mapping[str, str | None], environ: Mapping[str, str], *, home: Path) -> StoreSettings | None:
    """The store to use; None for memory only, which is the default. `flags` are keyed by `Option.name`.

    Raises:
        SettingsError: With everything that is wrong, at once; no sentence repeats a secret.
    """
    lookup = Lookup(flags, environ, STORE_OPTIONS)
    url = lookup.value(STORE)
    if not url and not lookup.problems:
        return None
    password = _file(lookup, PASSWORD_FILE, home)
    keys = _keys(lookup, home)
    lifetime = timedelta(seconds=lookup.value(TTL_S))
    if password and url and urlsplit(url).password:
        lookup.problems.append(f"{PASSWORD_FILE.variable} and a password in {STORE.variable}: leave one of them away.")
    if lookup.problems or keys is None:
        raise SettingsError(tuple(lookup.problems))
    return StoreSettings(
        url=url,
        keys=keys,
        password=password or None,
        lifetime=lifetime,
        warnings=tuple(lookup.unknown_variables(_PREFIX, (KEY_VARIABLE,))),
    )


def _keys(lookup: Lookup, home: Path) -> StoreKeys | None:
    found, text = lookup.variable(KEY_VARIABLE), _file(lookup, KEY_FILE, home)
    if found and text:
        lookup.problems.append(f"{KEY_VARIABLE} and {KEY_FILE.variable} are both set: leave one of them away.")
    elif found or text:
        try:
            return StoreKeys.parse(found.text if found else text)
        except ValueError as error:
            lookup.problems.append(f"{KEY_VARIABLE if found else KEY_FILE.variable}: {error}")
    elif not lookup.find(KEY_FILE):
        lookup.problems.append(
            f"{STORE.variable} needs {KEY_VARIABLE}, to encrypt with; all replicas have the same. {HOW_TO_MAKE_ONE}"
        )
    return None


def _file(lookup: Lookup, option: Option[str], home: Path) -> str:
    """The secret that stands in a file alone; empty if there is none, or if it cannot be had, which is noted."""
    path = lookup.value(option)
    try:
        return read_key_file(path, home) if path else ""
    except ValueError as error:
        lookup.problems.append(f"{option.variable}: the file {error}.")
        return ""
