"""The health of an organization: every connection in one word, the worst first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from airweave_sync_mcp.answers.ask import Ask, ScopeFilter, resolve_scope
from airweave_sync_mcp.answers.judge import Judgement, State
from airweave_sync_mcp.diagnosis.finding import SEVERITY_ORDER
from airweave_sync_mcp.diagnosis.shared import SharedCause, shared_causes
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.model import Connection, Coverage, JobStatus, SyncJob
from airweave_sync_mcp.history.view import Need
from airweave_sync_mcp.history.window import TIME_HINT, Window, parse_window

_ORDER: Final = {state: number for number, state in enumerate(State)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`states` counts every connection in scope exactly once; `jobs` the jobs of the window by status.

    `troubled` are the connections with an alarm: those that wait for a person first, then by severity and age.
    """

    judgements: tuple[Judgement, ...]
    states: Mapping[State, int]
    jobs: Mapping[str, int]
    success_rate: float | None
    troubled: tuple[Judgement, ...]
    shared: tuple[SharedCause, ...]
    window: Window
    coverage: Coverage
    connections: Sequence[Connection]


async def organization_health(ask: Ask, *, since: str = "7d", scope: ScopeFilter | None = None) -> Health:
    """How the connections in scope are, judged by the jobs since then.

    Raises:
        QueryError: The question cannot be answered as it is put.
        AirweaveError: Nothing at all could be read.
    """
    window = parse_window(since, "", now=ask.now)
    if window.since is None:
        raise QueryError("invalid_time", "since is empty.", TIME_HINT)
    found = await resolve_scope(ask, scope or ScopeFilter())
    need = Need(window=window, scope=found.holds, by_connection=True)
    view = await ask.view(need)
    # To the second, as the window is: the same words then mean the same length of time, whenever they are said.
    length = ask.now.replace(microsecond=0) - window.since
    judgements = ask.judge.judge_all(view.connections.values(), view.histories, now=ask.now, window=length)
    jobs = Counter(job.status for job in view.unordered if window.holds(job))
    good, bad = jobs[JobStatus.COMPLETED], jobs[JobStatus.FAILED]
    streaks = [(one.connection, one.streak) for one in judgements if one.streak and one.failing]
    return Health(
        judgements=tuple(judgements),
        states=dict(Counter(one.state for one in judgements)),
        jobs=dict(jobs),
        success_rate=good / (good + bad) if good + bad else None,
        troubled=tuple(sorted((one for one in judgements if one.alarms), key=_worst_first)),
        shared=shared_causes(streaks, _no_cause, ask.now),
        window=window,
        coverage=view.coverage,
        connections=list(view.organization.values()),
    )


def _worst_first(one: Judgement) -> tuple[bool, int, int, datetime, str]:
    worst = min(SEVERITY_ORDER[finding.severity] for finding in one.alarms)
    return (not one.needs_person, worst, _ORDER[one.state], one.since or _LATEST, one.connection.name.casefold())


_LATEST: Final = datetime.max.replace(tzinfo=UTC)


def _no_cause(_: SyncJob) -> str | None:
    return None  # streaks bring their cause
