"""The tables of diagnosis and health: causes, the strip of last runs, what is to be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from airweave_sync_mcp.cli.columns import Column, Rows
from airweave_sync_mcp.cli.tables import coverage, facts_table
from airweave_sync_mcp.cli.wording import of_commands
from airweave_sync_mcp.diagnosis.causes import CauseName
from airweave_sync_mcp.render.contract import DiagnosisOut, FailedJobsOut, GroupOut, HealthOut, TroubledOut
from airweave_sync_mcp.render.diagnosis import retry_text
from airweave_sync_mcp.render.health import RUNS
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
_WIDE: Final = 100
_FEWER_RUNS: Final = 12
_LONGEST_CAUSE: Final = max(len(name) for name in CauseName)


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
    parts: list[RenderableType] = [_states(out), _jobs(out)]
    rows = [*(out.worst or ()), *(out.rest or ())]
    if rows:
        parts += [_Strips(rows, now), _legend()]
    parts += [Text(f"Shared: {text}", style="yellow") for text in out.shared or ()]
    return Group(*parts, coverage(out.coverage, now))


def _jobs(out: HealthOut) -> Text:
    rate = f"; {out.success_rate:.0%} of the runs succeeded" if out.success_rate is not None else ""
    jobs = ", ".join(f"{count:,} {status}" for status, count in out.jobs.items()) or "none"
    return Text(f"Jobs: {jobs}{rate}", style="dim")


def _states(out: HealthOut) -> Text:
    text = Text(f"{out.connections} connection{'' if out.connections == 1 else 's'}: ", style="bold")
    for number, (state, count) in enumerate(out.states.items()):
        text.append(", " if number else "")
        text.append(f"{count} {state.replace('_', ' ')}", style=STATE_COLOURS.get(state, ""))
    if out.wait_for_person:
        text.append(
            f"   {out.wait_for_person} wait{'s' if out.wait_for_person == 1 else ''} for a person", style="yellow"
        )
    return text


@dataclass(frozen=True)
class _Strips:
    """A row for each connection; where the window is narrow, fewer of its runs."""

    rows: Sequence[TroubledOut]
    now: datetime

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        runs = RUNS if options.max_width >= _WIDE else _FEWER_RUNS
        columns: list[Column[TroubledOut]] = [
            Column(title="Connection", cell=lambda row: Text(row.connection), least=14),
            Column(title="Last runs", cell=lambda row: strip((row.runs or "")[-runs:]), right=True, spare=2),
            Column(title="State", cell=_state, least=9),
            Column(title="Since", cell=self._since, spare=1),
            Column(title="What", cell=_what, least=_LONGEST_CAUSE),
        ]
        yield Rows(columns, self.rows)

    def _since(self, row: TroubledOut) -> Text:
        return Text(_ago(row.since, self.now).removesuffix(" ago") if row.since else "")


def _state(row: TroubledOut) -> Text:
    return Text(row.state.replace("_", " "), style=STATE_COLOURS.get(row.state, ""))


def _what(row: TroubledOut) -> Text:
    what = Text(row.cause or "", style="red")
    others = [kind for kind in row.findings or () if kind != row.state and not (row.cause and kind == "failing")]
    return what.append((" " if row.cause and others else "") + ", ".join(others), style="dim")


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
        (
            "job",
            f"{out.job_id}  {out.job_status}{f', {_ago(out.job_at, now)}' if out.job_at else ''}" if out.job_id else "",
        ),
        ("over", "a good run came after it" if out.over else ""),
        (
            "cause",
            f"{out.cause} ({'transient' if out.transient else 'permanent'}, {out.confidence} confidence)"
            if out.cause
            else "",
        ),
        ("because of", "; ".join(out.evidence or ())),
        ("nearest", out.nearest or ""),
        ("failing since", f"{since}{out.consecutive_failures}{longer} in a row" if out.consecutive_failures else ""),
        ("last success", f"{last.ended_at} ({_ago(last.ended_at, now)})" if last else ""),
        ("what changed", " ".join(out.changed or ())),
        ("findings", "\n".join(one.detail for one in out.findings or ())),
        ("shared", of_commands(out.shared or "")),
        ("retry", retry_text(out.retry)),
        ("", out.retry.how or ""),
        ("who acts", out.who or ""),
    ]
    steps = [(f"  {number}.", of_commands(step)) for number, step in enumerate(out.next_steps, 1)]
    parts: list[RenderableType] = [head, facts_table([fact for fact in facts if fact[1]])]
    parts += [Text("What to do", style="bold"), facts_table(steps)]
    if out.error:
        parts += [Text("Error, as the source gave it", style="bold"), Text(out.error, style="red")]
    if out.coverage:
        parts.append(coverage(out.coverage, now))
    return Group(*parts)


def _ago(text: str | None, now: datetime) -> str:
    return age(datetime.fromisoformat(text), now) if text else "-"
