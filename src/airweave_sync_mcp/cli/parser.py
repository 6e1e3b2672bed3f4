"""The command line: what can be typed."""

import argparse
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, get_args

from airweave_sync_mcp.cli.serve import COMMAND, HELP, add_http_flags
from airweave_sync_mcp.diagnosis.causes import CauseName
from airweave_sync_mcp.history.convert import job_status
from airweave_sync_mcp.settings import OPTIONS
from airweave_sync_mcp.tools.arguments import ConnectionStatusName, JobStatusName

MOST_ROWS: Final = 1_000

_EPILOG: Final = """\
exit codes: 0 answered or done; 1 something failed (with --exit-code, and in wait); 2 bad use, or not done; 3 Airweave
cannot be reached or refuses; 4 the answer is incomplete; 70 a bug of this program; 74 the output cannot be written.
Without a command the MCP server starts and speaks on standard input and output.
"""


@cache
def build_parser(version: str, *, serving: bool = False) -> argparse.ArgumentParser:
    """The parser, made once. Settings may stand before or after the command.

    Only with `serving` does it know the flags of `serve`, which are slow to find out.
    """
    settings = _settings_parser()
    parser = argparse.ArgumentParser(
        prog="airweave-sync-mcp",
        description="See and explain the sync jobs of an Airweave organization: an MCP server and a command line.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[settings],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    def add(name: str, help_: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        return commands.add_parser(
            name, help=help_, description=help_, parents=[settings, *parents], allow_abbrev=False
        )

    output, window, scope, page = _output(), _window(), _scope(), _page()
    failed = add("failed", "what failed, and why, by cause", output, window, scope, page)
    failed.add_argument(
        "--cause", action="extend", type=_several(list(CauseName)), metavar="CAUSE", help="only these causes"
    )
    failed.add_argument("--rows", action="store_true", help="one row a job, not grouped by cause")
    health = add("health", "every connection with its last runs, the worst first", output, _scope(named=False))
    health.add_argument("--since", default="7d", metavar="TIME", help="start: 24h, 7d (default), a date, or ISO 8601")
    diagnose = add("diagnose", "why a sync fails, whether a retry helps, who has to act", output)
    diagnose.add_argument("connection", nargs="?", default="", metavar="NAME", help="a connection")
    diagnose.add_argument("--job", default="", metavar="ID", help="or a job: id, its beginning, URL, latest_failed")
    explain = add("explain", "what a pasted error means, without asking anybody", _json())
    explain.add_argument("text", metavar="TEXT", help="the error, or - for standard input (with --json: JSON lines)")
    explain.add_argument("--source", default="", metavar="TYPE", help="the source it came from, e.g. github")
    jobs = add("jobs", "sync jobs of all connections, newest first", output, window, scope, page)
    _add_statuses(jobs, get_args(JobStatusName))
    connection = add("connection", "the sync jobs of one connection", output, window, page)
    connection.add_argument(
        "connection", metavar="NAME", help="name or unique part of it, id, beginning of an id, or URL"
    )
    _add_statuses(connection, get_args(JobStatusName))
    job = add("job", "everything about one sync job", output)
    job.add_argument("job", metavar="ID", help="id, its first 8 or more digits, URL, latest or latest_failed")
    job.add_argument("--connection", default="", metavar="NAME", help="its connection, if known")
    connections = add("connections", "source connections and how they are", output, page)
    connections.add_argument("--collection", default="", help="only this collection (readable id)")
    connections.add_argument("--source", default="", help="only this source type, e.g. github")
    connections.add_argument("--search", default="", metavar="TEXT", help="part of a name, source or collection")
    _add_statuses(connections, get_args(ConnectionStatusName))
    run = add("run", "start the sync of a connection; asks first", _json(), _write(), _timeout())
    run.add_argument("connection", metavar="NAME", help="name or unique part of it, id, beginning of an id, or URL")
    run.add_argument("--full", action="store_true", help="full sync: read everything, DELETE what is not found")
    run.add_argument("--confirm", default="", metavar="TEXT", help="the words that a refusal or a dry run asks for")
    run.add_argument("--wait", action="store_true", help="wait until it has ended; exit with 1 if it did not end well")
    cancel = add("cancel", "cancel a pending or running sync job; asks first", _json(), _write())
    cancel.add_argument("connection", metavar="NAME", help="the connection the job belongs to")
    cancel.add_argument("job", metavar="ID", help="id, its first 8 or more digits, URL, or latest")
    wait = add("wait", "wait until a sync job has ended; exit with 1 if it did not end well", _json(), _timeout())
    wait.add_argument("connection", metavar="NAME", help="name or unique part of it, id, beginning of an id, or URL")
    wait.add_argument("--job", default="", metavar="ID", help="the job (default: the active one, else the newest)")
    add("doctor", "check settings, address, key, organization and rate limit", _json())
    serve = add(COMMAND, HELP)
    if serving:
        add_http_flags(serve)
    _add_demo(add("demo-api", "serve the embedded Airweave on a port of this machine"))
    return parser


