"""The corpus, and what counts as a leak."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"
WINDOW = 8
"""A secret has leaked when this many of its characters in a row come out."""


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a corpus file."""
    with (CORPUS / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def planted(row: dict[str, Any]) -> tuple[str, list[str]]:
    """The text of a row with its secrets put together. The file holds them in parts, so that no scanner finds one."""
    text, secrets = row["text"], ["".join(parts) for parts in row["secrets"]]
    for number, secret in enumerate(secrets, 1):
        text = text.replace(f"§{number}", secret)
    return text, secrets


def pieces(secret: str) -> Iterator[str]:
    """Every part of a secret that must not come out."""
    if len(secret) <= WINDOW:
        yield secret
    for start in range(len(secret) - WINDOW + 1):
        yield secret[start : start + WINDOW]


def leaks(secret: str, text: str) -> list[str]:
    """The parts of the secret that the text shows."""
    return [piece for piece in pieces(secret) if piece in text]
