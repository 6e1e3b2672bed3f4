"""From the raw error text to the part that tells the cause.

The platform wraps an error several times on its way into a job (dispatcher, handler, validation, exception
type), and quotes names of files, branches and values that may themselves sound like errors. Here the wrappers
come off and the names are blanked, without moving a character: `text`, `lower` and `masked` have the same
length, so that a match in one is evidence in the other. Pure text work, linear in a bounded input.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from airweave_sync_mcp.diagnosis.text import compiled

HEAD: Final = 16_000
TAIL: Final = 4_000
"""How much of a text is looked at, from its beginning and from its end, in characters."""

BLANK: Final = "·"


class Wrapper(StrEnum):
    """Layers the platform puts around an error; each tells where it happened."""

    DISPATCHER = "dispatcher"
    """Inside the destination handler: vector store, chunking, embedding, conversion."""
    DATABASE = "database"
    VALIDATION = "validation"
    """The platform puts it around refused logins only."""
    AUTH_PROVIDER = "auth_provider"
    TOKEN_SETUP = "token_setup"  # noqa: S105 - the name of a layer, not a secret
    SYNC = "sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """An error text without its wrappers.

    `masked` is `lower` with names, values and URL paths blanked. `types` are the exception class names that
    led the text, lower case, outermost first; `body` is where the words after them begin. `wrapped_in` quotes
    what was taken off, `also` what a second handler reported beside the first.
    """

    text: str
    lower: str
    masked: str
    types: tuple[str, ...]
    body: int
    wrappers: frozenset[Wrapper]
    wrapped_in: tuple[str, ...]
    also: str | None


_HANDLER: Final = r"[\w-]{1,60}(?:\[[^\]\n]{0,80}\])?"
_WRAPPERS: Final = (
    rf"(?P<dispatcher>\[\w{{0,20}}dispatch\w{{0,8}}\] (?:(?:handlers?|handler\(s\)"
    rf"|orphan cleanup) failed: ?(?:{_HANDLER}: ?)?"
    rf"|destination\[[^\]\n]{{0,80}}\](?: failed)? ?(?:->|=>|:) ?)"
    rf"|handler {_HANDLER} failed: ?)"
    r"|(?P<database>\[entitydispatcher\] postgresql failed: ?)"
    r"|(?P<auth_provider>validation failed for source '[^'\n]{0,80}': auth provider error: ?)"
    r"|(?P<validation>validation failed for source '[^'\n]{0,80}': credential validation failed: ?)"
    r"|(?P<token_setup>failed to create source '[^'\n]{0,80}': (?:token provider setup failed: ?)?)"
    r"|(?P<sync>validation failed (?:for|while [^:'\n]{0,60}) source '[^'\n]{0,80}': "
    r"|sync(?: job)? failed(?: with error)?: "
    r"|(?:unhandled exception|caused by|root cause): )"
)
"""Each group is named after its `Wrapper`."""
_MAX_LAYERS: Final = 8

_TYPE: Final = r"((?:[A-Za-z_]\w{0,60}\.){0,8})([A-Za-z_]\w{0,80})(?:: ?|:?\Z)"
_TYPE_ENDINGS: Final = (
    "error", "exception", "timeout", "warning", "group", "exit", "interrupt", "violation", "failure", "gone",
    "expired", "session", "token", "found", "forbidden", "unavailable", "requests", "unauthorized",
)  # fmt: skip
_SECOND_HANDLER: Final = rf", (?={_HANDLER}: [a-z]\w{{0,80}}(?:error|exception): )"

_MESSAGE_WORDS: Final = frozenset(
    {
        "answer", "answered", "as", "because", "body", "by", "cause", "class", "code", "description", "detail",
        "details", "error", "errors", "exception", "failed", "failure", "got", "is", "message", "missing", "output",
        "raised", "reads", "reason", "received", "replied", "responded", "response", "result", "returned", "said",
        "saying", "says", "status", "stderr", "text", "was", "with",
    }
)  # fmt: skip
"""Words before a quotation that is a message. After any other word it is a name: branch 'x', for file "y"."""

_EXTENSIONS: Final = (
    "pdf|docx?|pptx?|xlsx?|csv|tsv|txt|md|rtf|html?|xml|json|ya?ml|zip|tar|gz|png|jpe?g|gif|svg|mp[34]|mov|wav"
    "|eml|msg|odt|ods|odp|key|pages|numbers|py|js|ts|tsx|java|go|rs|rb|php|cpp|sql|log|ipynb|vsdx?|one|ics"
)
_NAME_LEADERS: Final = (
    r"\b(?:(?:down|up)load|pars|process|convert|chunk|embed|extract|index|open|read|sav|fetch|handl|sync)(?:ed|e"
    r"|ing)?\b"
    r"|\b(?:file|document|attachment|page|item|for|of|from|named|titled|called)\b"
)
_FILE_ENDING: Final = rf"(?<=[\w)\]·-])\.(?:{_EXTENSIONS})\b"
_MAX_NAME: Final = 160
_MAX_MASKS: Final = 400
"""Names blanked in one text; who quotes more than that is not telling an error."""
_DELIMITERS: Final = ":;\n'\"`(["
_SAME: Final = "\x00"
_WORD_ENDS: Final = " \n\t'\""


def unwrap(message: str) -> Unwrapped:
    """Take the wrappers off an error text and blank the names in what remains."""
    text = _without_frames(_bounded(message)).strip()
    lower = text.lower()
    start, position = 0, 0
    types: list[str] = []
    wrappers: list[tuple[Wrapper, str]] = []
    for _ in range(_MAX_LAYERS):
        if (layer := _wrapper_at(lower, position)) is not None:
            kind, end = layer
            wrappers.append((kind, text[position:end].strip()))
            start = position = end
        elif (named := _type_at(text, position)) is not None:
            name, position = named
            types.append(name)
        else:
            break
    kinds = frozenset(kind for kind, _ in wrappers)
    stop, also = len(text), None
    if Wrapper.DISPATCHER in kinds and (second := compiled(_SECOND_HANDLER).search(lower, start)):
        stop, also = second.start(), text[second.end() :]
    lower = lower[start:stop]
    return Unwrapped(
        text=text[start:stop],
        lower=lower,
        masked=mask_names(lower),
        types=tuple(types),
        body=min(position, stop) - start,
        wrappers=kinds,
        wrapped_in=tuple(quoted for _, quoted in wrappers),
        also=also,
    )


def _bounded(message: str) -> str:
    # U+0130 is the one character whose lower case is longer than itself: positions would shift.
    text = message if len(message) <= HEAD + TAIL else f"{message[:HEAD]}\n{message[-TAIL:]}"
    return text.replace("\u0130", "I").replace("\u2019", "'")


def _without_frames(text: str) -> str:
    """A traceback without its frames: source lines are full of words that are not the error's."""
    if "Traceback (most recent call last)" not in text:
        return text
    margin = compiled(_GROUP_MARGIN)
    lines = [margin.sub("", line, count=1) for line in text.splitlines()]
    told = [line for line in lines if line.strip() and not line.startswith(_FRAME)]
    inner = [line for line in told if not compiled(_GROUP_LINE).match(line)]
    return "\n".join(inner or told)


