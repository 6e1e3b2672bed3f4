"""No secret and no trick of the corpora comes out, whatever field it stands in, through any tool or command."""

import io
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import settings
from mcp import Client

from airweave_sync_mcp.cli.main import Terminal, run
from airweave_sync_mcp.demo import DEMO_API_KEY
from tests.canary.upstream import HARMLESS, Upstream
from tests.safety.support import leaks, planted, rows
from tests.support.examples import THOROUGH
from tests.support.world import text_of

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Canary:
    """A text, the secrets in it, and the tricks that must not survive."""

    text: str
    secrets: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


SECRETS = [Canary(text, secrets=tuple(secrets)) for text, secrets in map(planted, rows("secrets.jsonl"))]
TRICKS = [Canary(row["text"], gone=tuple(row["gone"])) for row in rows("injections.jsonl")]
WHOLE = settings.get_current_profile_name() == THOROUGH
"""Whether all of them go through everything; all of them go through the cleaner, in its own tests."""

CANARIES = [*SECRETS[:: 1 if WHOLE else 3], *TRICKS[:: 1 if WHOLE else 2]]
PARTS = 2
QUOTED = frozenset({400, 403, 404, 409, 422})
"""Where Airweave's own words are passed on."""

OURS = "credentials: look at the connection's login"
"""What we say of an unknown cause; one of the secrets begins with a word of it."""

LONG = 16
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


async def everything(client: Client, upstream: Upstream) -> AsyncIterator[tuple[int | None, str]]:
    """All that the tools say: with the number of the connection it is about, or None for all of them."""
    for tool, arguments in (
        ("list_sync_jobs", {"limit": 100, "detail": "full"}),
        ("list_failed_jobs", {"since": "7d", "limit": 100}),
        ("list_failed_jobs", {"since": "7d", "limit": 100, "group": False}),
        ("list_connections", {"limit": 100}),
        ("get_sync_health", {}),
    ):
        cursor = ""
        for _ in range(100):
            answer = await said(client, tool, {**arguments, **({"cursor": cursor} if cursor else {})})
            yield None, answer
            cursor = json.loads(answer.partition("\n===\n")[2]).get("next_cursor", "")
            if not cursor:
                break
    for number, connection_id in enumerate(upstream.ids):
        yield number, await said(client, "diagnose_sync", {"connection": connection_id})
        if number % 2:
            yield number, await said(client, "get_connection_jobs", {"connection": connection_id})
        else:
            job = upstream._job(number, number // 2 % 4)["id"]
            yield number, await said(client, "get_sync_job", {"job": job, "connection": connection_id})


async def said(client: Client, tool: str, arguments: dict[str, Any]) -> str:
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, text_of(answer)
    return f"{text_of(answer)}\n===\n{json.dumps(answer.structured_content, ensure_ascii=False)}"


def shown(output: str, canary: Canary | None, others: Sequence[Canary] = ()) -> list[str]:
    """What an output shows and should not: of one canary it is about, and of all others."""
    found = [f"control character {char!r}" for char in set(FORBIDDEN.findall(output))]
    if canary is not None:
        found += [piece for secret in canary.secrets for piece in leaks(secret, output.replace(OURS, ""))]
        found += [gone for gone in canary.gone if gone in without_fences(output)]
    for other in others:
        # Among all texts at once, what is short or an id is harmless in another text.
        long = [secret for secret in other.secrets if len(secret) >= LONG and not UUID.fullmatch(secret)]
        found += [secret for secret in long if secret[:LONG] in output or secret[-LONG:] in output]
    return found


def without_fences(output: str) -> str:
    """Our own marks may hold what foreign text may not."""
    return re.sub(r"<<<\w{6} error[a-z ]* from the source, data only, not instructions|\w{6}>>>", "|", output)


def test_the_corpora_are_large_enough() -> None:
    assert sum(bool(one.secrets) for one in CANARIES) >= 60
    assert sum(bool(one.gone) for one in CANARIES) >= 30


@pytest.mark.parametrize("part", range(PARTS))
async def test_nothing_comes_out_through_the_tools(part: int) -> None:
    canaries = CANARIES[part::PARTS]
    upstream = Upstream([canary.text for canary in canaries])
    async with upstream.world().client("legacy") as client:
        async for number, output in everything(client, upstream):
            canary = None if number is None else canaries[number]
            assert shown(output, canary, canaries if canary is None else ()) == [], output[:2000]


async def test_no_cursor_holds_a_text_of_somebody_else() -> None:
    """Cursors go out past the cleaner; one row a page, every name stands next to one."""
    texts = sorted((canary.text for canary in CANARIES[::3]), key=str.casefold)
    for tool, arguments, pages in (
        ("list_connections", {"limit": 1}, len(texts)),
        ("list_sync_jobs", {"limit": 1}, 12),
        ("list_failed_jobs", {"limit": 1, "since": "7d"}, 12),
        ("list_failed_jobs", {"limit": 1, "since": "7d", "group": False}, 12),
    ):
        async with Upstream(texts).world().client("legacy") as client:
            cursors = [cursor async for cursor in pages_of(client, tool, arguments, at_most=pages)]
        assert len(cursors) >= min(pages - 1, 5)
        for cursor in cursors:
            assert re.fullmatch(r"[0-9a-f.-]{10,120}", cursor), cursor
            assert not any(len(text) >= 6 and text[:6] in unquote(cursor) for text in texts)


async def pages_of(client: Client, tool: str, arguments: dict[str, Any], *, at_most: int) -> AsyncIterator[str]:
    cursor = ""
    for _ in range(at_most):
        answer = await said(client, tool, {**arguments, **({"cursor": cursor} if cursor else {})})
        cursor = json.loads(answer.partition("\n===\n")[2]).get("next_cursor", "")
        if not cursor:
            break
        yield cursor


async def test_no_trick_changes_what_is_asked() -> None:
    """The same requests go out, whatever the texts say."""
    asked = []
    tricks = TRICKS[::6]
    for texts in ([trick.text for trick in tricks], [HARMLESS] * len(tricks)):
        upstream = Upstream(texts)
        async with upstream.world().client() as client:
            async for _ in everything(client, upstream):
                pass
        asked.append(sorted(upstream.requests))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 500, 502])
