"""What is looked at before a write, because the API does not, or refuses it without saying what to do. No I/O."""

from typing import Final

from airweave_sync_mcp.answers.acting.plan import Action, Plan
from airweave_sync_mcp.answers.acting.situation import Situation
from airweave_sync_mcp.answers.retry import Retry, retry_of
from airweave_sync_mcp.diagnosis.causes import CauseName, Who
from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.diagnosis.finding import FindingKind
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.model import Confidence, Connection, ConnectionStatus, JobStatus, SyncJob

CANCELLABLE: Final = frozenset({JobStatus.PENDING, JobStatus.RUNNING})
_SETTLED: Final = frozenset({JobStatus.CANCELLING, JobStatus.CANCELLED})


def check_syncs(connection: Connection, *, has_sync: bool = True) -> None:
    """Raise a QueryError for a connection that cannot have jobs."""
    name = connection.name
    if connection.federated:
        raise QueryError("not_synced", f"{name} is searched live at its source: it never syncs.", "Nothing to do.")
    if connection.status == ConnectionStatus.PENDING_AUTH or connection.authenticated is False:
        raise QueryError(
            "waiting_for_login",
            f"{name} waits for somebody to log in: until then it has no sync.",
            "Open it in Airweave and finish the login; the sync can run after that.",
        )
    if not has_sync:
        raise QueryError(
            "no_sync", f"{name} has no sync.", "Give it a schedule in Airweave, or create it again with a first sync."
        )


def check_run(now: Situation, *, full: bool = False, repaired: bool = False) -> Plan:
    """A plan for a run. `repaired` says that somebody claims to have repaired what pauses the sync.

    Raises:
        QueryError: It cannot run, or would be refused: with what to do instead.
    """
    check_syncs(now.connection, has_sync=now.history.has_sync)
    if now.active is not None:
        raise _active(now, now.active)
    verdict = now.judgement.verdict if now.judgement.failing else None
    paused = next((one for one in now.judgement.alarms if one.kind is FindingKind.PAUSED), None)
    # Only a sure pause is refused here: who has repaired the login must not be kept from running the sync.
    sure = paused is not None and paused.confidence is Confidence.HIGH
    if sure and not repaired:
        raise _paused(now, verdict)
    retry = retry_of(now.judgement, verdict)
    return Plan(
        action=Action.RUN,
        connection=now.connection,
        connections=now.connections,
        full=full,
        newest=now.newest,
        known=frozenset(job.id for job in now.history.jobs),
        verdict=verdict,
        caution=_caution(retry, verdict, full=full, paused=paused is not None),
        harmful=not retry.safe,
        repaired=sure,
    )


def _caution(retry: Retry, verdict: Verdict | None, *, full: bool, paused: bool) -> str:
    """What is to be said against a run, in words that do not change while somebody thinks about it."""
    if not retry.safe:
        return f"Harmful: {retry.when}."
    if paused:
        return f"A run is {retry.when}."
    if verdict is None or (full and verdict.cause is CauseName.CURSOR_EXPIRED):
        return ""
    if not retry.useful:
        return f"Useless as things are: {retry.when}."
    if verdict.retry_after_s:
        return f"The source asked to wait {verdict.retry_after_s:.0f} s after the failure."
    return ""


def _active(now: Situation, job: SyncJob) -> QueryError:
    stuck = {FindingKind.STUCK_RUNNING, FindingKind.STUCK_PENDING, FindingKind.STUCK_CANCELLING}
    if stuck & {one.kind for one in now.judgement.alarms}:
        hint = f"It is stuck: cancel_sync_job(connection={now.connection.name!r}, job={job.id!r}) ends it, if allowed."
    else:
        hint = f"wait_for_sync_job(connection={now.connection.name!r}) tells when it has ended."
    return QueryError(
        "sync_active",
        f"{now.connection.name} has a {job.status} job, {job.id}; another one cannot start beside it.",
        hint,
    )


def _paused(now: Situation, verdict: Verdict | None) -> QueryError:
    name = now.connection.name
    why = f" ({verdict.cause})" if verdict else ""
    fix = verdict.fix if verdict else "Renew the credentials of the connection in Airweave."
    who = f"({verdict.who}) " if verdict and verdict.who != Who.NOBODY else ""
    return QueryError(
        "sync_paused",
        f"{name} is paused by a credential failure{why}: Airweave would refuse a run (409).",
        f"{who}{fix} If that has been done: confirm={f'{name} repaired'!r}",
    )


def check_cancel(now: Situation, job: SyncJob) -> Plan:
    """A plan to cancel a job that is known to belong to the connection.

    Raises:
        QueryError: It has ended, or is in a state that cannot be cancelled.
    """
    if job.status not in CANCELLABLE | _SETTLED:
        raise wrong_state(job.status)
    return Plan(
        action=Action.CANCEL,
        connection=now.connection,
        connections=now.connections,
        job=job,
        newest=now.newest,
        known=frozenset(one.id for one in now.history.jobs),
        settled=job.status in _SETTLED,
    )


def wrong_state(status: str) -> QueryError:
    """A job that cannot be cancelled, because of its state."""
    return QueryError(
        "wrong_state",
        f"The job is {status}; only pending and running jobs can be cancelled. Nothing was done.",
        "get_connection_jobs shows the jobs of the connection and their states.",
    )
