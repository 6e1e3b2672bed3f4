"""Advice for the shapes of a cause: the same cause can need different hands."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.causes import Who


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do for one sub-cause, and who, where that differs from the cause's own."""

    fix: str
    who: Who | None = None


_REMEDIES: Final = {
    (C.OAUTH_REAUTH_REQUIRED, "oauth_client_secret"): Remedy(
        "Renew the OAuth app's client secret (own app: its owner; Airweave's: the operator); then Reconnect.",
        Who.OPERATOR,
    ),
    (C.OAUTH_REAUTH_REQUIRED, "admin_consent"): Remedy(
        "An administrator of the source grants consent or adjusts the sign-in policy; then Reconnect and run.",
        Who.SOURCE_ADMIN,
    ),
    (C.OAUTH_REAUTH_REQUIRED, "not_refreshable"): Remedy(
        "The connection holds no refresh token: Reconnect, or recreate it with the browser login.",
    ),
    (C.API_KEY_INVALID, "malformed"): Remedy(
        "Enter the key in the form the source expects, under the connection's credentials; then run the sync.",
    ),
    (C.API_KEY_INVALID, "certificate"): Remedy(
        "Enter a valid certificate with its RSA private key, registered at the source app; then run the sync.",
    ),
    (C.API_KEY_INVALID, "password"): Remedy(
        "Correct user name and password under the connection's credentials; then run the sync.",
    ),
    (C.AUTH_PROVIDER_INVALID, "account_gone"): Remedy(
        "Reconnect the account at the auth provider and select it in the connection; then un-pause and run.",
    ),
    (C.AUTH_PROVIDER_INVALID, "wrong_app"): Remedy(
        "Select the account that belongs to the right app at the auth provider; then run the sync.",
    ),
    (C.AUTH_PROVIDER_INVALID, "unsupported_source"): Remedy(
        "Use a custom OAuth client at the auth provider, or connect this source directly.", Who.USER
    ),
    (C.AUTH_PROVIDER_INVALID, "missing_fields"): Remedy(
        "Make the auth provider deliver the missing credential fields for this source; then run the sync.",
    ),
    (C.AUTH_PROVIDER_INVALID, "provider_key"): Remedy(
        "Enter a valid key for the auth provider in Airweave; then un-pause and run the sync.", Who.USER
    ),
    (C.AUTH_PROVIDER_INVALID, "provider_missing"): Remedy(
        "Connect the auth provider in Airweave again, then the source connection.", Who.USER
    ),
    (C.AUTH_PROVIDER_INVALID, "blocked_address"): Remedy(
        "Give the custom endpoint a public https address; private addresses are blocked.",
    ),
    (C.SOURCE_PERMISSION_DENIED, "scope"): Remedy(
        "Grant the missing scope to the app or token at the source, log in again or renew the token; then run.",
    ),
    (C.SOURCE_PERMISSION_DENIED, "api_disabled"): Remedy(
        "Enable the API for the project or organization at the source; then run the sync.",
    ),
    (C.SOURCE_PERMISSION_DENIED, "sso"): Remedy(
        "Authorise the token for the organization's single sign-on at the source; then run the sync.", Who.USER
    ),
    (C.SOURCE_PERMISSION_DENIED, "no_site"): Remedy(
        "Grant the app access to the site while reconnecting; then run the sync.", Who.USER
    ),
    (C.SOURCE_PERMISSION_DENIED, "plan"): Remedy(
        "The source's own plan or licence does not include this access: upgrade it there; then run the sync.",
    ),
    (C.SOURCE_CONFIG_INVALID, "not_found"): Remedy(
        "Check that what the configuration names still exists and that the login may see it; correct it; then run.",
    ),
    (C.SOURCE_CONFIG_INVALID, "redirect"): Remedy(
        "Correct the host or subdomain: the source answers with a redirect (renamed, or a login page); then run.",
    ),
    (C.SOURCE_CONFIG_INVALID, "snapshot"): Remedy("A snapshot is synced once: create a new snapshot connection."),
    (C.SOURCE_CONFIG_INVALID, "federated"): Remedy("Nothing to sync: this source is searched live."),
    (C.SOURCE_CONFIG_INVALID, "connector_gone"): Remedy(
        "This Airweave release has no such connector: use its successor, or ask the operator.", Who.OPERATOR
    ),
    (C.SOURCE_CONFIG_INVALID, "blocked_address"): Remedy(
        "Private and local addresses are blocked: give the source a public address in the configuration.",
    ),
    (C.SOURCE_RATE_LIMITED, "internal_limiter"): Remedy(
        "Airweave's own limit for this source: wait and run again; if it repeats, an organization admin raises it.",
    ),
    (C.SOURCE_UNAVAILABLE, "hibernating"): Remedy(
        "The instance is hibernating: sign in at the vendor to wake it; then run the sync.", Who.USER
    ),
    (C.AUTH_SERVICE_TRANSIENT, "auth_provider"): Remedy(
        "Wait a few minutes, un-pause if paused, run again; if it repeats, see the auth provider's status page.",
    ),
    (C.EMBEDDING_FAILED, "quota"): Remedy("The embedding account has no credit left: the operator settles it."),
    (C.EMBEDDING_FAILED, "key"): Remedy("The embedding service rejects its key: the operator renews it."),
    (C.EMBEDDING_FAILED, "dimension"): Remedy(
        "The embedding model no longer fits the index: the operator restores the model or re-indexes.",
    ),
    (C.EMBEDDING_FAILED, "service"): Remedy(
        "Run the sync again later; if it repeats, the operator checks the embedding service and its quota.",
    ),
    (C.DESTINATION_FAILED, "full"): Remedy("The vector store is full: the operator adds disk or memory; then run."),
    (C.DESTINATION_FAILED, "schema"): Remedy("The operator deploys the vector store's schema anew, or re-indexes."),
    (C.DESTINATION_FAILED, "bad_text"): Remedy(
        "One binary file fails its batch: exclude that file in the configuration; then run the sync.", Who.USER
    ),
    (C.DATABASE_ERROR, "migration"): Remedy("The operator runs the database migrations of this release; then run."),
    (C.DATABASE_ERROR, "value_or_schema"): Remedy(
        "The database refuses a value or a schema: the operator looks at it; retrying does not help.",
    ),
    (C.STORAGE_OR_FILE_ERROR, "disk_full"): Remedy("The worker's disk is full: the operator frees space; then run."),
    (C.STORAGE_OR_FILE_ERROR, "bucket"): Remedy("The operator repairs the bucket's rights or settings; then run."),
    (C.STORAGE_OR_FILE_ERROR, "file"): Remedy(
        "One file could not be fetched or read: exclude or repair it; then run the sync.", Who.USER
    ),
    (C.STORAGE_OR_FILE_ERROR, "open_files"): Remedy("Run again later; the operator raises the open-files limit."),
    (C.PLATFORM_MISCONFIGURED, "encryption_key"): Remedy(
        "The operator restores the former ENCRYPTION_KEY, or the credentials are entered again.",
    ),
    (C.PLATFORM_MISCONFIGURED, "setting_missing"): Remedy("The operator sets the missing environment setting."),
    (C.PLATFORM_MISCONFIGURED, "package_missing"): Remedy("The operator installs the missing package in the image."),
    (C.CONNECTOR_BUG, "no_site"): Remedy(
        "The login sees no site: grant the app access to it while reconnecting; then run the sync.", Who.USER
    ),
    (C.CONNECTOR_BUG, "api_removed"): Remedy(
        "The vendor retired the API this connector uses: update Airweave, or report it.",
    ),
    (C.CONNECTOR_BUG, "not_json"): Remedy(
        "The source did not answer with data (login page, proxy, maintenance): try once more, then report it.",
    ),
    (C.WORKER_LOST_OR_STUCK, "not_picked_up"): Remedy(
        "No worker took the job in time: run it again; if it repeats, the operator checks workers and Temporal.",
    ),
    (C.WORKER_LOST_OR_STUCK, "hung"): Remedy(
        "It hung on one call or a huge file: run it once more; if it repeats at the same count, narrow the scope.",
    ),
    (C.WORKER_LOST_OR_STUCK, "out_of_memory"): Remedy(
        "The worker ran out of memory: run it once more; if it repeats, narrow the scope or give workers more memory.",
    ),
    (C.RESOURCE_DELETED, "credential_gone"): Remedy("The stored credential is gone: enter it again, or recreate it."),
    (C.UNKNOWN, "outside_the_sync"): Remedy(
        "Only the worker's log tells more: run the sync once; if it fails again, the operator looks there.",
        Who.OPERATOR,
    ),
}

