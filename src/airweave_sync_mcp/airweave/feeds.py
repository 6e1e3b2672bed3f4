"""Where lists come from: which path serves the organization's jobs, and whole lists out of pages."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

from airweave_sync_mcp.airweave.client import AirweaveClient, OrganizationJobsPath
from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.airweave.paging import pages
from airweave_sync_mcp.airweave.wire import Rows, WireConnection, WireJob

_NO_SUCH_FEED: Final = frozenset({404, 405, 500})
_ABOUT_THE_CALLER: Final = frozenset({ErrorCode.ORGANIZATION_UNKNOWN, ErrorCode.ORGANIZATION_MALFORMED})


async def probe(
    client: AirweaveClient, credential: Credential, *, wait_for_budget_s: float = 0.0
) -> OrganizationJobsPath | None:
    """Find the path that lists the organization's jobs; None if this server has none.

    Only 404, 405 or 500 to an unfiltered request condemns a path.

    Raises:
        AirweaveError: anything else; whether there is a feed is then still open.
    """
    for path in OrganizationJobsPath:
        try:
            await client.organization_jobs(credential, path=path, limit=1, wait_for_budget_s=wait_for_budget_s)
        except AirweaveError as error:
            if error.status not in _NO_SUCH_FEED or error.code in _ABOUT_THE_CALLER:
                raise
        else:
            return path
    return None


async def read_all_connections(
    client: AirweaveClient, credential: Credential, *, page: int = 1000, wait_for_budget_s: float = 0.0
) -> Rows[WireConnection]:
    """All source connections of the organization, each once."""

    async def fetch(skip: int, limit: int) -> Rows[WireConnection]:
        return await client.source_connections(credential, skip=skip, limit=limit, wait_for_budget_s=wait_for_budget_s)

    items: list[WireConnection] = []
    unreadable = 0
    async with aclosing(pages(fetch, page)) as rows:
        async for part in rows:
            items += part.items
            unreadable += part.unreadable
    return Rows(tuple(items), unreadable)


def organization_pages(
    client: AirweaveClient,
    credential: Credential,
    path: OrganizationJobsPath,
    *,
    statuses: Sequence[str] = (),
    page: int = 100,
    skip: int = 0,
    wait_for_budget_s: float = 0.0,
) -> AsyncGenerator[Rows[WireJob], None]:
    """The organization's jobs, newest first, page by page, without the first `skip` of them.

    Stop whenever enough is known (close it with `aclosing`).
    """

    async def fetch(further: int, limit: int) -> Rows[WireJob]:
        return await client.organization_jobs(
            credential,
            path=path,
            skip=skip + further,
            limit=limit,
            statuses=statuses,
            wait_for_budget_s=wait_for_budget_s,
        )

    return pages(fetch, page)
