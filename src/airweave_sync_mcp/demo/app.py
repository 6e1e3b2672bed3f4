"""The embedded Airweave: an ASGI app that answers like a real server, from a world that lives in memory."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from . import shapes
from .build import build_world
from .database import page_of_connections, page_of_jobs
from .gate import RateLimiter, check_body, check_key, check_organization
from .lifecycle import Lifecycle
from .options import DemoOptions, Generation, Temporal
from .params import ApiError, Params, failure, internal_error
from .sources import SOURCES, describe
from .world import Connection, Job, World

_REQUESTS_KEPT: Final = 100_000
_LISTS_KEPT: Final = 256
_JUNE_STATUSES: Final = frozenset({"pending", "in_progress", "completed", "failed", "cancelled"})
_DOCUMENTED_STATUSES: Final = _JUNE_STATUSES | {"created"}
_DEAD_FEED: Final = "TypeError: SyncService.list_sync_jobs() got an unexpected keyword argument 'skip'"


class DemoRequest(NamedTuple):
    """What was asked of the demo."""

    method: str
    path: str
    query: str


@dataclass(frozen=True, slots=True)
class _Call:
    request: Request
    params: Params
    now: datetime


_Handler = Callable[[_Call], object]


class _Answer(JSONResponse):
    """An answer from a value, or from bytes that are JSON already."""

    def render(self, content: object) -> bytes:
        return content if isinstance(content, bytes) else super().render(content)


@lru_cache(_LISTS_KEPT)
def _list_of_jobs(jobs: tuple[Job, ...], connection: Connection, generation: Generation) -> bytes:
    """A connection's jobs as they are sent. Most lists are asked for many times, and rows never change."""
    return bytes(JSONResponse([shapes.connection_job(job, connection, generation) for job in jobs]).body)


