"""Every recorded answer is matched by the demo's answer in the same situation: status, keys, kinds, texts, headers.

The demo is asked the recorded question, with its own ids. `SITUATIONS` says which of its connections and jobs
is in the recorded situation, and what has to happen first.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from airweave_sync_mcp.demo import (
    DEMO_API_KEY,
    DEMO_EXPIRED_KEY,
    DemoOptions,
    Generation,
    Temporal,
)

from .probe import UNKNOWN_ID, Probe, probe
from .shape import normalized, recordings, shape

pytestmark = pytest.mark.anyio

Prepare = Callable[[Probe], Awaitable[object]]

NO_STATUS = frozenset({"status"})
LOOSE = frozenset({"description", "config", "config_fields"})
"""May be null in one connection and filled in another, for no reason that matters."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What stands for the ids of a recorded path, and what happens before the question is asked."""

    connection: str = UNKNOWN_ID
    """A name, or an id."""
    job: str | None = None
    """The owner of the job, whose newest one it is; the connection if None; or an id."""
    before: Prepare | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    options: DemoOptions = field(default_factory=DemoOptions)


def _at(connection: str, **more: Any) -> Situation:
    return Situation(connection=connection, **more)


def _running(name: str) -> Prepare:
    async def prepare(it: Probe) -> None:
        await it.run(name)
        it.clock.advance(seconds=6)

    return prepare


def _completed(name: str) -> Prepare:
    async def prepare(it: Probe) -> None:
        await it.run(name)
        it.clock.advance(minutes=2)

    return prepare


def _pending(name: str) -> Prepare:
    async def prepare(it: Probe) -> None:
        await it.run(name)

    return prepare


def _cleaned_up(name: str) -> Prepare:
    async def prepare(it: Probe) -> None:
        await _without_temporal(it)
        await it.run(name, 500)
        it.demo.temporal = Temporal.UP
        it.clock.advance(minutes=5)

    return prepare


def _lost_run(name: str) -> Prepare:
    async def prepare(it: Probe) -> None:
        await _without_temporal(it)
        await it.run(name, 500)

    return prepare


async def _without_temporal(it: Probe) -> None:
    it.demo.temporal = Temporal.UNREACHABLE


async def _with_refusing_temporal(it: Probe) -> None:
    it.demo.temporal = Temporal.REFUSES


def _cancel_refused(name: str) -> Prepare:
    async def prepare(it: Probe) -> None:
        await _with_refusing_temporal(it)
        await it.cancel(name, it.newest(name).id, 502)

    return prepare


def _running_without_temporal(name: str) -> Prepare:
    async def prepare(it: Probe) -> None:
        await _running(name)(it)
        await _without_temporal(it)

    return prepare


GITLAB = "Acme GitLab"
FOREIGN = "Foreign Notion 0"

