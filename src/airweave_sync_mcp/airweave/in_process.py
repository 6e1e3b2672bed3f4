"""An Airweave in this process, in place of the network."""

import httpx
from starlette.types import ASGIApp


def in_process(app: ASGIApp) -> httpx.AsyncBaseTransport:
    """A transport that hands requests to an ASGI application, such as the demo's."""
    return httpx.ASGITransport(app=app)
