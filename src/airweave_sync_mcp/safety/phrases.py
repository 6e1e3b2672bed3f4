"""Masks secrets that a sentence announces without a separator: `invalid token 4f5e...`, `using password "x"`,
`Bearer x`. The same words with no secret behind them (`Bearer token has expired`) stay."""

import base64
import re
from typing import Final

from airweave_sync_mcp.safety.marks import MARK, MASK
from airweave_sync_mcp.safety.values import looks_random, tells_cause, transitions

# Searched in the lower-case text: a pattern that ignores case is five times slower. Each alternative begins with a
# letter, and not with a group: then the search skips all others.
_ANNOUNCED: Final = re.compile(
    r"""(?P<word>pass(?:word|phrase|code)|pw(?<![a-z\d_]pw)d?|secret|token|api[ _-]?key|access[ _-]key|private[ _-]key
        |signing[ _-]key|secret[ _-]key|credentials?|bearer|basic|ssws|session)
    (?:\ (?:id|key|value|provided|supplied|given|used|sent|received|is|was|of|with|starting\ with|ending\ in
        |ending\ with)){0,2}
    (?:[:=]?\ {1,2}|%20|\+)[(\[]?
    (?P<quote>\\{0,3}["'`]|)""",
    re.VERBOSE,
)
_SAID: Final = re.compile(r" (?:is|was|provided|supplied|given|used)\b|[:=]")
_CHOSEN: Final = ("pass", "pw")
"""How words begin for what a person chose."""
_WITH: Final = re.compile(r"\b(?:with|using|and|user|by)\ (?:the\ |its\ )?\Z")
# Digits are a number of something unless a word before says what they open.
_ONE_TIME: Final = re.compile(
    r"""code(?:[ ](?:is|was|of))?[ ]?[:=]?[ ]?["']?(?<=[:= "'])(?P<digits>\d{4,10}|\d{3}[ -]\d{3})(?![\w.])""",
    re.VERBOSE | re.ASCII,
)
_OPENING: Final = re.compile(
    r"(?:verification|security|confirmation|one-time|login|sign-in|access|backup|recovery|2fa|mfa|sms|otp)[ -]\Z"
)
_QUOTED: Final = re.compile(r"""[^"'`\n\\]{1,400}+""")
_WORD: Final = re.compile(r"[A-Za-z0-9+/=_.~:-]{4,}+")

# `mysql -psecret`, `redis-cli -a secret`, `curl -u user:secret`
_SHORT_FLAG: Final = re.compile(
    r"""\b((?:(?:mysql|mariadb)\w{0,10}|sshpass|mongo\w{0,8}|docker\ login)\b[^\n|;]{0,200}?\ -p\ ?
        |redis-cli\b[^\n|;]{0,200}?\ -a\  | ldap\w{2,10}\b[^\n|;]{0,200}?\ -w\  | (?:curl|wget)\b[^\n|;]{0,200}?\ -u\ )
    (?!\[masked)(?=[^\s-]) ('[^'\n]{1,200}'|"[^"\n]{1,200}"|[^\s'"]{1,200})""",
    re.VERBOSE,
)


def mask_phrases(text: str) -> str:
    """Text with announced secrets masked. Only what looks random counts, or what is quoted behind `password`."""
    text = _mask_one_time(text) if "code" in text else text
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow in lower case; positions would not fit
        lowered = text
    kept: list[str] = []
    done = 0
    for found in _ANNOUNCED.finditer(lowered):
        if found.end() < done:
            continue
        value = (_QUOTED if found["quote"] else _WORD).match(text, found.end())
        closed = value is not None and text[value.end() : value.end() + 1] in {'"', "'", "`", "\\"}
        before = lowered[max(0, found.start() - 16) : found.start()]
        if value and _is_announced(found, value[0], before, closed=closed):
            secret = value[0].rstrip(".:")
            kept += [text[done : value.start()], MASK]
            done = value.start() + len(secret)
    text = "".join([*kept, text[done:]]) if kept else text
    short_flag = any(flag in text for flag in (" -p", " -a ", " -w ", " -u "))
    return _SHORT_FLAG.sub(rf"\1{MASK}", text) if short_flag else text


def _mask_one_time(text: str) -> str:
    kept: list[str] = []
    done = 0
    for found in _ONE_TIME.finditer(text):
        if _OPENING.search(text[max(0, found.start() - 14) : found.start()].lower()):
            kept += [text[done : found.start("digits")], MASK]
            done = found.end()
    return "".join([*kept, text[done:]]) if kept else text


def _is_announced(found: re.Match[str], value: str, before: str, *, closed: bool) -> bool:
    if MARK.match(value) or tells_cause(value):
        return False
    if found["word"].startswith(_CHOSEN):
        said = _SAID.search(found[0]) or _WITH.search(before)
        if closed if found["quote"] else said and (_is_mixed(value) or _is_disordered(value)):
            return True
    if (found["quote"] and " " in value) or "=" in value.rstrip("="):
        return False  # a sentence, another assignment
    if found["word"] == "bearer" and "=" not in value and len(value) >= 6 and not value.isalpha():
        return True
    return looks_random(value, 8 if found["quote"] else 10) or (found["word"] == "basic" and _is_login(value))


def _is_mixed(value: str) -> bool:
    return len(value) >= 6 and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _is_disordered(value: str) -> bool:
    """True for letters of both cases as no name has them."""
    return (
        len(value) >= 6
        and value.isalpha()
        and not value.isupper()
        and (transitions(value) >= 0.45 or (value[-1].isupper() and value[-2].islower()))
    )


def _is_login(value: str) -> bool:
    """True for the Base64 of `user:password`, however short."""
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("ascii")
    except ValueError:
        return False
    return ":" in decoded and decoded.isprintable()