REMEDIES: Final[Mapping[tuple[C, str], Remedy]] = MappingProxyType(_REMEDIES)
"""Advice by cause and sub-cause; a pair that is missing takes the cause's own."""

PERSISTENT: Final[Mapping[C, str]] = MappingProxyType(
    {
        C.SOURCE_RATE_LIMITED: "Raise the request quota at the source, or let the sync run less often or read less.",
        C.SOURCE_UNAVAILABLE: "Look at the vendor's status page and at the source itself; run once it is well.",
        C.NETWORK_ERROR: "Check that Airweave's worker can reach the source (firewall, allow-list, is it up); run.",
        C.AUTH_SERVICE_TRANSIENT: "Check status page and quota of the login service or auth provider; then run.",
        C.EMBEDDING_FAILED: "Check the embedding service, its key and its quota (hosted: Airweave support); then run.",
        C.DESTINATION_FAILED: "Check the vector store: reachable, not full (hosted: Airweave support); then run.",
        C.DATABASE_ERROR: "Check Airweave's PostgreSQL and Redis (hosted: Airweave support); then run the sync.",
        C.STORAGE_OR_FILE_ERROR: "Check the worker's disk and the storage bucket (hosted: Airweave support); then run.",
        C.WORKER_LOST_OR_STUCK: "Check Airweave's workers, memory and Temporal (hosted: Airweave support); then run.",
        C.UNKNOWN: "Look in the worker's log for the job (hosted: Airweave support); running it again has not helped.",
    }
)
"""What to do where a cause that usually passes has not, so that running the sync once more is no advice."""
