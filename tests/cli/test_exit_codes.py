"""0 answered, 1 something failed, 2 bad use, 3 Airweave cannot be reached or refuses, 4 incomplete."""

import io
import signal
from pathlib import Path

import pytest

from airweave_sync_mcp.cli.main import run
from airweave_sync_mcp.cli.terminal import Terminal
from airweave_sync_mcp.demo import DEMO_API_KEY, DEMO_EXPIRED_KEY, DemoOptions, build_demo
from tests.cli.kit import KEY, Shell, with_key
from tests.support.still import still_world
from tests.support.world import NOW, Clock, demo_world
from tests.tools.kit import Airweave, Reply


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["failed"], 0),
        (["failed", "--exit-code"], 1),
        (["failed", "--rows", "--exit-code"], 1),
        (["failed", "--source", "gmail", "--until", "2026-10-01", "--since", "2026-09-30", "--exit-code"], 0),
        (["failed", "--connection", "Acme GitLab", "--exit-code"], 0),
        (["failed", "--connection", "Freshdesk Archive", "--exit-code"], 1),
        (["jobs", "--limit", "5", "--exit-code"], 1),  # what failed is on later pages
        (["jobs", "--limit", "5", "--since", "20m", "--exit-code"], 0),
        (["connections", "--limit", "1", "--exit-code"], 1),
        (["jobs", "--status", "failed", "--exit-code"], 1),
        (["connection", "Finance SharePoint", "--exit-code"], 1),
        (["connection", "Finance SharePoint"], 0),
        (["connection", "Onboarding ServiceNow", "--exit-code"], 0),
        (["job", "latest_failed", "--exit-code"], 1),
        (["job", "latest", "--connection", "Acme GitLab", "--exit-code"], 0),
        (["connections", "--exit-code"], 1),
        (["connections", "--status", "active", "--exit-code"], 0),
        (["doctor"], 0),
        (["connection", "Nobody"], 2),
        (["connection", "Product Notion"], 2),
        (["connection", " "], 2),
        (["job", "nonsense"], 2),
        (["job", "00000000-0000-4000-8000-000000000000"], 2),
        (["jobs", "--since", "tomorrow"], 2),
        (["jobs", "--cursor", "page-2"], 2),
        (["jobs", "--collection", "nowhere"], 2),
    ],
)
def test_against_the_demo(shell: Shell, words: list[str], code: int) -> None:
    assert shell(*words).code == code
    if words[0] != "doctor" and code != 2:
        assert shell(*words, "--json").code == code


@pytest.mark.parametrize(
    "words",
    [
        ["frobnicate"],
        ["jobs", "--status", "crashed"],
        ["jobs", "--limit", "0"],
        ["jobs", "--limit", "1001"],
        ["jobs", "--limit", "many"],
        ["jobs", "--colection", "x"],
        ["failed", "--cause", "gremlins"],
        ["connections", "--status", "failed"],
        ["connection"],
        ["job"],
        ["jobs", "surplus"],
    ],
)
def test_what_cannot_be_parsed_is_bad_use(shell: Shell, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        shell(*words)

    assert ended.value.code == 2
    assert "usage: airweave-sync-mcp" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["jobs", "--help"]])
