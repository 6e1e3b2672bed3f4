"""An approval is good for one call: whoever claims it first has it."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, Protocol

DEFAULT_LIMIT: Final = 100_000


class Claims(Protocol):
    """What was used up. Replicas that serve the same clients share one."""

    async def claim(self, name: str) -> bool:
        """True for whoever claims a name first, False for everybody after. Atomic; kept for 15 minutes or more."""


@dataclass(slots=True)
class LocalClaims:
    """Claims within one process; of too many the oldest are forgotten."""

    limit: int = DEFAULT_LIMIT
    _claimed: OrderedDict[str, None] = field(default_factory=OrderedDict)

    async def claim(self, name: str) -> bool:
        if name in self._claimed:
            return False
        self._claimed[name] = None
        if len(self._claimed) > self.limit:
            self._claimed.popitem(last=False)
        return True
