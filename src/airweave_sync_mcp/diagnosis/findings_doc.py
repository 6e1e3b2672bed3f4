"""Writes docs/findings.md from the rules: `python -m airweave_sync_mcp.diagnosis.findings_doc > docs/findings.md`."""

import sys
import textwrap
from collections.abc import Iterator
from typing import Final

from airweave_sync_mcp.diagnosis.case import FindingRule
from airweave_sync_mcp.diagnosis.findings import RULES
from airweave_sync_mcp.diagnosis.shared import SHARED_CAUSE_RULE

WIDTH: Final = 120
INTRODUCTION: Final = """\
# Findings

What the server finds in the history of a connection beyond its status, when each finding fires and when it must not.
Generated from the rules in `src/airweave_sync_mcp/diagnosis/`; write it anew with
`python -m airweave_sync_mcp.diagnosis.findings_doc > docs/findings.md`.

Severities are critical, warning and info; an info is never an alarm. Nothing is judged as of a later moment than the
one at which the history was read. Jobs whose times the API leaves out keep their place in the list, and where a rule
needs a time that nobody knows it stays silent.
"""


def as_markdown() -> str:
    """The whole document."""
    sections = ["\n".join(_section(rule)) for rule in RULES]
    return "\n".join((INTRODUCTION, *sections, SHARED_CAUSE_RULE))


def _section(rule: FindingRule) -> Iterator[str]:
    yield f"## {rule.kind.value}\n"
    yield f"{_filled(rule.meaning)}\n"
    yield f"{_filled(f'**Fires when.** {rule.fires}')}\n"
    yield "**Must not fire when**\n"
    yield from (_filled(f"- {case}", indent="  ") for case in rule.not_when)
    yield f"\n{_filled(f'**Where the numbers come from.** {rule.threshold}')}\n" if rule.threshold else ""


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
