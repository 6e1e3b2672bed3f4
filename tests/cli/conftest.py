"""The command line configures logging for a process; here it must not outlive a test."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.kit import Shell
from tests.support.still import known_world
from tests.support.world import World


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    loggers = (logging.getLogger(), logging.getLogger("airweave_sync_mcp.audit"))
    before = [(logger, list(logger.handlers), logger.level) for logger in loggers]
    yield
    for logger, handlers, level in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)


@pytest.fixture(scope="session")
def read_once() -> World:
    """The demo before one program for all: what it has read, it knows."""
    return known_world()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell whose commands ask the embedded demo, under a clock that stands still."""
    return Shell(home=tmp_path, world=known_world())
