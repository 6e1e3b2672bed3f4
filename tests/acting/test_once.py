"""No write is ever sent twice: one approval makes at most one POST, whatever goes wrong and wherever it arrives."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from mcp import Client, MCPError
from mcp.server.request_state import RequestStateSecurity
from mcp.types import ElicitResult, InputRequiredResult, InputResponses

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.acting.cancel import Cancel, cancel_job
from airweave_sync_mcp.answers.acting.claims import LocalClaims
from airweave_sync_mcp.answers.acting.outcome import Result
from airweave_sync_mcp.answers.acting.plan import Said
from airweave_sync_mcp.answers.acting.run import Run, run_sync
from airweave_sync_mcp.demo import Generation, Temporal
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.server import build_server
from tests.support.examples import examples

from .kit import LOST, PLAIN, RUNNING, Fault, Person, Stage, acting, answer, on_posts, refusal, stage

pytestmark = pytest.mark.anyio

FAULTS: tuple[Fault | None, ...] = (
    None,
    *(Fault(raises=error, acts=acts) for error in LOST.values() for acts in (True, False)),
    Fault(raises=httpx.ConnectError("refused")),
    *(
        Fault(status=status, body={"detail": "x"}, acts=acts)
        for status in (400, 404, 409, 500, 502, 503, 504)
        for acts in (True, False)
    ),
    Fault(status=429, body={"detail": "Rate limit exceeded"}, headers=(("retry-after", "1"),)),
    Fault(status=200, body={"not": "a job"}, acts=True),
    Fault(status=307, headers=(("location", "http://elsewhere.test/"),)),
)


@examples(30, suppress_health_check=[HealthCheck.too_slow])
@given(
    faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=8),
    generation=st.sampled_from([Generation.CURRENT, Generation.MARCH_2026, Generation.JUNE_2025]),
    temporal=st.sampled_from(list(Temporal)),
    cancelling=st.booleans(),
)
def test_one_approval_makes_at_most_one_post(
    faults: list[Fault | None], generation: Generation, temporal: Temporal, cancelling: bool
) -> None:
    left: Iterator[Fault | None] = iter(faults)
    it = stage(generation, plan=lambda *_: next(left, None))
    assert it.world.demo is not None
    it.world.demo.temporal = temporal
    name = RUNNING if cancelling else PLAIN
    jobs = len(it.jobs.jobs_of(it.id(name)))

    async def act() -> Result | None:
        async with acting(it) as begin:
            with suppress(AirweaveError, QueryError):
                if cancelling:
                    return (await cancel_job(begin(), Cancel(connection=name, job="latest"), Said.APPROVED)).result
                return (await run_sync(begin(), Run(connection=name), Said.APPROVED)).result
        return None

    result = anyio.run(act)

    assert len(it.posts) <= 1
    started = len(it.jobs.jobs_of(it.id(name))) - jobs
    assert started <= 1
    # What is said is true: a start that is told has happened, one that is denied has not.
    assert started == 1 or result is not Result.STARTED
    assert started == 0 or result is not Result.NOT_STARTED
    assert it.newest(name).status in {"cancelled", "cancelling"} or result not in {Result.CANCELLED, Result.CANCELLING}


# The same approval, sent again


async def asked(client: Client, tool: str = "run_sync", **arguments: Any) -> tuple[dict[str, Any], InputRequiredResult]:
    """The call, and the question that comes back."""
    arguments = arguments or {"connection": PLAIN}
    question = await client.session.call_tool(tool, arguments, allow_input_required=True)
    assert isinstance(question, InputRequiredResult)
    return {"name": tool, "arguments": arguments}, question


async def approve(client: Client, call: dict[str, Any], question: InputRequiredResult) -> Any:
    assert question.input_requests is not None
    yes = ElicitResult(action="accept", content={"approve": True})
    responses: InputResponses = dict.fromkeys(question.input_requests, yes)
    return await client.session.call_tool(
        call["name"],
        call["arguments"],
        input_responses=responses,
        request_state=question.request_state,
        allow_input_required=True,
    )


async def test_an_approval_that_arrives_twice_counts_once() -> None:
    it = stage()

    async with it.client(person=Person()) as client:
        call, question = await asked(client)
        first = answer(await approve(client, call, question))
        it.clock.forward(600)
        second = refusal(await approve(client, call, question))

    assert first["outcome"] == "started"
    assert second["code"] == "approval_used"
    assert len(it.posts) == 1


async def test_an_approval_whose_request_was_lost_is_used_up_too() -> None:
    it = stage(plan=on_posts(Fault(raises=LOST["reset"])))

    async with it.client(person=Person()) as client:
        call, question = await asked(client)
        first = answer(await approve(client, call, question))
        second = refusal(await approve(client, call, question))

    assert (first["outcome"], second["code"]) == ("unknown", "approval_used")
    assert len(it.posts) == 1


async def test_two_at_the_same_instant_count_once() -> None:
    it = stage()
    found = []

    async with it.client(person=Person()) as client:
        call, question = await asked(client)

        async def send() -> None:
            found.append(await approve(client, call, question))

        async with anyio.create_task_group() as group:
            group.start_soon(send)
            group.start_soon(send)

    assert sorted(one.is_error for one in found) == [False, True]
    assert len(it.posts) == 1


def replicas(it: Stage, *, share_claims: bool) -> tuple[Any, Any]:
    """Two servers before the same Airweave that unseal each other's questions."""
    servers = []
    for _ in range(2):
        core = it.world.core if share_claims else replace(it.world.core, claims=LocalClaims())
        security = RequestStateSecurity(keys=["k" * 32])
        servers.append(
            build_server(core, lambda _: it.world.credential, allow_writes=True, request_state_security=security)
        )
    return servers[0], servers[1]


