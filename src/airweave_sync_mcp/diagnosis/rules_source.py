"""Rules for stored positions and for configuration."""

from typing import Final

from airweave_sync_mcp.diagnosis.actors import Actor
from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.rule import Rule
from airweave_sync_mcp.diagnosis.signals import Kind
from airweave_sync_mcp.diagnosis.symptom import Symptom
from airweave_sync_mcp.history.model import Confidence

_SOURCE = frozenset({Actor.SOURCE})
_NOT_CURSOR = ("(401)", "(429)", "rate limit", "'429 ", "'401 ", "server error (", "server error '", "timed out")

CURSOR: Final = (
    Rule(
        id="cursor.words",
        cause=C.CURSOR_EXPIRED,
        origin="Google, Microsoft Graph, SharePoint, Dropbox, Salesforce",
        needles=(
            "fullsyncrequired",
            "sync required",
            "sync is required",
            "resync",
            "syncstate",
            "full sync is required",
            "full sync required",
            "full resync",
            "full re-sync",
            "resyncrequired",
            "resync required",
            "resyncchanges",
            "resyncapply",
            "resyncupload",
            "sync token",
            "synctoken",
            "syncstatenotfound",
            "syncstateinvalid",
            "sync state",
            "startpagetoken",
            "start page token",
            "page token",
            "pagetoken",
            "change token",
            "changetoken",
            "delta token",
            "deltatoken",
            "delta link",
            "deltalink",
            "delta query",
            "skiptoken",
            "starthistoryid",
            "historyid",
            "history id",
            "cursor",
            "'.tag': 'reset'",
            "path/reset",
            "continueerror('reset'",
            '"reset/',
            '".tag": "reset"',
            "query locator",
            "query_locator",
            " position",
        ),
        pattern=r"full ?(?:re-?)?sync (?:is )?required|fullsyncrequired|full re-?sync|resync ?(?:required|changes"
        r"|apply|upload)|syncstate(?:notfound|invalid)"
        r"|sync state[^\n]{0,40}(?:not found|invalid|expired|no longer)|startpagetoken|start page token"
        r"|'\.tag': 'reset'|path/reset|continueerror\('reset'|\"reset/|\"\.tag\": \"reset\""
        r"|could not retrieve current change token"
        r"|(?:sync ?token|page ?token|change ?token|delta ?(?:token|link|query)|skiptoken|(?:start)?history ?id"
        r"|cursor|(?:incremental|replication|stored|sync) position)\b[^\n]{0,60}"
        r"(?:expired|invalid|not valid|no longer|not found|too old|out of date|outdated|rejected|unknown|malformed"
        r"|reset|not recognized|invalidated|stale|thrown away|discarded|forgotten|purged|before the start of)"
        r"|(?:expired|invalid|stale|unknown|malformed|outdated|bad)(?: value| or expired"
        r"| or invalid)?:?,? [^\n]{0,20}?(?:sync ?token|page ?token"
        r"|change ?token|delta ?(?:token|link)|skiptoken|history ?id|cursor|query[ _]locator)\b",
        unless=(*_NOT_CURSOR, "nonetype", "graphql_validation"),
        examples=(
            "SourceError: HTTP 410: {'code': 410, 'message': 'Sync token is no longer valid'}",
            "ValueError: Failed to retrieve startPageToken from Drive API",
            "ValueError: Could not retrieve current change token from site collection",
            "SourceEntityForbiddenError: Forbidden (403): The page token is not valid.",
        ),
    ),
    Rule(
        id="cursor.address",
        cause=C.CURSOR_EXPIRED,
        origin="raw httpx: the position is part of the address; Google: the parameter it refuses",
        needles=(
            "starthistoryid=",
            "deltatoken=",
            "skiptoken=",
            "synctoken=",
            "pagetoken=",
            "delta(token=",
            "changetoken=",
            "'location': 'pagetoken'",
            "'location': 'synctoken'",
            "'location': 'startpagetoken'",
            "'location': 'starthistoryid'",
        ),
        raw=True,
        actors=_SOURCE,
        kinds=frozenset({Kind.NOT_FOUND, Kind.GONE, Kind.REJECTED}),
        examples=(
            "HTTPStatusError: Client error '404 Not Found' for url 'https://gmail.googleapis.com/gmail/v1/users/me/history?startHistoryId=90'",
        ),
    ),
    Rule(
        id="cursor.gmail_history",
        cause=C.CURSOR_EXPIRED,
        origin="platform/sources/gmail.py: history.list answers 404 once the history is too old",
        needles=("requested entity was not found",),
        kinds=frozenset({Kind.NOT_FOUND}),
        sources=frozenset({"gmail", None}),
        examples=(Symptom(message="Not found (404): Requested entity was not found.", source="gmail"),),
    ),
    Rule(
        id="connector.api_removed",
        cause=C.CONNECTOR_BUG,
        sub_cause="api_removed",
        origin="vendors: the endpoint was retired",
        needles=(
            "removed",
            "deprecated",
            "no longer supported",
            "retired",
            "sunset",
            "discontinued",
            "shut down",
            "not supported",
            "gone",
            "unsupported_api_version",
            "unsupported api version",
        ),
        pattern=r"(?:api|endpoint|version|method|resource|url|scope|operation|field)\b[^\n]{0,60}(?:removed"
        r"|deprecated|no longer supported|retired|sunset"
        r"|discontinued|shut down|not supported|gone)|deprecated_api|unsupported_api_version|unsupported api version"
        r"|method_deprecated",
        actors=_SOURCE,
        unless=("account has been removed", "user has been removed"),
        examples=("SourceError: HTTP 410: The requested API has been removed. Please migrate to the new search API.",),
    ),
)

