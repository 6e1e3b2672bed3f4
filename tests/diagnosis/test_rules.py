"""Each rule is a test of itself: its examples reach it, and its words cover its pattern."""

import importlib
import pkgutil
from collections.abc import Iterator
from random import Random
from re import _parser  # type: ignore[attr-defined]

import airweave_sync_mcp.diagnosis as package
from airweave_sync_mcp.diagnosis.causes import CAUSES, CauseName
from airweave_sync_mcp.diagnosis.classify import Symptom, classify
from airweave_sync_mcp.diagnosis.remedies import REMEDIES
from airweave_sync_mcp.diagnosis.rules import RULES, rule_book
from airweave_sync_mcp.diagnosis.text import compiled

PATTERNS = [rule for rule in RULES if rule.pattern is not None]


def test_examples_are_decided_by_their_rules():
    for rule in RULES:
        for example in rule.examples:
            verdict = classify(example if isinstance(example, Symptom) else Symptom(message=example))
            assert (verdict.rule, verdict.cause) == (rule.id, rule.cause), example
            assert rule.transient in (None, verdict.transient), example
            assert verdict.evidence, example


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


SAMPLES = 80
FILLER = " x0"


def test_needles_cover_the_patterns():
    """A text that a pattern matches contains a needle; else that branch of the pattern would be dead."""
    random = Random(7)
    for rule in PATTERNS:
        if rule.pattern is None or not rule.needles:
            continue
        parsed, pattern = _parser.parse(rule.pattern), compiled(rule.pattern)
        texts = ["".join(_written(parsed, random)) for _ in range(SAMPLES)]
        matched = [text for text in texts if pattern.search(text)]
        assert matched, rule.id
        for text in matched:
            assert any(needle in text for needle in rule.needles), (rule.id, text)


def _written(items: object, random: Random) -> Iterator[str]:
    """Pieces of a text that a parsed pattern should match, a branch and a length taken at random."""
    for operation, argument in items:  # type: ignore[attr-defined]
        name = str(operation)
        if name == "LITERAL":
            yield chr(argument)
        elif name in {"ANY", "NOT_LITERAL"}:
            yield random.choice(FILLER)
        elif name == "IN":
            yield _one_of(argument, random)
        elif name == "BRANCH":
            yield from _written(random.choice(argument[1]), random)
        elif name == "SUBPATTERN":
            yield from _written(argument[3], random)
        elif name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            least, most, sub = argument
            for _ in range(least + random.choice((0, 0, 1, min(most - least, 5)))):
                yield from _written(sub, random)


def _one_of(members: list[tuple[object, object]], random: Random) -> str:
    if str(members[0][0]) == "NEGATE":
        return random.choice(FILLER)
    operation, argument = random.choice(members)
    if str(operation) == "LITERAL":
        assert isinstance(argument, int)
        return chr(argument)
    if str(operation) == "RANGE":
        assert isinstance(argument, tuple)
        return chr(random.randint(*argument))
    return {"CATEGORY_DIGIT": "4", "CATEGORY_SPACE": " "}.get(str(argument), "w")


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
        if module.name in {"actors", "classify", "heads", "signals", "unwrap", "words", "words_plain"}:
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


def test_patterns_cannot_explode():
    """Every repetition is bounded, and repetitions within repetitions stay small: no catastrophic backtracking."""
    for name, pattern in sorted(set(_patterns())):
        for most, nested in _repeats(_parser.parse(pattern)):
            assert most <= 2000, f"{name}: unbounded repetition"
            assert nested == most or nested <= 1000, f"{name}: nested repetition"
