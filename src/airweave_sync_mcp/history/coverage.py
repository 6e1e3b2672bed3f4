"""How much of the truth an answer rests on, and what to do about the rest."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from airweave_sync_mcp.airweave.budget import BudgetState
from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.history.feed import covers
from airweave_sync_mcp.history.memory import FeedReading
from airweave_sync_mcp.history.merge import REACHABLE
from airweave_sync_mcp.history.model import Connection, ConnectionHistory, Coverage, Problem
from airweave_sync_mcp.history.plan import can_have_jobs, reaches, turned_busy
from airweave_sync_mcp.history.view import Need
from airweave_sync_mcp.history.window import Window

_NAMED: Final = 3
"""How many connections a problem names."""


@dataclass(slots=True, kw_only=True)
class Shortfall:
    """What went wrong while a question was read for."""

    list_as_of: datetime
    list_unreadable: int = 0
    list_error: AirweaveError | None = None
    """Why the list of connections is older than it should be, if that is not just the rate limit."""
    errors: dict[str, AirweaveError] = field(default_factory=dict)
    """By connection id."""
    out_of_budget_s: float | None = None
    """Seconds until asking again makes sense, where the rate limit ended the reading."""
    out_of_time: bool = False
    feed_error: AirweaveError | None = None

    def exhausted(self, wait_s: float | None) -> None:
        self.out_of_budget_s = max(self.out_of_budget_s or 0.0, wait_s or 1.0)


def cover(
    scope: Sequence[Connection],
    histories: Mapping[str, ConnectionHistory],
    *,
    need: Need,
    feed: FeedReading | None,
    required: Collection[str],
    shortfall: Shortfall,
    budget: BudgetState,
    deadline_s: float,
) -> Coverage:
    """The coverage of an answer about `scope`.

    `feed` is None where jobs came from the connections alone. Where there is one, it tells of every connection, but for
    those that had to be read all the same: their ids are `required`.
    """
    window = need.window
    syncable = [one for one in scope if can_have_jobs(one)]
    unread = [one for one in syncable if one.id not in histories]
    short = [one for one in syncable if one.id in histories and not reaches(histories[one.id], need.reach_of_each)]
    if feed is not None:
        unread, short = [one for one in unread if one.id in required or one.id in shortfall.errors], []
    if need.only_active:
        listed_at = shortfall.list_as_of
        unread += [one for one in syncable if one.id in histories and turned_busy(one, histories[one.id], listed_at)]
    problems = [
        *_unread_problem([one for one in unread if one.id not in shortfall.errors], len(scope), shortfall, budget,
                         deadline_s),
        *_error_problems(scope, shortfall),
        *_depth_problems(short, shortfall),
        *([] if feed is None else _feed_problems(feed, need.reach)),
        *([] if feed or need.only_active else _out_of_reach_problem(syncable, histories, window)),
        *_unreadable_problems(scope, histories, feed, shortfall),
    ]  # fmt: skip
    rests_on = [one.id for one in scope if one.id in histories and (feed is None or one.id in required)]
    readings = [histories[one].fetched_at for one in rests_on] + ([feed.fetched_at] if feed else [])
    return Coverage(
        connections_scanned=len(scope) - len(unread),
        connections_total=len(scope),
        complete=not problems,
        as_of=min([shortfall.list_as_of, *readings]),
        since=window.since,
        until=window.until,
        problems=tuple(problems),
    )


def _unread_problem(
    waiting: Sequence[Connection], total: int, shortfall: Shortfall, budget: BudgetState, deadline_s: float
) -> list[Problem]:
    """Connections never read. Older readings still make a whole answer: `as_of` says how old."""
    if not waiting:
        return []
    left = f"{len(waiting)} of {total} connections were not read"
    wait = shortfall.out_of_budget_s
    if wait is not None:
        allowed = (
            f"the plan allows {budget.limit} requests a minute, of which {budget.usable_per_minute} are used here"
            if budget.limit
            else "Airweave asks for a pause"
        )
        message = f"{left} yet: {allowed}. Ask again in {wait:.0f} s; each call goes on where the last one ended."
        return [Problem(code="rate_limit", message=message, retry_after_s=wait)]
    if shortfall.out_of_time:
        message = f"{left} within {deadline_s:.0f} s. Ask again now; each call goes on where the last one ended."
        return [Problem(code="deadline", message=message, retry_after_s=0.0)]
    return [Problem(code="not_read", message=f"{left}.")]


def _error_problems(scope: Sequence[Connection], shortfall: Shortfall) -> list[Problem]:
    by_code: dict[str, list[Connection]] = {}
    for one in scope:
        if (error := shortfall.errors.get(one.id)) is not None:
            by_code.setdefault(error.code, []).append(one)
    problems = [
        _problem(
            shortfall.errors[ones[0].id],
            f"{_count(ones)} could not be read ({_names(ones)})",
            connection=ones[0].name if len(ones) == 1 else None,
        )
        for ones in by_code.values()
    ]
    if shortfall.list_error is not None:
        problems.append(_problem(shortfall.list_error, "The list of source connections could not be read anew"))
    if shortfall.feed_error is not None:
        problems.append(_problem(shortfall.feed_error, "The organization-wide list was not read to its end"))
    return problems


def _problem(error: AirweaveError, what: str, *, connection: str | None = None) -> Problem:
    return Problem(
        code=error.code,
        message=f"{what}: {error.message}",
        connection=connection,
        retry_after_s=error.retry_after_s,
    )


def _depth_problems(short: Sequence[Connection], shortfall: Shortfall) -> list[Problem]:
    if not short:
        return []
    wait = shortfall.out_of_budget_s
    again = "Ask again." if wait is None else f"The rate limit allows no more now: ask again in {wait:.0f} s."
    message = f"{_count(short)} ({_names(short)}) were not read back far enough. {again}"
    return [Problem(code="not_far_enough", message=message, retry_after_s=wait)]


def _feed_problems(feed: FeedReading, depth: datetime | None) -> list[Problem]:
    if covers(feed, depth):
        return []
    message = "The organization-wide list was not read back far enough. Ask again, or for less."
    return [Problem(code="not_far_enough", message=message)]


def _out_of_reach_problem(
    connections: Sequence[Connection], histories: Mapping[str, ConnectionHistory], window: Window
) -> list[Problem]:
    cut = [one for one in connections if one.id in histories and _out_of_reach(histories[one.id], window.since)]
    return [newest_only(cut, histories)] if cut else []


def newest_only(connections: Sequence[Connection], histories: Mapping[str, ConnectionHistory]) -> Problem:
    """What these connections did longer ago cannot be had."""
    kept = max(len(histories[one.id].jobs) for one in connections)
    limit = (
        f"Airweave gives only the newest {REACHABLE:,}" if kept <= REACHABLE else f"Only the newest {kept:,} are kept"
    )
    message = f"{limit} jobs of a connection: {_names(connections)} had more."
    return Problem(code="newest_1000_only", message=message)


def _out_of_reach(history: ConnectionHistory, since: datetime | None) -> bool:
    if not history.unreachable or since is None:
        return False
    oldest = history.oldest_at
    return oldest is None or oldest > since


def _unreadable_problems(
    scope: Sequence[Connection],
    histories: Mapping[str, ConnectionHistory],
    feed: FeedReading | None,
    shortfall: Shortfall,
) -> list[Problem]:
    jobs = sum(histories[one.id].unreadable for one in scope if one.id in histories) + (feed.unreadable if feed else 0)
    counts = {"source connections": shortfall.list_unreadable, "sync jobs": jobs}
    return [
        Problem(
            code=f"unreadable_{what.rpartition(' ')[2]}",
            message=f"{count} {what} could not be understood and are left out.",
        )
        for what, count in counts.items()
        if count
    ]


def _count(ones: Sequence[Connection]) -> str:
    return f"{len(ones)} connection{'' if len(ones) == 1 else 's'}"


def _names(ones: Sequence[Connection]) -> str:
    more = f" and {len(ones) - _NAMED} more" if len(ones) > _NAMED else ""
    return ", ".join(one.name for one in ones[:_NAMED]) + more
