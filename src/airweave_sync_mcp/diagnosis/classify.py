"""From a symptom to a verdict: which of the 22 causes, whether a retry can help, and which words decided.

Pure and bounded: at most `unwrap.HEAD + unwrap.TAIL` characters of a text are looked at.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from airweave_sync_mcp.diagnosis.actors import Actor
from airweave_sync_mcp.diagnosis.causes import CAUSES, CauseName, Family, Who
from airweave_sync_mcp.diagnosis.remedies import REMEDIES
from airweave_sync_mcp.diagnosis.rule import Facts, Match, ask, facts_of
from airweave_sync_mcp.diagnosis.rules import rule_book
from airweave_sync_mcp.diagnosis.symptom import Symptom, Verdict
from airweave_sync_mcp.diagnosis.text import compiled, has_any
from airweave_sync_mcp.diagnosis.unwrap import Wrapper, unwrap
from airweave_sync_mcp.history.model import Confidence, Connection, JobStatus, SyncJob

__all__ = ["Symptom", "Verdict", "classify", "symptom_of"]

EVIDENCE_LENGTH: Final = 120

_CATEGORY_CAUSES: Final = {
    "oauth_credentials_expired": CauseName.OAUTH_REAUTH_REQUIRED,
    "api_key_invalid": CauseName.API_KEY_INVALID,
    "auth_provider_account_gone": CauseName.AUTH_PROVIDER_INVALID,
    "auth_provider_credentials_invalid": CauseName.AUTH_PROVIDER_INVALID,
}
_CATEGORY_DECIDES: Final = frozenset(
    {
        CauseName.OAUTH_REAUTH_REQUIRED, CauseName.API_KEY_INVALID, CauseName.AUTH_PROVIDER_INVALID, CauseName.UNKNOWN,
        CauseName.CONNECTOR_BUG, CauseName.SOURCE_PERMISSION_DENIED, CauseName.RESOURCE_DELETED,
    }
)  # fmt: skip
"""Where the platform's own category outweighs what the text says. Against an outage the text wins."""


ON_PREMISE_SOURCES: Final = frozenset({"sharepoint2019v2", "sharepoint2019", "gitlab", "postgresql", "mysql"})
_HIDES_WHAT_IT_FORBIDS: Final = frozenset({"github", "notion"})


def symptom_of(job: SyncJob, connection: Connection | None) -> Symptom:
    """The symptom of a job, with what its connection adds."""
    wrote = None if job.inserted is None else bool(job.inserted or job.updated or job.deleted)
    started = True if job.started_at is not None else (False if job.failed else None)
    return Symptom(
        message=job.error,
        error_category=job.error_category,
        source=connection.source if connection else None,
        auth_method=connection.auth_method if connection else None,
        started=started,
        status=job.status,
        wrote=wrote,
    )


_LOGIN_UNKNOWN: Final = "login method not known"
_EITHER_LOGIN: Final = (
    "Find out how the connection logs in: with OAuth press Reconnect, with a key enter a new one; then run."
)


def classify(symptom: Symptom) -> Verdict:
    """Say why a job failed. Never raises; what it does not know is `unknown`, with where to look."""
    if symptom.message is None or not symptom.message.strip():
        return _without_text(symptom)
    unwrapped = unwrap(symptom.message)
    book = rule_book()
    facts = facts_of(symptom, unwrapped, book.lexicon.present_in(unwrapped.masked))
    match = next((fired for rule in book.candidates(facts) if (fired := ask(rule, facts)) is not None), None)
    cause = match.rule.cause if match else CauseName.UNKNOWN
    evidence = _evidence(facts, match)
    said = _CATEGORY_CAUSES.get(symptom.error_category or "")
    if said is None or said == cause:
        confidence = _confidence(match, agreed=said is not None, guessed=_login_guessed(facts, match))
        return _verdict(cause, facts=facts, match=match, evidence=evidence, confidence=confidence)
    if cause in _CATEGORY_DECIDES:
        evidence = (f"error_category {symptom.error_category}", *evidence)
        return _verdict(said, facts=facts, match=None, evidence=evidence, confidence=Confidence.HIGH, rule="category")
    evidence = (*evidence, f"error_category {symptom.error_category} overruled by the text")
    return _verdict(cause, facts=facts, match=match, evidence=evidence, confidence=Confidence.MEDIUM)


