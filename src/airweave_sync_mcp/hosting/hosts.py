"""Which names of the server and which web pages are answered: protection against DNS rebinding and foreign pages.

A page whose name suddenly resolves to this server would talk to it in the name of whoever opened the page. So only
names that the operator knows are answered; this machine's own always are.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from airweave_sync_mcp.hosting.options import ALLOWED_HOSTS, ALLOWED_ORIGINS
from airweave_sync_mcp.hosting.refusals import Refusal, refuse

LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]")
ANY: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The names and origins that are let in. A name without a port stands for all its ports; `*.x` for all below x."""

    hosts: tuple[str, ...] = LOCAL_HOSTS
    origins: tuple[str, ...] = ()

    def refusal(self, headers: Headers) -> Refusal | None:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not host_allowed(hosts[0], self.hosts):
            return _WRONG_HOST
        if any(not self._origin_allowed(origin) for origin in origins):
            return _WRONG_ORIGIN
        return None

    def _origin_allowed(self, origin: str) -> bool:
        found = origin.strip().lower()
        if ANY in self.origins or found in self.origins:
            return True
        try:
            parts = urlsplit(found)
        except ValueError:
            return False
        return parts.scheme in {"http", "https"} and host_allowed(parts.netloc, LOCAL_HOSTS)


def host_allowed(host: str, allowed: Collection[str]) -> bool:
    """Whether a `Host` header names one of the allowed hosts."""
    found = host.strip().lower()
    name, port = _split(found)
    if not name or (port and not port.isdigit()):
        return False
    return any(one == ANY or _fits(name, port, *_split(one)) for one in allowed)


class HostMiddleware:
    """Turns away requests under names, or from web pages, that nobody allowed."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._gate.refusal(Headers(scope=scope))
        if refusal is not None:
            await refuse(refusal, scope, receive, send)
            return
        await self._app(scope, receive, send)


def _fits(name: str, port: str, wanted: str, wanted_port: str) -> bool:
    same = name.endswith(wanted[1:]) if wanted.startswith("*.") else name == wanted
    return same and wanted_port in {"", port}


def _split(host: str) -> tuple[str, str]:
    """Name and port of a host; an IPv6 address keeps its brackets."""
    if host.startswith("["):
        name, bracket, rest = host.partition("]")
        return (name + bracket, rest.removeprefix(":")) if bracket and rest[:1] in {"", ":"} else ("", "")
    name, _, port = host.partition(":")
    return name.rstrip("."), port


_WRONG_HOST: Final = Refusal(
    status=421,
    reason="host",
    message="This server does not answer under the name in the Host header.",
    hint=f"If it is right, the operator has to allow it: {ALLOWED_HOSTS.flag} NAME or {ALLOWED_HOSTS.variable}; "
    "a proxy has to pass on the Host header it got.",
)
_WRONG_ORIGIN: Final = Refusal(
    status=403,
    reason="origin",
    message="This server does not take calls from the web page in the Origin header.",
    hint=f"If it is right, the operator has to allow it: {ALLOWED_ORIGINS.flag} ORIGIN or {ALLOWED_ORIGINS.variable}.",
)
