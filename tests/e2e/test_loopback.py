"""Every generation of Airweave as a real HTTP server, asked by the server and by the command line."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import Client

from airweave_sync_mcp.cli.main import run
from airweave_sync_mcp.cli.terminal import Terminal
from airweave_sync_mcp.core import core_of
from airweave_sync_mcp.demo import Generation
from airweave_sync_mcp.server import build_server
from airweave_sync_mcp.settings import load_settings
from tests.cli.conftest import _logging_as_it_was  # noqa: F401
from tests.e2e.kit import FAILED, KEY, RUNNING, Loopback, loopback
from tests.support.world import call

SPELLINGS = ["", "/", "/v1", "/v1/"]
"""What people write after the host of a base URL."""


@pytest.fixture(scope="module", params=list(Generation))
def airweave(request: pytest.FixtureRequest) -> Iterator[Loopback]:
    with loopback(request.param) as running:
        yield running


@pytest.mark.anyio
async def test_the_server_answers(airweave: Loopback, tmp_path: Path) -> None:
    environ = {"AIRWEAVE_BASE_URL": airweave.url + spelling(airweave), "AIRWEAVE_API_KEY": KEY}
    settings = load_settings({}, environ, home=tmp_path)
    core = core_of(settings)
    async with Client(build_server(core, lambda _: core.credential(settings)), mode="legacy") as client:
        running = await call(client, "list_sync_jobs", status=["running", "pending", "cancelling"])
        failed = await call(client, "list_failed_jobs", group=False, limit=100)
        history = await call(client, "get_connection_jobs", connection="Ops Notion", limit=5)
        latest = await call(client, "get_sync_job", job=history["jobs"][0]["job"])
        listed = await call(client, "list_connections", limit=100)

    assert {job["connection"] for job in running["jobs"]} >= RUNNING
    assert {job["connection"] for job in failed["jobs"]} >= FAILED
    assert failed["coverage"]["complete"] is True
    assert history["streak"]["cause"] == "source_rate_limited"
    assert latest["job_id"] == history["jobs"][0]["job_id"]
    assert latest["cause"] == "source_rate_limited"
    visible = [one for one in airweave.demo.world.own_connections() if one.sync_id or not old(airweave)]
    assert listed["total"] == len(visible)


def spelling(airweave: Loopback) -> str:
    return SPELLINGS[list(Generation).index(airweave.demo.options.generation)]


def old(airweave: Loopback) -> bool:
    return airweave.demo.options.generation is Generation.JUNE_2025


def type_in(airweave: Loopback, home: Path, *words: str, after: str = "", key: str = KEY) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    environ = {"AIRWEAVE_BASE_URL": airweave.url + after, "AIRWEAVE_API_KEY": key}
    code = run(words, environ=environ, home=home, terminal=Terminal(out=out, err=err))
    return code, out.getvalue(), err.getvalue()


def test_the_command_line_answers(airweave: Loopback, tmp_path: Path) -> None:
    code, out, err = type_in(airweave, tmp_path, "failed")

    assert (code, err) == (0, "")
    assert "cursor_expired" in out


def test_the_address_may_be_spelled_in_any_way(airweave: Loopback, tmp_path: Path) -> None:
    code, out, err = type_in(airweave, tmp_path, "doctor", after=spelling(airweave))

    assert (code, err) == (0, "")
    assert "All is well." in out
    asked = {request.path for request in airweave.demo.requests}
    assert "/source-connections" in asked
    assert not any(path.startswith("/v1/source-connections") for path in asked)


def test_a_wrong_key_is_refused(airweave: Loopback, tmp_path: Path) -> None:
    code, out, err = type_in(airweave, tmp_path, "jobs", key="a-wrong-key-0123456789")

    assert (code, out) == (3, "")
    assert err.startswith("key_rejected: ")
