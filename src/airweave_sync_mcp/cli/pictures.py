"""The tables of diagnosis and health: causes, the strip of last runs, what is to be done."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from airweave_sync_mcp.cli.tables import coverage, facts_table
from airweave_sync_mcp.cli.wording import of_commands
from airweave_sync_mcp.render.contract import DiagnosisOut, FailedJobsOut, GroupOut, HealthOut, TroubledOut
from airweave_sync_mcp.render.diagnosis import retry_text
from airweave_sync_mcp.render.times import age

STATE_COLOURS: Final = {
    "failing": "bold red", "stuck": "bold red", "waiting_for_login": "yellow", "silent": "yellow", "stale": "yellow",
    "never_ran": "yellow", "unsteady": "yellow", "inactive": "dim", "running": "cyan", "healthy": "green",
    "pending": "cyan", "cancelling": "magenta", "not_synced": "dim", "unread": "dim",
}  # fmt: skip

_MARKS: Final = {
    "+": ("█", "green"),
    ".": ("▁", "green"),
    "x": ("×", "bold red"),
    "-": ("▄", "magenta"),
    ">": ("▶", "cyan"),
}
"""A run as a block, tall if it wrote; told apart without colours too."""


def groups(out: FailedJobsOut, now: datetime) -> RenderableType:
    """Failures by cause."""
    return Group(*(_group(one, now) for one in out.groups or ()))


def _group(one: GroupOut, now: datetime) -> RenderableType:
    kind = "transient" if one.transient else "permanent"
    count = f"{one.count} failure{'' if one.count == 1 else 's'}"
    head = Text.assemble((one.cause, "bold red"), (f"  {kind}", "dim"), f"  {count}, last {_ago(one.last_seen, now)}")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for member in one.connections:
        state = {True: ("ongoing", "red"), False: ("over", "green"), None: ("", "")}[member.ongoing]
        table.add_row(
            "  ",
            Text(member.connection),
            f"{member.count}x",
            Text(*state),
            Text(f"job {member.last_job[:8]}", style="dim"),
        )
    return Group(head, table, facts_table([("   fix", one.fix)]), Text(""))


def health(out: HealthOut, now: datetime) -> RenderableType:
    """Every connection with its state and a strip of its last runs, the worst first."""
    parts: list[RenderableType] = [_states(out)]
    rows = [*(out.worst or ()), *(out.rest or ())]
    if rows:
        parts += [_strip_table(rows, now), _legend()]
    parts += [Text(f"Shared: {text}", style="yellow") for text in out.shared or ()]
    return Group(*parts, coverage(out.coverage, now))


def _states(out: HealthOut) -> Text:
    text = Text(f"{out.connections} connection{'' if out.connections == 1 else 's'}: ", style="bold")
    for number, (state, count) in enumerate(out.states.items()):
        text.append(", " if number else "")
        text.append(f"{count} {state.replace('_', ' ')}", style=STATE_COLOURS.get(state, ""))
    rate = f"   {out.success_rate:.0%} of the runs succeeded" if out.success_rate is not None else ""
    text.append(rate, style="dim")
    if out.wait_for_person:
        text.append(f"   {out.wait_for_person} wait for a person", style="yellow")
    return text


def _strip_table(rows: Iterable[TroubledOut], now: datetime) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold dim")
    table.add_column("Connection", overflow="fold", min_width=12)
    table.add_column("Last runs", no_wrap=True, justify="right")
    table.add_column("State", no_wrap=True)
    table.add_column("Since", no_wrap=True)
    table.add_column("What", overflow="fold")
    for row in rows:
        what = Text(row.cause or "", style="red")
        others = [kind for kind in row.findings or () if kind != row.state and not (row.cause and kind == "failing")]
        if others:
            what.append((" " if row.cause else "") + ", ".join(others), style="dim")
        state = Text(row.state.replace("_", " "), style=STATE_COLOURS.get(row.state, ""))
        since = _ago(row.since, now).removesuffix(" ago") if row.since else ""
        table.add_row(Text(row.connection), strip(row.runs), state, since, what)
    return table


def strip(runs: str | None) -> Text:
    """The last runs as coloured blocks."""
    text = Text()
    for mark in runs or "":
        block, style = _MARKS.get(mark, ("?", "dim"))
        text.append(block, style=style)
    return text


def _legend() -> Text:
    styles = {"+": " wrote  ", ".": " wrote nothing  ", "x": " failed  ", "-": " cancelled  ", ">": " under way  "}
    text = Text()
    for mark, words in styles.items():
        block, style = _MARKS[mark]
        text.append(block, style=style)
        text.append(words, style="dim")
    return text.append("newest on the right", style="dim")


def diagnosis(out: DiagnosisOut, now: datetime) -> RenderableType:
    """What is wrong, and what to do."""
    state = out.state or "unknown"
    head = Text.assemble(
        (out.connection or "Unknown connection", "bold"),
        f"  {out.source or ''}  ",
        (state.replace("_", " "), STATE_COLOURS.get(state, "")),
    )
    longer = " or more" if out.may_be_longer else ""
    since = f"{out.failing_since} ({_ago(out.failing_since, now)}), " if out.failing_since else ""
    last = out.last_success
    facts = [
        ("job", f"{out.job_id}  {out.job_status}, {_ago(out.job_at, now)}" if out.job_id else ""),
        ("over", "a good run came after it" if out.over else ""),
        (
            "cause",
            f"{out.cause} ({'transient' if out.transient else 'permanent'}, {out.confidence} confidence)"
            if out.cause
            else "",
        ),
        ("because of", "; ".join(out.evidence or ())),
        ("failing since", f"{since}{out.consecutive_failures}{longer} in a row" if out.consecutive_failures else ""),
        ("last success", f"{last.ended_at} ({_ago(last.ended_at, now)})" if last else ""),
        ("what changed", " ".join(out.changed or ())),
        ("findings", "\n".join(one.detail for one in out.findings or ())),
        ("shared", out.shared or ""),
        ("retry", retry_text(out.retry)),
        ("", out.retry.how or ""),
    ]
    steps = [Text(f"  {number}. {of_commands(step)}") for number, step in enumerate(out.next_steps, 1)]
    parts: list[RenderableType] = [head, facts_table([fact for fact in facts if fact[1]])]
    parts += [Text("What to do", style="bold"), *steps]
    if out.error:
        parts += [Text("Error, as the source gave it", style="bold"), Text(out.error, style="red")]
    if out.coverage:
        parts.append(coverage(out.coverage, now))
    return Group(*parts)


def _ago(text: str | None, now: datetime) -> str:
    return age(datetime.fromisoformat(text), now) if text else "-"
