"""What is about to be done, to what, and what would confirm it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from airweave_sync_mcp.diagnosis.classify import Verdict
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.model import Connection, SyncJob
from airweave_sync_mcp.history.references import plain

_LABELLED_ID: Final = re.compile(r"(?:.*\()?([0-9a-f]{8}[0-9a-f-]{0,28})\)?", re.DOTALL)


class Action(StrEnum):
    """The writes, by the names of their tools."""

    RUN = "run_sync"
    CANCEL = "cancel_sync_job"


class Said(StrEnum):
    """What the person said. `by_flag` is an approval given beforehand, on a command line."""

    NOT_ASKED = "not_asked"
    APPROVED = "approved"
    BY_FLAG = "by_flag"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A write that passed its checks.

    `job` is the one to cancel, `newest` the connection's newest run: what was approved before another one is not
    approved any more. `known` are the ids of the jobs there were. `caution` says that the write is of no use, or
    `harmful`. `repaired` says that somebody claims to have repaired what the sync is paused by. `settled` says that
    the job is cancelled, or being cancelled, already.
    """

    action: Action
    connection: Connection
    connections: tuple[Connection, ...]
    full: bool = False
    job: SyncJob | None = None
    newest: SyncJob | None = None
    known: frozenset[str] = frozenset()
    verdict: Verdict | None = None
    caution: str = ""
    harmful: bool = False
    repaired: bool = False
    settled: bool = False

    @property
    def suffix(self) -> str:
        """What confirm has to say besides the target."""
        parts = ((self.full, " full sync"), (self.harmful, " despite losses"), (self.repaired, " repaired"))
        return "".join(text for wanted, text in parts if wanted)

    @property
    def words(self) -> str:
        """A text that confirms it: by name where that is enough."""
        if self.job is not None:
            return self.job.id
        named = f"{self.connection.name}{self.suffix}"
        return named if self.confirmed_by(named) else f"{self.connection.id}{self.suffix}"

    def confirmed_by(self, confirm: str) -> bool:
        """Whether the text repeats exactly this target; an empty one does not."""
        words = plain(confirm)
        if self.job is not None:
            return _digits(words) == _digits(self.job.id)
        return words.endswith(self.suffix) and self._is_named(words.removesuffix(self.suffix))

    def _is_named(self, words: str) -> bool:
        if words == plain(self.connection.name):
            return sum(plain(one.name) == words for one in self.connections) == 1
        labelled = _LABELLED_ID.fullmatch(words)
        prefix = _digits(labelled[1]) if labelled else "-"
        meant = [one for one in self.connections if _digits(one.id).startswith(prefix)]
        return [one.id for one in meant] == [self.connection.id]


def _digits(text: str) -> str:
    return text.replace("-", "")


def claims_repair(confirm: str) -> bool:
    """Whether it is said that the reason of a pause has been repaired."""
    return plain(confirm).endswith(" repaired")


def wrong_confirm(plan: Plan) -> QueryError:
    return QueryError(
        "wrong_confirm",
        f"confirm does not repeat the target of this {plan.action}, so nothing was done.",
        f"If this is what is meant: confirm={plan.words!r}",
    )
