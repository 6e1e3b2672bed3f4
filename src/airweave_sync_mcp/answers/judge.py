"""What is to be said of one connection: its state in one word, its streak, its findings."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from weakref import ref

from airweave_sync_mcp.answers.who import who_is_waited_for
from airweave_sync_mcp.diagnosis.case import Case
from airweave_sync_mcp.diagnosis.causes import CAUSES, Who
from airweave_sync_mcp.diagnosis.classify import Verdict, classify, symptom_of
from airweave_sync_mcp.diagnosis.finding import Finding, FindingKind
from airweave_sync_mcp.diagnosis.findings import findings_of
from airweave_sync_mcp.diagnosis.streaks import CauseOf, Streak, failing_streak
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, JobStatus, SyncJob
from airweave_sync_mcp.history.plan import can_have_jobs

PERSON_CAUSES: Final = frozenset(name.value for name, cause in CAUSES.items() if not cause.transient_default)
"""What no retry cures."""

REMEMBERED_TEXTS: Final = 1_024
LONGEST_TEXT: Final = 8_000
"""Verdicts about error texts of at most this many characters are remembered, so many of them."""
REMEMBERED_JUDGEMENTS: Final = 4_096


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
    PENDING = "pending"
    CANCELLING = "cancelling"
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
    FindingKind.CANCELLED_BY_CLEANUP: State.STUCK,
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


_UNDER_WAY: Final = {JobStatus.PENDING.value: State.PENDING, JobStatus.CANCELLING.value: State.CANCELLING}


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
        return self.who is not Who.NOBODY

    @property
    def who(self) -> Who:
        """Who has to act now; nobody too where a run under way is to show it."""
        return who_is_waited_for(self.alarms, self.streak, self.verdict)

    @property
    def since(self) -> datetime | None:
        """Since when it is in its state."""
        mine = (one for one in self.findings if _STATES.get(one.kind) is self.state)
        return next((one.since for one in mine if one.since is not None), None)


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A judgement and what it rests on; the history is not kept alive for it."""

    history: "ref[ConnectionHistory]"
    connection: Connection
    as_of: datetime
    judgement: Judgement


class Judge:
    """Says why jobs failed and how connections are.

    It remembers what it said, within bounds: the same words mean the same each time, and a connection's history is
    judged as of its reading, so that time alone changes nothing. It may be shared between tasks and by all callers.
    """

    def __init__(self) -> None:
        self._classified = lru_cache(REMEMBERED_TEXTS)(classify)
        self._judged: OrderedDict[tuple[int, timedelta | None], _Remembered] = OrderedDict()

    def verdict(self, job: SyncJob, connection: Connection | None) -> Verdict | None:
        """Why a job failed; None for one that did not."""
        return self.verdict_of_text(job, connection) if job.failed else None

    def verdict_of_text(self, job: SyncJob, connection: Connection | None) -> Verdict:
        """What a job's text says, of a cancelled one too: the clean-up leaves one."""
        symptom = symptom_of(job, connection)
        return self._classified(symptom) if len(symptom.message or "") <= LONGEST_TEXT else classify(symptom)

    def streak(self, connection: Connection, history: ConnectionHistory) -> Streak | None:
        """The newest failing streak of a connection, ongoing or over."""
        return failing_streak(history, self._causes(connection))

    def judge(
        self,
        connection: Connection,
        history: ConnectionHistory | None,
        *,
        now: datetime,
        window: timedelta | None = None,
    ) -> Judgement:
        """Judge a connection by what is known of it."""
        if not can_have_jobs(connection):
            return Judgement(connection=connection, history=history, state=State.NOT_SYNCED)
        if history is None:
            return Judgement(connection=connection, history=None, state=State.UNREAD)
        key, as_of = (id(history), window), min(now, history.fetched_at)
        found = self._judged.get(key)
        if found is None or found.history() is not history or (found.as_of, found.connection) != (as_of, connection):
            judgement = self._judge(connection, history, as_of, window)
            found = _Remembered(ref(history), connection, as_of, replace(judgement, history=None))
            self._judged[key] = found
            if len(self._judged) > REMEMBERED_JUDGEMENTS:
                self._judged.popitem(last=False)
        self._judged.move_to_end(key)
        return replace(found.judgement, history=history)

    def judge_all(
        self,
        connections: Iterable[Connection],
        histories: Mapping[str, ConnectionHistory],
        *,
        now: datetime,
        window: timedelta | None = None,
    ) -> list[Judgement]:
        """Judge many connections."""
        return [self.judge(one, histories.get(one.id), now=now, window=window) for one in connections]

    def _judge(
        self, connection: Connection, history: ConnectionHistory, as_of: datetime, window: timedelta | None
    ) -> Judgement:
        newest = {job.id: job.status for job in history.jobs if job.active}
        case = Case.build(
            connection,
            history,
            now=as_of,
            cause_of=self._causes(connection),
            window=window,
            person_causes=PERSON_CAUSES,
            first_seen_at={job_id: at for job_id, status, at in history.first_seen if newest.get(job_id) == status},
            earlier_counts=connection.earlier_counts,
        )
        found, streak = findings_of(case), case.streak
        failure = streak.last_failure if streak else None
        return Judgement(
            connection=connection,
            history=history,
            state=_state(found, history),
            findings=found,
            streak=streak,
            latest_failure=failure,
            verdict=self.verdict(failure, connection) if failure else None,
        )

    def _causes(self, connection: Connection) -> CauseOf:
        """Names the causes of a connection's failed jobs, each looked for once."""
        causes: dict[str, str | None] = {}

        def cause_of(job: SyncJob) -> str | None:
            if job.id not in causes:
                verdict = self.verdict(job, connection)
                causes[job.id] = verdict.cause.value if verdict else None
            return causes[job.id]

        return cause_of


def _state(found: Iterable[Finding], history: ConnectionHistory) -> State:
    states = {_STATES[one.kind] for one in found if one.alarming and one.kind in _STATES}
    worst = next((state for state in State if state in states), None)
    if worst is not None:
        return worst
    if history.jobs and history.jobs[0].active:
        return _UNDER_WAY.get(history.jobs[0].status, State.RUNNING)
    quiet = {one.kind for one in found}
    return State.NEVER_RAN if FindingKind.NEVER_RAN in quiet or not history.jobs else State.HEALTHY
