"""Every way a request can go wrong has a code of its own, words that help, and no secret in them."""

import socket
import ssl
import traceback
from dataclasses import dataclass
from functools import partial

import anyio
import httpx
import pytest

from airweave_sync_mcp.airweave.client import AirweaveClient, OrganizationJobsPath
from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode

from .server import CONNECTION, JOB, KEY, Misbehaviour, Step, answer, client_for, credential, patience, recorded, serve

pytestmark = pytest.mark.anyio

ORGANIZATION = "c0362179-a42d-46b2-9b17-c1c7fadfe97f"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@dataclass(frozen=True)
class Case:
    code: ErrorCode
    step: Step
    retryable: bool = False
    says: str = ""
    status: int | None = None
    key: str = KEY
    organization: str | None = None


def refusal(code: ErrorCode, status: int, body: object = b"", **more: object) -> Case:
    headers = more.pop("headers", None)
    return Case(code=code, step=answer(status, body, headers), status=status, **more)  # type: ignore[arg-type]


def replay(code: ErrorCode, name: str, status: int, **more: object) -> Case:
    return Case(code=code, step=recorded(name), status=status, **more)  # type: ignore[arg-type]


HTML = b"<!doctype html><html><body>It works</body></html>"
FASTAPI_422 = {
    "detail": [{"loc": ["query", "limit"], "msg": "Input should be less than 1001", "type": "x", "input": 1}]
}
BAD_UUID = {"errors": [{"path.source_connection_id": "Input should be a valid UUID, invalid character"}]}

ANSWERS = [
    replay(ErrorCode.UNAUTHORIZED, "current-auth/auth_none", 401),
    replay(ErrorCode.UNAUTHORIZED, "current-auth/auth_none", 401, key=JWT, says="login token"),
    replay(ErrorCode.KEY_REJECTED, "current-auth/auth_bad", 403),
    replay(ErrorCode.KEY_EXPIRED, "current-auth/auth_expired", 403),
    replay(ErrorCode.ORGANIZATION_FORBIDDEN, "current-auth/auth_org_other", 403, organization=ORGANIZATION),
    replay(ErrorCode.ORGANIZATION_UNKNOWN, "current-auth/auth_org_unknown", 404, organization=ORGANIZATION),
    replay(ErrorCode.ORGANIZATION_REQUIRED, "current-auth/auth_jwt_unknown_user", 400, key=JWT),
    replay(ErrorCode.ORGANIZATION_MALFORMED, "current/org_header_bad", 500, organization=ORGANIZATION),
    replay(ErrorCode.SERVER_ERROR, "current/org_header_bad", 500, retryable=True),
    refusal(ErrorCode.FORBIDDEN, 403, {"detail": "Not for guests"}, says="Not for guests"),
    replay(ErrorCode.ROUTE_NOT_FOUND, "current/sync_jobs_root", 404),
    refusal(ErrorCode.ROUTE_NOT_FOUND, 404),
    refusal(ErrorCode.NOT_FOUND, 404, {"detail": "SourceConnection not found"}, says="SourceConnection not found"),
    replay(ErrorCode.NO_SYNC, "current/sc_jobs_federated", 404),
    replay(ErrorCode.NO_SYNC, "2026-03/run_on_federated", 400),
    refusal(ErrorCode.METHOD_NOT_ALLOWED, 405, {"detail": "Method Not Allowed"}),
    refusal(
        ErrorCode.BAD_REQUEST, 400, {"detail": "Usage limit exceeded\nfor entities\x07"}, says="exceeded for entities"
    ),
    refusal(ErrorCode.BAD_REQUEST, 402, {"message": "Payment required"}, says="Payment required"),
    replay(ErrorCode.CONFLICT, "current/run_on_pending", 400, says="already pending"),
    replay(ErrorCode.CONFLICT, "current/cancel_on_completed", 400, says="completed state"),
    replay(ErrorCode.CONFLICT, "current/run_on_reauth_gone", 409, says="paused"),
    refusal(ErrorCode.CONFLICT, 409, {"detail": "no"}),
    refusal(ErrorCode.INVALID_ARGUMENT, 422, BAD_UUID, says="path.source_connection_id"),
    refusal(ErrorCode.INVALID_ARGUMENT, 422, FASTAPI_422, says="query.limit: Input should be less than 1001"),
    refusal(ErrorCode.INVALID_ARGUMENT, 422, {"errors": "odd"}),
    replay(ErrorCode.UNREADABLE_ROW, "current/misc_unknown_status_jobs", 422),
    refusal(ErrorCode.TOO_LARGE, 413, HTML),
    replay(ErrorCode.RATE_LIMITED, "current-auth/rate_dev_10", 429, retryable=True),
    refusal(ErrorCode.RATE_LIMITED, 429, HTML, retryable=True),
    replay(ErrorCode.SERVER_ERROR, "2025-06/syncjobs_statusnonsense", 500, retryable=True),
    replay(ErrorCode.SERVER_ERROR, "current/realtemporal_run", 500, retryable=True),
    refusal(ErrorCode.SERVER_ERROR, 501, HTML, retryable=True),
    refusal(ErrorCode.UPSTREAM_UNAVAILABLE, 502, HTML, retryable=True),
    refusal(ErrorCode.UPSTREAM_UNAVAILABLE, 503, retryable=True),
    refusal(ErrorCode.UPSTREAM_UNAVAILABLE, 504, {"detail": "Request timeout after 60 seconds"}, retryable=True),
    refusal(ErrorCode.TIMEOUT, 408, HTML, retryable=True),
    refusal(ErrorCode.PROXY_ERROR, 407, HTML),
    refusal(ErrorCode.NOT_JSON, 404, HTML),
    refusal(ErrorCode.NOT_JSON, 403, HTML),
    refusal(ErrorCode.UNEXPECTED_ANSWER, 700, b""),
    refusal(
        ErrorCode.REDIRECTED,
        302,
        headers={"location": "https://u:p@login.example/x?token=1"},
        says="to https://login.example.",
    ),
    refusal(ErrorCode.REDIRECTED, 307, headers={"location": "http://[broken"}),
    refusal(ErrorCode.REDIRECTED, 301),
]

