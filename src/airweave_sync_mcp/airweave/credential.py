"""Who asks: an API key or a login token, and the organization it is used for."""

import json
import re
import secrets
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Final
from uuid import UUID

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode

_MAX_LENGTH: Final = 16_384
_JWT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_PLACEHOLDER: Final = re.compile(r"\$\{.*\}|\{\{.*\}\}|<.*>|\$[A-Z_]+")
_QUOTES: Final = "\"'`"

_PROCESS_PEPPER: Final = secrets.token_bytes(32)
"""Makes fingerprints worthless outside this process; replicas that share a store pass a pepper of their own."""

_WHERE: Final = "Keys are made in the Airweave dashboard, under API keys."


class CredentialKind(StrEnum):
    API_KEY = "api_key"
    JWT = "jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A secret that may be sent as a header, and nothing that shows it by accident.

    Raises:
        AirweaveError: `no_key`, `bad_key` or `organization_malformed`, without repeating the value.
    """

    secret: str = field(repr=False)
    kind: CredentialKind = CredentialKind.API_KEY
    organization_id: str | None = None
    _fingerprints: dict[tuple[str, bytes | None], str] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        _check_secret(self.secret)
        object.__setattr__(self, "organization_id", _organization(self.organization_id))

    @classmethod
    def parse(cls, raw: str | None, organization_id: str | None = None) -> "Credential":
        """Read a key or a token as people paste it: blanks around it are dropped, anything else odd is refused."""
        secret = (raw or "").strip()
        kind = CredentialKind.JWT if _is_jwt(secret) else CredentialKind.API_KEY
        return cls(secret=secret, kind=kind, organization_id=organization_id)

    def headers(self, organization_wide: bool = False) -> dict[str, str]:
        """The headers that identify the caller.

        The organization-wide endpoint is documented with `Authorization: Bearer <key>`, all others with
        `X-API-Key`; servers ignore a Bearer value they do not know when the key is there too.
        """
        headers: dict[str, str] = {}
        if self.kind is CredentialKind.API_KEY:
            headers["X-API-Key"] = self.secret
        if self.kind is CredentialKind.JWT or organization_wide:
            headers["Authorization"] = f"Bearer {self.secret}"
        if self.organization_id:
            headers["X-Organization-ID"] = self.organization_id
        return headers

    def mask(self, body: bytes) -> bytes:
        """What a server said, without the secret, should it repeat it."""
        return body.replace(self.secret.encode(), b"[key]")

    def fingerprint(self, base_url: str, *, pepper: bytes | None = None) -> str:
        """A name for this caller at this server, fit as a key of memory: the secret cannot be had from it.

        It differs from process to process, except for those that use the same `pepper`, a secret of up to 64 bytes.
        """
        if (known := self._fingerprints.get((base_url, pepper))) is not None:
            return known  # it is asked for at every look into the memory
        parts = [part.encode() for part in (self.secret, self.kind.value, self.organization_id or "", base_url)]
        whole = b"".join([len(part).to_bytes(4, "big") + part for part in parts])
        made = blake2b(whole, key=pepper or _PROCESS_PEPPER, digest_size=16).hexdigest()
        self._fingerprints[base_url, pepper] = made
        return made


def _check_secret(secret: str) -> None:
    if not secret:
        raise AirweaveError(
            code=ErrorCode.NO_KEY,
            message="There is no Airweave API key.",
            hint=f"Set AIRWEAVE_API_KEY. {_WHERE}",
        )
    if problem := _problem(secret):
        raise AirweaveError(
            code=ErrorCode.BAD_KEY, message=f"The API key cannot be used: {problem[0]}.", hint=problem[1]
        )


def _problem(secret: str) -> tuple[str, str] | None:
    if len(secret) > _MAX_LENGTH:
        return "it is far too long", f"Copy the key alone. {_WHERE}"
    if secret[0] in _QUOTES or secret[-1] in _QUOTES:
        return "it has quotation marks around it", "Give the key without quotation marks."
    if secret.lower().startswith("bearer "):
        return "it starts with the word Bearer", "Give what follows Bearer, without the word."
    if _PLACEHOLDER.fullmatch(secret):
        return "it is a placeholder that nobody filled in", f"Put the key itself in its place. {_WHERE}"
    if not _HEADER_VALUE.fullmatch(secret):
        return "it holds a line break or characters that no key has", f"Copy the key again, alone. {_WHERE}"
    return None


def _organization(raw: str | None) -> str | None:
    text = (raw or "").strip()
    if not text:
        return None
    try:
        return str(UUID(text))
    except ValueError:
        pass
    raise AirweaveError(
        code=ErrorCode.ORGANIZATION_MALFORMED,
        message="The organization id is not a UUID.",
        hint="Organization ids look like 28a31c70-7ffa-4a22-bd4e-3ab5b2c84170; a name does not do. "
        "Leave it away to use the key's own organization.",
    )


def _is_jwt(text: str) -> bool:
    if not _JWT.fullmatch(text):
        return False
    segment = text.partition(".")[0]
    try:
        header = json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header
