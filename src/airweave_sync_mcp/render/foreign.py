"""Foreign text of the harder kinds: words cut out of a text, and JSON inside a string."""

import json
from collections.abc import Sequence
from typing import Final

from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.safety import Cleaner

EVIDENCE: Final = 120


def evidence_out(verdict: Verdict, text: str | None, cleaner: Cleaner, *, most: int | None = None) -> list[str] | None:
    """The words that decided, safe to show."""
    return words_out(verdict.evidence[:most], text, cleaner) or None


def words_out(words: Sequence[str], text: str | None, cleaner: Cleaner) -> list[str]:
    """Words of ours and words quoted from a text, safe to show.

    Words quoted from an error are shown only where the cleaned error shows them too: what made the cleaner
    recognise a secret may stand outside of the words (`password=` before them).
    """
    raw = _flat(text or "")
    whole = cleaner.one_line(text or "", len(raw) * 2 + 1_000) if text else ""
    shown = []
    for some in words:
        clean = cleaner.one_line(some, EVIDENCE)
        quoted = _flat(some).rstrip("…").strip() in raw
        if clean and (not quoted or clean.rstrip("…").strip() in whole):
            shown.append(clean if "[" in clean else clean.rstrip("]"))
    return shown


def _flat(text: str) -> str:
    return " ".join(text.split())


def details_out(text: str | None, cleaner: Cleaner, limit: int) -> str | None:
    """The details of an error. Where they are JSON, each text in it is cleaned as it is meant, not as it is escaped."""
    if not text:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return cleaner.clean(text, limit=limit)
    if not isinstance(value, dict | list):
        return cleaner.clean(text, limit=limit)
    return cleaner.clean(json.dumps(cleaner.safe_tree(value, limit=limit), ensure_ascii=False), limit=limit)
