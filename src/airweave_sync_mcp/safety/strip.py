"""Removes what a reader cannot see: terminal escapes, invisible and bidirectional characters, controls."""

import re
from typing import Final

# Whole sequences, so that no "[31m" stays behind. The 8-bit introducers count only where they are not the rest of
# UTF-8 read as Latin-1 (there \x80 precedes them), and 8-bit strings only when they end: else they are mere controls.
_TERMINAL: Final = re.compile(
    r"\x1b\[[0-?]{0,64}(?:[!-/]{0,4}[@-~]| q)"
    r"|\x9b(?<!\x80\x9b)[0-?]{0,64}(?:[!-/]{0,4}[@-~]| q)"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\|\x9c)?"
    r"|[\x90\x98\x9d-\x9f](?<!\x80[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\n]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]{0,4}[0-~]"
)

_UNSEEN: Final = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # C0 and C1 controls but for line ends and tabs
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers, Mongolian selectors
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0"  # zero-width, bidirectional, blank letters
    "\ufe00-\ufe0f\U000e0100-\U000e01ef"  # variation selectors, which can carry hidden bytes
    "\U000e0000-\U000e007f"  # tags, an invisible copy of ASCII
    "\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff"  # interlinear marks, specials, noncharacters
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # format controls of rare scripts
    "\ud800-\udfff"  # lone surrogates, which cannot be encoded
    "]"
)
_NOT_PLAIN: Final = re.compile(r"[^ -~\n]+")
_NEWLINE: Final = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_SPACE: Final = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_BLANK_LINES: Final = re.compile(r"\n(?>(?: *+\n){2,})")
_WIDE_GAP: Final = re.compile(r" {9,}+")


def strip_unseen(text: str) -> str:
    """Text with only visible characters, plain spaces and line feeds; runs of blanks and empty lines shortened."""
    if not (text.isascii() and text.isprintable()):
        # Most characters are plain ASCII: one fast search finds the few that the large classes must judge.
        if _NOT_PLAIN.search(text):
            text = _NOT_PLAIN.sub(_visible, _TERMINAL.sub("", text)).replace("\r\n", "\n").replace("\r", "\n")
        if "\n" in text:
            text = _BLANK_LINES.sub("\n\n", text)
    if " " * 9 in text:
        text = _WIDE_GAP.sub(" " * 8, text)
    return text.strip()


def _visible(run: re.Match[str]) -> str:
    return _SPACE.sub(" ", _NEWLINE.sub("\n", _UNSEEN.sub("", run[0])))
