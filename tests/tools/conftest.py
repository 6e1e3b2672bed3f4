"""One server and one client of each era for the tests of a module: they only read."""

from collections.abc import AsyncIterator

import pytest
from mcp import Client

from tests.support.world import World, demo_world
from tests.tools.kit import ERAS


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def demo() -> World:
    return demo_world()


@pytest.fixture(scope="module", params=ERAS)
async def client(demo: World, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    async with demo.client(request.param) as client:
        yield client
