"""What can go wrong between us and Airweave: one exception, told apart by a stable code."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable names of everything foreseen. They change only with a major version."""

    # Before anything is sent
    NO_KEY = "no_key"
    BAD_KEY = "bad_key"
    BUDGET_EXHAUSTED = "budget_exhausted"
    # Who asks
    UNAUTHORIZED = "unauthorized"
    KEY_REJECTED = "key_rejected"
    KEY_EXPIRED = "key_expired"
    ORGANIZATION_FORBIDDEN = "organization_forbidden"
    ORGANIZATION_REQUIRED = "organization_required"
    ORGANIZATION_UNKNOWN = "organization_unknown"
    ORGANIZATION_MALFORMED = "organization_malformed"
    FORBIDDEN = "forbidden"
    # What is asked
    ROUTE_NOT_FOUND = "route_not_found"
    NOT_FOUND = "not_found"
    NO_SYNC = "no_sync"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BAD_REQUEST = "bad_request"
    CONFLICT = "conflict"
    INVALID_ARGUMENT = "invalid_argument"
    UNREADABLE_ROW = "unreadable_row"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    # The server's side
    SERVER_ERROR = "server_error"
    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    # An answer that cannot be used
    NOT_JSON = "not_json"
    CUT_OFF = "cut_off"
    EMPTY_BODY = "empty_body"
    UNEXPECTED_ANSWER = "unexpected_answer"
    REDIRECTED = "redirected"
    # The way there
    DNS = "dns"
    TLS = "tls"
    REFUSED = "refused"
    RESET = "reset"
    CONNECT_TIMEOUT = "connect_timeout"
    TIMEOUT = "timeout"
    PROXY_ERROR = "proxy_error"
    NETWORK = "network"


class AirweaveError(Exception):
    """A request to Airweave that gave no usable answer.

    `message` says what was asked and what happened, `hint` what to do. `retryable` tells whether the same
    request may succeed later, `retry_after_s` after how many seconds, where that is known. `status` is the HTTP
    status, if there was an answer. `outcome_unknown` marks a write that may or may not have been carried out.
    `words` are Airweave's own, where it refused: at most 2,000 characters, not clean, and in no other text here.

    No text in it ever holds a credential, the body of a 500 or a URL with user data.
    """

    def __init__(
        self,
        *,
        code: ErrorCode,
        message: str,
        hint: str,
        retryable: bool = False,
        retry_after_s: float | None = None,
        status: int | None = None,
        outcome_unknown: bool = False,
        words: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        self.status = status
        self.outcome_unknown = outcome_unknown
        self.words = words

    @property
    def retry_advice(self) -> str:
        """One sentence: does trying again help, and when."""
        if self.outcome_unknown:
            return "It is not known whether this was carried out: look before trying again."
        if not self.retryable:
            return "Trying again without changing something does not help."
        if self.retry_after_s is None:
            return "Trying again later may help."
        return f"Trying again helps in {_seconds(self.retry_after_s)}."

    def __repr__(self) -> str:
        return f"AirweaveError(code={self.code.value!r}, status={self.status}, message={self.message!r})"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
