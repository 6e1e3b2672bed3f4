"""Regular expressions that every supported Python reads alike."""

import re
from pathlib import Path

import airweave_sync_mcp

POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)(?:[*+?]|\{\d*,?\d*\})\+")


def test_no_group_is_repeated_possessively() -> None:
    """Python before 3.11.5 matches such a pattern wrongly (python/cpython issue 106052), so that secrets came out.

    `(?>(?:ab)*)` means the same as `(?:ab)*+` and is read rightly everywhere, and so is `[ab]*+`.
    """
    sources = list(Path(airweave_sync_mcp.__file__).parent.rglob("*.py"))
    found = [
        f"{source.name}:{number}"
        for source in sources
        for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1)
        if POSSESSIVE_GROUP.search(line)
    ]

    assert len(sources) > 100
    assert found == []


def test_the_check_finds_one() -> None:
    assert POSSESSIVE_GROUP.search(r"a(?:b|c)*+")
    assert POSSESSIVE_GROUP.search(r"(?:ab){2,}+")
    assert not POSSESSIVE_GROUP.search(r"\)++[a)]*+(?>(?:b|c)*)")