def test_help_is_no_failure(shell: Shell, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        shell(*words)

    assert ended.value.code == 0
    assert "airweave-sync-mcp" in capsys.readouterr().out


QUESTIONS = [["failed"], ["jobs"], ["connections"], ["connection", "Acme GitHub"], ["job", "latest"], ["doctor"]]


@pytest.mark.parametrize("words", QUESTIONS)
def test_without_a_key_it_says_where_one_may_come_from(tmp_path: Path, words: list[str]) -> None:
    ran = Shell(home=tmp_path, app=build_demo().app)(*words)

    assert ran.code == 2
    assert "AIRWEAVE_API_KEY" in ran.out + ran.err


@pytest.mark.parametrize("words", QUESTIONS)
def test_a_refused_key(tmp_path: Path, words: list[str]) -> None:
    demo = build_demo(DemoOptions(api_key=DEMO_API_KEY, clock=Clock()))
    for key in (KEY, DEMO_EXPIRED_KEY):
        ran = with_key(tmp_path, demo.app, AIRWEAVE_API_KEY=key)(*words)

        assert ran.code == 3
        assert "API key" in ran.out + ran.err
        assert key not in ran.out + ran.err


@pytest.mark.parametrize("words", QUESTIONS)
def test_nobody_listens(tmp_path: Path, words: list[str]) -> None:
    ran = with_key(tmp_path, Airweave(answer=lambda _: Reply(502, b"<html>")))(*words)

    assert ran.code == 3
    assert "not available" in ran.out + ran.err


def test_a_closed_port_is_refused_for_real(tmp_path: Path) -> None:
    ran = with_key(tmp_path, AIRWEAVE_BASE_URL="http://127.0.0.1:9", AIRWEAVE_SYNC_DEADLINE_S="1")("jobs")

    assert ran.code == 3
    assert ran.err.startswith("refused: 127.0.0.1:9 refused the connection")


def test_on_the_smallest_plan_an_answer_is_incomplete_and_becomes_complete(shell: Shell) -> None:
    shell.world = demo_world(rate_limit=10)
    codes = []
    for _ in range(7):
        codes.append(shell("failed").code)
        shell.world.clock.forward(60)

    assert codes[0] == 4
    assert codes[-1] == 0


def test_failed_weighs_more_than_incomplete(shell: Shell) -> None:
    shell.world = still_world(rate_limit=10)

    assert shell("failed", "--exit-code").code == 1


@pytest.mark.parametrize(
    ("environ", "words", "said"),
    [
        ({"AIRWEAVE_BASE_URL": "ftp://x"}, ["jobs"], "AIRWEAVE_BASE_URL"),
        ({"AIRWEAVE_SYNC_FEED": "maybe"}, ["jobs"], "AIRWEAVE_SYNC_FEED"),
        ({"AIRWEAVE_SYNC_DEADLINE_S": "900"}, ["jobs"], "AIRWEAVE_SYNC_DEADLINE_S"),
        ({"AIRWEAVE_ORGANIZATION_ID": "acme"}, ["doctor"], "AIRWEAVE_ORGANIZATION_ID"),
        ({}, ["jobs", "--concurrency", "0"], "--concurrency"),
        ({}, ["--log-level", "loud", "connections"], "--log-level"),
    ],
)
def test_settings_that_cannot_be_used_are_bad_use(
    tmp_path: Path, environ: dict[str, str], words: list[str], said: str
) -> None:
    ran = with_key(tmp_path, build_demo().app, **environ)(*words)

    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    ran = with_key(tmp_path, None, AIRWEAVE_BASE_URL="ftp://x", AIRWEAVE_SYNC_RESERVE="2")("jobs")

    assert len(ran.err.splitlines()) == 2


def test_a_misspelt_setting_is_a_warning(tmp_path: Path) -> None:
    demo = build_demo(DemoOptions(api_key=KEY, clock=Clock()))

    ran = with_key(tmp_path, demo.app, AIRWEAVE_SYNC_DEDLINE_S="5")("jobs", "--limit", "1")

    assert ran.code == 0
    assert "warning: AIRWEAVE_SYNC_DEDLINE_S is not a setting" in ran.err


def test_ctrl_c_is_told_as_a_shell_tells_it(tmp_path: Path) -> None:
    asked: list[str] = []

    def press_once(path: str) -> None:
        asked.append(path)
        if len(asked) == 1:
            signal.raise_signal(signal.SIGINT)

    ran = with_key(tmp_path, Airweave(answer=press_once))("jobs")

    assert (ran.code, ran.out, ran.err) == (130, "", "")


def test_a_reader_that_went_away_is_no_error(tmp_path: Path) -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    world = still_world()
    terminal = Terminal(out=Gone(), err=io.StringIO())
    code = run(
        ["--demo", "connections", "--json"],
        environ={},
        home=tmp_path,
        terminal=terminal,
        make_core=lambda _: world.core,
    )

    assert code == 141
    assert world.clock() == NOW
