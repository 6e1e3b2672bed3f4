"""All that a hosted server is told: how to reach Airweave, how to serve, what to share."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from airweave_sync_mcp.hosting.options import HTTP_OPTIONS, REPEATABLE
from airweave_sync_mcp.hosting.settings import HostingSettings, load_hosting
from airweave_sync_mcp.hosting.store import STORE, STORE_OPTIONS, StoreSettings, load_store
from airweave_sync_mcp.settings import OPTIONS, Option, Settings, SettingsError, load_settings
from airweave_sync_mcp.settings.options import API_KEY_FILE

__all__ = ["ADDED_OPTIONS", "ALL_OPTIONS", "REPEATABLE", "Told", "load_told"]

T = TypeVar("T")

ADDED_OPTIONS: Final[tuple[Option[object], ...]] = (*HTTP_OPTIONS, *STORE_OPTIONS)
"""What there is to set beside what every use of the package has."""

ALL_OPTIONS: Final = (*OPTIONS, *ADDED_OPTIONS)

_NOBODYS_HOME: Final = Path(os.devnull)
"""Where nobody's login is found: a server for many must not depend on who used the Airweave CLI on its machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All settings of a hosted server."""

    settings: Settings
    hosting: HostingSettings
    store: StoreSettings | None

    @property
    def warnings(self) -> tuple[str, ...]:
        of_the_store = self.store.warnings if self.store else ()
        return (*self.settings.warnings, *self.hosting.warnings, *of_the_store, *self._of_approvals())

    def _of_approvals(self) -> Iterator[str]:
        """Processes with one state key take each other's approvals; only a store tells them which were used."""
        several = self.hosting.workers > 1 or self.hosting.state_keys
        if self.settings.allow_writes and self.store is None and several:
            yield (
                "Without a common store an approval is good for one call in each process, not for one in all: "
                f"set {STORE.variable} where several processes or replicas run and cancel syncs."
            )


def load_told(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Told:
    """Read all settings. `flags` are keyed by `Option.name`; the Airweave CLI's file is not looked at.

    Raises:
        SettingsError: with everything that is wrong, at once.
    """
    problems: list[str] = []

    def attempt(read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except SettingsError as error:
            problems.extend(error.problems)
            return otherwise

    home = Path(environ.get("HOME") or os.devnull)
    settings = attempt(
        lambda: load_settings(
            _of(OPTIONS, flags), _key_file_found(environ, home), home=_NOBODYS_HOME, require_key=False
        ),
        Settings(),
    )
    hosting = attempt(lambda: load_hosting(_of(HTTP_OPTIONS, flags), environ, settings), HostingSettings())
    store = attempt(lambda: load_store(_of(STORE_OPTIONS, flags), environ, home=home), None)
    if problems:
        raise SettingsError(tuple(problems))
    return Told(settings=settings, hosting=_with_state_keys(hosting, store), store=store)


def _with_state_keys(hosting: HostingSettings, store: StoreSettings | None) -> HostingSettings:
    """Replicas that share a store share what confirmations are sealed with, too."""
    if hosting.state_keys or store is None:
        return hosting
    return replace(hosting, state_keys=tuple(key.hex() for key in store.keys.derive("confirmations")))


def _of(options: tuple[Option[object], ...], flags: Mapping[str, str | None]) -> dict[str, str | None]:
    return {option.name: flags[option.name] for option in options if option.name in flags}


def _key_file_found(environ: Mapping[str, str], home: Path) -> Mapping[str, str]:
    path = environ.get(API_KEY_FILE.variable, "").strip()
    return {**environ, API_KEY_FILE.variable: str(home / path[2:])} if path.startswith("~/") else environ