CONFIG: Final = (
    Rule(
        id="config.snapshot",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="snapshot",
        origin="domains/sources/lifecycle.py, platform/sources/snapshot.py",
        needles=("re-sync a completed snapshot", "snapshot data is immutable", "snapshot validation failed"),
        examples=("Cannot re-sync a completed snapshot source connection ('Q1 archive'). Snapshot data is immutable",),
    ),
    Rule(
        id="config.federated",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="federated",
        origin="platform/sources/slack.py: searched live, never synced",
        needles=("uses federated search", "federated search source", "instead of generate_entities"),
        examples=("SlackSource uses federated search. Use the search() method instead of generate_entities().",),
    ),
    Rule(
        id="config.connector_gone",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="connector_gone",
        origin="domains/sources/registry.py: this release has no such connector",
        needles=(
            "source not found: ",
            "unknown source:",
            "source type not found",
            "not a registered source",
            "source is not registered",
        ),
        examples=("Source not found: notion_v1",),
    ),
    Rule(
        id="config.blocked_address",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="blocked_address",
        origin="platform/utils/ssrf.py",
        needles=(
            "blocked private/loopback ip",
            "blocked private",
            "blocked hostname",
            "blocked metadata ip",
            "blocked scheme",
            "blocked unspecified address",
            "blocked loopback",
            "blocked by ssrf",
        ),
        examples=("ValueError: blocked hostname: localhost",),
    ),
    Rule(
        id="config.connector_texts",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="field",
        origin="platform/sources: each connector's own checks",
        needles=(
            "not found in repository",
            "must be in 'owner/repo' format",
            "project keys configuration is required",
            "workspace must be specified",
            "repository name must be specified",
            "instance_url is not set",
            "zephyr scale api token not configured",
            "request url is missing an",
            "missing template variable",
            "config_fields required",
            "unsupportedprotocol",
            "invalid server address",
            "ldapinvalidservererror",
            "invalidurl:",
            "missingschema",
            "invalidschema:",
            "locationparseerror",
            "no scheme supplied",
            "no host supplied",
            "toomanyredirects",
            "too many redirects",
            "nosuchobject",
            "invaliddn",
            "noscheme",
            "invalid non-printable ascii character in url",
            "does not exist for the field",
            "no workspace with",
            "locationvalueerror",
        ),
        unless=("getaddrinfo", "name or service not known"),
        examples=(
            "ValueError: Branch 'fix/401' not found in repository 'acme/app'. Available branches: main",
            "ValueError: Salesforce instance_url is not set. instance_url=None",
            "UnsupportedProtocol: Request URL is missing an 'http://' or 'https://' protocol.",
        ),
    ),
    Rule(
        id="config.required",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="field",
        origin="paraphrase of the connectors' checks",
        needles=(
            "must be specified",
            "must be provided",
            "configuration is required",
            "is required in the config",
            "must be configured",
            "is not configured",
            "not configured for",
            "invalid configuration",
            "invalid config",
            "misconfigured source",
            "please specify",
            "please provide",
            "in the source config",
            "configuration error",
            "config error",
            "missing required config",
            "missing config",
            "config field",
            "is not a valid url",
            "invalid url",
            "not a valid domain",
            "invalid subdomain",
            "invalid domain",
            "invalid instance url",
            "invalid host",
            "invalid repository",
            "is a required property",
        ),
        unless=("api key", "credentials", "vespa", "embedd", "sqlalche"),
        without_status=True,
        actors=_SOURCE,
        examples=("ValueError: At least one folder must be specified",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="config.object_missing",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="not_found",
        origin="vendors and connectors: the named thing is not there",
        needles=(
            "not found",
            "not be found",
            "exist",
            "no such",
            "unable to find",
            "could not find",
            "cannot find",
            "couldn't find",
            "deleted",
            "archived",
            "_not_found",
        ),
        pattern=r"\b(?:repository|repo|branch|project|workspace|site|folder|drive|team|space|board|base|database"
        r"|schema|table|calendar|mailbox|label"
        r"|channel|portal|instance|tenant|subdomain|bucket|sheet|spreadsheet|list|library|path|group|guild"
        r"|server name|store|shop|notebook|page|account"
        r"|user|organi[sz]ation|object type|custom object|view|document|document library"
        r"|site collection)s?\b[^\n]{0,80}(?:not (?:be )?found|doesn't exist|does not exist|no longer exists|no such"
        r"|deleted|archived)|\b[a-z]{2,30}_not_found\b|(?:no such|unable to find|could not find|cannot find"
        r"|couldn't find)(?: the| any| a)?[^\n]{0,30}\b(?:repository|repo|branch|project|workspace"
        r"|site|folder|drive|team|space|board|base|database|table|calendar|mailbox|channel|site collection|list"
        r"|bucket|instance|page|block)\b",
        without_status=True,
        unless=(
            "error code: ",
            "no such file or directory",
            "entity registry",
            "attribute",
            "column ",
            "sqlalche",
            "redis",
            "graphql_validation",
            "foreign key",
            "credential",
            "have access",
            "insufficient_access",
            "has access",
        ),
        actors=_SOURCE,
        examples=("Project 'PLAT' does not exist or was archived",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="config.object_unknown",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="not_found",
        origin="paraphrase",
        needles=("unknown ", "match", "with", "named", "found", "called"),
        pattern=r"\bunknown (?:repository|branch|project|workspace|site|folder|team|space|board|base|database|table"
        r"|calendar|mailbox|channel)\b"
        r"|\bno (?:such )?(?:repository|branch|project|workspace|site|folder|team|space|board|base|database|table"
        r"|calendar|mailbox|channel)s?"
        r" (?:match|with|named|found|called)",
        without_status=True,
        actors=_SOURCE,
        examples=("Unknown project key: OPS", "No site matches 'contoso/finance'"),
        confidence=Confidence.MEDIUM,
    ),
)
