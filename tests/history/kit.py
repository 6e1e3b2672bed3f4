"""Jobs, connections and histories in few words, and an Airweave that does what a test tells it."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid5

import anyio

from airweave_sync_mcp.airweave.wire import Rows, WireJob
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, SyncJob
from airweave_sync_mcp.history.order import place
from airweave_sync_mcp.history.view import Need, View
from airweave_sync_mcp.history.window import Window
from tests.support.examples import examples
from tests.support.world import NOW, Clock, World, app_core

PROPERTY = examples(14)
"""A busy machine is no failure."""

ORGANIZATION = "0a0a0a0a-0000-4000-8000-000000000001"
FOREIGN = "0b0b0b0b-0000-4000-8000-000000000002"
_SPACE = UUID("8f14e45f-ceea-467f-a9ad-3c1b2f6d9b1e")

Json = dict[str, Any]


def ago(**span: float) -> datetime:
    """`NOW` less a span, e.g. `ago(hours=3)`."""
    return NOW - timedelta(**span)


@cache
def uid(*parts: object) -> str:
    return str(uuid5(_SPACE, "/".join(map(str, parts))))


def job(name: object = "job", status: str = "completed", **facts: Any) -> SyncJob:
    """A job whose id is made of its name."""
    return SyncJob(**{"id": uid("job", name), "status": status, **facts})


def run(name: object, start: datetime, minutes: float | None = 5, status: str = "completed") -> SyncJob:
    """A job that started and, unless `minutes` is None, completed."""
    end = None if minutes is None else start + timedelta(minutes=minutes)
    return job(name, status, started_at=start, completed_at=end)


def connection(name: str = "Acme GitHub", **facts: Any) -> Connection:
    defaults = {"id": uid("connection", name), "source": "github", "collection": "engineering-a4k2m"}
    return Connection(**{**defaults, "name": name, "status": "active", "created_at": ago(days=90), **facts})


def history(jobs: Iterable[SyncJob], of: Connection | None = None, **facts: Any) -> ConnectionHistory:
    """A history of jobs, newest first, placed in time."""
    fetched_at = facts.setdefault("fetched_at", NOW)
    owner = of or connection()
    return ConnectionHistory(connection_id=owner.id, jobs=place(list(jobs), fetched_at), **facts)


def daily(count: int, *, last: timedelta = timedelta(hours=1), name: str = "daily") -> list[SyncJob]:
    """Completed runs, one a day, newest first."""
    return [run(f"{name}{number}", NOW - last - timedelta(days=number)) for number in range(count)]


def ids(jobs: Iterable[SyncJob]) -> list[str]:
    return [one.id for one in jobs]


# What is asked

DAY = Need(window=Window(since=ago(hours=24)))


async def ask(world: World, *needs: Need) -> list[View]:
    """The answers to questions, one after the other."""
    async with world.snapshot() as snapshot:
        return [await snapshot.view(world.credential, need) for need in needs]


# What a server says


def wire_time(moment: datetime | None) -> str | None:
    return moment.replace(tzinfo=None).isoformat() if moment else None


def listed(name: str, **facts: Any) -> Json:
    """A row of the list of connections."""
    return {
        "id": uid("connection", name), "name": name, "short_name": "github", "status": "active",
        "readable_collection_id": "engineering-a4k2m", "created_at": wire_time(ago(days=90)),
        "federated_search": False, "is_authenticated": True,
    } | facts  # fmt: skip


def told(
    name: object,
    start: datetime | None,
    status: str = "completed",
    *,
    minutes: float = 5,
    error: str | None = None,
    **facts: Any,
) -> Json:
    """A row of the jobs of a connection."""
    end = start + timedelta(minutes=minutes) if start and status == "completed" else None
    return {
        "id": uid("job", name), "status": status, "started_at": wire_time(start), "completed_at": wire_time(end),
        "duration_seconds": minutes * 60 if end else None, "entities_inserted": 1, "error": error,
    } | facts  # fmt: skip


def hourly(name: str, count: int, *, every: timedelta = timedelta(hours=1), status: str = "completed") -> list[Json]:
    """Rows of a connection that runs at regular intervals, newest first."""
    first = timedelta(minutes=7) + timedelta(seconds=UUID(uid(name)).int % 200)
    return [told(f"{name}/{count - n}", NOW - first - n * every, status) for n in range(count)]


def of_organization(row: Json, owner: str, organization: str = ORGANIZATION, **facts: Any) -> Json:
    """The same job as the organization-wide list tells it; `owner` is the connection's name."""
    created = datetime.fromisoformat(row["started_at"]) - timedelta(seconds=2) if row["started_at"] else None
    return row | {
        "sync_id": uid("sync", owner), "sync_name": f"Sync for {owner}", "organization_id": organization,
        "created_at": created.isoformat() if created else None,
        "failed_at": row["started_at"] if row["status"] == "failed" else None,
    } | facts  # fmt: skip


