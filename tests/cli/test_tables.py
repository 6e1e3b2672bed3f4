"""What a person sees. The whole of it is kept as snapshots, at two widths of a window and in a pipe."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest
from syrupy.assertion import SnapshotAssertion

from airweave_sync_mcp.diagnosis.causes import CauseName
from tests.cli.kit import Ran, Shell
from tests.support.still import known_world, still_world
from tests.support.world import World

COMMANDS = {
    "failed": ["failed"],
    "failed rows": ["failed", "--rows"],
    "failed, why unknown": ["failed", "--rows", "--cause", "unknown", "--since", "7d"],
    "jobs": ["jobs"],
    "jobs running": ["jobs", "--status", "running,pending", "--status", "cancelling"],
    "connections": ["connections", "--limit", "45"],
    "healthy": ["connection", "Acme GitHub", "--limit", "5"],
    "failing": ["connection", "Finance SharePoint", "--limit", "12"],
    "federated": ["connection", "Acme Slack"],
    "never succeeded": ["connection", "Release Jira"],
    "job that failed": ["job", "latest_failed"],
    "job with a hostile error": ["job", "latest", "--connection", "Vendor Portal"],
    "job that completed": ["job", "latest", "--connection", "Catalog Salesforce"],
    "health": ["health"],
    "why: an expired login": ["diagnose", "Marketing Google Drive"],
    "why: a stuck job": ["diagnose", "Support Intercom"],
    "why: a hostile error": ["diagnose", "Vendor Portal"],
    "why: nothing is wrong": ["diagnose", "Acme GitLab"],
    "doctor": ["doctor"],
    "nothing found": ["connections", "--search", "no such thing"],
}


FENCE = re.compile(r"(?<=<<<)[0-9a-f]{6}(?= )|[0-9a-f]{6}(?=>>>)")
"""Another one each time, so that nobody can close it."""

Ask: TypeAlias = Callable[[str, int | None], Ran]


AT_FIRST = {"jobs", "healthy", "why: an expired login", "why: a hostile error"}
"""What is answered otherwise before the jobs of all connections were read, as here; of others a day was."""


@cache
def asked_for(command: str) -> World:
    """The demo before a program that is asked for nothing else."""
    return still_world() if command in AT_FIRST else known_world()


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Types a command at this width of a window, None for a pipe."""

    def typed(command: str, width: int | None) -> Ran:
        return Shell(home=tmp_path, world=asked_for(command))(*COMMANDS[command], columns=width)

    return typed


@pytest.mark.parametrize("width", [100, 80])
@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_person_sees(ask: Ask, command: str, width: int, snapshot: SnapshotAssertion) -> None:
    ran = ask(command, width)

    assert FENCE.sub("<fence>", ran.out) == snapshot
    assert ran.err == ""
    too_wide = [line for line in ran.out.splitlines() if len(line) > width and "--cursor" not in line]
    assert too_wide == []
    assert not any(line != line.rstrip() for line in ran.out.splitlines())


@pytest.mark.parametrize("command", ["failed rows", "connections"])
def test_in_a_pipe_a_row_is_a_line(ask: Ask, command: str, snapshot: SnapshotAssertion) -> None:
    ran = ask(command, None)

    assert ran.out == snapshot
    assert "…" not in ran.out
    assert "Left out" not in ran.out


@pytest.mark.parametrize("width", [80, 100])
def test_the_picture_of_health_breaks_no_cause(ask: Ask, width: int) -> None:
    table, data = ask("health", width).out, ask("health", None).out

    assert "source_permission_denied" in table
    assert "Left out" not in table
    assert [cause for cause in CauseName if cause in data and cause not in table] == []
    assert "2 cancelled" in table


def test_steps_are_indented_where_they_wrap(ask: Ask) -> None:
    lines = ask("why: an expired login", 60).out.splitlines()
    steps = lines[lines.index("What to do") + 1 : next(n for n, line in enumerate(lines) if line.startswith("Error"))]

    assert steps[0].startswith("  1.  ")
    assert any(line.startswith("      ") for line in steps)
    assert all(line.startswith("  ") for line in steps)
    assert "get_connection_jobs(" not in "\n".join(steps)


def test_a_list_says_how_to_go_on_and_goes_on(shell: Shell) -> None:
    first = shell("connections", "--limit", "3", columns=60)
    (more,) = [line for line in first.out.splitlines() if "--cursor" in line]
    second = shell("connections", "--limit", "100", "--cursor", more.rpartition(" ")[2])

    assert "Acme GitHub" in first.out
    assert "Acme GitHub" not in second.out
    assert "42 of 45 source connections" in second.out


def test_an_incomplete_answer_says_so_in_the_open(shell: Shell) -> None:
    shell.world = still_world(rate_limit=10)
    ran = shell("failed", "--rows")

    assert ran.code == 4
    assert "INCOMPLETE: " in ran.out
    assert "10 requests a minute" in " ".join(ran.out.split())


@pytest.mark.parametrize("words", [["failed"], ["failed", "--rows"]])
def test_what_was_not_read_stands_under_a_heading_of_its_own(shell: Shell, words: list[str]) -> None:
    shell.world = still_world(rate_limit=10)
    table = shell(*words)
    shell.world = still_world(rate_limit=10)
    data = shell(*words, "--json").json

    unread = [one["connection"] for one in data["not_read_yet"]]
    assert all(one["connection_id"] for one in data["not_read_yet"])
    head, _, tail = table.out.partition("\nFailing now; since when and why was not read yet\n")
    assert len(unread) > 10
    assert tail.splitlines()[: len(unread)] == [f"  {name}" for name in unread]
    assert not any(name in head for name in unread)


@pytest.mark.parametrize("width", [20, 40])
@pytest.mark.parametrize("command", ["failed rows", "jobs", "connections", "job with a hostile error"])
def test_a_very_narrow_window_is_no_trouble(ask: Ask, command: str, width: int) -> None:
    ran = ask(command, width)

    assert ran.code == 0
    assert all(len(line) <= width for line in ran.out.splitlines() if "--cursor" not in line)


@pytest.mark.parametrize("words", [["failed"], ["failed", "--rows"], ["jobs", "--status", "pending"]])
def test_a_headline_claims_no_more_than_was_read(tmp_path: Path, words: list[str]) -> None:
    ran = Shell(home=tmp_path, world=still_world(rate_limit=3))(*words)

    assert ran.out.splitlines()[0].endswith(", as far as is known")
    assert "INCOMPLETE: " in ran.out


def test_a_headline_says_that_nothing_was_read(tmp_path: Path) -> None:
    ran = Shell(home=tmp_path, world=still_world(rate_limit=1))("failed", "--source", "gmail")

    assert ran.out.splitlines()[0].endswith(": nothing was read yet")


def test_one_is_not_told_as_many(tmp_path: Path, read_once: World) -> None:
    shell = Shell(home=tmp_path, world=read_once)

    assert shell("jobs", "--status", "pending").out.splitlines()[0] == "1 sync job"
    assert shell("connections", "--search", "acme gitlab").out.splitlines()[0] == "1 source connection"