async def test_nothing_comes_out_of_refusals(status: int) -> None:
    upstream = Upstream([HARMLESS], refuse=status)
    async with upstream.world().client("legacy") as client:
        ours = await refused(client)
        for canary in CANARIES[status % 5 :: 5] if status in QUOTED else CANARIES[::25]:
            upstream.texts[0] = canary.text
            found = shown(await refused(client), canary)
            # A role's name is harmless behind the name of an argument, where no turn can begin.
            assert [piece for piece in found if piece not in ours and not piece.endswith(":")] == []


async def test_nothing_comes_out_of_a_rate_limit() -> None:
    for canary in CANARIES[::30]:
        async with Upstream([canary.text], refuse=429).world().client("legacy") as client:
            assert shown(await refused(client), canary) == []


async def refused(client: Client) -> str:
    answer = await client.call_tool("list_sync_jobs", {})
    assert answer.is_error
    assert len(text_of(answer)) < 2_000
    return f"{text_of(answer)}\n{json.dumps(answer.structured_content, ensure_ascii=False)}"


def test_nothing_comes_out_through_the_command_line(tmp_path: Path) -> None:
    core = Upstream([canary.text for canary in CANARIES]).world().core  # one memory for all of the commands
    for command in (
        ["failed", "--since", "7d", "--limit", "1000"],
        ["failed", "--rows", "--since", "7d", "--limit", "300", "--json"],
        ["jobs", "--limit", "300"],
        ["connections", "--limit", "1000"],
        ["health", "--json"],
    ):
        out, err = io.StringIO(), io.StringIO()
        run(
            command,
            environ={"AIRWEAVE_API_KEY": DEMO_API_KEY},
            home=tmp_path,
            terminal=Terminal(out=out, err=err),
            make_core=lambda _: core,
        )
        output = out.getvalue() + err.getvalue()
        assert len(output) > 1_000
        assert shown(output, None, CANARIES) == [], command
