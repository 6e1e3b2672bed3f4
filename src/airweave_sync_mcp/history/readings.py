"""Single readings of the API, kept in memory. Two that want the same at once make one request."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final, TypeVar

import anyio

from airweave_sync_mcp.airweave.client import AirweaveClient, OrganizationJobsPath
from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.airweave.feeds import organization_pages, probe, read_all_connections
from airweave_sync_mcp.airweave.wire import Rows, WireJob
from airweave_sync_mcp.history.convert import connection_of, detail_of, job_of
from airweave_sync_mcp.history.feed import PAGE, FeedCollector, covers
from airweave_sync_mcp.history.locks import LocalLocks, Locks
from airweave_sync_mcp.history.memory import (
    ConnectionList,
    Entry,
    FeedChoice,
    FeedReading,
    Memory,
    Organization,
    SyncOwner,
)
from airweave_sync_mcp.history.merge import merge_reading, unique, with_earlier_counts
from airweave_sync_mcp.history.model import Connection, ConnectionDetail, ConnectionHistory, JobStatus
from airweave_sync_mcp.history.plan import reaches

CHOICE_FRESH: Final = timedelta(hours=1)
"""How long a server's lack of an organization-wide list is believed."""

_E = TypeVar("_E")


def feed_name(statuses: Sequence[str]) -> str:
    """The memory's name for the organization-wide list filtered by these states."""
    return "feed:" + ",".join(statuses)


class Feed(StrEnum):
    """Where jobs come from. `auto` uses the organization-wide list where a server has one."""

    AUTO = "auto"
    ORGANIZATION = "organization"
    CONNECTIONS = "connections"


