"""Brings all settings together: flags, then environment, then the Airweave CLI's file, then defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.endpoint import Endpoint

from .access import NO_KEY, Access, Refusal, resolve_access
from .lookup import Lookup
from .options import (
    ALLOW_WRITES,
    API_KEY_FILE,
    BASE_URL,
    CONCURRENCY,
    DEADLINE_S,
    DEMO,
    FEED,
    LOG_LEVEL,
    ORGANIZATION_ID,
    RESERVE,
    FeedMode,
    LogLevel,
)

DEMO_ORIGIN: Final = "demo"


class SettingsError(Exception):
    """Settings that cannot be used: `problems` has one sentence each, none of which repeats a value.

    `rest` is what a check-up can go on with, defaults in place of what is wrong. None where it is not clear which
    address or key is meant: then nobody is to be asked.
    """

    def __init__(self, problems: tuple[str, ...], rest: "Settings | None" = None) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        self.rest = rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. `Settings()` has the defaults and no key."""

    endpoint: Endpoint = BASE_URL.default
    organization_id: str | None = None
    feed: FeedMode = FEED.default
    concurrency: int = CONCURRENCY.default
    """Requests at the same time."""
    deadline_s: float = DEADLINE_S.default
    """Seconds after which a question is answered with what is known."""
    reserve: float = RESERVE.default
    """The share of the rate limit that is left for the user's own traffic."""
    demo: bool = DEMO.default
    allow_writes: bool = ALLOW_WRITES.default
    """Whether the server offers to run and cancel syncs."""
    log_level: LogLevel = LOG_LEVEL.default
    key: Credential | Refusal = field(default=NO_KEY, repr=False)
    """The credential, or why there is none."""
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Where each setting comes from: a flag, a variable, the CLI's file, `default`, `not set` or `demo`."""
    warnings: tuple[str, ...] = ()

    def credential(self) -> Credential:
        """In whose name to ask. Raises AirweaveError (`no_key`, `bad_key`) that says where a key may come from.

        In demo mode there is none: the demo has a key of its own.
        """
        if isinstance(self.key, Refusal):
            raise self.key.error()
        return self.key


def load_settings(
    flags: Mapping[str, str | None], environ: Mapping[str, str], *, home: Path, require_key: bool = True
) -> Settings:
    """Read all settings; nothing else reads the environment or the CLI's file.

    `flags` are keyed by `Option.name`, None for those not given. Without `require_key` a missing or unusable key
    is an error of `Settings.credential()` only. In demo mode neither key nor address are looked for.

    Raises:
        SettingsError: with everything that is wrong, at once.
    """
    lookup = Lookup(flags, environ)
    demo = lookup.value(DEMO)
    access = _demo_access(lookup) if demo else _access(lookup, home, require_key=require_key)
    settings = Settings(
        endpoint=access.endpoint,
        organization_id=access.organization_id,
        feed=lookup.value(FEED),
        concurrency=lookup.value(CONCURRENCY),
        deadline_s=lookup.value(DEADLINE_S),
        reserve=lookup.value(RESERVE),
        demo=demo,
        allow_writes=lookup.value(ALLOW_WRITES),
        log_level=lookup.value(LOG_LEVEL),
        key=access.key,
        origins=MappingProxyType(lookup.origins),
        warnings=(*lookup.warnings, *lookup.unknown_variables()),
    )
    if lookup.problems:
        raise SettingsError(tuple(lookup.problems), settings if access.clear else None)
    return settings


def _access(lookup: Lookup, home: Path, *, require_key: bool) -> Access:
    access = resolve_access(lookup, home)
    if require_key and isinstance(access.key, Refusal):
        lookup.problems.append(str(access.key))
    return access


def _demo_access(lookup: Lookup) -> Access:
    for option in (API_KEY_FILE, BASE_URL, ORGANIZATION_ID):
        if lookup.flag(option):
            lookup.warnings.append(f"{option.flag} does nothing in demo mode.")
    lookup.origins.update(dict.fromkeys(("api_key", BASE_URL.name, ORGANIZATION_ID.name), DEMO_ORIGIN))
    return Access()
