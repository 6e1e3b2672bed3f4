"""What is asked of Airweave, described well enough to send it and to say in words what was asked."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from uuid import UUID

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode

_PATH_ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request. `what` is a noun phrase for messages, e.g. `the jobs of source connection 3db0de21`."""

    what: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    write: bool = False
    """Sent as POST, and never twice."""
    organization_wide: bool = False
    """Goes to the organization-wide endpoint, which is documented with another header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who asks what of whom: all that explaining an error needs, and no secret."""

    question: Question
    host: str
    token: bool = False
    """The credential is a login token (JWT), not an API key."""
    organization_set: bool = False
    """A chosen organization is named in the request."""
    plain: bool = False
    """Asked without TLS."""
    proxy: str | None = None
    """Host and port of what is connected to in place of the host."""

    @property
    def asked(self) -> str:
        return f"when asked for {self.question.what}"


def path_id(value: str, kind: str) -> str:
    """The id as it goes into a path: a lower-case dashed UUID, or other plain text where a server uses such ids.

    Raises:
        AirweaveError: `invalid_argument`, if it cannot be an id.
    """
    text = value.strip()
    try:
        return str(UUID(text))
    except ValueError:
        if _PATH_ID.fullmatch(text):
            return quote(text, safe="")
    raise AirweaveError(
        code=ErrorCode.INVALID_ARGUMENT,
        message=f"This is not an id of a {kind}.",
        hint="Ids look like 3db0de21-6607-44da-b7ef-fb4d8120f7ba.",
    )


def short_id(value: str) -> str:
    """The first digits of an id, enough for a person to recognise it."""
    return value[:8]
