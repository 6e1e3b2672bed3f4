"""The command line: parse, ask, show, exit with a code that scripts can use."""

import argparse
import contextlib
import errno
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

import anyio
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as ProgressBar

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.answers.acting.audit import LOGGER as AUDIT
from airweave_sync_mcp.answers.ask import Ask
from airweave_sync_mcp.cli.acting import ACTING, carry_out
from airweave_sync_mcp.cli.demo_api import serve_demo
from airweave_sync_mcp.cli.doctor import Checkup, examine, refuse
from airweave_sync_mcp.cli.explain import explain
from airweave_sync_mcp.cli.parser import build_parser
from airweave_sync_mcp.cli.questions import COMMANDS, Outcome
from airweave_sync_mcp.cli.serve import COMMAND, serve_over_http, wants_http
from airweave_sync_mcp.cli.terminal import (
    BAD_USE,
    BUG,
    INCOMPLETE,
    NOT_WRITTEN,
    OK,
    SOMETHING_FAILED,
    UNREACHABLE,
    Terminal,
)
from airweave_sync_mcp.cli.wording import of_commands
from airweave_sync_mcp.core import Core, core_of
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.view import Progress, no_progress
from airweave_sync_mcp.render.contract import ErrorOut
from airweave_sync_mcp.render.errors import error_text, render_error
from airweave_sync_mcp.safety import Cleaner, SafeFormatter
from airweave_sync_mcp.settings import OPTIONS, Settings, SettingsError, load_settings
from airweave_sync_mcp.version import package_version

__all__ = ["BAD_USE", "INCOMPLETE", "OK", "SOMETHING_FAILED", "UNREACHABLE", "Terminal", "exit_code_of", "run"]

logger: Final = logging.getLogger(__name__)

_BAD_USE_CODES: Final = frozenset({ErrorCode.NO_KEY, ErrorCode.BAD_KEY, ErrorCode.ORGANIZATION_MALFORMED})
_WORTH_A_BAR: Final = 3
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""What a file answers that takes no more, or never did."""

_BUG: Final = (
    "internal_error: this is a bug in airweave-sync-mcp, not an answer about any sync. "
    "--log-level debug shows where it happened."
)

READER_GONE: Final = 141
"""As a shell tells it of a program that was ended by SIGPIPE, e.g. before `head`."""


def run(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str],
    home: Path,
    terminal: Terminal | None = None,
    make_core: Callable[[Settings], Core] = core_of,
) -> int:
    """Carry out a command line; returns the exit code. `make_core` says what to ask, given the settings."""
    # Where standard error is closed, what is meant for it would else land on standard output.
    terminal = terminal or Terminal(out=sys.stdout or _Closed(), err=sys.stderr or io.StringIO(), environ=environ)
    args = build_parser(package_version(), serving=COMMAND in argv).parse_args(argv)
    try:
        return _run(args, environ, home, terminal, make_core)
    except KeyboardInterrupt:
        return 130
    except Exception:  # a traceback helps no user, and Python's exit code 1 is taken
        serving = args.command in {None, COMMAND}
        logger.log(logging.ERROR if serving else logging.DEBUG, "%s failed", args.command, exc_info=True)
        print(_BUG, file=terminal.err)
        return BUG


def _run(
    args: argparse.Namespace,
    environ: Mapping[str, str],
    home: Path,
    terminal: Terminal,
    make_core: Callable[[Settings], Core],
) -> int:
    try:
        code = _without_settings(args, environ, terminal)
        if code is None:
            code = _with_settings(args, environ, home, terminal, make_core)
        terminal.out.flush()
    except BrokenPipeError:
        _let_go(terminal.out)
        return READER_GONE
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _let_go(terminal.out)
        print(f"The output cannot be written: {error.strerror}.", file=terminal.err)
        return NOT_WRITTEN
    return code


def _without_settings(args: argparse.Namespace, environ: Mapping[str, str], terminal: Terminal) -> int | None:
    """The commands that ask no Airweave, or know settings of their own; None for all others."""
    if args.command == "demo-api":
        return serve_demo(args, terminal.err)
    if wants_http(args):
        return serve_over_http(args, environ, terminal.err)
    if args.command == "explain":
        return explain(args, out=terminal.out, err=terminal.err, cleaner=Cleaner())
    return None


class _Closed(io.StringIO):
    """Stands for a standard output that was closed before the program began."""

    def write(self, _: str) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _let_go(out: TextIO) -> None:
    """Point the stream elsewhere, or Python would complain of it once more when it ends."""
    with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), out.fileno())


def _with_settings(
    args: argparse.Namespace,
    environ: Mapping[str, str],
    home: Path,
    terminal: Terminal,
    make_core: Callable[[Settings], Core],
) -> int:
    flags = {option.name: getattr(args, option.name, None) for option in OPTIONS}
    try:
        # Without a key the server starts all the same, and says so in every answer: its client shows that to people.
        settings = load_settings(flags, environ, home=home, require_key=False)
    except SettingsError as error:
        return _refuse(error, args, terminal, make_core)
    core = make_core(settings)
    _configure_logging(settings, core, terminal.err)
    try:
        return _carry_out(args, settings, core, terminal)
    except (AirweaveError, QueryError) as error:
        _print_error(error, core, terminal, as_json=getattr(args, "json", False))
        return exit_code_of(error)


def _refuse(
    error: SettingsError, args: argparse.Namespace, terminal: Terminal, make_core: Callable[[Settings], Core]
) -> int:
    """Say what is wrong with the settings; the check-up goes on with the rest of them."""
    as_json = getattr(args, "json", False)
    if args.command == "doctor":
        core = make_core(error.rest or Settings())
        checkup = anyio.run(examine, error.rest, core, error.problems) if error.rest else refuse(error.problems, core)
        return _report(checkup, terminal, as_json=as_json)
    if as_json:
        out = ErrorOut(code="bad_setting", message=" ".join(error.problems), retryable=False)
        print_json({"error": out.dump()}, terminal)
    for problem in error.problems:
        print(problem, file=terminal.err)
    return BAD_USE


def _carry_out(args: argparse.Namespace, settings: Settings, core: Core, terminal: Terminal) -> int:
    if args.command in {None, COMMAND}:
        # Half of the time to start is the SDK's, and only a server needs it.
        from airweave_sync_mcp.cli.stdio import serve_stdio  # noqa: PLC0415

        return serve_stdio(settings, core, terminal.err)
    if args.command == "doctor":
        return _report(anyio.run(examine, settings, core), terminal, as_json=args.json)
    _warn(settings, terminal)
    if args.command in ACTING:
        return carry_out(args, settings, core, terminal)
    return _show(anyio.run(_answer, args, settings, core, terminal), args, terminal)


async def _answer(args: argparse.Namespace, settings: Settings, core: Core, terminal: Terminal) -> Outcome:
    credential = core.credential(settings)
    with _progress(terminal, wanted=not args.json) as progress:
        async with core.open() as snapshot:
            ask = Ask(snapshot=snapshot, credential=credential, now=core.clock(), progress=progress)
            return await COMMANDS[args.command](ask, args, core.cleaner)


def _show(outcome: Outcome, args: argparse.Namespace, terminal: Terminal) -> int:
    if args.json:
        print_json(outcome.structure.dump(), terminal)
    else:
        terminal.show(outcome.table)
    if outcome.failed and args.exit_code:
        return SOMETHING_FAILED
    return OK if outcome.complete else INCOMPLETE


def exit_code_of(error: AirweaveError | QueryError) -> int:
    """2 for a question or settings that can be mended here, 3 for Airweave's refusal or absence, 4 for not yet."""
    if isinstance(error, QueryError) and error.retryable:
        return INCOMPLETE
    if isinstance(error, QueryError) or error.code in _BAD_USE_CODES:
        return BAD_USE
    return UNREACHABLE


