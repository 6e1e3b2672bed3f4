"""Finds secrets whose value we know (the running API key) in every spelling they may come back in."""

import base64
import re
from collections.abc import Iterable
from typing import Final

from airweave_sync_mcp.safety.marks import RESERVED
from airweave_sync_mcp.safety.strip import strip_unseen

SHORTEST: Final = 6
"""Shorter values are ignored: they would mask ordinary words."""

_NAMED_ENTITIES: Final = {'"': "quot", "&": "amp", "<": "lt", ">": "gt", "'": "apos"}


def known_pattern(values: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern for the values raw, URL- and JSON-encoded, as repr, in HTML, hex and Base64; None for no value."""
    secrets = {
        s for value in values for s in (value.strip(), strip_unseen(value)) if len(s) >= SHORTEST and s not in RESERVED
    }
    spellings = [spelling for secret in sorted(secrets, key=len, reverse=True) for spelling in _spellings(secret)]
    return re.compile("|".join(spellings)) if spellings else None


def _spellings(secret: str) -> Iterable[str]:
    yield "".join(map(_character, secret))
    data = secret.encode(errors="replace")
    yield rf"(?i:{data.hex()})"
    for offset in range(3):  # `user:secret` in Base64 depends on how many bytes come before
        encoded = base64.b64encode(bytes(offset) + data).decode()
        certain = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
        yield "".join({"+": r"(?:[+-]|%2[bB])", "/": r"(?:[/_]|%2[fF])"}.get(c, c) for c in certain)


def _character(char: str) -> str:
    """One character, raw or escaped: %2F, %252F, \\u002f, \\x2f, \\/, &#47;, &amp;"""
    utf8 = char.encode(errors="replace")
    escapes = [
        "".join(f"%(?:25)?(?i:{byte:02x})" for byte in utf8),
        rf"\\{{1,4}}u(?i:{ord(char):04x})",
        rf"&\#(?:{ord(char)}|[xX](?i:0{{0,2}}{ord(char):x}));",
        "".join(rf"\\{{1,4}}x(?i:{byte:02x})" for byte in utf8),
    ]
    if name := _NAMED_ENTITIES.get(char):
        escapes.append(f"&{name};")
    if char == " ":
        escapes.append(r"\+")
    raw = r"\\{1,4}" if char == "\\" else (r"\\{0,4}" if char in "\"'/`" else "") + re.escape(char)
    return f"(?:{'|'.join([raw, *escapes])})"
