"""Explain one pasted error: a record in, a record out, both plain JSON values."""

from collections.abc import Mapping

from airweave_sync_mcp.diagnosis.classify import classify
from airweave_sync_mcp.diagnosis.symptom import Symptom


def explain_record(record: Mapping[str, object]) -> dict[str, object]:
    """Explain a record with `message` and optional `error_category`, `source_short_name`, `auth_method`, `started`.

    Values of another type than expected count as absent. The evidence is unmasked text from the source and has
    to pass the safety module before it is shown.
    """
    started = record.get("started")
    verdict = classify(
        Symptom(
            message=_text(record.get("message")),
            error_category=_text(record.get("error_category")),
            source=_text(record.get("source_short_name")),
            auth_method=_text(record.get("auth_method")),
            started=started if isinstance(started, bool) else None,
            status=_text(record.get("status")),
        )
    )
    answer: dict[str, object] = {
        "cause": verdict.cause.value,
        "transient": verdict.transient,
        "confidence": verdict.confidence.value,
        "evidence": list(verdict.evidence),
        "who": str(verdict.who),
        "fix": verdict.fix,
    }
    optional = {"sub_cause": verdict.sub_cause, "retry_after_s": verdict.retry_after_s, "nearest": verdict.nearest}
    return answer | {key: value for key, value in optional.items() if value is not None}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
