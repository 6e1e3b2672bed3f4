"""The log of a hosted server: text or JSON on stderr, one line a record, with the request's id.

What is logged must not tell one tenant's affairs to whoever reads the log. Our own messages are made for it. Messages
of libraries may hold anything (a header, a URL, a whole answer), so of those only their fixed wording is kept. Of
exceptions the log has types and places in the code, never the text: it may hold names, addresses or error texts.
"""

import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, TextIO

from airweave_sync_mcp.answers.acting.audit import LOGGER as AUDIT
from airweave_sync_mcp.hosting.options import LogFormat
from airweave_sync_mcp.hosting.trail import current_trail
from airweave_sync_mcp.safety import Cleaner
from airweave_sync_mcp.settings import LogLevel

OURS: Final = "airweave_sync_mcp"
_CALLERS_WORDS: Final = re.compile(r" (?:name|client)=«[^»]*»")
"""In the line that every write leaves; here the ids have to do."""

_SERVER: Final = "uvicorn.error"
"""Of the web server, which never repeats what a client sent."""

_MESSAGE_LIMIT: Final = 4_000
_MOST_CAUSES: Final = 8


def configure_logging(level: LogLevel, form: LogFormat, stream: TextIO, cleaner: Cleaner) -> None:
    """Make the process's log ours. Libraries are heard from `warning` on, whatever the level."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(cleaner) if form is LogFormat.JSON else TextFormatter(cleaner))
    handler.addFilter(heard)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"


def heard(record: logging.LogRecord) -> bool:
    """Whether a record is written: ours and the web server's as configured, those of libraries from `warning` on."""
    return record.levelno >= logging.WARNING or _is(record, OURS) or record.name == _SERVER


def wording(record: logging.LogRecord, cleaner: Cleaner) -> str:
    """The message, as far as it may be written."""
    if not (_is(record, OURS) or record.name == _SERVER):
        place = f"{record.name} {record.filename}:{record.lineno}"
        # With arguments the message is a fixed wording to fill in; without, nobody knows what was put into it.
        return f"{record.msg} ({place})" if record.args and isinstance(record.msg, str) else place
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - whatever an argument's __str__ raises must not lose the record
        message = f"{record.filename}:{record.lineno}"
    if record.name == AUDIT:
        message = _CALLERS_WORDS.sub("", message)
    return cleaner.clean(message, limit=_MESSAGE_LIMIT).replace("\n", "\\n")


def whereabouts(error: BaseException) -> Iterator[str]:
    """An exception and its causes as types and places in the code, without their text."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(seen) < _MOST_CAUSES:
        seen.add(id(current))
        yield f"{type(current).__module__}.{type(current).__qualname__}"
        for frame in traceback.extract_tb(current.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
        if isinstance(current, BaseExceptionGroup):
            for one in current.exceptions[:_MOST_CAUSES]:
                yield from (f"  | {line}" for line in whereabouts(one))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


class TextFormatter(logging.Formatter):
    """`2026-11-21T12:00:00.000Z INFO airweave_sync_mcp.x [request] message`, exceptions indented below."""

    def __init__(self, cleaner: Cleaner) -> None:
        super().__init__()
        self._cleaner = cleaner

    def format(self, record: logging.LogRecord) -> str:
        request = f" [{trail.request_id}]" if (trail := current_trail()) else ""
        line = f"{_time(record)} {record.levelname} {record.name}{request} {wording(record, self._cleaner)}"
        return "\n    ".join([line, *_exception(record)])


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time, level, logger, message`, where there are any `request_id`, fields, `exception`."""

    def __init__(self, cleaner: Cleaner) -> None:
        super().__init__()
        self._cleaner = cleaner

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {}) if _is(record, OURS) else {}
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": wording(record, self._cleaner),
            "request_id": trail.request_id if (trail := current_trail()) else None,
            **fields,
            "exception": list(_exception(record)),
        }
        return json.dumps({key: value for key, value in line.items() if value not in (None, [])}, ensure_ascii=False)


def _exception(record: logging.LogRecord) -> Iterator[str]:
    error = record.exc_info[1] if record.exc_info else None
    return whereabouts(error) if error is not None else iter(())


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is(record: logging.LogRecord, package: str) -> bool:
    return record.name == package or record.name.startswith(f"{package}.")
