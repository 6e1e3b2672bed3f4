"""Who asks, when, and about which connections."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import anyio

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.answers.judge import Judge
from airweave_sync_mcp.history.errors import GIVEN, QueryError
from airweave_sync_mcp.history.memory import ConnectionList
from airweave_sync_mcp.history.model import Connection
from airweave_sync_mcp.history.references import one_connection
from airweave_sync_mcp.history.snapshot import Snapshot
from airweave_sync_mcp.history.view import Need, Progress, View, no_progress

_LISTED: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question of one caller."""

    snapshot: Snapshot
    credential: Credential
    now: datetime
    progress: Progress = no_progress
    judge: Judge = field(default_factory=Judge)
    """Shared by questions, it has less to do."""
    began: float = field(default_factory=anyio.current_time)
    """On anyio's clock: however much has to be read, the deadline is one."""

    @property
    def deadline(self) -> float:
        return self.began + self.snapshot.options.deadline_s

    async def view(self, need: Need) -> View:
        """What is known within the need, after as much reading as budget and deadline allow.

        Raises:
            AirweaveError: Nothing at all could be read.
        """
        return await self.snapshot.view(self.credential, need, self.progress, deadline=self.deadline)

    async def connections(self, *, fresh: bool = False) -> ConnectionList:
        """The connections; `fresh` reads them anew.

        Raises:
            AirweaveError: They could not be listed.
        """
        return await self.snapshot.connections(self.credential, fresh=fresh, deadline=self.deadline)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFilter:
    """Which connections a question is about, as the caller puts it. Empty texts do not filter."""

    connection: str = ""
    collection: str = ""
    source: str = ""

    @property
    def everything(self) -> bool:
        return not (self.connection or self.collection or self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The connections a question is about, and the one it names, if it does."""

    holds: Callable[[Connection], bool] | None
    named: Connection | None = None

    @property
    def asked_for(self) -> frozenset[str]:
        return frozenset({self.named.id}) if self.named else frozenset()


async def resolve_scope(ask: Ask, wanted: ScopeFilter) -> Scope:
    """Find the connections a question means.

    Raises:
        QueryError: Nothing matches, or a connection is ambiguous.
        AirweaveError: The connections could not be listed.
    """
    if wanted.everything:
        return Scope(holds=None)
    named = await resolve_connection(ask, wanted.connection) if wanted.connection.strip() else None
    connections = await known_connections(ask)  # read anew meanwhile, if need was
    collection = _known_value("collection", wanted.collection, {one.collection for one in connections})
    source = _known_value("source", wanted.source, {one.source for one in connections})
    chosen = [
        one
        for one in connections
        if (named is None or one.id == named.id)
        and (not collection or one.collection == collection)
        and (not source or one.source == source)
    ]
    if not chosen:
        raise QueryError(
            "nothing_matches",
            "No source connection matches all of connection, collection and source together.",
            "Leave one of the filters out.",
        )
    ids = frozenset(one.id for one in chosen)
    return Scope(holds=lambda one: one.id in ids, named=named)


async def resolve_connection(ask: Ask, text: str) -> Connection:
    """The one connection a text means. A list that does not hold it is read anew before saying so.

    Raises:
        QueryError: Unknown, ambiguous or malformed.
    """
    try:
        return one_connection(text, await known_connections(ask))
    except QueryError as error:
        if error.code != "connection_not_found":
            raise
    return one_connection(text, (await ask.connections(fresh=True)).connections)


async def known_connections(ask: Ask) -> tuple[Connection, ...]:
    return (await ask.connections()).connections


def _known_value(name: str, wanted: str, known: set[str]) -> str:
    """The known spelling of a filter's value."""
    value = wanted.strip().casefold()
    if not value:
        return ""
    for one in known:
        if one.casefold() == value:
            return one
    near = sorted(one for one in known if value in one.casefold()) or sorted(known)
    more = f" and {len(near) - _LISTED} more" if len(near) > _LISTED else ""
    raise QueryError(
        f"unknown_{name}",
        f"No source connection has {name} {GIVEN}.",
        f"Known: {', '.join(near[:_LISTED])}{more}." if near else "There are no source connections.",
        given=wanted,
    )
