"""A diagnosis as an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from airweave_sync_mcp.answers.diagnosis import Diagnosis
from airweave_sync_mcp.answers.judge import State
from airweave_sync_mcp.answers.retry import who_acts
from airweave_sync_mcp.diagnosis.causes import CauseName, Who
from airweave_sync_mcp.diagnosis.finding import FindingKind
from airweave_sync_mcp.history.references import short_ids
from airweave_sync_mcp.render.contract import DiagnosisOut, FindingOut, LastSuccessOut, RetryOut
from airweave_sync_mcp.render.fit import CONCISE, Rendered
from airweave_sync_mcp.render.foreign import evidence_out
from airweave_sync_mcp.render.rows import NAME, Names, coverage_out, phase
from airweave_sync_mcp.render.text import coverage_line, lines
from airweave_sync_mcp.render.times import age, iso, minute
from airweave_sync_mcp.safety import Cleaner

ERROR: Final = 300
"""Characters of the error: its beginning and end. get_sync_job has it whole."""

_TOKENS: Final = 585
"""Of a diagnosis, about."""

_FULL_ERROR: Final = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """How much of what others wrote: characters of the error and of each sentence, how many of each kind."""

    error: int = ERROR
    sentence: int = 200
    evidence: int = 3
    changes: int = 4
    findings: int = 4
    brief: bool = False
    """Long names are cut."""


_ROOMS: Final = (
    _Room(),
    _Room(error=240, evidence=2, changes=3, findings=3),
    _Room(error=160, sentence=120, evidence=1, changes=2, findings=2),
    _Room(error=100, sentence=70, evidence=1, changes=1, findings=1),
    _Room(error=60, sentence=70, evidence=1, changes=1, findings=1, brief=True),
)
"""The first that keeps a diagnosis small."""

WHO: Final = {
    Who.USER: "whoever owns the connection in Airweave",
    Who.SOURCE_ADMIN: "an administrator of the source",
    Who.PROVIDER_ADMIN: "whoever runs the auth provider account",
    Who.ORG_OWNER: "the owner of the Airweave organization",
    Who.OPERATOR: "the operator of the Airweave deployment",
    Who.AIRWEAVE: "the developers of Airweave",
    Who.NOBODY: "nobody for now",
}


def render_diagnosis(
    diagnosis: Diagnosis,
    *,
    now: datetime,
    cleaner: Cleaner,
    nonce: Callable[[], str],
    full: bool = False,
    writes: bool = False,
) -> Rendered[DiagnosisOut]:
    """What is wrong, since when, whether a retry helps, who acts, what to do next.

    `full` gives the whole error, `writes` names the tools that change something.
    """
    names, mark = Names.of(list(diagnosis.connections.values()), cleaner), nonce()

    def build(room: _Room) -> Rendered[DiagnosisOut]:
        out = _out(diagnosis, names.brief if room.brief else names, room, mark, writes=writes)
        return Rendered(_text(out, diagnosis, now), out)

    if full:
        return build(_Room(error=_FULL_ERROR))
    for room in _ROOMS[:-1]:
        answer = build(room)
        if answer.within(CONCISE, _TOKENS):
            return answer
    return build(_ROOMS[-1])


def _out(diagnosis: Diagnosis, names: Names, room: _Room, mark: str, *, writes: bool) -> DiagnosisOut:
    cleaner = names.cleaner
    one, judgement, job, verdict = diagnosis.connection, diagnosis.judgement, diagnosis.job, diagnosis.verdict
    streak = judgement.streak if judgement and judgement.failing else None
    facts: dict[str, Any] = {
        "connection": names.label(one) if one else None,
        "connection_id": one.id if one else None,
        "source": cleaner.one_line(one.source, NAME) if one else None,
        "state": judgement.state.value if judgement else None,
        "job": diagnosis.short_id,
        "job_id": job.id if job else None,
        "job_status": cleaner.one_line(job.status, 40) if job else None,
        "job_at": iso(job.at) if job else None,
        "over": True if diagnosis.over else None,
    }
    if verdict is not None:
        facts |= {
            "cause": verdict.cause.value,
            "transient": verdict.transient,
            "confidence": verdict.confidence.value,
            "evidence": evidence_out(verdict, job.error if job else None, cleaner, most=room.evidence),
            "phase": phase(job) if job else None,
            "who": who_acts(judgement, verdict),
        }
    if job is not None and job.error:
        facts["error"] = cleaner.fence(cleaner.clean(job.error, limit=room.error), nonce=mark)
    if streak is not None:
        facts |= {
            "failing_since": iso(streak.since),
            "consecutive_failures": streak.failures,
            "may_be_longer": streak.begins_before_known or None,
        }
    facts |= _history(diagnosis, names, room)
    guessed = {
        "job_at": job is not None and job.at is not None and job.known_at is None,
        "failing_since": streak is not None and streak.since is not None and streak.since_estimated,
    }
    facts["estimated"] = [name for name, guess in guessed.items() if guess]
    facts["retry"] = RetryOut(
        useful=diagnosis.retry.useful,
        safe=diagnosis.retry.safe,
        when=diagnosis.retry.when,
        how=diagnosis.retry.how or None,
    )
    facts["next_steps"] = next_steps(diagnosis, names, writes=writes)
    if not diagnosis.complete:
        facts["coverage"] = coverage_out(diagnosis.coverage, cleaner)
    return DiagnosisOut(**facts)


def _history(diagnosis: Diagnosis, names: Names, room: _Room) -> dict[str, Any]:
    clean = names.cleaner
    findings = [
        FindingOut(kind=one.kind.value, since=iso(one.since), detail=clean.one_line(one.detail, room.sentence))
        for one in (diagnosis.judgement.alarms if diagnosis.judgement else ())
        if one.kind is not FindingKind.FAILING  # failing_since says it
    ]
    left = len(findings) - room.findings
    if left > 0:
        findings[room.findings :] = [FindingOut(kind="more", detail=f"{left} more")]
    sentences = diagnosis.comparison.sentences if diagnosis.comparison else ()
    changed = [clean.one_line(text, room.sentence) for text in sentences]
    left = len(changed) - room.changes
    if left > 0:
        changed[room.changes :] = [f"({left} more)"]
    return {
        "last_success": _last_success(diagnosis),
        "changed": changed or None,
        "findings": findings or None,
        "shared": clean.one_line(diagnosis.shared.hypothesis, room.sentence + 100) if diagnosis.shared else None,
    }


def _last_success(diagnosis: Diagnosis) -> LastSuccessOut | None:
    last, history = diagnosis.last_success, diagnosis.judgement.history if diagnosis.judgement else None
    if last is None or history is None:
        return None
    short = short_ids([last.id], (job.id for job in history.jobs))[0]
    return LastSuccessOut(job=short, job_id=last.id, ended_at=iso(last.ended_at or last.at))


def next_steps(diagnosis: Diagnosis, names: Names, *, writes: bool = False) -> list[str]:
    """Who does what where, then the exact call that shows whether it worked; with `writes` also those that act."""
    label = names.label(diagnosis.connection)
    if diagnosis.over:
        return ["Nothing to do: a good run came after it."]
    steps = _without_cause(diagnosis, label) if diagnosis.verdict is None else _for_cause(diagnosis, names.cleaner)
    if writes and label:
        steps += _writes(diagnosis, f"connection={label!r}")
    repaired = diagnosis.verdict is not None or not steps[0].startswith(_DONE)
    return [*steps, f"Then check: get_connection_jobs(connection={label!r})"] if label and repaired else steps


_DONE: Final = ("Nothing", "Wait", "Ask")


def _writes(diagnosis: Diagnosis, target: str) -> list[str]:
    """The calls that end a stuck job or run the sync, where they can help."""
    judgement, verdict = diagnosis.judgement, diagnosis.verdict
    if judgement is not None and judgement.state is State.STUCK and diagnosis.job is not None and diagnosis.job.active:
        return [f"To end the stuck job: cancel_sync_job({target}, job={diagnosis.short_id!r})"]
    if verdict is None or not diagnosis.retry.safe:
        return []
    if verdict.cause is CauseName.CURSOR_EXPIRED:
        return [f"The full sync: run_sync({target}, force_full_sync=true)"]
    return [f"{'To run it' if diagnosis.retry.useful else 'After the repair'}: run_sync({target})"]


def _for_cause(diagnosis: Diagnosis, clean: Cleaner) -> list[str]:
    verdict = diagnosis.verdict
    if verdict is None:
        return []
    fix = clean.one_line(verdict.fix, 300)
    who = who_acts(diagnosis.judgement, verdict)
    steps = [fix if who is Who.NOBODY else f"{who}: {fix}"]
    if verdict.cause is CauseName.UNKNOWN and diagnosis.job and len(diagnosis.job.error or "") > ERROR:
        steps.append(f"Read the whole error: get_sync_job(job='{diagnosis.short_id}')")
    return steps


def _without_cause(diagnosis: Diagnosis, label: str | None) -> list[str]:
    """What to do where no failed job tells it."""
    judgement = diagnosis.judgement
    if judgement is None:
        return ["Nothing to do: the job did not fail."]
    steps = {
        State.NOT_SYNCED: "Nothing to do: this source is searched live.",
        State.WAITING_FOR_LOGIN: f"user: open {label} in Airweave and finish the login.",
        State.UNREAD: "Ask again: its jobs could not be read yet.",
        **dict.fromkeys(
            (State.RUNNING, State.PENDING, State.CANCELLING), f"Wait for it: wait_for_sync_job(connection={label!r})"
        ),
        State.SILENT: "user: check at the source that the connection's login and scope still show everything.",
        State.STUCK: "operator: look at the Airweave worker and Temporal; a stuck job can be cancelled.",
        State.HEALTHY: "Nothing to do.",
    }
    if judgement.state in steps:
        return [steps[judgement.state]]
    return [f"Look into: {one.detail}" for one in judgement.alarms[:2]] or ["Nothing to do."]


def retry_text(retry: RetryOut) -> str:
    """Whether and when a retry helps; a `when` that begins with a no needs no other."""
    useful = "useful" if retry.useful else "not useful"
    if not retry.safe:
        return f"{useful}, NOT SAFE; {retry.when}"
    no = not retry.useful and retry.when.startswith(("not ", "never", "hardly", "refused"))
    return retry.when if no else f"{useful}; {retry.when}"


def _failures(out: DiagnosisOut) -> str:
    return f"{out.consecutive_failures} failure{'' if out.consecutive_failures == 1 else 's'}"


def _text(out: DiagnosisOut, diagnosis: Diagnosis, now: datetime) -> str:
    job = diagnosis.job
    source = f" ({out.source})" if out.source else ""
    head = f"{out.connection or 'Unknown connection'}{source}: {(out.state or 'unknown').replace('_', ' ')}"
    guesses = out.estimated or ()
    if out.failing_since:
        longer = " or more" if out.may_be_longer else ""
        about = "about " if "failing_since" in guesses else ""
        head += f" since {about}{out.failing_since} ({_failures(out)}{longer} in a row)"
    elif out.consecutive_failures:
        head += f" ({_failures(out)} in a row)"
    parts = [f"{head}. Id {out.connection_id}." if out.connection_id else f"{head}."]
    if job is not None:
        about = "about " if "job_at" in guesses else ""
        when = f" {about}{age(job.at, now)} ({minute(job.at)})" if job.at else ""
        over = ", over: a good run came after it" if out.over else ""
        parts.append(f"Job {out.job_id}: {out.job_status}{when}{over}.")
    if out.cause:
        kind = "transient" if out.transient else "permanent"
        phase_ = f", failed {out.phase.replace('_', ' ')}" if out.phase else ""
        parts.append(f"Cause: {out.cause} ({kind}, {out.confidence} confidence{phase_}).")
    parts.append(f"Evidence: {'; '.join(out.evidence)}" if out.evidence else "")
    parts += [
        f"Finding: {one.kind}{f' since {one.since}' if one.since else ''}: {one.detail}" for one in out.findings or ()
    ]
    if out.last_success:
        end = diagnosis.last_success.ended_at or diagnosis.last_success.at if diagnosis.last_success else None
        when = f"{age(end, now)} ({minute(end)}), " if end else ""
        parts.append(f"Last success: {when}job {out.last_success.job_id or out.last_success.job}.")
    parts.append(f"Against the last good run: {' '.join(out.changed)}" if out.changed else "")
    parts.append(f"Shared: {out.shared}" if out.shared else "")
    how = f" {out.retry.how}" if out.retry.how else ""
    parts.append(f"Retry: {retry_text(out.retry)}.{how}")
    parts.append(f"Who acts: {WHO[Who(out.who)]}." if out.who else "")
    parts += [f"{number}. {step}" for number, step in enumerate(out.next_steps, 1)]
    parts.append(f"Error: {out.error}" if out.error else "")
    parts.append(coverage_line(out.coverage) if out.coverage else "")
    return lines(parts)
