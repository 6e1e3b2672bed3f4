"""The snapshot: what is known of an organization's sync jobs, refreshed within the request budget.

Every question gets a `View`: the connections and jobs in its scope, and how much of the truth they are.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import anyio

from airweave_sync_mcp.airweave.budget import BudgetState
from airweave_sync_mcp.airweave.client import OrganizationJobsPath
from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.history.coverage import Shortfall, cover
from airweave_sync_mcp.history.errors import too_slow
from airweave_sync_mcp.history.fan_out import FATAL, OUT_OF_BUDGET, FanOut
from airweave_sync_mcp.history.feed import FeedUnusableError
from airweave_sync_mcp.history.joining import candidates, joined, owners_of
from airweave_sync_mcp.history.memory import ConnectionList, FeedReading
from airweave_sync_mcp.history.model import (
    ACTIVE_STATUSES,
    ENDED_STATUSES,
    Connection,
    ConnectionDetail,
    ConnectionHistory,
    ConnectionStatus,
    JobStatus,
    SyncJob,
)
from airweave_sync_mcp.history.plan import ACTIVE_FRESH, REST_FRESH, is_troubled
from airweave_sync_mcp.history.readings import CHOICE_FRESH, Feed, Readings, feed_name
from airweave_sync_mcp.history.view import Need, Progress, View, no_progress

LIST_FRESH: Final = timedelta(seconds=15)
"""How old the list of connections may be; it tells who is failing, for one request."""

LIST_SHARE: Final = timedelta(minutes=12)
"""With a rate limit of n requests a minute that age is at least an n-th of this: 90 s on the smallest plan."""

DEAD_FEED: Final = frozenset({404, 405, 500})
"""What condemns the organization-wide list, as the status of an answer to an unfiltered request."""

BAD_FILTER: Final = DEAD_FEED | {400, 422}
"""After one of these the list is asked again without a filter."""

LONGEST_WAIT: Final = timedelta(minutes=10)
"""A job that waits for longer is cancelled by the platform (as observed): so much later than it was
created, by which the organization's list is sorted, may a job start, by which answers are.
"""

MOST_JOINS: Final = 10
"""How many connections' own pages one answer may ask for to name its jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotOptions:
    concurrency: int = 8
    """Requests under way at once for one question."""
    deadline_s: float = 20.0
    """After this a question is answered with what is known."""


