"""Secrets masked, untrusted text bounded, disarmed and fenced. Everything that leaves the process passes through here.

Pieces of foreign text pass `clean`, `one_line`, `quote` or `fence`; structures pass `safe_tree`; log handlers get a
`SafeFormatter` or `SafeFilter`. A finished answer may pass `Cleaner.mask` once more, but not `clean`, which would
take our own fences apart.
"""

from airweave_sync_mcp.safety.cleaner import (
    Cleaner,
    clean,
    fence,
    mask_secrets,
    new_nonce,
    one_line,
    quote,
    safe_tree,
)
from airweave_sync_mcp.safety.logs import SafeFilter, SafeFormatter

__all__ = [
    "Cleaner",
    "SafeFilter",
    "SafeFormatter",
    "clean",
    "fence",
    "mask_secrets",
    "new_nonce",
    "one_line",
    "quote",
    "safe_tree",
]
