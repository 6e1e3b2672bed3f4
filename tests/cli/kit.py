"""A shell for the command line in this process."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from airweave_sync_mcp.airweave.retrying import RetryPolicy
from airweave_sync_mcp.cli.main import run
from airweave_sync_mcp.cli.terminal import Terminal
from airweave_sync_mcp.core import Core, core_of
from airweave_sync_mcp.settings import Settings
from tests.support.world import Clock, World, app_core

KEY = "key-of-a-person-0123456789"


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass
class Shell:
    """Types commands. Without a world they ask the `app`, or what the settings say."""

    home: Path
    world: World | None = None
    app: Any = None
    environ: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self, *argv: str, columns: int | None = 100, out: io.StringIO | None = None, err: io.StringIO | None = None
    ) -> Ran:
        """Type a command. `columns` is the width of the window, None for a pipe."""
        environ = dict(self.environ) | ({"COLUMNS": str(columns)} if columns else {})
        out, err = out or io.StringIO(), err or io.StringIO()
        words = [*(["--demo"] if self.world else []), *argv]
        terminal = Terminal(out=out, err=err, inp=io.StringIO(), environ=environ)
        code = run(words, environ=environ, home=self.home, terminal=terminal, make_core=self._core)
        return Ran(code, out.getvalue(), err.getvalue())

    def _core(self, settings: Settings) -> Core:
        if self.world is not None:
            return self.world.core
        clock = Clock()
        core = core_of(settings)
        if self.app is None:
            # Attempts follow each other at once; nothing else is different from a person's.
            return replace(core, retry=RetryPolicy(sleep=clock.sleep))
        usable = app_core(self.app, clock)
        return replace(core, app=self.app, clock=clock, monotonic=usable.monotonic, retry=usable.retry)


def with_key(home: Path, app: Any = None, **environ: str) -> Shell:
    """A shell of somebody who has set a key, before an Airweave in this process or, without `app`, a real address."""
    return Shell(home=home, app=app, environ={"AIRWEAVE_API_KEY": KEY, **environ})
