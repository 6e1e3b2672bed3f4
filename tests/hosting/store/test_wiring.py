"""A core with a store: replicas know a caller by the same name, and different callers by different ones."""

import pytest

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.core import Core
from tests.support.redis import RedisServer

from .kit import KEY, OTHER_KEY, Replicas

pytestmark = pytest.mark.anyio

CREDENTIAL = Credential.parse("key-of-alice-0123456789")
ORGANIZATION = "28a31c70-7ffa-4a22-bd4e-3ab5b2c84170"


def core(base_url: str = "http://airweave.test") -> Core:
    return Core(base_url=base_url)


async def test_a_caller_has_one_name_on_all_replicas(redis: RedisServer) -> None:
    replicas = Replicas(redis.url)
    async with replicas.one() as one, replicas.one() as other, replicas.one(key=f"{OTHER_KEY},{KEY}") as newer:
        names = {store.behind(core()).client().fingerprint(CREDENTIAL) for store in (one, other, newer)}
        assert len(names) == 1
        assert names != {core().client().fingerprint(CREDENTIAL)}
        others = {
            one.behind(core()).client().fingerprint(Credential.parse("key-of-mallory-9876543210")),
            one.behind(core()).client().fingerprint(Credential.parse(CREDENTIAL.secret, ORGANIZATION)),
            one.behind(core("http://another.test")).client().fingerprint(CREDENTIAL),
        }
        assert len(others | names) == 4
        async with replicas.one(key=OTHER_KEY) as stranger:
            assert stranger.behind(core()).client().fingerprint(CREDENTIAL) not in names


async def test_the_core_uses_what_the_store_has(redis: RedisServer) -> None:
    async with Replicas(redis.url).one() as store:
        behind = store.behind(core())
        assert behind.memory is store.memory
        assert behind.budget is store.budget
        assert behind.claims is store.claims
        async with behind.open() as snapshot:
            assert snapshot.readings.locks is store.locks
            assert snapshot.readings.memory is store.memory
