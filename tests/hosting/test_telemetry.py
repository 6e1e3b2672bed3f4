"""Spans tell which tool and how it ended, and nothing of callers."""

import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from airweave_sync_mcp.demo import DEMO_API_KEY
from airweave_sync_mcp.hosting.spans import exportable
from airweave_sync_mcp.hosting.telemetry import wanted
from tests.hosting.kit import body_of, call_of, headers_of, http_client
from tests.hosting.processes import launched

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


@pytest.mark.anyio
async def test_a_server_that_exports_spans_leaks_nothing_into_them(tmp_path: Path) -> None:
    environ = {"OTEL_TRACES_EXPORTER": "console", "OTEL_SERVICE_NAME": "syncs"}
    with launched(tmp_path, "--demo", environ=environ) as process:
        async with http_client(base_url=process.url) as http:
            for modern in (True, False):
                for tool, arguments in (
                    ("list_connections", {"search": "Finance"}),
                    ("tool-Finance", {}),
                    ("get_connection_jobs", {"connection": "Finance"}),
                ):
                    await http.post(**call_of(tool, arguments, key=DEMO_API_KEY, modern=modern))
            sent = body_of("method/Finance"), headers_of("method/Finance", DEMO_API_KEY)
            await http.post("/mcp", content=sent[0], headers=sent[1])
        process.stop()
    told = process.out.read_text()
    spans = spans_in(told)
    names = [one["name"] for one in spans]
    assert names.count("tools/call list_connections") == 2
    assert names.count("tools/call other") == 2
    assert names.count("other") >= 1
    (first, *_) = [one for one in spans if one["name"] == "tools/call list_connections"]
    assert first["attributes"]["airweave_sync.upstream_requests"] >= 1
    assert first["attributes"]["airweave_sync.outcome"] == "ok"
    assert first["resource"]["attributes"]["service.name"] == "syncs"
    assert "Finance" not in told
    assert DEMO_API_KEY not in told


def spans_in(text: str) -> list[dict[str, Any]]:
    found, decoder, at = [], json.JSONDecoder(), 0
    while at < len(text):
        one, at = decoder.raw_decode(text, at)
        found.append(one)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found