def _report(checkup: Checkup, terminal: Terminal, *, as_json: bool) -> int:
    if as_json:
        print_json(checkup.dump(), terminal)
    else:
        terminal.show(checkup.table())
    return checkup.exit_code


def _print_error(error: AirweaveError | QueryError, core: Core, terminal: Terminal, *, as_json: bool) -> None:
    out = render_error(error, core.cleaner).structure
    out = out.model_copy(update={"hint": of_commands(out.hint or "") or None})
    if as_json:
        print_json({"error": out.dump()}, terminal)
    print(error_text(out, call="command"), file=terminal.err)


def print_json(value: Mapping[str, Any], terminal: Terminal) -> None:
    print(json.dumps(value, ensure_ascii=not _speaks_unicode(terminal.out), indent=2), file=terminal.out)


def _speaks_unicode(out: TextIO) -> bool:
    return (out.encoding or "utf-8").lower().startswith("utf")


def _warn(settings: Settings, terminal: Terminal) -> None:
    for warning in settings.warnings:
        print(f"warning: {warning}", file=terminal.err)


@contextmanager
def _progress(terminal: Terminal, *, wanted: bool) -> Iterator[Progress]:
    """A bar on the terminal while many connections are asked."""
    console = terminal.console(terminal.err)
    if not wanted or not console.is_terminal:
        yield no_progress
        return
    columns = (TextColumn("Reading connections"), BarColumn(), MofNCompleteColumn())
    with ProgressBar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        async def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=total > _WORTH_A_BAR)

        yield show


def _configure_logging(settings: Settings, core: Core, err: TextIO) -> None:
    """Everything that is logged goes to stderr, with secrets masked."""
    handler = logging.StreamHandler(err)
    handler.setFormatter(SafeFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s", cleaner=core.cleaner))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    logging.getLogger(AUDIT).setLevel(logging.INFO)  # every write leaves its line, whatever else is logged
