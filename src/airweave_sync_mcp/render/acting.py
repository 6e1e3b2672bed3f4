"""Writes as answers: what would happen, what happened, whose word it rests on, how to go on."""

from typing import Final

from airweave_sync_mcp.answers.acting.outcome import ConfirmedBy, Outcome, Result
from airweave_sync_mcp.answers.acting.plan import Action, Plan
from airweave_sync_mcp.history.model import SyncJob
from airweave_sync_mcp.history.references import short_ids
from airweave_sync_mcp.render.contract_acting import ActionOut
from airweave_sync_mcp.render.fit import Rendered
from airweave_sync_mcp.render.rows import NAME, Names
from airweave_sync_mcp.render.text import lines
from airweave_sync_mcp.safety import Cleaner

_DONE: Final = {
    Result.STARTED: True,
    Result.CANCELLED: True,
    Result.UNKNOWN: None,
}
_SETTLED: Final = frozenset({Result.CANCELLED, Result.CANCELLING})
OPERATOR: Final = "operator: look at the Airweave worker and Temporal."

_RUN: Final = (
    "Starts a sync now: entities of collection {collection} are added, updated and deleted as the source shows them. "
    "It counts against the plan; no other run can start until it ends."
)
_FULL: Final = (
    "Starts a FULL sync now: everything is read again, and every entity of this connection that is not found is "
    "DELETED from collection {collection}, also what its login may no longer see. It takes longer than usual runs."
)
_CANCEL: Final = (
    "Stops the job. What it has written stays, nothing is rolled back, and what it has not reached waits for the "
    "next run. The schedule goes on."
)


def consequence(plan: Plan, cleaner: Cleaner) -> str:
    """What the write does, in words that do not change with time."""
    if plan.action is Action.CANCEL:
        return _CANCEL
    collection = cleaner.one_line(plan.connection.collection, NAME)
    return (_FULL if plan.full else _RUN).format(collection=collection)


def question(plan: Plan, cleaner: Cleaner) -> str:
    """What a person is asked. The same plan gives the same words: an answer counts only for the identical question."""
    target = f"{cleaner.quote(plan.connection.name, NAME)} ({cleaner.one_line(plan.connection.source, NAME)})"
    if plan.job is not None:
        return f"Cancel job {cleaner.one_line(plan.job.id, NAME)} of {target}? {consequence(plan, cleaner)}"
    asked = f"Start a {'full sync' if plan.full else 'sync'} of {target}, id {plan.connection.id}?"
    # It names the newest run, so that an approval ends with the state it was given in.
    last = f"Its newest run is {cleaner.one_line(plan.newest.id, NAME)}." if plan.newest else "It has never run."
    caution = cleaner.one_line(plan.caution, 300)
    return " ".join(part for part in (asked, consequence(plan, cleaner), caution, last) if part)


def render_action(outcome: Outcome, cleaner: Cleaner) -> Rendered[ActionOut]:
    """A write in both channels."""
    plan, job = outcome.plan, outcome.job or outcome.plan.job
    label = Names.of(plan.connections, cleaner).label(plan.connection) or plan.connection.id
    dry = outcome.result is Result.DRY_RUN
    out = ActionOut(
        action=plan.action.value,
        outcome=outcome.result.value,
        done=_DONE.get(outcome.result, False),
        connection=label,
        connection_id=plan.connection.id,
        full_sync=plan.full or None,
        job=_short(outcome, job) if job else None,
        job_id=job.id if job else None,
        status=cleaner.one_line(job.status, 40) if job else None,
        confirmed_by=outcome.confirmed_by.value if outcome.confirmed_by else None,
        consequence=consequence(plan, cleaner) if dry else None,
        warning=_warning(outcome, cleaner) or None,
        confirm=_confirm(plan, label) if dry else None,
        next_steps=_steps(outcome, label),
    )
    return Rendered(_text(out, outcome), out)


def _confirm(plan: Plan, label: str) -> str:
    return plan.job.id if plan.job else f"{label}{plan.suffix}"


def _warning(outcome: Outcome, cleaner: Cleaner) -> str:
    parts = [outcome.plan.caution if outcome.result in {Result.DRY_RUN, Result.STARTED} else "", _lost(outcome)]
    if outcome.result is Result.CANCELLING:
        parts.append("The job stays cancelling until its worker has stopped; until then no other run can start.")
    if outcome.confirmed_by is ConfirmedBy.MODEL:
        parts.append("No person approved this: confirm is the model's own word.")
    return cleaner.one_line(" ".join(part for part in parts if part), 800)


