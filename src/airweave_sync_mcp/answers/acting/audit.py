"""One line for every write: who, what, to what, with which outcome. It holds no secret."""

import logging
from dataclasses import dataclass
from typing import Final

from airweave_sync_mcp.answers.acting.plan import Plan
from airweave_sync_mcp.safety import Cleaner

LOGGER: Final = "airweave_sync_mcp.audit"
_NAME: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as far as that is known: the beginning of a fingerprint that holds nothing of the key."""

    fingerprint: str
    organization_id: str | None = None
    client: str = ""


def audit(plan: Plan, caller: Caller, *, confirmed_by: str, outcome: str, job_id: str | None, cleaner: Cleaner) -> None:
    """Log the line, at INFO."""
    facts = {
        "connection": plan.connection.id,
        "name": cleaner.quote(plan.connection.name, _NAME),
        "job": job_id or (plan.job.id if plan.job else None),
        "full_sync": "yes" if plan.full else None,
        "confirmed_by": confirmed_by,
        "caller": caller.fingerprint,
        "organization": caller.organization_id,
        "client": cleaner.quote(caller.client, _NAME) if caller.client else None,
        "outcome": outcome,
    }
    told = " ".join(f"{name}={value}" for name, value in facts.items() if value)
    logging.getLogger(LOGGER).info("%s %s", plan.action.value, told)
