"""Spans without callers' affairs.

The MCP SDK makes a span for every message. What it puts into one is not ours to trust: a tool's name, a method or a
request id may be any text that a client sent, an exception's text any text of a source. So every span passes
`exportable`, which keeps what is on a list and nothing else.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, Status

OTHER: Final = "other"
METHODS: Final = frozenset(
    {
        "initialize",
        "ping",
        "server/discover",
        "tools/list",
        "tools/call",
        "resources/list",
        "resources/read",
        "resources/templates/list",
        "prompts/list",
        "prompts/get",
        "completion/complete",
        "notifications/initialized",
        "notifications/cancelled",
    }
)
_METHOD: Final = "mcp.method.name"
_TOOL: Final = "airweave_sync.tool"
_KEPT: Final = (_TOOL, "airweave_sync.outcome", "airweave_sync.upstream_requests")


def install(kind: str, tools: Collection[str], service: str) -> Callable[[], None]:
    """Make spans go to the exporter of that kind, `otlp` or `console`; what is returned sends the rest and ends it."""
    provider = provider_of(OTLPSpanExporter() if kind == "otlp" else ConsoleSpanExporter(), tools, service)
    trace.set_tracer_provider(provider)
    return provider.shutdown


def provider_of(exporter: SpanExporter, tools: Collection[str], service: str) -> TracerProvider:
    """A provider whose spans lose everything that is not on our list before they are exported."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(Guarded(exporter, tools)))
    return provider


class Guarded(SpanExporter):
    """Hands over what may leave the process."""

    def __init__(self, exporter: SpanExporter, tools: Collection[str]) -> None:
        self._exporter = exporter
        self._tools = tools

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([exportable(span, self._tools) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def exportable(span: ReadableSpan, tools: Collection[str]) -> ReadableSpan:
    """The span with its times, its place in the trace and its status; of names and attributes only known ones."""
    given = span.attributes or {}
    method = str(given.get(_METHOD))
    attributes = {name: given[name] for name in _KEPT if name in given}
    attributes[_METHOD] = method = method if method in METHODS else OTHER
    name = method
    if _TOOL in attributes:
        tool = str(attributes[_TOOL])
        attributes[_TOOL] = tool = tool if tool in tools else OTHER
        name = f"{method} {tool}"
    return ReadableSpan(
        name=name,
        context=_bare(span.get_span_context()),
        parent=_bare(span.parent),
        resource=span.resource,
        attributes=attributes,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _bare(context: SpanContext | None) -> SpanContext | None:
    """Without the trace state, which callers fill as they like."""
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)
