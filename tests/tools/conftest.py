"""One server and one client of each era for all tests: they only read."""

from collections.abc import AsyncIterator

import pytest
from mcp import Client

from tests.support.still import known_world
from tests.support.world import World
from tests.tools.kit import ERAS


@pytest.fixture(scope="session")
def demo() -> World:
    return known_world()


@pytest.fixture(scope="session", params=ERAS)
async def client(demo: World, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    async with demo.client(request.param) as client:
        yield client
