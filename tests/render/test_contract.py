"""What is null or empty is left out; what is a fact stays."""

from airweave_sync_mcp.render.contract import CoverageOut, JobOut, JobsOut, ProblemOut

COVERAGE = CoverageOut(
    connections_scanned=0, connections_total=0, complete=False, as_of="2026-11-21T12:00:00Z", problems=[]
)


def test_null_and_empty_are_left_out_and_false_and_zero_stay() -> None:
    facts = {"status": "", "inserted": 0, "transient": False, "encountered": {}, "estimated": [], "duration_s": 0.0}
    row = JobOut.model_validate({"job": "aaaaaaaa", **facts})

    assert row.dump() == {"job": "aaaaaaaa", "inserted": 0, "transient": False, "duration_s": 0}


def test_it_holds_at_every_depth() -> None:
    out = JobsOut(jobs=[JobOut.model_validate({"job": "aaaaaaaa", "error": ""})], shown=1, total=1, coverage=COVERAGE)

    assert out.dump() == {
        "shown": 1,
        "total": 1,
        "jobs": [{"job": "aaaaaaaa"}],
        "coverage": {
            "connections_scanned": 0,
            "connections_total": 0,
            "complete": False,
            "as_of": "2026-11-21T12:00:00Z",
        },
    }


def test_the_list_that_was_asked_for_is_there_even_if_empty() -> None:
    assert JobsOut(jobs=[], shown=0, total=0, coverage=COVERAGE).dump()["jobs"] == []


def job_that_took(seconds: float) -> object:
    return JobOut.model_validate({"job": "a", "duration_s": seconds}).dump()["duration_s"]


def test_whole_numbers_are_written_as_such() -> None:
    assert repr(job_that_took(41.0)) == "41"
    assert repr(job_that_took(1.5)) == "1.5"
    assert ProblemOut(code="a", message="b", retry_after_s=7.0).dump()["retry_after_s"] == 7
