"""The estimate of tokens, against what the tokenizer o200k counts."""

import pytest

from airweave_sync_mcp.render.tokens import tokens_of

COUNTED = {
    '{"job":"dac47ba2","connection":"Ops Notion","started_at":"2026-11-21T11:10:30Z","transient":false}': 35,
    '{"connections_scanned":45,"connections_total":45,"complete":true,"since":"2026-11-20T12:00:00Z"}': 32,
    "- Field Jira: 2 h ago (2026-11-21T09:36Z), embedding_failed, job e5425808": 29,
    "Fix: Correct the host in the connection, or install a valid certificate on the source; then run the sync.": 23,
    "Finance & Legal SharePoint Archive 2024": 9,
    "営業チームのNotionワークスペース": 10,
    "Команда продаж: Google Диск, Архив": 10,
    "473076a3-dc30-5784-8813-abcb4a317f21": 20,
    "": 0,
}  # fmt: skip


@pytest.mark.parametrize("text", COUNTED)
def test_it_is_near_and_rather_too_high(text: str) -> None:
    counted = COUNTED[text]

    assert 0.85 * counted - 1 <= tokens_of(text) <= 1.3 * counted + 6
