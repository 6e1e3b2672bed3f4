"""Callers of a hosted server cannot set anything on it: they are told of headers, or to ask whoever runs it."""

import re

import pytest

from airweave_sync_mcp.airweave import answers, faults
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.hosting.advice import Advice
from tests.hosting.kit import core_before, hosted, two_tenants

FORESEEN = [
    *((rule.code, rule.hint) for rule in answers._RULES),
    *((one.code, one.hint) for one in vars(faults).values() if isinstance(one, faults._Fault)),
]


@pytest.mark.parametrize("single_tenant", [False, True])
def test_no_advice_names_a_setting_or_a_flag(single_tenant: bool) -> None:
    advice = Advice(single_tenant, lambda: 0.0)
    told = [advice(AirweaveError(code=code, message="", hint=hint)) for code, hint in FORESEEN]
    assert len(told) > 30
    assert [hint for hint in told if re.search(r"[A-Z]{2,}_[A-Z]{2,}|--\w", hint)] == []


def test_a_single_tenants_callers_have_no_key_to_check() -> None:
    advice = Advice(True, lambda: 0.0)
    rejected = AirweaveError(code=ErrorCode.KEY_REJECTED, message="", hint="Check AIRWEAVE_API_KEY.")
    assert "whoever runs" in advice(rejected)
    assert advice(AirweaveError(code=ErrorCode.NO_SYNC, message="", hint="There is none.")) == "There is none."


def test_what_only_the_operator_can_do_is_in_the_log_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    advice = Advice(False, lambda: now[0])
    error = AirweaveError(code=ErrorCode.TLS, message="no", hint="Name its file in SSL_CERT_FILE.")
    for now[0] in (0.0, 59.0, 61.0):
        assert "whoever runs" in advice(error)
    assert [record.message.endswith(error.hint) for record in caplog.records] == [True, True]


@pytest.mark.anyio
async def test_a_key_that_airweave_does_not_know_is_looked_for_in_the_header() -> None:
    with hosted(core_before(two_tenants())) as server:
        async with server.client("nobodys-key-31d0f8a2") as client:
            answer = await client.call_tool("get_sync_health", {})
    assert answer.structured_content is not None
    assert answer.structured_content["code"] == "key_rejected"
    assert "X-API-Key" in answer.structured_content["hint"]
    assert "AIRWEAVE_API_KEY" not in answer.model_dump_json()
