"""Everything foreseen that can go wrong, as an answer: what happened, what to do, whether a retry helps and when."""

from collections.abc import Callable
from operator import attrgetter
from typing import Final

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.history.errors import GIVEN, QueryError
from airweave_sync_mcp.render.contract import ErrorOut
from airweave_sync_mcp.render.fit import Rendered
from airweave_sync_mcp.render.times import span
from airweave_sync_mcp.safety import Cleaner

WORDS: Final = 240
LONGEST: Final = 1_000
"""Characters of a message; with its hint an error stays under 2,000."""
GIVEN_SHOWN: Final = 80


def render_error(
    error: AirweaveError | QueryError,
    cleaner: Cleaner,
    advice: Callable[[AirweaveError], str] = attrgetter("hint"),
) -> Rendered[ErrorOut]:
    """An error in both channels. `advice` tells what to do where Airweave or the way to it is at fault."""
    wait = error.retry_after_s
    hint = advice(error) if isinstance(error, AirweaveError) else error.hint
    out = ErrorOut(
        code=str(error.code),
        message=_message(error, cleaner),
        hint=cleaner.one_line(hint, 500) or None,
        retryable=error.retryable,
        retry_after_s=None if wait is None else round(wait, 1),
    )
    return Rendered(error_text(out), out)


def _message(error: AirweaveError | QueryError, cleaner: Cleaner) -> str:
    message = cleaner.one_line(error.message, LONGEST)
    if isinstance(error, QueryError):
        message = message.replace(GIVEN, show_given(error.given, cleaner), 1)
    return f"{message} It says: {cleaner.quote(error.words, WORDS)}" if error.words else message


def show_given(text: str, cleaner: Cleaner) -> str:
    """What a caller gave, in quotes. Cleaned first: quoting or cutting may leave a secret that nothing recognises."""
    return repr(cleaner.one_line(text, GIVEN_SHOWN))


def error_text(out: ErrorOut, *, call: str = "call") -> str:
    """An error in words; `call` is what its reader can repeat."""
    if not out.retryable:
        retry = f"Repeating the same {call} does not help."
    elif out.retry_after_s:
        retry = f"The same {call} can help in {span(max(out.retry_after_s, 1))}."
    else:
        retry = f"The same {call} can help."
    return " ".join(part for part in (f"{out.code}: {out.message}", out.hint, retry) if part)
