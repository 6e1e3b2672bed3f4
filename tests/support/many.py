"""An Airweave with very many connections, which costs next to nothing to ask: all answers are made beforehand."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import NAMESPACE_OID, uuid5

from tests.support.world import NOW

EVERY = timedelta(hours=4)
"""How often each connection runs."""

_ERRORS = (
    ("SourceRateLimitError: Rate limited (429) while listing pages. Retry after 30.0s", None),
    ("ReadTimeout: The read operation timed out", None),
    ("TokenRefreshError: invalid_grant: Token has been expired or revoked.", "oauth_credentials_expired"),
)


@dataclass
class ManyAirweave:
    """`connections` connections with `jobs` jobs each; every seventh connection fails now, every tenth job failed."""

    connections: int = 1000
    jobs: int = 100
    requests: int = 0
    _list: list[bytes] = field(default_factory=list)
    _rows: dict[str, list[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number in range(self.connections):
            connection = str(uuid5(NAMESPACE_OID, f"connection/{number}"))
            self._list.append(_dump(_connection(number, connection)))
            self._rows[connection] = [_dump(_job(number, connection, age)) for age in range(self.jobs)]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.requests += 1
        status, body = self._answer(scope["path"], parse_qs(scope["query_string"].decode()))
        head = [(b"content-type", b"application/json"), (b"ratelimit-limit", b"0"), (b"ratelimit-remaining", b"9999")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        skip, limit = (int(query.get(name, [default])[0]) for name, default in (("skip", "0"), ("limit", "100")))
        parts = path.strip("/").split("/")
        if parts == ["source-connections"]:
            return 200, _array(self._list[skip : skip + limit])
        if len(parts) == 3 and parts[1] in self._rows:
            return 200, _array(self._rows[parts[1]][:limit])
        return 404, b'{"detail":"Not Found"}'


def fails(number: int, age: int) -> bool:
    """Whether the connection's run of this age failed; 0 is the newest."""
    return number % 7 == 0 if age == 0 else (number + age) % 10 == 0


def _connection(number: int, connection: str) -> dict[str, Any]:
    error = _ERRORS[number % 3][1]
    return {
        "id": connection,
        "name": f"Connection {number:04}",
        "short_name": ("github", "notion", "google_drive")[number % 3],
        "readable_collection_id": f"collection-{number % 20}",
        "created_at": _time(NOW - timedelta(days=400) - timedelta(seconds=number)),
        "modified_at": _time(NOW - timedelta(days=400)),
        "is_authenticated": True,
        "entity_count": 1000 + number,
        "federated_search": False,
        "auth_method": "oauth_browser",
        "status": ("needs_reauth" if error else "error") if fails(number, 0) else "active",
    }


def _job(number: int, connection: str, age: int) -> dict[str, Any]:
    start = NOW - timedelta(minutes=5, seconds=number) - age * EVERY
    failed = fails(number, age)
    error, category = _ERRORS[number % 3] if failed else (None, None)
    return {
        "id": str(uuid5(NAMESPACE_OID, f"job/{number}/{age}")),
        "source_connection_id": connection,
        "status": "failed" if failed else "completed",
        "started_at": _time(start),
        "completed_at": None if failed else _time(start + timedelta(seconds=90 + number % 60)),
        "duration_seconds": None if failed else 90.0 + number % 60,
        "entities_inserted": 0 if failed else age % 9,
        "entities_updated": 0 if failed else age % 5,
        "entities_deleted": 0,
        "entities_failed": 0,
        "error": error,
        "error_category": category,
        "error_details": None,
    }


def _time(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat()


def _dump(row: dict[str, Any]) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode()


def _array(rows: list[bytes]) -> bytes:
    return b"[" + b",".join(rows) + b"]"
