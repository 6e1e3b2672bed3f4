"""All findings about a connection, by the rules of the modules beside this one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from airweave_sync_mcp.diagnosis import absence, failing, losses, silence, stuck
from airweave_sync_mcp.diagnosis.case import Case, FindingRule
from airweave_sync_mcp.diagnosis.finding import SEVERITY_ORDER, Finding
from airweave_sync_mcp.diagnosis.streaks import CauseOf
from airweave_sync_mcp.history.model import Connection, ConnectionHistory

RULES: Final[tuple[FindingRule, ...]] = (
    *failing.RULES,
    *stuck.RULES,
    *losses.RULES,
    *silence.RULES,
    *absence.RULES,
)
"""One rule for every kind of finding, in the order in which findings of the same severity are told."""


def findings(
    connection: Connection,
    history: ConnectionHistory,
    *,
    now: datetime,
    cause_of: CauseOf,
    window: timedelta | None = None,
    person_causes: Collection[str] = (),
    first_seen_at: Mapping[str, datetime] | None = None,
    earlier_counts: Sequence[tuple[datetime, int]] = (),
) -> tuple[Finding, ...]:
    """What there is to say about this connection beyond its status, worst first. Empty for a healthy one.

    Nothing is judged as of later than `history.fetched_at`. `window` is how far back things that are over are
    told (default 7 days, flapping 30); what is ongoing is told whatever the window. `person_causes` are the causes
    that no retry cures. `first_seen_at` tells when an unfinished job was first seen **in its present status**,
    `earlier_counts` the entity counts of this connection that were read before, with their times.
    """
    return findings_of(
        Case.build(
            connection,
            history,
            now=now,
            cause_of=cause_of,
            window=window,
            person_causes=person_causes,
            first_seen_at=first_seen_at,
            earlier_counts=earlier_counts,
        )
    )


def findings_of(case: Case) -> tuple[Finding, ...]:
    """What there is to say about a case, worst first."""
    found = [finding for rule in RULES if (finding := rule.check(case)) is not None]
    return tuple(sorted(found, key=lambda finding: SEVERITY_ORDER[finding.severity]))