def _lost(outcome: Outcome) -> str:
    """What is known of a request whose answer was lost."""
    if outcome.lost is None:
        return ""
    return f"{outcome.lost.message} So the state was read back: {_READ_BACK[outcome.result](outcome)} "


def _unknown(outcome: Outcome) -> str:
    if outcome.plan.action is Action.CANCEL:
        status = outcome.job.status if outcome.job else "not to be seen"
        return f"the job is {status}. Whether the cancellation still comes is not known."
    if outcome.job is not None:
        return (
            f"a pending job, {outcome.job.id}, was left behind. Most likely no worker has been told of it: then it "
            "never runs, keeps others from starting, and the platform's clean-up cancels it after 3 to 6 minutes."
        )
    return "no new job is to be seen yet, or it could not be read. Whether one still starts is not known."


_READ_BACK: Final = {
    Result.STARTED: lambda _: "a new job is there, which is taken for this run.",
    Result.NOT_STARTED: lambda _: "there is no new job, so nothing was started.",
    Result.CANCELLED: lambda _: "the job is cancelled.",
    Result.CANCELLING: lambda _: "the job is cancelling, but its worker may not have been told.",
    Result.NOT_CANCELLED: lambda outcome: f"the job is {outcome.job.status if outcome.job else 'unchanged'}.",
    Result.UNKNOWN: _unknown,
}


def _steps(outcome: Outcome, label: str) -> list[str]:
    job = outcome.job
    history = f"get_connection_jobs(connection={label!r})"
    wait = (
        f"wait_for_sync_job(connection={label!r}, job={_short(outcome, job)!r})" if job else f"In a minute: {history}"
    )
    steps = {
        Result.STARTED: [wait],
        Result.CANCELLING: [wait],
        Result.DRY_RUN: [f"Ask the person. If they agree: {_call(outcome, label)}"],
        Result.DECLINED: ["Do not ask again unless the person wants it."],
        Result.UNKNOWN: [wait, "Do not send it again before that has told what became of it."],
        Result.NOT_STARTED: [f"Try again in some minutes. If that fails, too: {OPERATOR}"],
    }
    return steps.get(outcome.result, [history])


def _short(outcome: Outcome, job: SyncJob) -> str:
    return short_ids([job.id], outcome.plan.known)[0]


def _call(outcome: Outcome, label: str) -> str:
    plan, arguments = outcome.plan, {"connection": label}
    if plan.job is not None:
        arguments["job"] = _short(outcome, plan.job)
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    full = ", force_full_sync=true" if plan.full else ""
    return f"{plan.action}({given}{full}, confirm={_confirm(plan, label)!r})"


_HEADS: Final = {
    Result.STARTED: "A sync was started.",
    Result.NOT_STARTED: "No sync was started.",
    Result.CANCELLED: "The job is cancelled.",
    Result.CANCELLING: "The job is being cancelled.",
    Result.NOT_CANCELLED: "The job was NOT cancelled.",
    Result.DRY_RUN: "Nothing was done yet; this is what would happen.",
    Result.DECLINED: "The person declined: nothing was done.",
    Result.UNKNOWN: "It is NOT KNOWN whether this was done.",
}


_WHOSE: Final = {
    ConfirmedBy.PERSON: "Confirmed by a person.",
    ConfirmedBy.FLAG: "Confirmed by a flag.",
    ConfirmedBy.MODEL: "Confirmed by the model.",
    None: "",
}


def headline(outcome: Outcome) -> str:
    """What was done, in a sentence."""
    if outcome.result in _SETTLED and outcome.confirmed_by is None:
        return f"{_HEADS[outcome.result]} It was so before; nothing was sent."
    return _HEADS[outcome.result]


def _text(out: ActionOut, outcome: Outcome) -> str:
    full = " (full sync)" if out.full_sync else ""
    job = f" Job {out.job_id}: {out.status}." if out.job_id else ""
    return lines(
        [
            f"{out.action}: {out.outcome}{full}. {headline(outcome)}",
            f"{out.connection}, id {out.connection_id}.{job}",
            _WHOSE[outcome.confirmed_by],
            f"Consequence: {out.consequence}" if out.consequence else "",
            f"Warning: {out.warning}" if out.warning else "",
            f"To do it, confirm has to be: {out.confirm}" if out.confirm else "",
            *(f"{number}. {step}" for number, step in enumerate(out.next_steps, 1)),
        ]
    )