CURRENT = {
    "sc_list_collection_unknown": Situation(),
    "sc_detail_healthy": _at("Acme GitHub"),
    "sc_detail_reauth_gone": _at("Recruiting Asana"),
    "sc_detail_reauth_oauth": _at("Marketing Google Drive"),
    "sc_detail_reauth_apikey": _at("Freshdesk Archive"),
    "sc_detail_pending_auth": _at("Alumni Gmail"),
    "sc_detail_never_ran": _at("Personal Todoist"),
    "sc_detail_federated": _at("Acme Slack"),
    "sc_detail_failed_early": _at("Teams Chat"),
    "sc_detail_unscheduled": _at("Board Minutes Box", before=_completed("Board Minutes Box")),
    "sc_detail_running": _at("Sales Salesforce"),
    "sc_detail_stuck_pending": _at("Sales Pipedrive"),
    "sc_detail_cancelling": _at("Ads Monday"),
    "sc_detail_unknown": _at(UNKNOWN_ID),
    "sc_detail_other_org": _at(FOREIGN),
    "sc_jobs_healthy": _at(GITLAB),
    "sc_jobs_failed_generic": _at("Security GitHub"),
    "sc_jobs_failed_early": _at("Teams Chat"),
    "sc_jobs_stuck_pending": _at("Sales Pipedrive"),
    "sc_jobs_running": _at("Sales Salesforce"),
    "sc_jobs_cancelled_last": _at("Board Minutes Box"),
    "sc_jobs_cleanup_cancelled": _at(GITLAB, before=_cleaned_up(GITLAB)),
    "sc_jobs_reauth_oauth": _at("Marketing Google Drive"),
    "sc_jobs_never_ran": _at("Personal Todoist"),
    "sc_jobs_federated": _at("Acme Slack"),
    "sc_jobs_pending_auth": _at("Alumni Gmail"),
    "sc_jobs_unknown": _at(UNKNOWN_ID),
    "sc_jobs_q_limit5000": _at(GITLAB),
    "sc_jobs_cancelling": _at("Ads Monday"),
    "sc_job_single": _at(GITLAB),
    "run_ok": _at(GITLAB),
    "run_again_409_or_400": _at(GITLAB, before=_pending(GITLAB)),
    "run_on_running": _at("Sales Salesforce"),
    "run_on_cancelling": _at("Ads Monday"),
    "run_on_reauth_gone": _at("Recruiting Asana"),
    "run_on_federated": _at("Acme Slack"),
    "run_on_pending_auth": _at("Alumni Gmail"),
    "run_on_never_ran": _at("Personal Todoist"),
    "run_unknown": _at(UNKNOWN_ID),
    "run_other_org": _at(FOREIGN),
    "run_force": _at(GITLAB),
    "run_force_bad": _at(GITLAB),
    "run_slash": _at(GITLAB),
    "run_get_405": _at(GITLAB),
    "run_badjson": _at(GITLAB, body=b"{not json"),
    "realtemporal_run": _at(GITLAB, before=_without_temporal),
    "realtemporal_run_again": _at(GITLAB, before=_lost_run(GITLAB)),
    "realtemporal_cancel_running": _at(GITLAB, before=_running_without_temporal(GITLAB)),
    "cancel_pending_ok": _at(GITLAB, before=_pending(GITLAB)),
    "cancel_running_ok": _at(GITLAB, before=_running(GITLAB)),
    "cancel_on_completed": _at(GITLAB),
    "cancel_on_created_status": _at("Finance Stripe", job="created"),
    "cancel_on_cancelling": _at("Ads Monday"),
    "cancel_unknown_job": _at(GITLAB, job=UNKNOWN_ID),
    "cancel_other_org": _at(GITLAB, job=FOREIGN),
    "cancel_wrong_connection": _at(GITLAB, job="Sales Pipedrive"),
    "cancel_unknown_connection_real_job": _at(UNKNOWN_ID, job="Sales Pipedrive"),
    "cancel_workflow_not_found": _at("Support Intercom"),
    "cancel_rpc_error": _at("Sales Salesforce", before=_with_refusing_temporal),
    "cancel_get_405": _at(GITLAB),
    "delete_jobs_405": _at(GITLAB),
    "sync_id_jobs": _at(GITLAB),
    "org_header_ok": Situation(headers=(("X-Organization-ID", "own"),)),
    "org_header_bad": Situation(headers=(("X-Organization-ID", "abc"),)),
    "org_header_other": Situation(headers=(("X-Organization-ID", "other"),)),
    "org_header_unknown": Situation(headers=(("X-Organization-ID", UNKNOWN_ID),)),
    "misc_body_too_large": _at(GITLAB, body=b"x" * (11 * 2**20)),
}

