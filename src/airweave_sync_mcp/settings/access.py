"""Which key goes to which address. A key is sent only to an address that comes from where the key comes from.

Flags and environment are one such place, whoever started the process; the Airweave CLI's file is another. Otherwise
a key of one installation would be handed to another one because somebody once logged in there.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.endpoint import Endpoint
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode

from .files import CONFIG_FILE, ConfigFile, read_config_file, read_key_file
from .lookup import DEFAULT_ORIGIN, Found, Lookup
from .options import API_KEY_FILE, BASE_URL, KEY_VARIABLE, ORGANIZATION_ID

NOT_SET: Final = "not set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no credential."""

    code: ErrorCode
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"

    def error(self) -> AirweaveError:
        return AirweaveError(code=self.code, message=self.message, hint=self.hint)


NO_KEY: Final = Refusal(
    code=ErrorCode.NO_KEY,
    message="There is no Airweave API key.",
    hint=f"Set {KEY_VARIABLE}, or {API_KEY_FILE.variable} or {API_KEY_FILE.flag} to a file that holds the key alone, "
    f"or log in with the Airweave CLI ({CONFIG_FILE}). Keys are made in the Airweave dashboard, under API keys; "
    "a server without authentication takes any value. The demo (--demo) needs none.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where requests go, and in whose name."""

    endpoint: Endpoint = BASE_URL.default
    key: Credential | Refusal = NO_KEY
    organization_id: str | None = None
    clear: bool = True
    """False where address and key are wrong, or do not go together."""


def resolve_access(lookup: Lookup, home: Path) -> Access:
    """Bring key, address and organization together; what does not go together is noted as a problem.

    A missing or unusable key is not: it comes back as a Refusal, for the caller to judge.
    """
    file, noted = read_config_file(home), len(lookup.problems)
    own_key = _own_key(lookup)
    lookup.warnings.extend(filter(None, (file.warning, file.problem if own_key else None)))
    endpoint = _endpoint(lookup, file, own_key)
    clear = len(lookup.problems) == noted
    organization_id = _organization(lookup, file, own_key)
    if endpoint.insecure:
        origin = lookup.origins[BASE_URL.name]
        lookup.warnings.append(f"{origin}: plain http to another machine lets others read the key; use https.")
    return Access(
        endpoint=endpoint,
        key=_credential(lookup, file, own_key, organization_id, home),
        organization_id=organization_id,
        clear=clear,
    )


def _own_key(lookup: Lookup) -> Found | None:
    """What names the key in flags or environment: the key itself, or a file."""
    flag, key, file = lookup.flag(API_KEY_FILE), lookup.variable(KEY_VARIABLE), lookup.variable(API_KEY_FILE.variable)
    if not flag and key and file:
        lookup.problems.append(f"{KEY_VARIABLE} and {API_KEY_FILE.variable} are both set: unset one of them.")
    return flag or key or file


def _organization(lookup: Lookup, file: ConfigFile, own_key: Found | None) -> str | None:
    """The file's organization belongs to the file's login: with another key it would only be refused."""
    lookup.origins[ORGANIZATION_ID.name] = DEFAULT_ORIGIN
    found = lookup.find(ORGANIZATION_ID)
    if found:
        return lookup.read(ORGANIZATION_ID, found)
    if own_key or not file.organization_id:
        return None
    lookup.origins[ORGANIZATION_ID.name] = CONFIG_FILE
    return file.organization_id


def _endpoint(lookup: Lookup, file: ConfigFile, own_key: Found | None) -> Endpoint:
    default = BASE_URL.default
    lookup.origins[BASE_URL.name] = CONFIG_FILE if file.endpoint else DEFAULT_ORIGIN
    found = lookup.find(BASE_URL)
    if not found:
        if own_key and file.endpoint:
            lookup.origins[BASE_URL.name] = DEFAULT_ORIGIN
            _check_own_key(lookup, file.endpoint, own_key)
            return default
        return file.endpoint or default
    endpoint = lookup.read(BASE_URL, found)
    if endpoint and not own_key and (file.api_key or file.access_token):
        _check_file_key(lookup, file.endpoint or default, endpoint, found)
    return endpoint or default


def _check_own_key(lookup: Lookup, of_file: Endpoint, own_key: Found) -> None:
    if of_file != BASE_URL.default:
        lookup.problems.append(
            f"The key comes from {own_key.origin}, but the address ({of_file.host}) only from {CONFIG_FILE}, and a key "
            f"goes only to an address from the same source: set {BASE_URL.variable} to the address that the key is for "
            f"({BASE_URL.default.base_url} for Airweave's cloud)."
        )


def _check_file_key(lookup: Lookup, of_file: Endpoint, endpoint: Endpoint, found: Found) -> None:
    if endpoint != of_file:
        lookup.problems.append(
            f"The only key is the one in {CONFIG_FILE}, which is for {of_file.host}, and {found.origin} names another "
            f"address: set {KEY_VARIABLE} to a key for that address, or leave {found.origin} away."
        )


def _credential(
    lookup: Lookup, file: ConfigFile, own_key: Found | None, organization_id: str | None, home: Path
) -> Credential | Refusal:
    found = own_key or _file_key(file)
    lookup.origins["api_key"] = found.origin if found else NOT_SET
    if not found:
        return replace(NO_KEY, message=file.problem) if file.problem else NO_KEY
    try:
        return Credential.parse(_secret(found, home), organization_id)
    except AirweaveError as error:
        return Refusal(code=error.code, message=f"{found.origin}: {error.message}", hint=error.hint)
    except ValueError as error:
        message = f"The file that {found.origin} names {error}."
        return Refusal(code=ErrorCode.NO_KEY, message=message, hint="It has to hold the key alone.")


def _file_key(file: ConfigFile) -> Found | None:
    text = file.api_key or file.access_token
    return Found(text, CONFIG_FILE) if text else None


def _secret(found: Found, home: Path) -> str:
    """The key itself, where only a file that holds it was named. Raises ValueError with what is wrong with the file."""
    by_name = found.origin in {API_KEY_FILE.flag, API_KEY_FILE.variable}
    return read_key_file(found.text, home) if by_name else found.text
