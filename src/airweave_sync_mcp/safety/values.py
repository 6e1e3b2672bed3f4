"""Judges a value that stands where a secret may stand: is it one, or a word that the diagnosis needs?"""

import re
from itertools import pairwise
from typing import Final

UUID: Final = re.compile(r"(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
PLAIN_WORD: Final = re.compile(r"[A-Za-z]{1,24}")

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.,]{2,20}(?:Z|[+-][\d:]{2,6})?)?")
_ERROR_CODE: Final = re.compile(r"[A-Z]{2,12}[-_]?\d{1,10}|\d{1,4}")
_NAME_PIECE: Final = re.compile(
    r"""[A-Za-z]?[a-z]* | [A-Z]+ | \d{1,4} | [A-Za-z]{0,3}\d{1,6} | [a-z]{2,20}\d{1,2}
    | [A-Z][a-z]+(?:[A-Z][a-z]+){1,5}""",
    re.VERBOSE,
)
_PIECES: Final = re.compile(r"[-_./:\\@ ]+")
_PUNCTUATION: Final = re.compile(r"[_\-.,;:!?'\"/|]+")
_SENTENCE_WORD: Final = re.compile(
    r"""["'(]{0,2}
    (?:[A-Za-z][a-z']*(?:[-/][A-Za-z]+)? | [A-Z]{1,8} | [A-Z]{2,12}\d{1,10} | \d{1,4})
    ["')]{0,2} [.,;:!?]{0,2}""",
    re.VERBOSE,
)

# What APIs say about a secret instead of the secret. A value made of these words only tells the cause and stays.
_CAUSE_TEXT: Final = """
    a able about absent accepted access account after again allowed already an and api app application are at auth
    authenticated authentication authorization authorized bad basic be bearer been before being blank browser but by
    byoc can cannot cant check client closed code config configured contact cookie could credential credentials
    custom default denied deprecated did digest direct disabled do does doesnt empty enabled endpoint error exceeded
    exist exists expired expires failed failure false field for forbidden format found from grant had has have http
    https id if in inactive incorrect insufficient internal invalid is issue issued it its key length limit limited
    locked login long malformed match matched mismatch mismatched missing must na need needed needs nil no none not
    null oauth oauth2 of on only or out page password permission permitted please private provide provided provider
    public rate reconnect refresh refreshed refused rejected renew request required reset response retry revoked
    rotate rotated scope scopes secret see server session short should signature sso state still string supplied
    supported suspended sync that the this time timeout to token tokens too true type unable unauthorised
    unauthorized unavailable undefined unexpected unknown unset unsupported used user username validation value
    verification verified was were when while will with wrong you your
"""
_CAUSE_WORDS: Final = frozenset(_CAUSE_TEXT.split())
"""What APIs say about a secret instead of the secret. A value made of these words tells the cause and stays."""


def transitions(text: str) -> float:
    """Share of neighbours of different class (lower, upper, digit): about 0.6 in random base62, 0.25 in names."""
    classes = ["d" if c.isdigit() else "l" if c.islower() else "u" for c in text]
    changes = sum(a != b for a, b in pairwise(classes))
    return changes / max(len(text) - 1, 1)


def looks_random(value: str, shortest: int = 8) -> bool:
    """True for what nobody would name a thing: letters mixed with digits, or letters of both cases without order.

    Names in pieces (finance-ops-h7935), UUIDs, dates and error codes are not random.
    """
    value = value.strip("=.,;:!?")
    if len(value) < shortest or UUID.fullmatch(value) or _DATE.fullmatch(value) or _ERROR_CODE.fullmatch(value):
        return False
    if all(_NAME_PIECE.fullmatch(piece) for piece in _PIECES.split(value)):
        return False
    if any(c.isdigit() for c in value) and any(c.isalpha() for c in value):
        return True
    letters = [c for c in value if c.isalpha()]
    return len(letters) >= 16 and transitions("".join(letters)) >= 0.35


def tells_cause(value: str) -> bool:
    """True for words that describe a problem (`expired`, `invalid_grant`, `AADSTS7000222`), alone or as a sentence."""
    value = value.strip()
    if not value or _ERROR_CODE.fullmatch(value):
        return not value or not value.isdigit()
    words = value.split()
    if len(words) == 1:
        return _CAUSE_WORDS.issuperset(part for part in _PUNCTUATION.split(value.lower()) if part)
    if not all(_SENTENCE_WORD.fullmatch(word) for word in words):
        return False
    known = sum(word.strip("\"'().,;:!?").lower().replace("'", "") in _CAUSE_WORDS for word in words)
    return known >= 2 and known * 3 >= len(words)
