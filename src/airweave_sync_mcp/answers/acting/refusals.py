"""Why Airweave refused a write, told apart by its own words: what that means and what to do instead."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.answers.acting.plan import Action, Plan
from airweave_sync_mcp.history.errors import QueryError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """One refusal. `says` and `hint` may use {name}, {job}, {fix} and, from the match, {found}."""

    code: str
    says: str
    hint: str
    words: str = ""
    codes: frozenset[ErrorCode] = frozenset()
    action: Action | None = None
    when: Callable[[Plan], bool] = lambda _: True

    def match(self, error: AirweaveError, plan: Plan) -> str | None:
        """What the words' group found, "" without one; None if this is not the meaning."""
        if self.action not in {None, plan.action} or (self.codes and error.code not in self.codes):
            return None
        found = re.search(self.words, error.words)
        return None if found is None else next(iter(found.groups()), "") or ""


_NO_ENDPOINT: Final = frozenset({ErrorCode.ROUTE_NOT_FOUND, ErrorCode.METHOD_NOT_ALLOWED})

_MEANINGS: Final = (
    _Meaning(
        code="sync_active",
        action=Action.RUN,
        words=r"already (\w+)",
        codes=frozenset({ErrorCode.CONFLICT}),
        says="{name} has a {found} job by now, so Airweave did not start another one.",
        hint="wait_for_sync_job(connection={name!r}) tells when it has ended.",
    ),
    _Meaning(
        code="plan_limit",
        words=r"(?i)usage limit|limit exceeded|billing|payment|subscription",
        codes=frozenset({ErrorCode.BAD_REQUEST}),
        says="The plan of the organization does not allow it.",
        hint="The owner of the organization has to upgrade the plan, settle the payment, or delete what is not needed.",
    ),
    _Meaning(
        code="wrong_state",
        action=Action.CANCEL,
        words=r"^Cannot cancel job in (\w+)",
        says="The job is {found} by now, so there is nothing to cancel.",
        hint="get_connection_jobs shows how it ended.",
    ),
    _Meaning(
        code="sync_paused",
        action=Action.RUN,
        words=r"(?i)paused",
        says="{name} is paused, so Airweave refuses to run it (409). It pauses a sync when its credentials fail.",
        hint="{fix} New credentials resume it; diagnose_sync says who does what.",
    ),
    _Meaning(
        code="sync_inactive",
        action=Action.RUN,
        codes=frozenset({ErrorCode.CONFLICT}),
        says="The state of the sync of {name} does not allow a run.",
        hint="Look at the connection in Airweave; diagnose_sync says what is known here.",
    ),
    _Meaning(
        code="full_sync_not_needed",
        action=Action.RUN,
        words=r"force_full_sync can only",
        says="{name} is read whole in every run, so this Airweave knows no full sync for it. Nothing was started.",
        hint="Run it without force_full_sync.",
    ),
    _Meaning(
        code="no_sync",
        codes=frozenset({ErrorCode.NO_SYNC}),
        says="{name} has no sync: it is searched live, or its login was never finished.",
        hint="There is nothing to run.",
    ),
    _Meaning(
        code="job_of_other_connection",
        action=Action.CANCEL,
        words=r"does not belong to",
        says="Job {job} does not belong to {name}, so it was not cancelled.",
        hint="get_sync_job(job={job!r}) tells whose it is.",
    ),
    _Meaning(
        code="job_not_found",
        action=Action.CANCEL,
        words=r"(?i)job not found",
        says="Airweave does not know job {job} any more.",
        hint="get_connection_jobs lists the jobs there are.",
    ),
    _Meaning(
        code="connection_not_found",
        codes=frozenset({ErrorCode.NOT_FOUND}),
        says="Airweave does not know {name} any more: it was deleted, or belongs to another organization.",
        hint="list_connections shows what there is.",
    ),
    _Meaning(
        code="not_offered",
        action=Action.CANCEL,
        codes=_NO_ENDPOINT,
        says="This version of Airweave cannot cancel jobs. Nothing was done.",
        hint="Wait until the job ends: wait_for_sync_job. Newer versions of Airweave can cancel.",
    ),
    _Meaning(
        code="not_offered",
        codes=_NO_ENDPOINT,
        says="This version of Airweave does not offer to run a sync. Nothing was started.",
        hint="Start it in the Airweave dashboard.",
    ),
)


def explained(error: AirweaveError, plan: Plan) -> AirweaveError | QueryError:
    """What a refusal means. Who asks, the rate limit and the way there are explained already: those stay as they are.

    `error` is a refusal: its outcome is known, and nothing was done.
    """
    for meaning in _MEANINGS:
        found = meaning.match(error, plan)
        if found is None or (meaning.words and not error.words):
            continue
        facts = {
            "name": plan.connection.name,
            "job": plan.job.id if plan.job else "",
            "fix": plan.verdict.fix if plan.verdict else "Renew the credentials of the connection in Airweave.",
            "found": found,
        }
        return QueryError(meaning.code, meaning.says.format(**facts), meaning.hint.format(**facts), words=error.words)
    return error
