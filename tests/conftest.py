"""Fixtures every test may use."""

import gc
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.support.examples import register_profiles

gc.disable()  # until everything is imported
register_profiles()
sys.modules["sniffio"] = None  # type: ignore[assignment]  # httpx looks for it in vain at every request, which takes long


def pytest_collection_finish() -> None:
    """What was imported stays: not looking through it again and again saves a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """One event loop for all, where it can be the one of hosted servers; commands and processes have Python's own."""
    return "asyncio", {"use_uvloop": find_spec("uvloop") is not None}


@pytest.fixture(scope="session", autouse=True)
def schemas_are_checked_in_one_place() -> Iterator[None]:
    """The SDK's client checks a tool's schema in every session, which takes longer than most calls.

    `tests/tools/test_definitions.py` checks them all.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Draft202012Validator, "check_schema", lambda _: None)
        yield
