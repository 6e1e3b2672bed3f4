"""Times and lengths of time, as programs and people read them."""

from datetime import UTC, datetime, timedelta
from typing import Final

_STEPS: Final = ((timedelta(days=2), 86400, "d"), (timedelta(hours=2), 3600, "h"), (timedelta(minutes=2), 60, "min"))


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC to the second, with Z."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(moment: datetime) -> str:
    """As `iso`, to the minute: for text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def moment(text: str | None) -> datetime | None:
    """What `iso` wrote."""
    return datetime.fromisoformat(text) if text else None


def span(seconds: float) -> str:
    """A length of time in its largest sensible unit: `45 s`, `12 min`, `7 h`, `3 d`."""
    length = timedelta(seconds=max(seconds, 0))
    for least, unit, name in _STEPS:
        if length >= least:
            return f"{length.total_seconds() / unit:.0f} {name}"
    return f"{length.total_seconds():.0f} s"


def age(moment: datetime, now: datetime) -> str:
    """How long ago: `2 h ago`."""
    seconds = (now - moment).total_seconds()
    return f"{span(seconds)} ago" if seconds >= 0 else f"in {span(-seconds)}"
