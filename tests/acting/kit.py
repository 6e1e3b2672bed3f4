"""A demo whose answers can get lost, people who answer questions, and servers that may write."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
from mcp import Client
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult

from airweave_sync_mcp.answers.acting.act import Acting
from airweave_sync_mcp.answers.acting.audit import Caller
from airweave_sync_mcp.answers.acting.plan import Said
from airweave_sync_mcp.answers.acting.run import Run, run_sync
from airweave_sync_mcp.answers.acting.wait import Look, Wait, Waited, wait_for_job
from airweave_sync_mcp.answers.ask import Ask
from airweave_sync_mcp.demo import DEMO_API_KEY, DemoOptions, Generation, build_demo
from airweave_sync_mcp.demo.world import Job
from airweave_sync_mcp.demo.world import World as DemoWorld
from airweave_sync_mcp.render.waiting import progress_line
from airweave_sync_mcp.server import build_server
from tests.support.world import Clock, World, app_core, text_of, usual_data

Era = Literal["auto", "legacy"]
ERAS: tuple[Era, ...] = ("auto", "legacy")
GENERATIONS = tuple(Generation)
WITH_CANCEL = tuple(one for one in Generation if one is not Generation.JUNE_2025)

RECORDED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "recorded.json").read_text(encoding="utf-8"))

PLAIN = "Acme GitLab"
RUNNING = "Sales Salesforce"
PENDING = "Sales Pipedrive"
PAUSED = "Freshdesk Archive"
SHRUNK = "Catalog Salesforce"
OPS = "Ops Notion"
"""Healthy; under way as usual; pending for long; paused by a credential failure; lost most of its entities; failed of
a rate limit the last time, and succeeds the next."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request: before or after the server has acted on it."""

    raises: Exception | None = None
    status: int | None = None
    body: object = None
    headers: tuple[tuple[str, str], ...] = ()
    acts: bool = False


Plan = Callable[[str, str], Fault | None]


@dataclass
class Faulty:
    """An app that does to each request what `plan` says. `posts` are the paths of the writes that arrived."""

    app: Any
    plan: Plan = lambda method, path: None
    posts: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        method, path = scope["method"], scope["path"]
        if method == "POST":
            self.posts.append(f"{path}?{scope['query_string'].decode()}".rstrip("?"))
        fault = self.plan(method, path)
        if fault is None:
            await self.app(scope, receive, send)
            return
        if fault.acts:
            await self.app(scope, receive, _nowhere)
        if fault.raises is not None:
            raise fault.raises
        headers = [(b"content-type", b"application/json")]
        headers += [(name.encode(), value.encode()) for name, value in fault.headers]
        await send({"type": "http.response.start", "status": fault.status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(fault.body).encode()})


async def _nowhere(_: Any) -> None:
    """An answer that gets lost."""


def on_posts(*faults: Fault | None) -> Plan:
    """These faults for the writes, one after the other; then none."""
    left = list(faults)
    return lambda method, _: left.pop(0) if method == "POST" and left else None


def recorded(name: str) -> Fault:
    found = RECORDED[name]
    return Fault(status=found["status"], body=found["body"], headers=tuple(found["headers"].items()))


@dataclass
class Stage:
    """A demo, our server before it, and what happened."""

    world: World
    app: Faulty

    @property
    def clock(self) -> Clock:
        return self.world.clock

    @property
    def posts(self) -> list[str]:
        return self.app.posts

    @property
    def jobs(self) -> DemoWorld:
        assert self.world.demo is not None
        return self.world.demo.world

    def id(self, name: str) -> str:
        return self.jobs.named(name).id

    def newest(self, name: str) -> Job:
        job = self.jobs.newest_job(self.id(name))
        assert job is not None
        return job

    def settle(self) -> None:
        self.jobs.settle(self.clock())

    @asynccontextmanager
    async def client(
        self, era: Era = "auto", person: "Person | None" = None, *, allow_writes: bool = True, **options: Any
    ) -> AsyncIterator[Client]:
        """A client of our server; with a `person` it can ask."""
        server = build_server(self.world.core, lambda _: self.world.credential, allow_writes=allow_writes)
        if person is not None:
            options["elicitation_callback"] = person
        async with Client(server, mode=era, raise_exceptions=True, **options) as client:
            yield client


def stage(
    generation: Generation = Generation.CURRENT,
    *,
    plan: Plan | None = None,
    core: dict[str, Any] | None = None,
    **demo: Any,
) -> Stage:
    """An Airweave of this generation, and our server before it, under a clock that sleeping moves."""
    clock = Clock()
    options = DemoOptions(clock=clock, generation=generation, **{"api_key": DEMO_API_KEY, **demo})
    airweave = build_demo(options, usual_data().copy())
    app = Faulty(airweave.app)
    if plan is not None:
        app.plan = plan
    made = app_core(app, clock, **{"sleep": clock.sleep, **(core or {})})
    return Stage(world=World(clock=clock, core=made, demo=airweave), app=app)


@dataclass
class Person:
    """Somebody who answers questions. `meanwhile` happens while they think."""

    action: Literal["accept", "decline", "cancel"] = "accept"
    content: dict[str, Any] | None = field(default_factory=lambda: {"approve": True})
    meanwhile: Callable[[], None] = lambda: None
    questions: list[str] = field(default_factory=list)

    async def __call__(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        self.questions.append(params.message)
        self.meanwhile()
        return ElicitResult(action=self.action, content=self.content if self.action == "accept" else None)


def answer(result: CallToolResult) -> dict[str, Any]:
    """The structure of a good answer, which the text tells too."""
    assert not result.is_error, text_of(result)
    found: dict[str, Any] | None = result.structured_content
    assert found is not None
    assert found.get("outcome", "") in text_of(result)
    assert found["connection_id"] in text_of(result)
    return found


def refusal(result: CallToolResult) -> dict[str, Any]:
    """The structure of an error."""
    assert result.is_error, text_of(result)
    found: dict[str, Any] | None = result.structured_content
    assert found is not None
    assert found["message"] in text_of(result)
    return found


LOST: dict[str, Exception] = {
    "time-out": httpx.ReadTimeout("lost"),
    "reset": httpx.ReadError("lost"),
    "closed": httpx.RemoteProtocolError("Server disconnected without sending a response."),
}
"""Ways in which an answer does not come."""


@asynccontextmanager
async def acting(it: Stage) -> AsyncIterator[Callable[[], Acting]]:
    """Acting without a protocol in between; each call begins at the time it is."""
    async with it.world.core.open() as snapshot:

        def begin() -> Acting:
            ask = Ask(snapshot=snapshot, credential=it.world.credential, now=it.clock())
            caller = Caller(fingerprint=snapshot.readings.tenant(ask.credential)[:8], client="tests 1")
            return Acting(ask=ask, caller=caller, cleaner=it.world.core.cleaner, sleep=it.world.core.sleep)

        yield begin


async def start(it: Stage, name: str = PLAIN) -> str:
    async with acting(it) as begin:
        outcome = await run_sync(begin(), Run(connection=name), Said.APPROVED)
    assert outcome.job is not None
    return outcome.job.id


async def wait(it: Stage, name: str, job: str = "", timeout_s: float | None = 45) -> tuple[Waited, list[str]]:
    told: list[str] = []

    async def report(look: Look) -> None:
        told.append(progress_line(look))

    async with acting(it) as begin:
        made = begin()
        waited = await wait_for_job(
            made.ask, Wait(connection=name, job=job, timeout_s=timeout_s), sleep=made.sleep, report=report
        )
    return waited, told