SUCCESSES_WITHOUT_USE = [
    refusal(ErrorCode.NOT_JSON, 200, HTML),
    refusal(ErrorCode.CUT_OFF, 200, b'[{"id": "3db0de21"', retryable=True),
    refusal(ErrorCode.CUT_OFF, 200, b'[{"id": "3db0de21"}', retryable=True),
    refusal(ErrorCode.EMPTY_BODY, 200, b" \n", retryable=True),
    refusal(ErrorCode.EMPTY_BODY, 204, b"", retryable=True),
    refusal(ErrorCode.UNEXPECTED_ANSWER, 200, {"items": []}, says="an object instead of a list"),
    refusal(ErrorCode.UNEXPECTED_ANSWER, 200, [{"name": "no id"}, 7], says="2 rows"),
    Case(code=ErrorCode.CUT_OFF, step=answer(200, b"[", length=1000), retryable=True),
    Case(code=ErrorCode.RESET, step=Misbehaviour.RESET, retryable=True),
    Case(code=ErrorCode.RESET, step=Misbehaviour.CLOSE, retryable=True),
    Case(code=ErrorCode.TIMEOUT, step=Misbehaviour.HANG, retryable=True),
    Case(code=ErrorCode.UNEXPECTED_ANSWER, step=b"SSH-2.0-OpenSSH_9.6\r\n\r\n", says="not proper HTTP"),
    Case(code=ErrorCode.UNEXPECTED_ANSWER, step=answer(200, b"xx", {"content-encoding": "gzip"})),
]


