"""Makes a world out of the scenarios: ids, times and counts that look lived in and never differ.

Nothing is random. Ids are uuid5 of names and numbers, and what would be chance is read from the bits of an
id, so that a row changed in the table changes nothing else.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from .scenarios import COLLECTIONS, ENGINEERING, SCENARIOS, Scenario
from .sources import SOURCES, Source
from .troubles import GOOD, RATE_LIMITED, Outcome
from .world import Collection, Connection, Counts, Ending, Job, World

_NAMESPACE: Final = UUID("5e1f0f5c-8a0e-5d5f-9c1e-0a1b2c3d4e5f")
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_ACTIVE_OR_CREATED: Final = frozenset({"created", "pending", "running", "cancelling"})


def build_world(now: datetime, scenarios: Iterable[Scenario] = SCENARIOS) -> World:
    """An organization with these connections, and two more that share its server.

    `now` (aware UTC) is the anchor of every time.
    """
    organization_id = _id("organization", "acme")
    others = (_id("organization", "globex"), _id("organization", "initech"))
    world = World(
        organization_id=organization_id,
        other_organization_ids=others,
        collections=tuple(
            Collection(
                id=_id("collection", readable_id),
                name=name,
                readable_id=readable_id,
                created_at=now - timedelta(days=200 - number),
            )
            for number, (readable_id, name) in enumerate(COLLECTIONS.items())
        ),
    )
    for scenario in scenarios:
        _add(world, scenario, organization_id, now)
    for number, other in enumerate(others):
        for scenario in _foreign_scenarios(number):
            _add(world, scenario, other, now)
    return world


def _foreign_scenarios(number: int) -> tuple[Scenario, ...]:
    """What other organizations sync: a little, and some of it fails."""
    return (
        Scenario(f"Foreign GitLab {number}", "gitlab", ENGINEERING, 3 * _HOUR, runs=((GOOD, 30), (RATE_LIMITED, 2))),
        Scenario(f"Foreign Notion {number}", "notion", ENGINEERING, 2 * _HOUR, runs=((RATE_LIMITED, 1), (GOOD, 9))),
    )


def _id(*parts: object) -> str:
    return str(uuid5(_NAMESPACE, "/".join(map(str, parts))))


class Chance:
    """Three numbers between 0 and 1 that belong to an id."""

    __slots__ = ("a", "b", "c")

    def __init__(self, identity: UUID) -> None:
        bits = identity.node  # 48 bits of the hash, untouched by the UUID's version
        self.a = (bits & 0xFFFF) / 0xFFFF
        self.b = (bits >> 16 & 0xFFFF) / 0xFFFF
        self.c = (bits >> 32) / 0xFFFF


def _add(world: World, scenario: Scenario, organization_id: str, now: datetime) -> None:
    key = f"{organization_id}/{scenario.name}/{scenario.collection}"
    source = SOURCES[scenario.source]
    connection_id = _id("connection", key)
    tick = _tick(scenario, now)
    outcomes = [outcome for outcome, times in scenario.runs for _ in range(times)]
    jobs = [
        _job(scenario, connection_id, tick - age * scenario.every, outcome, number=len(outcomes) - age)
        for age, outcome in enumerate(outcomes)
    ]
    jobs.reverse()
    syncable = scenario.authenticated and not source.federated
    world.add_connection(
        Connection(
            id=connection_id,
            name=scenario.name,
            source=source,
            organization_id=organization_id,
            collection=scenario.collection,
            created_at=(jobs[0].created_at if jobs else now - scenario.last) - timedelta(seconds=40.5),
            sync_id=_id("sync", key) if syncable else None,
            description=scenario.description,
            authenticated=scenario.authenticated,
            auth_method=scenario.auth or source.auth,
            config=_config(source, scenario),
            cron=_cron(scenario.every, tick) if syncable and not scenario.manual else None,
            tick=tick,
            every=scenario.every,
            entity_count=scenario.size if scenario.holds is None else scenario.holds,
            usual=scenario.usual,
            paused=scenario.paused,
            ending=_ending(scenario, outcomes, full=False),
            full_ending=_ending(scenario, outcomes, full=True),
            refuses_run=scenario.refuses_run,
        ),
        jobs,
    )
    if jobs and jobs[-1].status == "running":
        _let_finish(world, jobs[-1], now)


def _let_finish(world: World, job: Job, now: datetime) -> None:
    """A running job that is no later than usual will complete; a stuck one stays as it is."""
    connection = world.connections[job.connection_id]
    ends_at = job.created_at + connection.usual
    if ends_at > now:
        done = replace(job, status="completed", ended_at=ends_at, counts=connection.ending.counts)
        world.put(job, then=[(ends_at, done)])


def _config(source: Source, scenario: Scenario) -> dict[str, object] | None:
    if source.config is None and not scenario.config:
        return None
    return {**(source.config or {}), **dict(scenario.config)}


def _tick(scenario: Scenario, now: datetime) -> datetime:
    """When the newest run was due: on the minute, as cron has it."""
    step = scenario.every if scenario.every < _HOUR else _MINUTE
    due = now - scenario.last
    return due - (due - due.replace(hour=0, minute=0, second=0, microsecond=0)) % step


def _cron(every: timedelta, tick: datetime) -> str:
    if every < _HOUR:
        return f"*/{every // _MINUTE} * * * *"
    if every < _DAY:
        return f"{tick.minute} * * * *"
    return f"{tick.minute} {tick.hour} * * *"


def _job(scenario: Scenario, connection_id: str, due: datetime, outcome: Outcome, *, number: int) -> Job:
    """The `number`-th job of a connection, counted from 1 for the very first."""
    identity = uuid5(_NAMESPACE, f"job/{connection_id}/{number}")
    chance = Chance(identity)
    # The platform spreads scheduled starts; never so far that a job would start in the future.
    created = due + min(_MINUTE, scenario.last / 3) * chance.a
    if chance.b < 0.08:
        created = created.replace(microsecond=0)  # as some servers write it, without a fraction
    started = created + timedelta(seconds=round(1 + 3 * chance.b)) if outcome.started else None
    ended = None
    if outcome.status not in _ACTIVE_OR_CREATED:
        ended = (started or created) + scenario.usual * outcome.length * (0.85 + 0.3 * chance.c)
    return Job(
        id=str(identity),
        connection_id=connection_id,
        status=outcome.status,
        created_at=created,
        started_at=started,
        ended_at=ended,
        counts=_counts(scenario, outcome, chance, first=number == 1),
        error=outcome.error,
        error_category=outcome.category,
    )


def _counts(scenario: Scenario, outcome: Outcome, chance: Chance, *, first: bool) -> Counts:
    if outcome.wrote is not None:
        return outcome.wrote
    if outcome.share == 0:
        return Counts()
    return _usual_counts(scenario, chance, first=first).times(outcome.share)


def _usual_counts(scenario: Scenario, chance: Chance, *, first: bool) -> Counts:
    source, size = SOURCES[scenario.source], scenario.size
    skipped = int(12 * chance.c) if source.files else int(1.2 * chance.c)
    if first:
        return Counts(inserted=size, skipped=skipped)
    if source.continuous and scenario.every < _HOUR:
        # Most of the time nothing changed, which is how it should be.
        quiet = chance.c < 0.6
        return Counts() if quiet else Counts(int(7 * chance.a), int(11 * chance.b), int(1.3 * chance.c))
    inserted = 1 + int(size * 0.004 * chance.a)
    updated = 1 + int(size * 0.02 * chance.b)
    return Counts(inserted, updated, int(size * 0.001 * chance.c), max(size - inserted - updated, 0), skipped)


def _ending(scenario: Scenario, outcomes: list[Outcome], *, full: bool) -> Ending:
    """A run ends like the newest one if that trouble persists, and well otherwise."""
    newest = outcomes[0] if outcomes else GOOD
    persists = newest.persists and not (full and newest.cured_by_full_sync)
    outcome = newest if persists else GOOD
    chance = Chance(uuid5(_NAMESPACE, f"ending/{scenario.name}/{scenario.collection}"))
    return Ending(
        status=outcome.status,
        error=outcome.error,
        error_category=outcome.category,
        started=outcome.started,
        counts=_counts(scenario, outcome, chance, first=not scenario.size),
    )