class DemoAirweave:
    """A running demo: an ASGI app itself.

    `requests` is everything it was asked, oldest first, and `world` what it knows, for looking up names and ids.
    """

    def __init__(self, options: DemoOptions, world: World) -> None:
        self.options: Final = options
        self.world: Final = world
        self.requests: Final[list[DemoRequest]] = []
        self._generation: Final = options.generation
        self._limiter: Final = RateLimiter(options)
        self._lifecycle: Final = Lifecycle(self.world, options.generation)
        self._router: Final = Starlette(routes=list(self._routes()), exception_handlers={HTTPException: _unrouted})

    @property
    def app(self) -> ASGIApp:
        """What to serve."""
        return self

    @property
    def temporal(self) -> Temporal:
        """The state of the workflow engine. Set it to see run and cancel fail."""
        return self._lifecycle.temporal

    @temporal.setter
    def temporal(self, state: Temporal) -> None:
        self._lifecycle.temporal = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Notes the request, and takes `/x/` for `/x` without a redirect."""
        if scope["type"] == "http":
            query = scope.get("query_string", b"").decode("latin-1")
            self.requests.append(DemoRequest(scope["method"], scope["path"], query))
            del self.requests[:-_REQUESTS_KEPT]
            path = scope["path"]
            if len(path) > 1 and path.endswith("/"):
                scope = {**scope, "path": path[:-1]}
        await self._router(scope, receive, send)

    def _routes(self) -> Iterable[Route]:
        one = "/source-connections/{source_connection_id}"
        yield _route("GET", "/health", _constant({"status": "healthy"}))
        yield _route("GET", "/health/live", _constant({"status": "alive"}))
        yield _route("GET", "/health/ready", _constant(_READY))
        yield self._api("GET", "/sources", lambda _: [describe(source) for source in SOURCES.values()])
        yield self._api("GET", "/sources/{short_name}", self._source)
        yield self._api("GET", "/collections", self._collections)
        yield self._api("GET", "/collections/count", lambda _: len(self.world.collections))
        yield self._api("GET", "/source-connections", self._connections)
        yield self._api("GET", one, self._connection)
        yield self._api("GET", f"{one}/jobs", self._connection_jobs)
        yield self._api("POST", f"{one}/run", self._run)
        if self._generation is Generation.JUNE_2025:
            yield self._api("GET", f"{one}/jobs/{{job_id}}", self._connection_job)
        else:
            yield self._api("POST", f"{one}/jobs/{{job_id}}/cancel", self._cancel)
        if self._generation is Generation.DOCUMENTED:
            yield self._api("GET", "/v1/sync/jobs", self._documented_jobs, bearer=True)
        elif self._generation.old:
            yield self._api("GET", "/sync/jobs", self._organization_jobs)

    def _api(self, method: str, path: str, handle: _Handler, *, bearer: bool = False) -> Route:
        async def endpoint(request: Request) -> JSONResponse:
            try:
                response = self._answer(request, handle, bearer=bearer)
            except ApiError as error:
                response = JSONResponse(error.body, error.status, error.headers)
            if self.options.latency is not None:
                await self.options.latency(request.method, request.url.path)
            return response

        return _route(method, path, endpoint)

    def _answer(self, request: Request, handle: _Handler, *, bearer: bool) -> JSONResponse:
        check_body(request)
        check_key(request, self.options, bearer=bearer)
        check_organization(request, self.options, self.world)
        now = self.options.clock()
        headers = self._limiter.admit(now)
        self.world.settle(now)
        call = _Call(request, Params(request, self._generation), now)
        try:
            return _Answer(handle(call), headers=headers)
        except ApiError as error:
            # A 500 is made by an outer layer, which knows of no rate limit.
            return JSONResponse(error.body, error.status, headers if error.status != 500 else None)

    # Sources and collections

    def _source(self, call: _Call) -> object:
        short_name = call.request.path_params["short_name"]
        if short_name not in SOURCES:
            raise failure(404, f"Source not found: {short_name}")
        return describe(SOURCES[short_name])

    def _collections(self, call: _Call) -> object:
        skip, limit = call.params.skip(), call.params.limit(maximum=None)
        call.params.check()
        page = self.world.collections[skip : skip + limit]
        return [shapes.collection_item(item, self.world, self._generation) for item in page]

    # Connections

    def _connections(self, call: _Call) -> object:
        collection = call.params.text("collection")
        if self._generation is Generation.JUNE_2025:
            skip, limit = call.params.any_int("skip", 0), call.params.any_int("limit", 100)
        else:
            skip, limit = call.params.skip(), call.params.limit()
        call.params.check()
        page = page_of_connections(self._generation, skip, limit, self.world.organization_id)
        found = [item for item in self._visible() if not collection or item.collection == collection]
        return [
            shapes.listed_connection(item, self.world.newest_job(item.id), self._generation) for item in found[page]
        ]

    def _visible(self) -> list[Connection]:
        """June 2025 knew neither federated nor unfinished connections, and listed them as they were made."""
        own = self.world.own_connections()
        if self._generation is Generation.JUNE_2025:
            return [item for item in reversed(own) if item.sync_id is not None]
        return own

    def _connection(self, call: _Call) -> object:
        connection = self._own(call.params.path_id("source_connection_id"), call.params)
        newest = self.world.newest_job(connection.id)
        return shapes.connection_detail(connection, newest, self._generation, call.now)

    def _own(self, connection_id: str, params: Params) -> Connection:
        """The connection of this id, once all parameters have been read. Raises 422 and 404."""
        params.check()
        found = self.world.own_connection(connection_id)
        june = self._generation is Generation.JUNE_2025
        if found is None or (june and found.sync_id is None):
            raise failure(404, "Source connection not found" if june else "SourceConnection not found")
        return found

    # Jobs

    def _connection_jobs(self, call: _Call) -> object:
        connection_id = call.params.path_id("source_connection_id")
        limit = call.params.limit() if self._generation is not Generation.JUNE_2025 else 0
        connection = self._own(connection_id, call.params)
        if connection.sync_id is None and not self._generation.old:
            raise failure(404, "No sync found for this source connection")
        jobs = self.world.jobs_of(connection.id)
        # Old servers neither sort nor limit: an id is as good an order as any.
        jobs = sorted(jobs, key=lambda job: job.id) if self._generation.old else jobs[:limit]
        return _list_of_jobs(tuple(jobs), connection, self._generation)

    def _connection_job(self, call: _Call) -> object:
        connection_id, job_id = call.params.path_id("source_connection_id"), call.params.path_id("job_id")
        connection = self._own(connection_id, call.params)
        job = self.world.jobs.get(job_id)
        if job is None or job.connection_id != connection.id:
            raise failure(404, "Sync job not found")
        return shapes.connection_job(job, connection, self._generation)

    def _organization_jobs(self, call: _Call) -> object:
        """March 2026 and June 2025: nothing is checked, and a bad status is no error or a 500."""
        skip, limit = call.params.any_int("skip", 0), call.params.any_int("limit", 100)
        call.params.check()
        if self.options.organization_jobs == "dead":
            raise internal_error(self._generation, _DEAD_FEED)
        wanted = call.params.texts("status")
        if self._generation is Generation.JUNE_2025:
            wanted = [status.lower() for status in wanted]
            if not _JUNE_STATUSES.issuperset(wanted):
                raise internal_error(self._generation, "LookupError")
        page = page_of_jobs(self._generation, skip, limit)
        return self._feed(wanted, page, foreign=self.options.foreign_organizations)

    def _documented_jobs(self, call: _Call) -> object:
        skip, limit = call.params.any_int("skip", 0), call.params.any_int("limit", 100)
        call.params.check()
        if self.options.organization_jobs == "dead":
            raise internal_error(self._generation, _DEAD_FEED)
        wanted = call.params.texts("status")
        unknown = sorted(set(wanted) - _DOCUMENTED_STATUSES)
        if unknown:
            raise failure(400, f"Invalid status: {unknown[0]}")
        if skip < 0 or not 1 <= limit <= 100:
            raise failure(400, "skip must be at least 0 and limit between 1 and 100")
        return self._feed(wanted, slice(skip, skip + limit), foreign=False)

    def _feed(self, wanted: list[str], page: slice, *, foreign: bool) -> object:
        """Jobs of the organization, newest first, of the wanted states as this generation spells them."""
        found: list[tuple[Job, Connection]] = []
        for job in self.world.jobs.values():
            connection = self.world.connections.get(job.connection_id)
            if connection is None or not (foreign or connection.organization_id == self.world.organization_id):
                continue
            found.append((job, connection))
        found.sort(key=lambda pair: pair[0].created_at, reverse=True)
        if wanted:
            found = [pair for pair in found if shapes.feed_status(pair[0], self._generation) in wanted]
        return [shapes.organization_job(job, connection, self._generation) for job, connection in found[page]]

    # Writes

    def _run(self, call: _Call) -> object:
        connection_id = call.params.path_id("source_connection_id")
        full = call.params.flag("force_full_sync")
        connection = self._own(connection_id, call.params)
        job = self._lifecycle.run(connection, call.now, full=full)
        return shapes.connection_job(job, connection, self._generation)

    def _cancel(self, call: _Call) -> object:
        connection_id, job_id = call.params.path_id("source_connection_id"), call.params.path_id("job_id")
        call.params.check()
        job, owner = self._lifecycle.cancel(connection_id, job_id, call.now)
        return shapes.connection_job(job, owner, self._generation, as_of=connection_id)


def build_demo(options: DemoOptions | None = None, world: World | None = None) -> DemoAirweave:
    """An embedded Airweave, ready to answer.

    Without a `world` it gets the usual one, whose histories end at `options.clock()`; one that is given is
    taken as it is, and changed by what is asked.
    """
    chosen = options or DemoOptions()
    return DemoAirweave(chosen, build_world(chosen.clock()) if world is None else world)


def _route(method: str, path: str, endpoint: Callable[[Request], Awaitable[JSONResponse]]) -> Route:
    route = Route(path, endpoint, methods=[method])
    route.methods = {method}  # Starlette adds HEAD to GET; Airweave answers it with 405
    return route


def _constant(body: object) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(_: Request) -> JSONResponse:
        return JSONResponse(body)

    return endpoint


async def _unrouted(_: Request, error: Exception) -> JSONResponse:
    """404 and 405 for paths and methods that do not exist."""
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"detail": error.detail}, error.status_code)


_READY: Final = {
    "status": "ready",
    "checks": {
        "postgres": {"status": "up", "latency_ms": 2.41, "error": None},
        "redis": {"status": "up", "latency_ms": 0.52, "error": None},
        "temporal": {"status": "skipped", "latency_ms": None, "error": None},
    },
}
