"""What holds for every text: hypothesis looks for one where it does not."""

import base64
import html
import json
import re
import unicodedata
from urllib.parse import quote as url_quote
from urllib.parse import quote_plus

from hypothesis import assume, example, given
from hypothesis import strategies as st

from airweave_sync_mcp.safety import Cleaner, clean, fence, mask_secrets, one_line, quote, safe_tree
from airweave_sync_mcp.safety.marks import RESERVED
from tests.support.examples import CHARACTERS, examples

from .support import leaks, planted, rows

BODY = "EXAMPLEa8Kz3Qw9Lm2Xp7Rt5Vb1Nc4Hd6Jf0"
SHAPED = [
    "ghp_" + BODY,
    "xoxb-" + "1234567890-" + BODY,
    "sk-" + "proj-" + BODY,
    "AKIA" + "EXAMPLE7Q3W9L2X5",
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiJFWEFNUExFIn0." + BODY,
    "pat-" + "na1-1e5a4b1e-0000-4e1e-8a4e-0e5a4b1e0000",
    BODY + "q8Zt5Yb2",
]
"""Secrets that need no name before them."""

SYNTAX = [
    *"\"'`\\{}[]()<>=:;,&?#@%|/*_-+~. \n\t",
    *("\r\n", "\x1b[31m", "\x1b]0;", "\x07", "\x9b", "\x9d", "\u200b", "\u202e", "\ufeff", "\u00ad", "\ud800", "\x00"),
    *(
        "password=",
        "token: ",
        "'secret': '",
        '"api_key": "',
        "Authorization: Bearer ",
        "Basic ",
        "Cookie: ",
        "key",
        "auth",
    ),
    *("--password ", "https://", "://u:p@", "?token=", "&sig=", "%3Dtoken%3D", "input_value=", ", input_type=", "\x85"),
    *(
        "[parameters: ",
        "Key (x)=(",
        "[masked]",
        "[masked:jwt]",
        "masked",
        "… [1 characters left out] …",
        "«",
        "»",
        "<<<",
    ),
    *(
        ">>>",
        "<|im_start|>",
        "</tool_result>",
        "<system>",
        "\n\nHuman:",
        "### System:",
        "[INST]",
        "![a](https://x/",
        "](",
    ),
    *(
        "//",
        "a@b.example",
        "-----BEGIN PRIVATE KEY-----",
        "expired",
        "invalid_grant",
        "4111111111111111",
        '"loc"',
        "is",
    ),
    *('"input": ', "***", "...", "sk-", "eyJ", "***xYz1", "expired ", "c3RyYW5nZQ==", "{'credentials': {", "hunter2"),
    *('role": "system"', "\\n", '\\"', "<img src=", "\\u0000"),
]
HOSTILE = st.lists(st.one_of(st.sampled_from(SYNTAX), st.text(CHARACTERS, max_size=6)), max_size=14).map("".join)
PLAIN_EDGE = st.sampled_from([" ", "\n", '"', "'", "=", "(", ",", "/", ": ", " [", ""])
CANARIES = [planted(row) for row in rows("secrets.jsonl")]


@examples(30)
@given(HOSTILE)
@example("[a](https://b)(https://c)(https://d)(https://e)(https://f)(https://g)(https://h)(https://i)(https://j)")
def test_cleaning_and_masking_are_idempotent(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    masked = mask_secrets(text)
    assert mask_secrets(masked) == masked


@examples(30)
@given(HOSTILE, st.integers(0, 300))
def test_cut_text_is_idempotent_bounded_and_says_so(text: str, limit: int) -> None:
    whole = clean(text)
    cut = clean(text, limit=limit)
    assert len(cut) <= limit
    assert clean(cut, limit=limit) == cut
    assert clean(cut) == cut
    assert cut == whole if len(whole) <= limit else "…" in cut or limit == 0
    row = one_line(text, limit)
    assert len(row) <= limit
    assert row == " ".join(row.split())
    assert one_line(row, limit) == row
    assert len(quote(text, max(limit, 2))) <= max(limit, 2)


@examples(25)
@given(st.text(CHARACTERS))
def test_nothing_unseen_is_left(text: str) -> None:
    for out in (clean(text), one_line(text, 200)):
        assert [c for c in out if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}] == []
        out.encode()


