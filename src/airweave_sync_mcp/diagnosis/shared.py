"""The same cause on several connections at once: one trouble behind many, in the platform, a source or a credential."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from airweave_sync_mcp.diagnosis.measures import HOUR_S, seconds_between, slug, span
from airweave_sync_mcp.diagnosis.streaks import CauseOf, Streak
from airweave_sync_mcp.history.model import Confidence, Connection, SyncJob

SHARED_SPAN_S: Final = 6 * HOUR_S
CREDENTIAL_SPAN_S: Final = 25 * HOUR_S
"""A revoked credential shows at each connection's next run, which is a day away at most by default."""
FEWEST: Final = 3
FEWEST_ALIKE: Final = 2

CREDENTIAL_CAUSES: Final = frozenset({"oauth_reauth_required", "api_key_invalid", "auth_provider_invalid"})
AUTH_CAUSES: Final = CREDENTIAL_CAUSES | {"auth_service_transient"}
PLATFORM_CAUSES: Final = frozenset(
    {
        "usage_or_billing_limit",
        "embedding_failed",
        "destination_failed",
        "database_error",
        "storage_or_file_error",
        "platform_misconfigured",
        "worker_lost_or_stuck",
    }
)
UNNAMED_CAUSES: Final = frozenset({"unknown", "cancelled"})
"""Two unknown causes need not be the same one."""
_VENDORS: Final = (
    ("google", ("google_", "gmail")),
    ("microsoft", ("outlook", "onedrive", "onenote", "sharepoint", "teams", "word", "excel", "powerpoint")),
    ("atlassian", ("jira", "confluence", "bitbucket", "trello")),
    ("zoho", ("zoho",)),
)
"""Sources of one vendor share its login: one revoked account hits all of them."""


class SharedBy(StrEnum):
    """What the connections have in common besides the cause."""

    PLATFORM = "platform"
    VENDOR = "vendor"
    SOURCE = "source"
    AUTH_PROVIDER = "auth_provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCause:
    """One cause that began on several connections at about the same time.

    `name` is the source, its vendor or the auth provider they share. `since` and `latest` are the first and the
    last beginning among them, known or estimated; None if no failure has a place in time.
    """

    cause: str
    shared_by: SharedBy
    name: str | None
    connections: tuple[Connection, ...]
    since: datetime | None
    latest: datetime | None
    suspicion: str
    """Where to look."""
    hypothesis: str
    """How many, of what, when, and the suspicion, in a sentence."""
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class _Member:
    connection: Connection
    cause: str
    began: datetime | None
    exact: bool
    """Whether `began` is known rather than estimated."""


def shared_causes(
    items: Iterable[tuple[Connection, SyncJob | Streak]], cause_of: CauseOf, now: datetime
) -> tuple[SharedCause, ...]:
    """Groups failing connections, given with their streak or latest failed job, by what they seem to share.

    Largest group first. `now` bounds times of a server whose clock runs ahead.
    """
    members: dict[str, dict[str, _Member]] = {}
    for connection, trouble in items:
        if isinstance(trouble, Streak):
            cause, began, exact = trouble.cause, trouble.since, not trouble.since_estimated
        else:
            cause, began, exact = cause_of(trouble), trouble.at, trouble.known_at is not None
        if cause and cause not in UNNAMED_CAUSES:
            member = _Member(connection, cause, min(began, now) if began else None, exact and began is not None)
            members.setdefault(cause, {}).setdefault(connection.id, member)
    found = [
        shared
        for cause, alike in members.items()
        for cluster in _clusters(list(alike.values()), CREDENTIAL_SPAN_S if cause in AUTH_CAUSES else SHARED_SPAN_S)
        for shared in _explained(cluster, now)
    ]
    return tuple(sorted(found, key=lambda shared: -len(shared.connections)))


def _clusters(members: list[_Member], longest_s: float) -> list[list[_Member]]:
    """Members that began within `longest_s` of the first; those of unknown time join the newest cluster."""
    clusters: list[list[_Member]] = []
    started: datetime | None = None
    for began, member in sorted(((m.began, m) for m in members if m.began), key=lambda pair: pair[0]):
        if started is None or seconds_between(started, began) > longest_s:
            clusters.append([])
            started = began
        clusters[-1].append(member)
    untimed = [member for member in members if member.began is None]
    if untimed:
        clusters = [*clusters[:-1], [*(clusters[-1] if clusters else ()), *untimed]]
    return clusters


