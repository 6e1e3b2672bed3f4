"""The commands that act: run, cancel, wait. A person confirms on the terminal, a script with --yes."""

import argparse
import json
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import anyio

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.answers.acting.act import Acting
from airweave_sync_mcp.answers.acting.audit import Caller
from airweave_sync_mcp.answers.acting.cancel import Cancel, cancel_job, plan_cancel
from airweave_sync_mcp.answers.acting.outcome import Outcome, Result
from airweave_sync_mcp.answers.acting.plan import Plan, Said
from airweave_sync_mcp.answers.acting.run import Run, plan_run, run_sync
from airweave_sync_mcp.answers.acting.wait import Look, Report, Wait, Waited, wait_for_job
from airweave_sync_mcp.answers.ask import Ask
from airweave_sync_mcp.cli.terminal import BAD_USE, INCOMPLETE, OK, SOMETHING_FAILED, UNREACHABLE, Terminal
from airweave_sync_mcp.cli.wording import PROGRAM
from airweave_sync_mcp.core import Core
from airweave_sync_mcp.history.model import JobStatus
from airweave_sync_mcp.render.acting import headline, question, render_action
from airweave_sync_mcp.render.contract_acting import ActionOut, WaitOut
from airweave_sync_mcp.render.text import lines
from airweave_sync_mcp.render.times import span
from airweave_sync_mcp.render.waiting import progress_line, render_wait, trouble_line
from airweave_sync_mcp.safety import Cleaner
from airweave_sync_mcp.settings import Settings

ACTING: Final = frozenset({"run", "cancel", "wait"})

_EXIT: Final = {
    Result.STARTED: OK,
    Result.CANCELLED: OK,
    Result.CANCELLING: OK,
    Result.NOT_STARTED: UNREACHABLE,
    Result.NOT_CANCELLED: UNREACHABLE,
    Result.UNKNOWN: INCOMPLETE,
    Result.DRY_RUN: BAD_USE,
    Result.DECLINED: BAD_USE,
}

Wanted = Run | Cancel
_ERROR: Final = 500


def carry_out(args: argparse.Namespace, settings: Settings, core: Core, terminal: Terminal) -> int:
    """Carry out one of these commands; returns the exit code.

    Raises:
        QueryError: Something is not clear, or refused.
        AirweaveError: Airweave cannot be asked.
    """
    credential = core.credential(settings)
    if args.command == "wait":
        wanted = Wait(connection=args.connection, job=args.job, timeout_s=args.timeout)
        waited = anyio.run(_wait, core, credential, wanted, terminal)
        return _show_wait(waited, args, core, terminal)
    write: Wanted = Cancel(connection=args.connection, job=getattr(args, "job", ""))
    if args.command == "run":
        write = Run(connection=args.connection, full=args.full, confirm=args.confirm)
    return _write(write, args, core, credential, terminal)


def _write(wanted: Wanted, args: argparse.Namespace, core: Core, credential: Credential, terminal: Terminal) -> int:
    plan = anyio.run(_plan, core, credential, wanted)
    if args.dry_run or plan.settled:
        result = Result(plan.job.status) if plan.settled and plan.job else Result.DRY_RUN
        _show(Outcome(plan=plan, result=result, job=plan.job), args, core, terminal)
        return OK
    said, wanted = _ask(plan, wanted, args, core, terminal)
    if said is Said.NOT_ASKED:
        print(
            "Nothing was done: nobody can be asked here. --yes does it, --dry-run says what.",
            file=terminal.err,
        )
        return BAD_USE
    if said is Said.DECLINED:
        _show(Outcome(plan=plan, result=Result.DECLINED, job=plan.job), args, core, terminal)
        return BAD_USE
    outcome = anyio.run(_act, core, credential, wanted, said)
    if outcome.result is Result.STARTED and getattr(args, "wait", False) and outcome.job is not None:
        return _run_then_wait(outcome, args, core, credential, terminal)
    _show(outcome, args, core, terminal)
    if outcome.result is Result.DRY_RUN:
        print(f"It does harm, so that --yes is not enough: add --confirm {_words(plan)}", file=terminal.err)
    return _EXIT[outcome.result]


def _ask(plan: Plan, wanted: Wanted, args: argparse.Namespace, core: Core, terminal: Terminal) -> tuple[Said, Wanted]:
    """What the person at the terminal says; what does harm wants to be typed out."""
    if args.yes:
        return Said.BY_FLAG, wanted
    if not terminal.inp.isatty():
        return Said.NOT_ASKED, wanted
    print(question(plan, core.cleaner), file=terminal.err)
    if plan.harmful and isinstance(wanted, Run):
        answer = _read(f"Type {_words(plan)} to do it all the same: ", terminal)
        if plan.confirmed_by(answer):
            return Said.APPROVED, replace(wanted, confirm=answer)
        return Said.DECLINED, wanted
    agreed = _read("Do it? [y/N] ", terminal).lower() in {"y", "yes"}
    return (Said.APPROVED if agreed else Said.DECLINED), wanted


def _read(prompt: str, terminal: Terminal) -> str:
    print(prompt, end="", file=terminal.err, flush=True)
    return terminal.inp.readline().strip()


