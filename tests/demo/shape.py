"""The shape of an answer: its keys and kinds of values, without the values.

The fixtures hold the shapes of recorded answers of real servers, made with `shape` and `normalized`.
"""

import json
import re
from pathlib import Path
from typing import Any

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?(Z?)")
_SECONDS = re.compile(r"after \d+\.\d\d seconds")
_USAGE = re.compile(r"\d+/\d+$")

FREE = frozenset({"config", "config_fields", "auth_fields"})
"""Objects whose keys are the user's own business."""
MAPS = frozenset({"by_type", "entities_encountered"})
"""Objects keyed by kinds of entities."""
WORDS = frozenset(
    {"status", "error_category", "error_message", "provider_short_name", "oauth_type", "rate_limit_level"}
)
"""Texts that are part of the contract."""


FIXTURES = Path(__file__).parent / "fixtures"


def recordings(generation: str) -> dict[str, dict[str, Any]]:
    """The fixtures of one generation: request, status, names of rate-limit headers, and shape or text."""
    loaded: dict[str, dict[str, Any]] = json.loads((FIXTURES / f"{generation}.json").read_text(encoding="utf-8"))
    return loaded


def shape(value: Any, key: str = "") -> Any:
    """Keys and kinds. A list is the shape of its first item; a known word stays as it is."""
    if isinstance(value, dict):
        if key in FREE:
            return "object"
        if key in MAPS:
            return {"*": shape(next(iter(value.values())))} if value else {}
        return {name: shape(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, str):
        return value if key in WORDS else _kind_of_text(value)
    return {bool: "boolean", int: "integer", float: "number", type(None): "null"}[type(value)]


def _kind_of_text(text: str) -> str:
    if _UUID.fullmatch(text):
        return "uuid"
    found = _TIME.fullmatch(text)
    return "text" if found is None else "time" + found.group(2)


def normalized(body: Any) -> Any:
    """An error body without what differs from one server to the next: ids, seconds and use of the plan."""
    if isinstance(body, dict):
        return {name: normalized(item) for name, item in body.items()}
    if isinstance(body, list):
        return [normalized(item) for item in body]
    if not isinstance(body, str):
        return body
    return _USAGE.sub("<n>/<n>", _SECONDS.sub("after <n> seconds", _UUID.sub("<uuid>", body)))
