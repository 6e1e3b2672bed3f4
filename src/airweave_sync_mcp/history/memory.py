"""What was read, kept per tenant. It ages, it does not expire: every entry knows when it was read.

The interface is small on purpose: hosting puts a store behind it that many processes share.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from airweave_sync_mcp.airweave.client import OrganizationJobsPath
from airweave_sync_mcp.history.model import Connection, ConnectionDetail, ConnectionHistory, SyncJob


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionList:
    """All source connections of the organization. `unreadable` rows could not be understood."""

    connections: tuple[Connection, ...]
    fetched_at: datetime
    unreadable: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChoice:
    """Which organization-wide list this server has; None for none, which is looked for again after an hour."""

    path: OrganizationJobsPath | None
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReading:
    """The newest jobs of the organization, newest first. `reaches` is None if all were read.

    `newest` is when the newest row was created and `depth` how many rows there are down to `reaches`, those of
    other organizations included: with them a later reading goes on where this one ended.
    """

    jobs: tuple[SyncJob, ...]
    fetched_at: datetime
    reaches: datetime | None
    newest: datetime | None = None
    depth: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """The caller's own organization: learned once."""

    id: str | None
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOwner:
    """Which connection a sync belongs to. It never changes."""

    connection_id: str
    fetched_at: datetime


Entry: TypeAlias = (
    ConnectionList | FeedChoice | FeedReading | Organization | SyncOwner | ConnectionHistory | ConnectionDetail
)


class Memory(Protocol):
    """Entries by tenant and name. A tenant is a credential's fingerprint; no entry is ever seen by another one."""

    async def load(self, tenant: str, names: Iterable[str]) -> Mapping[str, Entry]:
        """The entries that exist among `names`."""

    async def save(self, tenant: str, name: str, entry: Entry) -> None:
        """Keep an entry, in place of the one of that name."""

    async def forget(self, tenant: str, name: str) -> None:
        """Drop an entry, if it exists."""


DEFAULT_WEIGHT: Final = 250_000


@dataclass(slots=True)
class LocalMemory:
    """A memory in this process, bounded in size: what was not used for longest goes first.

    `limit` counts jobs and connections, about 0.7 kB each.
    """

    limit: int = DEFAULT_WEIGHT
    _entries: OrderedDict[tuple[str, str], Entry] = field(default_factory=OrderedDict)
    _weight: int = 0

    async def load(self, tenant: str, names: Iterable[str]) -> Mapping[str, Entry]:
        found = {}
        for name in names:
            if (entry := self._entries.get((tenant, name))) is not None:
                self._entries.move_to_end((tenant, name))
                found[name] = entry
        return found

    async def save(self, tenant: str, name: str, entry: Entry) -> None:
        await self.forget(tenant, name)
        self._entries[tenant, name] = entry
        self._weight += _weigh(entry)
        while self._weight > self.limit:
            _, oldest = self._entries.popitem(last=False)
            self._weight -= _weigh(oldest)

    async def forget(self, tenant: str, name: str) -> None:
        entry = self._entries.pop((tenant, name), None)
        if entry is not None:
            self._weight -= _weigh(entry)


def _weigh(entry: Entry) -> int:
    match entry:
        case ConnectionList():
            return 1 + len(entry.connections)
        case FeedReading() | ConnectionHistory():
            return 1 + len(entry.jobs)
        case _:
            return 1
