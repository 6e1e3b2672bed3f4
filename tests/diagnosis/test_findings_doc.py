from pathlib import Path

from airweave_sync_mcp.diagnosis.finding import FindingKind
from airweave_sync_mcp.diagnosis.findings import RULES
from airweave_sync_mcp.diagnosis.findings_doc import as_markdown

DOCUMENT = Path(__file__).parents[2] / "docs" / "findings.md"


def test_every_kind_has_exactly_one_rule() -> None:
    assert sorted(rule.kind for rule in RULES) == sorted(FindingKind)


def test_every_rule_says_when_it_must_not_fire() -> None:
    assert all(rule.meaning and rule.fires and rule.not_when for rule in RULES)


def test_the_document_is_what_the_rules_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == as_markdown()


def test_the_document_has_a_section_for_every_kind() -> None:
    sections = {line.removeprefix("## ") for line in as_markdown().splitlines() if line.startswith("## ")}

    assert sections == {*FindingKind, "Shared causes"}
