"""An embedded Airweave to try everything against: realistic, deterministic, no key and no network.

It answers like recordings of real servers, in the generation asked for, and imports nothing else of this
package. `build_demo()` gives it; serve its `app` in process (`httpx.ASGITransport`) or on a port.
"""

from .app import DemoAirweave, DemoRequest, build_demo
from .options import DEMO_API_KEY, DEMO_EXPIRED_KEY, DemoOptions, Generation, Temporal

__all__ = [
    "DEMO_API_KEY",
    "DEMO_EXPIRED_KEY",
    "DemoAirweave",
    "DemoOptions",
    "DemoRequest",
    "Generation",
    "Temporal",
    "build_demo",
]
