"""The MCP server on standard input and output."""

import signal
import sys
from typing import TextIO

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.cli.terminal import BAD_USE
from airweave_sync_mcp.core import Core
from airweave_sync_mcp.server import build_server
from airweave_sync_mcp.settings import Settings
from airweave_sync_mcp.tools.base import ToolContext

_WAITING = """\
airweave-sync-mcp is an MCP server and waits for a client on standard input (Ctrl-C ends it).
To ask in the terminal instead, type one of these:
  airweave-sync-mcp --demo failed     what failed, in the embedded demo
  airweave-sync-mcp failed            what failed in your organization
  airweave-sync-mcp doctor            whether settings, address and key are right
  airweave-sync-mcp --help            everything else
To connect a client: claude mcp add airweave-sync -e AIRWEAVE_API_KEY=... -- airweave-sync-mcp
"""


def serve_stdio(settings: Settings, core: Core, err: TextIO) -> int:
    """Serve until standard input ends. Standard output carries the protocol and nothing else."""
    if sys.stdin is None or sys.stdout is None:
        print("Standard input or output is closed: an MCP server needs both.", file=err)
        return BAD_USE
    # The SDK's stdio loop does not end on the first Ctrl-C: its reader waits for standard input in a thread.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for warning in settings.warnings:
        print(f"warning: {warning}", file=err)
    if sys.stdin.isatty():
        print(_WAITING, end="", file=err)

    def credential(_: ToolContext) -> Credential:
        return core.credential(settings)

    build_server(core, credential, allow_writes=core.allow_writes).run("stdio")
    return 0