def _explained(cluster: Sequence[_Member], now: datetime) -> Iterator[SharedCause]:
    """One explanation for the whole cluster if there is one, else one for each part that shares something."""
    if cluster[0].cause in PLATFORM_CAUSES:
        alike = len({member.connection.source for member in cluster}) == 1
        if len(cluster) >= (FEWEST_ALIKE if alike else FEWEST):
            yield _shared(cluster, SharedBy.PLATFORM, None, now)
        return
    rest = list(cluster)
    parts: list[SharedCause] = []
    if cluster[0].cause in AUTH_CAUSES:
        rest = _take_parts(rest, SharedBy.AUTH_PROVIDER, parts, now)
    if cluster[0].cause in AUTH_CAUSES and len({member.connection.source for member in rest}) > 1:
        rest = _take_parts(rest, SharedBy.VENDOR, parts, now)
    rest = _take_parts(rest, SharedBy.SOURCE, parts, now)
    if not parts and len(cluster) >= FEWEST:
        parts = [_shared(cluster, SharedBy.PLATFORM, None, now)]
    yield from parts


def _take_parts(members: list[_Member], by: SharedBy, parts: list[SharedCause], now: datetime) -> list[_Member]:
    """Moves the members that share a source or provider with another into `parts`; the others are left."""
    groups: dict[str | None, list[_Member]] = {}
    for member in members:
        groups.setdefault(_key(member.connection, by), []).append(member)
    left: list[_Member] = []
    for key, group in groups.items():
        if key is None or len(group) < FEWEST_ALIKE:
            left.extend(group)
        else:
            parts.append(_shared(group, by, key, now))
    return left


def _key(connection: Connection, by: SharedBy) -> str | None:
    """What the connection may share with others; an auth provider that only a detail request would name is ''."""
    if by is SharedBy.SOURCE:
        return connection.source
    if by is SharedBy.VENDOR:
        return next((vendor for vendor, starts in _VENDORS if connection.source.startswith(starts)), None)
    provider = connection.detail.provider if connection.detail else None
    return provider or ("" if (connection.auth_method or "").startswith("auth_provider") else None)


def _shared(members: Sequence[_Member], by: SharedBy, name: str | None, now: datetime) -> SharedCause:
    cause = members[0].cause
    began = sorted(member.began for member in members if member.began)
    exact = all(member.exact for member in members)
    when = f", all within {span(seconds_between(began[0], began[-1]))}" if exact else ""
    age = f", {span(seconds_between(began[-1], now))} ago" if began else ""
    suspicion = _suspicion(cause, by, slug(name))
    return SharedCause(
        cause=cause,
        shared_by=by,
        name=slug(name),
        connections=tuple(member.connection for member in members),
        since=began[0] if began else None,
        latest=began[-1] if began else None,
        suspicion=suspicion,
        hypothesis=f"{len(members)} connections began to fail with {cause}{when}{age}: {suspicion}.",
        confidence=_confidence(members, by, name, exact=exact),
    )


def _suspicion(cause: str, by: SharedBy, name: str | None) -> str:
    if by is SharedBy.AUTH_PROVIDER:
        return f"they share the auth provider{f' {name}' if name else ''}, whose account or key is the likely place"
    if by is SharedBy.VENDOR:
        return f"all log in at {name}, so a shared account or app there is the likely place"
    if by is SharedBy.SOURCE and cause in AUTH_CAUSES:
        return f"all are {name or 'one source'}, so a shared account, app or key there is the likely place"
    if by is SharedBy.SOURCE:
        return f"all are {name or 'one source'}, so the source itself or a quota there is the likely place"
    if cause in PLATFORM_CAUSES:
        return "the platform is the likely place, not the sources"
    return "different sources at once, so the platform or its network is likelier than each of them"


def _confidence(members: Sequence[_Member], by: SharedBy, name: str | None, *, exact: bool) -> Confidence:
    cause = members[0].cause
    if not exact or name == "" or (by is SharedBy.PLATFORM and cause not in PLATFORM_CAUSES):
        return Confidence.LOW
    return Confidence.HIGH if len(members) >= FEWEST else Confidence.MEDIUM


SHARED_CAUSE_RULE: Final = """\
## Shared causes

Not a finding of one connection: the same cause on several at once, which points at the platform, a source or a
credential that they share.

**Fires when.** At least 3 connections, or 2 of the same source or auth provider (for credentials also: vendor), began
to fail with the same cause within 6 h; for credentials and auth services within 25 h, as each connection notices at
its next run.

**Must not fire when**

- the cause is `unknown` or `cancelled`: two of those need not be the same
- the beginnings lie further apart
- two connections that share nothing else are all there is

Failures without a time stand where they are estimated, else join the newest group; with low confidence. A credential
cause is laid to a shared auth provider first, then to a vendor whose sources share a login (Google, Microsoft,
Atlassian, Zoho), then to the source; causes inside the platform always to the platform.

**Where the numbers come from.** The default schedule is daily with up to 5 min of jitter.
"""
