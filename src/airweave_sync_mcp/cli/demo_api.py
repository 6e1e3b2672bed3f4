"""The embedded Airweave on a port, so that other tools can be tried against it."""

import argparse
from typing import TextIO

import uvicorn

from airweave_sync_mcp.demo import DEMO_API_KEY, DemoOptions, Generation, build_demo


def serve_demo(args: argparse.Namespace, err: TextIO) -> int:
    """Serve on the loopback address until interrupted."""
    try:
        generation = Generation(args.generation)
    except ValueError:
        print(f"--generation: it has to be one of {', '.join(Generation)}.", file=err)
        return 2
    if not 0 <= args.port <= 65535:
        print("--port: it has to be a number from 0 to 65535.", file=err)
        return 2
    demo = build_demo(DemoOptions(generation=generation, rate_limit=args.rate_limit))
    print(
        f"The embedded Airweave ({generation}) listens on http://127.0.0.1:{args.port} (Ctrl-C ends it). Try:\n"
        f"  AIRWEAVE_API_KEY={DEMO_API_KEY} airweave-sync-mcp --base-url http://127.0.0.1:{args.port} failed",
        file=err,
    )
    try:
        uvicorn.run(demo.app, host="127.0.0.1", port=args.port, log_level="warning")
    except KeyboardInterrupt:
        return 130
    except SystemExit:
        print(f"Port {args.port} cannot be used; choose another one with --port.", file=err)
        return 2
    return 0
