"""Rules for what a source refuses or cannot do: permissions, quotas, outages."""

from typing import Final

from airweave_sync_mcp.diagnosis.actors import Actor
from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.rule import Rule
from airweave_sync_mcp.diagnosis.signals import Kind
from airweave_sync_mcp.diagnosis.sources import DATABASE_SOURCES
from airweave_sync_mcp.history.model import Confidence

_SOURCE = frozenset({Actor.SOURCE})

ACCESS: Final = (
    Rule(
        id="access.no_site",
        cause=C.SOURCE_PERMISSION_DENIED,
        sub_cause="no_site",
        origin="platform/sources/jira.py, confluence.py: the app is not granted on any site",
        needles=("no accessible resources found", "no accessible sites", "no accessible resources"),
        examples=("ValueError: No accessible resources found",),
    ),
    Rule(
        id="access.directory",
        cause=C.SOURCE_PERMISSION_DENIED,
        origin="ldap3; Slack, Microsoft Graph codes",
        needles=("dirsyncpermission", "insufficientaccessrights", "no_permission", "access_not_granted", "spo license"),
        examples=("DirSyncPermissionError: insufficientAccessRights",),
    ),
    Rule(
        id="access.host",
        cause=C.SOURCE_PERMISSION_DENIED,
        origin="PostgreSQL: refused for where it comes from, before a password is asked",
        needles=("no pg_hba.conf entry", "pg_hba.conf rejects"),
        sources=DATABASE_SOURCES | {None},
        examples=('FATAL: no pg_hba.conf entry for host "10.0.0.1", user "r", database "d", no encryption',),
    ),
    Rule(
        id="access.api_disabled",
        cause=C.SOURCE_PERMISSION_DENIED,
        sub_cause="api_disabled",
        origin="Google, Salesforce",
        needles=(
            "it is disabled",
            "api_disabled_for_org",
            "is not enabled for this organization",
            "accessnotconfigured",
            "service_disabled",
            "api is not enabled",
            "api access is disabled",
            "api is disabled",
            "api_currently_disabled",
            "requires billing to be enabled",
        ),
        unless=("wrongpass",),
        examples=("Forbidden (403): Google Drive API has not been used in project 4123 before or it is disabled.",),
    ),
    Rule(
        id="access.sso",
        cause=C.SOURCE_PERMISSION_DENIED,
        sub_cause="sso",
        origin="GitHub",
        needles=("saml enforcement", "saml sso", "single sign-on"),
        kinds=frozenset({Kind.FORBIDDEN}),
        examples=("Forbidden (403): Resource protected by organization SAML enforcement.",),
    ),
    Rule(
        id="access.scope",
        cause=C.SOURCE_PERMISSION_DENIED,
        sub_cause="scope",
        origin="vendors: an OAuth scope is missing",
        needles=("scope",),
        pattern=r"(?:missing|insufficient|required|requires|granted|contain|additional|lacks?|without"
        r"|needed)[^\n]{0,60}\bscopes?\b|\bscopes?\b[^\n]{0,40}(?:missing"
        r"|insufficient|required|not granted|needed)|(?:missing|insufficient)_scope",
        kinds=frozenset({Kind.FORBIDDEN, Kind.REJECTED}),
        actors=_SOURCE,
        examples=("Forbidden (403): Invalid access token, does not contain scopes:[recording:read:admin].",),
    ),
    Rule(
        id="access.plan",
        cause=C.SOURCE_PERMISSION_DENIED,
        sub_cause="plan",
        origin="vendors: the plan does not include the API",
        needles=("plan", "subscription", "(402)", "'402 ", "http 402", "upgrade", "license", "licence"),
        pattern=r"api_plan_restricted|\bplans?\b|subscription|\(402\)|'402 |http 402|upgrade|licen[sc]e",
        kinds=frozenset({Kind.FORBIDDEN}),
        actors=_SOURCE,
        examples=("SourceError: HTTP 402: Payment required",),
    ),
)

SOURCE: Final = (
    Rule(
        id="source.disguised",
        cause=C.SOURCE_UNAVAILABLE,
        origin="GraphQL servers: their own failure behind a 400",
        needles=("internal_server_error",),
        pattern=r"['\"](?:code|type|errorcode)['\"]: ?['\"]internal_server_error['\"]",
        kinds=frozenset({Kind.REJECTED}),
        actors=_SOURCE,
        examples=("HTTP 400: [{'message': 'Oops', 'extensions': {'code': 'INTERNAL_SERVER_ERROR'}}]",),
    ),
    Rule(
        id="source.locked",
        cause=C.SOURCE_UNAVAILABLE,
        origin="Microsoft Graph 423: somebody else is writing just now",
        needles=("resourcelocked", "resource is locked"),
        actors=_SOURCE,
        examples=("HTTP 423: resourceLocked",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="source.conflict",
        cause=C.SOURCE_UNAVAILABLE,
        origin="Notion's library: somebody else is writing just now",
        needles=("conflict_error", "conflict occurred while saving"),
        without_status=True,
        actors=_SOURCE,
        examples=("conflict_error: Conflict occurred while saving. Please try again.",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="rate.internal",
        cause=C.SOURCE_RATE_LIMITED,
        sub_cause="internal_limiter",
        origin="Airweave's own limiter per source",
        needles=("source rate limit exceeded for", "sourceratelimitexceeded"),
        examples=("HTTPStatusError: Source rate limit exceeded for google_drive",),
    ),
    Rule(
        id="rate.sharepoint",
        cause=C.SOURCE_RATE_LIMITED,
        origin="platform/sources/sharepoint_online/client.py",
        needles=("sp rest max retries exhausted", "max retries exhausted"),
        actors=_SOURCE,
        examples=("TimeoutException: SP REST max retries exhausted",),
    ),
    Rule(
        id="source.hibernating",
        cause=C.SOURCE_UNAVAILABLE,
        sub_cause="hibernating",
        origin="ServiceNow developer instances",
        needles=("hibernating",),
        examples=("Server error (503): <title>Hibernating Instance</title>",),
    ),
)