MARCH_2026 = {
    "sc_detail_healthy": _at("Acme GitHub"),
    "sc_detail_failed_generic": _at("Security GitHub"),
    # Unsorted: which row comes first says nothing.
    "sc_jobs_healthy": _at("Engineering Confluence"),
    "sc_jobs_running": _at("Personal Todoist", before=_running("Personal Todoist")),
    "sc_jobs_cancelled_last": _at("Engineering Confluence"),
    "sc_jobs_cleanup_cancelled": _at("Engineering Confluence"),
    "sc_jobs_never_ran": _at("Personal Todoist"),
    "run_ok": _at(GITLAB),
    "run_again_409_or_400": _at(GITLAB, before=_pending(GITLAB)),
    "run_on_federated": _at("Acme Slack"),
    "run_on_pending_auth": _at("Alumni Gmail"),
    "run_on_reauth_gone": _at("Recruiting Asana"),
    "run_force": _at(GITLAB),
    "cancel_pending_ok": _at(GITLAB, before=_pending(GITLAB)),
    "cancel_running_ok": _at(GITLAB, before=_running(GITLAB)),
    "cancel_on_completed": _at(GITLAB),
    "cancel_wrong_connection": _at(GITLAB, job="Sales Pipedrive"),
    "cancel_unknown_connection_real_job": _at(UNKNOWN_ID, job="Sales Pipedrive"),
    "cancel_workflow_not_found": _at("Support Intercom"),
    "cancel_rpc_error": _at("Sales Salesforce", before=_with_refusing_temporal),
    "cancel_rpc_error_after": _at("Sales Salesforce", before=_cancel_refused("Sales Salesforce")),
    "cancel_unknown_job": _at(GITLAB, job=UNKNOWN_ID),
    # The recorded feed began with a pending job.
    "syncjobs_default": Situation(before=_pending(GITLAB)),
    "syncjobs_limit1001": Situation(before=_pending(GITLAB)),
    "syncjobs_slash": Situation(before=_pending(GITLAB)),
}

JUNE_2025 = {
    "sc_detail_failed": _at("Security GitHub"),
    "sc_jobs": _at("Engineering Confluence"),
    "sc_unknown": _at(UNKNOWN_ID),
    "syncjobs_default": Situation(before=_pending(GITLAB)),
    "syncjobs_limit1001": Situation(before=_pending(GITLAB)),
    "syncjobs_slash": Situation(before=_pending(GITLAB)),
}

KEY = DemoOptions(api_key=DEMO_API_KEY)
UNLIMITED = ("X-API-Key", DEMO_API_KEY)
SMALL_PLAN = DemoOptions(api_key=DEMO_API_KEY, rate_limit=10)


def _asked(times: int) -> Prepare:
    async def prepare(it: Probe) -> None:
        for _ in range(times):
            await it.get("/source-connections?limit=1", headers={"X-API-Key": DEMO_API_KEY})
        it.clock.advance(seconds=0.5)

    return prepare


def _with(*headers: tuple[str, str], connection: str = UNKNOWN_ID) -> Situation:
    return Situation(connection=connection, headers=headers, options=KEY)


AUTH = {
    "auth_empty": _with(("X-API-Key", "")),
    "auth_bad": _with(("X-API-Key", "nope")),
    "auth_expired": _with(("X-API-Key", DEMO_EXPIRED_KEY)),
    "auth_bearer_apikey": _with(("Authorization", f"Bearer {DEMO_API_KEY}")),
    "auth_bearer_in_xapikey": _with(("X-API-Key", f"Bearer {DEMO_API_KEY}")),
    "auth_both_bad_bearer_good_key": _with(UNLIMITED, ("Authorization", "Bearer garbage")),
    "auth_bad_key_limit0": _with(("X-API-Key", "nope")),
    "auth_none_run": _with(connection=GITLAB),
    "auth_xapikey": _with(UNLIMITED),
    "auth_org_ok": _with(UNLIMITED, ("X-Organization-ID", "own")),
    "auth_org_other": _with(UNLIMITED, ("X-Organization-ID", "other")),
    "auth_org_unknown": _with(UNLIMITED, ("X-Organization-ID", UNKNOWN_ID)),
    "auth_org_bad": _with(UNLIMITED, ("X-Organization-ID", "abc")),
    "rate_dev_00": Situation(headers=(UNLIMITED,), options=SMALL_PLAN),
    "rate_dev_09": Situation(headers=(UNLIMITED,), options=SMALL_PLAN, before=_asked(9)),
    "rate_dev_10": Situation(headers=(UNLIMITED,), options=SMALL_PLAN, before=_asked(10)),
    "rate_dev_health": Situation(headers=(UNLIMITED,), options=SMALL_PLAN, before=_asked(10)),
    "rate_dev_run_blocked": Situation(headers=(UNLIMITED,), options=SMALL_PLAN, before=_asked(10)),
    "rate_hdr_acme": _with(UNLIMITED),
    "run_usage_exceeded": _with(UNLIMITED, connection="Media OneDrive"),
}

