"""What it means when no answer came at all: exceptions of httpx as `AirweaveError`."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import httpx

from airweave_sync_mcp.airweave.asking import Context
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    """What happened on the way. `says` may use {host}, {proxy} and {asked}."""

    code: ErrorCode
    says: str
    hint: str
    retryable: bool = True
    sent: bool = True
    """The request may have reached the server, so that a write may have been carried out."""


_MEND_PROXY: Final = (
    "Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, and that the proxy runs; NO_PROXY exempts hosts from it."
)

_DNS: Final = _Fault(
    code=ErrorCode.DNS,
    says="The host name {host} could not be resolved {asked}.",
    hint="Check AIRWEAVE_BASE_URL for a typing error, and the network connection.",
    sent=False,
)
_REFUSED: Final = _Fault(
    code=ErrorCode.REFUSED,
    says="{host} refused the connection {asked}.",
    hint="Nothing listens there, or a firewall forbids it. Check that Airweave runs, and the port in "
    "AIRWEAVE_BASE_URL.",
    sent=False,
)
_CERTIFICATE: Final = _Fault(
    code=ErrorCode.TLS,
    says="The TLS certificate of {host} cannot be trusted {asked}.",
    hint="If the server or a proxy uses a certificate of your own authority, name its file in SSL_CERT_FILE.",
    retryable=False,
    sent=False,
)
_TLS: Final = _Fault(
    code=ErrorCode.TLS,
    says="No secure connection to {host} could be set up {asked}.",
    hint="Perhaps the server speaks plain http on this port: then AIRWEAVE_BASE_URL has to start with http://.",
    retryable=False,
    sent=False,
)
_CONNECT_TIMEOUT: Final = _Fault(
    code=ErrorCode.CONNECT_TIMEOUT,
    says="{host} could not be reached in time {asked}.",
    hint="The host is down, or a firewall swallows the packets. Check AIRWEAVE_BASE_URL and the network.",
    sent=False,
)
_TIMEOUT: Final = _Fault(
    code=ErrorCode.TIMEOUT,
    says="{host} took too long to answer {asked}.",
    hint="Airweave is slow or overloaded.",
)
_PROXY: Final = _Fault(
    code=ErrorCode.PROXY_ERROR,
    says="The proxy on the way to {host} did not let us through {asked}.",
    hint="Check HTTPS_PROXY, with user name and password if it needs them, or exempt the host with NO_PROXY.",
    retryable=False,
    sent=False,
)
_RESET: Final = _Fault(
    code=ErrorCode.RESET,
    says="The connection to {host} broke off before an answer came {asked}.",
    hint="The server or something in between closed it; it may be restarting.",
)
_CUT_OFF: Final = _Fault(
    code=ErrorCode.CUT_OFF,
    says="The answer of {host} ended in the middle {asked}.",
    hint="The connection broke off, or a proxy cuts long answers short.",
)
_NOT_HTTP: Final = _Fault(
    code=ErrorCode.UNEXPECTED_ANSWER,
    says="What {host} sent is not proper HTTP {asked}.",
    hint="Check the address and the port in AIRWEAVE_BASE_URL; a server that wants https:// looks like this, too.",
    retryable=False,
)
_RESET_PLAIN: Final = replace(
    _RESET, hint=f"{_RESET.hint} Or it wants TLS on this port: then AIRWEAVE_BASE_URL has to start with https://."
)
_NETWORK: Final = _Fault(
    code=ErrorCode.NETWORK,
    says="The connection to {host} failed {asked}.",
    hint="Check the network connection and AIRWEAVE_BASE_URL.",
)


_AT_THE_PROXY: Final = {
    _DNS: replace(_DNS, says="The host name of the proxy, {proxy}, could not be resolved {asked}.", hint=_MEND_PROXY),
    _REFUSED: replace(_REFUSED, says="The proxy, {proxy}, refused the connection {asked}.", hint=_MEND_PROXY),
    _CONNECT_TIMEOUT: replace(
        _CONNECT_TIMEOUT, says="The proxy, {proxy}, could not be reached in time {asked}.", hint=_MEND_PROXY
    ),
}
"""Where there is a proxy, these happen on the way to it."""


_BY_KIND: Final[tuple[tuple[type[httpx.RequestError], _Fault], ...]] = (
    (httpx.ConnectTimeout, _CONNECT_TIMEOUT),
    (httpx.TimeoutException, _TIMEOUT),
    (httpx.ProxyError, _PROXY),
    (httpx.NetworkError, _RESET),
    (httpx.RemoteProtocolError, _NOT_HTTP),
    (httpx.DecodingError, _NOT_HTTP),
)


def error_of_fault(fault: httpx.RequestError, context: Context, *, in_body: bool = False) -> AirweaveError:
    """Explain why no whole answer came. `in_body` says that its head had arrived."""
    found = _classify(fault, in_body=in_body)
    if context.proxy:
        found = _AT_THE_PROXY.get(found, found)
    elif context.plain and found is _RESET:
        found = _RESET_PLAIN
    return _explained(found, context)


def took_too_long(context: Context, limit_s: float) -> AirweaveError:
    """The whole call, with all its attempts, did not end within its time."""
    error = _explained(_TIMEOUT, context)
    error.hint = f"Everything together took over {limit_s:.0f} s. {error.hint}"
    return error


def setup_error(problem: Exception) -> AirweaveError:
    """The http client cannot even be built: a broken certificate file or a proxy setting nobody can use."""
    if isinstance(problem, OSError):  # ssl.SSLError is one, too
        return AirweaveError(
            code=ErrorCode.TLS,
            message="The certificates for secure connections cannot be loaded.",
            hint="SSL_CERT_FILE or SSL_CERT_DIR names a file or folder that does not exist or holds no certificates.",
        )
    return AirweaveError(
        code=ErrorCode.PROXY_ERROR,
        message="The proxy settings cannot be used.",
        hint="HTTP_PROXY, HTTPS_PROXY and ALL_PROXY hold URLs such as http://proxy.example:3128; "
        "SOCKS proxies need the package socksio.",
    )


def _explained(fault: _Fault, context: Context) -> AirweaveError:
    unknown = context.question.write and fault.sent
    return AirweaveError(
        code=fault.code,
        message=fault.says.format(host=context.host, proxy=context.proxy, asked=context.asked),
        hint=fault.hint,
        retryable=fault.retryable and not unknown,
        outcome_unknown=unknown,
    )


def _classify(fault: httpx.RequestError, *, in_body: bool) -> _Fault:
    found = next((meaning for kind, meaning in _BY_KIND if isinstance(fault, kind)), _NETWORK)
    if isinstance(fault, httpx.ConnectError):
        return _classify_connect(fault)
    if isinstance(fault, httpx.NetworkError) and not in_body and _caused_by(fault, ssl.SSLError):
        return _TLS  # e.g. a server that wants a client certificate says so only now
    if isinstance(fault, httpx.RemoteProtocolError) and in_body:
        return _CUT_OFF
    if isinstance(fault, httpx.RemoteProtocolError) and "disconnected" in str(fault):
        return _RESET
    return found


def _classify_connect(fault: httpx.ConnectError) -> _Fault:
    if _caused_by(fault, ssl.SSLCertVerificationError):
        return _CERTIFICATE
    if _caused_by(fault, ssl.SSLError):
        return _TLS
    if _caused_by(fault, socket.gaierror):
        return _DNS
    if _caused_by(fault, ConnectionRefusedError):
        return _REFUSED
    return _Fault(code=_NETWORK.code, says=_NETWORK.says, hint=_NETWORK.hint, sent=False)


def _caused_by(error: BaseException, kind: type[BaseException]) -> bool:
    return any(isinstance(cause, kind) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, what it was raised from, and so on; each of several attempts to connect counts."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _causes(member)
        error = error.__cause__ or error.__context__
