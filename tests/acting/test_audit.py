"""Every write leaves one line: who, what, to what, with which outcome, and no secret."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import anyio
import pytest

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.acting.audit import LOGGER
from airweave_sync_mcp.answers.acting.plan import Said
from airweave_sync_mcp.answers.acting.run import Run, run_sync
from airweave_sync_mcp.demo import DEMO_API_KEY
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.safety import Cleaner, SafeFormatter

from .kit import LOST, PLAIN, RUNNING, Fault, Person, acting, on_posts, recorded, stage

pytestmark = pytest.mark.anyio


@contextmanager
def audited() -> Iterator[list[str]]:
    """The lines as they go to stderr."""
    stream, found = io.StringIO(), []  # type: tuple[io.StringIO, list[str]]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(SafeFormatter("%(levelname)s %(name)s: %(message)s", cleaner=Cleaner()))
    logger = logging.getLogger(LOGGER)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield found
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        found += stream.getvalue().splitlines()


async def test_a_run_and_a_cancellation() -> None:
    it = stage()
    job = it.newest(RUNNING).id

    with audited() as lines:
        async with it.client(person=Person()) as client:
            await client.call_tool("run_sync", {"connection": PLAIN, "force_full_sync": True})
            await client.call_tool("cancel_sync_job", {"connection": RUNNING, "job": job})
            await client.call_tool("wait_for_sync_job", {"connection": PLAIN, "timeout_seconds": 2})

    first, second = lines
    assert first.startswith(f"INFO {LOGGER}: run_sync connection={it.id(PLAIN)} name=«{PLAIN}»")
    assert f"job={it.newest(PLAIN).id} full_sync=yes confirmed_by=person" in first
    assert "client=«mcp " in first
    assert first.endswith("outcome=started")
    assert second.startswith(f"INFO {LOGGER}: cancel_sync_job connection={it.id(RUNNING)}")
    assert f"job={job} confirmed_by=person" in second
    assert second.endswith("outcome=cancelling")


async def test_what_was_only_asked_or_refused_before_leaves_none() -> None:
    it = stage()

    with audited() as lines:
        async with it.client(person=Person("decline")) as client:
            await client.call_tool("run_sync", {"connection": PLAIN})
            await client.call_tool("run_sync", {"connection": RUNNING})
        async with it.client() as client:
            await client.call_tool("run_sync", {"connection": PLAIN})

    assert lines == []
    assert it.posts == []


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (recorded("current/run_on_pending"), "refused (conflict)"),
        (recorded("current-auth/rate_dev_run_blocked"), "refused (rate_limited)"),
        (Fault(raises=LOST["reset"]), "unknown"),
        (Fault(raises=LOST["reset"], acts=True), "started"),
        (Fault(status=500, body={"detail": "x"}), "not_started"),
    ],
)
async def test_the_outcome_is_told_whatever_it_is(fault: Fault, outcome: str) -> None:
    it = stage(plan=on_posts(fault))

    with audited() as lines:
        async with acting(it) as begin:
            with suppress(AirweaveError, QueryError):
                await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)

    (line,) = lines
    assert line.endswith(f"outcome={outcome}")


async def test_a_call_that_is_given_up_while_the_write_is_under_way_leaves_its_line() -> None:
    it = stage()

    async def hang(method: str, _: str) -> None:
        if method == "POST":
            scope.cancel()
            await anyio.sleep_forever()

    it = stage(latency=hang)
    with audited() as lines:
        async with acting(it) as begin:
            with anyio.CancelScope() as scope:
                await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)
            known = len(it.world.requests("/jobs"))
            with pytest.raises(QueryError) as active:
                await run_sync(begin(), Run(connection=PLAIN), Said.APPROVED)

    (line,) = lines
    assert line.endswith("outcome=unknown (the call was given up)")
    assert active.value.code == "sync_active"
    assert len(it.world.requests("/jobs")) == known + 1, "what was known is not believed any more"


async def test_no_line_holds_a_secret_or_a_line_of_somebody_else() -> None:
    secret = "demo-" + "key-0123456789abcdef"
    it = stage(api_key=secret)
    it.world.credential = Credential.parse(secret)
    connection = it.jobs.named(PLAIN)
    evil = f"X\nINFO {LOGGER}: run_sync outcome=started ghp_{'a1B2' * 9} {secret}"
    values = {name: getattr(connection, name) for name in connection.__slots__}
    it.jobs.connections[connection.id] = type(connection)(**values | {"name": evil})
    it.world.core = type(it.world.core)(
        **{name: getattr(it.world.core, name) for name in it.world.core.__slots__} | {"cleaner": Cleaner((secret,))}
    )

    with audited() as lines:
        async with acting(it) as begin:
            await run_sync(begin(), Run(connection=connection.id), Said.APPROVED)

    (line,) = lines
    assert secret not in line
    assert "ghp_a1B2" not in line
    assert DEMO_API_KEY not in line.replace("demo-", "")
    assert line.count("INFO") <= 2
    assert f"caller={line.partition('caller=')[2][:8]}" in line
