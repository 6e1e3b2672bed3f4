"""Waiting as an answer, and as a line of progress."""

from collections.abc import Callable
from typing import Any, Final

from airweave_sync_mcp.answers.acting.after import Aftermath
from airweave_sync_mcp.answers.acting.wait import Look, Waited
from airweave_sync_mcp.history.model import JobStatus
from airweave_sync_mcp.history.references import short_ids
from airweave_sync_mcp.render.acting import OPERATOR
from airweave_sync_mcp.render.contract_acting import WaitOut
from airweave_sync_mcp.render.fit import Rendered
from airweave_sync_mcp.render.rows import Names
from airweave_sync_mcp.render.text import lines
from airweave_sync_mcp.render.times import span
from airweave_sync_mcp.safety import Cleaner

_ERROR: Final = 300
_COUNTERS: Final = ("inserted", "updated", "deleted", "kept", "skipped")


def progress_line(look: Look) -> str:
    """The state of a job that goes on: `running for 40 s (usually 3 min), 120 inserted`."""
    if look.job.status == JobStatus.RUNNING:
        usual = f" (usually {span(look.usual_s)})" if look.usual_s is not None else ""
        state = f"running for {span(look.elapsed_s)}{usual}"
    else:
        state = f"{look.job.status} for {span(look.elapsed_s)} or more"
    counts = [f"{count} {name}" for name in _COUNTERS if (count := getattr(look.job, name))]
    return ", ".join([state, *counts])


def render_wait(waited: Waited, *, cleaner: Cleaner, nonce: Callable[[], str]) -> Rendered[WaitOut]:
    """A job that was waited for, in both channels."""
    look, after, job = waited.look, waited.after, waited.look.job
    label = Names.of(look.connections, cleaner).label(look.connection) or look.connection.id
    short = short_ids([job.id], (one.id for one in look.history.jobs))[0]
    facts: dict[str, Any] = {
        "finished": look.ended,
        "connection": label,
        "connection_id": look.connection.id,
        "job": short,
        "job_id": job.id,
        "status": cleaner.one_line(job.status, 40),
        "waited_s": round(look.waited_s),
        "elapsed_s": None if look.ended else round(look.elapsed_s),
        "usual_duration_s": None if look.usual_s is None else round(look.usual_s),
        "duration_s": None if job.duration_s is None else round(job.duration_s, 1),
        "never_starts": True if look.hopeless and job.status != JobStatus.CANCELLING else None,
        "warning": cleaner.one_line(_warning(look, after), 500) or None,
        "next_steps": _steps(look, after, f"connection={label!r}", f"job={short!r}"),
    }
    counters = {name: getattr(job, name) for name in _COUNTERS}
    if job.status == JobStatus.COMPLETED or any(counters.values()):
        facts |= counters
    if after is not None:
        facts |= _end(after)
    if job.failed and job.error:
        facts["error"] = cleaner.fence(cleaner.clean(job.error, limit=_ERROR), nonce=nonce())
    out = WaitOut(**facts)
    return Rendered(_text(out, look), out)


def _end(after: Aftermath) -> dict[str, Any]:
    return {
        "cause": after.verdict.cause.value if after.verdict else None,
        "transient": after.verdict.transient if after.verdict else None,
        "trouble_before": after.trouble_before or None,
        "failures_before": after.failures or None,
        "trouble_over": after.over,
    }


def _warning(look: Look, after: Aftermath | None) -> str:
    notes = list(after.notes) if after else []
    if look.job.status == JobStatus.CREATED:
        notes.append("It was only created, by a version of Airweave long gone; nothing runs such a job.")
    elif look.hopeless:
        notes.append(
            f"It has been {look.job.status} for {span(look.elapsed_s)}: no worker takes it, and the platform's "
            "clean-up, due after 3 to 6 minutes, does not end it either. Waiting on does not help."
        )
    elif look.overdue:
        notes.append(
            f"It has been {look.job.status} for {span(look.elapsed_s)}: most likely no worker takes it, and the "
            "platform's clean-up is about to cancel it."
        )
    if look.unread is not None:
        notes.append(f"Read last before this: {look.unread.message}")
    return " ".join(notes)


def _steps(look: Look, after: Aftermath | None, target: str, job_argument: str) -> list[str]:
    job = look.job
    if look.hopeless:
        return [f"cancel_sync_job({target}, {job_argument}), where writes are allowed", OPERATOR]
    if not look.ended:
        return [f"Call again: wait_for_sync_job({target}, {job_argument})"]
    if job.failed:
        return [f"diagnose_sync({target})"]
    if job.status == JobStatus.COMPLETED and after is not None and after.over is not False and not after.notes:
        return ["Nothing to do."]
    return [f"get_connection_jobs({target})"]


def _text(out: WaitOut, look: Look) -> str:
    if out.finished:
        took = f" after {span(out.duration_s)}" if out.duration_s is not None else ""
        usual = f" (usually {span(out.usual_duration_s)})" if out.usual_duration_s is not None else ""
        counts = [f"{count} {name}" for name in _COUNTERS if (count := getattr(out, name))]
        state = ", ".join([f"Finished: {out.status}{took}{usual}", *counts])
    else:
        state = f"NOT finished: {progress_line(look)}"
    cause = f"Cause: {out.cause} ({'transient' if out.transient else 'permanent'})." if out.cause else ""
    return lines(
        [
            f"{out.connection}, id {out.connection_id}, job {out.job_id}.",
            f"{state}. Waited {span(out.waited_s)}.",
            cause,
            trouble_line(out),
            "It will never start." if out.never_starts else "",
            f"Warning: {out.warning}" if out.warning else "",
            *(f"{number}. {step}" for number, step in enumerate(out.next_steps, 1)),
            out.error or "",
        ]
    )


def trouble_line(out: WaitOut) -> str:
    """Whether what was wrong before is over."""
    if out.trouble_before is None:
        return ""
    times = f" ({out.failures_before} failed in a row)" if out.failures_before else ""
    verdict = {True: "it is over", False: "it is NOT over", None: "a cancelled run does not tell whether it is over"}
    return f"Trouble before this run: {out.trouble_before}{times}; {verdict[out.trouble_over]}."
