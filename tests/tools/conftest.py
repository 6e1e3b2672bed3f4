"""One server for all tests, which only read: `client` is of today's hosts, `either` of each era."""

from collections.abc import AsyncIterator

import pytest
from mcp import Client

from tests.support.still import known_world
from tests.support.world import World
from tests.tools.kit import ERAS


@pytest.fixture(scope="session")
def demo() -> World:
    return known_world()


@pytest.fixture(scope="session")
async def client(demo: World) -> AsyncIterator[Client]:
    async with demo.client("legacy") as client:
        yield client


@pytest.fixture(scope="session", params=ERAS)
async def either(demo: World, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    async with demo.client(request.param) as client:
        yield client
