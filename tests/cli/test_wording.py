"""People at a terminal are told commands, with what they have to type."""

import re
import shlex
from pathlib import Path

import pytest

from airweave_sync_mcp.cli.wording import of_commands
from tests.cli.kit import Shell
from tests.support.world import World

TOOLS = ("list_", "get_", "_sync", "sync_job", "call", "cursor=", "connection=")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["connection", "Nobody"], "airweave-sync-mcp connections shows the names."),
        (["connection", "Product Notion"], "Repeat the command with one of these ids"),
        (["job", "nonsense"], "airweave-sync-mcp jobs and airweave-sync-mcp connection NAME show job ids."),
        (["job", "deadbeef", "--connection", "Acme GitLab"], "airweave-sync-mcp connection NAME lists them."),
        (["job", "latest", "--connection", "Personal Todoist"], "airweave-sync-mcp jobs lists all jobs."),
        (["jobs", "--cursor", "page-2"], "Repeat the command without --cursor"),
        (["diagnose"], "Give NAME or --job ID."),
        (["cancel", "Acme GitLab", "latest", "--yes"], "airweave-sync-mcp connection NAME shows the jobs"),
    ],
)
def test_an_error_names_commands(tmp_path: Path, read_once: World, words: list[str], said: str) -> None:
    ran = Shell(home=tmp_path, world=read_once)(*words)

    assert ran.code == 2
    assert said in ran.err
    assert "Repeating the same command does not help." in ran.err
    assert not [name for name in TOOLS if name in ran.err.partition(": ")[2]]


def test_an_error_for_a_program_does_too(tmp_path: Path, read_once: World) -> None:
    ran = Shell(home=tmp_path, world=read_once)("connection", "Nobody", "--json")

    assert ran.json["error"]["hint"] == "airweave-sync-mcp connections shows the names."


def test_the_steps_of_a_diagnosis_can_be_typed(tmp_path: Path, read_once: World) -> None:
    shell = Shell(home=tmp_path, world=read_once)
    ran = shell("diagnose", "Finance SharePoint")
    (step,) = [line for line in ran.out.splitlines() if "Then check: " in line]

    program, *words = shlex.split(step.partition("check: ")[2])

    assert program == "airweave-sync-mcp"
    assert shell(*words).code == 0


def test_what_the_readme_names_is_in_the_demo(tmp_path: Path, read_once: World) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r'(?:diagnose|connection|run) "([^"]+)"', readme))
    named |= set(re.findall(r"Why does the ([\w ]+) fail", readme))

    assert named
    for name in named:
        assert Shell(home=tmp_path, world=read_once)("diagnose", name).code == 0


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("get_connection_jobs(connection='Acme')", "airweave-sync-mcp connection Acme"),
        (
            'diagnose_sync(connection="It\'s $(mine), (really)")',
            "airweave-sync-mcp diagnose 'It'\"'\"'s $(mine), (really)'",
        ),
        ("get_sync_job(job='ac6c34a3')", "airweave-sync-mcp job ac6c34a3"),
        ("wait_for_sync_job(connection='A', job='ac6c34a3')", "airweave-sync-mcp wait A --job ac6c34a3"),
        ("cancel_sync_job(connection='A', job='ac6c34a3') ends it", "airweave-sync-mcp cancel A ac6c34a3 ends it"),
        ("run_sync(connection='A', force_full_sync=true)", "airweave-sync-mcp run A --full"),
        ("the run_sync_v2 of others", "the run_sync_v2 of others"),
    ],
)
def test_calls_become_commands(said: str, typed: str) -> None:
    assert of_commands(said) == typed
