"""Explaining what stands on standard input: as many answers as lines, whatever the lines are."""

import io
import json
import sys
from collections.abc import Iterator

import pytest

from airweave_sync_mcp.cli.explain import explain_lines
from airweave_sync_mcp.safety import Cleaner
from tests.cli.kit import Ran, Shell


def explained(shell: Shell, monkeypatch: pytest.MonkeyPatch, typed: bytes, *options: str) -> Ran:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="ascii"))
    return shell("explain", *options, "-")


def test_each_line_has_its_answer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [b'{"message": "ReadTimeout"}', b"no json", b"", b'{"message": 7}', b"[]", b'{"message": "MemoryError"}']

    ran = explained(shell, monkeypatch, b"\n".join(lines), "--json")

    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert [one.get("cause", one.get("line")) for one in answers] == [
        "network_error", 2, 4, 5, "worker_lost_or_stuck",
    ]  # fmt: skip
    assert all(one["error"] for one in answers[1:4])
    assert (ran.code, ran.err) == (2, "explain: 3 lines could not be read.\n")


def test_good_lines_alone_are_no_failure(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = explained(shell, monkeypatch, b'{"message": "ReadTimeout"}\r\n', "--json")

    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_byte_order_mark_is_no_text(shell: Shell, monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    text = b'{"message": "MemoryError"}' if options else b"MemoryError"

    ran = explained(shell, monkeypatch, b"\xef\xbb\xbf" + text, *options)

    assert ran.code == 0
    assert "worker_lost_or_stuck" in ran.out


def test_a_line_is_answered_before_the_next_is_read() -> None:
    read: list[str] = []

    def lines() -> Iterator[str]:
        for line in ("bad", '{"message": "ReadTimeout"}'):
            read.append(line)
            yield line

    answers = explain_lines(lines(), Cleaner())
    assert next(answers) == {"line": 1, "error": "It is not JSON."}
    assert read == ["bad"]
    assert next(answers)["cause"] == "network_error"