@pytest.mark.parametrize("case", [*ANSWERS, *SUCCESSES_WITHOUT_USE], ids=lambda case: f"{case.code}-{case.status}")
async def test_answer_becomes_its_error(case: Case) -> None:
    async with serve(case.step) as server, client_for(server.url, read_timeout_s=patience(case.step)) as client:
        with pytest.raises(AirweaveError) as caught:
            await client.connection_jobs(credential(case.key, case.organization), CONNECTION)
    error = caught.value
    assert (error.code, error.retryable, error.status) == (case.code, case.retryable, case.status)
    assert "the jobs of source connection 3db0de21" in error.message
    assert case.says in " ".join(f"{error.message} {error.words}".split())
    assert error.hint
    assert not error.outcome_unknown
    assert_no_secret(error, case.key)


def assert_no_secret(error: BaseException, *secrets: str) -> None:
    shown = "".join([*traceback.format_exception(error), repr(error), str(error), repr(error.args), repr(vars(error))])
    for secret in secrets:
        assert secret not in shown
    assert error.__cause__ is None
    assert error.__context__ is None or isinstance(error.__context__, AirweaveError)


async def test_a_500_body_is_never_repeated() -> None:
    leak = {"detail": "Internal Server Error: DBAPIError: SELECT private FROM people WHERE name = 'Ada'"}
    async with serve(answer(500, leak)) as server, client_for(server.url) as client:
        with pytest.raises(AirweaveError) as caught:
            await client.source_connections(credential())
    assert "Ada" not in repr(vars(caught.value))
    assert "SELECT" not in "".join(traceback.format_exception(caught.value))


async def test_a_key_repeated_by_the_server_is_masked() -> None:
    async with serve(answer(400, {"detail": f"what is {KEY}?"})) as server, client_for(server.url) as client:
        with pytest.raises(AirweaveError) as caught:
            await client.source_connections(credential())
    assert caught.value.words == "what is [key]?"
    assert_no_secret(caught.value, KEY)


async def test_server_words_are_bounded() -> None:
    async with serve(answer(400, {"detail": "x" * 5000})) as server, client_for(server.url) as client:
        with pytest.raises(AirweaveError) as caught:
            await client.source_connections(credential())
    assert len(caught.value.message) < 400
    assert len(caught.value.words) == 2_000


async def test_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with client_for(f"http://127.0.0.1:{port}") as client:
        error = await failure(client)
    assert (error.code, error.retryable) == (ErrorCode.REFUSED, True)


