"""What decides besides the text: category, login, source, phase; and what a verdict carries."""

from datetime import UTC, datetime

import pytest

from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.classify import EVIDENCE_LENGTH, Symptom, classify, retry_after, symptom_of
from airweave_sync_mcp.diagnosis.explain import explain_record
from airweave_sync_mcp.history.model import Confidence, Connection, SyncJob

REFUSED = "SourceAuthError: Unauthorized (401) — credentials invalid or revoked. Unauthorized"
LINEAR_DOWN = (
    "SourceError: HTTP 400: [{'message': 'Internal server error', 'extensions': "
    "{'code': 'INTERNAL_SERVER_ERROR', 'userError': False}}]"
)
PAGE_REFUSED = (
    "SourceError: HTTP 400: {'code': 400, 'message': 'Invalid Value', 'errors': [{'reason': 'invalid', "
    "'location': 'pageToken', 'locationType': 'parameter'}]}"
)
DISPATCHER = "[EntityDispatcher] Handler(s) failed: destination[VespaDestination]: SyncFailureError: "


@pytest.mark.parametrize(
    ("symptom", "cause"),
    [
        (Symptom(message=REFUSED, source="gitlab"), C.OAUTH_REAUTH_REQUIRED),
        (Symptom(message=REFUSED, source="github"), C.API_KEY_INVALID),
        (Symptom(message=REFUSED, source="herb_people"), C.API_KEY_INVALID),
        (Symptom(message=REFUSED, source="github", auth_method="oauth_browser"), C.OAUTH_REAUTH_REQUIRED),
        (Symptom(message=REFUSED, source="gitlab", auth_method="direct"), C.API_KEY_INVALID),
        (Symptom(message=REFUSED, source="gitlab", auth_method="auth_provider"), C.AUTH_PROVIDER_INVALID),
        (Symptom(message=REFUSED, source="gitlab", error_category="api_key_invalid"), C.API_KEY_INVALID),
        (Symptom(message=REFUSED, error_category="auth_provider_account_gone"), C.AUTH_PROVIDER_INVALID),
        (Symptom(message="odd", error_category="oauth_credentials_expired"), C.OAUTH_REAUTH_REQUIRED),
    ],
)
def test_a_refused_login_goes_by_category_then_method_then_source(symptom: Symptom, cause: C):
    assert classify(symptom).cause is cause


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Unauthorized (401)", C.OAUTH_REAUTH_REQUIRED),
        ("invalid token", C.OAUTH_REAUTH_REQUIRED),
        ("SourceAuthError: nothing else", C.OAUTH_REAUTH_REQUIRED),
        ("Bad credentials", C.API_KEY_INVALID),
        ("SourceAuthError: Unauthorized (401) — credentials invalid or revoked. Bad credentials", C.API_KEY_INVALID),
    ],
)
def test_a_refused_login_of_unknown_kind_is_a_guess_and_says_so(text: str, cause: C):
    verdict = classify(Symptom(message=text))
    assert (verdict.cause, verdict.confidence == Confidence.HIGH) == (cause, False)
    assert "login method not known" in verdict.evidence
    assert not any(words.startswith("login: ") for words in verdict.evidence)
    assert "OAuth" in verdict.fix
    assert "key" in verdict.fix


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("OAuth refresh failed", C.OAUTH_REAUTH_REQUIRED),
        ("Invalid API key", C.API_KEY_INVALID),
        ("Token endpoint returned 401: x", C.OAUTH_REAUTH_REQUIRED),
    ],
)
def test_words_tell_the_login_too(text: str, cause: C):
    verdict = classify(Symptom(message=text))
    assert (verdict.cause, "login method not known" in verdict.evidence) == (cause, False)


@pytest.mark.parametrize("before", ["", "Token endpoint returned 401: "])
def test_an_expired_client_secret_is_the_apps(before: str):
    text = f"{before}AADSTS7000222: The provided client secret keys for app 'x' are expired."
    bare = classify(Symptom(message=text))
    assert (bare.cause, bare.sub_cause) == (C.OAUTH_REAUTH_REQUIRED, "oauth_client_secret")
    app_only = classify(Symptom(message=text, source="sharepoint_online_app"))
    assert (app_only.cause, app_only.sub_cause) == (C.API_KEY_INVALID, None)


