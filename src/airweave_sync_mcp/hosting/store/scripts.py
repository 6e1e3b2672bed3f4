"""The scripts that run in the store. Each is one atomic step there."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Protocol, cast

from redis.asyncio import Redis


class Script(Protocol):
    """Sends keys and arguments to a script, and the script itself where the store does not know it yet."""

    async def __call__(self, keys: Sequence[str], args: Sequence[str | int | bytes]) -> object: ...


def load_script(redis: Redis, name: str) -> Script:
    """The script `<name>.lua` beside this file."""
    text = files(__package__).joinpath(f"{name}.lua").read_text(encoding="utf-8")
    return cast("Script", redis.register_script(text))
