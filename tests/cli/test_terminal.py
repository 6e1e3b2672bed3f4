"""Colours, a progress bar, and foreign text that has no power over a terminal."""

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from airweave_sync_mcp.cli.terminal import Terminal
from tests.cli.kit import Shell, Tty, with_key
from tests.support.still import still_world
from tests.support.world import NOW
from tests.tools.kit import Airweave

RED = "\x1b[1;31m"
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def coloured(shell: Shell, *words: str, **environ: str) -> str:
    shell.environ = {"TERM": "xterm-256color", **environ}
    return shell(*words, out=Tty()).out


def test_a_terminal_gets_colours(shell: Shell) -> None:
    out = coloured(shell, "connections")

    assert RED in out
    assert "\x1b[32m" in out


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_none_gets_none(shell: Shell, environ: dict[str, str]) -> None:
    out = coloured(shell, "connections", **environ)

    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", out)


def test_a_pipe_gets_none(shell: Shell) -> None:
    assert "\x1b" not in shell("connections").out
    assert "\x1b" not in shell("doctor").out


HOSTILE = {
    "[red]Marked up[/red]": "[red]Marked up[/red]",
    "\x1b[31mescaped\x1b[0m": "escaped",
    ":smile: [/] [bold": ":smile: [/] [bold",
    "two\nlines": "two lines",
    "turned \u202earound": "turned around",
    "bell\x07 and back\x08space": "bell and backspace",
    "[link=https://evil.example]click[/link]": "[link=https://evil.example]click[/link]",
}


def airweave(name: str) -> Airweave:
    identity = "11111111-0000-4000-8000-000000000000"
    job = {
        "id": "22222222-0000-4000-8000-000000000000",
        "status": "failed",
        "started_at": NOW.isoformat(),
        "error": f"unheard of: {name}",
        "error_category": name,
    }
    return Airweave(
        connections=[
            {"id": identity, "name": name, "short_name": name, "readable_collection_id": name, "status": name}
        ],
        jobs={identity: [job]},
    )


@pytest.mark.parametrize("words", [["failed", "--rows"], ["failed"], ["jobs"], ["connections"], ["job", "latest"]])
def test_foreign_text_is_only_text(tmp_path: Path, words: list[str]) -> None:
    for name, shown in HOSTILE.items():
        ran = with_key(tmp_path, airweave(name))(*words, columns=None)

        assert ran.code == 0, name
        assert shown in ran.out
        assert not {"\x1b", "\u202e", "\x07"} & {*ran.out}, name


@pytest.mark.parametrize("name", HOSTILE)
def test_foreign_text_adds_no_escape_to_a_terminal(tmp_path: Path, name: str) -> None:
    def escapes(of: str) -> set[str]:
        shell = with_key(tmp_path, airweave(of), TERM="xterm-256color")
        return set(ANSI.findall(shell("connections", out=Tty()).out))

    assert escapes(name) == escapes("harmless")


def test_foreign_text_in_an_error_is_only_text(tmp_path: Path) -> None:
    ran = with_key(tmp_path, airweave("\x1b[31m[red]Acme"))("connection", "zzz\x1b[31m")

    assert ran.code == 2
    assert "\x1b" not in ran.err


def test_the_bar_is_for_terminals_only(shell: Shell) -> None:
    shell.world = still_world()
    shell.environ = {"TERM": "xterm-256color"}

    assert "Reading connections" in shell("jobs", err=Tty()).err
    assert shell("jobs", err=Tty(), out=Tty()).out.count("Reading connections") == 0
    shell.environ = {}
    assert shell("jobs").err == ""


def test_no_bar_beside_json(shell: Shell) -> None:
    shell.world = still_world()
    shell.environ = {"TERM": "xterm-256color"}

    assert shell("jobs", "--json", err=Tty()).err == ""


def test_the_environment_of_the_process_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = io.StringIO()

    assert not Terminal(out=out, err=out).console().is_terminal
    assert Terminal(out=out, err=out, environ={"COLUMNS": "77"}).console().width == 77


def on_a_pty(*words: str, environ: dict[str, str]) -> str:
    """What a real terminal gets on stdout."""
    theirs, ours = pty.openpty()
    command: list[Any] = [sys.executable, "-m", "airweave_sync_mcp", *words]
    with subprocess.Popen(command, stdin=ours, stdout=ours, stderr=ours, env=environ) as process:
        os.close(ours)
        seen = b""
        while True:
            try:
                chunk = os.read(theirs, 65_536)
            except OSError:  # Linux's way to say that nobody writes any more
                break
            if not chunk:
                break
            seen += chunk
        process.wait(timeout=20)
    os.close(theirs)
    return seen.decode()


def test_on_a_real_terminal(tmp_path: Path) -> None:
    environ = {**os.environ, "HOME": str(tmp_path), "TERM": "xterm-256color", "COLUMNS": "100"}
    environ.pop("NO_COLOR", None)

    seen = on_a_pty("--demo", "connections", "--limit", "5", environ=environ)

    assert "Acme GitHub" in ANSI.sub("", seen)
    assert "\x1b[32mactive" in seen
