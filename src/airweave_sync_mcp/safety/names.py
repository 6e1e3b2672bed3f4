"""Which names announce a secret: `db_password=`, `"apiKey":`, `X-Amz-Signature=`, `Client secret:`."""

import re
from enum import Enum, auto
from typing import Final


class Holds(Enum):
    """What the value behind a name is like, and so how much must speak for it before it is masked."""

    PASSWORD = auto()
    """Chosen by a person: may look like any word."""
    SECRET = auto()
    """Made by a machine: masked behind `=` and in quotes; in prose only if it looks random."""
    MAYBE = auto()
    """A common word (key, code): only what looks random."""
    QUERY = auto()
    """The same in the query of a URL, where such words are rarely innocent."""
    HEADER = auto()
    """An Authorization header: the scheme stays."""
    COOKIE = auto()
    CONNECTION = auto()
    """A connection string or URL: the secrets in it have their own form, host and database stay."""
    ADDRESS = auto()
    """A URL that is itself a key: only its host stays."""


# Names are compared in lower case without separators: API_KEY, api-key and apiKey are all "apikey".
_PASSWORD: Final = re.compile(
    r"""pass(?:word|wd|phrase|code)s?\d?$ | passwd | ^(?:db|user|my|pg|ldap|smtp|root|admin|ssh|redis)?pass$
    | pwd$ | ^pw$ | ^pin(?:code)?$ | ^otp(?:code)?$ | ^cvv | ^cvc$""",
    re.VERBOSE,
)
_FOREIGN: Final = re.compile(
    r"passwort|kennwort|mot_?de_?passe|^passe$|contrase(?:ñ|n\u0303|n)a|senha|wachtwoord|parola|has[lł]o|l[oö]senord"
    r"|salasana|пароль|パスワード|暗証番号|密码|密碼|비밀번호"
)
"""Passwords in other languages, in lower case."""
_SECRET: Final = re.compile(
    r"""password | passphrase | secret(?!ar) | token(?!i[sz])
    | (?:api|access|account|private|signing|encrypt|encryption|master|shared|subscription|service|admin|auth|license|ssh
        |app|application|consumer|client|storage|write|read|root|host|functions?|session|deploy|integration|fernet|hmac
        |aes|jwt) keys? (?:value|data|b64|base64)? $
    | credential | creds?$
    | bearer | jwt | ^auth$ | basicauth$ | sessionid | ^session$ | ^sid$ | connectsid | csrf | xsrf
    | signature(?:v?\d{1,3})?$ | ^sig$ | ^hmac$ | tempauth | assertion | codeverifier | backupcode | recoverycode
    | mfacode | totp | seedphrase | mnemonic""",
    re.VERBOSE,
)
_HEADER: Final = re.compile(r"authorization$")
_COOKIE: Final = re.compile(r"^(?:set)?cookies?2?$")
_ADDRESS: Final = re.compile(
    r"""^(?:auth|authentication|authorize|consent|login|webhook|sas|claim|magic|reset|invite|upload) (?:ur[li]|link) $
    | (?:presigned|signed|redirect|download) url $""",
    re.VERBOSE,
)
_CONNECTION: Final = re.compile(
    r"dsn$|connectionstring$|connstr$|(?:database|db|redis|mongo|mongodb|postgres|amqp|broker)ur[li]$"
)
_MAYBE: Final = re.compile(r"^(?:key|code|state|nonce|salt|hash|ticket|policy|verifier|cert(?:ificate)?)$")
_SIGNED_QUERY: Final = re.compile(
    r"""^(?:xamz(?:signature|credential|securitytoken) | xgoog(?:signature|credential) | sv | skoid | sktid
    | keypairid | saml(?:response|request) | credential | prooftoken | awsaccesskeyid | googleaccessid)$""",
    re.VERBOSE,
)

_LAST_WORDS_ABOUT: Final = """
    error exception failure warning type types uri endpoint method methods provider count counts limit limits length
    expiry expires expired expiration at in ttl name names id ids status state policy scope scopes version rotation
    field fields format file filename path dir folder store manager service server host hostname port size usage used
    window bucket url urls age time timeout valid invalid validity required missing enabled disabled supported refresh
    refreshed failed family strategy mode flow config settings hint label description prefix suffix reset change
    changed changes issuer audience column table index kind location loc source header middleware adapter client
    handler class model parser chunker chunk chunks level lifetime spec schema ref arn algorithm alg generator helper
    wrapper util utils var env test tests validator context
"""
_ABOUT: Final = frozenset(_LAST_WORDS_ABOUT.split())
"""`token_type`, `auth_method`, `password_policy`: about a secret, not the secret."""

_COUNTING: Final = frozenset(
    {"max", "min", "maximum", "total", "num", "n", "prompt", "completion", "input", "output", "cached", "used", "per"}
)
"""`max_tokens` counts words of a text and is no token."""

_IDS_THAT_ARE_SECRET: Final = re.compile(r"sessionid|secretid")
_WORTH_A_LOOK: Final = re.compile(
    r"pass|pwd|pw|pin|otp|cv[vc]|secret|token|key|cred|conn|dsn|ur[li]|link|bearer|jwt|auth|session|sid|sig|csrf|xsrf|hmac"
    r"|kennw|contras|senha|wachtw|parola|has[lł]o|senord|salasana|[^\x00-\x7f]"
    r"|assert|verif|code|mnemonic|seed|cookie|state|nonce|salt|hash|ticket|policy|cert|sv|skoid|sktid|saml|access"
)
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_Table = tuple[tuple[re.Pattern[str], Holds], ...]
_ALWAYS: Final[_Table] = (
    (_HEADER, Holds.HEADER),
    (_COOKIE, Holds.COOKIE),
    (_ADDRESS, Holds.ADDRESS),
    (_CONNECTION, Holds.CONNECTION),
)
_IN_QUERY_AND_ALWAYS: Final[_Table] = ((_SIGNED_QUERY, Holds.SECRET), (_MAYBE, Holds.QUERY), *_ALWAYS)
_IF_NOT_ABOUT: Final[_Table] = ((_PASSWORD, Holds.PASSWORD), (_SECRET, Holds.SECRET), (_MAYBE, Holds.MAYBE))


def worth_a_look(name: str) -> bool:
    """False for most names at little cost; True where `what_it_holds` must decide."""
    return _WORTH_A_LOOK.search(name.lower()) is not None


def what_it_holds(name: str, *, in_query: bool = False) -> Holds | None:
    """What a name announces, None for a harmless one. `in_query` is for the parameters of a URL."""
    words = [word.lower() for word in _WORDS.findall(name)]
    joined = "".join(words)
    tables = _IN_QUERY_AND_ALWAYS if in_query else _ALWAYS
    counted = joined.endswith(("token", "tokens")) and not _COUNTING.isdisjoint(words[:-1])
    about = counted or (bool(words) and words[-1] in _ABOUT)
    if not about or _IDS_THAT_ARE_SECRET.search(joined):
        tables += _IF_NOT_ABOUT
    if _FOREIGN.search(name.lower()):
        return Holds.PASSWORD
    for pattern, holds in tables:
        if pattern.search(joined):
            return holds
    return None
