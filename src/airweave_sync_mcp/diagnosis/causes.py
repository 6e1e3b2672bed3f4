"""The 22 causes of a failed sync: what each means, who acts, what to do, and what a plain retry does.

One table, no logic. The names are a public contract (`cause` in every answer); `rules*.py` say which text
means which cause, `remedies.py` refines the advice where one cause has several shapes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class CauseName(StrEnum):
    """The stable machine names of the causes. Cursors know them by their place: a new one goes to the end."""

    OAUTH_REAUTH_REQUIRED = "oauth_reauth_required"
    API_KEY_INVALID = "api_key_invalid"
    AUTH_PROVIDER_INVALID = "auth_provider_invalid"
    AUTH_SERVICE_TRANSIENT = "auth_service_transient"
    SOURCE_PERMISSION_DENIED = "source_permission_denied"
    SOURCE_CONFIG_INVALID = "source_config_invalid"
    SOURCE_RATE_LIMITED = "source_rate_limited"
    SOURCE_UNAVAILABLE = "source_unavailable"
    NETWORK_ERROR = "network_error"
    TLS_OR_DNS_ERROR = "tls_or_dns_error"
    CURSOR_EXPIRED = "cursor_expired"
    USAGE_OR_BILLING_LIMIT = "usage_or_billing_limit"
    EMBEDDING_FAILED = "embedding_failed"
    DESTINATION_FAILED = "destination_failed"
    DATABASE_ERROR = "database_error"
    STORAGE_OR_FILE_ERROR = "storage_or_file_error"
    PLATFORM_MISCONFIGURED = "platform_misconfigured"
    CONNECTOR_BUG = "connector_bug"
    WORKER_LOST_OR_STUCK = "worker_lost_or_stuck"
    CANCELLED = "cancelled"
    RESOURCE_DELETED = "resource_deleted"
    UNKNOWN = "unknown"


class Family(StrEnum):
    """What a cause is about; an unknown text is at least placed near one of these."""

    CREDENTIALS = "credentials"
    CREDENTIAL_SERVICE = "credential_service"
    ACCESS = "access"
    CONFIGURATION = "configuration"
    THROTTLING = "throttling"
    SOURCE_OUTAGE = "source_outage"
    CONNECTIVITY = "connectivity"
    CURSOR = "cursor"
    PLAN = "plan"
    PLATFORM = "platform"
    RUNTIME = "runtime"
    FALLBACK = "fallback"


class Who(StrEnum):
    """Who has to act."""

    USER = "user"
    """Whoever owns the connection in Airweave."""
    SOURCE_ADMIN = "source_admin"
    """An administrator of the source system, or of its network."""
    PROVIDER_ADMIN = "provider_admin"
    """Whoever runs the Composio, Pipedream or custom auth provider account."""
    ORG_OWNER = "org_owner"
    """The owner of the Airweave organization, who can change its plan."""
    OPERATOR = "operator"
    """Whoever runs the Airweave deployment; on the hosted service, Airweave support."""
    AIRWEAVE = "airweave"
    """The developers of Airweave: a defect to report."""
    NOBODY = "nobody"
    """Time heals it, or nothing is wrong."""


class Retry(StrEnum):
    """What starting the sync again, as it is, does."""

    USEFUL = "useful"
    USELESS = "useless"
    REFUSED = "refused"
    """The API answers 409 while the sync is paused."""
    HARMFUL = "harmful"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What is known about one cause.

    `transient_default` holds unless the text says otherwise. `retry_note` says of a lasting cause when a run can help
    again, of a passing one how to go about it.
    `pauses_sync` is None where it depends on whether the platform recognised a credential failure.
    """

    name: CauseName
    family: Family
    title: str
    meaning: str
    transient_default: bool
    who: Who
    fix: str
    fix_api: str
    retry: Retry
    retry_note: str
    pauses_sync: bool | None = False


_RUN = "POST /source-connections/{id}/run"
_FULL_RUN = "POST /source-connections/{id}/run?force_full_sync=true"

