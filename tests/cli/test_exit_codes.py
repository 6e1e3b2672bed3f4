"""0 answered, 1 something failed, 2 bad use, 3 Airweave cannot be reached or refuses, 4 incomplete."""

import errno
import io
import signal
from pathlib import Path

import httpx
import pytest

from airweave_sync_mcp.cli.main import run
from airweave_sync_mcp.cli.terminal import Terminal
from airweave_sync_mcp.core import Core
from airweave_sync_mcp.demo import DEMO_EXPIRED_KEY
from airweave_sync_mcp.settings import Settings
from tests.cli.kit import KEY, Shell, with_key
from tests.settings.kit import write_config
from tests.support.still import still_demo, still_world
from tests.support.world import NOW, World, demo_world
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
        (["jobs", "--status", "running", "--since", "7d"], 0),
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
def test_against_the_demo(tmp_path: Path, read_once: World, words: list[str], code: int) -> None:
    shell = Shell(home=tmp_path, world=read_once)
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
    ran = Shell(home=tmp_path, app=still_demo().app)(*words)

    assert ran.code == 2
    assert "AIRWEAVE_API_KEY" in ran.out + ran.err


@pytest.mark.parametrize("words", QUESTIONS)
def test_a_refused_key(tmp_path: Path, words: list[str]) -> None:
    demo = still_demo()
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


UNUSABLE = [
    ("SSL_CERT_FILE", "/nowhere/ca.pem", "tls: The certificates"),
    ("ALL_PROXY", "gopher://user:hidden@proxy.example", "proxy_error: The proxy settings"),
]


@pytest.mark.parametrize("words", QUESTIONS[:-1])
@pytest.mark.parametrize(("variable", "value", "says"), UNUSABLE)
def test_certificates_and_proxies_nobody_can_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)  # httpx reads it from the process

    ran = with_key(tmp_path)(*words)

    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith(says)
    assert variable in ran.err
    assert "hidden" not in ran.err


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        ("http://u:hidden@proxy.invalid:3128/", "dns: The host name of the proxy, proxy.invalid:3128, could not be"),
        ("127.0.0.1:9", "refused: The proxy, 127.0.0.1:9, refused the connection"),
    ],
)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str, says: str
) -> None:
    monkeypatch.setenv(variable, proxy)  # httpx reads it from the process
    slow = {"AIRWEAVE_BASE_URL": "http://airweave.example", "AIRWEAVE_SYNC_DEADLINE_S": "1"}

    ran = with_key(tmp_path, **slow)("jobs")

    assert ran.code == 3
    assert says in ran.err
    assert "NO_PROXY" in ran.err
    assert "airweave.example" not in ran.err
    assert "hidden" not in ran.err


def test_a_host_that_is_exempt_from_the_proxy_is_named_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")

    ran = with_key(tmp_path, AIRWEAVE_BASE_URL="http://127.0.0.1:9", AIRWEAVE_SYNC_DEADLINE_S="1")("jobs")

    assert "refused: 127.0.0.1:9 refused the connection" in ran.err
    assert "proxy" not in ran.err.lower()


@pytest.mark.parametrize(("scheme", "guessed"), [("http", True), ("https", False)])
def test_a_server_that_hangs_up_may_want_tls(tmp_path: Path, scheme: str, guessed: bool) -> None:
    fault = httpx.RemoteProtocolError("Server disconnected without sending a response.")
    airweave = Airweave(answer=lambda _: Reply(fault=fault))

    ran = with_key(tmp_path, airweave, AIRWEAVE_BASE_URL=f"{scheme}://airweave.example:8443")("jobs")

    assert ran.code == 3
    assert "reset: " in ran.err
    assert ("AIRWEAVE_BASE_URL has to start with https://" in ran.err) is guessed


def test_on_the_smallest_plan_an_answer_is_incomplete_and_becomes_complete(shell: Shell) -> None:
    shell.world = demo_world(rate_limit=10)
    codes = []
    for _ in range(7):
        codes.append(shell("failed").code)
        shell.world.clock.forward(60)

    assert codes[0] == 4
    assert codes[-1] == 0


def test_a_job_that_was_not_looked_for_everywhere_is_no_bad_use(shell: Shell) -> None:
    shell.world = still_world(rate_limit=10)
    ran = shell("job", "abcdef12")

    assert ran.code == 4
    assert ran.err.startswith("job_not_found: ")


@pytest.mark.parametrize("words", [["job", "latest"], ["job", "latest_failed"], ["diagnose", "--job", "latest_failed"]])
def test_the_latest_of_what_was_read_so_far_is_incomplete(shell: Shell, words: list[str]) -> None:
    shell.world = still_world(rate_limit=10)

    ran = shell(*words)
    as_json = shell(*words, "--json")

    assert (ran.code, as_json.code) == (4, 4)
    assert "INCOMPLETE: " in ran.out
    assert as_json.json["coverage"]["complete"] is False


