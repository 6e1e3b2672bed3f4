"""Fixtures every test may use."""

import pytest

from tests.support.examples import register_profiles

register_profiles()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