@dataclass(slots=True)
class Snapshot:
    """Answers what is known, after reading what the budget and the deadline allow.

    Everything takes the caller's credential; nothing of one caller is ever seen by another. Methods raise
    `AirweaveError` where nothing at all can be answered; what is merely missing is said in the coverage.
    Where a method takes a `deadline`, it is on anyio's clock; without one it is `deadline_s` from now.
    """

    readings: Readings
    clock: Callable[[], datetime]
    options: SnapshotOptions = field(default_factory=SnapshotOptions)

    async def connections(
        self, credential: Credential, *, fresh: bool = False, deadline: float | None = None
    ) -> ConnectionList:
        """The connections, at most 15 seconds old, or older where the API cannot be asked now; `fresh` reads anew."""
        listed, error = await self._list(credential, self._deadline(deadline), fresh=fresh)
        if error is not None and fresh:
            raise error
        return listed

    async def budget_state(self, credential: Credential) -> BudgetState:
        """What the rate limit leaves for this caller."""
        return await self.readings.client.budget_state(credential)

    async def view(
        self, credential: Credential, need: Need, progress: Progress = no_progress, *, deadline: float | None = None
    ) -> View:
        """What is known within the need, after as much reading as budget and deadline allow."""
        deadline = self._deadline(deadline)
        of_all = need.scope is None and not need.by_connection
        listed, list_error, path = await self._start(credential, deadline, probe=of_all)
        scope = [one for one in listed.connections if need.scope is None or need.scope(one)]
        short = Shortfall(list_as_of=listed.fetched_at, list_unreadable=listed.unreadable)
        if list_error is not None and list_error.code not in OUT_OF_BUDGET:
            short.list_error = list_error
        feed = None if path is None else await self._organization(credential, path, listed, need, deadline, short)
        fan_out = FanOut(
            readings=self.readings,
            credential=credential,
            need=need,
            short=short,
            deadline=deadline,
            deadline_s=self.options.deadline_s,
            clock=self.clock,
            concurrency=self.options.concurrency,
            requests_per_minute=(await self.budget_state(credential)).usable_per_minute,
            progress=progress,
            busy_first=need.only_active or (feed is not None and JobStatus.FAILED not in need.statuses),
        )
        worth = scope if feed is None else await self._worth_a_look(credential, scope, need)
        await fan_out.read(worth)
        required, of_all_states = _required(worth, need), not _filter_for(need.statuses)
        return await self._assemble(credential, listed, scope, feed, need, short, required, of_all_states=of_all_states)

    async def known(self, credential: Credential) -> View:
        """What is remembered, without asking the API for any job."""
        listed = await self.connections(credential)
        feed = await self.readings.remembered_jobs(credential)
        short = Shortfall(list_as_of=listed.fetched_at, list_unreadable=listed.unreadable)
        return await self._assemble(credential, listed, listed.connections, feed, Need(), short)

    async def detail(self, credential: Credential, connection_id: str) -> ConnectionDetail:
        """A connection's own page, at most a minute old: its schedule, among other things.

        Raises:
            AirweaveError: It cannot be had now.
        """
        with anyio.move_on_after(self.options.deadline_s / 2):
            return await self.readings.detail(credential, connection_id, newer_than=self.clock() - REST_FRESH)
        raise too_slow("the source connection", self.options.deadline_s / 2)

    async def name_syncs(self, credential: Credential, jobs: Sequence[SyncJob], view: View) -> dict[str, str]:
        """Connection ids, by sync id, of jobs that tell only their sync, where a few requests can prove them.

        With a rate limit nothing is asked.
        """
        wanted = {job.sync_id for job in jobs if job.connection_id is None and job.sync_id}
        if not wanted or (await self.budget_state(credential)).usable_per_minute is not None:
            return {}

        async def prove(connection: Connection) -> None:
            async with limiter:
                try:
                    await self.readings.detail(credential, connection.id, newer_than=self.clock() - CHOICE_FRESH)
                except AirweaveError:
                    return  # then the job goes by its sync's name, as it would have anyway

        limiter = anyio.CapacityLimiter(self.options.concurrency)
        with anyio.move_on_after(self.options.deadline_s / 4):
            async with anyio.create_task_group() as group:
                for connection in candidates(jobs, list(view.connections.values()))[:MOST_JOINS]:
                    group.start_soon(prove, connection)
        return await self.readings.sync_owners(credential, wanted)

    # How it is read

    def _deadline(self, deadline: float | None = None) -> float:
        return anyio.current_time() + self.options.deadline_s if deadline is None else deadline

    async def _list(
        self, credential: Credential, deadline: float, *, fresh: bool = False
    ) -> tuple[ConnectionList, AirweaveError | None]:
        """The connections; where they cannot be read anew, those that are remembered, and why."""
        age = timedelta() if fresh else await self._list_age(credential)
        newer_than = self.clock() - age
        known = await self.readings.recall(credential, "connections", ConnectionList)
        if known is not None and known.fetched_at >= newer_than and not fresh:
            return known, None
        patience_s = max(deadline - anyio.current_time(), 0) * (1 if known is None else 0.5)
        try:
            with anyio.fail_after(patience_s):
                return await self.readings.connections(credential, newer_than=newer_than), None
        except TimeoutError:
            error = too_slow("the list of source connections", patience_s)
        except AirweaveError as failure:
            error = failure
        if known is None or error.code in FATAL:
            raise error
        return known, error

    async def _list_age(self, credential: Credential) -> timedelta:
        allowed = (await self.budget_state(credential)).usable_per_minute
        return max(LIST_FRESH, LIST_SHARE / allowed) if allowed else LIST_FRESH

    async def _start(
        self, credential: Credential, deadline: float, *, probe: bool
    ) -> tuple[ConnectionList, AirweaveError | None, OrganizationJobsPath | None]:
        """The connections, why they are old if they are, and, probed beside, where the organization-wide list is."""
        path: OrganizationJobsPath | None = None
        undecided: AirweaveError | None = None
        listed: tuple[ConnectionList, AirweaveError | None] | AirweaveError

        async def choose() -> None:
            nonlocal path, undecided
            try:
                with anyio.move_on_after((deadline - anyio.current_time()) / 4):
                    path = (await self.readings.feed_choice(credential)).path
            except AirweaveError as error:
                undecided = error  # what keeps all requests from working, the list of connections tells as well

        async with anyio.create_task_group() as group:
            if probe:
                group.start_soon(choose)
            try:
                listed = await self._list(credential, deadline)
            except AirweaveError as error:
                listed = error
                group.cancel_scope.cancel()
        if isinstance(listed, AirweaveError):
            raise listed
        if probe and path is None and self.readings.feed is Feed.ORGANIZATION:
            raise undecided or _no_organization_list()
        return (*listed, path)

    async def _organization(
        self,
        credential: Credential,
        path: OrganizationJobsPath,
        listed: ConnectionList,
        need: Need,
        deadline: float,
        short: Shortfall,
    ) -> FeedReading | None:
        """The organization's jobs as far as they could be read; None where the list is of no use, now or at all."""
        statuses = _filter_for(need.statuses)
        try:
            with anyio.fail_after(max(deadline - anyio.current_time(), 0)):
                return await self._feed(credential, path, listed, statuses, need)
        except FeedUnusableError:
            await self._condemn(credential)
            return None
        except TimeoutError:
            short.out_of_time = True
            short.feed_error = too_slow("the organization-wide list of sync jobs", self.options.deadline_s)
        except AirweaveError as error:
            if error.code in FATAL:
                raise
            if error.status in DEAD_FEED:
                await self._condemn(credential)
                return None
            short.feed_error = error
            if error.code in OUT_OF_BUDGET:
                short.exhausted(error.retry_after_s)
        return await self.readings.recall(credential, feed_name(statuses), FeedReading)

    async def _feed(
        self,
        credential: Credential,
        path: OrganizationJobsPath,
        listed: ConnectionList,
        statuses: Sequence[str],
        need: Need,
    ) -> FeedReading | None:
        try:
            own = await self.readings.organization(credential, listed.connections)
        except AirweaveError as error:
            if error.code in FATAL:
                raise
            return None  # says nothing of the list of jobs
        if own is None:
            raise FeedUnusableError
        read = partial(
            self.readings.organization_jobs,
            credential,
            path,
            own=own,
            since=None if need.reach is None else need.reach - LONGEST_WAIT,
            newer_than=self.clock() - ACTIVE_FRESH,
        )
        try:
            return await read(statuses=statuses)
        except AirweaveError as error:
            if not statuses or error.status not in BAD_FILTER:
                raise
        return await read(statuses=())  # only an unfiltered request condemns the list

    async def _condemn(self, credential: Credential) -> None:
        await self.readings.condemn_feed(credential)
        if self.readings.feed is Feed.ORGANIZATION:
            raise _no_organization_list()

    async def _worth_a_look(self, credential: Credential, scope: Sequence[Connection], need: Need) -> list[Connection]:
        """The connections of which the organization's list may not tell enough: what runs or failed began long ago."""
        histories = await self.readings.histories(credential, scope)
        return [
            one
            for one in scope
            if (is_troubled(one) and not need.only_active)
            or one.status == ConnectionStatus.SYNCING
            or (one.id in histories and any(not job.settled for job in histories[one.id].jobs[:1]))
        ]

    async def _assemble(
        self,
        credential: Credential,
        listed: ConnectionList,
        scope: Sequence[Connection],
        feed: FeedReading | None,
        need: Need,
        short: Shortfall,
        required: Collection[str] = (),
        *,
        of_all_states: bool = False,
    ) -> View:
        histories = await self.readings.histories(credential, scope)
        if feed is None:
            jobs = [job for history in histories.values() for job in history.jobs]
        else:
            owners = owners_of(feed, scope, histories)
            unknown = {job.sync_id for job in feed.jobs if job.sync_id} - owners.keys()
            owners |= await self.readings.sync_owners(credential, unknown)
            jobs = joined(feed, histories, owners, of_all_states=of_all_states)
        coverage = cover(
            scope,
            histories,
            need=need,
            feed=feed,
            required=required,
            shortfall=short,
            budget=await self.budget_state(credential),
            deadline_s=self.options.deadline_s,
        )
        return View(
            connections={one.id: one for one in await self.readings.with_details(credential, scope)},
            organization={one.id: one for one in listed.connections},
            histories=histories,
            unordered=tuple(jobs),
            coverage=coverage,
            horizon=_feed_horizon(feed) if feed else _horizon(scope, histories, short),
            of_list=feed is not None,
            errors=dict(short.errors),
        )


