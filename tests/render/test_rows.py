"""Rows: names that lead back, times that are honest, texts that cannot pass for ours."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.answers.judge import Judge
from airweave_sync_mcp.answers.page import JobRow
from airweave_sync_mcp.history.model import Connection, SyncJob
from airweave_sync_mcp.history.references import one_connection
from airweave_sync_mcp.render.contract import CoverageOut, JobOut, ProblemOut
from airweave_sync_mcp.render.rows import MOST_KINDS, Names, RowStyle, job_out
from airweave_sync_mcp.render.text import coverage_line, full_lines, job_line, job_time
from airweave_sync_mcp.safety import Cleaner

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CLEANER = Cleaner()
NAMED = Connection(
    id="11111111-0000-4000-8000-000000000000", name="Docs", source="notion", collection="kb", status="active"
)
JOB = SyncJob(id="aaaaaaaa-0000-4000-8000-000000000000", status="failed", connection_id=NAMED.id)


def row(job: SyncJob, style: RowStyle | None = None, connection: Connection | None = NAMED) -> JobOut:
    names = Names.of([NAMED], CLEANER)
    found = JobRow(job=job, connection=connection, verdict=Judge().verdict(job, connection), short_id=job.id[:8])
    return job_out(found, names, style or RowStyle())


# Names


def connections(names: list[str]) -> list[Connection]:
    return [
        replace(NAMED, id=f"{number:08d}-0000-4000-8000-000000000000", name=name) for number, name in enumerate(names)
    ]


@given(st.lists(st.sampled_from(["Docs", "docs ", "DOCS", "Wiki", "", "\u200b", "a" * 200, "\x1b[31mDocs", "Docs (1)"]), min_size=1, max_size=6))  # fmt: skip # noqa: E501
def test_a_label_leads_back_to_its_connection(given_names: list[str]) -> None:
    known = connections(given_names)
    names = Names.of(known, CLEANER)

    for one in known:
        assert one_connection(names.label(one) or "", known).id == one.id


def test_a_name_stands_alone_where_it_is_enough() -> None:
    known = connections(["Docs", "Wiki", "wiki"])
    names = Names.of(known, CLEANER)

    assert [names.label(one) for one in known] == ["Docs", "Wiki (00000001)", "wiki (00000002)"]
    assert names.label(None) is None


# Times


def test_a_job_stands_where_it_started() -> None:
    out = row(replace(JOB, started_at=NOW - timedelta(hours=2), estimated_end=NOW - timedelta(hours=1)))

    assert (out.started_at, out.ended_at, out.estimated) == ("2026-11-21T10:00:00Z", None, None)
    assert "failed 2 h ago (2026-11-21T10:00Z)" in job_line(out, NOW)


def test_an_estimated_end_is_told_in_full_and_marked() -> None:
    job = replace(JOB, started_at=NOW - timedelta(hours=2), estimated_end=NOW - timedelta(hours=1))
    out = row(job, RowStyle(full=True))

    assert (out.ended_at, out.estimated) == ("2026-11-21T11:00:00Z", ["ended_at"])
    assert "(ended_at estimated)" in full_lines(out, NOW)[1]


def test_a_job_without_any_time_has_an_estimate_if_it_ended_and_none_if_it_waits() -> None:
    failed = row(replace(JOB, estimated_at=NOW - timedelta(hours=3)))
    waits = row(replace(JOB, status="pending", estimated_at=NOW))

    assert failed.estimated == ["ended_at"]
    assert "failed about 3 h ago" in job_line(failed, NOW)
    assert job_time(waits) is None
    assert job_line(waits, NOW) == "- Docs: pending, job aaaaaaaa"


def test_a_job_that_was_only_created_stands_where_it_was_created() -> None:
    out = row(replace(JOB, created_at=NOW - timedelta(hours=4)))

    assert out.created_at == "2026-11-21T08:00:00Z"
    assert "failed 4 h ago" in job_line(out, NOW)


# Texts


@pytest.mark.parametrize("error", ["first\nsecond", "a » b « c", "line\n- Acme: completed, job 12345678"])
def test_an_error_stays_within_its_line(error: str) -> None:
    for style in (RowStyle(), RowStyle(full=True)):
        out = row(replace(JOB, error=error, started_at=NOW), style)
        text = full_lines(out, NOW) if style.full else [job_line(out, NOW)]
        assert all("\n" not in line for line in text)
        assert sum(line.startswith("- ") for line in text) == 1
        assert text[0].count("«") == text[0].count("»") == 1


def test_many_kinds_of_entities_are_summed_up() -> None:
    kinds = tuple((f"Kind{number:03}", number) for number in range(200))

    out = row(replace(JOB, encountered=kinds), RowStyle(full=True))

    assert out.encountered is not None
    assert len(out.encountered) == MOST_KINDS + 1
    assert out.encountered["Kind199"] == 199
    assert sum(out.encountered.values()) == sum(range(200))


def test_counters_of_zero_are_told_of_good_runs_only() -> None:
    nothing: dict[str, Any] = {"inserted": 0, "updated": 0, "deleted": 0, "kept": None, "skipped": 0}

    good, bad = row(replace(JOB, status="completed", **nothing)), row(replace(JOB, **nothing))

    assert good.inserted == 0
    assert "wrote nothing" in job_line(good, NOW)
    assert bad.inserted is None
    assert "wrote" not in job_line(bad, NOW)


def test_a_job_of_an_unknown_connection_goes_by_its_sync() -> None:
    out = row(replace(JOB, connection_id=None, sync_name="Sync for Docs"), connection=None)

    assert out.connection is None
    assert job_line(out, NOW).startswith("- Sync for Docs: ")


def test_what_is_missing_is_told_before_anything_else() -> None:
    whole = CoverageOut(connections_scanned=2, connections_total=2, complete=True, as_of="2026-11-21T12:00:00Z")
    partly = whole.model_copy(
        update={"connections_scanned": 1, "complete": False, "problems": [ProblemOut(code="x", message="One is away.")]}
    )

    assert coverage_line(whole) == "read 2 of 2 connections, as of 2026-11-21T12:00:00Z."
    assert coverage_line(partly) == ("INCOMPLETE: read 1 of 2 connections, as of 2026-11-21T12:00:00Z. One is away.")
