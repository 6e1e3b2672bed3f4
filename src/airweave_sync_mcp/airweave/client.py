"""The client for the Airweave API: what can be asked, with retries, rate limits and errors in words."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeAlias, TypeVar

import anyio
import httpx

from airweave_sync_mcp.airweave.answers import error_of_answer
from airweave_sync_mcp.airweave.asking import Context, Question, path_id, short_id
from airweave_sync_mcp.airweave.budget import BudgetState, RateBudget, RateHeaders
from airweave_sync_mcp.airweave.credential import Credential, CredentialKind
from airweave_sync_mcp.airweave.endpoint import Endpoint
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.airweave.exchange import Answer, exchange, open_http, proxy_of, retry_after_s, utc_now
from airweave_sync_mcp.airweave.faults import took_too_long
from airweave_sync_mcp.airweave.parsing import UnusableAnswerError, decode, kind_of, read_one, read_rows
from airweave_sync_mcp.airweave.retrying import RetryPolicy, time_left
from airweave_sync_mcp.airweave.wire import Rows, WireCollection, WireConnection, WireConnectionDetail, WireJob

__all__ = ["AirweaveClient", "Endpoint", "OrganizationJobsPath"]

T = TypeVar("T")

Watch: TypeAlias = Callable[[str, float], None]
"""Told of every attempt: how it ended (`ok`, the value of an error's code, `cancelled`), and after how many seconds."""

_CLIENT_NAME: Final = "airweave-sync-mcp"


def ignore(outcome: str, seconds: float) -> None:
    """Nobody watches."""


class OrganizationJobsPath(StrEnum):
    """Where servers have, or had, the list of all jobs."""

    DOCUMENTED = "/v1/sync/jobs"
    OLDER = "/sync/jobs"


class AirweaveClient:
    """Asks one Airweave server on behalf of any number of callers; use it as an async context manager.

    Every method takes the caller's credential first and raises `AirweaveError`. GETs are repeated after passing
    troubles, POSTs never. A call ends after `call_timeout_s` seconds, plus the time it was allowed to wait for the
    budget. `sleep` of the `retry` policy is used for all waiting; `now` gives the wall-clock time. Processes with the
    same `pepper` know a caller by the same name.
    """

    def __init__(
        self,
        base_url: str | Endpoint,
        *,
        budget: RateBudget,
        max_attempts: int = 3,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 20.0,
        call_timeout_s: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
        client_version: str = "0",
        retry: RetryPolicy | None = None,
        now: Callable[[], datetime] = utc_now,
        pepper: bytes | None = None,
        max_connections: int = 100,
        watch: Watch = ignore,
    ) -> None:
        self.endpoint = base_url if isinstance(base_url, Endpoint) else Endpoint(base_url)
        self._budget = budget
        self._retry = retry or RetryPolicy(max_attempts=max_attempts)
        self._call_timeout_s = call_timeout_s
        self._now = now
        self._pepper = pepper
        self._watch = watch
        self._open_http = partial(
            open_http,
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
            headers=_client_headers(client_version),
            transport=transport,
            max_connections=max_connections,
            tls=transport is not None or self.endpoint.scheme == "https",  # httpx hands it to its own transport only
        )
        self._proxy = proxy_of(self.endpoint) if transport is None else None
        self._open = False
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        """Never fails: that certificates or proxies cannot be used is told by every request, as all else is."""
        self._open = True
        with suppress(AirweaveError):
            self._http = self._open_http()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        http, self._http, self._open = self._http, None, False
        if http is not None:
            await http.aclose()

    # What can be asked

    async def source_connections(
        self,
        credential: Credential,
        *,
        skip: int = 0,
        limit: int = 1000,
        collection: str | None = None,
        wait_for_budget_s: float = 0.0,
    ) -> Rows[WireConnection]:
        """Source connections, newest first; servers allow a `limit` of 1 to 1000. `collection` is a readable id."""
        question = Question(
            what="the list of source connections",
            path="/source-connections",
            params=_params(skip=skip or None, limit=limit, collection=collection),
        )
        return await self._ask(question, credential, partial(read_rows, WireConnection), wait_for_budget_s)

    async def source_connection(
        self, credential: Credential, connection_id: str, *, wait_for_budget_s: float = 0.0
    ) -> WireConnectionDetail:
        """One source connection with its schedule and last job."""
        found = path_id(connection_id, "source connection")
        question = Question(what=f"source connection {short_id(found)}", path=f"/source-connections/{found}")
        return await self._ask(question, credential, partial(read_one, WireConnectionDetail), wait_for_budget_s)

    async def connection_jobs(
        self, credential: Credential, connection_id: str, *, limit: int = 100, wait_for_budget_s: float = 0.0
    ) -> Rows[WireJob]:
        """The newest jobs of one connection; servers allow a `limit` of 1 to 1000, old ones ignore it and do not sort.

        A connection without a sync gives `no_sync` on some servers and an empty list on others.
        """
        found = path_id(connection_id, "source connection")
        question = Question(
            what=f"the jobs of source connection {short_id(found)}",
            path=f"/source-connections/{found}/jobs",
            params=_params(limit=limit),
        )
        return await self._ask(question, credential, partial(read_rows, WireJob), wait_for_budget_s)

    async def organization_jobs(
        self,
        credential: Credential,
        *,
        path: OrganizationJobsPath,
        skip: int = 0,
        limit: int = 100,
        statuses: Sequence[str] = (),
        wait_for_budget_s: float = 0.0,
    ) -> Rows[WireJob]:
        """Jobs of the whole organization, newest first; documented for a `limit` of 1 to 100."""
        question = Question(
            what="the jobs of the organization",
            path=path.value,
            params=(*_params(skip=skip or None, limit=limit), *(("status", status) for status in statuses)),
            organization_wide=True,
        )
        return await self._ask(question, credential, partial(read_rows, WireJob), wait_for_budget_s)

    async def collections(
        self, credential: Credential, limit: int = 100, *, wait_for_budget_s: float = 0.0
    ) -> Rows[WireCollection]:
        """Collections of the organization."""
        question = Question(what="the list of collections", path="/collections", params=_params(limit=limit))
        return await self._ask(question, credential, partial(read_rows, WireCollection), wait_for_budget_s)

    async def health(self) -> None:
        """Return if something that looks like Airweave answers there. Needs no key and draws on no budget."""
        await self._ask(Question(what="its health", path="/health"), None, _read_health, 0.0)

    async def run_sync(
        self,
        credential: Credential,
        connection_id: str,
        *,
        force_full_sync: bool = False,
        wait_for_budget_s: float = 0.0,
    ) -> WireJob:
        """Start a sync; the new job is returned. An error may have `outcome_unknown`."""
        found = path_id(connection_id, "source connection")
        question = Question(
            what=f"a new sync of source connection {short_id(found)}",
            path=f"/source-connections/{found}/run",
            params=_params(force_full_sync="true" if force_full_sync else None),
            write=True,
        )
        return await self._ask(question, credential, partial(read_one, WireJob), wait_for_budget_s)

    async def cancel_job(
        self, credential: Credential, connection_id: str, job_id: str, *, wait_for_budget_s: float = 0.0
    ) -> WireJob:
        """Ask to cancel a job. An error may have `outcome_unknown`.

        Some servers cancel any job of the organization whatever the connection, so check first that it belongs to it.
        """
        found, job = path_id(connection_id, "source connection"), path_id(job_id, "sync job")
        question = Question(
            what=f"the cancellation of job {short_id(job)} of source connection {short_id(found)}",
            path=f"/source-connections/{found}/jobs/{job}/cancel",
            write=True,
        )
        return await self._ask(question, credential, partial(read_one, WireJob), wait_for_budget_s)

    async def budget_state(self, credential: Credential) -> BudgetState:
        """What the rate limit leaves for this caller."""
        return await self._budget.state(self.fingerprint(credential))

    def fingerprint(self, credential: Credential) -> str:
        """The name under which budget and memory know this caller."""
        return credential.fingerprint(self.endpoint.base_url, pepper=self._pepper)

    # How it is asked

    async def _ask(
        self, question: Question, credential: Credential | None, read: Callable[[bytes], T], wait_for_budget_s: float
    ) -> T:
        context = Context(
            question=question,
            host=self.endpoint.host,
            token=credential is not None and credential.kind is CredentialKind.JWT,
            organization_set=credential is not None and credential.organization_id is not None,
            plain=self.endpoint.scheme == "http",
            proxy=self._proxy,
        )
        attempt = partial(self._watched, context, credential, read, wait_for_budget_s)
        limit_s = self._call_timeout_s + wait_for_budget_s
        try:
            with anyio.fail_after(limit_s):
                return await (attempt() if question.write else self._repeat(attempt))
        except TimeoutError:
            pass
        raise took_too_long(context, limit_s)

    async def _repeat(self, attempt: Callable[[], Awaitable[T]]) -> T:
        async def once() -> T:  # tenacity wants a coroutine function
            return await attempt()

        return await self._retry.retrying()(once)

    async def _watched(
        self, context: Context, credential: Credential | None, read: Callable[[bytes], T], wait_for_budget_s: float
    ) -> T:
        started, outcome = anyio.current_time(), "cancelled"
        try:
            found = await self._attempt(context, credential, read, wait_for_budget_s)
            outcome = "ok"
        except AirweaveError as error:
            outcome = error.code.value
            raise
        finally:
            self._watch(outcome, anyio.current_time() - started)
        return found

    async def _attempt(
        self, context: Context, credential: Credential | None, read: Callable[[bytes], T], wait_for_budget_s: float
    ) -> T:
        key = self.fingerprint(credential) if credential else None
        if key:
            await self._draw(key, context, wait_for_budget_s)
        try:
            answer = await self._send(context, credential)
        except AirweaveError:
            if key:
                await self._learn_nothing(key)
            raise
        wait_s = retry_after_s(answer.headers, self._now())
        if key:
            await self._learn(key, answer, wait_s)
        if answer.ok:
            return _usable(answer, context, read)
        words = credential.mask(answer.body) if credential else answer.body
        location = answer.headers.get("location")
        raise error_of_answer(answer.status, words, context, retry_after_s=wait_s, location=location)

    async def _send(self, context: Context, credential: Credential | None) -> Answer:
        if not self._open:
            raise RuntimeError("AirweaveClient is not open: use it in `async with`")
        self._http = http = self._http or self._open_http()
        question = context.question
        request = http.build_request(
            "POST" if question.write else "GET",
            self.endpoint.url(question.path, question.params),
            headers=credential.headers(question.organization_wide) if credential else None,
        )
        return await exchange(http, request, context)

    async def _draw(self, key: str, context: Context, patience_s: float) -> None:
        """Draw one request on the budget, waiting for it at most `patience_s` seconds."""
        while wait_s := await self._budget.take(key):
            if wait_s > patience_s or wait_s >= time_left():
                raise _budget_exhausted(context, wait_s)
            patience_s -= wait_s
            await self._retry.sleep(wait_s)

    async def _learn(self, key: str, answer: Answer, wait_s: float | None) -> None:
        """Tell the budget. Only a success without rate headers means that there is no limit; errors often lack them."""
        rate = RateHeaders.read(answer.headers)
        if answer.status == httpx.codes.TOO_MANY_REQUESTS:
            await self._budget.observe(key, rate, blocked_for_s=wait_s or 0.0)
        elif rate.present or answer.ok:
            await self._budget.observe(key, rate, blocked_for_s=None)
        else:
            await self._learn_nothing(key)

    async def _learn_nothing(self, key: str) -> None:
        """A request that ended without telling the limit makes room for the next one.

        Else a wrong address or a refused key would soon look like a budget that is used up.
        """
        if not (await self._budget.state(key)).known:
            await self._budget.observe(key, RateHeaders(), blocked_for_s=0.0)


def _client_headers(version: str) -> dict[str, str]:
    return {
        "User-Agent": f"{_CLIENT_NAME}/{version}",
        "Accept": "application/json",
        "X-Client-Name": _CLIENT_NAME,
        "X-Client-Version": version,
    }


def _params(**values: str | int | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in values.items() if value is not None)


def _usable(answer: Answer, context: Context, read: Callable[[bytes], T]) -> T:
    try:
        return read(answer.body)
    except UnusableAnswerError as problem:
        code, reason = problem.code, problem.reason
    unknown = context.question.write
    raise AirweaveError(
        code=code,
        message=f"The answer of {context.host} {reason} {context.asked}.",
        hint="A proxy may have changed or shortened it; or AIRWEAVE_BASE_URL is not the address of Airweave's API.",
        retryable=code in {ErrorCode.CUT_OFF, ErrorCode.EMPTY_BODY} and not unknown,
        status=answer.status,
        outcome_unknown=unknown,
    )


def _read_health(body: bytes) -> None:
    decoded = decode(body)
    if not (isinstance(decoded, dict) and "status" in decoded):
        raise UnusableAnswerError(ErrorCode.UNEXPECTED_ANSWER, f"is {kind_of(decoded)} that tells no status")


def _budget_exhausted(context: Context, wait_s: float) -> AirweaveError:
    return AirweaveError(
        code=ErrorCode.BUDGET_EXHAUSTED,
        message=f"{context.host} was not asked for {context.question.what}: "
        "the rate limit of the organization leaves no request for it now.",
        hint="Wait, or ask for less at once. A share of the limit is kept free for your other uses of Airweave.",
        retryable=True,
        retry_after_s=wait_s,
    )
