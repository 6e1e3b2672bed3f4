"""What stands before every request: the key, the organization header and the rate limit."""

from collections import deque
from datetime import datetime, timedelta
from math import ceil
from typing import Final
from uuid import UUID

from starlette.requests import Request

from .options import DEMO_EXPIRED_KEY, DemoOptions, Generation
from .params import ApiError, failure, internal_error
from .world import World

_WINDOW: Final = timedelta(seconds=60)
_UNLIMITED: Final = 9999
_MAX_BODY_MB: Final = 10


def check_body(request: Request) -> None:
    """Raises 413 for a body that the platform would not read."""
    size_mb = int(request.headers.get("content-length") or 0) / 2**20
    if size_mb > _MAX_BODY_MB:
        raise failure(
            413,
            f"Request body too large. Maximum size is {_MAX_BODY_MB:.2f}MB, but request is {size_mb:.2f}MB",
        )


def check_key(request: Request, options: DemoOptions, *, bearer: bool = False) -> None:
    """Raises 401 for no key and 403 for a wrong one. `bearer` is how the documented list of jobs takes it."""
    if options.api_key is None:
        return
    if bearer:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        key = key if scheme.lower() == "bearer" else ""
    else:
        key = request.headers.get("x-api-key", "")
    if not key:
        raise failure(401, "No valid authentication provided")
    wrong = 401 if bearer else 403  # the documentation of that list knows 400 and 401 only
    if not key.isascii() and not options.generation.old:
        raise internal_error(
            options.generation, "TypeError: comparing strings with non-ASCII characters is not supported"
        )
    if key == DEMO_EXPIRED_KEY and not options.generation.old:
        raise failure(wrong, "API key has expired")
    if key != options.api_key:
        raise failure(wrong, "Invalid or expired API key")


def check_organization(request: Request, options: DemoOptions, world: World) -> None:
    """Raises for an `X-Organization-ID` that is not the caller's."""
    given = request.headers.get("x-organization-id")
    if given is None:
        return
    try:
        organization_id = str(UUID(given))
    except ValueError as error:
        raise internal_error(options.generation, f"ValueError: {error}") from None
    if organization_id in world.other_organization_ids:
        who = "User" if options.api_key is None else "API key"
        raise failure(403, f"{who} does not have access to organization {organization_id}")
    if organization_id != world.organization_id:
        raise failure(404, f"Organization with ID {organization_id} not found")


class RateLimiter:
    """A sliding window of 60 seconds over the requests of the organization."""

    def __init__(self, options: DemoOptions) -> None:
        self._known = options.generation is not Generation.JUNE_2025
        self._limit = options.rate_limit
        self._admitted: deque[datetime] = deque()

    def admit(self, now: datetime) -> dict[str, str]:
        """Counts a request and gives the headers of its answer. Raises 429, which itself is not counted."""
        if not self._known:
            return {}
        if self._limit is None:
            return _headers(_UNLIMITED, _UNLIMITED, now)
        while self._admitted and self._admitted[0] <= now - _WINDOW:
            self._admitted.popleft()
        if len(self._admitted) >= self._limit:
            raise self._refusal(self._limit, now)
        self._admitted.append(now)
        return _headers(self._limit, self._limit - len(self._admitted), now)

    def _refusal(self, limit: int, now: datetime) -> ApiError:
        free_at = (self._admitted[0] if self._admitted else now) + _WINDOW
        wait = (free_at - now).total_seconds()
        detail = f"Rate limit exceeded. Please retry after {wait:.2f} seconds. Limit: {limit} requests per second."
        headers = {"retry-after": str(ceil(wait)), **_headers(limit, 0, free_at)}
        return ApiError(429, {"detail": detail}, headers)


def _headers(limit: int, remaining: int, reset: datetime) -> dict[str, str]:
    """On a 200 the reset is simply now; on a 429 it is when the next request will be let through."""
    return {
        "ratelimit-limit": str(limit),
        "ratelimit-remaining": str(remaining),
        "ratelimit-reset": str(int(reset.timestamp())),
    }
