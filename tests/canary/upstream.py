"""An Airweave whose every text field holds something nasty."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.world import NOW, Clock, World, app_core

HARMLESS = "Just a text"


@dataclass
class Upstream:
    """Answers like the current generation; connection n has `texts[n]` in all its text fields.

    With `refuse` every request is answered by that status, the text of the first connection as its reason.
    """

    texts: list[str]
    refuse: int | None = None
    requests: list[str] = field(default_factory=list)

    @cached_property
    def ids(self) -> list[str]:
        return [str(uuid5(NAMESPACE_URL, f"connection {number}")) for number in range(len(self.texts))]

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/source-connections", self._list),
                Route("/source-connections/{id}", self._detail),
                Route("/source-connections/{id}/jobs", self._jobs),
                Route("/{path:path}", self._missing),
            ]
        )

    def world(self) -> World:
        clock = Clock()
        return World(clock=clock, core=app_core(self.app(), clock))

    def _note(self, request: Request) -> Response | None:
        self.requests.append(f"{request.url.path}?{request.url.query}")
        if self.refuse is None:
            return None
        text = self.texts[0]
        body: dict[str, Any] = {"errors": [{"query.limit": text}]} if self.refuse == 422 else {"detail": text}
        return JSONResponse(body, self.refuse, headers={"retry-after": "3600"})

    async def _list(self, request: Request) -> Response:
        if refusal := self._note(request):
            return refusal
        skip, limit = int(request.query_params.get("skip", 0)), int(request.query_params["limit"])
        return JSONResponse([self._connection(number) for number in range(len(self.texts))][skip : skip + limit])

    async def _detail(self, request: Request) -> Response:
        if refusal := self._note(request):
            return refusal
        number = self.ids.index(request.path_params["id"])
        text = self.texts[number]
        return JSONResponse(
            self._connection(number)
            | {
                "organization_id": str(uuid5(NAMESPACE_URL, "organization")),
                "description": text,
                "auth": {"method": text, "authenticated": True, "provider_readable_id": text, "claim_token": text},
                "config": {"password": text},
                "schedule": {"cron": text, "next_run": text},
                "sync": {"last_job": self._job(number, 0)},
                "sync_id": text,
                "error_category": text,
                "error_message": text,
                "provider_settings_url": text,
                "provider_short_name": text,
            }
        )

    async def _jobs(self, request: Request) -> Response:
        if refusal := self._note(request):
            return refusal
        number = self.ids.index(request.path_params["id"])
        return JSONResponse([self._job(number, place) for place in range(4)])

    async def _missing(self, request: Request) -> Response:
        return self._note(request) or JSONResponse({"detail": "Not Found"}, 404)

    def _connection(self, number: int) -> dict[str, Any]:
        text = self.texts[number]
        return {
            "id": self.ids[number],
            "name": text,
            "short_name": text,
            "readable_collection_id": text,
            "created_at": "2026-01-01T00:00:00",
            "is_authenticated": True,
            "auth_method": text,
            "status": "error",
        }

    def _job(self, number: int, place: int) -> dict[str, Any]:
        text = self.texts[number]
        started = (NOW - timedelta(hours=2 + 4 * place + number / 100)).isoformat()
        job = {
            "id": str(uuid5(NAMESPACE_URL, f"job {number} {place}")),
            "source_connection_id": self.ids[number],
            "started_at": started,
            "entities_inserted": 5,
            "entities_encountered": {text: 3},
            "sync_name": text,
            "created_by_email": text,
        }
        match place:
            case 0:
                return job | {"status": "failed", "error": text, "error_category": text, "error_details": {"why": text}}
            case 1:
                return job | {"status": "failed", "started_at": None, "error": f"Traceback:\n{text}\n{text}"}
            case 2:
                # A status is lower-cased when it is read, which takes the meaning out of terminal sequences.
                return job | {"status": "odd" if "\x1b" in text else text, "error": text}
            case _:
                return job | {"status": "completed", "completed_at": started, "error": text}
