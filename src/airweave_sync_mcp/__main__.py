"""`python -m airweave_sync_mcp`, and the command `airweave-sync-mcp`."""

import gc
import io
import os
import sys
from pathlib import Path


def main() -> None:
    """Run the command line with this process's arguments and environment."""
    gc.disable()  # what is imported stays: not looking through it again starts a sixth faster
    from airweave_sync_mcp.cli.main import run  # noqa: PLC0415

    gc.enable()
    gc.freeze()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal cannot show is no reason to fail
    sys.exit(run(sys.argv[1:], environ=os.environ, home=Path.home()))


if __name__ == "__main__":
    main()