async def test_https_to_a_plain_port_is_a_tls_error() -> None:
    async with (
        serve(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n") as server,
        client_for(server.url.replace("http:", "https:")) as client,
    ):
        error = await failure(client)
    assert (error.code, error.retryable) == (ErrorCode.TLS, False)


class Failing(httpx.AsyncBaseTransport):
    """A way that fails as httpx would report it."""

    def __init__(self, fault: Exception, cause: Exception | None = None) -> None:
        self.fault, self.cause, self.asked = fault, cause, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        raise self.fault from self.cause


WAYS = [
    (ErrorCode.DNS, True, httpx.ConnectError("x"), socket.gaierror(-2, "Name or service not known")),
    (ErrorCode.TLS, False, httpx.ConnectError("x"), ssl.SSLCertVerificationError("self-signed")),
    (ErrorCode.TLS, False, httpx.ReadError("x"), ssl.SSLError("certificate required")),
    (ErrorCode.REFUSED, True, httpx.ConnectError("x"), ExceptionGroup("all", [ConnectionRefusedError()])),
    (ErrorCode.CONNECT_TIMEOUT, True, httpx.ConnectTimeout("x"), None),
    (ErrorCode.TIMEOUT, True, httpx.PoolTimeout("x"), None),
    (ErrorCode.PROXY_ERROR, False, httpx.ProxyError("407"), None),
    (ErrorCode.NETWORK, True, httpx.ConnectError("No route to host"), OSError(113, "No route to host")),
    (ErrorCode.NETWORK, True, httpx.LocalProtocolError(KEY), None),
    (ErrorCode.RESET, True, httpx.WriteError("x"), BrokenPipeError()),
]


@pytest.mark.parametrize(("code", "retryable", "fault", "cause"), WAYS)
async def test_way_that_fails(code: ErrorCode, retryable: bool, fault: Exception, cause: Exception | None) -> None:
    async with client_for("https://airweave.example", transport=Failing(fault, cause)) as client:
        error = await failure(client)
    assert (error.code, error.retryable, error.status) == (code, retryable, None)
    assert "airweave.example" in error.message
    assert_no_secret(error, KEY)


async def failure(client: AirweaveClient) -> AirweaveError:
    with pytest.raises(AirweaveError) as caught:
        await client.source_connections(credential())
    assert_no_secret(caught.value, KEY)
    return caught.value


async def test_unusable_certificates_and_proxies_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    async with client_for("https://airweave.example", own_transport=False) as client:
        errors = [await failure(client) for _ in range(2)]
    assert [error.code for error in errors] == [ErrorCode.TLS] * 2
    assert "certificates" in errors[0].message
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("ALL_PROXY", "gopher://user:hidden@proxy.example")
    async with client_for("https://airweave.example", own_transport=False) as client:
        error = await failure(client)
    assert error.code is ErrorCode.PROXY_ERROR
    assert "proxy" in error.message
    assert_no_secret(error, "hidden")


async def test_a_proxy_is_used_as_httpx_users_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve(answer(200, [])) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with client_for("http://airweave.example", own_transport=False) as client:
            await client.source_connections(credential())
    assert proxy.received[0].target.startswith("http://airweave.example/source-connections")


async def test_an_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airweave_sync_mcp.airweave.exchange.MAX_BODY_BYTES", 2**20)
    async with serve(answer(200, b"[" + b" " * 2**21 + b"]")) as server, client_for(server.url) as client:
        error = await failure(client)
    assert error.code is ErrorCode.TOO_LARGE


async def test_a_slow_drip_ends_with_the_whole_call() -> None:
    async with (
        serve(Misbehaviour.HANG) as server,
        client_for(server.url, read_timeout_s=30, call_timeout_s=0.2) as client,
    ):
        error = await failure(client)
    assert (error.code, error.retryable) == (ErrorCode.TIMEOUT, True)


WRITES_OF_UNKNOWN_OUTCOME: list[tuple[Step, ErrorCode]] = [
    (Misbehaviour.HANG, ErrorCode.TIMEOUT),
    (Misbehaviour.RESET, ErrorCode.RESET),
    (Misbehaviour.CLOSE, ErrorCode.RESET),
    (recorded("current/realtemporal_run"), ErrorCode.SERVER_ERROR),
    (answer(502, {"detail": "Failed to request cancellation from Temporal"}), ErrorCode.UPSTREAM_UNAVAILABLE),
    (answer(503), ErrorCode.UPSTREAM_UNAVAILABLE),
    (answer(200, b""), ErrorCode.EMPTY_BODY),
    (answer(200, HTML), ErrorCode.NOT_JSON),
    (answer(200, b"{", length=100), ErrorCode.CUT_OFF),
]


@pytest.mark.parametrize(("step", "code"), WRITES_OF_UNKNOWN_OUTCOME)
@pytest.mark.parametrize("write", ["run", "cancel"])
async def test_a_write_is_sent_once_and_its_unknown_outcome_told(step: Step, code: ErrorCode, write: str) -> None:
    async with serve(step) as server, client_for(server.url, read_timeout_s=patience(step), max_attempts=5) as client:
        send = partial(client.run_sync, credential(), CONNECTION)
        if write == "cancel":
            send = partial(client.cancel_job, credential(), CONNECTION, JOB)
        with pytest.raises(AirweaveError) as caught:
            await send()
    assert (caught.value.code, caught.value.outcome_unknown, caught.value.retryable) == (code, True, False)
    assert [request.method for request in server.received] == ["POST"]
    assert "look before" in caught.value.retry_advice


@pytest.mark.parametrize(
    ("step", "code", "retryable"),
    [
        (recorded("current/run_on_pending"), ErrorCode.CONFLICT, False),
        (recorded("current-auth/rate_dev_10"), ErrorCode.RATE_LIMITED, True),
        (recorded("current/misc_unknown_status_jobs"), ErrorCode.INVALID_ARGUMENT, False),
    ],
)
async def test_a_refused_write_was_not_carried_out(step: Step, code: ErrorCode, retryable: bool) -> None:
    async with serve(step) as server, client_for(server.url, max_attempts=5) as client:
        with pytest.raises(AirweaveError) as caught:
            await client.run_sync(credential(), CONNECTION)
    assert (caught.value.code, caught.value.outcome_unknown, caught.value.retryable) == (code, False, retryable)
    assert len(server.received) == 1


async def test_a_write_is_not_repeated_even_where_that_would_be_safe() -> None:
    async with serve(answer(429, {"detail": "slow down"})) as server, client_for(server.url, max_attempts=5) as client:
        with pytest.raises(AirweaveError) as caught:
            await client.run_sync(credential(), CONNECTION)
    assert (caught.value.code, caught.value.retryable) == (ErrorCode.RATE_LIMITED, True)
    assert len(server.received) == 1


async def test_a_write_that_never_left_has_a_known_outcome() -> None:
    transport = Failing(httpx.ConnectError("x"), ConnectionRefusedError())
    async with client_for("https://airweave.example", transport=transport, max_attempts=5) as client:
        with pytest.raises(AirweaveError) as caught:
            await client.run_sync(credential(), CONNECTION)
    assert not caught.value.outcome_unknown
    assert caught.value.retryable
    assert transport.asked == 1


@pytest.mark.parametrize("bad", ["", "..", "a/b", "x" * 200, "3db0de21?x=1", "ü"])
async def test_an_id_that_could_change_the_path_is_not_sent(bad: str) -> None:
    async with serve(answer(200, [])) as server, client_for(server.url) as client:
        with pytest.raises(AirweaveError) as caught:
            await client.connection_jobs(credential(), bad)
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT
    assert server.received == []


async def test_the_budget_says_wait() -> None:
    async with serve(recorded("current-auth/rate_dev_10")) as server, client_for(server.url) as client:
        first = await failure(client)
        second = await failure(client)
    assert (first.code, second.code) == (ErrorCode.RATE_LIMITED, ErrorCode.BUDGET_EXHAUSTED)
    assert (first.retry_after_s, second.retry_after_s) == (60.0, 60.0)
    assert second.retry_advice == "Trying again helps in 60 s."
    assert len(server.received) == 1


def test_every_code_has_a_test() -> None:
    before_sending = {ErrorCode.NO_KEY, ErrorCode.BAD_KEY, ErrorCode.BUDGET_EXHAUSTED}  # test_credential, above
    tested = {case.code for case in [*ANSWERS, *SUCCESSES_WITHOUT_USE]} | {code for code, *_ in WAYS} | before_sending
    assert tested == set(ErrorCode)


async def test_cancellation_stops_the_request() -> None:
    async with serve(Misbehaviour.HANG) as server, client_for(server.url) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.source_connections, credential())
            with anyio.fail_after(5):
                while not server.received:
                    await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        with anyio.fail_after(5):
            await server.closed_by_client.wait()


async def test_a_client_that_is_not_open_says_so() -> None:
    client = client_for("http://127.0.0.1:1")
    with pytest.raises(RuntimeError, match="async with"):
        await client.organization_jobs(credential(), path=OrganizationJobsPath.OLDER)
    async with client:
        pass
    with pytest.raises(RuntimeError, match="async with"):
        await client.organization_jobs(credential(), path=OrganizationJobsPath.OLDER)


async def test_a_jwt_is_not_shown_either() -> None:
    token = Credential.parse(JWT)
    async with serve(answer(401, {"detail": JWT})) as server, client_for(server.url) as client:
        with pytest.raises(AirweaveError) as caught:
            await client.source_connections(token)
    assert_no_secret(caught.value, JWT)