def page(rows: Sequence[Json]) -> Rows[WireJob]:
    return Rows(tuple(WireJob.model_validate(row) for row in rows))


@dataclass(frozen=True)
class Reply:
    """An answer of the server; `hang` never comes."""

    status: int = 200
    body: object = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False


SERVER_ERROR = Reply(500, {"detail": "Internal Server Error: ValueError: SELECT secret"})
BROKEN_ROW = Reply(422, {"errors": [{"status": "Input should be 'created', 'pending'"}]})
GONE = Reply(404, {"detail": "SourceConnection not found"})
NO_ROUTE = Reply(404, {"detail": "Not Found"})
LIMITED = Reply(429, {"detail": "Rate limit exceeded."}, {"retry-after": "60"})
REFUSED = Reply(403, {"detail": "Invalid or expired API key"})

Handler = Callable[[str, dict[str, list[str]]], "Reply | None"]


@dataclass
class Airweave:
    """A small Airweave of raw rows. `faults` answers first, by the beginning of a path."""

    connections: list[Json] = field(default_factory=list)
    jobs: dict[str, list[Json]] = field(default_factory=dict)
    """By connection id, newest first."""
    feed: list[Json] | None = None
    """The organization-wide list, newest first; None for no such list."""
    feed_path: str = "/v1/sync/jobs"
    organization: str | None = ORGANIZATION
    faults: dict[str, Reply] = field(default_factory=dict)
    before: Callable[[str, dict[str, list[str]]], Awaitable[None]] | None = None
    """Awaited with path and query before anything is answered."""
    limits: bool = True
    """False: answers all jobs of a connection, whatever the limit."""
    requests: list[str] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)
    """Requests that were given up before they were answered."""

    def world(self, **core: Any) -> World:
        clock = Clock()
        return World(clock=clock, core=app_core(self, clock, **core))

    def add(self, name: str, rows: Sequence[Json] = (), **facts: Any) -> str:
        """Add a connection with its jobs; its id."""
        row = listed(name, **facts)
        self.connections.append(row)
        self.jobs[row["id"]] = list(rows)
        return str(row["id"])

    def asked(self, part: str) -> list[str]:
        return [one for one in self.requests if part in one]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path, query = scope["path"], parse_qs(scope["query_string"].decode())
        request = path + (f"?{scope['query_string'].decode()}" if query else "")
        self.requests.append(request)
        try:
            if self.before is not None:
                await self.before(path, query)
            reply = self._reply(path, query)
            if reply.hang:
                await anyio.sleep_forever()
        except BaseException:
            self.cut_off.append(request)
            raise
        head = [(b"content-type", b"application/json")]
        head += [(name.encode(), value.encode()) for name, value in reply.headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": head})
        await send({"type": "http.response.body", "body": json.dumps(reply.body).encode()})

    def _reply(self, path: str, query: dict[str, list[str]]) -> Reply:
        longest = max((prefix for prefix in self.faults if path.startswith(prefix)), key=len, default=None)
        if longest is not None:
            return self.faults[longest]
        skip, limit = int(query.get("skip", ["0"])[0]), int(query.get("limit", ["100"])[0])
        if path == "/source-connections":
            return Reply(body=self.connections[skip : skip + limit])
        if path == self.feed_path and self.feed is not None:
            wanted = query.get("status")
            rows = [row for row in self.feed if wanted is None or row["status"] in wanted]
            return Reply(body=rows[skip : skip + limit])
        if path == "/collections":
            return Reply(body=[{"readable_id": "engineering-a4k2m", "organization_id": self.organization}])
        parts = path.strip("/").split("/")
        if parts[0] == "source-connections" and parts[1] in self.jobs:
            return self._of_connection(parts, limit)
        return NO_ROUTE

    def _of_connection(self, parts: list[str], limit: int) -> Reply:
        rows = self.jobs[parts[1]]
        if len(parts) == 3:
            return Reply(body=rows[:limit] if self.limits else rows)
        row = next(one for one in self.connections if one["id"] == parts[1])
        detail = {"organization_id": self.organization, "sync_id": uid("sync", row["name"])}
        return Reply(body={**row, **detail})


def organization(connections: int = 3, jobs: int = 30, **facts: Any) -> Airweave:
    """An Airweave with the organization-wide list: connections `c0`, `c1` and so on with a run an hour."""
    air = Airweave(**facts)
    air.feed = []
    for number in range(connections):
        name = f"c{number}"
        air.add(name, hourly(name, jobs))
        air.feed += [of_organization(row, name) for row in air.jobs[uid("connection", name)]]
    air.feed.sort(key=lambda row: str(row["created_at"]), reverse=True)
    return air


def lists(air: Airweave) -> list[str]:
    """The requests to the organization-wide list."""
    return air.asked("sync/jobs")
