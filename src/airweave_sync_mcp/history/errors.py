"""What a caller can get wrong, said so that the caller can mend it; and what took too long."""

from typing import Final

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode

GIVEN: Final = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a message for what the caller gave, which is cleaned, cut and quoted where the message is rendered."""


class QueryError(Exception):
    """A question that cannot be answered as it was put.

    `code` is stable, `message` says what is wrong, `hint` what to do instead. Asking the same again helps only where
    something was not looked for everywhere: then `retry_after_s` says when. `words` are Airweave's own, where it
    refused: not clean, and neither is `given`, which `GIVEN` stands for.
    """

    def __init__(
        self,
        code: str,
        message: str,
        hint: str = "",
        *,
        given: str = "",
        words: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.given = given
        self.words = words
        self.retryable = retry_after_s is not None
        self.retry_after_s = retry_after_s


def too_slow(what: str, limit_s: float) -> AirweaveError:
    """A reading did not end within its time."""
    return AirweaveError(
        code=ErrorCode.TIMEOUT,
        message=f"Reading {what} took longer than {limit_s:.0f} s.",
        hint="Ask again; what was read meanwhile is kept.",
        retryable=True,
        retry_after_s=0.0,
    )
