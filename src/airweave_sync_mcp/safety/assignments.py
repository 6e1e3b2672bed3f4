"""Masks the value behind a name that announces a secret, in whatever notation: env, YAML, JSON, Python, header,
URL query, XML, command line, connection string, prose.

A small scanner and not one regular expression: a value may be quoted, escaped, nested, encoded or cut off, and each
case stays readable this way. Every look ahead is bounded, so that the time grows with the text only.
"""

import re
from typing import Final, NamedTuple

from airweave_sync_mcp.safety.marks import MARK, MASK, is_mark
from airweave_sync_mcp.safety.names import Holds, what_it_holds, worth_a_look
from airweave_sync_mcp.safety.values import PLAIN_WORD, UUID, looks_random, tells_cause

_LOOK_AHEAD: Final = 8_000
"""How far the end of a quoted value is looked for, in characters."""
_LOOK_INTO: Final = 2_000
"""The same for a nested one, which costs more."""

_NAMED: Final = re.compile(
    r"""\b(?P<name>[\w$-]{1,256}+)(?P<closed>(?>(?:\\{0,7}["'`\]]|%22|%27|&quot;){0,3}))\s{0,4}+"""
    r"""(?:(?P<assign>=>|[:=]=|[=＝]|%(?:25)?3[dD])|(?P<colon>[:：](?![/:])|%(?:25)?3[aA](?!%2[fF])|>(?=[^\s<>])))"""
)
_FLAG: Final = re.compile(r"(?P<assign>-(?<![\w-]-)-?)(?P<name>[A-Za-z][\w-]{1,40}+) +(?=[^\s-])")
_PAIR: Final = re.compile(
    r"""(?:name|key)["']?\s{0,2}[:=]\s{0,2}["'](?P<name>[\w.-]{1,64}+)["'](?:\s{0,8},\s{0,8}["']?|\s{1,8})"""
    r"""value["']?\s{0,2}(?P<assign>[:=])"""
)
_TUPLE: Final = re.compile(r"""["'](?P<name>[\w-]{2,64}+)["']\s?,(?P<colon>)(?=\s{0,2}b?["'])""")
_ELEMENT: Final = re.compile(
    r"""<(?:[\w-]{1,40}+:)?(?P<name>[\w-]{1,64}+)(?:\s[^<>]{1,300}+)?(?P<assign>>)\s{0,40}+(?:<!\[CDATA\[)?(?=[^\s<])"""
)
_ESCAPED: Final = re.compile(
    r"""["'](?P<name>(?>(?:[\w$-]|\\{1,4}(?:u00|x)[0-9a-fA-F]{2}){1,64}))(?P<closed>\\{0,7}["'])\s{0,4}(?P<assign>:)"""
)
"""A name in JSON with escapes in it, which every reader of JSON undoes."""
_REJECTED: Final = re.compile(r"""["'](?P<name>input)["'](?P<closed>) ?(?P<colon>:)""")
"""The rejected value in pydantic's and FastAPI's JSON errors, which also tell its place in `loc`."""

