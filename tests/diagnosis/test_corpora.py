"""The classifier over labelled texts, and the command that makes the table."""

import json
from pathlib import Path

import pytest

from airweave_sync_mcp.diagnosis.accuracy import judge, main, markdown_table, read_records, scores

CORPUS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize("name", ["labelled.jsonl", "documented.jsonl"])
def test_known_texts_are_all_right(name: str):
    outcomes = judge(read_records(CORPUS / name))
    assert [outcome for outcome in outcomes if not (outcome.right and outcome.transient_right)] == []


def test_labelled_corpus_is_whole():
    assert sum(1 for _ in read_records(CORPUS / "labelled.jsonl")) == 237


def test_held_out_texts_keep_the_targets_and_leave_no_cause_behind():
    table = scores(judge(read_records(CORPUS / "held_out.jsonl")))
    total = table[-1]
    assert total.right >= 0.97 * total.total
    assert total.transient_right >= 0.95 * total.total
    for score in table:
        assert score.right >= 0.9 * score.total, score


def test_table_names_what_was_wrong(tmp_path: Path):
    file = tmp_path / "texts.jsonl"
    records = [
        {"message": "MemoryError", "category": "worker_lost_or_stuck", "transient": True},
        {"message": "MemoryError", "category": "network_error", "transient": False},
    ]
    file.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    table = markdown_table(scores(judge(read_records(file))))
    assert "| network_error | 1 | 0 (0.0%) | 0 (0.0%) | worker_lost_or_stuck (1) |" in table
    assert "| all | 2 | 1 (50.0%) | 1 (50.0%) | worker_lost_or_stuck (1) |" in table


def test_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    page, notes = tmp_path / "page.md", tmp_path / "notes.md"
    notes.write_text("a note", encoding="utf-8")
    assert main([str(CORPUS / "labelled.jsonl")]) == 0
    assert "| all | 237 | 237 (100.0%)" in capsys.readouterr().out
    assert main([str(CORPUS / "labelled.jsonl"), "--markdown", str(page), "--notes", str(notes)]) == 0
    assert capsys.readouterr().out == ""
    assert "a note" in page.read_text(encoding="utf-8")
