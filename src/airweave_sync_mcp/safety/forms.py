"""Masks secrets that a form gives away: URLs with a login, values in validation and SQL errors, e-mail addresses,
half-masked keys, card numbers, and long strings that nobody would have written."""

import re
from collections.abc import Callable
from typing import Final

from airweave_sync_mcp.safety.marks import MASK, is_mark, mark
from airweave_sync_mcp.safety.values import UUID, transitions

# pydantic: the rejected value may be a password. Cut texts end before `, input_type=`.
_INPUT_VALUE: Final = re.compile(r"(input_value=)((?>(?:(?!, input_type=)[^\n]){1,2000}))(, input_type=|(?=\n)|\Z|)")

# SQLAlchemy and Postgres repeat the values of the row. Ids stay: they tell which object it was.
_SQL_PARAMETERS: Final = re.compile(
    r"""(\[parameters: )"""
    r"""((?>(?:'(?>(?:[^'\\\n]|\\.){0,4000})'|"(?>(?:[^"\\\n]|\\.){0,4000})"|[^'"\]\n]){0,4000}))"""
    r"""(\]|['"][^\n]{0,4000}+)?"""
)
_SQL_STRING: Final = re.compile(r"""('(?>(?:[^'\\]|\\.)*)'|"(?>(?:[^"\\]|\\.)*)")(\s?:)?""")
_KEY_DETAIL: Final = re.compile(
    r"(Key \([^()\n]{1,300}\)=\()((?:(?!Key \()[^\n]){1,1000}?)"
    r"(\)(?= (?:already|is|conflicts|does)|[.\n]|\Z)|(?=\n|\Z))"
)
_ROW_DETAIL: Final = re.compile(r"(Failing row contains \()([^\n]{1,4000}?)(\)\.?(?=\n|\Z)|(?=\n|\Z))")

_LOGIN: Final = re.compile(
    r"""(:(?:\\?/){2})(?!\[(?!masked))"""
    r"""(?:(?P<user>[^\s/:@"'<>?#\\]{0,200})(?P<colon>:)(?!\d{1,5}(?:[/?#\s"'<>]|\Z))"""
    # An @ belongs to the password if no host follows it but another @ does.
    r"""(?P<password>[^\s"'<>@]{0,300}(?:@(?!(?:[\w-]+\.)+[\w-]+(?:[:/?#]|\Z)|[\w-]+:\d)[^\s"'<>@]{0,200}(?=@))*)"""
    r"""|(?P<only>[^\s/:@"'<>?#]{1,300}))@"""
)
_ENCODED_LOGIN: Final = re.compile(
    r"(%3A%2F%2F(?>(?:[\w.~+-]|%(?!40|2F|3A))*)%3A)((?>(?:[\w.~+!*-]|%(?!40|2F))+))(?=%40)", re.IGNORECASE
)

_HIDDEN_PART: Final = re.compile(r"[*•●.…](?:(?<=\*)\*{2,}|(?<=[•●])[•●]{2,}|(?<=\.)\.{2,}|(?<=…))")
_KEY_HEAD: Final = re.compile(
    r"(?:[srp]k[-_]|gh[pousr]_|github_pat_|glpat-|pat-|xox[a-z]-|AKIA|ASIA|AIza|ntn_|secret_|shpat_)[\w-]{0,24}\Z"
)
_SHOWN_PART: Final = re.compile(r"[\w-]{0,60}+")
_WORD_CHARS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
_AT: Final = re.compile(r"@|%40")
_DOMAIN: Final = re.compile(r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w@])")
_LOGIN_PAIR: Final = re.compile(r"""(?:\A|[\s"'(<=,;\[])([\w.+-]{1,64}):([^\s:@/"'<>]{3,64})\Z""")
_ADDRESS_WORDS: Final = frozenset({"mailto", "email", "e-mail", "mail", "user", "from", "to", "cc", "acct", "sip"})
_NOBODY: Final = frozenset({"git", "hg", "svn"})
"""Accounts that everybody has: `git@github.com:acme/web.git` is where a repository is."""
_LOCAL_PART: Final = re.compile(r"[\w.%+'-]{0,63}[\w%+-]\Z")
_CARD: Final = re.compile(r"[2-6](?<![\w.-][2-6])\d(?>(?:[ -]?\d){11,17})(?![\w-])")
_CARD_NUMBER: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}"
)
_LONG: Final = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_=-]{32,}+")
_THING: Final = "(?:file|folder|document|spreadsheet|presentation|drive|item|page|record|object|message|event|calendar)"
_ID_FOLLOWS: Final = re.compile(rf"d|(?:{_THING}|site|list|block|thread)s?")
"""The part of a path before an id."""
_NAMES_ID: Final = re.compile(
    rf"""(?:\b{_THING}(?:[ _-]?id)?|(?<!secret )(?<!secret-)(?<!session )(?<!session-)\bid|\b{_THING}\ not\ found)
    ["']?[ ]?[:=]?[ ]?["'`(]?\Z""",
    re.VERBOSE | re.IGNORECASE,
)
"""What stands before an id: `File 1aB... not found`, `fileId=1aB...`."""
_ID: Final = re.compile(r"[\w-]{20,200}")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_RUN: Final = re.compile(r"[A-Za-z0-9]{12,}")