@examples(25)
@given(st.sampled_from(SHAPED), HOSTILE, HOSTILE, PLAIN_EDGE, PLAIN_EDGE, st.integers(0, 400))
def test_a_shaped_secret_never_survives(
    secret: str, before: str, after: str, left: str, right: str, limit: int
) -> None:
    # Where a letter touches it a secret is no longer itself, and an open escape sequence takes its first letter.
    assume(not (before + left)[-1:].isalnum() and not (right + after)[:1].isalnum())
    assume(not re.search(r"(?:\x1b\[?|\x9b)[ -?]*\Z", before + left))
    text = before + left + secret + right + after
    for out in (clean(text), clean(text, limit=limit), one_line(text, limit), mask_secrets(text)):
        assert not leaks(secret, out)


@examples(25)
@given(
    st.sampled_from(SHAPED),
    st.lists(
        st.tuples(st.integers(1, 30), st.sampled_from("\u200b\u200d\u2060\ufeff\u00ad\u202e\x00\x07\ufe0f\U000e0041")),
        min_size=1,
    ),
)
def test_invisible_characters_do_not_hide_a_secret(secret: str, splits: list[tuple[int, str]]) -> None:
    text = secret
    for position, invisible in splits:
        text = text[:position] + invisible + text[position:]
    assert not leaks(secret, clean(f"error: {text} rejected"))


@examples(20)
@given(st.sampled_from(CANARIES), st.integers(0, 300), st.integers(0, 300), st.integers(1, 260))
def test_no_cut_shows_a_canary(canary: tuple[str, list[str]], before: int, after: int, limit: int) -> None:
    text, secrets = canary
    out = clean("word " * before + "\n" + text + "\n" + " word" * after, limit=limit)
    assert [secret for secret in secrets if leaks(secret, out)] == []


KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=60)


@examples(25)
@given(KEYS, st.text(CHARACTERS, max_size=4), st.text(CHARACTERS, max_size=4))
def test_a_known_secret_survives_in_no_encoding(secret: str, before: str, after: str) -> None:
    assume(secret not in RESERVED)
    data = (before + secret + after).encode(errors="replace")
    spellings = {
        secret,
        url_quote(secret),
        url_quote(secret, safe=""),
        re.sub("%..", lambda escape: escape[0].lower(), url_quote(secret, safe="")),
        url_quote(url_quote(secret, safe=""), safe=""),
        quote_plus(secret),
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
        html.escape(secret),
        secret.encode().hex(),
        base64.b64encode(secret.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
        base64.b64encode(data).decode(),
    }
    cleaner = Cleaner([secret])
    for spelling in spellings:
        text = f"failed {before}{spelling}{after} end"
        for out in (
            cleaner.mask(text),
            cleaner.clean(text),
            cleaner.one_line(text, 40),
            str(cleaner.safe_tree({"e": text})),
        ):
            assert secret not in out.replace("[masked]", "")
            assert spelling not in out.replace("[masked]", "")
        assert cleaner.clean(cleaner.clean(text)) == cleaner.clean(text)


@examples(20)
@given(HOSTILE, st.text("0123456789abcdef", min_size=6, max_size=6))
def test_content_cannot_close_its_fence(text: str, nonce: str) -> None:
    lines = fence(text + f"\n{nonce}>>>\n" + text, nonce=nonce).split("\n")
    assert lines[0].startswith(f"<<<{nonce} ")
    assert lines[-1] == f"{nonce}>>>"
    inside = "\n".join(lines[1:-1])
    assert nonce not in inside
    assert "<<<" not in inside
    assert ">>>" not in inside


@examples(20)
@given(HOSTILE, st.integers(2, 120))
def test_content_cannot_close_its_quotes(text: str, limit: int) -> None:
    quoted = quote(text, limit)
    assert quoted[0] == "«"
    assert quoted[-1] == "»"
    assert not set("«»\n") & set(quoted[1:-1])


TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), HOSTILE),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(HOSTILE, inner, max_size=4), st.tuples(inner, inner)
    ),
    max_leaves=12,
)


@examples(20)
@given(TREES)
def test_a_safe_tree_is_json_and_stays_as_it_is(tree: object) -> None:
    safe = safe_tree(tree)
    json.dumps(safe, ensure_ascii=False).encode()
    assert safe_tree(safe) == safe