def _words(plan: Plan) -> str:
    return shlex.quote(plan.words)


def _run_then_wait(
    outcome: Outcome, args: argparse.Namespace, core: Core, credential: Credential, terminal: Terminal
) -> int:
    if outcome.job is None:
        raise ValueError("a started run has a job")
    if not args.json:
        _show(outcome, args, core, terminal)
    wanted = Wait(connection=outcome.plan.connection.id, job=outcome.job.id, timeout_s=args.timeout)
    waited = anyio.run(_wait, core, credential, wanted, terminal)
    return _show_wait(waited, args, core, terminal, before=render_action(outcome, core.cleaner).structure)


# Asking Airweave


@asynccontextmanager
async def _asking(core: Core, credential: Credential) -> AsyncIterator[Ask]:
    async with core.open() as snapshot:
        yield Ask(snapshot=snapshot, credential=credential, now=core.clock())


async def _plan(core: Core, credential: Credential, wanted: Wanted) -> Plan:
    async with _asking(core, credential) as ask:
        return await (plan_run(ask, wanted) if isinstance(wanted, Run) else plan_cancel(ask, wanted))


async def _act(core: Core, credential: Credential, wanted: Wanted, said: Said) -> Outcome:
    async with _asking(core, credential) as ask:
        caller = Caller(
            fingerprint=ask.snapshot.readings.tenant(credential)[:8],
            organization_id=credential.organization_id,
            client="command line",
        )
        acting = Acting(ask=ask, caller=caller, cleaner=core.cleaner, sleep=core.sleep)
        return await (run_sync(acting, wanted, said) if isinstance(wanted, Run) else cancel_job(acting, wanted, said))


async def _wait(core: Core, credential: Credential, wanted: Wait, terminal: Terminal) -> Waited:
    async with _asking(core, credential) as ask:
        with _Live(terminal) as report:
            return await wait_for_job(ask, wanted, sleep=core.sleep, report=report)


class _Live:
    """A line on the terminal that tells the state; nothing where there is no terminal."""

    def __init__(self, terminal: Terminal) -> None:
        console = terminal.console(terminal.err)
        self._status = console.status("Waiting", spinner="dots") if console.is_terminal else None

    def __enter__(self) -> Report:
        if self._status is not None:
            self._status.start()
        return self._report

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    async def _report(self, look: Look) -> None:
        if self._status is not None:
            self._status.update(progress_line(look))


# Showing


def _show(outcome: Outcome, args: argparse.Namespace, core: Core, terminal: Terminal) -> None:
    out = render_action(outcome, core.cleaner).structure
    if args.json:
        _print_json(out.dump(), terminal)
        return
    again = _next_command(outcome, out)
    job = f", job {out.job_id} ({out.status})" if out.job_id else ""
    print(
        lines(
            [
                headline(outcome),
                f"{out.connection}, id {out.connection_id}{job}",
                out.consequence or "",
                f"Warning: {out.warning}" if out.warning else "",
                f"Next: {again}" if again else "",
            ]
        ),
        file=terminal.out,
    )


def _next_command(outcome: Outcome, out: ActionOut) -> str:
    name = shlex.quote(out.connection)
    if outcome.result in {Result.STARTED, Result.CANCELLING} or (outcome.result is Result.UNKNOWN and out.job):
        return f"{PROGRAM} wait {name} --job {out.job}"
    if outcome.result in {Result.UNKNOWN, Result.NOT_STARTED, Result.NOT_CANCELLED}:
        return f"{PROGRAM} connection {name}"
    return ""


def _show_wait(
    waited: Waited, args: argparse.Namespace, core: Core, terminal: Terminal, *, before: ActionOut | None = None
) -> int:
    out = render_wait(waited, cleaner=core.cleaner, nonce=core.nonce).structure
    if args.json:
        _print_json(out.dump() if before is None else {**before.dump(), "wait": out.dump()}, terminal)
    else:
        print(_wait_text(out, waited.look, core.cleaner), file=terminal.out)
    if not out.finished:
        return SOMETHING_FAILED if waited.look.hopeless else INCOMPLETE
    return OK if out.status == JobStatus.COMPLETED else SOMETHING_FAILED


def _wait_text(out: WaitOut, look: Look, cleaner: Cleaner) -> str:
    took = f" after {span(out.duration_s)}" if out.duration_s is not None else ""
    counts = ", ".join(
        f"{count} {name}"
        for name in ("inserted", "updated", "deleted", "kept", "skipped")
        if (count := getattr(out, name))
    )
    state = f"{out.status}{took}" if out.finished else f"not finished: {progress_line(look)}"
    return lines(
        [
            f"{out.connection}, job {out.job_id}: {state}",
            counts if out.finished else "",
            f"Cause: {out.cause} ({'transient' if out.transient else 'permanent'})" if out.cause else "",
            trouble_line(out),
            f"Warning: {out.warning}" if out.warning else "",
            f"Error: {cleaner.one_line(look.job.error, _ERROR)}" if out.error and look.job.error else "",
        ]
    )


def _print_json(value: dict[str, Any], terminal: Terminal) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2), file=terminal.out)
