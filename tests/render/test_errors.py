"""Errors: what happened, what to do, whether a retry helps and when; never too long, never a secret."""

from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.render.errors import render_error
from airweave_sync_mcp.safety import Cleaner
from tests.support.examples import CHARACTERS, examples

KEY = "a-known-key-0123456789"
CLEANER = Cleaner([KEY])


def failure(**facts: object) -> AirweaveError:
    return AirweaveError(**{"code": ErrorCode.TIMEOUT, "message": "Too slow.", "hint": "Wait.", **facts})  # type: ignore[arg-type]


def test_it_says_whether_and_when_a_retry_helps() -> None:
    said = [
        render_error(error, CLEANER).text
        for error in (
            failure(retryable=True, retry_after_s=37.2),
            failure(retryable=True, retry_after_s=0.2),
            failure(retryable=True),
            failure(),
            QueryError("broken_cursor", "Broken."),
        )
    ]

    assert said == [
        "timeout: Too slow. Wait. The same call can help in 37 s.",
        "timeout: Too slow. Wait. The same call can help in 1 s.",
        "timeout: Too slow. Wait. The same call can help.",
        "timeout: Too slow. Wait. Repeating the same call does not help.",
        "broken_cursor: Broken. Repeating the same call does not help.",
    ]


@given(st.text(CHARACTERS), st.text(CHARACTERS))
@examples(15)
def test_it_is_one_line_of_bounded_length_without_the_key(message: str, hint: str) -> None:
    long = failure(message=message * 200 + KEY, hint=hint * 200 + KEY)

    rendered = render_error(long, CLEANER)

    assert rendered.size < 2_000
    assert "\n" not in rendered.text
    assert KEY not in rendered.text
    assert KEY not in str(rendered.structure.dump())
