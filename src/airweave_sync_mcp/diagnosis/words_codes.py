"""Error codes of vendors by what they mean: Microsoft Graph, Google, AWS, Azure, Salesforce, Slack, HubSpot, ...

Data of `words.py`: lower case, four characters or more. A code stands here only if it can mean nothing else.
"""

from itertools import product
from typing import Final


def class_names(nouns: str, states: str) -> frozenset[str]:
    """What class names are made of: `GrantRevoked`, `InvalidCursor`."""
    pairs = product(nouns.split(), states.split())
    return frozenset(name for noun, state in pairs for name in (noun + state, state + noun))


THROTTLED: Final = frozenset(
    {
        # AWS, Azure, Google Cloud
        "provisionedthroughputexceeded", "rate exceeded", "requestthrottled", "bandwidthlimitexceeded",
        "priorrequestnotcomplete", "transactioninprogressexception", "requestlimitexceeded", "ec2throttled",
        "ratelimitexceeded", "userratelimitexceeded", "dailylimitexceeded", "sharingratelimitexceeded",
        "exceeded rate limits", "toomanyrequestsexception",
        # Microsoft Graph, SharePoint
        "mailboxconcurrency", "applicationthrottled", "throttledrequest", "errorservertoobusy",
        "errorexceededmessagelimit", "quotalimitreached",
        # Elasticsearch, OpenSearch
        "es_rejected_execution_exception", "circuit_breaking_exception",
        # Salesforce, HubSpot, Zoho, monday, Airtable, Dropbox, ClickUp, Trello, Apollo, Shopify, Atlassian
        "api_limit_exceeded", "api_limit_reached", "daily_limit_exceeded", "ten_secondly_rolling", "secondly_rolling",
        "you have reached your daily limit", "call_limit_exceeded", "complexityexception",
        "complexity_budget", "maxcomplexity", "quotaexhausted", "quotaused", "sourcequota", "too much traffic",
        "maxconcurrencyexceeded", "public_api_billing_limit",
        "too_many_write_operations", "too_many_files", "api_key_limit_exceeded", "api_token_limit_exceeded",
        "maximum number of api calls", "maximum number of requests", "reduce request rates", "ratelimit_exceeded",
        "rate_limited", "request_limit", "max_requests_exceeded", "query_rate_exceeded", "number_of_requests",
        "exceeds the allowed rate", "over_rate_limit", "over_query_limit", "request rate is too high",
        "request rate too large", "toomanyapirequests", "usage cap exceeded",
    }
)  # fmt: skip
SERVER: Final = frozenset(
    {
        "servicenotavailable", "generalexception", '"unknownerror"', "'unknownerror'", "errorinternalservererror",
        "errormailboxstoreunavailable", "errormailboxmoveinprogress", "internaltransienterror",
        "errorinternalservertransienterror", "serviceunavailableexception", "internalservererrorexception",
        "internalserverexception", "internalfailure", "servertimeoutexception", "transienterror",
        "query_timeout", "server_unavailable", "unexpected_error_occurred", "service_error", "upstream_error",
        "upstreamerror", "search_phase_execution_exception", "all shards failed",
        "cluster_block_exception", "no_shard_available", "master_not_discovered", "node_disconnected_exception",
        "team_added_to_org", "app_temporarily_unavailable", "statuscode.internal", "statuscode.unknown",
        "statuscode.aborted", "statuscode.data_loss", "performing maintenance", "maximum execution time exceeded",
        "couldn't respond to your request in time", "something went wrong while executing your query",
        "something went wrong on our", "problem on our end", "problem on our side", "error on our end",
        "error on our side", "interruptedatshutdown", "interrupteddueto", "notwritableprimary", "notprimary",
        "primarysteppeddown", "shutdowninprogress", "neo.transienterror", "is not currently available",
        "upstreamunavailable", "unavailableerror", "disruption", "outageerror", "falling over", "fell over",
        "unavailable exception", "cannot achieve consistency", "bad_gateway",
        "gateway_timeout", "badgatewayexception",
    }
)  # fmt: skip
UNAUTHORIZED: Final = frozenset(
    {
        # AWS, Azure, Google Cloud
        "invalidaccesskeyid", "signaturedoesnotmatch", "(expiredtoken)", "(invalidtoken)",
        "expiredtokenexception", "unrecognizedclientexception", "invalidclienttokenid", "(authfailure)",
        "invalidsignatureexception", "missingauthenticationtoken", "incompletesignature", "tokenrefreshrequired",
        "security token included in the request is", "server failed to authenticate the request",
        "clientauthenticationerror", "noauthenticationinformation", "invalidauthenticationinfo",
        "unable to locate credentials", "default credentials were not found", "invalid_rapt", '"autherror"',
        "'autherror'",
        # Microsoft Graph and Entra
        "invalidauthenticationtoken", "errorinvalidtoken", "interactionrequired", "expiredauthenticationtoken",
        "compacttoken parsing failed", "compacttoken", "lifetime validation failed", "tokenissuedbefore",
        "authenticationunauthorized", "invalidmsaticket",
        # OAuth servers
        "deleted_client", "disabled_client", "invalid_assertion", "account has been deleted",
        "bad_hub", "expired_authentication", "invalid_authentication", "authentication_required",
        # Slack, Dropbox, Intercom, HubSpot, Zendesk, Asana, Atlassian, GitLab, Zoho, Notion, others
        "user_suspended", "user_removed_from_workspace", "token_suspended", "token suspended", "token_not_found",
        "oauth token not found", "no_auth_token", "token_inactive", "bad_token", "invalid_session",
        "session_expired", "auth_failed", "couldn't authenticate", "have to be logged in", "must be logged in",
        "unrecognized login", '"not authorized"', "'not authorized'", "invalid oauth token", "invalid_oauth_token",
        "oauth_token_invalid", "invalid_accesstoken", "invalid_access_token", "bad oauth token",
        "api_key_expired", "apikey_invalid", "key_revoked", "unauthorized access", "not_authenticated",
        "access credentials", "invalid_user_credentials", "user_not_authenticated", "user not authenticated",
        "badcredentialsexception", "reauthrequired", "reauthneeded", "no api key provided",
        "statuscode.unauthenticated", "security.unauthorized",
        "invalid_login", "login_must_use_security_token", "logon denied", "token was not recognized",
    }
)  # fmt: skip
FORBIDDEN: Final = frozenset(
    {
        # AWS, Azure, Google Cloud
        "allaccessdisabled", "accountproblem", "optinrequired", "authorizationpermissionmismatch",
        "authorizationfailure", "insufficientaccountpermissions", "insufficientaccountresources",
        "authorizationresourcetypemismatch", "publicaccessnotpermitted", "accountisdisabled",
        "cannotdownloadfile", "domainpolicy", "insufficientfilepermissions", "appnotauthorizedtofile",
        "insufficientparentpermissions", "cannotdownloadabusivefile", "delegation denied", "service not enabled",
        "statuscode.permission_denied", "security.forbidden", "does not have storage.",
        # Microsoft Graph
        '"notallowed"', "'notallowed'", "errorcannotaccess", "errorimpersonat", "applicationaccesspolicy",
        "blocked by tenant", "accessblocked", "unlicenseduser", "nolicense", "tenant does not have a",
        "lockedresource", "access to this site has been blocked",
        # Salesforce, Slack, HubSpot, Zendesk, ServiceNow, Zoho, Freshdesk, Shopify, Fireflies, Apollo, GitHub
        "oauth_app_blocked", "user not approved for this app", "oauth_scope_mismatch", "scope and url mismatch",
        "invalid oauth scope", "scope mismatch", "ekm_access_denied", "org_login_required", "admin_required",
        "missing_scopes", "merchant approval", "require_feature", "account_suspended", "account suspended",
        "account has been suspended", "paid_required", "paid_only", "api_inaccessible", "plan_upgrade_required",
        "not accessible by", "not accessible with", "acl exception", "insufficient rights",
        "repository access blocked",
        "requires higher privileges", "restricted_resource", "not authorized", "not_permitted", "no_access",
        "access_forbidden", "access_restricted", "insufficient_role", "feature_not_enabled", "feature_disabled",
        "only available for", "not supported in your plan", "requires a paid plan", "payment required",
        "premium subscription", "sourcepermission", "sourceforbidden", "accessnotgranted", "accessforbidden",
        "insufficientscope", "missingscope", "scopemissing",
        "unauthorized permission requested", "cannot be downloaded", "does not contain scopes", "permission to see",
        # databases
        "command denied to user", "permission was denied", "not allowed to do action", "not enough privileges",
        "insufficient privileges", "is unauthorized for user", "select permission", "insufficient_permissions",
    }
)  # fmt: skip
NOT_FOUND: Final = frozenset(
    {
        "itemnotfound", "erroritemnotfound", "errorfoldernotfound", "resourcenotfound", "request_resourcenotfound",
        "mailboxnotenabledforrestapi", "invalidhostname", "object_not_found", '"not_found"', "'not_found'",
        "not_found/",
        "(notfound)", "notfoundexception", "requested entity was not found", "requested resource not found",
        "statuscode.not_found", "index_not_found_exception", "no such index", "resource not found",
        "object was not found", "unknown object", "could not be found", "could be found with", "no help desk at",
        "no commit found", "invalid table ", "nosuchbucket", "nosuchkey", "bucket does not exist",
        "container does not exist", "containernotfound", "permanentredirect", "authorizationheadermalformed",
        "illegallocationconstraint", "invalidbucketname", "bucket you are attempting to access must be addressed",
        "namespacenotfound", "unconfigured table", "_not_found]", "databasenotfound", "unknown database",
        "unknown table", "invalid object name",
    }
)  # fmt: skip