@pytest.mark.parametrize(
    "text",
    [
        "AuthProviderRateLimitError: Composio API rate-limited",
        "AuthProviderServerError: Pipedream API returned 503 while fetching account",
        "Custom endpoint unreachable: timed out",
    ],
)
def test_an_outage_outweighs_the_category(text: str):
    verdict = classify(Symptom(message=text, error_category="auth_provider_credentials_invalid"))
    assert (verdict.cause, verdict.transient) == (C.AUTH_SERVICE_TRANSIENT, True)
    assert verdict.confidence is Confidence.MEDIUM
    assert any("overruled" in words for words in verdict.evidence)


@pytest.mark.parametrize("text", [None, "", "  \n"])
def test_no_text(text: str | None):
    assert classify(Symptom(message=text)).cause is C.UNKNOWN
    assert classify(Symptom(message=text, status="cancelled")).cause is C.CANCELLED
    assert classify(Symptom(message=text, error_category="api_key_invalid")).cause is C.API_KEY_INVALID
    early = classify(Symptom(message=text, started=False))
    assert early.transient
    assert early.nearest
    assert "connectivity" in early.nearest


def test_cancelled_by_cleanup_is_not_a_person():
    text = "Cancelled by cleanup job (stuck in transitional state)"
    assert classify(Symptom(message=text, status="cancelled")).cause is C.WORKER_LOST_OR_STUCK


def test_a_refused_login_without_words():
    empty = "Validation failed for source 'gmail': credential validation failed: "
    assert classify(Symptom(message=empty, source="gmail")).cause is C.OAUTH_REAUTH_REQUIRED
    assert classify(Symptom(message=empty, source="github")).cause is C.API_KEY_INVALID


def test_wrappers_are_evidence():
    verdict = classify(Symptom(message=DISPATCHER + "Destination unavailable: ReadTimeout: (empty error message)"))
    assert verdict.cause is C.DESTINATION_FAILED
    assert any(words.startswith("wrapped in: [EntityDispatcher]") for words in verdict.evidence)


def test_the_first_of_two_handlers_decides_and_the_second_is_mentioned():
    text = DISPATCHER + "Destination unavailable: ReadTimeout: x, arf: SyncFailureError: [ARF] insert failed: disk full"
    verdict = classify(Symptom(message=text))
    assert verdict.cause is C.DESTINATION_FAILED
    assert any(words.startswith("also: arf: SyncFailureError") for words in verdict.evidence)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("KeyError: '401 Unauthorized'", C.CONNECTOR_BUG),
        ("ValueError: Branch 'fix/timeout-429' not found in repository 'a/b'", C.SOURCE_CONFIG_INVALID),
        ("Server error (503) while downloading 401 Unauthorized.pdf: x", C.SOURCE_UNAVAILABLE),
        ("Rate limited (429) while downloading Forbidden (403).txt. Retry after 5.0s", C.SOURCE_RATE_LIMITED),
        ("RuntimeError: item 'Rate limit exceeded.docx' rejected", C.UNKNOWN),
        ("ValueError: processed 500 of 502 rows on port 5432 in 429 seconds", C.UNKNOWN),
        ("SyncFailureError: expected 401 got 403", C.UNKNOWN),
    ],
)
def test_names_and_bare_numbers_do_not_count(text: str, cause: C):
    assert classify(Symptom(message=text, source="notion")).cause is cause


BODIES = [
    "deadlock detected", "out of memory", "Cancelled by user", "No module named x", "openai", "Redis down",
    "invalid token", "Internal Server Error", "timed out", "Project 'x' does not exist", "certificate verify failed",
    "<html><title>502 Bad Gateway</title></html>", "{'code': 500, 'message': 'x'}", "user cancelled the request",
]  # fmt: skip
HEADS = {
    "SourceAuthError: Unauthorized (401) — credentials invalid or revoked. {}": C.OAUTH_REAUTH_REQUIRED,
    "SourceEntityForbiddenError: Forbidden (403): {}": C.SOURCE_PERMISSION_DENIED,
    "SourceEntityNotFoundError: Not found (404): {}": C.SOURCE_CONFIG_INVALID,
    "SourceRateLimitError: Rate limited (429). Retry after 30.0s {}": C.SOURCE_RATE_LIMITED,
    "SourceServerError: Server error (500): {}": C.SOURCE_UNAVAILABLE,
    "SourceError: HTTP 422: {}": C.CONNECTOR_BUG,
    "Token endpoint returned 400: {}": C.OAUTH_REAUTH_REQUIRED,
    "Token endpoint unreachable: {}": C.AUTH_SERVICE_TRANSIENT,
    "Composio API unreachable: {}": C.AUTH_SERVICE_TRANSIENT,
    DISPATCHER + "Destination failed: RuntimeError: {}": C.DESTINATION_FAILED,
    DISPATCHER + "[ChunkEmbedProcessor] SemanticChunker failed: {}": C.EMBEDDING_FAILED,
    "SyncFailureError: [ARF] insert failed: {}": C.STORAGE_OR_FILE_ERROR,
    "SyncFailureError: [EntityDispatcher] PostgreSQL failed: {}": C.DATABASE_ERROR,
    "1 validation error for NotionConfig\nx\n  Value error, {}": C.SOURCE_CONFIG_INVALID,
    "1 validation error for NotionPageEntity\nx\n  Value error, {}": C.CONNECTOR_BUG,
}