_GAP: Final = re.compile(r"[ ]{0,8}(?:\n {0,16})?")
_OPENING: Final = re.compile(
    r"""(?:[bBuUrRfF]{1,2}(?=\\{0,7}["']))?(\\{0,7}(?:\"{3}|'{3}|["'])|%22|%27|&quot;|&\#39;|&\#x27;|[“‘])"""
)
_CLOSING: Final = {"“": "”", "‘": "’"}
_NEXT_NAME: Final = r"""(?:amp;)?[\w.$-]{1,64}+["'\\]{0,2}\s?(?:=|:|%3[dD])"""
_BARE: Final = re.compile(
    rf"""(?>(?:{MARK.pattern}|"""
    r"""[^\s"'<>,;&|(){}\[\]\\`]"""
    rf"""|<(?=\w)(?!{_NEXT_NAME})|[,;&|(){{}}\["'`](?=[\w@\#$%^*+/!~-])(?!{_NEXT_NAME})"""
    r"""|\](?=[\w@\#$%^*+/!~-])"""
    rf"""|\\(?!["'nrt])|\\[nrt](?=[\w@\#$%^*+/!~-])(?!{_NEXT_NAME}))+)"""
)
_UP_TO_SEMICOLON: Final = re.compile(r"[^;\n\"'<>&=]{1,100}(?=;\s?[A-Za-z][\w ]{1,30}=)")
"""In connection strings a value may have blanks."""
_WORD_FOLLOWS: Final = re.compile(r" \w")
_ANOTHER_NAME: Final = re.compile(r"[\w)][=:]")
_LINE: Final = re.compile(r"""(?>(?:[^\n"'\\]|\\(?![rn])){0,2000})""")
_NESTED: Final = re.compile(r"""[\[\](){}]|"(?:[^"\\\n]|\\.){0,4000}"|'(?:[^'\\\n]|\\.){0,4000}'""")
_ENCODED_END: Final = re.compile(r"%(?:25)?(?:26|23|20|22|27)")
_ELEMENT_END: Final = re.compile(r"[^<]{1,2000}+")
_ESCAPE: Final = re.compile(r"\\{1,4}(?:u00|x)([0-9a-fA-F]{2})")
_ESCAPE_TOUCHED: Final = re.compile(r"u00[2-7][0-9a-fA-F]")
_COMMAND_FOLLOWS: Final = re.compile(
    r"""\S{1,200}[ ]{1,4}(?:[a-z][\w./-]{0,60}[ ]-{1,2}\w|&&|(?:\S{0,60}/)?(?:psql|pg_\w{2,12}|mysql\w{0,8}|redis-cli
    |mongo\w{0,8}|curl|wget|python\d?|node|java|docker|kubectl|ssh|rsync|git|sudo|env)[ ])""",
    re.VERBOSE,
)
"""`PGPASSWORD=x psql -h db1`: a shell gives a variable to one command only."""
_SCHEME: Final = re.compile(
    r"(?:bearer|basic|token|api-?key|digest|negotiate|ntlm|aws4-hmac-sha256|sharedkey(?:lite)?|oauth|googlelogin"
    r"|dpop|jwt|mac|hawk|zoho-oauthtoken|klaviyo-api-key|geniekey|ssws|splunk|key|discogs|pveapitoken)"
    r"(?:\s+|%20|(?=\[masked))",
    re.IGNORECASE,
)
_TO_QUOTE: Final = re.compile(r"[^\n']{0,4000}+")
_PARAMETERS: Final = re.compile(r"(?:digest|aws4|sharedkey|oauth|googlelogin|mac|hawk)", re.IGNORECASE)
_URL_HOST: Final = re.compile(r"""([A-Za-z][\w+.-]{1,20}://[^/\s?#"'<>]{0,255})([/?#][^\s"'<>]*+)""")
_TWO_WORDS: Final = re.compile(
    r"(?:api|access|account|private|secret|signing|encryption|license|subscription|master|ssh|shared|service|auth"
    r"|connection)[ ]$",
    re.IGNORECASE,
)
_CODE: Final = re.compile(r"(?:self|cls|await|response|request|settings|os|config)\b(?:[.]|$)|[A-Za-z_][\w.]{0,60}\(")
"""An expression in a line of source, as tracebacks show them."""

_NAMED_KEY: Final = re.compile(r"key|token|secret")
_IDENTIFIER: Final = re.compile(r"[_-]|[a-z][A-Z]")
_MASKED: Final = re.compile(rf""" ?(?:{MARK.pattern}(?=\s|\Z)|(["']){MARK.pattern}\1(?!\1))""")
"""A value that is a mark and nothing else: whatever the name says, there is nothing to do."""

_PLACEHOLDER: Final = re.compile(r"<[A-Za-z_ .-]{1,40}>?|\$?\{{1,2}[\w .-]{1,60}\}{0,2}")


class _Edit(NamedTuple):
    start: int
    end: int
    new: str


class _Site(NamedTuple):
    """Where a value begins and what is known of it."""

    at: int
    holds: Holds
    name: str
    assigned: bool = True
    """Behind `=`, a quoted key or a flag; else behind a colon in what may be prose."""
    encoded: bool = False
    """Percent-encoded, so that `%26` ends it."""
    line_start: bool = False
    """The name is the first word of its line, or of a message behind a colon."""
    alone: bool = False
    """No further word follows the value: then it is no sentence about it."""
    listed: bool = False
    """Name and value are neighbours in a list, as headers are; or two names are."""
    element: bool = False
    """Between the tags of an element, where it ends with the next tag."""


def mask_assignments(text: str) -> str:
    """Text with the values of secret-ish names masked; names, quotes, and words that tell a cause stay."""
    text = _apply(text, _NAMED)
    if "-" in text:
        text = _apply(text, _FLAG)
    if "value" in text:
        text = _apply(text, _PAIR)
    if "</" in text:
        text = _apply(text, _ELEMENT)
    if "\\u00" in text or "\\x" in text:
        text = _apply(text, _ESCAPED)
    if '"loc"' in text or "'loc'" in text:
        text = _apply(text, _REJECTED)
    return _apply(text, _TUPLE) if "'," in text or '",' in text or "' ," in text else text


def mask_named(name: str, value: str) -> str:
    """The value of a field of structured data: masked as a whole if the field's name announces a secret."""
    holds = what_it_holds(name)
    if holds in {None, Holds.ADDRESS} or not _is_secret(value, _Site(0, holds or Holds.MAYBE, name)):
        return value
    return MASK


