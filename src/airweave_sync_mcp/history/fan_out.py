"""Reading many connections' jobs: most interesting first, bounded in concurrency, budget and time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import anyio

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.history.coverage import Shortfall
from airweave_sync_mcp.history.errors import too_slow
from airweave_sync_mcp.history.model import Connection
from airweave_sync_mcp.history.plan import Interest, Task, plan
from airweave_sync_mcp.history.readings import Readings
from airweave_sync_mcp.history.view import Need, Progress

MOST_ROUNDS: Final = 3
"""Readings of one connection for one question: the first, one that reaches further, one more if that was misjudged."""

FATAL: Final = frozenset(
    {
        ErrorCode.NO_KEY, ErrorCode.BAD_KEY, ErrorCode.UNAUTHORIZED, ErrorCode.KEY_REJECTED, ErrorCode.KEY_EXPIRED,
        ErrorCode.ORGANIZATION_FORBIDDEN, ErrorCode.ORGANIZATION_REQUIRED, ErrorCode.ORGANIZATION_UNKNOWN,
        ErrorCode.ORGANIZATION_MALFORMED,
    }
)  # fmt: skip
"""What no other connection can answer either."""

OUT_OF_BUDGET: Final = frozenset({ErrorCode.BUDGET_EXHAUSTED, ErrorCode.RATE_LIMITED})


@dataclass(slots=True, kw_only=True)
class FanOut:
    """The readings one question makes. What goes wrong is written into `short`."""

    readings: Readings
    credential: Credential
    need: Need
    short: Shortfall
    deadline: float
    """On anyio's clock."""
    deadline_s: float
    """How long that was, to tell people."""
    clock: Callable[[], datetime]
    concurrency: int
    requests_per_minute: int | None
    progress: Progress
    busy_first: bool = False
    """What is under way matters more than what failed."""
    _read_ids: set[str] = field(default_factory=set)
    _done: int = 0
    _total: int = 0
    _found: bool = False
    _fatal: AirweaveError | None = None

    async def read(self, connections: Sequence[Connection]) -> None:
        """Read the connections' jobs until the queue, the budget or the time is at its end.

        Raises:
            AirweaveError: What no connection can answer, such as a refused key.
        """
        for round_ in range(MOST_ROUNDS):
            tasks = await self._plan(connections, first=round_ == 0)
            if not tasks:
                return
            self._total += len(tasks)
            await self._run(tasks)
            if self._found or self.short.out_of_time or self.short.out_of_budget_s is not None:
                return

    async def _plan(self, connections: Sequence[Connection], *, first: bool) -> list[Task]:
        tasks = plan(
            connections,
            await self.readings.histories(self.credential, connections),
            now=self.clock(),
            since=self.need.reach_of_each,
            asked_for=self.need.asked_for if first else frozenset(),
            requests_per_minute=self.requests_per_minute,
            busy_as_of=self.short.list_as_of if self.busy_first else None,
        )
        tasks = [task for task in tasks if task.connection.id not in self.short.errors]
        return tasks if first else [task for task in tasks if task.interest is Interest.SHORT]

    async def _run(self, tasks: Sequence[Task]) -> None:
        queue = iter(tasks)
        with anyio.move_on_after(max(self.deadline - anyio.current_time(), 0)) as scope:
            async with anyio.create_task_group() as group:
                for _ in range(min(self.concurrency, len(tasks))):
                    group.start_soon(self._work, queue, group.cancel_scope)
        if self._fatal is not None:
            raise self._fatal
        if scope.cancelled_caught:
            self.short.out_of_time = True
            late = {task.connection.id for task in tasks if task.interest is Interest.ASKED_FOR} - self._read_ids
            self.short.errors |= dict.fromkeys(late, too_slow("what was asked for", self.deadline_s))

    async def _work(self, queue: Iterator[Task], scope: anyio.CancelScope) -> None:
        for task in queue:
            await self._read(task)
            if self._found or self._fatal is not None:
                scope.cancel()
            if self.short.out_of_budget_s is not None:
                return
            self._done += 1
            await self.progress(self._done, self._total)

    async def _read(self, task: Task) -> None:
        asked_for = task.interest is Interest.ASKED_FOR
        try:
            history = await self.readings.jobs(
                self.credential,
                task.connection,
                limit=task.limit,
                newer_than=task.newer_than,
                since=self.need.reach_of_each if task.interest is Interest.SHORT else None,
                wait_for_budget_s=max(self.deadline - anyio.current_time() - 1, 0) if asked_for else 0,
            )
        except AirweaveError as error:
            self._failed(task, error)
        else:
            self._read_ids.add(task.connection.id)
            self._found = self._found or (self.need.found is not None and self.need.found(history))

    def _failed(self, task: Task, error: AirweaveError) -> None:
        if error.code in FATAL:
            self._fatal = error
        elif error.code in OUT_OF_BUDGET and task.interest is not Interest.ASKED_FOR:
            self.short.exhausted(error.retry_after_s)
        else:
            self.short.errors[task.connection.id] = error
