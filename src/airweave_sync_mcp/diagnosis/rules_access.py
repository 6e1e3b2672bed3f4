"""Rules for what a source refuses or cannot do: permissions, quotas, outages."""

from typing import Final

from airweave_sync_mcp.diagnosis.actors import Actor
from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.rule import Rule
from airweave_sync_mcp.diagnosis.signals import Kind

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
