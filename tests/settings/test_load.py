from pathlib import Path

import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.settings import OPTIONS, FeedMode, LogLevel, Settings, SettingsError, load_settings

from .kit import CONFIG, DEFAULT, FILE_KEY, KEY, ORGANIZATION, write_config


def problems(flags: dict[str, str | None], environ: dict[str, str], home: Path, **kwargs: bool) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(flags, environ, home=home, **kwargs)
    return caught.value.problems


def test_a_key_is_all_that_is_needed(tmp_path: Path) -> None:
    settings = load_settings({}, {"AIRWEAVE_API_KEY": f" {KEY}\n"}, home=tmp_path)
    assert settings.credential().secret == KEY
    assert settings.endpoint.base_url == DEFAULT
    assert (settings.feed, settings.log_level) == (FeedMode.AUTO, LogLevel.WARNING)
    assert (settings.concurrency, settings.deadline_s, settings.reserve) == (8, 20.0, 0.2)
    assert not settings.demo
    assert settings.organization_id is None
    assert settings.warnings == ()
    assert settings.origins["api_key"] == "AIRWEAVE_API_KEY"
    assert {origin for name, origin in settings.origins.items() if name != "api_key"} == {"default"}


def test_every_setting_has_an_origin(tmp_path: Path) -> None:
    settings = load_settings({}, {"AIRWEAVE_API_KEY": KEY}, home=tmp_path)
    assert settings.origins.keys() == {option.name for option in OPTIONS} - {"api_key_file"} | {"api_key"}


def test_the_defaults_are_those_of_an_empty_environment(tmp_path: Path) -> None:
    loaded = load_settings({}, {}, home=tmp_path, require_key=False)
    plain = Settings()
    for option in OPTIONS[1:]:
        name = "endpoint" if option.name == "base_url" else option.name
        assert getattr(loaded, name) == getattr(plain, name) == option.default


def test_everything_can_be_set_by_environment(tmp_path: Path) -> None:
    environ = {
        "AIRWEAVE_API_KEY": KEY,
        "AIRWEAVE_BASE_URL": "https://airweave.example.org/v1/",
        "AIRWEAVE_ORGANIZATION_ID": ORGANIZATION.upper(),
        "AIRWEAVE_SYNC_FEED": "Connections",
        "AIRWEAVE_SYNC_CONCURRENCY": "64",
        "AIRWEAVE_SYNC_DEADLINE_S": "55",
        "AIRWEAVE_SYNC_RESERVE": "0",
        "AIRWEAVE_SYNC_ALLOW_WRITES": "1",
        "AIRWEAVE_SYNC_LOG_LEVEL": "DEBUG",
    }
    settings = load_settings({}, environ, home=tmp_path)
    assert settings.allow_writes
    assert settings.endpoint.base_url == "https://airweave.example.org"
    assert settings.organization_id == settings.credential().organization_id == ORGANIZATION
    assert (settings.feed, settings.log_level) == (FeedMode.CONNECTIONS, LogLevel.DEBUG)
    assert (settings.concurrency, settings.deadline_s, settings.reserve) == (64, 55.0, 0.0)
    assert sorted(settings.origins.values()) == sorted([*environ, "default"])  # all but the demo


def test_the_file_of_the_cli_is_enough(tmp_path: Path) -> None:
    content = {"api_key": FILE_KEY, "base_url": "http://localhost:8001/", "collection": "c", "organization_id": None}
    write_config(tmp_path, content)
    settings = load_settings({}, {}, home=tmp_path)
    assert settings.credential().headers() == {"X-API-Key": FILE_KEY}
    assert settings.endpoint.base_url == "http://localhost:8001"
    assert settings.origins["api_key"] == settings.origins["base_url"] == CONFIG
    assert settings.warnings == ()


def test_a_browser_login_goes_as_bearer_for_its_organization(tmp_path: Path) -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    write_config(tmp_path, {"access_token": token, "organization_id": ORGANIZATION})
    headers = load_settings({}, {}, home=tmp_path).credential().headers()
    assert headers == {"Authorization": f"Bearer {token}", "X-Organization-ID": ORGANIZATION}


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_blank_values_count_as_unset(tmp_path: Path, blank: str) -> None:
    write_config(tmp_path, {"api_key": FILE_KEY, "base_url": blank, "access_token": blank})
    environ = {option.variable: blank for option in OPTIONS} | {"AIRWEAVE_API_KEY": blank, "AIRWEAVE_SYNC_X": blank}
    settings = load_settings({option.name: blank for option in OPTIONS}, environ, home=tmp_path)
    assert settings.credential().secret == FILE_KEY
    assert settings.origins["api_key"] == CONFIG
    assert settings.endpoint.base_url == DEFAULT
    assert settings.warnings == ()


