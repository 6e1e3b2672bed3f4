"""Who wrote the sentence: what the platform itself puts at the beginning of an error.

The words after such a head come from elsewhere (a source's answer, a file, another library) and may speak of
anything; the head alone says which part failed. So it also says which rules may be asked (`rules.py`).
"""

from enum import StrEnum
from typing import Final

from airweave_sync_mcp.diagnosis.text import compiled
from airweave_sync_mcp.diagnosis.unwrap import Unwrapped, Wrapper


class Head(StrEnum):
    """The known beginnings."""

    ANSWER = "answer"
    """A source's HTTP answer, as the platform's `http_helpers` writes it."""
    TOKEN_DOWN = "token_down"  # noqa: S105 - a name, not a secret
    TOKEN = "token"  # noqa: S105
    PROVIDER_DOWN = "provider_down"
    PROVIDER = "provider"
    DESTINATION = "destination"
    EMBEDDING = "embedding"
    STORAGE = "storage"
    DATABASE = "database"
    MODEL = "model"
    """A pydantic model that refused its values."""
    PROGRAMMING = "programming"


_PROVIDER: Final = r"(?:composio|pipedream|custom endpoint)\b"
_HEADS: Final = (
    r"(?P<answer>(?:unauthorized|forbidden|not found|rate limited|server error|unexpected redirect) \(\d{3}"
    r"|http \d{3}(?: while [^:\n]{0,200})?:)"
    r"|(?P<token_down>token endpoint (?:unreachable|returned 5\d\d|returned unexpected (?:429|5\d\d))"
    r"|oauth (?:server error|rate-limited) for|unexpected oauth error for|unexpected error during token refresh"
    r"|oauth token request failed after)"
    r"|(?P<token>token endpoint returned|oauth credentials invalid for|credential missing for)"
    rf"|(?P<provider_down>{_PROVIDER}[^:\n]{{0,60}}(?:unreachable|rate-limited|returned 5\d\d|error 5\d\d"
    rf"|failed: 5\d\d)"
    r"|auth provider (?:rate-limited|server error) for|unexpected auth provider error for)"
    rf"|(?P<provider>{_PROVIDER}|(?:account deleted in )?auth provider\b)"
    r"|(?P<destination>destination (?:unavailable|failed|insert|delete|update|bulk)|vespa feed)"
    r"|(?P<embedding>\[\w{0,20}chunkembed\w{0,20}\]|(?:openai|mistral|local embedding|cohere"
    r"|gemini) (?:authentication failed|rate limit exceeded"
    r"|request timed out|connection failed|api error|request failed|service error))"
    r"|(?P<storage>\[arf\] |failed to (?:read|write|save) (?:json|file|bytes) )"
    r"|(?P<database>\[entitypostgres\] )"
    r"|(?P<model>\d{1,4} validation errors? for \w)"
    r"|(?P<programming>programming error: )"
)
"""Each group is named after its `Head`."""


def head_of(unwrapped: Unwrapped) -> Head | None:
    """The head of an error text, if it has one that the platform wrote."""
    if Wrapper.DATABASE in unwrapped.wrappers:
        return Head.DATABASE
    match = compiled(_HEADS).match(unwrapped.masked, unwrapped.body)
    if match is None or match.lastgroup is None:
        return Head.PROVIDER if Wrapper.AUTH_PROVIDER in unwrapped.wrappers else None
    head = Head(match.lastgroup)
    if head is Head.ANSWER and unwrapped.wrappers & {Wrapper.DISPATCHER, Wrapper.AUTH_PROVIDER}:
        return None
    return head
