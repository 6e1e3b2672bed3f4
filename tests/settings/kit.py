"""Homes with an Airweave CLI's file in them."""

import json
from pathlib import Path

KEY = "key-of-the-environment-1a2b3c"
FILE_KEY = "key-of-the-file-4d5e6f"
DEFAULT = "https://api.airweave.ai"
CONFIG = "~/.airweave/config.json"
ORGANIZATION = "28a31c70-7ffa-4a22-bd4e-3ab5b2c84170"
OTHER_ORGANIZATION = "9f0e8d7c-1111-4222-8333-abcdefabcdef"


def write_config(home: Path, content: object, *, mode: int = 0o600, directory_mode: int = 0o700) -> Path:
    """As the CLI writes it; a string or bytes are written as they are."""
    path = home / ".airweave" / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = content if isinstance(content, str | bytes) else json.dumps(content)
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    path.chmod(mode)
    path.parent.chmod(directory_mode)
    return path
