"""Where Airweave is: a base URL in its one normal form."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlencode, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A base URL without trailing slash and without `/v1`, e.g. `https://api.airweave.ai`.

    Raises:
        ValueError: one sentence saying what is wrong; it repeats nothing of the URL, which may hold a password.
    """

    base_url: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", _normal(self.base_url))

    @property
    def scheme(self) -> str:
        return urlsplit(self.base_url).scheme

    @property
    def host(self) -> str:
        """Host and, if unusual, port; for messages."""
        return urlsplit(self.base_url).netloc

    @property
    def insecure(self) -> bool:
        """True for plain http to another machine: the key travels readable."""
        return self.scheme == "http" and not _is_loopback(urlsplit(self.base_url).hostname or "")

    def url(self, path: str, params: Sequence[tuple[str, str]] = ()) -> str:
        """The whole URL of a path that starts with a slash."""
        return f"{self.base_url}{path}?{urlencode(params)}" if params else self.base_url + path


def _normal(raw: str) -> str:
    text = raw.strip()
    if not text:
        raise ValueError("The base URL is empty; it looks like https://api.airweave.ai.")
    if not text.isprintable() or " " in text or "\\" in text:
        raise ValueError("The base URL holds a blank, a backslash or a control character.")
    parts, port = _split(text)
    if parts.scheme not in _DEFAULT_PORTS or not text[len(parts.scheme) :].startswith("://"):
        raise ValueError("The base URL has to start with https:// or http://, as in https://api.airweave.ai.")
    if "@" in parts.netloc:
        raise ValueError("The base URL must not hold a user name or a password.")
    if "?" in text or "#" in text:
        raise ValueError("The base URL must not hold a query or a fragment (? or #).")
    if not parts.hostname:
        raise ValueError("The base URL names no host; it looks like https://api.airweave.ai.")
    return f"{parts.scheme}://{_netloc(parts, port)}{_prefix(parts.path)}"


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("The base URL has a malformed host or port.") from None
    return parts, port


def _netloc(parts: SplitResult, port: int | None) -> str:
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        host = _ascii_host(host)
    return host if port in {None, _DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"


def _ascii_host(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("The base URL has a malformed host or port.") from None


def _prefix(path: str) -> str:
    """A path prefix of a reverse proxy stays; a version that was copied from the documentation goes."""
    return path.rstrip("/").removesuffix("/v1").rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
