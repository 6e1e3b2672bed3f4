"""What the log of a hosted server looks like, and what can never be in it."""

import json
import logging
from io import StringIO

import pytest

from airweave_sync_mcp.hosting.logs import configure_logging, whereabouts
from airweave_sync_mcp.hosting.options import LogFormat
from airweave_sync_mcp.hosting.trail import request_id_of
from airweave_sync_mcp.safety import Cleaner
from airweave_sync_mcp.settings import LogLevel
from tests.hosting.kit import call_of, core_before, hosted, two_tenants


class Log:
    def __init__(self) -> None:
        self.stream = StringIO()

    def start(self, form: LogFormat = LogFormat.TEXT, level: LogLevel = LogLevel.INFO) -> None:
        configure_logging(level, form, self.stream, Cleaner(["operators-secret"]))

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def records(self) -> list[dict]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log(logging_as_it_was: None) -> Log:
    return Log()


OURS = logging.getLogger("airweave_sync_mcp.anything")
LIBRARY = logging.getLogger("mcp.server.anything")


def fail() -> None:
    try:
        dict[str, str]()["Finance SharePoint"]
    except KeyError as error:
        raise ValueError("cannot read Finance SharePoint") from error


def test_a_line_has_time_level_place_and_message(log: Log) -> None:
    log.start()
    OURS.warning("The %s is away.", "store")
    assert log.text.endswith("Z WARNING airweave_sync_mcp.anything The store is away.\n")


def test_json_has_them_as_members(log: Log) -> None:
    log.start(LogFormat.JSON)
    OURS.warning("The %s is away.", "store", extra={"fields": {"count": 3}})
    (record,) = log.records
    assert record.pop("time").endswith("Z")
    assert record == {
        "level": "warning",
        "logger": "airweave_sync_mcp.anything",
        "message": "The store is away.",
        "count": 3,
    }


@pytest.mark.parametrize("form", list(LogFormat))
def test_an_exception_is_told_without_its_text(log: Log, form: LogFormat) -> None:
    log.start(form)
    try:
        fail()
    except ValueError:
        OURS.exception("It failed")
        LIBRARY.exception("It failed with Finance SharePoint")
    assert "builtins.ValueError" in log.text
    assert "builtins.KeyError" in log.text
    assert "in fail" in log.text
    assert "SharePoint" not in log.text


def test_groups_and_circles_of_exceptions_end() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__context__, second.__context__ = second, first
    told = list(whereabouts(ExceptionGroup("group", [first, second])))
    assert 3 <= len(told) <= 10
    assert "a" not in told


def test_libraries_are_not_trusted_with_their_words(log: Log) -> None:
    log.start(level=LogLevel.DEBUG)
    LIBRARY.debug("chunk: %s", b"a whole answer")
    LIBRARY.info("Tool failed: Finance SharePoint")
    logging.getLogger("httpx").info("HTTP Request: GET https://api.example/Finance")
    assert log.text == ""
    LIBRARY.warning("dropped %r: malformed params", "Finance SharePoint")
    LIBRARY.warning(f"Invalid header: {'Finance SharePoint'}")
    assert "dropped %r: malformed params (mcp.server.anything test_logs.py:" in log.text
    assert "SharePoint" not in log.text


def test_secrets_and_line_feeds_in_our_own_messages_are_disarmed(log: Log) -> None:
    log.start()
    OURS.warning("%s", "operators-secret api_key=sk-live-0123456789abcdef0123\n2026 INFO forged")
    assert "operators-secret" not in log.text
    assert "sk-live-0123456789abcdef0123" not in log.text
    assert log.text.count("\n") == 1


def test_an_argument_that_cannot_be_shown_loses_no_record(log: Log) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("Finance SharePoint")

    log.start()
    OURS.warning("%s", Broken())
    assert "test_logs.py" in log.text
    assert "SharePoint" not in log.text


@pytest.mark.parametrize(
    "given", ["abc-123", "0af7651916cd43dd8448eb211c80319c", "28a31c70-7ffa-4a22-bd4e-3ab5b2c84170"]
)
def test_a_sane_request_id_is_kept(given: str) -> None:
    assert request_id_of(given) == given


@pytest.mark.parametrize(
    "given",
    [None, "", "a b", "a\nb", "-x", "x" * 65, "<script>", "sk-live-0123", "Bearer-abc", "A" * 43, "schl\xfcssel"],
)
def test_anything_else_is_replaced(given: str | None) -> None:
    made = request_id_of(given)
    assert made != given
    assert len(made) == 16


@pytest.mark.anyio
async def test_every_request_has_an_id_in_its_answer_and_in_its_lines(log: Log) -> None:
    log.start(LogFormat.JSON)
    with hosted(core_before(two_tenants())) as server:
        async with server.http() as http:
            for modern in (True, False):
                request = call_of("list_connections", modern=modern)
                request["headers"]["X-Request-ID"] = f"given-{modern}"
                answer = await http.post(**request)
                assert answer.headers["x-request-id"] == f"given-{modern}"
            made = (await http.post("/mcp")).headers["x-request-id"]
            await http.get("/healthz")
    lines = {line["request_id"]: line for line in log.records if line["logger"].endswith("hosting.trail")}
    assert lines.keys() == {"given-True", "given-False", made}
    assert lines["given-True"]["upstream"] > 0
    assert lines["given-False"]["upstream"] == 0  # it was remembered
    for line in (lines["given-True"], lines["given-False"]):
        assert (line["tool"], line["outcome"], line["status"]) == ("list_connections", "ok", 200)
        assert line["bytes"] > 100
        assert line["ms"] > 0
    assert lines[made]["refusal"] == "no_key"
