"""The embedded Airweave on a port, so that other tools can be tried against it."""

import argparse
import socket
from typing import TextIO

import uvicorn

from airweave_sync_mcp.cli.terminal import BAD_USE, OK
from airweave_sync_mcp.demo import DEMO_API_KEY, DemoOptions, Generation, build_demo

_INTERRUPTED = 130


def serve_demo(args: argparse.Namespace, err: TextIO) -> int:
    """Serve on the loopback address until interrupted. Port 0 takes any that is free."""
    problem = _problem(args)
    if problem:
        print(problem, file=err)
        return BAD_USE
    try:
        listener = socket.create_server(("127.0.0.1", args.port))
    except OSError as error:
        print(f"Port {args.port} cannot be used ({error.strerror}); choose another one with --port.", file=err)
        return BAD_USE
    with listener:
        return _serve(listener, args, err)


def _problem(args: argparse.Namespace) -> str:
    if args.generation not in list(Generation):
        return f"--generation: it has to be one of {', '.join(Generation)}."
    if not 0 <= args.port <= 65535:
        return "--port: it has to be a number from 0 to 65535."
    if args.rate_limit is not None and args.rate_limit < 1:
        return "--rate-limit: it has to be at least 1."
    if args.dead_list and args.generation == Generation.CURRENT:
        return f"--dead-list: {args.generation} has no such list at all; use --generation {Generation.MARCH_2026}."
    return ""


def _serve(listener: socket.socket, args: argparse.Namespace, err: TextIO) -> int:
    options = DemoOptions(
        generation=Generation(args.generation),
        rate_limit=args.rate_limit,
        organization_jobs="dead" if args.dead_list else "live",
    )
    demo = build_demo(options)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(
        f"The embedded Airweave ({args.generation}) listens on {address} (Ctrl-C ends it). Try:\n"
        f"  AIRWEAVE_API_KEY={DEMO_API_KEY} airweave-sync-mcp --base-url {address} failed",
        file=err,
        flush=True,
    )
    server = uvicorn.Server(uvicorn.Config(demo.app, log_level="warning", access_log=False))
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return _INTERRUPTED
    return OK