SITUATIONS: dict[str, tuple[Generation, dict[str, Situation], Situation]] = {
    "current": (Generation.CURRENT, CURRENT, Situation()),
    "current-auth": (Generation.CURRENT, AUTH, Situation(options=KEY)),
    "2026-03": (Generation.MARCH_2026, MARCH_2026, Situation()),
    "2025-06": (Generation.JUNE_2025, JUNE_2025, Situation()),
}


@pytest.mark.parametrize("source", SITUATIONS)
async def test_answers_like_the_recordings(source: str) -> None:
    generation, situations, default = SITUATIONS[source]
    different = {}
    for name, recorded in recordings(source).items():
        try:
            await check_like(generation, situations.get(name, default), recorded)
        except AssertionError as error:
            different[name] = str(error)
    assert different == {}


async def check_like(generation: Generation, situation: Situation, recorded: dict[str, Any]) -> None:
    method, _, path = recorded["request"].partition(" ")
    async with probe(generation, situation.options) as it:
        if situation.before is not None:
            await situation.before(it)
        response = await it.client.request(
            method, _filled(path, situation, it), headers=_headers(situation, it), content=situation.body
        )
    assert response.status_code == recorded["status"], response.text
    sent = sorted(name for name in response.headers if name.startswith("ratelimit") or name == "retry-after")
    assert sent == recorded["headers"]
    body = response.json()
    if "text" in recorded:
        assert normalized(body) == recorded["text"]
    else:
        # Which connection a list begins with, and so its status, is no part of the recording.
        is_list = path.partition("?")[0].rstrip("/") == "/source-connections"
        differs = NO_STATUS if is_list else frozenset()
        _compare(shape(body), recorded["shape"], differs)


def test_every_situation_is_recorded() -> None:
    unused = {
        (source, name)
        for source, (_, named, _) in SITUATIONS.items()
        for name in named
        if name not in recordings(source)
    }
    assert not unused


def _filled(path: str, situation: Situation, it: Probe) -> str:
    """The recorded path with the demo's ids."""
    connection, owner = situation.connection, situation.job or situation.connection
    connection_id = connection if connection == UNKNOWN_ID else it.id(connection)
    if owner == "created":
        job_id = next(job.id for job in it.world.jobs_of(connection_id) if job.status == "created")
    else:
        job_id = owner if owner == UNKNOWN_ID else it.newest(owner).id if "jobs/{id}" in path else ""
    return path.replace("jobs/{id}", f"jobs/{job_id}").replace("{id}", connection_id).replace("{key}", DEMO_API_KEY)


def _headers(situation: Situation, it: Probe) -> dict[str, str]:
    known = {"own": it.world.organization_id, "other": it.world.other_organization_ids[0]}
    return {name: known.get(value, value) for name, value in situation.headers}


def _compare(found: Any, recorded: Any, differs: frozenset[str], where: str = "") -> None:
    """Same keys both ways, same kinds, same known words."""
    if isinstance(recorded, dict):
        assert isinstance(found, dict), where
        assert set(found) == set(recorded), where
        for key, kind in recorded.items():
            if key in LOOSE:
                assert found[key] in {"null", "text", "object"}, f"{where}.{key}"
            elif key not in differs:
                _compare(found[key], kind, differs, f"{where}.{key}")
    elif isinstance(recorded, list):
        assert isinstance(found, list), where
        assert len(found) == len(recorded), where
        for one, other in zip(found, recorded, strict=True):
            _compare(one, other, differs, f"{where}[]")
    else:
        assert found == recorded, where
