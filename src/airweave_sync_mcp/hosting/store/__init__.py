"""What replicas have in common, in a Redis or Valkey server: the memory, the request budget, and who reads what.

Without the server everything goes on in each process alone.
"""

from airweave_sync_mcp.hosting.store.health import StoreHealth, Trouble
from airweave_sync_mcp.hosting.store.keys import StoreKeys
from airweave_sync_mcp.hosting.store.opened import SharedStore, build_store, open_store
from airweave_sync_mcp.hosting.store.settings import KEY_VARIABLE, STORE, STORE_OPTIONS, StoreSettings, load_store

__all__ = [
    "KEY_VARIABLE",
    "STORE",
    "STORE_OPTIONS",
    "SharedStore",
    "StoreHealth",
    "StoreKeys",
    "StoreSettings",
    "Trouble",
    "build_store",
    "load_store",
    "open_store",
]