def _without_text(symptom: Symptom) -> Verdict:
    """A job that ended without words: cancelled, a credential category alone, or an exception with no text."""
    said = _CATEGORY_CAUSES.get(symptom.error_category or "")
    evidence: tuple[str, ...] = ("no error text",)
    if symptom.status == JobStatus.CANCELLED:
        cause, confidence, rule = CauseName.CANCELLED, Confidence.HIGH, "no_text.cancelled"
        evidence = ("status cancelled, no error text",)
    elif said is not None:
        cause, confidence, rule = said, Confidence.MEDIUM, "category"
        evidence = (f"error_category {symptom.error_category}", *evidence)
    else:
        cause, confidence, rule = CauseName.UNKNOWN, Confidence.LOW, "no_text"
    verdict = _verdict(cause, facts=None, match=None, evidence=evidence, confidence=confidence, rule=rule)
    if cause is not CauseName.UNKNOWN or symptom.started is not False:
        return verdict
    return replace(
        verdict,
        evidence=("no error text", "failed before it read anything"),
        nearest=f"{Family.CONNECTIVITY}: a time-out while checking the login, or credentials stored under another key",
    )


def _verdict(
    cause: CauseName,
    *,
    facts: Facts | None,
    match: Match | None,
    evidence: tuple[str, ...],
    confidence: Confidence,
    rule: str = "none",
) -> Verdict:
    known = CAUSES[cause]
    sub_cause = match.rule.sub_cause if match else None
    remedy = REMEDIES.get((cause, sub_cause)) if sub_cause else None
    guessed = remedy is None and _login_guessed(facts, match)
    transient = known.transient_default
    if match is not None and match.rule.transient is not None:
        transient = match.rule.transient
    return Verdict(
        cause=cause,
        family=known.family,
        transient=transient,
        confidence=confidence,
        evidence=evidence,
        sub_cause=sub_cause,
        who=_who(known.who, remedy.who if remedy else None, transient=transient),
        fix=_EITHER_LOGIN if guessed else _fix(remedy.fix if remedy else known.fix, cause, facts),
        retry_after_s=retry_after(facts.unwrapped.lower) if facts else None,
        rule=match.rule.id if match else rule,
        nearest=_nearest(facts) if facts and cause is CauseName.UNKNOWN else None,
    )


def _who(usual: Who, refined: Who | None, *, transient: bool) -> Who:
    if refined is not None:
        return refined
    return Who.NOBODY if transient else usual


def _fix(fix: str, cause: CauseName, facts: Facts | None) -> str:
    """Name the source and fit the advice to the way the connection logs in."""
    if facts is None:
        return fix
    symptom = facts.symptom
    method = symptom.auth_method or ""
    if cause is CauseName.OAUTH_REAUTH_REQUIRED and method == "oauth_token":
        return "The connection was made with a token only: recreate it with the browser login, or supply a new token."
    if cause is CauseName.OAUTH_REAUTH_REQUIRED and method == "oauth_byoc":
        return f"{fix} The OAuth app is your own: check its client id and secret too."
    if cause is CauseName.NETWORK_ERROR and symptom.source in ON_PREMISE_SOURCES:
        return f"{fix} For a source in your own network: firewall and allow-list first."
    if cause is CauseName.SOURCE_CONFIG_INVALID and symptom.source in _HIDES_WHAT_IT_FORBIDS:
        return f"{fix} {symptom.source} also answers 'not found' where the login has no access."
    return fix


def _login_guessed(facts: Facts | None, match: Match | None) -> bool:
    """Whether the rule decided by a login that nothing told: the words alone fit a key as well as OAuth."""
    return bool(match and match.rule.logins and facts and not facts.login_known)


def _confidence(match: Match | None, *, agreed: bool, guessed: bool) -> Confidence:
    if match is None or match.rule.cause is CauseName.UNKNOWN:
        return Confidence.LOW
    if agreed:
        return Confidence.HIGH
    if guessed:
        return Confidence.MEDIUM if match.rule.confidence is Confidence.HIGH else Confidence.LOW
    return match.rule.confidence


