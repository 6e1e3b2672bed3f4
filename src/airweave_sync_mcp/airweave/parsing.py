"""From the bytes of an answer to wire models: fast where all is well, row by row where something is odd."""

import json
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from airweave_sync_mcp.airweave.errors import ErrorCode
from airweave_sync_mcp.airweave.wire import Rows, WireCollection, WireConnection, WireConnectionDetail, WireJob

M = TypeVar("M", WireJob, WireConnection, WireConnectionDetail, WireCollection)


class UnusableAnswerError(Exception):
    """A success whose body is of no use. `reason` completes the sentence "the answer ..."."""

    def __init__(self, code: ErrorCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def read_rows(model: type[M], body: bytes) -> Rows[M]:
    """Read a list. Rows without an id are counted and dropped.

    Raises:
        UnusableAnswerError: `empty_body`, `cut_off`, `not_json`; `unexpected_answer` if it is not a list, or one of
            rows without ids only.
    """
    try:
        return Rows(tuple(_LISTS[model].validate_json(body)))
    except ValidationError:
        return _row_by_row(model, decode(body))


def read_one(model: type[M], body: bytes) -> M:
    """Read a single object.

    Raises:
        UnusableAnswerError: `empty_body`, `cut_off`, `not_json`; `unexpected_answer` if it is none or has no id.
    """
    decoded = decode(body)
    if (found := _row(model, decoded)) is None:
        raise UnusableAnswerError(ErrorCode.UNEXPECTED_ANSWER, f"is {kind_of(decoded)}, not an object with an id")
    return found


def decode(body: bytes) -> object:
    """Decode JSON, also with lone surrogates or broken UTF-8 in it.

    Raises:
        UnusableAnswerError: `empty_body`, `cut_off` or `not_json`.
    """
    if not body.strip():
        raise UnusableAnswerError(ErrorCode.EMPTY_BODY, "is empty")
    try:
        decoded: object = from_json(body)
    except ValueError:
        return _decode_forgivingly(body)
    return decoded


def _decode_forgivingly(body: bytes) -> object:
    text = body.decode("utf-8-sig", "replace").strip()
    try:
        whole = json.dumps(json.loads(text), ensure_ascii=False)
        decoded: object = from_json(whole.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise _not_json(text) from None
    return decoded


def _not_json(text: str) -> UnusableAnswerError:
    if text.endswith({"[": "]", "{": "}"}.get(text[:1], "")):
        return UnusableAnswerError(ErrorCode.NOT_JSON, "is not JSON")
    return UnusableAnswerError(ErrorCode.CUT_OFF, "ends in the middle")


def _row_by_row(model: type[M], decoded: object) -> Rows[M]:
    if not isinstance(decoded, list):
        raise UnusableAnswerError(ErrorCode.UNEXPECTED_ANSWER, f"is {kind_of(decoded)} instead of a list")
    read = [_row(model, row) for row in decoded]
    items = tuple(row for row in read if row is not None)
    if decoded and not items:
        raise UnusableAnswerError(ErrorCode.UNEXPECTED_ANSWER, f"has {len(decoded)} rows, and none has an id")
    return Rows(items, len(decoded) - len(items))


def _row(model: type[M], row: object) -> M | None:
    try:
        return model.model_validate(row)
    except ValidationError:
        return None


def kind_of(decoded: object) -> str:
    """What a decoded JSON value is, in words."""
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(decoded), "a number")


_LISTS: Final[dict[type[Any], TypeAdapter[Any]]] = {
    WireJob: TypeAdapter(list[WireJob]),
    WireConnection: TypeAdapter(list[WireConnection]),
    WireCollection: TypeAdapter(list[WireCollection]),
}
