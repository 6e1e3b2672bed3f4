"""Why does it fail, since when, does a retry help, who has to act: one connection or one job, in one call."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.ask import Ask, resolve_connection
from airweave_sync_mcp.answers.connection import whole_streak
from airweave_sync_mcp.answers.failed import last_outcome
from airweave_sync_mcp.answers.job import find_job
from airweave_sync_mcp.answers.judge import Judgement
from airweave_sync_mcp.answers.retry import Retry, retry_of
from airweave_sync_mcp.answers.who import who_acts
from airweave_sync_mcp.diagnosis.causes import Who
from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.diagnosis.comparison import Comparison, last_good_comparison
from airweave_sync_mcp.diagnosis.finding import FindingKind
from airweave_sync_mcp.diagnosis.shared import SharedCause, shared_causes
from airweave_sync_mcp.diagnosis.streaks import Streak
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, Coverage, JobStatus, SyncJob
from airweave_sync_mcp.history.plan import is_troubled
from airweave_sync_mcp.history.references import short_ids
from airweave_sync_mcp.history.view import Need, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What is wrong with a connection, or was wrong with one of its jobs.

    `job` is the run the diagnosis is about: the one asked for, else the newest failure if it is ongoing, else the
    newest run. `over` says that it failed and a good run came after it. `shared` is what other connections suffer of
    at the same time, as far as they are known.
    """

    connection: Connection | None
    judgement: Judgement | None
    job: SyncJob | None
    short_id: str | None
    verdict: Verdict | None
    over: bool
    comparison: Comparison | None
    last_success: SyncJob | None
    retry: Retry
    shared: SharedCause | None
    coverage: Coverage
    """What it rests on; where the latest job was asked for, among what that was looked for."""
    complete: bool
    connections: Mapping[str, Connection]
    asked_for_job: bool
    unread: int = 0
    """How many others are failing too and were not read yet, so that what is shared may be missed."""

    @property
    def other_causes(self) -> Mapping[str, int]:
        """What else failed in the streak that goes on, and how often: the newest failure need not be the trouble."""
        streak = self.judgement.streak if self.judgement and self.judgement.failing else None
        if streak is None or self.verdict is None:
            return {}
        return {cause: count for cause, count in streak.causes if cause != self.verdict.cause}

    @property
    def who(self) -> Who | None:
        """Who has to act; None where nothing calls for anybody."""
        if self.judgement is None:
            return who_acts(self.verdict, None) if self.verdict else None
        who = Who.NOBODY if self.over and self.retry.safe else self.judgement.who
        return who if self.verdict is not None or who is not Who.NOBODY else None


async def diagnose(ask: Ask, *, connection: str = "", job: str = "") -> Diagnosis:
    """Diagnose a connection, or a job wherever it is.

    Raises:
        QueryError: Neither is given, or one is unknown or ambiguous.
        AirweaveError: Nothing could be read about it.
    """
    if job.strip():
        return await _diagnose_job(ask, job, connection)
    if not connection.strip():
        raise QueryError(
            "nothing_asked", "Neither a connection nor a job was given.", "Give connection=<name> or job=<id>."
        )
    one = await resolve_connection(ask, connection)
    view = await _read(ask, one)
    one = await _with_detail(ask, one)
    history = view.histories.get(one.id)
    judgement = ask.judge.judge(one, history, now=ask.now)
    return await _diagnosis(ask, one, judgement, view, _main_job(judgement), asked_for_job=False)


async def _diagnose_job(ask: Ask, job: str, connection: str) -> Diagnosis:
    answer = await find_job(ask, job, connection)
    found, one = answer.row.job, answer.row.connection
    if one is None:
        return Diagnosis(
            connection=None,
            judgement=None,
            job=found,
            short_id=answer.row.short_id,
            verdict=answer.row.verdict,
            over=False,
            comparison=None,
            last_success=None,
            retry=retry_of(None, answer.row.verdict, passed=_since(found, ask.now)),
            shared=None,
            coverage=answer.coverage,
            complete=answer.complete,
            connections=answer.connections,
            asked_for_job=True,
        )
    view = await _read(ask, one)
    one = await _with_detail(ask, one)
    judgement = ask.judge.judge(one, view.histories.get(one.id), now=ask.now)
    diagnosis = await _diagnosis(ask, one, judgement, view, found, asked_for_job=True)
    return diagnosis if answer.complete else replace(diagnosis, coverage=answer.coverage, complete=False)