@pytest.mark.parametrize(("head", "cause"), HEADS.items())
def test_what_the_platform_wrote_decides_whatever_follows(head: str, cause: C):
    found = {body: classify(Symptom(message=head.format(body), source="notion")).cause for body in BODIES}
    assert found == dict.fromkeys(BODIES, cause)


def test_traceback_frames_do_not_count():
    text = (
        "Traceback (most recent call last):\n"
        '  File "/app/sources/github.py", line 401, in _handle_rate_limit\n'
        "    raise_for_unauthorized(response)\n"
        "airweave.domains.sources.exceptions.SourceServerError: Server error (500): x"
    )
    assert classify(Symptom(message=text, source="github")).cause is C.SOURCE_UNAVAILABLE


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("rate limited (429). retry after 30.0s", 30.0),
        ("linear ratelimited (400). retry after 3600s", 3600.0),
        ("please try again in 180ms.", 0.18),
        ("please try again in 1m30s", 90.0),
        ("source rate limit exceeded for x. retry after 8.4 seconds", 8.4),
        ("please wait 2 minutes", 120.0),
        ("retry-after: 17", 17.0),
        ("reset in 22 seconds", 22.0),
        ("retry after 2026-04-23t00:00:00z", None),
        ("too many requests", None),
        ("retry 5 of 7", None),
    ],
)
def test_retry_after(text: str, seconds: float | None):
    assert retry_after(text) == pytest.approx(seconds)


def test_advice_fits_sub_cause_source_and_method():
    secret = classify(Symptom(message="Token endpoint returned 401: AADSTS7000222: The secret is expired"))
    assert (secret.sub_cause, secret.who) == ("oauth_client_secret", "operator")
    token = classify(Symptom(message=REFUSED, source="notion", auth_method="oauth_token"))
    assert "token only" in token.fix
    hidden = classify(Symptom(message="Not found (404): Not Found", source="github"))
    assert "no access" in hidden.fix
    inside = classify(Symptom(message="ConnectError: [Errno 111] Connection refused", source="gitlab"))
    assert "firewall" in inside.fix


def test_a_passing_failure_waits_for_nobody():
    passing = classify(Symptom(message="APITimeoutError: Request timed out."))
    lasting = classify(Symptom(message="Text at index 0 is empty or blank"))
    assert (passing.who, lasting.who) == ("nobody", "operator")


def test_unknown_says_where_to_look():
    verdict = classify(Symptom(message="RuntimeError: the login widget misbehaved"))
    assert verdict.cause is C.UNKNOWN
    assert verdict.confidence is Confidence.LOW
    assert verdict.nearest
    assert verdict.nearest.startswith("credentials")


def test_evidence_is_short():
    verdict = classify(Symptom(message=DISPATCHER + "x" * 500 + ": Destination unavailable: " + "y" * 5000))
    assert verdict.evidence
    assert all(len(words) <= EVIDENCE_LENGTH for words in verdict.evidence)


def test_the_end_of_a_long_text_counts():
    assert classify(Symptom(message="lorem " * 50_000 + "\nMemoryError: no")).cause is C.WORKER_LOST_OR_STUCK


def test_symptom_of_a_job():
    job = SyncJob(
        id="1", status="failed", error="x", error_category="api_key_invalid", inserted=0, updated=2, deleted=0
    )
    connection = Connection(id="2", name="n", source="github", collection="c", status="error", auth_method="direct")
    symptom = symptom_of(job, connection)
    assert (symptom.source, symptom.auth_method, symptom.error_category) == ("github", "direct", "api_key_invalid")
    assert (symptom.started, symptom.wrote, symptom.status) == (False, True, "failed")
    bare = symptom_of(SyncJob(id="1", status="running", started_at=datetime(2026, 4, 1, tzinfo=UTC)), None)
    assert (bare.source, bare.started, bare.wrote) == (None, True, None)


