"""What the end of a run means: whether the trouble there was before it is over."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from airweave_sync_mcp.answers.judge import Judge, Judgement
from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.diagnosis.finding import FindingKind
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, JobStatus, SyncJob

_SILENT: Final = frozenset({FindingKind.WROTE_NOTHING, FindingKind.MASS_DELETION})
_TOLD: Final = _SILENT | {FindingKind.CANCELLED_BY_CLEANUP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """Before and after a run. `failures` counts the failed runs in a row before it, `cause_before` is their cause.

    `trouble_before` names what was wrong, "" for nothing. `over` is None where nothing was wrong before, or a
    cancelled run proves nothing. `notes` are our own words about the run itself.
    """

    trouble_before: str
    cause_before: Verdict | None
    failures: int
    verdict: Verdict | None
    over: bool | None
    notes: tuple[str, ...]


def aftermath(
    connection: Connection, history: ConnectionHistory, job: SyncJob, *, now: datetime, judge: Judge
) -> Aftermath:
    """Compare what there was to say of a connection before a job with what there is after it."""
    place = next((n for n, one in enumerate(history.jobs) if one.id == job.id), len(history.jobs))
    before = judge.judge(connection, replace(history, jobs=history.jobs[place + 1 :]), now=now)
    after = judge.judge(connection, replace(history, jobs=history.jobs[place:]), now=now)
    silent = {one.kind for one in before.alarms} & _SILENT
    if before.failing and before.verdict is not None:
        trouble = before.verdict.cause.value
    else:
        trouble = next(iter(sorted(silent)), "")
    return Aftermath(
        trouble_before=trouble,
        cause_before=before.verdict if before.failing else None,
        failures=before.streak.failures if before.streak and before.failing else 0,
        verdict=judge.verdict(job, connection),
        over=_over(job, silent, after) if trouble else None,
        notes=tuple(one.detail for one in after.findings if one.job_id == job.id and one.kind in _TOLD),
    )


def _over(job: SyncJob, silent: set[FindingKind], after: Judgement) -> bool | None:
    if job.status == JobStatus.COMPLETED:
        return not silent & {one.kind for one in after.alarms}
    return False if job.failed else None
