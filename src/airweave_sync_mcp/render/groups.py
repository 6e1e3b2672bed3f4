"""Failures by cause as an answer. Small on purpose: twenty failures of two causes fit into 300 tokens."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from airweave_sync_mcp.answers.groups import Group, GroupPage, Member
from airweave_sync_mcp.diagnosis.unwrap import unwrap
from airweave_sync_mcp.render.contract import FailedJobsOut, GroupMemberOut, GroupOut
from airweave_sync_mcp.render.failing import failing_part
from airweave_sync_mcp.render.fit import CONCISE, Rendered, fit
from airweave_sync_mcp.render.rows import Names, RowStyle, coverage_out, window_text
from airweave_sync_mcp.render.text import cause_text, coverage_line, lines, page_lines
from airweave_sync_mcp.render.times import age, iso
from airweave_sync_mcp.render.tokens import tokens_of
from airweave_sync_mcp.safety import Cleaner

FIRST_TWO: Final = 222
EACH_FURTHER: Final = 115
"""Tokens of structure, about, for the groups of an answer: connections are named as far as they fit, each group naming
at least one; the rest is counted."""

STEPS: Final = ((72, 3), (72, 1), (48, 1), (32, 1))
"""Characters of an example, and how many connections each group names at least: the first that fits. Where none does,
the fix is told by its first step."""

TINY_EXAMPLE: Final = 12
WHOLE_EXAMPLE: Final = 400
_TYPE: Final = re.compile(r"\A\w+(?:[Ee]rror|Exception): ")
_TELLING: Final = 20
"""A message that is shorter says nothing without the type of the error."""

FEWEST_NAMED: Final = 1


def render_groups(
    page: GroupPage, *, ids: bool, now: datetime, cleaner: Cleaner, limit: int | None = None
) -> Rendered[FailedJobsOut]:
    """A page of groups, and what has been failing since before the window.

    `ids` is for programs: whole ids, every name, and errors without marks, in the structure alone.
    """
    names = Names.of(page.connections, cleaner)
    style = RowStyle(status=False, connection=page.named is None, ids=ids)
    outs = _group_outs(page.groups, names, ids=ids)
    before = failing_part(page.failing_before, page.not_read, names, style, page.window.since, now)
    coverage = coverage_out(page.coverage, cleaner)

    def build(shown: int) -> Rendered[FailedJobsOut]:
        out = FailedJobsOut(
            groups=outs[:shown],
            failures=page.failures,
            **before.facts,
            shown=shown,
            total=page.total,
            total_is_lower_bound=page.failures_are_lower_bound or None,
            next_cursor=page.next_cursor(shown),
            coverage=coverage,
        )
        groups = zip(outs[:shown], page.groups, strict=False)
        texts = [_group_line(one, group, now, quoted=not ids) for one, group in groups]
        foot = [*before.lines, coverage_line(coverage), *page_lines(out)]
        return Rendered(lines([_head(page, shown), *texts, *foot]), out)

    return fit(len(outs), build, limit or CONCISE)


def _group_outs(groups: Sequence[Group], names: Names, *, ids: bool) -> list[GroupOut]:
    """The groups; without whole ids as short as they have to be."""
    if ids:
        return [_group_out(group, names, ids=True, example=WHOLE_EXAMPLE) for group in groups]
    room = FIRST_TWO + EACH_FURTHER * max(len(groups) - 2, 0)
    outs: list[GroupOut] = []
    for example, most in STEPS:
        outs = [_group_out(group, names, ids=False, example=example) for group in groups]
        if sum(_size(_cut(out, min(most, len(out.connections)))) for out in outs) <= room:
            return _within(outs, room)
    for called, example in ((names, STEPS[-1][0]), (names.brief, STEPS[-1][0]), (names.brief, TINY_EXAMPLE)):
        outs = [_group_out(group, called, ids=False, example=example) for group in groups]
        outs = [out.model_copy(update={"fix": _first_step(out.fix)}) for out in outs]
        if sum(_size(_cut(out, FEWEST_NAMED)) for out in outs) <= room:
            break
    return _within(outs, room)


def _first_step(fix: str) -> str:
    """The beginning of a fix, with a mark where more follows."""
    first = re.split("[;,]", fix, maxsplit=1)[0]
    return fix if first == fix else f"{first}…"


def _group_out(group: Group, names: Names, *, ids: bool, example: int) -> GroupOut:
    clean, error = names.cleaner, group.example.job.error
    return GroupOut(
        cause=group.cause.value,
        transient=group.verdict.transient,
        count=group.count,
        connections=[_member_out(one, names, ids=ids) for one in group.members],
        first_seen=iso(group.first_seen) if group.first_seen != group.last_seen else None,
        last_seen=iso(group.last_seen),
        example_error=_example(error, example, clean, bare=ids) if error else None,
        fix=clean.one_line(group.verdict.fix, 300),
    )


def _example(error: str, length: int, clean: Cleaner, *, bare: bool) -> str:
    """The beginning of an error: what it was is told by the cause, the whole text by get_sync_job."""
    if bare:
        return clean.one_line(error, WHOLE_EXAMPLE)
    whole = clean.quote(unwrap(error).text, WHOLE_EXAMPLE)
    if len(whole) <= length:
        return whole
    message = _TYPE.sub("", whole[1:-1])
    whole = f"«{message}»" if len(message) > _TELLING else whole
    return whole if len(whole) <= length else f"{whole[: length - 2].rstrip()}…»"


def _member_out(member: Member, names: Names, *, ids: bool) -> GroupMemberOut:
    unnamed = names.cleaner.one_line(member.sync_name or "unknown connection", names.longest)
    return GroupMemberOut(
        connection=names.label(member.connection) or unnamed,
        connection_id=member.connection.id if ids and member.connection else None,
        count=member.count,
        last_job=member.last.job.id if ids else member.last.short_id,
        ongoing=member.ongoing,
    )


def _within(groups: Sequence[GroupOut], tokens: int) -> list[GroupOut]:
    """The groups with as many connections named as fit, taken in turn so that each group names some."""
    named = [min(FEWEST_NAMED, len(group.connections)) for group in groups]
    room = tokens - sum(_size(_cut(group, count)) for group, count in zip(groups, named, strict=True))
    full = [False] * len(groups)
    while not all(full):
        for index, group in enumerate(groups):
            cost = _size(group.connections[named[index]]) + 1 if named[index] < len(group.connections) else room + 1
            if full[index] or cost > room:
                full[index] = True
                continue
            named[index] += 1
            room -= cost
    return [_cut(group, count) for group, count in zip(groups, named, strict=True)]


def _cut(group: GroupOut, count: int) -> GroupOut:
    left = len(group.connections) - count
    return group.model_copy(update={"connections": group.connections[:count], "more_connections": left or None})


def _size(part: GroupOut | GroupMemberOut) -> int:
    return tokens_of(json.dumps(part.dump(), ensure_ascii=False, separators=(",", ":")))


def _group_line(out: GroupOut, group: Group, now: datetime, *, quoted: bool) -> str:
    count = f"{out.count} failure{'' if out.count == 1 else 's'}"
    seen = f"last {age(group.last_seen, now)}" if group.last_seen else ""
    if group.first_seen and out.first_seen:
        seen = f"first {age(group.first_seen, now)}, {seen}"
    where = ", ".join(_member_text(one) for one in out.connections)
    more = f" and {out.more_connections} more" if out.more_connections else ""
    parts = [count, *([seen] if seen else []), f"{where}{more}"]
    error = f" E.g. {out.example_error}" if out.example_error and quoted else ""
    return f"- {cause_text(out)}: {'; '.join(parts)}.{error} Fix: {out.fix}"


def _member_text(one: GroupMemberOut) -> str:
    state = {True: "ongoing", False: "over", None: ""}[one.ongoing]
    facts = ", ".join(part for part in (f"{one.count}x", state, f"job {one.last_job}") if part)
    return f"{one.connection} ({facts})"


def _head(page: GroupPage, shown: int) -> str:
    window = window_text(page.window.since, page.window.until)
    least = "at least " if page.failures_are_lower_bound else ""
    if page.failures == 0:
        return f"No failed sync job {window}{', as far as is known' if page.failures_are_lower_bound else ''}."
    causes = f"{page.total} cause{'' if page.total == 1 else 's'}"
    part = "" if shown == page.total else f", {page.shown_before + 1}-{page.shown_before + shown} shown"
    jobs = f"{page.failures} failed sync job{'' if page.failures == 1 else 's'}"
    return f"{least.capitalize()}{jobs} {window}, {causes}{part}:"