def test_an_exception_group_is_told_by_what_it_holds():
    text = """ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  + Exception Group Traceback (most recent call last):
  |   File "/app/airweave/orchestrator.py", line 233, in _process_entities
  |     raise Timeout("401 Unauthorized")
  +-+---------------- 1 ----------------
    | airweave.domains.usage.UsageLimitExceededError: Usage limit exceeded for entities: 50001/50000
    +------------------------------------
"""
    assert classify(Symptom(message=text)).cause is C.USAGE_OR_BILLING_LIMIT


@pytest.mark.parametrize(
    ("operation", "source", "cause"),
    [
        ("ListObjectsV2", "s3", C.SOURCE_PERMISSION_DENIED),
        ("PutObject", "s3", C.STORAGE_OR_FILE_ERROR),
        ("GetObject", "github", C.STORAGE_OR_FILE_ERROR),
    ],
)
def test_a_bucket_is_the_source_where_it_is_read_and_the_source_is_one(operation: str, source: str, cause: C):
    text = f"ClientError: An error occurred (AccessDenied) when calling the {operation} operation: Access Denied"
    assert classify(Symptom(message=text, source=source)).cause is cause


@pytest.mark.parametrize(
    ("text", "source", "cause", "transient"),
    [
        (LINEAR_DOWN, "linear", C.SOURCE_UNAVAILABLE, True),
        (PAGE_REFUSED, "google_slides", C.CURSOR_EXPIRED, False),
        (
            "Your plan does not include this feature. Upgrade your Airweave plan",
            None,
            C.USAGE_OR_BILLING_LIMIT,
            False,
        ),
        ("Your plan does not include API access. Upgrade your plan", "asana", C.SOURCE_PERMISSION_DENIED, False),
        ("KeyError: 'AIRWEAVE_ENCRYPTION_KEY'", None, C.PLATFORM_MISCONFIGURED, False),
        ("KeyError: 'encryption'", None, C.CONNECTOR_BUG, False),
        ('FATAL: no pg_hba.conf entry for host "10.0.0.1", user "r"', None, C.SOURCE_PERMISSION_DENIED, False),
        ("ResourceNotFoundError: The specified container does not exist.", None, C.STORAGE_OR_FILE_ERROR, False),
        ("The refresh token has been used already", None, C.OAUTH_REAUTH_REQUIRED, False),
        ("This account does not have scope crm.objects.deals.read", None, C.SOURCE_PERMISSION_DENIED, False),
        (
            "Could not find page with ID: 2b6d. Make sure the relevant pages are shared with your integration.",
            None,
            C.SOURCE_CONFIG_INVALID,
            False,
        ),
        ("API_CURRENTLY_DISABLED", "salesforce", C.SOURCE_PERMISSION_DENIED, False),
        (
            "This method requires billing to be enabled on the Google Cloud project",
            None,
            C.SOURCE_PERMISSION_DENIED,
            False,
        ),
        ("423 resourceLocked", "onedrive", C.SOURCE_UNAVAILABLE, True),
        ("Conflict occurred while saving. Please try again.", "notion", C.SOURCE_UNAVAILABLE, True),
        ("'account_id' is a required property", None, C.SOURCE_CONFIG_INVALID, False),
        (
            "VespaError: [{'code': 8, 'message': 'Backend communication error'}]",
            None,
            C.DESTINATION_FAILED,
            True,
        ),
        ("Cloudflare 522: Connection timed out", None, C.SOURCE_UNAVAILABLE, True),
        ("Der Server ist vorübergehend nicht erreichbar (503)", None, C.SOURCE_UNAVAILABLE, True),
        ("Connection pool is full, discarding connection: api.github.com", None, C.NETWORK_ERROR, True),
        ("Account locked due to too many failed login attempts", "github", C.API_KEY_INVALID, False),
        ("tiktoken: could not download encoding o200k_base", None, C.PLATFORM_MISCONFIGURED, False),
    ],
)
def test_texts_met_later(text: str, source: str | None, cause: C, transient: bool):
    verdict = classify(Symptom(message=text, source=source))
    assert (verdict.cause, verdict.transient) == (cause, transient)


def test_a_status_that_decided_with_the_words_is_evidence_too() -> None:
    text = "HTTPStatusError: Client error '410 Gone' for url 'https://graph.microsoft.com/v1.0/root/delta(token='a')'"
    answer = explain_record({"message": text, "source_short_name": "sharepoint_online"})

    assert answer["cause"] == "cursor_expired"
    assert answer["evidence"] == ["Client error '410 Gone'", "delta(token="]
