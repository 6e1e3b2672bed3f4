"""Logging through the one way out: messages on one line, tracebacks masked, no invented lines.

Use `SafeFormatter` on our own handlers and `SafeFilter` on handlers with a formatter of someone else.
"""

import copy
import logging
import types
from typing import Literal

from airweave_sync_mcp.safety.cleaner import Cleaner

_MESSAGE_LIMIT = 4_000
_TRACEBACK_LIMIT = 16_000

_ExcInfo = tuple[type[BaseException], BaseException, types.TracebackType | None] | tuple[None, None, None]


class SafeFormatter(logging.Formatter):
    """Formats records like `logging.Formatter`, with secrets masked and line feeds of messages escaped.

    Lines of a traceback are indented, so that no text in an exception can look like a record of its own.
    """

    def __init__(
        self,
        fmt: str | None = None,
        datefmt: str | None = None,
        style: Literal["%", "{", "$"] = "%",
        *,
        cleaner: Cleaner | None = None,
    ) -> None:
        super().__init__(fmt, datefmt, style)
        self._cleaner = cleaner or Cleaner()

    def format(self, record: logging.LogRecord) -> str:
        """The record as safe text. The record itself is not changed."""
        safe = copy.copy(record)
        _clean_message(safe, self._cleaner)
        safe.exc_text = None
        return super().format(safe)

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802
        """The traceback, masked and indented."""
        return _clean_block(super().formatException(ei), self._cleaner)

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        """The stack, masked and indented."""
        return _clean_block(super().formatStack(stack_info), self._cleaner)


class SafeFilter(logging.Filter):
    """Makes records safe in place, whatever formats them later. Never drops one.

    Exceptions are turned into masked text: a formatter could not print the object without its secrets.
    """

    def __init__(self, name: str = "", *, cleaner: Cleaner | None = None) -> None:
        super().__init__(name)
        self._cleaner = cleaner or Cleaner()

    def filter(self, record: logging.LogRecord) -> bool:
        """True always; the record's message, traceback, stack and extra strings are clean afterwards."""
        _clean_message(record, self._cleaner)
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_info, record.exc_text = None, _clean_block(text, self._cleaner)
        if record.stack_info:
            record.stack_info = _clean_block(record.stack_info, self._cleaner)
        for name in record.__dict__.keys() - _OWN_FIELDS:
            setattr(record, name, self._cleaner.safe_tree(record.__dict__[name], limit=_MESSAGE_LIMIT))
        return True


_OWN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def _clean_message(record: logging.LogRecord, cleaner: Cleaner) -> None:
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - an argument's __str__ may raise anything, and logging would print it raw
        template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        message = f"{template} (could not be formatted)"
    record.msg = cleaner.clean(message, limit=_MESSAGE_LIMIT).replace("\n", "\\n")
    record.args = None


def _clean_block(text: str, cleaner: Cleaner) -> str:
    return "    " + cleaner.clean(text, limit=_TRACEBACK_LIMIT).replace("\n", "\n    ")