async def test_another_replica_takes_an_approval_but_not_a_used_one() -> None:
    it = stage()
    here, there = replicas(it, share_claims=True)

    async with (
        Client(here, elicitation_callback=Person()) as one,
        Client(there, elicitation_callback=Person()) as other,
    ):
        call, question = await asked(one)
        first = answer(await approve(other, call, question))
        again = [refusal(await approve(client, call, question))["code"] for client in (one, other)]

    assert first["outcome"] == "started"
    assert again == ["approval_used", "approval_used"]
    assert len(it.posts) == 1


async def test_replicas_that_share_nothing_ask_again_once_the_sync_has_run() -> None:
    """The question names the newest run: after the run that was approved there is another one."""
    it = stage()
    here, there = replicas(it, share_claims=False)

    async with (
        Client(here, elicitation_callback=Person()) as one,
        Client(there, elicitation_callback=Person()) as other,
    ):
        call, question = await asked(one)
        answer(await approve(one, call, question))
        it.clock.forward(600)
        again = await approve(other, call, question)

    assert isinstance(again, InputRequiredResult)
    assert len(it.posts) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"connection": "Acme GitHub"},
        {"connection": PLAIN, "force_full_sync": True},
        {"connection": PLAIN, "confirm": PLAIN},
    ],
)
async def test_an_approval_is_good_for_no_other_call(arguments: dict[str, Any]) -> None:
    it = stage()

    async with it.client(person=Person()) as client:
        call, question = await asked(client)
        with pytest.raises(MCPError):
            await approve(client, {**call, "arguments": arguments}, question)

    assert it.posts == []


async def test_an_approval_that_nobody_gave_is_worth_nothing() -> None:
    it = stage()

    async with it.client(person=Person()) as client:
        call, question = await asked(client)
        forged = question.model_copy(update={"request_state": "v1." + "A" * 80})
        with pytest.raises(MCPError):
            await approve(client, call, forged)
        bare = await approve(client, call, question.model_copy(update={"request_state": None}))

    assert isinstance(bare, InputRequiredResult)
    assert it.posts == []


async def test_claims_are_bounded_and_forget_the_oldest() -> None:
    claims = LocalClaims(limit=2)

    assert [await claims.claim(name) for name in ("a", "a", "b", "c", "a")] == [True, False, True, True, True]
