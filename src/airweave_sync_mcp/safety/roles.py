"""Takes the power from text that plays a part in a conversation with a model, and keeps it readable.

Delimiters of chat formats, role labels and tool tags lose their brackets or colon; markdown images and links
become their text and their host, so that nothing is fetched and nobody is led away. Words stay.

Patterns begin with the character they look for and ignore case only inside: that way the search skips the rest.
"""

import re
from typing import Final

from airweave_sync_mcp.safety.marks import is_mark

_TAGS: Final = (
    "system|user|human|assistant|developer|admin|tools?|functions?|function_calls?|function_results?|invoke|parameter"
    "|tool_(?:use|calls?|results?|response|outputs?)|antml|think(?:ing)?|instructions?|prompt|bos|eos|s|inst|sys"
    "|(?:system|user)[-_]?prompt|system[-_](?:reminder|message|note)|reminder|im_(?:start|end|sep)"
    "|(?:start|end)_of_turn|command|important|override|policy|scratchpad|untrusted|fence"
)
_FETCHING_TAGS: Final = (
    "img|image|iframe|frame|script|style|svg|object|embed|form|link|meta|base|a|area|video|audio|source"
)
_ROLES: Final = "human|assistant|system|user|developer|tool|ai|instructions?|response"
_PROMPTS: Final = "(?:system|new|user) (?:prompt|instructions?|message)"
_SCHEMES: Final = r"(?:[A-Za-z][A-Za-z0-9+.-]{1,20}:|//|www\.)"

_CHAT_TOKEN: Final = re.compile(r"[<＜]([|｜])|([|｜])[>＞]")
_BRACKET_RUN: Final = re.compile(r"<{2,}|>{2,}")
_TAG: Final = re.compile(
    rf"[<＜]((?i:[ /]{{0,4}}(?:[a-z]{{1,20}}:)?(?:{_TAGS}))(?![\w.@-])[^<>＜＞\n]{{0,200}}+)([>＞]?)"
)
_FETCHING_TAG: Final = re.compile(
    rf"[<＜]((?i:[ /]{{0,4}}(?:{_FETCHING_TAGS}))(?![\w.@:-]))([^<>＜＞]{{0,2000}}+)([>＞]?)"
)
_SQUARE: Final = re.compile(
    r"\[((?i:[ /]{0,4}(?:inst|sys|system|assistant|user|human|developer|tool_(?:calls?|results?)|available_tools))"
    r"(?![\w-])[^\[\]\n]{0,40}+)\]"
)
_ROLE_LINE: Final = re.compile(
    rf"((?:\n|\\n)[ >*_-]{{0,8}})#{{0,6}}((?i:[ *_]{{0,4}}(?:{_ROLES}|{_PROMPTS})[ *_]{{0,4}})):(?![/:])"
)
_ROLE_HEADING: Final = re.compile(rf"((?:\n|\\n) {{0,8}})#{{1,6}}((?i:[ *_]{{0,4}}(?:{_ROLES})\b))")
_ROLE_KEY: Final = re.compile(rf"""(["']role(\\{{0,3}}["'])) ?: ?(?=(?i:\2(?:{_ROLES}|function)\2))""")
_LINK: Final = re.compile(
    rf"(!?)\[([^\[\]\n]{{0,300}})\]\(\s{{0,8}}<?({_SCHEMES}[^\s()<>]{{0,2000}}+)[^()\n]{{0,300}}\)?"
)
_NESTED_LINK: Final = re.compile(rf"\]\((?=\s{{0,8}}<?{_SCHEMES})")
_LINK_DEFINITION: Final = re.compile(
    r"(?<![^\n]) {0,3}\[([^\[\]\n]{1,100})\]: {0,4}<?((?:https?:|data:|//)[^\s<>]{0,2000}+)>?"
)
_URL: Final = re.compile(r"(?:[A-Za-z][\w+.-]{1,20}:)?//[^\s\"'<>]{1,2000}+|(?i:data|javascript):[^\s\"'<>]{1,2000}+")
_HOST: Final = re.compile(r"(?:[A-Za-z][\w+.-]{1,20}:)?//(?:[^\s/?#\"'<>]{0,300}@)?([\w.\[\]:-]{1,255})")
_SCHEME: Final = re.compile(r"([A-Za-z][\w+.-]{1,20}):")


def disarm(text: str) -> str:
    """The same words without the marks that a model, a chat client or our own fences would act on."""
    text = _without_tags(text)
    text = _without_links(text)
    return _without_roles(text)


def _without_tags(text: str) -> str:
    if "<|" in text or "|>" in text or any(c in text for c in "＜＞｜"):
        text = _CHAT_TOKEN.sub(lambda m: f"‹{m[1]}" if m[1] else f"{m[2]}›", text)
    if "<<" in text or ">>" in text:
        text = _BRACKET_RUN.sub(lambda m: ("‹" if m[0][0] == "<" else "›") * len(m[0]), text)
    if "<" in text or "＜" in text:
        text = _TAG.sub(lambda m: f"‹{m[1]}{'›' if m[2] else ''}", text)
        text = _FETCHING_TAG.sub(_fetching_tag, text)
    return _SQUARE.sub(r"(\1)", text) if "[" in text else text


def _without_links(text: str) -> str:
    if "](" in text:
        text = _LINK.sub(_link, text)
        text = _NESTED_LINK.sub("] (", text)
    if "]:" in text:
        text = _LINK_DEFINITION.sub(lambda m: f"{_label(m[1])} (link: {_host(m[2])})", text)
    return text


def _without_roles(text: str) -> str:
    if ":" not in text and "#" not in text:
        return text
    text = f"\n{text}"
    if "#" in text:
        text = _ROLE_HEADING.sub(r"\1\2", text)
    text = _ROLE_LINE.sub(r"\1\2 -", text)
    if "role" in text:
        text = _ROLE_KEY.sub(r"\1 - ", text)
    return text[1:]


def _host(url: str) -> str:
    """The host of a URL; for a URL without one (data:, javascript:) its scheme."""
    if found := _HOST.match(url):
        return found[1]
    scheme = _SCHEME.match(url)
    return f"{scheme[1]} URL" if scheme else url.partition("/")[0][:255]


def _label(text: str) -> str:
    return f"[{text}]" if is_mark(f"[{text}]") else text


def _link(match: re.Match[str]) -> str:
    image, label, url = match.groups()
    return f"{_label(label)} ({'image' if image else 'link'}: {_host(url)})"


def _fetching_tag(match: re.Match[str]) -> str:
    """`<img src="https://host/x?data">` becomes `‹img src="host"›`: the host stays visible, the data does not."""
    attributes = _URL.sub(lambda url: _host(url[0]), match[2])
    return f"‹{match[1]}{attributes}{'›' if match[3] else ''}"
