"""One request and its answer over HTTP, and nothing clever: no retries, no budget, no parsing."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpx

from airweave_sync_mcp.airweave.asking import Context
from airweave_sync_mcp.airweave.endpoint import Endpoint
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.airweave.faults import error_of_fault, setup_error

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
_MAX_ERROR_BYTES: Final = 64 * 1024
_MAX_RETRY_AFTER_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever the status. Of a refusal only the first 64 KiB are kept."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def open_http(
    *,
    connect_timeout_s: float,
    read_timeout_s: float,
    headers: Mapping[str, str],
    transport: httpx.AsyncBaseTransport | None,
    max_connections: int = 100,
    tls: bool = True,
) -> httpx.AsyncClient:
    """A pooled client that honours proxy variables and SSL_CERT_FILE, follows no redirect and keeps no cookie.

    It is shared by all callers, so that a cookie kept from one could reach another. Without `tls` no certificates are
    read, which takes long: then nothing but plain http can be asked.

    Raises:
        AirweaveError: `tls` or `proxy_error`, if the environment names unusable certificates or proxies.
    """
    problem: Exception
    try:
        return httpx.AsyncClient(
            headers=dict(headers),
            timeout=httpx.Timeout(read_timeout_s, connect=connect_timeout_s, pool=None),
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # httpx.Cookies would drop the policy
            follow_redirects=False,
            transport=transport,
            verify=True if tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # the latter trusts nobody
        )
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        problem = error
    raise setup_error(problem)


def proxy_of(endpoint: Endpoint) -> str | None:
    """Host and port of the proxy that the environment names for an address; nothing of what logs in there."""
    found = getproxies()
    text = found.get(endpoint.scheme) or found.get("all")
    if not text or proxy_bypass(endpoint.host):
        return None
    return text.rpartition("://")[2].rpartition("@")[2].partition("/")[0] or None


async def exchange(http: httpx.AsyncClient, request: httpx.Request, context: Context) -> Answer:
    """Send one request and read the whole answer.

    Raises:
        AirweaveError: if no whole answer came. It is not chained to the cause, whose text is not under our control.
    """
    in_body = False
    try:
        response = await http.send(request, stream=True)
        in_body = True
        try:
            body = await _read(response)
        finally:
            await response.aclose()
    except httpx.RequestError as fault:
        error = error_of_fault(fault, context, in_body=in_body)
    else:
        if body is not None:
            return Answer(status=response.status_code, headers=response.headers, body=body)
        error = _too_large(context)
    raise error


def utc_now() -> datetime:
    return datetime.now(UTC)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait as `Retry-After` tells, in either of its forms; None where it is absent or makes no sense."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _seconds_until(text, now)
    return min(seconds, _MAX_RETRY_AFTER_S) if seconds >= 0 else None


def _seconds_until(date: str, now: datetime) -> float:
    try:
        when = parsedate_to_datetime(date)
    except ValueError:
        return -1.0
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds())


async def _read(response: httpx.Response) -> bytes | None:
    """The body; of a success None if it is too large, of a refusal just its beginning."""
    limit = MAX_BODY_BYTES if response.is_success else _MAX_ERROR_BYTES
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            return None if response.is_success else b"".join(chunks)[:limit]
    return b"".join(chunks)


def _too_large(context: Context) -> AirweaveError:
    return AirweaveError(
        code=ErrorCode.TOO_LARGE,
        message=f"The answer of {context.host} is larger than {MAX_BODY_BYTES // 2**20} MiB {context.asked}.",
        hint="Ask for less at once, with a smaller limit or a narrower filter.",
        status=200,
        outcome_unknown=context.question.write,
    )