def mask_validation(text: str) -> str:
    """The rejected value in `input_value=...` of pydantic; its type stays."""
    if "input_value=" in text:
        text = _INPUT_VALUE.sub(lambda m: m[1] + MASK + m[3], text)
    return text


def mask_sql(text: str) -> str:
    """Values in `[parameters: ...]`, `Key (x)=(y)` and `Failing row contains (...)`, but for ids and numbers."""
    if "[parameters: " in text:
        text = _SQL_PARAMETERS.sub(_parameters, text)
    if "Key (" in text:
        text = _KEY_DETAIL.sub(lambda m: m[1] + _row(m[2]) + m[3], text)
    if "Failing row" in text:
        text = _ROW_DETAIL.sub(lambda m: m[1] + _row(m[2]) + m[3], text)
    return text


def _parameters(match: re.Match[str]) -> str:
    def keep_ids(string: re.Match[str]) -> str:
        inner = string[1][1:-1]
        return string[0] if string[2] or UUID.fullmatch(inner) or is_mark(inner) or not inner else f"'{MASK}'"

    tail = match[3] or ""
    return match[1] + _SQL_STRING.sub(keep_ids, match[2]) + (tail if tail in {"", "]"} else MASK)


def _row(values: str) -> str:
    def judged(value: str) -> str:
        value = value.strip()
        harmless = (
            UUID.fullmatch(value)
            or is_mark(value)
            or value in {"null", "t", "f", "..."}
            or re.fullmatch(r"[\d :.+-]{1,40}", value)
        )
        return value if harmless else MASK

    return ", ".join(judged(value) for value in values.split(", "))


def mask_logins(text: str) -> str:
    """The login in `scheme://user:password@host` and in its percent-encoded form; scheme and host stay."""
    if "://" in text or ":\\/\\/" in text:
        text = _LOGIN.sub(_login, text)
    return _ENCODED_LOGIN.sub(rf"\1{MASK}", text) if "%40" in text else text


def _login(match: re.Match[str]) -> str:
    if match["colon"] is None:
        user = match["only"]
        return match[0] if is_mark(user) or re.fullmatch(r"[a-z]{1,16}|\*+", user) else f"{match[1]}{MASK}@"
    user, password = match["user"], match["password"]
    user = user if re.fullmatch(r"[A-Za-z_]{0,16}", user) or is_mark(user) else MASK
    return f"{match[1]}{user}:{password if not password or is_mark(password) else MASK}@"


def mask_half_masked(text: str) -> str:
    """Keys that the sender masked only in part (`sk-proj-****xYz1`): what is left of them narrows the search."""
    if "***" not in text and "..." not in text and not any(c in text for c in "•●…"):
        return text
    kept: list[str] = []
    done = 0
    for hidden in _HIDDEN_PART.finditer(text):
        before = text[max(done, hidden.start() - 60) : hidden.start()]
        start = hidden.start() - len(before) + len(before.rstrip(_WORD_CHARS + "."))
        if hidden[0][0] in ".…" and not _KEY_HEAD.search(before):
            continue  # an ordinary ellipsis
        shown = _SHOWN_PART.match(text, hidden.end())
        end = shown.end() if shown else hidden.end()
        if any(c.isalnum() for c in text[start:end]):
            kept += [text[done:start], MASK]
            done = end
    return "".join([*kept, text[done:]]) if kept else text


