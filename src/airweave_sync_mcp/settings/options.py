"""The settings there are: how each is called, what it may be, and what it is by default."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar
from uuid import UUID

from airweave_sync_mcp.airweave.endpoint import Endpoint

T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=StrEnum)

KEY_VARIABLE: Final = "AIRWEAVE_API_KEY"
"""There is no flag for it: what stands on a command line can be read by others on the same machine."""

OWN_PREFIX: Final = "AIRWEAVE_SYNC_"

ELSEWHERE: Final = tuple(OWN_PREFIX + name for name in ("HTTP_", "STORE", "STATE_KEY", "SERVER_TOKEN"))
"""Beginnings of variables that only a hosted server reads."""


class FeedMode(StrEnum):
    """Where sync jobs come from: the organization-wide list where the server has one, only it, or never it."""

    AUTO = "auto"
    ORGANIZATION = "organization"
    CONNECTIONS = "connections"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Generic[T_co]):
    """One setting. `parse` reads its stripped, non-empty text; its ValueError is a sentence that never repeats it."""

    name: str
    flag: str
    variable: str
    parse: Callable[[str], T_co]
    default: T_co
    help: str
    metavar: str | None = None
    """None for a switch: a flag without a value, given as "true"."""


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number between two bounds, both included."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise ValueError(f"it has to be a whole number from {low} to {high}.")
        return value

    return parse


def number(low: float, high: float, unit: str = "") -> Callable[[str], float]:
    """Reads a number between two bounds, both included. `unit` goes into the refusal: " of seconds"."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:  # false for NaN too
            raise ValueError(f"it has to be a number{unit} from {low:g} to {high:g}.")
        return value

    return parse


def choice(choices: type[E]) -> Callable[[str], E]:
    """Reads one of several words, in any case."""

    def parse(text: str) -> E:
        try:
            return choices(text.lower())
        except ValueError:
            *most, last = choices
        raise ValueError(f"it has to be {', '.join(most)} or {last}.")

    return parse


def switch(text: str) -> bool:
    """Reads true or false in their usual spellings."""
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError("it has to be true or false.")


def parse_organization(text: str) -> str:
    """An organization id in its normal form. Raises ValueError with a sentence that does not repeat it."""
    try:
        return str(UUID(text))
    except ValueError:
        pass
    raise ValueError("an organization id is a UUID, as in 28a31c70-7ffa-4a22-bd4e-3ab5b2c84170; a name does not do.")


API_KEY_FILE: Final[Option[str]] = Option(
    name="api_key_file",
    flag="--api-key-file",
    variable="AIRWEAVE_API_KEY_FILE",
    parse=str,
    default="",
    help=f"file that holds the API key alone; or set {KEY_VARIABLE}",
    metavar="PATH",
)
BASE_URL: Final[Option[Endpoint]] = Option(
    name="base_url",
    flag="--base-url",
    variable="AIRWEAVE_BASE_URL",
    parse=Endpoint,
    default=Endpoint("https://api.airweave.ai"),
    help="address of the Airweave API (default https://api.airweave.ai)",
    metavar="URL",
)
ORGANIZATION_ID: Final[Option[str | None]] = Option(
    name="organization_id",
    flag="--organization-id",
    variable="AIRWEAVE_ORGANIZATION_ID",
    parse=parse_organization,
    default=None,
    help="organization to ask about (default: the key's own)",
    metavar="UUID",
)
FEED: Final[Option[FeedMode]] = Option(
    name="feed",
    flag="--feed",
    variable="AIRWEAVE_SYNC_FEED",
    parse=choice(FeedMode),
    default=FeedMode.AUTO,
    help="where sync jobs come from: auto, organization or connections (default auto)",
    metavar="NAME",
)
CONCURRENCY: Final[Option[int]] = Option(
    name="concurrency",
    flag="--concurrency",
    variable="AIRWEAVE_SYNC_CONCURRENCY",
    parse=whole(1, 64),
    default=8,
    help="requests at the same time, 1 to 64 (default 8)",
    metavar="N",
)
DEADLINE_S: Final[Option[float]] = Option(
    name="deadline_s",
    flag="--deadline",
    variable="AIRWEAVE_SYNC_DEADLINE_S",
    parse=number(1, 55, " of seconds"),  # MCP clients give up at 60
    default=20.0,
    help="seconds after which a question is answered with what is known, 1 to 55 (default 20)",
    metavar="SECONDS",
)
RESERVE: Final[Option[float]] = Option(
    name="reserve",
    flag="--reserve",
    variable="AIRWEAVE_SYNC_RESERVE",
    parse=number(0, 0.9),
    default=0.2,
    help="share of the rate limit left for your own traffic, 0 to 0.9 (default 0.2)",
    metavar="SHARE",
)
DEMO: Final[Option[bool]] = Option(
    name="demo",
    flag="--demo",
    variable="AIRWEAVE_SYNC_DEMO",
    parse=switch,
    default=False,
    help="use the embedded Airweave with invented data: no key, no network",
)
ALLOW_WRITES: Final[Option[bool]] = Option(
    name="allow_writes",
    flag="--allow-writes",
    variable="AIRWEAVE_SYNC_ALLOW_WRITES",
    parse=switch,
    default=False,
    help="offer the tools that run and cancel syncs; each use has to be confirmed",
)
LOG_LEVEL: Final[Option[LogLevel]] = Option(
    name="log_level",
    flag="--log-level",
    variable="AIRWEAVE_SYNC_LOG_LEVEL",
    parse=choice(LogLevel),
    default=LogLevel.WARNING,
    help="debug, info, warning, error or critical (default warning); the log goes to stderr",
    metavar="LEVEL",
)

OPTIONS: Final[tuple[Option[object], ...]] = (
    API_KEY_FILE,
    BASE_URL,
    ORGANIZATION_ID,
    FEED,
    CONCURRENCY,
    DEADLINE_S,
    RESERVE,
    DEMO,
    ALLOW_WRITES,
    LOG_LEVEL,
)
