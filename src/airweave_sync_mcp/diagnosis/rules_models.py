"""Rules for pydantic models that refuse their values: which model it is tells what is wrong."""

from typing import Final

from airweave_sync_mcp.diagnosis.actors import Login
from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.rule import Rule
from airweave_sync_mcp.diagnosis.symptom import Symptom
from airweave_sync_mcp.history.model import Confidence

_KEY = frozenset({Login.KEY})
_NOT_KEY = frozenset({Login.OAUTH, Login.PROVIDER})

MODELS: Final = (
    Rule(
        id="deploy.settings",
        cause=C.PLATFORM_MISCONFIGURED,
        sub_cause="setting_missing",
        origin="core/config.py (pydantic-settings)",
        needles=("for settings",),
        pattern=r"validation errors? for settings\b",
        examples=("1 validation error for Settings\nENCRYPTION_KEY\n  Field required",),
    ),
    Rule(
        id="key.malformed",
        cause=C.API_KEY_INVALID,
        sub_cause="malformed",
        origin="platform/configs/auth.py (pydantic)",
        needles=("auth config", "authconfig"),
        pattern=r"validation errors? for \w{0,80}auth ?config",
        logins=_KEY,
        examples=(
            Symptom(message="1 validation error for StripeAuthConfig\napi_key\n  Value error, ...", source="stripe"),
        ),
    ),
    Rule(
        id="oauth.malformed",
        cause=C.OAUTH_REAUTH_REQUIRED,
        origin="platform/configs/auth.py (pydantic)",
        needles=("authconfig",),
        pattern=r"validation errors? for \w{0,80}authconfig",
        logins=_NOT_KEY,
        examples=(
            Symptom(
                message="1 validation error for GoogleDriveAuthConfig\naccess_token\n  Field required",
                source="google_drive",
            ),
        ),
    ),
    Rule(
        id="oauth.token_answer",
        cause=C.OAUTH_REAUTH_REQUIRED,
        sub_cause="revoked",
        origin="domains/oauth: 200 with an error inside (Zoho)",
        needles=("oauth2tokenresponse",),
        examples=("1 validation error for OAuth2TokenResponse\naccess_token\n  Field required",),
    ),
    Rule(
        id="cursor.model",
        cause=C.CURSOR_EXPIRED,
        sub_cause="unreadable",
        origin="platform/cursors (pydantic): the stored cursor does not fit this release",
        needles=("cursor",),
        pattern=r"validation errors? for \w{0,80}cursor\b",
        examples=("1 validation error for GitHubCursor\nbranch\n  Field required [type=missing]",),
    ),
    Rule(
        id="config.model",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="field",
        origin="platform/configs/config.py (pydantic)",
        needles=("config",),
        pattern=r"validation errors? for \w{0,80}config\b",
        examples=("1 validation error for SharePoint2019V2Config\nsite_url\n  Field required",),
    ),
    Rule(
        id="connector.entity",
        cause=C.CONNECTOR_BUG,
        sub_cause="bad_object",
        origin="platform/entities (pydantic): one object does not fit",
        needles=("validation error",),
        pattern=r"validation errors? for \w{0,80}entity\b",
        examples=("ValidationError: 1 validation error for MondayItemEntity\nname\n  Input should be a valid string",),
    ),
    Rule(
        id="connector.other_model",
        cause=C.CONNECTOR_BUG,
        sub_cause="bad_object",
        origin="pydantic: a model of neither configuration, credentials nor cursor",
        needles=("validation error",),
        pattern=r"\d validation errors? for \w",
        examples=("1 validation error for NotionBlock\ntype\n  Field required",),
        confidence=Confidence.MEDIUM,
    ),
)
