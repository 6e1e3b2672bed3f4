"""Rules for auth providers: Composio, Pipedream, custom endpoints."""

from typing import Final

from airweave_sync_mcp.diagnosis.actors import Actor
from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.rule import Rule
from airweave_sync_mcp.diagnosis.signals import PASSING, Kind
from airweave_sync_mcp.diagnosis.symptom import Symptom
from airweave_sync_mcp.history.model import Confidence

_PROVIDER = frozenset({Actor.AUTH_PROVIDER})

PROVIDER_DOWN: Final = (
    Rule(
        id="provider.passing",
        cause=C.AUTH_SERVICE_TRANSIENT,
        sub_cause="auth_provider",
        origin="domains/auth_provider/providers: throttled, 5xx, unreachable",
        actors=_PROVIDER,
        kinds=PASSING,
        examples=(
            "Auth provider rate-limited for google_calendar: Composio API rate-limited",
            "Pipedream API returned 504 while fetching account",
            Symptom(
                message="AuthProviderRateLimitError: Composio API rate-limited",
                error_category="auth_provider_credentials_invalid",
            ),
        ),
    ),
    Rule(
        id="provider.unexpected",
        cause=C.AUTH_SERVICE_TRANSIENT,
        sub_cause="auth_provider",
        origin="domains/sources/token_providers/auth_provider.py: TokenProviderServerError",
        needles=(
            "unexpected auth provider error",
            "authprovidertemporaryerror",
            "authproviderservererror",
            "unreachable",
            "authproviderratelimiterror",
            "rate-limited",
            "returned 5",
            "error 5",
            "auth provider server error",
        ),
        actors=_PROVIDER,
        examples=("Unexpected auth provider error for jira: connection pool is full",),
        confidence=Confidence.MEDIUM,
    ),
)

AUTH_PROVIDER: Final = (
    Rule(
        id="provider.account_gone",
        cause=C.AUTH_PROVIDER_INVALID,
        sub_cause="account_gone",
        origin="domains/auth_provider/providers",
        needles=(
            "no connected accounts found",
            "no matching composio connection",
            "pipedream account not found",
            "account deleted in auth provider",
            "has no credentials configured",
            "no active connected account",
        ),
        examples=(
            "No connected accounts found for source 'slack' (Composio slug: 'slack')",
            "Pipedream account not found: apn_QL2mz9",
        ),
    ),
    Rule(
        id="provider.wrong_app",
        cause=C.AUTH_PROVIDER_INVALID,
        sub_cause="wrong_app",
        origin="domains/auth_provider/providers/pipedream.py",
        needles=(" is for app ",),
        examples=("Account apn_Zz71Pq2 is for app 'hubspot_developer_app', expected 'hubspot'",),
    ),
    Rule(
        id="provider.unsupported",
        cause=C.AUTH_PROVIDER_INVALID,
        sub_cause="unsupported_source",
        origin="domains/auth_provider/providers",
        needles=(
            "not supported via",
            "not supported by composio",
            "not supported by pipedream",
            "does not expose credentials",
        ),
        actors=_PROVIDER,
        examples=("AuthProviderConfigError: Source 'coda' is not supported via Pipedream.",),
    ),
    Rule(
        id="provider.missing_fields",
        cause=C.AUTH_PROVIDER_INVALID,
        sub_cause="missing_fields",
        origin="domains/auth_provider/providers, domains/sources/token_providers/auth_provider.py",
        needles=(
            "missing required auth fields",
            "empty auth provider response",
            "from auth provider",
            "no usable credential in auth provider",
        ),
        unless=("unreachable", "rate-limit"),
        examples=(
            "TokenProviderMissingCredsError: Empty auth provider response for notion",
            "TokenRefreshError: No access token in credentials from auth provider",
        ),
    ),
    Rule(
        id="provider.answer_incomplete",
        cause=C.AUTH_PROVIDER_INVALID,
        sub_cause="missing_fields",
        origin="domains/auth_provider/providers/custom.py, token_providers/auth_provider.py",
        needles=("response missing", "missing required fields"),
        actors=_PROVIDER,
        unless=("unreachable", "rate-limit"),
        examples=("Custom endpoint response missing required fields for source 'zoom': ['access_token']",),
    ),
    Rule(
        id="provider.not_configured",
        cause=C.AUTH_PROVIDER_INVALID,
        sub_cause="provider_missing",
        origin="domains/sources/lifecycle.py",
        needles=("auth provider",),
        pattern=r"auth provider (?:connection )?(?:with readable_id )?'[^'\n]{0,80}' (?:not found"
        r"|has no integration credential)",
        examples=("Auth provider 'klavis' not found in registry",),
    ),
    Rule(
        id="provider.blocked_address",
        cause=C.AUTH_PROVIDER_INVALID,
        sub_cause="blocked_address",
        origin="domains/auth_provider/providers/custom.py, platform/utils/ssrf.py",
        needles=("ssrf", "blocked private", "blocked hostname", "blocked metadata", "blocked scheme"),
        actors=_PROVIDER,
        examples=("Custom endpoint URL blocked by SSRF policy: blocked private/loopback IP: 10.1.1.1",),
    ),
    *PROVIDER_DOWN,
    Rule(
        id="provider.key",
        cause=C.AUTH_PROVIDER_INVALID,
        sub_cause="provider_key",
        origin="domains/auth_provider/providers",
        actors=_PROVIDER,
        kinds=frozenset({Kind.UNAUTHORIZED, Kind.FORBIDDEN}),
        examples=(
            "Pipedream rejected client credentials (401)",
            "Composio API key is invalid or revoked",
            "HTTPStatusError: Client error '401 Unauthorized' for url 'https://backend.composio.dev/api/v3/x'",
        ),
    ),
    Rule(
        id="provider.other",
        cause=C.AUTH_PROVIDER_INVALID,
        origin="domains/auth_provider/providers",
        actors=_PROVIDER,
        examples=("AuthProviderConfigError: Custom auth provider requires a source_connection_id",),
        confidence=Confidence.MEDIUM,
    ),
)
