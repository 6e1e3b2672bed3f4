"""The form of a rule, and how one is asked. The rules themselves are data, in `rules_*.py`.

A rule fires if everything it states holds: one of its `needles` occurs and its `pattern` matches (both on the
lower-case text with names blanked), and the facts it names are as it says. Rules are asked in the order of
`rules.RULES`; the first that fires decides. Anybody who meets a new text adds one rule, with the text as its
example: the tests take it from there.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from airweave_sync_mcp.diagnosis.actors import Actor, Login, Scene, actor_of, address_of, login_of
from airweave_sync_mcp.diagnosis.causes import CauseName
from airweave_sync_mcp.diagnosis.heads import Head, head_of
from airweave_sync_mcp.diagnosis.signals import Kind, Signal, signal_of
from airweave_sync_mcp.diagnosis.symptom import Symptom
from airweave_sync_mcp.diagnosis.text import compiled, first_of
from airweave_sync_mcp.diagnosis.unwrap import Unwrapped, Wrapper
from airweave_sync_mcp.history.model import Confidence

_ANY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a rule may ask about.

    `present` are the known words that the masked text contains; `head` is who wrote its beginning. Where the
    login is not known, `login` is the likelier one.
    """

    symptom: Symptom
    unwrapped: Unwrapped
    present: AbstractSet[str]
    head: Head | None
    host: str | None
    actor: Actor
    login: Login
    login_known: bool
    signal: Signal | None

    @property
    def kind(self) -> Kind | None:
        """How it failed, if the text shows it."""
        return self.signal.kind if self.signal else None


def facts_of(symptom: Symptom, unwrapped: Unwrapped, present: AbstractSet[str]) -> Facts:
    """What one text shows before any rule is asked."""
    host, path = address_of(unwrapped.lower)
    head = head_of(unwrapped)
    login, login_known = login_of(symptom, present)
    scene = Scene(symptom=symptom, unwrapped=unwrapped, present=present, host=host, path=path, head=head)
    return Facts(
        symptom=symptom,
        unwrapped=unwrapped,
        present=present,
        head=head,
        host=host,
        actor=actor_of(scene),
        login=login,
        login_known=login_known,
        signal=signal_of(unwrapped, present),
    )


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One piece of knowledge: this text, under these conditions, means that cause.

    `origin` says where the text comes from. `examples` are tests: plain texts, or symptoms where more than
    the text matters. `needles` and `pattern` are lower case; with `raw` they are matched before names are
    blanked. An `anchored` pattern has to match where the words after the exception types begin. `types` are
    exception class names, lower case. `without_status` keeps a rule of words away from texts that carry an
    HTTP status. `transient` None takes the cause's default. Empty conditions hold always.
    """

    id: str
    cause: CauseName
    origin: str
    examples: tuple[str | Symptom, ...]
    needles: tuple[str, ...] = ()
    pattern: str | None = None
    unless: tuple[str, ...] = ()
    raw: bool = False
    anchored: bool = False
    types: AbstractSet[str] = _ANY
    actors: AbstractSet[Actor] = field(default_factory=frozenset)
    kinds: AbstractSet[Kind] = field(default_factory=frozenset)
    wrappers: AbstractSet[Wrapper] = field(default_factory=frozenset)
    logins: AbstractSet[Login] = field(default_factory=frozenset)
    sources: AbstractSet[str | None] = _ANY
    not_sources: AbstractSet[str | None] = _ANY
    without_status: bool = False
    transient: bool | None = None
    sub_cause: str | None = None
    confidence: Confidence = Confidence.HIGH

    @cached_property
    def words(self) -> frozenset[str]:
        """The needles as a set."""
        return frozenset(self.needles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule that fired, and where in the text; begin equals end where no words decided."""

    rule: Rule
    begin: int
    end: int


def ask(rule: Rule, facts: Facts) -> Match | None:
    """Whether a rule holds for these facts."""
    if not _conditions_hold(rule, facts):
        return None
    text = facts.unwrapped.lower if rule.raw else facts.unwrapped.masked
    begin = end = 0
    if rule.needles:
        present = frozenset(word for word in rule.needles if word in text) if rule.raw else facts.present
        found = first_of(text, present, rule.words)
        if found is None:
            return None
        begin, end = found
    if rule.unless and not facts.present.isdisjoint(rule.unless):
        return None
    if rule.pattern is not None:
        pattern = compiled(rule.pattern)
        match = pattern.match(text, facts.unwrapped.body) if rule.anchored else pattern.search(text)
        if match is None:
            return None
        begin, end = match.span()
    return Match(rule=rule, begin=begin, end=end)


def _conditions_hold(rule: Rule, facts: Facts) -> bool:
    symptom = facts.symptom
    return not (
        (rule.actors and facts.actor not in rule.actors)
        or (rule.without_status and facts.signal is not None and facts.signal.status is not None)
        or (rule.kinds and facts.kind not in rule.kinds)
        or (rule.types and rule.types.isdisjoint(facts.unwrapped.types))
        or (rule.wrappers and rule.wrappers.isdisjoint(facts.unwrapped.wrappers))
        or (rule.logins and facts.login not in rule.logins)
        or (rule.sources and symptom.source not in rule.sources)
        or (rule.not_sources and symptom.source in rule.not_sources)
    )
