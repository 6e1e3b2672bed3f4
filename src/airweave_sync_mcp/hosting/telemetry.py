"""OpenTelemetry spans, where an exporter is configured and `opentelemetry-sdk` is installed."""

import logging
from collections.abc import Callable, Collection, Mapping
from typing import Final

logger: Final = logging.getLogger(__name__)


def wanted(environ: Mapping[str, str]) -> str | None:
    """Which exporter is configured: `otlp`, `console`, or None."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    named = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if named:
        return named if named in {"otlp", "console"} else None
    endpoint = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    return "otlp" if endpoint else None


def start_tracing(environ: Mapping[str, str], tools: Collection[str]) -> Callable[[], None]:
    """Send the process's spans where the environment says, or nowhere. What is returned sends the rest at the end.

    `tools` are the names that spans may tell.
    """
    kind = wanted(environ)
    if kind is None:
        return _nothing
    try:
        from airweave_sync_mcp.hosting.spans import install  # noqa: PLC0415 - needs what may not be installed
    except ImportError:
        logger.warning("Spans are configured, but not sent: install airweave-sync-mcp[telemetry].")
        return _nothing
    return install(kind, tools, environ.get("OTEL_SERVICE_NAME") or "airweave-sync-mcp")


def _nothing() -> None:
    """There are no spans."""
