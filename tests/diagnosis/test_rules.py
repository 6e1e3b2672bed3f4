"""Each rule is a test of itself: its examples reach it, and its words cover its pattern."""

import importlib
import pkgutil
from collections.abc import Iterator
from re import _parser  # type: ignore[attr-defined]

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import airweave_sync_mcp.diagnosis as package
from airweave_sync_mcp.diagnosis.causes import CAUSES, CauseName
from airweave_sync_mcp.diagnosis.classify import Symptom, classify
from airweave_sync_mcp.diagnosis.remedies import REMEDIES
from airweave_sync_mcp.diagnosis.rule import Rule
from airweave_sync_mcp.diagnosis.rules import RULES, rule_book

EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples]
PATTERNS = [rule for rule in RULES if rule.pattern is not None]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=[f"{rule.id}-{n}" for n, (rule, _) in enumerate(EXAMPLES)])
def test_example_is_decided_by_its_rule(rule: Rule, example: str | Symptom):
    verdict = classify(example if isinstance(example, Symptom) else Symptom(message=example))
    assert (verdict.rule, verdict.cause) == (rule.id, rule.cause)
    if rule.transient is not None:
        assert verdict.transient is rule.transient
    assert verdict.evidence


def test_ids_are_unique_and_every_rule_has_origin_and_example():
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert all(rule.origin and rule.examples for rule in RULES)


def test_words_are_lower_case():
    for rule in RULES:
        for word in (*rule.needles, *rule.unless, *rule.types):
            assert word == word.lower(), (rule.id, word)


def test_every_rule_states_a_condition():
    for rule in RULES:
        assert rule.needles or rule.pattern or rule.types or rule.kinds or rule.actors or rule.wrappers, rule.id


@pytest.mark.parametrize("rule", [rule for rule in PATTERNS if rule.needles], ids=lambda rule: rule.id)
@settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_needles_cover_the_pattern(rule: Rule, data: st.DataObject):
    """A text that the pattern matches contains a needle; else that branch of the pattern would be dead."""
    assert rule.pattern is not None
    text = data.draw(st.from_regex(rule.pattern, alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
    assert any(needle in text for needle in rule.needles)


def test_sub_causes_with_a_remedy_are_reached_by_a_rule():
    reached = {(rule.cause, rule.sub_cause) for rule in RULES}
    assert set(REMEDIES) <= reached


def test_every_cause_is_described_and_reached():
    assert set(CAUSES) == set(CauseName)
    assert {rule.cause for rule in RULES} == set(CauseName)
    for cause in CAUSES.values():
        assert cause.fix.endswith((".", ")"))
        assert cause.meaning
        assert cause.title
        assert cause.fix_api
        assert cause.retry_note


def test_the_book_files_every_rule():
    book = rule_book()
    filed = set(book.always)
    for index in (book.by_word, book.by_type, book.by_kind):
        filed.update(number for numbers in index.values() for number in numbers)
    assert filed == set(range(len(RULES)))


def _patterns() -> Iterator[tuple[str, str]]:
    for rule in PATTERNS:
        assert rule.pattern is not None
        yield rule.id, rule.pattern
    for module in pkgutil.iter_modules(package.__path__):
        if module.name in {"actors", "classify", "heads", "signals", "unwrap", "words"}:
            for name, value in vars(importlib.import_module(f"{package.__name__}.{module.name}")).items():
                yield from ((f"{module.name}.{name}", text) for text in _texts(value))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str) and "\\" in value and "\n" not in value:
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)


def _repeats(items: object, inside: int = 1) -> Iterator[tuple[int, int]]:
    """Each repetition of a parsed pattern: its own maximum, and that times those around it."""
    for operation, argument in items:  # type: ignore[attr-defined]
        name = str(operation)
        if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            _, most, sub = argument
            yield int(most), inside * int(most)
            yield from _repeats(sub, inside * int(most))
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from _repeats(branch, inside)
        elif name == "SUBPATTERN":
            yield from _repeats(argument[3], inside)
        elif name in {"ASSERT", "ASSERT_NOT"}:
            yield from _repeats(argument[1], inside)


ALL_PATTERNS = sorted(set(_patterns()))


@pytest.mark.parametrize(
    ("name", "pattern"), ALL_PATTERNS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(ALL_PATTERNS)]
)
def test_patterns_cannot_explode(name: str, pattern: str):
    """Every repetition is bounded, and repetitions within repetitions stay small: no catastrophic backtracking."""
    for most, nested in _repeats(_parser.parse(pattern)):
        assert most <= 2000, f"{name}: unbounded repetition"
        assert nested == most or nested <= 1000, f"{name}: nested repetition"
