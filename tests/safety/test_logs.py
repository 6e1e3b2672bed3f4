"""Nothing secret reaches a log, and nothing in a log pretends to be another record."""

import io
import logging
from collections.abc import Iterator

import pytest

from airweave_sync_mcp.safety import Cleaner, SafeFilter, SafeFormatter

SECRET = "ghp_" + "EXAMPLEa8Kz3Qw9Lm2Xp7Rt5"
KNOWN = "EXAMPLE-running-key"


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError(SECRET)


def fail_twice() -> None:
    cause = ValueError(f"token={SECRET}\nERROR root forged")
    raise RuntimeError(f"key {KNOWN} rejected") from cause


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logger(stream: io.StringIO) -> Iterator[logging.Logger]:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(SafeFormatter("%(levelname)s %(name)s %(message)s", cleaner=Cleaner([KNOWN])))
    log = logging.Logger("safety.test")  # noqa: LOG001 - one that no handler of the test runner listens to
    log.addHandler(handler)
    yield log
    handler.close()


def test_messages_and_arguments_are_masked(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.warning("refused %s for %s with %d", SECRET, "jane@example.com", 401)
    logger.warning("sent X-API-Key %s", KNOWN)
    assert stream.getvalue() == (
        "WARNING safety.test refused [masked:github_token] for j…@example.com with 401\n"
        "WARNING safety.test sent X-API-Key [masked]\n"
    )


def test_a_message_cannot_add_a_line(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.info("not found: %s", "x\nERROR root all keys deleted\r\nINFO y\u2028z\x1b[2J")
    assert stream.getvalue() == "INFO safety.test not found: x\\nERROR root all keys deleted\\nINFO y\\nz\n"


def test_tracebacks_are_masked_and_indented(logger: logging.Logger, stream: io.StringIO) -> None:
    try:
        fail_twice()
    except RuntimeError:
        logger.exception("failed")
    out = stream.getvalue()
    assert SECRET not in out
    assert KNOWN not in out
    assert "RuntimeError: key [masked] rejected" in out
    assert "ValueError: token=[masked:github_token]" in out
    assert "test_logs.py" in out
    assert [line for line in out.splitlines()[1:] if not line.startswith("    ")] == []


def test_stacks_are_masked(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.error("here", stack_info=True)
    assert "    Stack (most recent call last):" in stream.getvalue()


def test_a_record_that_cannot_be_formatted_shows_no_arguments(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.error("two %s %s", *[SECRET])
    logger.error("odd %s", Unprintable())
    logger.error(Unprintable())
    assert SECRET not in stream.getvalue()
    assert stream.getvalue().count("(could not be formatted)") == 3
    assert "Unprintable (could not be formatted)" in stream.getvalue()


def test_the_formatter_leaves_the_record_to_others(stream: io.StringIO) -> None:
    record = logging.makeLogRecord({"msg": "a %s", "args": (SECRET,), "exc_text": f"raw {SECRET}"})
    assert SafeFormatter().format(record) == "a [masked:github_token]"
    assert record.args == (SECRET,)
    assert record.exc_text == f"raw {SECRET}"


def test_the_filter_makes_a_record_safe_for_any_formatter() -> None:
    with pytest.raises(RuntimeError) as caught:
        fail_twice()
    exc_info = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "a %s", (SECRET,), exc_info)
    record.request = {"headers": {"authorization": "Bearer abcdef"}, "count": 3}
    record.stack_info = f"Stack: {SECRET}"
    assert SafeFilter(cleaner=Cleaner([KNOWN])).filter(record) is True
    out = logging.Formatter("%(message)s %(request)s").format(record)
    assert SECRET not in out
    assert "abcdef" not in out
    assert "'count': 3" in out
    assert KNOWN not in out
    assert "    ValueError: token=[masked:github_token]" in out
    assert record.exc_info is None


def test_long_messages_are_bounded(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.info("word " * 5_000)
    assert len(stream.getvalue()) < 4_100
    assert "characters left out" in stream.getvalue()