def test_a_job_that_is_named_is_complete_however_little_was_read(shell: Shell) -> None:
    shell.world = still_world(rate_limit=10)
    job = shell("job", "latest_failed", "--json").json["job_id"]

    for words in (["job", job], ["diagnose", "--job", job]):
        ran = shell(*words)
        assert ran.code == 0
        assert "INCOMPLETE" not in ran.out


def test_failed_weighs_more_than_incomplete(shell: Shell) -> None:
    shell.world = still_world(rate_limit=10)

    assert shell("failed", "--exit-code").code == 1


@pytest.mark.parametrize(
    ("environ", "words", "said"),
    [
        ({"AIRWEAVE_BASE_URL": "ftp://x"}, ["jobs"], "AIRWEAVE_BASE_URL"),
        ({"AIRWEAVE_SYNC_FEED": "maybe"}, ["jobs"], "AIRWEAVE_SYNC_FEED"),
        ({"AIRWEAVE_SYNC_DEADLINE_S": "900"}, ["jobs"], "AIRWEAVE_SYNC_DEADLINE_S"),
        ({"AIRWEAVE_ORGANIZATION_ID": "acme"}, ["failed"], "AIRWEAVE_ORGANIZATION_ID"),
        ({}, ["jobs", "--concurrency", "0"], "--concurrency"),
        ({}, ["--log-level", "loud", "connections"], "--log-level"),
    ],
)
def test_settings_that_cannot_be_used_are_bad_use(
    tmp_path: Path, environ: dict[str, str], words: list[str], said: str
) -> None:
    ran = with_key(tmp_path, still_demo().app, **environ)(*words)

    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""
    as_json = with_key(tmp_path, still_demo().app, **environ)(*words, "--json")
    assert (as_json.code, as_json.err) == (2, ran.err)
    assert as_json.json == {"error": {"code": "bad_setting", "message": ran.err.strip(), "retryable": False}}


@pytest.mark.parametrize(
    ("member", "sentence"),
    [
        (
            {"base_url": "api.example"},
            (
                "holds a wrong base_url: the base URL has to start with https:// or http://, as in "
                "https://api.airweave.ai. Mend it, or log in again with the Airweave CLI."
            ),
        ),
        (
            {"organization_id": "Acme"},
            (
                "holds a wrong organization_id: an organization id is a UUID, "
                "as in 28a31c70-7ffa-4a22-bd4e-3ab5b2c84170; "
                "a name does not do. Mend it, or log in again with the Airweave CLI."
            ),
        ),
    ],
)
def test_a_wrong_value_in_the_file_is_one_sentence(tmp_path: Path, member: dict[str, str], sentence: str) -> None:
    write_config(tmp_path, {"api_key": KEY, **member})

    ran = Shell(home=tmp_path)("jobs")

    assert ran.code == 2
    assert ran.err.startswith(f"no_key: ~/.airweave/config.json {sentence} ")
    assert KEY not in ran.err


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    ran = with_key(tmp_path, None, AIRWEAVE_BASE_URL="ftp://x", AIRWEAVE_SYNC_RESERVE="2")("jobs")

    assert len(ran.err.splitlines()) == 2


def test_a_misspelt_setting_is_a_warning(tmp_path: Path) -> None:
    demo = still_demo(api_key=KEY)

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


@pytest.mark.parametrize("words", [["jobs"], ["jobs", "--json"], ["doctor"], ["connection", "Nobody", "--json"]])
def test_output_that_cannot_be_written_is_not_a_failed_sync(shell: Shell, words: list[str]) -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    ran = shell(*words, out=Full())

    assert ran.code == 74
    assert ran.err.strip() == "The output cannot be written: No space left on device."


@pytest.mark.parametrize("words", [["jobs"], ["failed", "--exit-code"], ["doctor", "--json"], []])
def test_a_bug_is_not_a_failed_sync(tmp_path: Path, words: list[str], caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Settings) -> Core:
        raise RuntimeError(f"no such thing as {KEY}")

    err = io.StringIO()
    terminal = Terminal(out=io.StringIO(), err=err)
    with caplog.at_level("DEBUG"):
        code = run(["--demo", *words], environ={}, home=tmp_path, terminal=terminal, make_core=broken)

    assert code == 70
    assert err.getvalue().startswith("internal_error: this is a bug in airweave-sync-mcp")
    assert len(err.getvalue().splitlines()) == 1
    assert KEY not in err.getvalue()
    (record,) = [one for one in caplog.records if one.exc_info]
    assert record.levelname == ("DEBUG" if words else "ERROR"), (
        "a server's log says it, a command's where it is asked for"
    )


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