def _apply(text: str, notation: re.Pattern[str]) -> str:
    kept: list[str] = []
    done = position = 0
    while found := notation.search(text, position):
        position = found.end()
        looked_at = (worth_a_look(_name(found)) or notation is _REJECTED) and not _MASKED.match(text, position)
        site = _site(text, found) if looked_at else None
        edit = _edit(text, site) if site else None
        if edit:
            kept += [text[done : edit.start], edit.new]
            done = position = edit.end
    return "".join([*kept, text[done:]]) if kept else text


def _name(found: re.Match[str]) -> str:
    name = found["name"]
    return _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), name) if found.re is _ESCAPED else name


def _site(text: str, found: re.Match[str]) -> _Site | None:
    name, start = _name(found), found.start("name")
    before = text[start - 1 : start]
    groups = found.groupdict()
    assign, colon = groups.get("assign"), groups.get("colon")
    escape = ""
    if before == "%":  # %3Ftoken%3D...: the name begins behind the escape
        escape, name = name[:2].upper(), name[2:]
    elif before == "\\" and _ESCAPE_TOUCHED.match(name):  # \\u0026token=...: so does Go write & in JSON
        escape, name = name[3:5].upper(), name[5:]
    if colon == ">" and before != "<":
        return None
    if not assign and before in {"/", "@"} and not escape:
        return None  # the end of a path, the tag of an image
    in_query = before in set("?&;#$") or escape in {"3F", "26", "23"} or name[:2] in {"3F", "26"}
    holds = Holds.PASSWORD if found.re is _REJECTED else what_it_holds(name, in_query=bool(assign) and in_query)
    if holds is None or holds is Holds.MAYBE:
        two_words = name.lower() in {"key", "keys", "string"} and _TWO_WORDS.search(text[max(0, start - 16) : start])
        holds = Holds.SECRET if two_words else holds
    if holds is None:
        return None
    lead = text[max(0, start - 64) : start].rpartition("\n")[2].rstrip(" -")
    line_start = (not lead or lead.endswith(":")) and found.re is not _ELEMENT
    at = found.end()
    gap = _GAP.match(text, at) if colon else None
    at = gap.end() if gap else at + len(text[at : at + 4]) - len(text[at : at + 4].lstrip(" "))
    assigned = bool(assign) or bool(groups.get("closed")) or colon == ">"
    return _Site(
        at,
        holds,
        name,
        assigned,
        "%" in (assign or colon or ""),
        line_start,
        listed=colon == "",
        element=found.re is _ELEMENT,
    )


def _edit(text: str, site: _Site) -> _Edit | None:
    """What to replace, None where the value is no secret or already masked."""
    at = site.at
    if marked := MARK.match(text, at):
        rest = _bare_value(text, marked.end(), site)
        return _Edit(at, marked.end() + len(rest), MASK) if rest else None
    if opening := _OPENING.match(text, at):
        return _quoted(text, opening, site)
    if text[at : at + 1] in {"{", "[", "("} and site.assigned:
        return _nested(text, site)
    return _bare(text, site)


def _quoted(text: str, opening: re.Match[str], site: _Site) -> _Edit | None:
    start = opening.end()
    end = _closing(text, start, _CLOSING.get(opening[1], opening[1]))
    return _replaced(text, start, end, site._replace(assigned=True))


def _closing(text: str, start: int, delimiter: str) -> int:
    """Where the quoted value ends; one that was cut off ends with its line."""
    line_end = _line_end(text, start)
    stop = start + _LOOK_AHEAD if len(delimiter) == 3 else line_end
    at = text.find(delimiter, start, stop)
    while at >= 0:
        before = text[max(start, at - 16) : at]
        slashes = len(before) - len(before.rstrip("\\"))
        doubled = at > start and len(delimiter) == 1 and text.startswith(delimiter, at + 1)
        if slashes % 2 == 0 and not doubled and not (slashes and delimiter[0] == "\\"):
            return at
        at = text.find(delimiter, at + 1 + doubled, stop)
    return line_end


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start, start + _LOOK_AHEAD)
    return min(len(text), start + _LOOK_AHEAD) if end < 0 else end


def _nested(text: str, site: _Site) -> _Edit | None:
    """A list or mapping as value. A mapping under a common word (token, auth) is looked into by its own keys."""
    name = site.name.lower()
    whole = site.holds in {Holds.PASSWORD, Holds.COOKIE} or "cred" in name or "secret" in name
    if site.holds in {Holds.MAYBE, Holds.QUERY, Holds.ADDRESS} or (text[site.at] == "{" and not whole):
        return None
    depth, strings, end = 0, list[str](), -1
    for part in _NESTED.finditer(text, site.at, site.at + _LOOK_INTO):
        piece = part[0]
        if piece[0] in "\"'":
            strings.append(piece[1:-1])
            continue
        depth += 1 if piece in "[({" else -1
        if depth == 0:
            end = part.end()
            break
    if end < 0:
        return _Edit(site.at, _line_end(text, site.at), MASK)
    inner = text[site.at + 1 : end - 1]
    if not any(c.isalnum() for c in inner):
        return None
    harmless = all(tells_cause(s) or is_mark(s) for s in strings) if strings else tells_cause(inner)
    return None if harmless else _Edit(site.at, end, MASK)