def _add_demo(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("--port", type=int, default=8001, help="port (default 8001)")
    demo.add_argument("--generation", default="current", help="current, 2026-03, 2025-06 or documented")
    demo.add_argument(
        "--dead-list", action="store_true", help="2026-03 as released: the organization-wide list answers 500"
    )
    demo.add_argument("--rate-limit", type=int, default=None, metavar="N", help="requests a minute (default: no limit)")


def _settings_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_argument_group("settings")
    for option in OPTIONS:
        if option.metavar is None:
            group.add_argument(
                option.flag,
                dest=option.name,
                action="store_const",
                const="true",
                default=argparse.SUPPRESS,
                help=option.help,
            )
        else:
            group.add_argument(
                option.flag, dest=option.name, metavar=option.metavar, default=argparse.SUPPRESS, help=option.help
            )
    return parser


def _json() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--json", action="store_true", help="JSON for a program, with whole ids")
    return parser


def _write() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    return parser


def _timeout() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--timeout", type=_seconds, default=None, metavar="SECONDS", help="wait so long at most (default: for ever)"
    )
    return parser


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("a number of seconds above 0 is needed")
    return value


def _output() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, parents=[_json()])
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 when something failed, shown or not")
    return parser


def _window() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--since", default=None, metavar="TIME", help="start: 30m, 24h, 7d, a date, or ISO 8601")
    parser.add_argument("--until", default="", metavar="TIME", help="end, in the same forms")
    return parser


def _scope(*, named: bool = True) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    if named:
        parser.add_argument("--connection", default="", metavar="NAME", help="only this connection")
    parser.add_argument("--collection", default="", metavar="ID", help="only this collection (readable id)")
    parser.add_argument("--source", default="", metavar="TYPE", help="only this source type, e.g. github")
    return parser


def _page() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--limit", type=_limit, default=20, metavar="N", help=f"rows at most, 1 to {MOST_ROWS} (default 20)"
    )
    parser.add_argument(
        "--cursor", default="", metavar="TEXT", help="go on where the answer with this next_cursor ended"
    )
    return parser


def _limit(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= MOST_ROWS:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {MOST_ROWS} is needed")
    return value


def _add_statuses(parser: argparse.ArgumentParser, choices: tuple[str, ...]) -> None:
    parser.add_argument(
        "--status",
        action="extend",
        type=_several(choices),
        metavar="STATUS",
        help=f"only these states: {', '.join(choices)}",
    )


def _several(choices: Sequence[str]) -> Callable[[str], list[str]]:
    """One of the choices, or some with commas between them; in any case, and as older servers spell states."""

    def read(text: str) -> list[str]:
        values = [job_status(part) for part in text.split(",") if part.strip()]
        for value in values:
            if value not in choices:
                raise argparse.ArgumentTypeError(f"{value[:60]!r} is none of {', '.join(choices)}")
        return values

    return read
