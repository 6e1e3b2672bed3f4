"""What stands in the place of a secret, and how to recognise it again.

Recognising our own marks is what makes masking idempotent: a mark is never masked a second time.
"""

import re
from typing import Final

MASK: Final = "[masked]"

MARK: Final = re.compile(r"\[masked(?::[a-z0-9_]{1,40})?\]")
"""Any mark, with or without the kind of secret."""

RESERVED: Final = "… [masked] [masked:] (link: ) (image: ) [1,234 characters left out] …"
"""Our own words. Whatever is a part of them cannot be registered as a secret: it would mask the marks."""


def mark(kind: str) -> str:
    """The mark of a secret of a known kind, e.g. `[masked:github_token]`."""
    return f"[masked:{kind}]"


def is_mark(text: str) -> bool:
    """True when the text is one mark and nothing else."""
    return MARK.fullmatch(text) is not None
