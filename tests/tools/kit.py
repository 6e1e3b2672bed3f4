"""What every answer has to be, and small Airweaves that misbehave."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp.types import CallToolResult, Tool

from airweave_sync_mcp.diagnosis.causes import Who
from airweave_sync_mcp.render.diagnosis import WHO
from tests.support.world import Clock, World, app_core, text_of

ERAS: tuple[Literal["auto", "legacy"], ...] = ("auto", "legacy")

CONCISE = 10_000
FULL = 30_000

QUESTIONS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "jobs": ("list_sync_jobs", {}),
    "jobs full": ("list_sync_jobs", {"detail": "full", "limit": 100}),
    "jobs running": ("list_sync_jobs", {"status": ["running", "pending", "cancelling"]}),
    "jobs of a day": ("list_sync_jobs", {"since": "24h", "limit": 100}),
    "jobs of one": ("list_sync_jobs", {"connection": "Ops Notion", "status": "completed"}),
    "jobs, none": ("list_sync_jobs", {"source": "todoist"}),
    "failed": ("list_failed_jobs", {"group": False}),
    "failed of a week": ("list_failed_jobs", {"group": False, "since": "7d", "limit": 100}),
    "failed unknown": ("list_failed_jobs", {"group": False, "cause": "unknown", "since": "30d"}),
    "failing": ("get_connection_jobs", {"connection": "Finance SharePoint"}),
    "healthy": ("get_connection_jobs", {"connection": "Acme GitHub", "limit": 100}),
    "federated": ("get_connection_jobs", {"connection": "Acme Slack"}),
    "hostile": ("get_connection_jobs", {"connection": "Vendor Portal Confluence"}),
    "never started": ("get_connection_jobs", {"connection": "Teams Chat"}),
    "job, latest failed": ("get_sync_job", {"job": "latest_failed"}),
    "job, latest": ("get_sync_job", {"job": "latest"}),
    "job, hostile": ("get_sync_job", {"job": "latest", "connection": "Vendor Portal Confluence"}),
    "job, no time": ("get_sync_job", {"job": "latest", "connection": "Release Jira"}),
    "connections": ("list_connections", {}),
    "connections, all": ("list_connections", {"limit": 100}),
    "connections, troubled": ("list_connections", {"status": ["error", "needs_reauth"]}),
    **{
        f"diagnosis, {name}": ("diagnose_sync", {"connection": name})
        for name in (
            "Finance SharePoint", "Acme GitHub", "Acme Slack", "Vendor Portal Confluence", "Teams Chat", "HR Notion",
            "Marketing Google Drive", "Support Intercom", "Catalog Salesforce", "Sales Salesforce", "Alumni Gmail",
        )
    },
    "diagnosis of a job": ("diagnose_sync", {"job": "latest_failed"}),
    "health": ("get_sync_health", {}),
    "health of a day": ("get_sync_health", {"since": "24h", "source": "notion"}),
    "failed by cause": ("list_failed_jobs", {}),
}  # fmt: skip
"""A question for every kind of answer."""


def check_answer(tool: Tool, answer: CallToolResult, *, limit: int = CONCISE) -> dict[str, Any]:
    """The structure of a good answer, after everything that holds for all of them."""
    assert not answer.is_error, text_of(answer)
    structure: dict[str, Any] | None = answer.structured_content
    assert structure is not None
    assert tool.output_schema is not None
    Draft202012Validator(tool.output_schema).validate(structure)
    assert list(empty_places(structure)) == []
    check_size(answer, limit)
    check_same_facts(answer)
    return structure


def check_error(answer: CallToolResult, *, code: str | None = None) -> dict[str, Any]:
    """The structure of an error, after everything that holds for all of them."""
    assert answer.is_error, text_of(answer)
    structure: dict[str, Any] | None = answer.structured_content
    assert structure is not None
    assert {"code", "message", "retryable"} <= structure.keys() <= {*_ERROR_KEYS}
    if code is not None:
        assert structure["code"] == code, structure
    text = text_of(answer)
    assert len(text) < 2_000
    assert len(compact(structure)) < 2_000
    assert "pydantic" not in text + compact(structure)
    assert structure["code"] in text
    assert structure["message"] in text
    assert structure.get("hint", "") in text
    assert "\n" not in text
    assert list(empty_places(structure)) == []
    return structure


_ERROR_KEYS = ("code", "message", "hint", "retryable", "retry_after_s")


def compact(structure: object) -> str:
    return json.dumps(structure, ensure_ascii=False, separators=(",", ":"))


def check_size(answer: CallToolResult, limit: int) -> None:
    assert len(text_of(answer)) <= limit
    assert len(compact(answer.structured_content)) <= limit


ASKED_FOR = frozenset({"jobs", "connections", "groups"})
"""The list somebody asked for is there even if nothing is in it, so that a program can rely on it."""


def empty_places(value: object, path: str = "") -> Iterator[str]:
    """Where a structure holds nothing: null, an empty text, list or object."""
    if value is None or value in ("", [], {}):
        if path.rpartition(".")[2] not in ASKED_FOR:
            yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from empty_places(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from empty_places(item, f"{path}[{index}]")


_COUNTERS = frozenset({"inserted", "updated", "deleted", "kept", "skipped"})
_WORDS = frozenset({"state", "phase"})
_TIMES = frozenset(
    {"started_at", "created_at", "failed_at", "at", "job_at", "failing_since", "since", "until", "as_of"}
)
_TOLD_OTHERWISE = frozenset({
    "estimated", "shown", "total_is_lower_bound", "duration_s", "usual_duration_s", "usual_interval_s", "success_rate",
    "runs_judged", "retry_after_s", "as_of", "first_seen", "last_seen",
})  # fmt: skip
"""Numbers that the text gives in words, and what it says by the way it says it."""


def check_same_facts(answer: CallToolResult) -> None:
    """Everything the structure tells, the text tells too."""
    text = text_of(answer)
    flat = _flat(text)
    check_rows(answer.structured_content or {}, text)
    for path, key, value in _leaves(answer.structured_content):
        missing = f"{path} = {value!r} is not in the text:\n{text}"
        if isinstance(value, bool):
            if key == "transient":
                assert ("transient" if value else "permanent") in text, missing
            if key == "complete":
                assert ("INCOMPLETE" in text) is not value, missing
        elif key in _COUNTERS:
            assert not value or f"{value} {key}" in text, missing
        elif key in _TIMES:
            assert str(value) in text or f"{str(value)[:16]}Z" in text or path.startswith(".coverage.since"), missing
        elif key == "entity_count":
            assert f"{value:,}" in text, missing
        elif isinstance(value, str) and key == "code":
            continue  # of a problem, whose message is told
        elif key in _WORDS:
            assert value in text or value.replace("_", " ") in text, missing
        elif key == "who":
            assert f"Who acts: {value}" in text or WHO[Who(value)] in text, missing
        elif isinstance(value, str) and key not in _TOLD_OTHERWISE and key != "ended_at":
            assert _flat(value) in flat, missing


def check_rows(structure: dict[str, Any], text: str) -> None:
    """What a row tells, the line of that row tells, and what is told once of many is told once in the text."""
    jobs = structure.get("jobs", [])
    for job in jobs if isinstance(jobs, list) else ():
        (line,) = [
            one for one in text.split("\n") if re.search(rf"\bjob {job.get('job_id', job['job'])}(?![\w-])", one)
        ][-1:]
        assert job.get("connection", "") in line, (job, line)
        assert job.get("cause", "") in line
        assert (f"{job['cause']} ({_kind(job['transient'])})" in line) if "transient" in job else "(tran" not in line
    for group in structure.get("groups", []):
        assert f"- {group['cause']} ({_kind(group['transient'])}): {group['count']} failure" in text
    for one in structure.get("failing_since_before", []):
        told = f"{one['cause']} ({_kind(one['transient'])})" if "cause" in one else ""
        assert any(line.startswith(f"- {one['connection']}: ") and told in line for line in text.split("\n"))
    if "transient_causes" in structure:
        assert f"{', '.join(structure['transient_causes'])}; the other causes are permanent." in text
    if "transient" in structure and isinstance(structure.get("jobs"), list):
        assert f"All of them are {_kind(structure['transient'])}." in text


def _kind(transient: object) -> str:
    return "transient" if transient else "permanent"


def _flat(text: str) -> str:
    """For comparing: on one line, and without our quotation marks, which foreign text cannot hold."""
    return " ".join(re.sub("[«»‹›]", "", text).split())


def _leaves(value: object, path: str = "", key: str = "") -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}", name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]", key)
    else:
        yield path, key, value


# Small Airweaves

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass
class Airweave:
    """An Airweave of raw JSON: `connections` and, by connection id, `jobs`. `answer` may take over."""

    connections: Sequence[Mapping[str, Any]] = ()
    jobs: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    answer: "Callable[[str], Reply | None]" = lambda _: None
    requests: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        self.requests.append(path)
        reply = self.answer(path) or self._usual(path)
        if reply.fault is not None:
            raise reply.fault
        headers = [(b"content-type", b"application/json"), *reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.raw})

    def _usual(self, path: str) -> "Reply":
        if path == "/source-connections":
            return Reply(body=list(self.connections))
        parts = path.strip("/").split("/")
        if len(parts) == 3 and parts[2] == "jobs" and parts[1] in self.jobs:
            return Reply(body=list(self.jobs[parts[1]]))
        return Reply(404, {"detail": "Not Found"})

    def asked(self, ending: str) -> int:
        """How many requests went to paths of this ending."""
        return sum(path.endswith(ending) for path in self.requests)

    def world(self, **core: Any) -> World:
        """Our server before it."""
        clock = Clock()
        return World(clock=clock, core=app_core(self, clock, **core))


@dataclass(frozen=True)
class Reply:
    """An answer; with a `fault` none comes."""

    status: int = 200
    body: object = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    fault: Exception | None = None

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def nobody() -> Reply:
    """The host is there, and nothing listens on the port."""
    fault = httpx.ConnectError("All connection attempts failed")
    fault.__cause__ = ConnectionRefusedError(111, "Connection refused")
    return Reply(fault=fault)