_GROUP_MARGIN: Final = r"^ {0,40}(?:\| ?|\+(?=[ -]) ?)"
_GROUP_LINE: Final = r"(?:[\w.]{1,80}\.)?(?:Base)?ExceptionGroup: "
"""An exception group says only how many it holds; the exceptions follow, behind a margin of bars."""
_FRAME: Final = (
    " ", "\t", "Traceback (", "Exception Group Traceback (", "During handling of", "The above exception was", "-+-",
    "---",
    "+-",
)  # fmt: skip


def _wrapper_at(lower: str, position: int) -> tuple[Wrapper, int] | None:
    match = compiled(_WRAPPERS).match(lower, position)
    return (Wrapper(match.lastgroup), match.end()) if match and match.lastgroup else None


def _type_at(text: str, position: int) -> tuple[str, int] | None:
    match = compiled(_TYPE).match(text, position)
    if match is None:
        return None
    module, name = match.groups()
    camel = name[0].isupper() and not name.isupper() and any(letter.isupper() for letter in name[1:])
    if not (module or camel or name.lower().endswith(_TYPE_ENDINGS)):
        return None
    return name.lower(), match.end()


def mask_names(lower: str) -> str:
    """Blank names and values in a lower-case text, keeping its length: nothing they say is the error's word."""
    masked = _mask_context(lower)
    masked = _mask_input_values(masked)
    for needle, pattern in _PLAIN_MASKS:
        if needle in masked:
            masked = compiled(pattern).sub(_blank_name, masked, count=_MAX_MASKS)
    if "'" in masked or '"' in masked or "`" in masked:
        masked = compiled(_QUOTED).sub(_blank_unless_message, masked, count=_MAX_MASKS)
    if "." in masked:
        masked = _mask_file_names(masked)
    return masked


