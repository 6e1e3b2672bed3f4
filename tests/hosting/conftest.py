"""A server configures logging for its process; here it must not outlive a test."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """Puts back what a test, or the server it builds, does to the process's log."""
    root = logging.getLogger()
    before = list(root.handlers), root.level
    servers = [logging.getLogger(name) for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")]
    heard = [(one, list(one.handlers), one.propagate) for one in servers]
    yield
    root.handlers[:], _ = before
    root.setLevel(before[1])
    for one, handlers, propagate in heard:
        one.handlers[:], one.propagate = handlers, propagate
