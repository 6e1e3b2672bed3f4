"""Spans tell which tool and how it ended, and nothing of callers."""

import json
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from airweave_sync_mcp.hosting.spans import exportable
from airweave_sync_mcp.hosting.telemetry import wanted

TOOLS = frozenset({"list_connections"})


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, "otlp"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "console"),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, None),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "console"}, None),
    ],
)
def test_spans_are_made_only_where_they_go_somewhere(environ: dict[str, str], kind: str | None) -> None:
    assert wanted(environ) == kind


def span(name: str, **attributes: Any) -> ReadableSpan:
    context = SpanContext(1, 2, True, TraceFlags(1), TraceState([("vendor", "Finance")]))
    return ReadableSpan(
        name=name,
        context=context,
        parent=context,
        resource=Resource({}),
        attributes=attributes,
        events=[Event("exception", {"exception.message": "Finance SharePoint"})],
        kind=SpanKind.SERVER,
        status=Status(StatusCode.ERROR, "Finance SharePoint"),
        start_time=1,
        end_time=2,
    )


def test_what_is_not_on_the_list_does_not_leave() -> None:
    attributes = {
        "mcp.method.name": "tools/call",
        "gen_ai.tool.name": "Finance",
        "jsonrpc.request.id": "Finance",
        "airweave_sync.tool": "list_connections",
        "airweave_sync.outcome": "ok",
        "airweave_sync.upstream_requests": 3,
    }
    kept = exportable(span("tools/call Finance", **attributes), TOOLS)
    assert "Finance" not in kept.to_json()
    assert kept.name == "tools/call list_connections"
    assert kept.attributes == {
        "mcp.method.name": "tools/call",
        "airweave_sync.tool": "list_connections",
        "airweave_sync.outcome": "ok",
        "airweave_sync.upstream_requests": 3,
    }
    assert kept.status.status_code is StatusCode.ERROR
    context = kept.get_span_context()
    assert context is not None
    assert (context.trace_id, context.span_id) == (1, 2)


def test_unknown_methods_and_tools_are_other() -> None:
    kept = exportable(span("Finance", **{"mcp.method.name": "Finance", "airweave_sync.tool": "Finance"}), TOOLS)
    assert kept.name == "other other"
    assert "Finance" not in kept.to_json()


def spans_in(text: str) -> list[dict[str, Any]]:
    """What is written to the console where that is what spans are exported to. Nothing else may stand there."""
    found, decoder, at = [], json.JSONDecoder(), 0
    while at < len(text):
        one, at = decoder.raw_decode(text, at)
        found.append(one)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found