def mask_emails(text: str) -> str:
    """`jane@example.com` becomes `j…@example.com`: the domain tells enough about the account. A password before it
    (`jane:secret@db.example.com`) goes whole."""
    if "@" not in text and "%40" not in text:
        return text
    kept: list[str] = []
    done = 0
    for at in _AT.finditer(text):
        before = text[max(done, at.start() - 130) : at.start()]
        if _DOMAIN.match(text, at.end()) and (hidden := _account(before)):
            kept += [text[done : at.start() - len(hidden[0])], hidden[1]]
            done = at.start()
    return "".join([*kept, text[done:]]) if kept else text


def _account(before: str) -> tuple[str, str] | None:
    """What stands before an @ and what it becomes. None where a URL's login had its turn, or nothing is there."""
    words = before.rsplit(maxsplit=1)
    start = max(len(before) - len(words[-1]) - 1, 0) if words else 0
    pair = _LOGIN_PAIR.search(before, start) if ":" in before else None
    if pair and pair[1].lower() not in _ADDRESS_WORDS and pair[2] not in _NOBODY and not is_mark(pair[2]):
        return pair[2], MASK
    local = _LOCAL_PART.search(before, start)
    if not local or local[0] in _NOBODY or before.endswith("//" + local[0]):
        return None
    return local[0], f"{local[0][0] if len(local[0]) > 1 else ''}…"


def mask_cards(text: str) -> str:
    """Payment card numbers: known lengths and first digits, right check digit."""
    return _CARD.sub(lambda m: mark("card") if _is_card(m[0]) else m[0], text)


def _is_card(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    if not _CARD_NUMBER.fullmatch("".join(map(str, digits))):
        return False
    doubled = [d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def mask_long(text: str) -> str:
    """Strings of 32 or more characters without order. Hex digests (commits, checksums), UUIDs and names stay."""
    return _LONG.sub(_long, text)


def _long(match: re.Match[str]) -> str:
    whole = match[0]
    parts = whole.split("/")
    ids = _ids_in_path(parts)
    if _is_called_id(match):
        return whole
    aws_length = len(whole) == 40  # AWS secret keys: a slash may stand anywhere in them
    if not ids and _is_noise("".join(parts)) and (aws_length or all(len(p) < 3 or _mixed(p) for p in parts)):
        return MASK
    if len(parts) == 1:
        return whole
    return "/".join(MASK if len(p) >= 32 and at not in ids and _is_noise(p) else p for at, p in enumerate(parts))


def _ids_in_path(parts: list[str]) -> set[int]:
    """Where ids stand in a path: behind the name of what they are the id of, and behind names only."""
    plain = next((at for at, part in enumerate(parts) if _mixed(part)), len(parts) - 1)
    places = range(2, plain + 1)
    return {at for at in places if _ID_FOLLOWS.fullmatch(parts[at - 1]) and _ID.fullmatch(parts[at])}


def _is_called_id(match: re.Match[str]) -> bool:
    """`File 1aB... not found`, `id=1aB...`"""
    name, _, value = match[0].partition("=")
    if value.strip("="):
        return bool(_ID.fullmatch(value) and _NAMES_ID.search(f"{name}="))
    before = match.string[max(0, match.start() - 40) : match.start()]
    return bool(_ID.fullmatch(match[0]) and _NAMES_ID.search(before))


def _mixed(part: str) -> bool:
    return transitions(part) >= 0.3 and any(c.isupper() for c in part) and any(c.islower() or c.isdigit() for c in part)


def _is_noise(text: str) -> bool:
    """True for letters and digits in a disorder that names do not have."""
    if len(text) < 32 or _HEX.fullmatch(text) or UUID.search(text) or not any(c.isdigit() for c in text):
        return False
    run = max(_RUN.findall(text), key=len, default="")
    if not run or _HEX.fullmatch(run):
        return False
    return transitions(run) >= (0.33 if any(c.isdigit() for c in run) else 0.42)


STEPS: Final[tuple[Callable[[str], str], ...]] = (
    mask_half_masked,
    mask_emails,
    mask_cards,
    mask_long,
)
"""What is left to do when shapes and names have had their turn, in this order."""
