"""What Prometheus reads."""

from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp.types import CallToolResult
from mcp_types import InputRequiredResult
from prometheus_client.parser import text_string_to_metric_families

from airweave_sync_mcp.airweave.errors import ErrorCode
from airweave_sync_mcp.hosting.calls import outcome_of
from airweave_sync_mcp.hosting.health import AirweaveHealth
from airweave_sync_mcp.hosting.metrics import Metrics, forget_dead_workers
from airweave_sync_mcp.hosting.settings import HostingSettings
from airweave_sync_mcp.hosting.store import StoreHealth, Trouble
from airweave_sync_mcp.hosting.trail import Trail
from tests.hosting.kit import Held, call_of, core_before, happened, hosted, two_tenants

pytestmark = pytest.mark.anyio


async def settled(http: httpx2.AsyncClient) -> dict[str, float]:
    """What is counted when all requests have ended: their answers arrive a moment before that."""
    with anyio.fail_after(10):
        while True:
            found = numbers((await http.get("/metrics")).text)
            if found["airweave_sync_http_requests_in_flight"] == 1:
                return found


def numbers(text: str) -> dict[str, float]:
    """Every sample by name and labels, as `name{a=b,c=d}`."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def test_calls_latency_sizes_upstream_and_memory_are_counted() -> None:
    airweave = two_tenants()
    with hosted(core_before(airweave), HostingSettings(requests_per_minute=5)) as server:
        async with server.http() as http:
            await http.post(**call_of("list_connections", modern=True))
            await http.post(**call_of("list_connections"))
            await http.post(**call_of("get_sync_job", {"job": "00000000-0000-4000-8000-000000000000"}))
            await http.post(**call_of("no_such_tool"))
            await http.post(**call_of("list_connections", {"limit": 0}))
            await http.post(**call_of("list_connections"))  # one too many
            await http.post(**call_of("list_connections", key=None))
            await http.post(**call_of("list_connections", key="wrong-key-123456"))
            found = await settled(http)
            answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert found["airweave_sync_tool_calls_total{outcome=ok,tool=list_connections}"] == 2
    assert found["airweave_sync_tool_calls_total{outcome=invalid_argument,tool=list_connections}"] == 1
    assert found["airweave_sync_tool_calls_total{outcome=key_rejected,tool=list_connections}"] == 1
    assert found["airweave_sync_tool_calls_total{outcome=unknown_tool,tool=unknown}"] == 1
    assert found["airweave_sync_tool_call_seconds_count{tool=list_connections}"] == 4
    assert found["airweave_sync_answer_bytes_sum{tool=list_connections}"] > 1_000
    assert found["airweave_sync_http_requests_total{route=mcp,status=200}"] == 6
    assert found["airweave_sync_http_requests_total{route=mcp,status=429}"] == 1
    assert found["airweave_sync_http_refusals_total{reason=rate}"] == 1
    assert found["airweave_sync_http_refusals_total{reason=no_key}"] == 1
    assert found["airweave_sync_http_requests_in_flight"] == 1  # the one that asks for the metrics
    upstream = [count for name, count in found.items() if name.startswith("airweave_sync_upstream_requests_total")]
    assert sum(upstream) == len(airweave.keys)
    assert found["airweave_sync_upstream_requests_total{outcome=key_rejected}"] == 1
    assert found["airweave_sync_memory_reads_total{result=hit}"] > 0
    assert found["airweave_sync_memory_reads_total{result=miss}"] > 0
    assert "airweave_sync_store_up" not in found


async def test_what_is_throttled_is_told_apart_by_who_does_it() -> None:
    airweave = two_tenants(rate_limit=10)
    with hosted(core_before(airweave)) as server:
        async with server.http() as http:
            for _ in range(2):
                await http.post(**call_of("get_sync_health"))
            found = await settled(http)
            ready = (await http.get("/readyz")).json()
    assert found["airweave_sync_upstream_requests_total{outcome=ok}"] == 8
    assert found["airweave_sync_upstream_requests_total{outcome=budget_exhausted}"] > 0
    assert ready["airweave"]["state"] == "answers"


async def test_a_call_that_its_client_gave_up_is_cancelled() -> None:
    airweave, held = two_tenants(), Held()
    airweave.before = held
    with hosted(core_before(airweave)) as server:
        async with server.http() as http, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: http.post(**call_of("list_connections", modern=True)))
            assert await happened(held.arrived)
            tasks.cancel_scope.cancel()
        assert await happened(held.dropped)
        async with server.http() as http:
            found = await settled(http)
    assert found["airweave_sync_tool_calls_total{outcome=cancelled,tool=list_connections}"] == 1
    assert found["airweave_sync_http_requests_total{route=mcp,status=499}"] == 1
    assert found["airweave_sync_http_requests_in_flight"] == 1


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (CallToolResult(content=[]), "ok"),
        (CallToolResult(content=[], is_error=True), "error"),
        (CallToolResult(content=[], is_error=True, structured_content={"code": "rate_limited"}), "rate_limited"),
        (CallToolResult(content=[], is_error=True, structured_content={"code": "Finance SharePoint"}), "error"),
        ({"content": []}, "ok"),
        ({"content": [], "isError": True, "structuredContent": {"code": "no_key"}}, "no_key"),
        (InputRequiredResult(request_state="x"), "question"),
        (None, "ok"),
    ],
)
def test_outcomes_are_words_of_ours(result: Any, outcome: str) -> None:
    assert outcome_of(result) == outcome


def test_labels_take_nothing_but_words() -> None:
    metrics = Metrics()
    metrics.tool_call("list_connections", "Finance SharePoint", 1.0)
    metrics.upstream("https://api.example", 1.0)
    found = numbers(metrics.text().decode())
    assert found["airweave_sync_tool_calls_total{outcome=other,tool=list_connections}"] == 1
    assert found["airweave_sync_upstream_requests_total{outcome=other}"] == 1


def test_the_store_is_counted_whenever_a_request_has_ended() -> None:
    store = StoreHealth()
    metrics = Metrics(store)
    assert numbers(metrics.text().decode())["airweave_sync_store_up"] == 1
    store.answered, store.unasked, store.hits, store.outages, store.away = 5, 2, 3, 1, True
    store.troubles[Trouble.TIMEOUT] += 2
    for _ in range(2):
        metrics.started()
        metrics.finished(Trail(request_id="x"), route="mcp", status=200, size=1, seconds=0.1)
    found = numbers(metrics.text().decode())
    assert found["airweave_sync_store_up"] == 0
    assert found["airweave_sync_store_questions_total{result=answered}"] == 5
    assert found["airweave_sync_store_questions_total{result=not_asked}"] == 2
    assert found["airweave_sync_store_reads_total{result=hit}"] == 3
    assert found["airweave_sync_store_troubles_total{trouble=timeout}"] == 2
    assert found["airweave_sync_store_outages_total"] == 1


def test_gauges_of_workers_that_died_are_dropped(tmp_path: Path) -> None:
    for name in ("gauge_livesum_10.db", "gauge_livemin_10.db", "gauge_livesum_11.db", "counter_10.db"):
        (tmp_path / name).touch()
    forget_dead_workers(tmp_path, alive=lambda pid: pid == 11)
    assert {path.name for path in tmp_path.iterdir()} == {"gauge_livesum_11.db", "counter_10.db"}


def test_airweaves_health_is_what_callers_met() -> None:
    now = [0.0]
    health = AirweaveHealth(lambda: now[0])
    assert health.tell() == {"state": "not_asked_yet"}
    health.note("ok")
    now[0] = 2.0
    assert health.tell() == {"state": "answers", "seconds_ago": 2.0}
    for outcome in (ErrorCode.BUDGET_EXHAUSTED, "cancelled"):  # nothing was asked
        health.note(outcome)
        assert health.tell()["seconds_ago"] == 2.0
    health.note(ErrorCode.CONNECT_TIMEOUT)
    assert health.tell() == {"state": "troubled", "seconds_ago": 0.0}
    health.note(ErrorCode.KEY_REJECTED)  # a caller's trouble, not Airweave's
    assert health.tell()["state"] == "answers"
