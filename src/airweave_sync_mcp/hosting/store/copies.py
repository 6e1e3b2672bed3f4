"""What this process itself knows of the store's values.

So only values that changed are fetched, and none is missed while the store is away.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from airweave_sync_mcp.history.memory import DEFAULT_WEIGHT, ConnectionList, FeedReading
from airweave_sync_mcp.history.model import ConnectionHistory
from airweave_sync_mcp.hosting.store.codec import Value

UNWRITTEN: Final = b""


@dataclass(frozen=True, slots=True)
class Copy:
    """A value, and its version in the store: `UNWRITTEN` if the store is not known to have it."""

    value: Value
    version: bytes = UNWRITTEN
    private: bool = False
    """Whether the store cannot take it."""


@dataclass(slots=True)
class Copies:
    """Copies by tenant and name, bounded: what was not used for longest goes first.

    `limit` counts jobs and connections, about 0.7 kB each.
    """

    limit: int = DEFAULT_WEIGHT
    _copies: OrderedDict[tuple[str, str], Copy] = field(default_factory=OrderedDict)
    _weight: int = 0

    def find(self, tenant: str, names: Iterable[str]) -> dict[str, Copy]:
        """The copies that exist among `names`."""
        found = {}
        for name in names:
            if (copy := self._copies.get((tenant, name))) is not None:
                self._copies.move_to_end((tenant, name))
                found[name] = copy
        return found

    def put(self, tenant: str, name: str, copy: Copy) -> None:
        """Keep a copy, in place of the one of that name."""
        if (former := self._copies.pop((tenant, name), None)) is not None:
            self._weight -= weigh(former.value)
        self._copies[tenant, name] = copy
        self._weight += weigh(copy.value)
        while self._weight > self.limit:
            _, oldest = self._copies.popitem(last=False)
            self._weight -= weigh(oldest.value)

    def replace(self, tenant: str, name: str, copy: Copy) -> None:
        """Note another state of a value, if it is still the one we have."""
        former = self._copies.get((tenant, name))
        if former is not None and former.value is copy.value:
            self._copies[tenant, name] = copy


def weigh(value: Value) -> int:
    """How many jobs and connections, about."""
    match value:
        case ConnectionList():
            return 1 + len(value.connections)
        case FeedReading() | ConnectionHistory():
            return 1 + len(value.jobs)
        case _:
            return 1