async def _read(ask: Ask, connection: Connection) -> View:
    """The connection's jobs, read anew."""
    need = Need(scope=lambda one: one.id == connection.id, asked_for=frozenset({connection.id}), by_connection=True)
    view = await ask.view(need)
    if connection.id in view.errors and connection.id not in view.histories:
        raise view.errors[connection.id]
    return await whole_streak(ask, connection, view)


async def _with_detail(ask: Ask, connection: Connection) -> Connection:
    """The connection with its own page, which tells its schedule; without it where that cannot be had now."""
    try:
        return replace(connection, detail=await ask.snapshot.detail(ask.credential, connection.id))
    except AirweaveError:
        return connection


async def _diagnosis(
    ask: Ask, one: Connection, judgement: Judgement, view: View, job: SyncJob | None, *, asked_for_job: bool
) -> Diagnosis:
    history = judgement.history
    verdict = _verdict(ask, one, judgement, job) if job else None
    over = job is not None and history is not None and _is_over(job, history)
    retry = retry_of(judgement, verdict, passed=_since(job, ask.now))
    if over and retry.safe:
        retry = Retry(useful=False, safe=True, when="not needed: a good run came after it")
    known = await ask.snapshot.known(ask.credential)
    return Diagnosis(
        connection=one,
        judgement=judgement,
        job=job,
        short_id=short_ids([job.id], (other.id for other in known.unordered))[0] if job else None,
        verdict=verdict,
        over=over,
        comparison=last_good_comparison(job, history) if job and history else None,
        last_success=next((run for run in history.jobs if run.status == JobStatus.COMPLETED), None)
        if history
        else None,
        retry=retry,
        shared=_shared(one, judgement, known, ask),
        unread=sum(is_troubled(other) and other.id not in known.histories for other in known.connections.values()),
        coverage=view.coverage,
        complete=view.coverage.complete,
        connections=known.connections,
        asked_for_job=asked_for_job,
    )


def _verdict(ask: Ask, one: Connection, judgement: Judgement, job: SyncJob) -> Verdict | None:
    """Why the job failed, or why the clean-up had to cancel it."""
    cleaned = any(
        alarm.kind is FindingKind.CANCELLED_BY_CLEANUP and alarm.job_id == job.id for alarm in judgement.alarms
    )
    return ask.judge.verdict_of_text(job, one) if cleaned else ask.judge.verdict(job, one)


def _since(job: SyncJob | None, now: datetime) -> timedelta | None:
    """How long ago a job ended, as far as is known."""
    end = (job.ended_at or job.estimated_end or job.at) if job else None
    return now - end if end else None


def _main_job(judgement: Judgement) -> SyncJob | None:
    """The run a question about a connection is about."""
    if judgement.history is None or not judgement.history.jobs:
        return None
    if judgement.failing:
        return judgement.latest_failure
    for finding in judgement.alarms:
        if finding.job_id is not None:
            return next((job for job in judgement.history.jobs if job.id == finding.job_id), None)
    return judgement.history.jobs[0]


def _is_over(job: SyncJob, history: ConnectionHistory) -> bool:
    """Whether a good run ended the trouble of a job. It ends failures; what a run deleted it does not bring back."""
    if not job.failed:
        return False
    for newer in history.jobs:
        if newer.id == job.id:
            return False
        if newer.status == JobStatus.COMPLETED:
            return True
    return False


def _shared(one: Connection, judgement: Judgement, known: View, ask: Ask) -> SharedCause | None:
    """The trouble that this connection has in common with others that are failing now."""
    if not judgement.failing:
        return None
    failing: list[tuple[Connection, Streak]] = []
    for other in known.connections.values():
        history = judgement.history if other.id == one.id else known.histories.get(other.id)
        outcome = last_outcome(history) if history else None
        if history is not None and outcome is not None and outcome.failed:
            streak = ask.judge.streak(other, history)
            failing += [(other, streak)] if streak else []
    found = shared_causes(failing, _no_cause, ask.now)
    return next((shared for shared in found if any(each.id == one.id for each in shared.connections)), None)


def _no_cause(_: SyncJob) -> str | None:
    return None  # streaks bring their cause
