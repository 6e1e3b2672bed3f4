"""As many rows as fit, and no more."""

import json

from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.render.contract import ConnectionOut, ConnectionsOut, CoverageOut
from airweave_sync_mcp.render.fit import Rendered, fit
from tests.support.examples import CHARACTERS

COVERAGE = CoverageOut(connections_scanned=1, connections_total=1, complete=True, as_of="2026-11-21T12:00:00Z")


def page(names: list[str], text_factor: int = 1) -> Rendered[ConnectionsOut]:
    rows = [ConnectionOut(connection=name) for name in names]
    out = ConnectionsOut(connections=rows, shown=len(rows), total=len(rows), coverage=COVERAGE)
    return Rendered("\n".join(names) * text_factor, out)


@given(st.lists(st.text(CHARACTERS, max_size=80), max_size=40), st.integers(150, 3_000), st.integers(0, 3))
def test_it_takes_the_most_rows_that_fit(names: list[str], limit: int, text_factor: int) -> None:
    def build(shown: int) -> Rendered[ConnectionsOut]:
        return page(names[:shown], text_factor)

    best = fit(len(names), build, limit)

    shown = best.structure.shown
    fitting = [count for count in range(len(names) + 1) if build(count).size <= limit]
    assert shown == max(fitting, default=0) or (shown == 1 and max(fitting, default=0) < 1)


def test_one_row_is_always_shown() -> None:
    assert fit(3, lambda shown: page(["x" * 1_000] * shown), 100).structure.shown == 1


@given(st.lists(st.text(CHARACTERS, max_size=30), max_size=5))
def test_the_size_is_that_of_the_larger_channel(names: list[str]) -> None:
    wordy, terse = page(names, 50), page(names, 0)

    assert wordy.size >= len(wordy.text)
    assert terse.size == len(json.dumps(terse.structure.dump(), ensure_ascii=False, separators=(",", ":")))
