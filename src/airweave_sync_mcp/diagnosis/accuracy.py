"""How often the classifier is right: a table per cause over labelled texts.

`python -m airweave_sync_mcp.diagnosis.accuracy FILE... [--markdown FILE] [--notes FILE]` reads JSON lines with
`message`, `category`, `transient` and what `explain_record` takes.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from airweave_sync_mcp.diagnosis.causes import CauseName
from airweave_sync_mcp.diagnosis.explain import explain_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One labelled text and what the classifier made of it."""

    message: str
    expected: str
    answered: str
    transient_right: bool

    @property
    def right(self) -> bool:
        """Whether the cause is right."""
        return self.expected == self.answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The outcomes of one cause. `wrong_as` counts what the others were taken for, most frequent first."""

    cause: str
    total: int
    right: int
    transient_right: int
    wrong_as: tuple[tuple[str, int], ...]


def read_records(path: Path) -> Iterator[Mapping[str, object]]:
    """The labelled records of a file of JSON lines. Raises OSError or ValueError where it cannot be read."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def judge(records: Iterable[Mapping[str, object]]) -> list[Outcome]:
    """Classify labelled records. Raises KeyError where a label is missing."""
    outcomes = []
    for record in records:
        answer = explain_record(record)
        outcomes.append(
            Outcome(
                message=str(record["message"]),
                expected=str(record["category"]),
                answered=str(answer["cause"]),
                transient_right=answer["transient"] == record["transient"],
            )
        )
    return outcomes


def scores(outcomes: Iterable[Outcome]) -> list[Score]:
    """A score for each cause that occurs, in the order of the causes, and one for all."""
    outcomes = list(outcomes)
    names = [name.value for name in CauseName if any(outcome.expected == name for outcome in outcomes)]
    per_cause = [_score(name, [outcome for outcome in outcomes if outcome.expected == name]) for name in names]
    return [*per_cause, _score("all", outcomes)]


def _score(cause: str, outcomes: Sequence[Outcome]) -> Score:
    wrong = Counter(outcome.answered for outcome in outcomes if not outcome.right)
    return Score(
        cause=cause,
        total=len(outcomes),
        right=sum(outcome.right for outcome in outcomes),
        transient_right=sum(outcome.transient_right for outcome in outcomes),
        wrong_as=tuple(wrong.most_common()),
    )


def markdown_table(of: Iterable[Score]) -> str:
    """The scores as a Markdown table; readable as plain text too."""
    rows = [
        "| cause | texts | cause right | transient right | taken for |",
        "|---|---:|---:|---:|---|",
    ]
    for score in of:
        taken_for = ", ".join(f"{name} ({count})" for name, count in score.wrong_as)
        rows.append(
            f"| {score.cause} | {score.total} | {score.right} ({_percent(score.right, score.total)}) "
            f"| {score.transient_right} ({_percent(score.transient_right, score.total)}) | {taken_for} |"
        )
    return "\n".join(rows) + "\n"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"


def report(paths: Iterable[Path]) -> str:
    """A Markdown section with a table for each file."""
    return "\n".join(f"## {path.name}\n\n{markdown_table(scores(judge(read_records(path))))}" for path in paths)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; with `--markdown` write it into a file. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="airweave_sync_mcp.diagnosis.accuracy", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a Markdown page")
    parser.add_argument("--notes", type=Path, metavar="FILE", help="a Markdown file to put before the tables")
    options = parser.parse_args(arguments)
    text = report(options.files)
    if options.markdown is None:
        sys.stdout.write(text)
        return 0
    notes = options.notes.read_text(encoding="utf-8") if options.notes else ""
    page = f"# Accuracy of the diagnosis\n\nMade by `python -m {parser.prog}`; do not edit.\n\n{notes}\n{text}"
    options.markdown.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