def test_an_unknown_flag_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="concurency"):
        load_settings({"concurency": "3"}, {}, home=tmp_path)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    environ = {
        "AIRWEAVE_BASE_URL": "api.airweave.ai",
        "AIRWEAVE_ORGANIZATION_ID": "acme",
        "AIRWEAVE_SYNC_FEED": "both",
        "AIRWEAVE_SYNC_DEMO": "perhaps",
        "AIRWEAVE_SYNC_RESERVE": "20%",
    }
    told = problems({"concurrency": "65", "deadline_s": "nan", "log_level": "loud"}, environ, tmp_path)
    starts = [
        "AIRWEAVE_SYNC_DEMO: it has to be true or false.",
        "AIRWEAVE_BASE_URL: The base URL has to start with https://",
        "AIRWEAVE_ORGANIZATION_ID: an organization id is a UUID",
        "There is no Airweave API key. Set AIRWEAVE_API_KEY",
        "AIRWEAVE_SYNC_FEED: it has to be auto, organization or connections.",
        "--concurrency: it has to be a whole number from 1 to 64.",
        "--deadline: it has to be a number of seconds from 1 to 55.",
        "AIRWEAVE_SYNC_RESERVE: it has to be a number from 0 to 0.9.",
        "--log-level: it has to be debug, info, warning, error or critical.",
    ]
    assert len(told) == len(starts)
    for sentence, start in zip(told, starts, strict=True):
        assert sentence.startswith(start)
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("concurrency", text) for text in ("0", "65", "8.5", "9" * 5000)),
        *(("deadline_s", text) for text in ("0.9", "56", "1e400")),
        *(("reserve", text) for text in ("-0.1", "0.91", "inf")),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path: Path, name: str, value: str) -> None:
    (problem,) = problems({name: value}, {"AIRWEAVE_API_KEY": KEY}, tmp_path)
    assert " from " in problem
    assert value not in problem


@pytest.mark.parametrize("word", ["1", "true", "YES", "on"])
def test_the_demo_needs_no_key_and_reads_no_file(tmp_path: Path, word: str) -> None:
    write_config(tmp_path, "{broken")
    environ = {"AIRWEAVE_SYNC_DEMO": word, "AIRWEAVE_API_KEY": KEY, "AIRWEAVE_BASE_URL": "nonsense"}
    settings = load_settings({}, environ, home=tmp_path)
    assert settings.demo
    assert settings.warnings == ()
    assert settings.origins["api_key"] == settings.origins["base_url"] == "demo"
    with pytest.raises(AirweaveError):  # a real key never gets near the demo
        settings.credential()


def test_the_demo_says_which_flags_do_nothing(tmp_path: Path) -> None:
    settings = load_settings({"demo": "true", "base_url": DEFAULT}, {}, home=tmp_path)
    assert settings.warnings == ("--base-url does nothing in demo mode.",)


def test_a_flag_can_switch_the_demo_off(tmp_path: Path) -> None:
    environ = {"AIRWEAVE_SYNC_DEMO": "1", "AIRWEAVE_API_KEY": KEY}
    assert not load_settings({"demo": "false"}, environ, home=tmp_path).demo


def test_a_server_may_start_without_a_key(tmp_path: Path) -> None:
    settings = load_settings({}, {}, home=tmp_path, require_key=False)
    assert settings.origins["api_key"] == "not set"
    assert settings.warnings == ()
    with pytest.raises(AirweaveError, match="There is no Airweave API key") as caught:
        settings.credential()
    assert caught.value.code is ErrorCode.NO_KEY
    for place in ("AIRWEAVE_API_KEY", "AIRWEAVE_API_KEY_FILE", "--api-key-file", CONFIG, "--demo"):
        assert place in caught.value.hint


@pytest.mark.parametrize("key", ["${AIRWEAVE_API_KEY}", f'"{KEY}"', f"Bearer {KEY}", f"{KEY}\nx"])
def test_a_key_that_cannot_be_one_is_told_but_not_repeated(tmp_path: Path, key: str) -> None:
    environ = {"AIRWEAVE_API_KEY": key}
    (problem,) = problems({}, environ, tmp_path)
    assert problem.startswith("AIRWEAVE_API_KEY: The API key cannot be used: ")
    assert KEY not in problem
    settings = load_settings({}, environ, home=tmp_path, require_key=False)
    with pytest.raises(AirweaveError) as caught:
        settings.credential()
    assert caught.value.code is ErrorCode.BAD_KEY
    assert f"{caught.value.message} {caught.value.hint}" == problem


def test_plain_http_to_another_machine_warns(tmp_path: Path) -> None:
    environ = {"AIRWEAVE_API_KEY": KEY, "AIRWEAVE_BASE_URL": "http://airweave.example.org"}
    (warning,) = load_settings({}, environ, home=tmp_path).warnings
    assert warning.startswith("AIRWEAVE_BASE_URL: plain http")


def test_misspelt_variables_are_told(tmp_path: Path) -> None:
    environ = {
        "AIRWEAVE_API_KEY": KEY,
        "AIRWEAVE_SYNC_DEADLINE": "3",
        "AIRWEAVE_SYNC_COLOUR": "blue",
        "AIRWEAVE_COLLECTION": "mine",  # the CLI's own
    }
    assert load_settings({}, environ, home=tmp_path).warnings == (
        "AIRWEAVE_SYNC_COLOUR is not a setting: it is ignored.",
        "AIRWEAVE_SYNC_DEADLINE is not a setting: did you mean AIRWEAVE_SYNC_DEADLINE_S?",
    )


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load_settings({}, {"AIRWEAVE_API_KEY": KEY}, home=tmp_path)
    with pytest.raises(AttributeError):
        settings.concurrency = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.origins["api_key"] = "elsewhere"  # type: ignore[index]
