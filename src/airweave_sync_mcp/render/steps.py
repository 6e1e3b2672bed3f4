"""What to do next: who does what where, or the exact call."""

from typing import Final

from airweave_sync_mcp.answers.diagnosis import Diagnosis
from airweave_sync_mcp.answers.judge import Judgement, State
from airweave_sync_mcp.answers.who import LOSSES, STUCK, is_persistent, unstarted, who_acts
from airweave_sync_mcp.diagnosis.causes import CauseName, Who
from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.diagnosis.finding import FindingKind
from airweave_sync_mcp.diagnosis.remedies import PERSISTENT
from airweave_sync_mcp.render.rows import Names

ERROR: Final = 300
"""Characters of the error in a diagnosis: its beginning and end. get_sync_job has it whole."""

_DONE: Final = ("Nothing", "Wait", "Ask")
_WORKERS: Final = "operator: check that Airweave's workers run and poll Temporal (hosted: Airweave support)"
_UN_PAUSE: Final = "save the connection's schedule again in Airweave, which un-pauses it"
_WHERE: Final = {
    CauseName.CURSOR_EXPIRED: "Where: POST /source-connections/{id}/run?force_full_sync=true, with Airweave's API",
    CauseName.USAGE_OR_BILLING_LIMIT: "Where: the organization's billing page in the Airweave dashboard",
}
"""For advice that does not say it."""


def next_steps(diagnosis: Diagnosis, names: Names, *, writes: bool = False) -> list[str]:
    """Who does what where, then the exact call that shows whether it worked; with `writes` also those that act."""
    label = names.label(diagnosis.connection)
    if diagnosis.over and diagnosis.retry.safe:
        return ["Nothing to do: a good run came after it."]
    judgement, verdict, target = diagnosis.judgement, diagnosis.verdict, f"connection={label!r}"
    if judgement is None:
        steps = ["Nothing to do: the job did not fail."] if verdict is None else _for_cause(diagnosis, verdict, names)
    elif _under_way(judgement):
        steps = [f"A run is under way, newer than the failure: wait_for_sync_job({target})"]
        steps += [f"If it fails too: {step}" for step in _for_cause(diagnosis, verdict, names)[:1]] if verdict else []
        return steps
    elif verdict is not None and diagnosis.retry.safe:
        steps = _for_cause(diagnosis, verdict, names)
    else:
        steps = _without_cause(judgement, label)
    if writes and label:
        steps += _writes(diagnosis, target)
    repaired = verdict is not None or not steps[0].startswith(_DONE)
    return [*steps, f"Then check: get_connection_jobs({target})"] if label and repaired else steps


def _under_way(judgement: Judgement) -> bool:
    """Whether a run that is not stuck is to show if the failures go on."""
    streak = judgement.streak
    return judgement.failing and streak is not None and streak.retrying and judgement.who is Who.NOBODY


def _writes(diagnosis: Diagnosis, target: str) -> list[str]:
    """The calls that end a stuck job or run the sync, where they can help."""
    judgement, verdict, retry = diagnosis.judgement, diagnosis.verdict, diagnosis.retry
    if judgement is not None and judgement.state is State.STUCK and diagnosis.job is not None and diagnosis.job.active:
        return [f"To end the stuck job: cancel_sync_job({target}, job={diagnosis.short_id!r})"]
    if not retry.safe or (verdict is None and not retry.useful):
        return []
    if verdict is not None and verdict.cause is CauseName.CURSOR_EXPIRED:
        return [f"The full sync: run_sync({target}, force_full_sync=true)"]
    return [f"{'To run it' if retry.useful else 'After the repair'}: run_sync({target})"]


def _for_cause(diagnosis: Diagnosis, verdict: Verdict, names: Names) -> list[str]:
    judgement = diagnosis.judgement
    streak = judgement.streak if judgement is not None else None
    who = who_acts(verdict, streak)
    if judgement is not None and not judgement.failing and unstarted(judgement.alarms):
        return [f"{_WORKERS}; then run the sync."]
    lasting = PERSISTENT.get(verdict.cause) if is_persistent(streak, verdict) else None
    fix = names.cleaner.one_line(lasting or verdict.fix, 300)
    paused = judgement is not None and any(one.kind is FindingKind.PAUSED for one in judgement.alarms)
    if paused and verdict.cause is CauseName.AUTH_SERVICE_TRANSIENT:
        after = "then run the sync; nobody has to log in before that has failed."
        return [f"{Who.USER}: {_UN_PAUSE}; {after}"]
    steps = [fix if who is Who.NOBODY else f"{who}: {fix}"]
    if (where := _WHERE.get(verdict.cause)) is not None and diagnosis.connection is not None:
        steps.append(where.replace("{id}", diagnosis.connection.id))
    if verdict.cause is CauseName.UNKNOWN and diagnosis.job and len(diagnosis.job.error or "") > ERROR:
        steps.append(f"Read the whole error: get_sync_job(job='{diagnosis.short_id}')")
    return steps


def _without_cause(judgement: Judgement, label: str | None) -> list[str]:
    """What to do where no failed job tells it, or where what was lost matters more."""
    kinds, target = {one.kind for one in judgement.alarms}, f"connection={label!r}"
    if kinds & LOSSES:
        return [
            "user: check at the source that the login and scope still show everything; run nothing before.",
            "If it was meant to shrink, nothing is to be done; else a full sync once the source shows all again.",
        ]
    if FindingKind.WROTE_NOTHING in kinds:
        return ["user: check at the source that the login still sees its content; if not, Reconnect in Airweave."]
    if judgement.state is State.STUCK and not kinds & STUCK:
        return [f"{_WORKERS}; then run the sync."]
    steps = {
        State.NOT_SYNCED: "Nothing to do: this source is searched live.",
        State.WAITING_FOR_LOGIN: f"user: open {label} in Airweave and finish the login.",
        State.UNREAD: "Ask again: its jobs could not be read yet.",
        **dict.fromkeys((State.RUNNING, State.PENDING, State.CANCELLING), f"Wait for it: wait_for_sync_job({target})"),
        State.STUCK: "operator: look at the Airweave worker and Temporal; a stuck job can be cancelled.",
        State.STALE: f"user: open {label} in Airweave, check its schedule and run it once; if no job appears, the "
        "operator checks Temporal's schedules.",
        State.NEVER_RAN: f"user: open {label} in Airweave and run it once; if no job appears, the operator checks "
        "Temporal's workers and schedules.",
        State.UNSTEADY: f"See what fails: get_connection_jobs({target}, status='failed')",
        State.INACTIVE: f"user: an administrator of the organization switches {label} on in Airweave.",
    }
    return [steps.get(judgement.state, "Nothing to do.")]
