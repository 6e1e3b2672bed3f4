"""How the store does, in numbers: for metrics, for `/readyz`, and one line in the log when its state changes."""

import logging
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

_LOG: Final = logging.getLogger(__name__)


class Trouble(StrEnum):
    """What can be wrong, few enough to label a metric with."""

    UNREACHABLE = "unreachable"
    """No connection, or it was closed, or the server is still loading."""
    TIMEOUT = "timeout"
    """No answer in time, or no free connection."""
    DENIED = "denied"
    """The password or the rights do not do."""
    FAILED = "failed"
    """The server answered with an error: it is full, or a read-only replica."""
    NONSENSE = "nonsense"
    """Whatever answered does not speak the protocol."""
    UNREADABLE = "unreadable"
    """A value that our keys do not open, or that does not hold what it should."""
    FROM_FUTURE = "from_future"
    """A value read, by its own account, after now: the clock of a replica is wrong."""
    TOO_LARGE = "too_large"
    """A value too large to be shared; this process keeps it for itself."""


@dataclass(slots=True)
class StoreHealth:
    """Counters since the start of this process. Only the store writes them; anybody may read."""

    answered: int = 0
    """Questions the store answered."""
    unasked: int = 0
    """Questions it was not asked, because it was away."""
    troubles: Counter[Trouble] = field(default_factory=Counter)
    hits: int = 0
    """Entries found in the store."""
    misses: int = 0
    """Entries it did not have, or not readably."""
    lock_waits: int = 0
    """Readings that waited for another replica's."""
    outages: int = 0
    away: bool = False
    """Whether it is being left alone for now, after several failures in a row."""

    def gone(self, trouble: Trouble) -> None:
        """Several questions in a row have failed."""
        if not self.away:
            self.away = True
            self.outages += 1
            _LOG.warning("The store is away (%s). Answers go on without it.", trouble)

    def back(self) -> None:
        """It answered."""
        if self.away:
            self.away = False
            _LOG.warning("The store is back.")
