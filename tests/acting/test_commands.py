"""run, cancel and wait on the command line: who is asked, what is shown, which exit code."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from airweave_sync_mcp.answers.acting.audit import LOGGER
from airweave_sync_mcp.cli.main import run
from airweave_sync_mcp.cli.terminal import Terminal
from airweave_sync_mcp.demo import Generation, Temporal

from .kit import LOST, PAUSED, PENDING, PLAIN, RUNNING, SHRUNK, Fault, Stage, on_posts, recorded, stage


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Shell:
    """A terminal before the demo; `typed` is what somebody types, None for no terminal at all."""

    it: Stage = field(default_factory=stage)
    out: str = ""
    err: str = ""

    def __call__(self, *argv: str, typed: str | None = None, home: Path = Path("/nowhere"), tty: bool = False) -> int:
        out, err = io.StringIO(), Tty() if tty else io.StringIO()
        inp = io.StringIO() if typed is None else Tty(typed)
        with _logging_untouched():
            code = run(
                argv,
                environ={"AIRWEAVE_SYNC_DEMO": "1"},
                home=home,
                terminal=Terminal(out=out, err=err, inp=inp),
                make_core=lambda _: self.it.world.core,
            )
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@contextmanager
def _logging_untouched() -> Iterator[None]:
    root, audit = logging.getLogger(), logging.getLogger(LOGGER)
    before = list(root.handlers), root.level, audit.level
    try:
        yield
    finally:
        root.handlers[:], root.level, audit.level = before


# Who is asked


@pytest.mark.parametrize("answer", ["y\n", "YES\n"])
def test_who_says_yes_starts_a_run(answer: str) -> None:
    shell = Shell()

    assert shell("run", PLAIN, typed=answer) == 0

    assert f"Start a sync of «{PLAIN}»" in shell.err
    assert "Do it? [y/N]" in shell.err
    assert "A sync was started." in shell.out
    job = shell.it.newest(PLAIN).id
    assert f"Next: airweave-sync-mcp wait '{PLAIN}' --job {job[:8]}" in shell.out
    assert len(shell.it.posts) == 1


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "maybe\n"])
@pytest.mark.parametrize("argv", [("run", PLAIN), ("cancel", RUNNING, "latest")])
def test_anything_else_does_nothing(answer: str, argv: tuple[str, ...]) -> None:
    shell = Shell()

    assert shell(*argv, typed=answer) == 2

    assert "declined: nothing was done" in shell.out
    assert shell.it.posts == []


@pytest.mark.parametrize("argv", [("run", PLAIN), ("cancel", RUNNING, "latest"), ("run", PLAIN, "--json")])
def test_without_a_terminal_nothing_is_done_unless_a_flag_says_so(argv: tuple[str, ...]) -> None:
    shell = Shell()

    assert shell(*argv) == 2
    assert "--yes" in shell.err
    assert shell.it.posts == []

    assert shell(*argv, "--yes") == 0
    assert len(shell.it.posts) == 1
    assert "confirmed_by=flag" in shell.err


@pytest.mark.parametrize("argv", [("run", PLAIN), ("run", PLAIN, "--full", "--yes"), ("cancel", RUNNING, "latest")])
def test_a_dry_run_says_what_would_happen(argv: tuple[str, ...]) -> None:
    shell = Shell()

    assert shell(*argv, "--dry-run", typed="y\n") == 0

    assert "this is what would happen" in shell.out
    assert ("DELETED" in shell.out) is ("--full" in argv)
    assert ("What it has written stays" in shell.out) is (argv[0] == "cancel")
    assert shell.it.posts == []


def test_what_does_harm_has_to_be_typed_out() -> None:
    words = f"{SHRUNK} despite losses"
    shell = Shell()

    assert shell("run", SHRUNK, typed="y\n") == 2
    assert shell("run", SHRUNK, "--yes") == 2
    assert f"--confirm '{words}'" in shell.err
    assert shell.it.posts == []

    assert shell("run", SHRUNK, typed=f"{words}\n") == 0
    shell.it.clock.forward(120)
    shell.it.settle()
    assert shell("run", SHRUNK, "--yes", "--confirm", words) == 0
    assert len(shell.it.posts) == 2


def test_a_pause_is_refused_and_what_to_do_is_said() -> None:
    shell = Shell()

    assert shell("run", PAUSED, "--yes") == 2

    assert "sync_paused" in shell.err
    assert "Create a new key at the source" in shell.err
    assert shell.it.posts == []


def test_what_is_settled_is_not_asked() -> None:
    shell = Shell()

    assert shell("cancel", "Ads Monday", "latest") == 0

    assert "It was so before; nothing was sent." in shell.out
    assert shell.it.posts == []


# What is shown


def test_json_has_the_fields_of_the_tools() -> None:
    shell = Shell()

    assert shell("cancel", PENDING, "latest", "--yes", "--json") == 0

    found = shell.json
    assert (found["action"], found["outcome"], found["confirmed_by"]) == ("cancel_sync_job", "cancelled", "flag")
    assert found["job_id"] == shell.it.newest(PENDING).id


def test_run_and_wait_are_one_answer() -> None:
    shell = Shell()

    assert shell("run", "Ops Notion", "--yes", "--wait", "--json") == 0

    assert shell.json["outcome"] == "started"
    assert (shell.json["wait"]["finished"], shell.json["wait"]["trouble_over"]) == (True, True)


def test_run_and_wait_in_words() -> None:
    shell = Shell()

    assert shell("run", "Ops Notion", "--yes", "--wait") == 0

    assert "A sync was started." in shell.out
    assert "completed after" in shell.out
    assert "it is over" in shell.out


def test_every_write_leaves_its_line_on_stderr_whatever_is_logged() -> None:
    shell = Shell()

    assert shell("--log-level", "critical", "run", PLAIN, "--yes") == 0

    (line,) = [line for line in shell.err.splitlines() if LOGGER in line]
    assert "client=«command line» outcome=started" in line


def test_the_state_is_shown_on_a_terminal_while_waiting() -> None:
    shell = Shell()

    assert shell("wait", RUNNING, "--timeout", "5", tty=True) == 4
    assert "Waiting" in shell.err or "running for" in shell.err
    assert shell("wait", RUNNING, "--timeout", "5") == 4
    assert shell.err == ""


# Exit codes


def test_how_a_run_ended() -> None:
    shell = Shell()

    assert shell("run", "Security GitHub", "--yes", "--wait") == 1
    assert "source_permission_denied (17 failed in a row); it is NOT over" in shell.out
    assert "Error: SourceEntityForbiddenError" in shell.out
    assert shell("wait", "Engineering Confluence") == 0
    assert shell("wait", "Board Minutes Box") == 1, "it was cancelled"


def test_wait_waits_for_as_long_as_it_takes() -> None:
    shell = Shell()

    assert shell("wait", RUNNING, "--json") == 0

    assert shell.json["status"] == "completed"
    assert shell.json["waited_s"] > 2_800


def test_a_job_that_never_starts_is_not_waited_for_for_ever() -> None:
    shell = Shell()

    assert shell("wait", PENDING) == 1

    assert "no worker takes it" in shell.out


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        (Fault(raises=LOST["reset"]), 4, "NOT KNOWN"),
        (Fault(raises=LOST["reset"], acts=True), 0, "which is taken for this run"),
        (Fault(status=500, body={"detail": "x"}), 3, "No sync was started."),
        (recorded("current/run_on_pending"), 2, "sync_active"),
        (recorded("current-auth/rate_dev_run_blocked"), 3, "rate_limited"),
        (recorded("current-auth/auth_none_run"), 3, "unauthorized"),
    ],
)
def test_what_goes_wrong_has_its_exit_code(fault: Fault, code: int, says: str) -> None:
    shell = Shell(stage(plan=on_posts(fault)))

    assert shell("run", PLAIN, "--yes") == code

    assert says in shell.out + shell.err
    assert len(shell.it.posts) == 1


def test_a_cancellation_that_was_rolled_back() -> None:
    shell = Shell(stage(Generation.MARCH_2026))
    assert shell.it.world.demo is not None
    shell.it.world.demo.temporal = Temporal.REFUSES

    assert shell("cancel", RUNNING, "latest", "--yes") == 3

    assert "The job was NOT cancelled." in shell.out


def test_two_at_once_are_refused() -> None:
    shell = Shell()

    assert shell("run", PLAIN, "--yes") == 0
    assert shell("run", PLAIN, "--yes", "--json") == 2
    assert shell.json["error"]["code"] == "sync_active"


@pytest.mark.parametrize("argv", [("wait", PLAIN, "--timeout", "0"), ("wait", PLAIN, "--timeout", "soon"), ("run",)])
def test_bad_use(argv: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        Shell()(*argv)

    assert ended.value.code == 2
