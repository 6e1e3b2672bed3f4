"""How it failed: an HTTP status in one of its forms, an exception class, or words everybody uses for it.

The tables serve texts nobody has seen yet; texts of the platform itself have rules of their own.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from airweave_sync_mcp.diagnosis import words
from airweave_sync_mcp.diagnosis import words_plain as plain
from airweave_sync_mcp.diagnosis.text import compiled, first_of, has_any
from airweave_sync_mcp.diagnosis.unwrap import Unwrapped


class Kind(StrEnum):
    """How it failed."""

    THROTTLED = "throttled"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    GONE = "gone"
    REDIRECT = "redirect"
    REJECTED = "rejected"
    """Another 4xx: the request itself was not accepted."""
    SERVER_ERROR = "server_error"
    NETWORK = "network"
    DNS = "dns"
    DNS_TEMPORARY = "dns_temporary"
    TLS = "tls"
    TLS_TEMPORARY = "tls_temporary"


PASSING: Final = frozenset(
    {Kind.THROTTLED, Kind.SERVER_ERROR, Kind.NETWORK, Kind.DNS, Kind.DNS_TEMPORARY, Kind.TLS, Kind.TLS_TEMPORARY}
)
"""Kinds that say "not now" rather than "no", where a service is asked whose address is known to be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A kind, where in the text it showed, and the HTTP status if it was one."""

    kind: Kind
    begin: int
    end: int
    status: int | None = None


_REASONS: Final = (
    r" (?:unauthorized|forbidden|not found|too many requests|internal server error|internal error|bad gateway"
    r"|service (?:temporarily )?unavailable|gateway time-?out|bad request|payment required|method not allowed"
    r"|not acceptable|request time-?out|conflict|gone|unprocessable|permission denied|unauthenticated"
    r"|resource_exhausted"
    r"|unavailable|authorization required|access denied|precondition|backend fetch failed|(?:client|server) error)\b"
)
_ENDS: Final = r" {0,3}(?:$|[-:,.;()}\]'\"<{|\n])"
_STATUS_FORMS: Final = (
    (r"(?:client error|server error|redirect response) '", r"\b"),
    (
        (
            r"(?:unauthorized|forbidden|not found|error|limited|redirect|failed|denied|unavailable|gone|request"
            r"|conflict|credentials|status|response|http|ratelimited|erreichbar|verfügbar|disponible|indisponible|') \("
        ),
        r"(?: disguised)?\)",
    ),
    (r"\bhttp(?:/[\d.]{1,3})?[ -]?(?:error|status|response)?[ -]?(?:code)?[ :=]{1,3}", r"\b"),
    (
        r"\b(?:error|status|response|http)[ _-]?(?:code)?['\"]?[ :=]{1,3}['\"]?",
        rf"(?:{_ENDS}| (?:on|for|from|while|when|after) )",
    ),
    (r"(?<!\w)", _REASONS),
    (r"<httperror ", r" when"),
    (r"\b\w{0,30}(?:error|exception)\(", r", ['\"]"),
    (r"(?:error occurred|[}\]]) \(", r"\)"),
    (r": ", r" after \d"),
    (r"\bcloudflare (?:error )?", r"\b"),
    (r"\b(?:unavailable|failed|error|failure|refused|rejected|response|answer):? ", _ENDS),
    (r"\bstatus=", r"\b"),
    (
        (
            r"\b(?:returned|responded with|answered|answered with|replied with"
            r"|failed with) (?:an? )?(?:unexpected )?(?:http )?"
            r"(?:status )?(?:code )?"
        ),
        (
            rf"(?:{_ENDS}| (?:for|while|from|on|after|when|response|error|to|with|and|at|once|twice|three|four|five"
            r"|several|every)\b)"
        ),
    ),
    (r"\b(?:got|received|gave|with) (?:an? )?(?:unexpected )?(?:http )?(?:status|code|response)(?: code)?:? ", ""),
    (r"(?<!\w)", r" (?:error )?(?:responses?|status)\b"),
    (r"\bapi error ", r"\b"),
    (r"\bunexpected (?:http )?(?:status )?", rf"(?:{_ENDS}| (?:from|response|error|while)\b)"),
    (r"(?:validation failed|access token): ", r" -"),
)
"""The forms in which an HTTP status is written: what stands before the number, and what after it."""
_HTTP_TYPE: Final = (
    r"\w{0,40}(?:client|handshake|contenttype|http|api|server|response)\w{0,20}(?:error|exception)"
    r"|notfound|forbidden|unauthenticated|unauthorized|badrequest|toomanyrequests|resourceexhausted|conflict"
    r"|\w{0,7}gateway\w{0,10}|serviceunavailable|internalservererror|deadlineexceeded|permissiondenied"
    r"|preconditionfailed"
)
"""`SomeError: 404, ...` is a status after any class, `HTTPError: 404 text` after one that speaks of HTTP."""
_BODY_FORM: Final = (r"['\"](?:code|status|status_?code|httpstatus|error_?code)['\"]: ?['\"]?", r"\b")
_NUMBER: Final = r"[3-5](?<!\d.)\d\d(?!\d)"  # what begins with its first character is found faster
_BEFORE: Final = 120
_AFTER: Final = 40
_MAX_NUMBERS: Final = 40
_PHRASE: Final = 30

_STATUS_KINDS: Final = {
    401: Kind.UNAUTHORIZED,
    402: Kind.FORBIDDEN,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    407: Kind.NETWORK,
    408: Kind.NETWORK,
    410: Kind.GONE,
    425: Kind.SERVER_ERROR,
    429: Kind.THROTTLED,
    440: Kind.UNAUTHORIZED,
    451: Kind.FORBIDDEN,
    498: Kind.UNAUTHORIZED,
    499: Kind.NETWORK,
}
_MAY_MEAN_THROTTLED: Final = frozenset({400, 403, 413, 503})
"""Vendors also throttle with these (GitHub, Google, Salesforce, Zoho, Linear)."""


def signal_of(unwrapped: Unwrapped, present: AbstractSet[str]) -> Signal | None:
    """The kind of a failure, from the strongest form present.

    `present` are the words that the masked text contains. Class names of network errors beat a status (a
    proxy's 502), a status beats words (the 500's body may say anything), and words of throttling beat a 403
    or 400.
    """
    masked, types = unwrapped.masked, unwrapped.types
    status = status_of(unwrapped)
    network_type = not words.NETWORK_TYPES.isdisjoint(types)
    may_throttle = status is None or status[0] in _MAY_MEAN_THROTTLED
    if may_throttle and (found := _throttled(masked, present)):
        return Signal(kind=Kind.THROTTLED, begin=found[0], end=found[1], status=status[0] if status else None)
    if (network_type or status is None) and (secured := _name_or_certificate(masked, present)):
        return secured
    if network_type or not present.isdisjoint(words.PROXY):
        return _whole(Kind.NETWORK, masked)
    if words.RPC in masked and (cut := first_of(masked, present, words.RPC_NETWORK)):
        return Signal(kind=Kind.NETWORK, begin=cut[0], end=cut[1])
    if status is not None:
        return Signal(kind=_kind_of_status(status[0]), begin=status[1], end=status[2], status=status[0])
    return _by_words(masked, types, present)


def status_of(unwrapped: Unwrapped) -> tuple[int, int, int] | None:
    """An HTTP status in one of its forms, never a bare number, as (status, begin, end)."""
    masked = unwrapped.masked
    numbers = [number.span() for number in islice(compiled(_NUMBER).finditer(masked), _MAX_NUMBERS)]
    if numbers and numbers[0][0] == unwrapped.body and _opens_with_status(unwrapped, numbers[0][1]):
        return int(masked[unwrapped.body : numbers[0][1]]), *numbers[0]
    for forms in (_STATUS_FORMS, (_BODY_FORM,)):
        for begin, end in numbers:
            window = masked[max(0, begin - _BEFORE) : begin]
            for before, after in forms:
                if not compiled(after).match(masked, end, end + _AFTER):
                    continue
                if led := compiled(rf"(?:{before})\Z").search(window):
                    return int(masked[begin:end]), *_phrase(masked, begin - len(led[0]), end)
    return None


def _phrase(masked: str, begin: int, end: int) -> tuple[int, int]:
    """Widen a status to the phrase it stands in: `limited (429` to `Rate limited (429)`."""
    while begin > 0 and end - begin < _PHRASE and (masked[begin - 1].isalpha() or masked[begin - 1] == " "):
        begin -= 1
    closing = compiled(r"[\w -]{0,40}[)']").match(masked, end)
    return begin + (masked[begin] == " "), closing.end() if closing else end


def _opens_with_status(unwrapped: Unwrapped, end: int) -> bool:
    """Whether the number that opens the text is a status: `404: ...`, `SomeError: 404, ...`, `HTTPError: 404 ...`."""
    if compiled(r":| from \b| - ").match(unwrapped.masked, end):
        return True
    if not unwrapped.types:
        return False
    if compiled(r"(?:,| -| \{)").match(unwrapped.masked, end):
        return True
    return compiled(_HTTP_TYPE).fullmatch(unwrapped.types[-1]) is not None and unwrapped.masked.startswith(" ", end)


def _throttled(masked: str, present: AbstractSet[str]) -> tuple[int, int] | None:
    if found := first_of(masked, present, words.THROTTLED):
        return found
    match = compiled(plain.QUOTA_SPENT).search(masked) if has_any(masked, plain.QUOTA_HINTS) else None
    return match.span() if match else None


def _kind_of_status(status: int) -> Kind:
    if status in _STATUS_KINDS:
        return _STATUS_KINDS[status]
    if status >= 500:
        return Kind.SERVER_ERROR
    return Kind.REDIRECT if status < 400 else Kind.REJECTED


def _name_or_certificate(masked: str, present: AbstractSet[str]) -> Signal | None:
    """Trouble with a host name or a certificate, each in its lasting and its passing form."""
    if words.HANDSHAKE_TIMEOUT in present:
        return None
    told = _first_kind(
        masked,
        present,
        (
            (Kind.DNS_TEMPORARY, words.DNS_TEMPORARY),
            (Kind.DNS, words.DNS),
            (Kind.TLS_TEMPORARY, words.TLS_TEMPORARY),
            (Kind.TLS, words.TLS),
        ),
    )
    if told is not None or not has_any(masked, plain.NAME_HINTS):
        return told
    return _first_pattern(masked, _NAME_PATTERNS)


_NAMES_A_RIGHT: Final = ("scope", "permission", "perform")
_NAMES_A_SECRET: Final = ("password", "api key", "token is incorrect")


def _by_words(masked: str, types: tuple[str, ...], present: AbstractSet[str]) -> Signal | None:
    """The kind as words tell it, for texts without a status."""
    if not words.TIMEOUT_TYPES.isdisjoint(types):
        return _whole(Kind.NETWORK, masked)
    names_a_secret = has_any(masked, _NAMES_A_SECRET)
    told = _first_kind(
        masked,
        present,
        (
            (Kind.FORBIDDEN, words.FORBIDDEN if has_any(masked, _NAMES_A_RIGHT) else frozenset()),
            (Kind.UNAUTHORIZED, words.UNAUTHORIZED),
            (Kind.FORBIDDEN, words.FORBIDDEN - {"access denied"} if names_a_secret else words.FORBIDDEN),
            (Kind.SERVER_ERROR, words.SERVER),
            (Kind.NETWORK, words.NETWORK),
        ),
    )
    if told is not None:
        return told
    if (said := _first_pattern(masked, _PLAIN_PATTERNS)) is not None:
        return said
    if any(compiled(words.NETWORK_TYPE).fullmatch(name) for name in types):
        return _whole(Kind.NETWORK, masked)
    return _first_kind(masked, present, ((Kind.NOT_FOUND, words.NOT_FOUND),))


_KindPatterns = tuple[tuple[Kind, tuple[str, ...], str], ...]

_NAME_PATTERNS: Final[_KindPatterns] = (
    (Kind.DNS_TEMPORARY, plain.NAME_HINTS, plain.RESOLVER_DOWN),
    (Kind.DNS, plain.NAME_HINTS, plain.NAME_NOT_FOUND),
    (Kind.TLS, plain.NAME_HINTS, plain.CERTIFICATE_REFUSED),
)
_PLAIN_PATTERNS: Final[_KindPatterns] = (
    (Kind.UNAUTHORIZED, plain.LOGIN_WORDS, plain.LOGIN_REJECTED),
    (Kind.FORBIDDEN, plain.FORBIDDEN_HINTS, plain.FORBIDDEN),
    (Kind.SERVER_ERROR, plain.SERVER_HINTS, plain.SERVER),
    (Kind.NETWORK, plain.NETWORK_HINTS, plain.NETWORK),
)


def _first_pattern(masked: str, patterns: _KindPatterns) -> Signal | None:
    for kind, hints, pattern in patterns:
        if has_any(masked, hints) and (match := compiled(pattern).search(masked)):
            return Signal(kind=kind, begin=match.start(), end=match.end())
    return None


_KindWords = tuple[tuple[Kind, AbstractSet[str]], ...]


def _first_kind(masked: str, present: AbstractSet[str], kinds: _KindWords) -> Signal | None:
    for kind, told in kinds:
        if found := first_of(masked, present, told):
            return Signal(kind=kind, begin=found[0], end=found[1])
    return None


def _whole(kind: Kind, masked: str) -> Signal:
    """A kind that the exception class tells: the evidence is the beginning of the text."""
    return Signal(kind=kind, begin=0, end=min(len(masked), 80))
