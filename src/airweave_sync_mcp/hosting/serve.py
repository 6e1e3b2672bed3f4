"""`serve --http`: the web server around the application, in one process or in several."""

import gc
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final, TextIO

import uvicorn
from starlette.applications import Starlette

from airweave_sync_mcp.demo import DEMO_API_KEY
from airweave_sync_mcp.hosting.logs import configure_logging
from airweave_sync_mcp.hosting.options import ALLOWED_HOSTS, EVERY_ADDRESS, STATE_KEY_VARIABLE, LogFormat
from airweave_sync_mcp.hosting.protocol import bounded
from airweave_sync_mcp.hosting.settings import HostingSettings
from airweave_sync_mcp.hosting.told import ALL_OPTIONS, Told, load_told
from airweave_sync_mcp.safety import Cleaner
from airweave_sync_mcp.settings import SettingsError

logger: Final = logging.getLogger(__name__)

BAD_USE: Final = 2
_MULTIPROCESS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"


def serve_http(flags: Mapping[str, str | None], environ: Mapping[str, str], err: TextIO) -> int:
    """Serve until a signal ends it; returns the exit code where the settings do not allow it."""
    try:
        told = load_told(flags, environ)
    except SettingsError as error:
        print(*error.problems, sep="\n", file=err)
        return BAD_USE
    configure_logging(told.settings.log_level, told.hosting.log_format, err, Cleaner())
    _greet(told, err)
    if told.hosting.workers == 1:
        uvicorn.run(_application().process_app(told, environ), **uvicorn_options(told.hosting))
        return 0
    with _environment_of_workers(flags, told):
        uvicorn.run(
            "airweave_sync_mcp.hosting.serve:create_worker",
            factory=True,
            workers=told.hosting.workers,
            **uvicorn_options(told.hosting),
        )
    return 0


def create_worker() -> Starlette:
    """The application of one of several processes."""
    made: Starlette = _application().create_worker()
    return made


def _application() -> ModuleType:
    """What makes the application; with workers, only they need it."""
    gc.disable()  # what is imported stays: not looking through it again starts a tenth faster
    from airweave_sync_mcp.hosting import app  # noqa: PLC0415

    gc.enable()
    return app


def uvicorn_options(hosting: HostingSettings) -> dict[str, Any]:
    """How the web server is to behave."""
    return {
        "host": hosting.host,
        "port": hosting.port,
        "http": bounded(hosting.read_timeout_s, hosting.max_connections),
        "ws": "none",
        "timeout_keep_alive": hosting.keep_alive_s,
        "timeout_graceful_shutdown": hosting.shutdown_grace_s,
        "ssl_certfile": hosting.ssl_certfile or None,
        "ssl_keyfile": hosting.ssl_keyfile or None,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
    }


def _greet(told: Told, err: TextIO) -> None:
    """Say what is served, for people as they read it, or for programs that read the log."""
    if told.hosting.log_format is LogFormat.JSON:
        for warning in _warnings(told):
            logger.warning("%s", warning)
        logger.info("%s", _greeting(told))
    else:
        lines = [*(f"warning: {warning}" for warning in _warnings(told)), _greeting(told)]
        print(*lines, sep="\n", file=err, flush=True)


def _warnings(told: Told) -> Iterator[str]:
    hosting = told.hosting
    yield from told.warnings
    if hosting.host in EVERY_ADDRESS and not hosting.allowed_hosts:
        yield f"Only callers that name this server localhost are answered; {ALLOWED_HOSTS.flag} NAME lets others in."
    if hosting.workers > 1 and told.store is None:
        yield (
            f"Each of the {hosting.workers} workers remembers for itself and has a request budget of its own, "
            "so that together they may use up an organization's rate limit; --store redis://... makes them share."
        )


def _greeting(told: Told) -> str:
    hosting = told.hosting
    scheme = "https" if hosting.ssl_certfile else "http"
    host = f"[{hosting.host}]" if ":" in hosting.host else hosting.host
    return f"airweave-sync-mcp serves MCP at {scheme}://{host}:{hosting.port}{hosting.path} for {_for_whom(told)}."


def _for_whom(told: Told) -> str:
    if told.settings.demo:
        return f"the embedded demo; callers bring the key {DEMO_API_KEY}"
    where = told.settings.endpoint.host
    if told.hosting.operator is not None:
        return f"{where}; callers bring the server's token and are answered with its key"
    if told.hosting.oauth is not None:
        return f"{where}; callers bring an OAuth token, and their own key in X-API-Key"
    return f"{where}; callers bring their own key"


@contextmanager
def _environment_of_workers(flags: Mapping[str, str | None], told: Told) -> Iterator[None]:
    """What workers read their settings from: the environment, with the flags in it, and what they have in common."""
    directory = tempfile.mkdtemp(prefix="airweave-sync-mcp-")
    given = {option.variable: text for option in ALL_OPTIONS if (text := flags.get(option.name))}
    common = {_MULTIPROCESS_VARIABLE: directory}
    if not told.hosting.state_keys:
        common[STATE_KEY_VARIABLE] = secrets.token_hex(32)
    before = dict(os.environ)
    os.environ.update(given | common)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(directory, ignore_errors=True)
