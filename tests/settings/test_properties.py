"""What holds for every combination: precedence, that a key stays with its address, and that it stays secret."""

import traceback
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.settings import OPTIONS, Option, Settings, SettingsError, load_settings

from .kit import CONFIG, DEFAULT, FILE_KEY, KEY, ORGANIZATION, OTHER_ORGANIZATION, write_config

VALUES = {
    "base_url": ("https://a.example.org", "https://b.example.org"),
    "organization_id": (ORGANIZATION, OTHER_ORGANIZATION),
    "feed": ("organization", "connections"),
    "concurrency": ("3", "5"),
    "deadline_s": ("7.5", "30"),
    "reserve": ("0.5", "0.1"),
    "log_level": ("debug", "error"),
}
ADDRESSES = (None, DEFAULT, "https://a.example.org", "https://b.example.org")


def field_of(settings: Settings, option: Option[object]) -> object:
    return settings.endpoint if option.name == "base_url" else getattr(settings, option.name)


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.name in VALUES], ids=lambda o: o.name)
def test_flags_go_before_environment_before_defaults(tmp_path: Path, option: Option[object]) -> None:
    by_flag, by_variable = VALUES[option.name]
    for flag, variable in product([False, True], repeat=2):
        environ = {"AIRWEAVE_API_KEY": KEY} | ({option.variable: by_variable} if variable else {})
        settings = load_settings({option.name: by_flag if flag else None}, environ, home=tmp_path)
        expected = option.parse(by_flag) if flag else option.parse(by_variable) if variable else option.default
        assert field_of(settings, option) == expected, (flag, variable)
        assert settings.origins[option.name] == (option.flag if flag else option.variable if variable else "default")


def access_combinations() -> Iterator[tuple[str | None, ...]]:
    """own key, flag's address, variable's address, file's key, file's address."""
    return product((None, KEY), ADDRESSES, ADDRESSES, (None, FILE_KEY), ADDRESSES)


def test_a_key_goes_only_where_it_belongs(tmp_path: Path) -> None:
    for combination in access_combinations():
        check_access(tmp_path, combination)


def check_access(tmp_path: Path, combination: tuple[str | None, ...]) -> None:
    own_key, flag_url, variable_url, file_key, file_url = combination
    write_config(tmp_path, {"api_key": file_key, "base_url": file_url})
    environ = {"AIRWEAVE_API_KEY": own_key or "", "AIRWEAVE_BASE_URL": variable_url or ""}
    own_url = flag_url or variable_url
    mixed = (own_key and not own_url and (file_url or DEFAULT) != DEFAULT) or (
        not own_key and file_key and own_url and own_url != (file_url or DEFAULT)
    )
    if mixed:
        with pytest.raises(SettingsError, match=r"set AIRWEAVE_(BASE_URL|API_KEY) to") as caught:
            load_settings({"base_url": flag_url}, environ, home=tmp_path, require_key=False)
        assert len(caught.value.problems) == 1
        return
    settings = load_settings({"base_url": flag_url}, environ, home=tmp_path, require_key=False)
    assert settings.endpoint.base_url == own_url or (
        not own_url and settings.endpoint.base_url == (file_url or DEFAULT)
    )
    if own_key or file_key:
        assert settings.credential().secret == (own_key or file_key)
        assert settings.origins["api_key"] == ("AIRWEAVE_API_KEY" if own_key else CONFIG)
    else:
        with pytest.raises(AirweaveError):
            settings.credential()


def test_an_organization_of_the_file_stays_with_its_login(tmp_path: Path) -> None:
    for combination in product([False, True], repeat=5):
        check_organization(tmp_path, combination)


def check_organization(tmp_path: Path, combination: tuple[bool, ...]) -> None:
    own_key, by_flag, by_variable, file_key, by_file = combination
    in_file = {"api_key": FILE_KEY if file_key else None, "organization_id": OTHER_ORGANIZATION if by_file else None}
    write_config(tmp_path, in_file)
    own = "11111111-2222-4333-8444-555555555555"
    environ = {
        "AIRWEAVE_API_KEY": KEY if own_key else "",
        "AIRWEAVE_ORGANIZATION_ID": ORGANIZATION if by_variable else "",
    }
    settings = load_settings({"organization_id": own if by_flag else None}, environ, home=tmp_path, require_key=False)
    of_file = OTHER_ORGANIZATION if by_file and not own_key else None
    assert settings.organization_id == (own if by_flag else ORGANIZATION if by_variable else of_file), combination


printable = st.characters(min_codepoint=0x21, max_codepoint=0x17F)
secrets = st.text(alphabet=printable, min_size=16, max_size=60).map("Zq9".__add__)  # never a word of ours


@st.composite
def environments(draw: st.DrawFn) -> tuple[str, dict[str, str], object, bool]:
    """A key that turns up in settings it belongs to and in ones it does not, and in a file, whole or not."""
    key = draw(secrets)
    shape = draw(st.sampled_from(["{}", " {} ", '"{}"', "Bearer {}", "https://{}@x.org", "{}\n{}"]))
    names = [option.variable for option in OPTIONS] + ["AIRWEAVE_API_KEY", "AIRWEAVE_SYNC_NONSENSE"]
    environ = dict.fromkeys(draw(st.sets(st.sampled_from(names))), shape.replace("{}", key))
    file = draw(
        st.one_of(
            st.fixed_dictionaries(
                {},
                optional=dict.fromkeys(
                    ("api_key", "access_token", "organization_id", "collection"), st.just(key) | st.just([key])
                ),
            ),
            st.just(f'{{"api_key": "{key}'),
            st.just([key]),
        )
    )
    return key, environ, file, draw(st.booleans())


@how(deadline=None)
@given(environments())
def test_a_key_is_never_shown(case: tuple[str, dict[str, str], object, bool]) -> None:
    key, environ, file, require_key = case
    with TemporaryDirectory() as directory:
        home = Path(directory)
        write_config(home, file)
        try:
            settings = load_settings({}, environ, home=home, require_key=require_key)
        except SettingsError as error:
            shown = [*error.problems, str(error), repr(error), *traceback.format_exception(error)]
        else:
            shown = [repr(settings), str(settings), *settings.warnings, repr(dict(settings.origins))]
            if require_key and not settings.demo:
                assert key in settings.credential().secret
            try:
                settings.credential()
            except AirweaveError as error:
                shown += [str(error), repr(error), error.hint, *traceback.format_exception(error)]
    assert not [text for text in shown if key in text]