_QUOTED: Final = r"(?<=[a-z_/-] )(?P<quote>['\"`])(?P<name>[^'\"`\n]{1,200})(?=['\"`])"
_PLAIN_MASKS: Final = (
    ("://", r"(?<=://)(?P<keep>[^/?\s'\"<>)]{0,255})(?P<name>[/?][^\s'\"<>]{0,2000})"),
    ("with url: /", r"(?<=with url: )(?P<keep>)(?P<name>\S{1,2000})"),
    ("keyerror: ", r"(?<=keyerror: )(?P<keep>)(?P<name>['\"(][^\n]{0,2000})"),
    ("=(", r"(?<==\()(?P<keep>)(?P<name>[^)\n]{1,2000})(?=\) (?:already exists|is not present|is still referenced))"),
    ("failing row contains", r"(?<=failing row contains )(?P<keep>)(?P<name>\([^\n]{0,2000})"),
    ("[parameters:", r"(?<=\[parameters:)(?P<keep>)(?P<name>[^\n]{1,2000})"),
    ("available branches", r"(?<=available branches: )(?P<keep>)(?P<name>[^\n]{1,2000})"),
    ("': '", r"(?<=(?:name|path|ject|anch|lder|page)': ')(?<!codename': ')(?P<keep>)(?P<name>[^'\n]{1,200})"),
)


def _blank_name(match: re.Match[str]) -> str:
    return match["keep"] + BLANK * len(match["name"])


def _blank_unless_message(match: re.Match[str]) -> str:
    end = match.start() - 1
    word = match.string[max(0, end - 40) : end].rsplit(maxsplit=1)[-1:]
    led_by = word[0].strip("([{:,;=") if word else ""
    return match[0] if led_by in _MESSAGE_WORDS else match["quote"] + BLANK * len(match["name"])


_CONTEXT_ENDS: Final = (("401", (" — ", " - credentials")), ("429", (". retry after",)), ("", (": ",)))


def _mask_context(lower: str) -> str:
    """Blank `while downloading <file>` after a status: the platform puts the bare file name there."""
    match = compiled(r"\((\d{3})(?: disguised)?\) while ").search(lower)
    if match is None:
        return lower
    for status, ends in _CONTEXT_ENDS:
        if status and status != match[1]:
            continue
        found = [position for end in ends if (position := lower.find(end, match.end())) >= 0]
        if found:
            return _blanked(lower, match.end(), min(found))
    return lower


def _mask_input_values(lower: str) -> str:
    """Blank the rejected values that pydantic quotes."""
    if "input_value=" not in lower:
        return lower
    lines = []
    for line in lower.split("\n"):
        begin = line.find("input_value=") + len("input_value=")
        end = line.rfind(", input_type=", begin)
        lines.append(_blanked(line, begin, end if end > 0 else len(line)) if "input_value=" in line else line)
    return "\n".join(lines)


def _mask_file_names(masked: str) -> str:
    """Blank `some name.pdf`, with the words before it back to the one that introduces a name."""
    endings = [ending.span() for ending in islice(compiled(_FILE_ENDING).finditer(masked), _MAX_MASKS)]
    if not endings:
        return masked
    words, phrases = _alike(masked, _WORD_ENDS), _alike(masked, _DELIMITERS)
    pieces: list[str] = []
    done = scanned = 0
    leader = (-1, -1)
    for dot, end in endings:
        earliest = max(0, dot - _MAX_NAME)
        word = max(earliest, words.rfind(_SAME, earliest, dot) + 1)
        stop = earliest + len(masked[earliest:word].rstrip(" "))
        phrase = max(earliest, phrases.rfind(_SAME, earliest, stop) + 1)
        for found in compiled(_NAME_LEADERS).finditer(masked, max(scanned, phrase), stop):
            leader = found.span()
        scanned = max(scanned, stop)
        begin = max(done, leader[1] if leader[0] >= phrase else word)
        if end > begin:
            pieces += (masked[done:begin], BLANK * (end - begin))
            done = end
    return "".join((*pieces, masked[done:]))


def _alike(text: str, marks: str) -> str:
    """The text with all these characters made the same one, which is found faster than each of them."""
    text = text.replace(_SAME, "x")
    for mark in marks:
        text = text.replace(mark, _SAME)
    return text


def _blanked(text: str, begin: int, end: int) -> str:
    return text[:begin] + BLANK * (end - begin) + text[end:]
