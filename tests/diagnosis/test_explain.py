"""Explaining one record."""

from airweave_sync_mcp.diagnosis.explain import explain_record


def test_a_record_in_and_a_record_out():
    answer = explain_record(
        {"message": "SourceRateLimitError: Rate limited (429). Retry after 30.0s", "source_short_name": "asana"}
    )
    assert answer == {
        "cause": "source_rate_limited",
        "transient": True,
        "confidence": "high",
        "evidence": answer["evidence"],
        "who": "nobody",
        "fix": answer["fix"],
        "retry_after_s": 30.0,
    }
    assert any("Rate limited" in words for words in answer["evidence"])  # type: ignore[attr-defined]


def test_optional_fields_decide():
    refused = "Unauthorized (401) — credentials invalid or revoked. x"
    assert explain_record({"message": refused, "auth_method": "direct"})["cause"] == "api_key_invalid"
    assert explain_record({"message": refused, "source_short_name": "jira"})["cause"] == "oauth_reauth_required"
    assert explain_record({"message": refused, "error_category": "api_key_invalid"})["cause"] == "api_key_invalid"
    assert "connectivity" in str(explain_record({"message": "", "started": False})["nearest"])


def test_values_of_a_wrong_type_count_as_absent():
    answer = explain_record({"message": 7, "error_category": ["x"], "started": "no", "source_short_name": None})
    assert answer["cause"] == "unknown"
