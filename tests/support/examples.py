"""How many examples property tests try: few, as they run often; many with `--hypothesis-profile=thorough`."""

from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st

THOROUGH: Final = "thorough"
QUICK: Final = "quick"
_MORE: Final = 20

CHARACTERS: Final = st.characters(exclude_categories=["Cs"])
"""What texts are of by default, said so that finding out what UTF-8 can hold does not take seconds in a fresh clone."""


def register_profiles() -> None:
    """Make both known to hypothesis, the quick one in force."""
    settings.register_profile(QUICK, max_examples=25, deadline=None)
    settings.register_profile(THOROUGH, max_examples=25 * _MORE, deadline=None)
    settings.load_profile(QUICK)


def examples(usual: int, **more: Any) -> settings:
    """So many examples, and many more in the thorough profile."""
    factor = _MORE if settings.get_current_profile_name() == THOROUGH else 1
    return settings(max_examples=usual * factor, deadline=None, **more)
