"""All rules, in the order they are asked. The first that fires decides.

The order is knowledge too: what the platform writes itself, then the parts of the platform, then logins,
then the source (cursor before 404, quota before permission), and the general rules last.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from airweave_sync_mcp.diagnosis import actors, words
from airweave_sync_mcp.diagnosis.heads import Head
from airweave_sync_mcp.diagnosis.rule import Facts, Rule
from airweave_sync_mcp.diagnosis.rules_access import ACCESS, SOURCE
from airweave_sync_mcp.diagnosis.rules_connector import CONNECTOR, QUERY
from airweave_sync_mcp.diagnosis.rules_credentials import KEYS, OAUTH, TOKEN_DOWN
from airweave_sync_mcp.diagnosis.rules_database import DATABASE
from airweave_sync_mcp.diagnosis.rules_general import GENERAL
from airweave_sync_mcp.diagnosis.rules_models import MODELS
from airweave_sync_mcp.diagnosis.rules_phrases import (
    CANCELLED_INSIDE,
    CANCELLED_SAID,
    DELETED_SAID,
    DEPLOY_SAID,
    PLAN_SAID,
    WORKER_SAID,
)
from airweave_sync_mcp.diagnosis.rules_phrases_source import CONFIG_SAID, CONNECTOR_SAID, CURSOR_SAID, STORAGE_SAID
from airweave_sync_mcp.diagnosis.rules_platform import EMBEDDING, MISCONFIGURED
from airweave_sync_mcp.diagnosis.rules_provider import AUTH_PROVIDER, PROVIDER_DOWN
from airweave_sync_mcp.diagnosis.rules_runtime import DELETED, LIFECYCLE, PLAN, WORKER
from airweave_sync_mcp.diagnosis.rules_source import CONFIG, CURSOR
from airweave_sync_mcp.diagnosis.rules_source_database import SOURCE_DATABASE
from airweave_sync_mcp.diagnosis.rules_storage import DESTINATION, STORAGE
from airweave_sync_mcp.diagnosis.signals import Kind
from airweave_sync_mcp.diagnosis.text import Lexicon

RULES: Final[tuple[Rule, ...]] = (
    *CANCELLED_INSIDE,
    *LIFECYCLE,
    *CANCELLED_SAID,
    *PLAN,
    *PLAN_SAID,
    *MODELS,
    *MISCONFIGURED,
    *DEPLOY_SAID,
    *AUTH_PROVIDER,
    *DESTINATION,
    *EMBEDDING,
    *SOURCE_DATABASE,
    *KEYS,
    *OAUTH,
    *CURSOR,
    *CURSOR_SAID,
    *STORAGE,
    *CONFIG_SAID,
    *DELETED,
    *DATABASE,
    *CONFIG,
    *DELETED_SAID,
    *ACCESS,
    *SOURCE,
    *WORKER,
    *WORKER_SAID,
    *QUERY,
    *CONNECTOR,
    *CONNECTOR_SAID,
    *STORAGE_SAID,
    *GENERAL,
)

_FOR_ANSWERS = (*CURSOR, *ACCESS, *SOURCE, *GENERAL)
_MAY_SPEAK: Final[Mapping[Head, frozenset[str]]] = {
    head: frozenset(rule.id for rule in rules)
    for head, rules in {
        Head.ANSWER: _FOR_ANSWERS,
        Head.TOKEN_DOWN: TOKEN_DOWN,
        Head.TOKEN: (*KEYS, *OAUTH),
        Head.PROVIDER_DOWN: PROVIDER_DOWN,
        Head.PROVIDER: AUTH_PROVIDER,
        Head.DESTINATION: DESTINATION,
        Head.EMBEDDING: EMBEDDING,
        Head.STORAGE: STORAGE,
        Head.DATABASE: (*DELETED, *DATABASE),
        Head.MODEL: MODELS,
        Head.PROGRAMMING: (*EMBEDDING, *CONNECTOR),
    }.items()
}
"""Which rules may be asked about a text with this head; all, about a text without."""
_REFUSED_LOGIN: Final = frozenset(rule.id for rule in (*_FOR_ANSWERS, *KEYS, *OAUTH))
_REFUSED_REQUEST: Final = frozenset(rule.id for rule in (*_FOR_ANSWERS, *QUERY))


def _may_speak(facts: Facts) -> frozenset[str] | None:
    """Which rules may be asked, None for all: the head of a text decides, whatever the words after it."""
    if facts.head is None:
        return None
    if facts.head is Head.ANSWER and facts.kind is Kind.UNAUTHORIZED:
        return _REFUSED_LOGIN
    if facts.head is Head.ANSWER and facts.kind is Kind.REJECTED:
        return _REFUSED_REQUEST
    return _MAY_SPEAK[facts.head]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """The rules, each filed under what it cannot do without, so that a text is held against few of them."""

    lexicon: Lexicon
    by_word: Mapping[str, tuple[int, ...]]
    by_type: Mapping[str, tuple[int, ...]]
    by_kind: Mapping[Kind, tuple[int, ...]]
    always: tuple[int, ...]

    def candidates(self, facts: Facts) -> Iterator[Rule]:
        """The rules that can fire on these facts, in their order."""
        numbers = set(self.always)
        for word in facts.present:
            numbers.update(self.by_word.get(word, ()))
        for name in facts.unwrapped.types:
            numbers.update(self.by_type.get(name, ()))
        if facts.kind is not None:
            numbers.update(self.by_kind.get(facts.kind, ()))
        allowed = _may_speak(facts)
        rules = (RULES[number] for number in sorted(numbers))
        return rules if allowed is None else (rule for rule in rules if rule.id in allowed)


@cache
def rule_book() -> RuleBook:
    """The rules, filed; made when first needed."""
    by_word: dict[str, list[int]] = {}
    by_type: dict[str, list[int]] = {}
    by_kind: dict[Kind, list[int]] = {}
    always = []
    needed = {*words.ALL, *actors.WORDS}
    for number, rule in enumerate(RULES):
        needed.update(rule.unless)
        if rule.needles and not rule.raw:
            needed.update(rule.needles)
            for word in rule.needles:
                by_word.setdefault(word, []).append(number)
        elif rule.types:
            for name in rule.types:
                by_type.setdefault(name, []).append(number)
        elif rule.kinds and not rule.needles:
            for kind in rule.kinds:
                by_kind.setdefault(kind, []).append(number)
        else:
            always.append(number)
    return RuleBook(
        lexicon=Lexicon.of(needed),
        by_word={word: tuple(numbers) for word, numbers in by_word.items()},
        by_type={name: tuple(numbers) for name, numbers in by_type.items()},
        by_kind={kind: tuple(numbers) for kind, numbers in by_kind.items()},
        always=tuple(always),
    )