def _required(worth: Iterable[Connection], need: Need) -> frozenset[str]:
    """Which of the connections worth a look an answer from the organization's list lacks until they are read.

    Down to where it reaches, the list is whole; what began before a window, and runs or failed in it, it may not tell.
    """
    if need.window.since is None and not need.only_active:
        return frozenset()
    return frozenset(one.id for one in worth if not is_troubled(one) or JobStatus.FAILED in need.statuses)


def _filter_for(statuses: frozenset[str]) -> tuple[str, ...]:
    """What of the wanted states may be left to the server, because every generation spells it alike.

    Of jobs under way it is asked for those that wait: the others are found with their connections, which are syncing.
    """
    if statuses and statuses <= ENDED_STATUSES:
        return tuple(sorted(statuses))
    return (JobStatus.PENDING,) if statuses and statuses <= ACTIVE_STATUSES else ()


def _horizon(
    scope: Iterable[Connection], histories: Mapping[str, ConnectionHistory], short: Shortfall
) -> datetime | None:
    """Since when every job is known that the API can give now."""
    readable = (histories[one.id] for one in scope if one.id in histories and one.id not in short.errors)
    oldest = [history.oldest_at for history in readable if history.truncated and not history.unreachable]
    return max((moment for moment in oldest if moment is not None), default=None)


def _feed_horizon(feed: FeedReading) -> datetime | None:
    """A job created before the last one read may have started after it."""
    return None if feed.reaches is None else feed.reaches + LONGEST_WAIT


def _no_organization_list() -> AirweaveError:
    return AirweaveError(
        code=ErrorCode.ROUTE_NOT_FOUND,
        message="This Airweave has no organization-wide list of sync jobs, which the setting feed=organization wants.",
        hint="Set AIRWEAVE_SYNC_FEED=auto, which reads the jobs of each connection instead.",
    )
