"""A Redis for all tests of a run, and one to break."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.redis import RedisServer

from .kit import Replicas


@pytest.fixture(scope="session")
def running_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """For tests that leave it running and use names of their own."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis(running_redis: RedisServer) -> RedisServer:
    """An empty one."""
    running_redis.clear()
    return running_redis


@pytest.fixture
def replicas(redis: RedisServer) -> Replicas:
    """Replicas before it."""
    return Replicas(redis.url)


@pytest.fixture
def breakable(tmp_path: Path) -> Iterator[RedisServer]:
    """One that may be killed, frozen and started again."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()
