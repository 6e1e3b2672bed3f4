"""How many examples property tests try: few, as they run often; many with `--hypothesis-profile=thorough`."""

from typing import Any, Final

from hypothesis import settings

THOROUGH: Final = "thorough"
QUICK: Final = "quick"
_MORE: Final = 20


def register_profiles() -> None:
    """Make both known to hypothesis, the quick one in force."""
    settings.register_profile(QUICK, max_examples=25, deadline=None)
    settings.register_profile(THOROUGH, max_examples=25 * _MORE, deadline=None)
    settings.load_profile(QUICK)


def examples(usual: int, **more: Any) -> settings:
    """So many examples, and many more in the thorough profile."""
    factor = _MORE if settings.get_current_profile_name() == THOROUGH else 1
    return settings(max_examples=usual * factor, deadline=None, **more)
