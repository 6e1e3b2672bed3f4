"""A small Airweave on a real port that counts what it is asked, for replicas in processes of their own."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import anyio

from tests.hosting.kit import served

CONNECTIONS = 12
JOBS = 5
SECONDS = 0.1
"""How long every answer takes, so that replicas that ask at once really do."""


def an_id(*parts: object) -> str:
    return str(uuid5(NAMESPACE_OID, repr(parts)))


def jobs_of(key: str) -> list[str]:
    """The ids of all jobs that a key may see."""
    return sorted(an_id(key, number, job) for number in range(CONNECTIONS) for job in range(JOBS))


class Upstream:
    """An ASGI app. Every key has connections and jobs of its own."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        key, path = headers.get(b"x-api-key", b"").decode(), scope["path"]
        self.asked[key, path] += 1
        await anyio.sleep(SECONDS)
        status, body = self._answer(key, path)
        sent = [(b"content-type", b"application/json"), (b"ratelimit-limit", b"0"), (b"ratelimit-remaining", b"9999")]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    def _answer(self, key: str, path: str) -> tuple[int, object]:
        ids = {an_id(key, number): number for number in range(CONNECTIONS)}
        match path.strip("/").split("/"):
            case ["source-connections"]:
                return 200, [_connection(one, number) for one, number in ids.items()]
            case ["source-connections", one, "jobs"] if one in ids:
                return 200, [_job(an_id(key, ids[one], number), one, number) for number in range(JOBS)]
            case _:
                return 404, {"detail": "Not Found"}


def _connection(one: str, number: int) -> dict[str, object]:
    return {
        "id": one, "name": f"Connection {number}", "short_name": "github", "readable_collection_id": "finance-h7935",
        "status": "active", "created_at": "2026-11-01T00:00:00", "modified_at": "2026-11-01T00:00:00",
        "is_authenticated": True, "entity_count": 5, "auth_method": "direct", "federated_search": False,
    }  # fmt: skip


def _job(job: str, connection: str, number: int) -> dict[str, object]:
    day = f"2026-11-{10 + number}"
    return {
        "id": job, "source_connection_id": connection, "status": "completed", "started_at": f"{day}T01:00:00",
        "completed_at": f"{day}T01:05:00", "duration_seconds": 300.0, "entities_inserted": 1, "entities_updated": 0,
        "entities_deleted": 0, "entities_failed": 0, "error": None,
    }  # fmt: skip


@contextmanager
def serving(app: Upstream) -> Iterator[str]:
    """Serve it in a thread; gives its address."""
    with served(app) as server:
        yield server.url
