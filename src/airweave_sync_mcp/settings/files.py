"""The two files a key may stand in: the Airweave CLI's `~/.airweave/config.json`, and one that holds a key alone.

Whatever goes wrong is told without repeating anything of the file, nor its path where a person gave one: keys get
pasted into the wrong place.
"""

import json
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

from airweave_sync_mcp.airweave.endpoint import Endpoint

from .options import parse_organization

T = TypeVar("T")

CONFIG_FILE: Final = "~/.airweave/config.json"
_CONFIG_KEYS: Final = ("api_key", "base_url", "collection", "access_token", "organization_id")
_MAX_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """What the Airweave CLI has stored. A file with a problem gives nothing else: half of it may mislead."""

    api_key: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    endpoint: Endpoint | None = None
    organization_id: str | None = None
    problem: str | None = None
    warning: str | None = None


def read_config_file(home: Path) -> ConfigFile:
    """Read the CLI's file; one that is not there is an empty one."""
    path = home / ".airweave" / "config.json"
    try:
        config = _config(_read(path))
        if (config.api_key or config.access_token) and _others_can_read(path):
            return replace(config, warning=f"{CONFIG_FILE} holds a key and others can read it: chmod 600 {CONFIG_FILE}")
    except (FileNotFoundError, NotADirectoryError):
        return ConfigFile()
    except OSError as error:
        return _broken(f"cannot be read ({error.strerror or type(error).__name__})")
    except ValueError as error:
        return _broken(str(error))
    return config


def read_key_file(text: str, home: Path) -> str:
    """The stripped text of a file that holds a key alone. Raises ValueError with what is wrong with the file."""
    path = home / text[2:] if text.startswith("~/") else Path(text)  # no shell expands it in a client's configuration
    try:
        key = _read(path).strip()
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror or type(error).__name__})") from None
    if not key:
        raise ValueError("is empty")
    return key


def _read(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(_MAX_BYTES + 1)
    if len(raw) > _MAX_BYTES:
        raise ValueError("is far too large")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    raise ValueError("is not UTF-8 text")


def _config(text: str) -> ConfigFile:
    values = _object(text)
    return ConfigFile(
        api_key=values.get("api_key"),
        access_token=values.get("access_token"),
        endpoint=_parsed(values, "base_url", Endpoint),
        organization_id=_parsed(values, "organization_id", parse_organization),
    )


def _parsed(values: Mapping[str, str], key: str, parse: Callable[[str], T]) -> T | None:
    try:
        return parse(values[key]) if key in values else None
    except ValueError as error:
        what = str(error).removesuffix(".")
    raise ValueError(f"holds a wrong {key}: {what[0].lower()}{what[1:]}")


def _object(text: str) -> dict[str, str]:
    """The known members that are set. Null and blank ones count as absent."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError):
        place = "numbers or nesting beyond reason"
    else:
        return _members(document)
    raise ValueError(f"is not valid JSON ({place})")


def _members(document: object) -> dict[str, str]:
    if not isinstance(document, dict):
        raise ValueError("does not hold a JSON object")  # noqa: TRY004 - told, like all that is wrong with the file
    members: dict[str, str] = {}
    for key in _CONFIG_KEYS:
        value = document.get(key)
        if not isinstance(value, str | None):
            raise ValueError(f"holds a wrong {key}: it has to be a text")  # noqa: TRY004
        if value and value.strip():
            members[key] = value.strip()
    return members


def _broken(what: str) -> ConfigFile:
    return ConfigFile(problem=f"{CONFIG_FILE} {what}. Mend it, or log in again with the Airweave CLI.")


def _others_can_read(path: Path) -> bool:
    """True where the mode of the file and of its directory let the group or everybody in."""
    if os.name != "posix":
        return False
    file, directory = path.stat().st_mode, path.parent.stat().st_mode
    group = file & stat.S_IRGRP and directory & stat.S_IXGRP
    everybody = file & stat.S_IROTH and directory & stat.S_IXOTH
    return bool(group or everybody)
