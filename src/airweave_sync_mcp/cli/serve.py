"""`serve`: the MCP server, over HTTP for many or on standard input and output for one.

What hosting needs is an extra of the package, and slow to import: it is looked for only when `serve` was typed.
"""

import argparse
from collections.abc import Mapping
from typing import Final, TextIO

COMMAND: Final = "serve"
HELP: Final = "serve MCP to many over HTTP (--http), or on standard input and output"

_BAD_USE: Final = 2
_NOT_INSTALLED: Final = "Serving over HTTP needs more packages: pip install 'airweave-sync-mcp[hosting]'. Missing: "


def add_http_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of `serve`; without the extra just `--http`, which then says what is missing."""
    parser.add_argument("--http", action="store_true", help="serve over streamable HTTP")
    parser.set_defaults(http_flags={})
    try:
        from airweave_sync_mcp.hosting.told import ADDED_OPTIONS, REPEATABLE  # noqa: PLC0415
    except ModuleNotFoundError:
        return
    parser.set_defaults(http_flags={option.name: option.flag for option in ADDED_OPTIONS})
    group = parser.add_argument_group("over HTTP")
    for option in ADDED_OPTIONS:
        shape: dict[str, str] = (
            {"action": "store_const", "const": "true"} if option.metavar is None else {"metavar": option.metavar}
        )
        if option.name in REPEATABLE:
            shape["action"] = "append"
        group.add_argument(option.flag, dest=option.name, default=argparse.SUPPRESS, help=option.help, **shape)  # type: ignore[arg-type]


def wants_http(args: argparse.Namespace) -> bool:
    """Whether more than the server on standard input and output was asked for."""
    return bool(args.command == COMMAND and (args.http or vars(args).keys() & args.http_flags))


def serve_over_http(args: argparse.Namespace, environ: Mapping[str, str], err: TextIO) -> int:
    """Serve until a signal ends it; returns the exit code."""
    if not args.http:
        needless = sorted(args.http_flags[name] for name in vars(args).keys() & args.http_flags)
        print(f"{', '.join(needless)}: only with --http.", file=err)
        return _BAD_USE
    try:
        from airweave_sync_mcp.hosting.serve import serve_http  # noqa: PLC0415
        from airweave_sync_mcp.hosting.told import ALL_OPTIONS  # noqa: PLC0415
    except ModuleNotFoundError as error:
        print(f"{_NOT_INSTALLED}{error.name}.", file=err)
        return _BAD_USE
    given = {option.name: getattr(args, option.name, None) for option in ALL_OPTIONS}
    flags = {name: ",".join(value) if isinstance(value, list) else value for name, value in given.items()}
    return serve_http(flags, environ, err)
