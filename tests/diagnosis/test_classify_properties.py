"""For any text: an answer, always the same, and bounded."""

from hypothesis import given, settings
from hypothesis import strategies as st

from airweave_sync_mcp.diagnosis.causes import CAUSES
from airweave_sync_mcp.diagnosis.classify import EVIDENCE_LENGTH, Symptom, classify
from airweave_sync_mcp.diagnosis.rules import RULES
from airweave_sync_mcp.diagnosis.text import Lexicon, first_of
from airweave_sync_mcp.diagnosis.unwrap import HEAD, TAIL, mask_names, unwrap
from tests.support.examples import CHARACTERS

SNIPPETS = sorted(
    {word for rule in RULES for word in rule.needles}
    | {example if isinstance(example, str) else example.message or "" for rule in RULES for example in rule.examples}
)
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=400),
    st.lists(
        st.one_of(
            st.sampled_from(SNIPPETS), st.text(CHARACTERS, max_size=20), st.sampled_from(list("'\"`()[]{}:;,.\n\t İẞ·"))
        ),
        max_size=12,
    ).map("".join),
)
CATEGORIES = st.sampled_from([None, "oauth_credentials_expired", "api_key_invalid", "x", "auth_provider_account_gone"])
SYMPTOMS = st.builds(
    Symptom,
    message=st.one_of(st.none(), TEXTS),
    error_category=CATEGORIES,
    source=st.one_of(
        st.none(), st.sampled_from(["github", "gmail", "ctti", "aws_s3"]), st.text(CHARACTERS, max_size=5)
    ),
    auth_method=st.one_of(st.none(), st.sampled_from(["direct", "oauth_browser", "auth_provider"])),
    started=st.one_of(st.none(), st.booleans()),
    status=st.one_of(st.none(), st.sampled_from(["failed", "cancelled"])),
)


@settings(max_examples=50, deadline=None)
@given(symptom=SYMPTOMS)
def test_always_the_same_whole_answer(symptom: Symptom):
    verdict = classify(symptom)
    assert verdict == classify(symptom)
    assert verdict.cause in CAUSES
    assert verdict.family is CAUSES[verdict.cause].family
    assert verdict.fix
    assert verdict.who
    assert verdict.rule
    assert all(0 < len(words) <= EVIDENCE_LENGTH for words in verdict.evidence)
    assert (verdict.nearest is None) or verdict.cause == "unknown"


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_unwrapping_keeps_positions(text: str):
    unwrapped = unwrap(text)
    assert len(unwrapped.text) == len(unwrapped.lower) == len(unwrapped.masked)
    assert 0 <= unwrapped.body <= len(unwrapped.text)


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_masking_only_blanks(text: str):
    lower = text.replace("İ", "I").lower()
    masked = mask_names(lower)
    assert len(masked) == len(lower)
    assert all(after in (before, "·") for before, after in zip(lower, masked, strict=True))


@settings(max_examples=15, deadline=None)
@given(
    head=st.text(CHARACTERS, max_size=50),
    filler=st.sampled_from(["x", "'", "a ", ".pdf ", "401 ", "token ", "http://a/"]),
)
def test_a_huge_text_is_cut(head: str, filler: str):
    unwrapped = unwrap(head + filler * (200_000 // len(filler)))
    assert len(unwrapped.text) <= HEAD + TAIL + 1


@settings(max_examples=40, deadline=None)
@given(text=TEXTS.map(str.lower), words=st.sets(st.sampled_from([s for s in SNIPPETS if len(s) > 3]), max_size=30))
def test_the_lexicon_finds_exactly_the_words_present(text: str, words: set[str]):
    words = {word.lower() for word in words}
    present = Lexicon.of(words).present_in(text)
    assert present == {word for word in words if word in text}
    found = first_of(text, present, words)
    assert (found is None) is (not present)
    if found is not None:
        assert text[found[0] : found[1]] in words
        assert found[0] == min(text.find(word) for word in present)


def test_lower_case_keeps_the_length_but_for_one_character():
    # No character beyond has a case.
    longer = [chr(code) for code in range(0x20000) if len(chr(code).lower()) != 1]
    assert longer == ["İ"]