@dataclass(slots=True)
class Readings:
    """Reads through to the API and remembers. Every method takes the caller's credential and raises `AirweaveError`."""

    client: AirweaveClient
    memory: Memory
    clock: Callable[[], datetime]
    feed: Feed = Feed.AUTO
    locks: Locks = field(default_factory=LocalLocks)

    def tenant(self, credential: Credential) -> str:
        return self.client.fingerprint(credential)

    async def recall(self, credential: Credential, name: str, kind: type[_E]) -> _E | None:
        entry = (await self.memory.load(self.tenant(credential), [name])).get(name)
        return entry if isinstance(entry, kind) else None

    async def _once(
        self,
        credential: Credential,
        name: str,
        kind: type[_E],
        usable: Callable[[_E], bool],
        read: Callable[[_E | None], Awaitable[_E]],
    ) -> _E:
        """What is remembered where that is `usable`, else a new reading: one, however many ask at once."""
        known = await self.recall(credential, name, kind)
        if known is not None and usable(known):
            return known
        async with self.locks.hold((self.tenant(credential), name)):
            known = await self.recall(credential, name, kind)  # somebody may have read it meanwhile
            return known if known is not None and usable(known) else await read(known)

    async def histories(
        self, credential: Credential, connections: Iterable[Connection]
    ) -> dict[str, ConnectionHistory]:
        """The histories that are known, by connection id."""
        found = await self.memory.load(self.tenant(credential), [f"jobs:{one.id}" for one in connections])
        return {entry.connection_id: entry for entry in found.values() if isinstance(entry, ConnectionHistory)}

    async def with_details(self, credential: Credential, connections: Sequence[Connection]) -> list[Connection]:
        """The connections with their own pages, where those are known."""
        found = await self.memory.load(self.tenant(credential), [f"detail:{one.id}" for one in connections])
        details = {name.removeprefix("detail:"): it for name, it in found.items() if isinstance(it, ConnectionDetail)}
        return [replace(one, detail=details[one.id]) if one.id in details else one for one in connections]

    async def sync_owners(self, credential: Credential, sync_ids: Iterable[str]) -> dict[str, str]:
        """Connection ids by sync id, where known."""
        found = await self.memory.load(self.tenant(credential), [f"sync:{sync_id}" for sync_id in sync_ids])
        return {
            name.removeprefix("sync:"): entry.connection_id
            for name, entry in found.items()
            if isinstance(entry, SyncOwner)
        }

    async def connections(self, credential: Credential, *, newer_than: datetime) -> ConnectionList:
        """All source connections, newest first."""

        async def read(known: ConnectionList | None) -> ConnectionList:
            rows = await read_all_connections(self.client, credential)
            found = tuple(with_earlier_counts((connection_of(row) for row in rows.items), known))
            reading = ConnectionList(connections=found, fetched_at=self.clock(), unreadable=rows.unreadable)
            await self._save(credential, "connections", reading)
            return reading

        return await self._once(
            credential, "connections", ConnectionList, lambda known: known.fetched_at >= newer_than, read
        )

    async def jobs(
        self,
        credential: Credential,
        connection: Connection,
        *,
        limit: int,
        newer_than: datetime,
        since: datetime | None = None,
        wait_for_budget_s: float = 0.0,
    ) -> ConnectionHistory:
        """The newest `limit` jobs of a connection, joined with what was known.

        A reading newer than `newer_than` that reaches back to `since` serves as well.
        """
        name = f"jobs:{connection.id}"

        async def read(known: ConnectionHistory | None) -> ConnectionHistory:
            history = await self._read_jobs(credential, connection, limit, known, wait_for_budget_s)
            await self._save(credential, name, history)
            return history

        def usable(known: ConnectionHistory) -> bool:
            return known.fetched_at >= newer_than and reaches(known, since)

        return await self._once(credential, name, ConnectionHistory, usable, read)

    async def _read_jobs(
        self, credential: Credential, connection: Connection, limit: int, known: ConnectionHistory | None, wait_s: float
    ) -> ConnectionHistory:
        try:
            rows = await self.client.connection_jobs(credential, connection.id, limit=limit, wait_for_budget_s=wait_s)
        except AirweaveError as error:
            if error.code != ErrorCode.NO_SYNC:
                raise
            return ConnectionHistory(connection_id=connection.id, jobs=(), fetched_at=self.clock(), has_sync=False)
        return merge_reading(
            known,
            [job_of(row, connection_id=connection.id) for row in rows.items],
            connection=connection,
            asked=limit,
            answered=len(rows.items) + rows.unreadable,
            fetched_at=self.clock(),
        )

    async def detail(self, credential: Credential, connection_id: str, *, newer_than: datetime) -> ConnectionDetail:
        """What only a connection's own page tells: schedule, organization, sync."""
        name = f"detail:{connection_id}"

        async def read(_: ConnectionDetail | None) -> ConnectionDetail:
            wire = await self.client.source_connection(credential, connection_id)
            detail = detail_of(wire, self.clock())
            await self._save(credential, name, detail)
            if detail.sync_id is not None:
                owner = SyncOwner(connection_id=connection_id, fetched_at=detail.fetched_at)
                await self._save(credential, f"sync:{detail.sync_id}", owner)
            return detail

        return await self._once(credential, name, ConnectionDetail, lambda known: known.fetched_at >= newer_than, read)

    async def feed_choice(self, credential: Credential) -> FeedChoice:
        """Which organization-wide list this server has. Errors that leave it open are raised, not remembered."""

        async def read(_: FeedChoice | None) -> FeedChoice:
            path = None if self.feed is Feed.CONNECTIONS else await probe(self.client, credential)
            choice = FeedChoice(path=path, fetched_at=self.clock())
            await self._save(credential, "feed", choice)
            return choice

        def usable(known: FeedChoice) -> bool:
            return known.fetched_at >= self.clock() - CHOICE_FRESH

        return await self._once(credential, "feed", FeedChoice, usable, read)

    async def remembered_jobs(self, credential: Credential) -> FeedReading | None:
        """What is remembered of the organization-wide list, also where only failed jobs were asked for."""
        whole = await self.recall(credential, feed_name(()), FeedReading)
        failed = await self.recall(credential, feed_name((JobStatus.FAILED,)), FeedReading)
        if whole is None or failed is None:
            return whole or failed
        return replace(whole, jobs=tuple(unique([*whole.jobs, *failed.jobs])))

    async def condemn_feed(self, credential: Credential) -> None:
        """Believe for an hour that the server has no organization-wide list."""
        await self._save(credential, "feed", FeedChoice(path=None, fetched_at=self.clock()))

    async def organization(self, credential: Credential, connections: Sequence[Connection]) -> str | None:
        """The caller's own organization, learned once; None where nothing tells it."""
        if credential.organization_id is not None:
            return credential.organization_id

        async def read(_: Organization | None) -> Organization:
            found = Organization(id=await self._learn_organization(credential, connections), fetched_at=self.clock())
            if found.id is not None:
                await self._save(credential, "organization", found)
            return found

        return (await self._once(credential, "organization", Organization, lambda _: True, read)).id

    async def _learn_organization(self, credential: Credential, connections: Sequence[Connection]) -> str | None:
        for newest in connections[:1]:
            with suppress(AirweaveError):  # one connection may be broken or deleted meanwhile
                detail = await self.detail(credential, newest.id, newer_than=self.clock() - CHOICE_FRESH)
                if detail.organization_id is not None:
                    return detail.organization_id
        rows = await self.client.collections(credential, limit=1)
        return next((row.organization_id for row in rows.items if row.organization_id), None)

    async def organization_jobs(
        self,
        credential: Credential,
        path: OrganizationJobsPath,
        *,
        own: str,
        statuses: Sequence[str],
        since: datetime | None,
        newer_than: datetime,
    ) -> FeedReading:
        """The jobs of the caller's own organization, back to `since`, or one page where that is None.

        What was read is kept, also if the reading is interrupted: the next one goes on from there.

        Raises:
            FeedUnusableError: The jobs do not tell whose they are.
            AirweaveError: As for any request; a 500 to unfiltered pages means the feed is dead.
        """
        name = feed_name(statuses)

        async def read(known: FeedReading | None) -> FeedReading:
            # In a filtered list jobs turn up anywhere when they change their state: nothing in it is settled.
            collector = FeedCollector(own=own, since=since, known=None if statuses else known)
            try:
                await collector.collect(partial(self._feed_pages, credential, path, statuses))
            finally:
                reading = collector.reading(self.clock())
                if collector.began:
                    with anyio.CancelScope(shield=True):
                        await self._save(credential, name, reading)
            return reading

        def usable(known: FeedReading) -> bool:
            return known.fetched_at >= newer_than and covers(known, since)

        return await self._once(credential, name, FeedReading, usable, read)

    def _feed_pages(
        self, credential: Credential, path: OrganizationJobsPath, statuses: Sequence[str], skip: int
    ) -> AsyncGenerator[Rows[WireJob], None]:
        return organization_pages(self.client, credential, path, statuses=statuses, page=PAGE, skip=skip)

    async def _save(self, credential: Credential, name: str, entry: Entry) -> None:
        await self.memory.save(self.tenant(credential), name, entry)