def _evidence(facts: Facts, match: Match | None) -> tuple[str, ...]:
    unwrapped = facts.unwrapped
    words: list[str] = []
    if match is not None:
        if match.end > match.begin:
            signal = facts.signal
            if match.rule.kinds and signal is not None and not (match.begin < signal.end and signal.begin < match.end):
                words.append(_quoted(unwrapped.text, signal.begin, signal.end))  # it decided as well
            words.append(_quoted(unwrapped.text, match.begin, match.end))
        elif match.rule.types:
            words.append(_class_name(facts, match.rule.types))
        elif facts.signal is not None:
            words.append(_quoted(unwrapped.text, facts.signal.begin, facts.signal.end))
        if match.rule.actors and facts.actor is not Actor.SOURCE:
            words.append(f"answered by: {facts.host or facts.actor.value.replace('_', ' ')}")
        if match.rule.logins:
            words.append(f"login: {facts.login}" if facts.login_known else _LOGIN_UNKNOWN)
    words.extend(f"wrapped in: {wrapper}" for wrapper in unwrapped.wrapped_in)
    if unwrapped.also:
        words.append(f"also: {unwrapped.also}")
    return tuple(short for word in words if (short := _shortened(word)))


def _class_name(facts: Facts, wanted: AbstractSet[str]) -> str:
    """The exception class that decided, as the text spells it where it still does."""
    unwrapped = facts.unwrapped
    name = next(name for name in unwrapped.types if name in wanted)
    begin = unwrapped.lower.find(name)
    return unwrapped.text[begin : begin + len(name)] if begin >= 0 else name


def _quoted(text: str, begin: int, end: int) -> str:
    """The words that decided, widened to whole words."""
    while begin > 0 and text[begin - 1].isalnum() and end - begin < EVIDENCE_LENGTH:
        begin -= 1
    while end < len(text) and text[end].isalnum() and end - begin < EVIDENCE_LENGTH:
        end += 1
    return text[begin:end]


def _shortened(word: str) -> str:
    line = " ".join(word[: 2 * EVIDENCE_LENGTH].split())
    return line if len(line) <= EVIDENCE_LENGTH else line[: EVIDENCE_LENGTH - 3] + "..."


_RETRY_AFTER: Final = (
    r"\b(?:retry[ _-]after|retry your request after|retry in|try again in|try again after|resets? (?:in|after)|wait)"
    r"['\"]?[ :=]{0,3}(?:for |at least |about )?['\"]?(?:(\d{1,3})m)?(\d{1,7}(?:\.\d{1,6})?) ?"
    r"(milliseconds|ms|minutes?|mins?|m|hours?|h|seconds?|secs?|s)?\b(?![-:/]\d)"
)
_WAIT_HINTS: Final = ("retry", "try again", "reset", "wait")
_UNITS: Final = {"mi": 60.0, "m": 60.0, "ms": 0.001, "ho": 3600.0, "h": 3600.0}


def retry_after(lower: str) -> float | None:
    """The wait in seconds that a lower-case text states, if it states one as a duration."""
    match = compiled(_RETRY_AFTER).search(lower) if has_any(lower, _WAIT_HINTS) else None
    if match is None:
        return None
    minutes, amount, unit = match.groups()
    unit = unit or "s"
    factor = 0.001 if unit in ("ms", "milliseconds") else _UNITS.get(unit if len(unit) == 1 else unit[:2], 1.0)
    return float(amount) * factor + 60.0 * float(minutes or 0)


_NEAREST: Final = (
    (Family.CREDENTIALS, ("token", "auth", "login", "credential", "password"), "the connection's login"),
    (Family.CONNECTIVITY, ("connect", "socket", "network", "host"), "whether the worker reaches the source"),
    (Family.PLATFORM, ("file", "disk", "bucket", "storage", "memory"), "the worker's log and disk"),
    (Family.SOURCE_OUTAGE, ("http", "api", "response", "graphql"), "what the source answered, in the worker's log"),
)


def _nearest(facts: Facts) -> str:
    """For a text without a verdict: the family it is nearest to, and where to look."""
    if Wrapper.DISPATCHER in facts.unwrapped.wrappers or facts.actor is not Actor.SOURCE:
        return f"{Family.PLATFORM}: the worker's log around the {facts.actor.value.replace('_', ' ')} step"
    for family, words, look in _NEAREST:
        if has_any(facts.unwrapped.masked, words):
            return f"{family}: look at {look}"
    if facts.symptom.started is False:
        return f"{Family.CONFIGURATION}: it failed before reading anything; look at login and configuration"
    return f"{Family.RUNTIME}: the worker's log of this job"