def _bare(text: str, site: _Site) -> _Edit | None:
    at = site.at
    if site.holds is Holds.HEADER and (scheme := _SCHEME.match(text, at)):
        credentials = (_TO_QUOTE if _PARAMETERS.match(scheme[0]) else _BARE).match(text, scheme.end())
        end = credentials.end() if credentials else at
        secret = text[scheme.end() : end].rstrip(".,;:!?)]}")
        if not secret or secret.startswith("[masked") or tells_cause(secret) or _PLACEHOLDER.fullmatch(secret):
            return None
        return _Edit(scheme.end(), scheme.end() + len(secret), MASK)
    if site.holds is Holds.COOKIE and "=" in text[at : at + 100]:
        return _Edit(at, at + len(_line(text, at)), MASK)
    if long := _with_blanks(text, site):
        return _replaced(text, at, at + len(long), site)
    end = at + len(_bare_value(text, at, site).rstrip(".,;:!?)]}"))
    return _replaced(text, at, end, site._replace(alone=not _WORD_FOLLOWS.match(text, end)))


def _with_blanks(text: str, site: _Site) -> str:
    """The value where it may have blanks, because something else ends it; empty where a blank does."""
    at = site.at
    if site.element:
        inside = _ELEMENT_END.match(text, at)
        return inside[0].removesuffix("]]>").rstrip() if inside else ""
    if site.holds is Holds.PASSWORD and site.line_start and not _COMMAND_FOLLOWS.match(text, at):
        line = _line(text, at)
        if not _ANOTHER_NAME.search(line[:100]):
            return line
    spaced = _UP_TO_SEMICOLON.match(text, at) if site.assigned else None
    return spaced[0] if spaced else ""


def _line(text: str, at: int) -> str:
    """The rest of the line, or of the quoted string that it is in."""
    found = _LINE.match(text, at)
    return found[0].rstrip() if found else ""


def _bare_value(text: str, at: int, site: _Site) -> str:
    """What stands there up to a blank or a delimiter; a percent-encoded value also ends at an encoded delimiter."""
    found = _BARE.match(text, at)
    value = found[0] if found else ""
    return _ENCODED_END.split(value, maxsplit=1)[0] if site.encoded else value


def _replaced(text: str, start: int, end: int, site: _Site) -> _Edit | None:
    value = text[start:end]
    if site.holds is Holds.ADDRESS:
        url = _URL_HOST.match(value)
        if not url or url[2] in {"/", f"/{MASK}"}:
            return None
        return _Edit(start + url.end(1), start + url.end(), f"/{MASK}")
    if site.holds is Holds.HEADER and (scheme := _SCHEME.match(value)):
        start += scheme.end()
        value = text[start:end]
        site = site._replace(assigned=True)
    return _Edit(start, end, _mark_for(value)) if _is_secret(value, site) else None


def _mark_for(value: str) -> str:
    """The mark of a kind where the value already has exactly one, else the plain one."""
    marks = MARK.findall(value)
    return str(marks[0]) if len(marks) == 1 else MASK


def _is_secret(value: str, site: _Site) -> bool:
    harmless = not any(c.isalnum() for c in value) or is_mark(value) or _PLACEHOLDER.fullmatch(value)
    if harmless or tells_cause(value) or (site.listed and not looks_random(value, 6)):
        return False
    match site.holds:
        case Holds.PASSWORD:
            return not (site.assigned and _CODE.match(value))
        case Holds.CONNECTION:
            return "=" not in value and "://" not in value
        case Holds.MAYBE:
            return site.assigned and "/" not in value and looks_random(value, 12)
        case Holds.QUERY:
            return len(value) >= 16 or looks_random(value, 6)
        case _:
            return _is_machine_made(value, site)


def _is_machine_made(value: str, site: _Site) -> bool:
    if value.isdigit() and (len(value) <= (3 if site.assigned else 5) or site.name.lower().endswith("tokens")):
        return False  # a status, a port, a number of something
    if site.assigned:
        return not _CODE.match(value)
    if UUID.fullmatch(value):
        return _NAMED_KEY.search(site.name.lower()) is not None
    mixed = value.isalnum() and len(value) >= 6 and not value.isalpha()
    identifier = _IDENTIFIER.search(site.name) is not None
    return mixed or looks_random(value, 6) or (identifier and (site.alone or not PLAIN_WORD.fullmatch(value)))