_ALL: Final = (
    Cause(
        name=CauseName.OAUTH_REAUTH_REQUIRED,
        family=Family.CREDENTIALS,
        title="login expired or revoked",
        meaning="The OAuth login no longer works: the token expired or was revoked, or consent was withdrawn.",
        transient_default=False,
        who=Who.USER,
        fix="Open the source connection in Airweave and press Reconnect; then run the sync.",
        fix_api=f"POST /source-connections/{{id}}/reinitiate-oauth, open its auth_url, verify-oauth; then {_RUN}",
        retry=Retry.REFUSED,
        retry_note="not before someone has logged in again; a run of a paused sync is refused (409)",
        pauses_sync=None,
    ),
    Cause(
        name=CauseName.API_KEY_INVALID,
        family=Family.CREDENTIALS,
        title="API key or password rejected",
        meaning="The source rejects the stored key, token, password or certificate.",
        transient_default=False,
        who=Who.USER,
        fix="Create a new key at the source and save it under the connection's credentials; then run the sync.",
        fix_api=f'PATCH /source-connections/{{id}} {{"authentication":{{"credentials":{{...}}}}}}; then {_RUN}',
        retry=Retry.REFUSED,
        retry_note="not before the key is replaced; a run of a paused sync is refused (409)",
        pauses_sync=None,
    ),
    Cause(
        name=CauseName.AUTH_PROVIDER_INVALID,
        family=Family.CREDENTIALS,
        title="auth provider has no usable login",
        meaning="Composio, Pipedream or the custom auth provider rejects Airweave or has no usable account for it.",
        transient_default=False,
        who=Who.PROVIDER_ADMIN,
        fix="Reconnect the account at the auth provider (right app, right account); then run the sync.",
        fix_api="New provider key: PUT /auth-providers/{readable_id}; to un-pause: PATCH the schedule; then " + _RUN,
        retry=Retry.REFUSED,
        retry_note="not before the account is repaired; a run of a paused sync is refused (409)",
        pauses_sync=None,
    ),
    Cause(
        name=CauseName.AUTH_SERVICE_TRANSIENT,
        family=Family.CREDENTIAL_SERVICE,
        title="login service was down or throttled",
        meaning="The token endpoint or auth provider was throttled, failing or unreachable; the login may be fine.",
        transient_default=True,
        who=Who.NOBODY,
        fix="Wait a few minutes and run the sync again; do not ask anybody to log in before that has failed.",
        fix_api=f"{_RUN}; if it answers 409 (paused by mistake): re-save the schedule to un-pause",
        retry=Retry.USEFUL,
        retry_note="If the run is refused (409), the platform paused the sync by mistake: un-pause it first.",
        pauses_sync=None,
    ),
    Cause(
        name=CauseName.SOURCE_PERMISSION_DENIED,
        family=Family.ACCESS,
        title="login lacks a permission",
        meaning="The login works, but the source does not let it read what the sync needs.",
        transient_default=False,
        who=Who.SOURCE_ADMIN,
        fix="Grant the missing scope or role at the source, log in again if scopes changed; then run the sync.",
        fix_api=f"Grant at the source; for new OAuth scopes a new consent; then {_RUN}",
        retry=Retry.USELESS,
        retry_note="not before the permission is granted; the schedule keeps failing meanwhile",
    ),
    Cause(
        name=CauseName.SOURCE_CONFIG_INVALID,
        family=Family.CONFIGURATION,
        title="configuration points at something wrong",
        meaning="The connection's configuration names something missing or malformed, or cannot be synced at all.",
        transient_default=False,
        who=Who.USER,
        fix="Correct the connection's configuration (send it complete); then run the sync.",
        fix_api=f'PATCH /source-connections/{{id}} {{"config":{{...complete...}}}}; then {_RUN}',
        retry=Retry.USELESS,
        retry_note="not before the configuration is corrected",
    ),
    Cause(
        name=CauseName.SOURCE_RATE_LIMITED,
        family=Family.THROTTLING,
        title="source throttles the requests",
        meaning="The source's request quota is used up; the connector had already waited and retried.",
        transient_default=True,
        who=Who.NOBODY,
        fix="Wait as long as the source asks, then run again; if it repeats, sync less often or narrow the scope.",
        fix_api=f'{_RUN}; if it repeats: PATCH /source-connections/{{id}} {{"schedule":{{"cron":"..."}}}}',
        retry=Retry.USEFUL,
        retry_note="One run; more of them only use up the quota.",
    ),
    Cause(
        name=CauseName.SOURCE_UNAVAILABLE,
        family=Family.SOURCE_OUTAGE,
        title="source answered with a server error",
        meaning="The source itself failed (5xx, maintenance).",
        transient_default=True,
        who=Who.NOBODY,
        fix="Run the sync later; after three failures in a row look at the vendor's status page.",
        fix_api=_RUN,
        retry=Retry.USEFUL,
        retry_note="One run; if it fails too, see the vendor's status page.",
    ),
    Cause(
        name=CauseName.NETWORK_ERROR,
        family=Family.CONNECTIVITY,
        title="connection to the source broke or timed out",
        meaning="The request to the source timed out, was refused or was cut.",
        transient_default=True,
        who=Who.NOBODY,
        fix="Run the sync again; if it fails the same way, check that Airweave's worker can reach the source.",
        fix_api=_RUN,
        retry=Retry.USEFUL,
        retry_note="One run; the same failure twice means that the path is blocked.",
    ),
    Cause(
        name=CauseName.TLS_OR_DNS_ERROR,
        family=Family.CONNECTIVITY,
        title="host name or certificate is wrong",
        meaning="The host name cannot be resolved from the worker, or its certificate is not accepted.",
        transient_default=False,
        who=Who.USER,
        fix="Correct the host in the connection, or install a valid certificate on the source; then run the sync.",
        fix_api=f"PATCH /source-connections/{{id}} (config or credentials); then {_RUN}",
        retry=Retry.USELESS,
        retry_note="not before the host or its certificate is corrected",
    ),
    Cause(
        name=CauseName.CURSOR_EXPIRED,
        family=Family.CURSOR,
        title="stored position is no longer accepted",
        meaning="The source no longer accepts the position where the last incremental sync stopped.",
        transient_default=False,
        who=Who.USER,
        fix="Run one full sync (it also deletes what the crawl no longer sees).",
        fix_api=_FULL_RUN,
        retry=Retry.USELESS,
        retry_note="a plain run fails again; a full sync repairs it, and deletes what the source no longer shows",
    ),
    Cause(
        name=CauseName.USAGE_OR_BILLING_LIMIT,
        family=Family.PLAN,
        title="plan limit or payment problem",
        meaning="The organization has used up its plan or its payment status does not allow syncing.",
        transient_default=False,
        who=Who.ORG_OWNER,
        fix="Upgrade the plan or settle the payment, or delete data that is not needed; then run the sync.",
        fix_api=f"GET /usage/check-action?action=entities shows it; then {_RUN}",
        retry=Retry.REFUSED,
        retry_note="not before the limit is lifted; until then a run is refused (400)",
    ),
    Cause(
        name=CauseName.EMBEDDING_FAILED,
        family=Family.PLATFORM,
        title="chunking or embedding failed",
        meaning="Airweave could not cut or embed the content: its embedding service, quota, model or one text.",
        transient_default=False,
        who=Who.OPERATOR,
        fix="Check the key, quota, model and dimensions of the embedding service (hosted: Airweave support).",
        fix_api=f"Not repairable through the connection; afterwards {_RUN}",
        retry=Retry.USELESS,
        retry_note="not before the embedding service or the text is put right",
    ),
    Cause(
        name=CauseName.DESTINATION_FAILED,
        family=Family.PLATFORM,
        title="vector store refused or was unreachable",
        meaning="Writing to Airweave's vector store failed; the same entities come again with the next run.",
        transient_default=True,
        who=Who.OPERATOR,
        fix="Run the sync again; if it repeats, the operator checks the vector store (hosted: Airweave support).",
        fix_api=_RUN,
        retry=Retry.USEFUL,
        retry_note="One run; nothing is lost, the same entities are written again.",
    ),
    Cause(
        name=CauseName.DATABASE_ERROR,
        family=Family.PLATFORM,
        title="Airweave's database failed",
        meaning="Airweave's own PostgreSQL or Redis failed or refused a value.",
        transient_default=True,
        who=Who.OPERATOR,
        fix="Run the sync again in a few minutes; if it repeats, the operator checks the database.",
        fix_api=_RUN,
        retry=Retry.USEFUL,
        retry_note="One run; if it fails too, the operator looks at the database.",
    ),
    Cause(
        name=CauseName.STORAGE_OR_FILE_ERROR,
        family=Family.PLATFORM,
        title="file or storage problem",
        meaning="A file could not be downloaded, stored, read or converted: disk, bucket or the file itself.",
        transient_default=False,
        who=Who.OPERATOR,
        fix="The operator checks disk and bucket rights; where one file is at fault, exclude or repair it.",
        fix_api=f"PATCH the config to exclude the file, or repair the storage; then {_RUN}",
        retry=Retry.USELESS,
        retry_note="not before the storage or the file is put right",
    ),
    Cause(
        name=CauseName.PLATFORM_MISCONFIGURED,
        family=Family.PLATFORM,
        title="the Airweave deployment is misconfigured",
        meaning="The Airweave deployment lacks a key, package, model or setting.",
        transient_default=False,
        who=Who.OPERATOR,
        fix="The operator repairs the deployment: environment, image, keys (hosted: Airweave support).",
        fix_api=f"Not repairable through the API; afterwards {_RUN}",
        retry=Retry.USELESS,
        retry_note="not before the deployment is repaired",
    ),
    Cause(
        name=CauseName.CONNECTOR_BUG,
        family=Family.PLATFORM,
        title="the connector could not handle an answer",
        meaning="The connector met data or an API that it does not handle: a defect, or older than the vendor's API.",
        transient_default=False,
        who=Who.AIRWEAVE,
        fix="Update Airweave, or report it with the job id; meanwhile narrow the scope to skip the object.",
        fix_api=f"PATCH the config to skip the object; then {_RUN}",
        retry=Retry.USELESS,
        retry_note="hardly before Airweave is updated: the same data fails the same way",
    ),
    Cause(
        name=CauseName.WORKER_LOST_OR_STUCK,
        family=Family.RUNTIME,
        title="worker was lost or hung",
        meaning="The worker was restarted, ran out of memory or hung, or no worker took the job in time.",
        transient_default=True,
        who=Who.NOBODY,
        fix="Run the sync once more; if it happens again, the operator looks at the workers' logs and memory.",
        fix_api=_RUN,
        retry=Retry.USEFUL,
        retry_note="One run; a second loss means that the worker needs a look.",
    ),
    Cause(
        name=CauseName.CANCELLED,
        family=Family.RUNTIME,
        title="cancelled",
        meaning="The run was cancelled, by a person or by a worker that shut down; not a failure.",
        transient_default=False,
        who=Who.NOBODY,
        fix="Nothing to repair; run the sync if the cancellation was not intended.",
        fix_api=_RUN,
        retry=Retry.USEFUL,
        retry_note="only if the cancellation was not intended",
    ),
    Cause(
        name=CauseName.RESOURCE_DELETED,
        family=Family.RUNTIME,
        title="connection or collection is gone",
        meaning="The connection, collection, credential or sync record was deleted while or before the run.",
        transient_default=False,
        who=Who.USER,
        fix="Recreate the connection if it should still exist; if only its credential is gone, enter it again.",
        fix_api="POST /source-connections",
        retry=Retry.USELESS,
        retry_note="never: there is nothing left to sync",
    ),
    Cause(
        name=CauseName.UNKNOWN,
        family=Family.FALLBACK,
        title="not recognised",
        meaning="The text does not tell the cause.",
        transient_default=True,
        who=Who.NOBODY,
        fix="Run the sync once more; if it fails again, look at the worker's log and report it with the job id.",
        fix_api=_RUN,
        retry=Retry.USEFUL,
        retry_note="One try.",
        pauses_sync=None,
    ),
)

CAUSES: Final[Mapping[CauseName, Cause]] = MappingProxyType({cause.name: cause for cause in _ALL})
"""Every cause by its name."""
