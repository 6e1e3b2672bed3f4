"""Where a command reads and writes, and what its exit code means."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TextIO

from rich.console import Console, RenderableType

OK: Final = 0
SOMETHING_FAILED: Final = 1
BAD_USE: Final = 2
UNREACHABLE: Final = 3
INCOMPLETE: Final = 4
BUG: Final = 70
"""Like 74 a number of sysexits.h, and far from those that tell of an answer."""
NOT_WRITTEN: Final = 74

_UNFOLDED: Final = 10_000
"""Characters to a line where nobody looks: in a pipe or a file every row is one whole line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Where a command reads and writes. `environ` tells about colours and width (NO_COLOR, TERM, COLUMNS)."""

    out: TextIO
    err: TextIO
    inp: TextIO = field(default_factory=lambda: sys.stdin)
    environ: Mapping[str, str] = field(default_factory=dict)

    def console(self, file: TextIO | None = None) -> Console:
        """A console on `out`, or on `file`, that takes no text for markup."""
        console = Console(
            file=file or self.out, highlight=False, markup=False, emoji=False, _environ=dict(self.environ)
        )
        if not console.is_terminal and "COLUMNS" not in self.environ:
            console.width = _UNFOLDED
        return console

    def show(self, picture: RenderableType) -> None:
        """Print without the blanks that pad lines."""
        console = self.console()
        with console.capture() as captured:
            console.print(picture, crop=False)  # a cursor is longer than a line, and has to be copied whole
        print("\n".join(line.rstrip() for line in captured.get().splitlines()), file=self.out)
