"""`explain`: what a pasted error means, without asking anybody."""

import argparse
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TextIO

from airweave_sync_mcp.diagnosis.explain import explain_record
from airweave_sync_mcp.render.foreign import words_out
from airweave_sync_mcp.safety import Cleaner

_FIELDS = frozenset({"message", "error_category", "source_short_name", "auth_method", "started"})
_BYTE_ORDER_MARK: Final = "\ufeff"
"""What PowerShell puts before UTF-8."""


class BadRecordError(Exception):
    """A line that is no record; the message says why."""


def explain_lines(lines: Iterable[str], cleaner: Cleaner) -> Iterator[Mapping[str, object]]:
    """An answer for each line that is not empty: what its `message` means, or its number and what is wrong with it."""
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        if not text.strip():
            continue
        try:
            yield explained(_record(text), cleaner)
        except BadRecordError as error:
            yield {"line": number, "error": str(error)}


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


def _record(line: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRecordError("It is not JSON.") from None
    if not isinstance(record, dict) or not isinstance(record.get("message", ""), str | None):
        raise BadRecordError("It is not an object with a message.")
    return {key: value for key, value in record.items() if key in _FIELDS}


def explain(args: argparse.Namespace, *, out: TextIO, err: TextIO, cleaner: Cleaner) -> int:
    """Explain a text, or with `-` what stands on standard input: JSON lines with --json, else one text."""
    if args.text == "-" and isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    if args.text == "-" and args.json:
        return _stream(explain_lines(sys.stdin, cleaner), out, err)
    text = sys.stdin.read().removeprefix(_BYTE_ORDER_MARK) if args.text == "-" else args.text
    facts = explained({"message": text, "source_short_name": args.source or None}, cleaner)
    print(json.dumps(facts, ensure_ascii=False) if args.json else _for_people(facts), file=out)
    return 0


def _stream(answers: Iterable[Mapping[str, object]], out: TextIO, err: TextIO) -> int:
    """Each answer as soon as it is known; 2 if a line was no record."""
    bad = 0
    for answer in answers:
        bad += "error" in answer
        print(json.dumps(answer, ensure_ascii=False), file=out, flush=True)
    if not bad:
        return 0
    print(f"explain: {bad} line{'' if bad == 1 else 's'} could not be read.", file=err)
    return 2


def _for_people(facts: Mapping[str, Any]) -> str:
    kind = "transient: retrying can help" if facts["transient"] else "permanent: somebody has to act"
    lines = [f"{facts['cause']} ({kind}; {facts['confidence']} confidence)"]
    if facts["evidence"]:
        lines.append(f"because of: {'; '.join(facts['evidence'])}")
    if "nearest" in facts:
        lines.append(f"nearest: {facts['nearest']}")
    return "\n".join([*lines, f"who acts: {facts['who']}", f"what to do: {facts['fix']}"])
