"""The organization's jobs and the connections' own, brought together."""

from datetime import timedelta

from airweave_sync_mcp.history.joining import candidates, joined, owners_of
from airweave_sync_mcp.history.memory import FeedReading
from airweave_sync_mcp.history.model import SyncJob
from tests.history.kit import ago, connection, daily, history, ids, job, uid
from tests.support.world import NOW

ONE, TWO = connection("one"), connection("two", sync_id="sync-two")


def reading(*jobs: SyncJob, at: timedelta = timedelta(), reaches_h: float | None = None) -> FeedReading:
    reaches = None if reaches_h is None else ago(hours=reaches_h)
    return FeedReading(jobs=jobs, fetched_at=NOW - at, reaches=reaches)


def test_owners_are_told_by_connections_and_by_jobs_that_are_in_both() -> None:
    feed = reading(job("a", sync_id="sync-one"), job("b", sync_id="sync-three"), job("c"))
    histories = {ONE.id: history([job("a")], ONE)}
    assert owners_of(feed, [ONE, TWO], histories) == {"sync-two": TWO.id, "sync-one": ONE.id}


def test_the_newer_reading_of_a_job_leads() -> None:
    of_all = job("a", "failed", sync_id="s", failed_at=ago(hours=1))
    own = job("a", "running", connection_id=ONE.id, error="boom")
    old = {ONE.id: history([own], ONE, fetched_at=ago(minutes=5))}
    (found,) = joined(reading(of_all), old, {})
    assert (found.status, found.connection_id, found.error, found.failed_at) == ("failed", ONE.id, "boom", ago(hours=1))
    (found,) = joined(reading(of_all, at=timedelta(minutes=9)), old, {})
    assert (found.status, found.failed_at) == ("running", ago(hours=1))


def test_every_job_is_there_once_with_its_connection_where_that_is_known() -> None:
    feed = reading(job("a", sync_id="s1"), job("b", sync_id="s2"), job("c"))
    histories = {ONE.id: history([job("a", connection_id=ONE.id), job("d", connection_id=ONE.id)], ONE)}
    found = joined(feed, histories, {"s2": TWO.id})
    assert ids(found) == [uid("job", name) for name in "abcd"]
    assert [one.connection_id for one in found] == [ONE.id, TWO.id, None, ONE.id]


def test_an_estimate_cannot_be_newer_than_what_the_list_would_tell() -> None:
    """The list tells every job since it reaches back: one that it does not tell is older."""
    own = history([job("failed", "failed"), *daily(3)[1:]], ONE)
    assert own.jobs[0].at is not None
    assert own.jobs[0].at > ago(hours=6)
    (found, *_) = joined(reading(reaches_h=6), {ONE.id: own}, {})
    assert found.at == ago(hours=6)
    (found, *_) = joined(reading(), {ONE.id: own}, {})
    assert found.at == own.jobs[0].at


def test_what_waits_or_has_a_time_stays_where_it_is() -> None:
    own = history([job("waiting", "pending"), *daily(1), job("nowhere", "failed")], ONE)
    found = joined(reading(reaches_h=0.5), {ONE.id: own}, {})
    assert [one.at for one in found] == [one.at for one in own.jobs]


def test_a_job_that_waited_already_when_the_list_was_read_is_older_than_what_the_list_tells() -> None:
    """Else it stood now, and once the list reaches down to it where it was created: twice on pages."""
    for status in ("pending", "created"):
        seen = (uid("job", "waiting"), status, ago(minutes=5))
        own = history([job("waiting", status), *daily(1)], ONE, first_seen=(seen,))
        (found, _) = joined(reading(reaches_h=6), {ONE.id: own}, {}, of_all_states=True)
        assert found.at == ago(hours=6)
        for feed in (reading(reaches_h=6, at=timedelta(minutes=6)), reading()):
            (found, _) = joined(feed, {ONE.id: own}, {}, of_all_states=True)
            assert found.at == own.jobs[0].at


def test_names_make_candidates_only_where_they_fit_one() -> None:
    twin = connection("one", id=uid("twin"))
    jobs = [
        job(n, sync_id=str(n), sync_name=name) for n, name in enumerate(["Sync for one", "Sync for two", "Sync for x"])
    ]
    assert candidates(jobs, [ONE, TWO]) == [ONE, TWO]
    assert candidates(jobs, [ONE, twin, TWO]) == [TWO]
    known = job("known", sync_name="Sync for two", connection_id=TWO.id)
    assert candidates([known, job("nameless")], [TWO]) == []
