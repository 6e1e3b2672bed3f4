"""`explain`: what a pasted error means, without asking anybody."""

import argparse
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from airweave_sync_mcp.diagnosis.explain import explain_record
from airweave_sync_mcp.render.foreign import words_out
from airweave_sync_mcp.safety import Cleaner

_FIELDS = frozenset({"message", "error_category", "source_short_name", "auth_method", "started"})


class BadRecordError(Exception):
    """A line that is no record; the message says which and why."""


def explain_lines(lines: Iterable[str], cleaner: Cleaner) -> Iterator[str]:
    """One JSON line for each JSON line: what `message` means.

    Raises:
        BadRecordError: A line is no JSON object with a message.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield json.dumps(explained(_record(number, line), cleaner), ensure_ascii=False)


def explained(record: Mapping[str, Any], cleaner: Cleaner) -> dict[str, object]:
    """What an error means, safe to show."""
    facts = explain_record(record)
    shown = {key: _clean(value, cleaner) for key, value in facts.items() if value is not None}
    return shown | {"evidence": words_out(_texts(facts["evidence"]), record.get("message"), cleaner)}


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _clean(value: object, cleaner: Cleaner) -> object:
    if isinstance(value, str):
        return cleaner.one_line(value, 600)
    if isinstance(value, list | tuple):
        return [_clean(one, cleaner) for one in value]
    return value


def _record(number: int, line: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRecordError(f"Line {number} is not JSON.") from None
    if not isinstance(record, dict) or not isinstance(record.get("message", ""), str | None):
        raise BadRecordError(f"Line {number} is not an object with a message.")
    return {key: value for key, value in record.items() if key in _FIELDS}


def explain(args: argparse.Namespace, *, out: TextIO, err: TextIO, cleaner: Cleaner) -> int:
    """Explain a text, or with `-` what stands on standard input: JSON lines with --json, else one text."""
    if args.text == "-" and isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    try:
        if args.text == "-" and args.json:
            for line in explain_lines(sys.stdin, cleaner):
                print(line, file=out)
            return 0
    except BadRecordError as error:
        print(f"explain: {error}", file=err)
        return 2
    text = sys.stdin.read() if args.text == "-" else args.text
    facts = explained({"message": text, "source_short_name": args.source or None}, cleaner)
    print(json.dumps(facts, ensure_ascii=False) if args.json else _for_people(facts), file=out)
    return 0


def _for_people(facts: Mapping[str, Any]) -> str:
    kind = "transient: retrying can help" if facts["transient"] else "permanent: somebody has to act"
    lines = [f"{facts['cause']} ({kind}; {facts['confidence']} confidence)"]
    if facts["evidence"]:
        lines.append(f"because of: {'; '.join(facts['evidence'])}")
    if "nearest" in facts:
        lines.append(f"nearest: {facts['nearest']}")
    return "\n".join([*lines, f"who acts: {facts['who']}", f"what to do: {facts['fix']}"])
