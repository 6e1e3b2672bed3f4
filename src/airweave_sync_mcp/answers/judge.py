"""What is to be said of one connection: its state in one word, its streak, its findings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from airweave_sync_mcp.answers.jobs import verdict_of
from airweave_sync_mcp.diagnosis.causes import CAUSES
from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.diagnosis.finding import Finding, FindingKind
from airweave_sync_mcp.diagnosis.findings import findings
from airweave_sync_mcp.diagnosis.streaks import Streak, failing_streak
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, SyncJob
from airweave_sync_mcp.history.plan import can_have_jobs

PERSON_CAUSES: Final = frozenset(name.value for name, cause in CAUSES.items() if not cause.transient_default)
"""What no retry cures."""


class State(StrEnum):
    """One word for a connection, the worst that is true of it. Every connection has exactly one."""

    FAILING = "failing"
    STUCK = "stuck"
    WAITING_FOR_LOGIN = "waiting_for_login"
    SILENT = "silent"
    STALE = "stale"
    NEVER_RAN = "never_ran"
    INACTIVE = "inactive"
    UNSTEADY = "unsteady"
    RUNNING = "running"
    HEALTHY = "healthy"
    NOT_SYNCED = "not_synced"
    """Federated: searched live."""
    UNREAD = "unread"
    """Not looked at yet."""


_STATES: Final = {
    FindingKind.PAUSED: State.FAILING,
    FindingKind.FAILING: State.FAILING,
    FindingKind.FIRST_RUN_FAILED: State.FAILING,
    FindingKind.STUCK_RUNNING: State.STUCK,
    FindingKind.STUCK_PENDING: State.STUCK,
    FindingKind.STUCK_CANCELLING: State.STUCK,
    FindingKind.WAITING_FOR_LOGIN: State.WAITING_FOR_LOGIN,
    FindingKind.MASS_DELETION: State.SILENT,
    FindingKind.ENTITY_COUNT_FELL: State.SILENT,
    FindingKind.WROTE_NOTHING: State.SILENT,
    FindingKind.HOLDS_NOTHING: State.SILENT,
    FindingKind.STALE: State.STALE,
    FindingKind.NEVER_RAN: State.NEVER_RAN,
    FindingKind.INACTIVE: State.INACTIVE,
    FindingKind.FLAPPING: State.UNSTEADY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A connection judged by its history. `latest_failure` and `verdict` are of the newest failed run, over or not."""

    connection: Connection
    history: ConnectionHistory | None
    state: State
    findings: tuple[Finding, ...] = ()
    streak: Streak | None = None
    latest_failure: SyncJob | None = None
    verdict: Verdict | None = None

    @property
    def failing(self) -> bool:
        return self.streak is not None and self.streak.ongoing

    @property
    def alarms(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.alarming)

    @property
    def needs_person(self) -> bool:
        return any(one.needs_person for one in self.alarms)

    @property
    def since(self) -> datetime | None:
        """Since when it is in its state."""
        mine = (one for one in self.findings if _STATES.get(one.kind) is self.state)
        return next((one.since for one in mine if one.since is not None), None)


def judge(
    connection: Connection, history: ConnectionHistory | None, *, now: datetime, window: timedelta | None = None
) -> Judgement:
    """Judge a connection by what is known of it."""
    if not can_have_jobs(connection):
        return Judgement(connection=connection, history=history, state=State.NOT_SYNCED)
    if history is None:
        return Judgement(connection=connection, history=None, state=State.UNREAD)

    verdicts: dict[str, Verdict | None] = {}

    def cause_of(job: SyncJob) -> str | None:
        if job.id not in verdicts:
            verdicts[job.id] = verdict_of(job, connection)
        verdict = verdicts[job.id]
        return verdict.cause.value if verdict else None

    newest = {job.id: job.status for job in history.jobs if job.active}
    found = findings(
        connection,
        history,
        now=now,
        cause_of=cause_of,
        window=window,
        person_causes=PERSON_CAUSES,
        first_seen_at={job_id: at for job_id, status, at in history.first_seen if newest.get(job_id) == status},
        earlier_counts=connection.earlier_counts,
    )
    streak = failing_streak(history, cause_of)
    failure = streak.last_failure if streak else None
    return Judgement(
        connection=connection,
        history=history,
        state=_state(found, history),
        findings=found,
        streak=streak,
        latest_failure=failure,
        verdict=verdict_of(failure, connection) if failure else None,
    )


def _state(found: Iterable[Finding], history: ConnectionHistory) -> State:
    states = {_STATES[one.kind] for one in found if one.alarming and one.kind in _STATES}
    worst = next((state for state in State if state in states), None)
    if worst is not None:
        return worst
    if history.jobs and history.jobs[0].active:
        return State.RUNNING
    quiet = {one.kind for one in found}
    return State.NEVER_RAN if FindingKind.NEVER_RAN in quiet or not history.jobs else State.HEALTHY


def judge_all(
    connections: Iterable[Connection],
    histories: Mapping[str, ConnectionHistory],
    *,
    now: datetime,
    window: timedelta | None = None,
) -> list[Judgement]:
    """Judge many connections."""
    return [judge(one, histories.get(one.id), now=now, window=window) for one in connections]
