"""Approvals that are good for one call on all replicas together."""

from typing import Final

from redis.asyncio import Redis

from airweave_sync_mcp.answers.acting.claims import LocalClaims
from airweave_sync_mcp.hosting.store.keys import Names
from airweave_sync_mcp.hosting.store.link import Link, StoreAwayError

_KEPT_S: Final = 60 * 60
"""Four times as long as an approval is good for."""


class SharedClaims:
    """Implements `answers.acting.claims.Claims`. With the store away, an approval is good for one call per process."""

    def __init__(self, redis: Redis, link: Link, names: Names) -> None:
        self._redis = redis
        self._link = link
        self._names = names
        self._local = LocalClaims()

    async def claim(self, name: str) -> bool:
        if not await self._local.claim(name):
            return False
        try:
            return bool(
                await self._link.ask(lambda: self._redis.set(self._names.claim(name), b"1", nx=True, ex=_KEPT_S))
            )
        except StoreAwayError:
            return True
