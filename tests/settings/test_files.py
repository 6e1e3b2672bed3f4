import os
from pathlib import Path

import pytest

from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.settings import SettingsError, load_settings

from .kit import CONFIG, FILE_KEY, KEY, write_config

BROKEN = {
    "not JSON": ('{"api_key": "' + FILE_KEY, "is not valid JSON (line 1, column 13)"),
    "empty": ("", "is not valid JSON (line 1, column 1)"),
    "a list": ([FILE_KEY], "does not hold a JSON object"),
    "a text": (f'"{FILE_KEY}"', "does not hold a JSON object"),
    "a number for a key": ({"api_key": 12}, "holds a wrong api_key: it has to be a text"),
    "a list for a collection": (
        {"api_key": FILE_KEY, "collection": []},
        "holds a wrong collection: it has to be a text",
    ),
    "a wrong address": (
        {"api_key": FILE_KEY, "base_url": "localhost:8001"},
        "holds a wrong base_url: the base URL has",
    ),
    "a wrong organization": (
        {"api_key": FILE_KEY, "organization_id": "acme"},
        "holds a wrong organization_id: an organiz",
    ),
    "not text": (b'{"api_key": "\xff"}', "is not UTF-8 text"),
    "endless": (" " * (1 << 20) + "{}", "is far too large"),
    "deep": ("[" * 200_000, "is not valid JSON (numbers or nesting beyond reason)"),
    "a huge number": ('{"x": ' + "9" * 5000 + "}", "is not valid JSON (numbers or nesting beyond reason)"),
}


@pytest.mark.parametrize(("content", "what"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_said(tmp_path: Path, content: object, what: str) -> None:
    write_config(tmp_path, content)
    with pytest.raises(SettingsError) as caught:
        load_settings({}, {}, home=tmp_path)
    (problem,) = caught.value.problems
    assert problem.startswith(CONFIG)
    assert what in problem
    assert FILE_KEY not in problem
    settings = load_settings({}, {}, home=tmp_path, require_key=False)
    with pytest.raises(AirweaveError, match=r"config\.json"):
        settings.credential()


@pytest.mark.parametrize(("content", "what"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_that_is_not_needed_is_a_warning(tmp_path: Path, content: object, what: str) -> None:
    write_config(tmp_path, content)
    settings = load_settings({}, {"AIRWEAVE_API_KEY": KEY}, home=tmp_path)
    (warning,) = settings.warnings
    assert what in warning
    assert settings.credential().secret == KEY


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / ".airweave" / "config.json").mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"config\.json cannot be read \(Is a directory\)"):
        load_settings({}, {}, home=tmp_path)


@pytest.mark.parametrize("obstacle", ["nothing", "a file instead of the directory", "an empty directory"])
def test_no_file_is_no_problem(tmp_path: Path, obstacle: str) -> None:
    if obstacle.startswith("a file"):
        (tmp_path / ".airweave").write_text("")
    elif obstacle.startswith("an empty"):
        (tmp_path / ".airweave").mkdir()
    assert load_settings({}, {"AIRWEAVE_API_KEY": KEY}, home=tmp_path).warnings == ()


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    write_config(tmp_path, b"\xef\xbb\xbf" + f'{{"api_key": "{FILE_KEY}"}}'.encode())
    assert load_settings({}, {}, home=tmp_path).credential().secret == FILE_KEY


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
@pytest.mark.parametrize(
    ("mode", "directory_mode", "warns"),
    [
        (0o644, 0o755, True),
        (0o640, 0o750, True),
        (0o604, 0o701, True),
        (0o600, 0o755, False),
        (0o644, 0o700, False),  # nobody else gets as far as the file
        (0o640, 0o701, False),
    ],
)
def test_a_key_that_others_can_read_warns(tmp_path: Path, mode: int, directory_mode: int, warns: bool) -> None:
    write_config(tmp_path, {"api_key": FILE_KEY}, mode=mode, directory_mode=directory_mode)
    warnings = load_settings({}, {}, home=tmp_path).warnings
    assert [warning for warning in warnings if "chmod 600" in warning] == list(warnings)
    assert bool(warnings) is warns


def test_a_file_without_a_key_may_be_read_by_all(tmp_path: Path) -> None:
    write_config(tmp_path, {"collection": "mine"}, mode=0o644, directory_mode=0o755)
    assert load_settings({}, {"AIRWEAVE_API_KEY": KEY}, home=tmp_path).warnings == ()


@pytest.mark.parametrize("by_flag", [True, False])
@pytest.mark.parametrize("tilde", [True, False])
def test_a_key_may_stand_in_a_file_of_its_own(tmp_path: Path, by_flag: bool, tilde: bool) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    name = "~/key" if tilde else str(tmp_path / "key")
    flags: dict[str, str | None] = {"api_key_file": name if by_flag else None}
    environ = {} if by_flag else {"AIRWEAVE_API_KEY_FILE": name}
    settings = load_settings(flags, environ, home=tmp_path)
    assert settings.credential().secret == KEY
    assert settings.origins["api_key"] == ("--api-key-file" if by_flag else "AIRWEAVE_API_KEY_FILE")


def test_the_flag_goes_before_both_variables(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-the-flag")
    environ = {"AIRWEAVE_API_KEY": KEY, "AIRWEAVE_API_KEY_FILE": "/elsewhere"}
    settings = load_settings({"api_key_file": "~/key"}, environ, home=tmp_path)
    assert settings.credential().secret == "from-the-flag"


def test_two_keys_in_the_environment_are_a_question_not_a_guess(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("another-key")
    environ = {"AIRWEAVE_API_KEY": KEY, "AIRWEAVE_API_KEY_FILE": "~/key"}
    with pytest.raises(SettingsError, match="both set"):
        load_settings({}, environ, home=tmp_path, require_key=False)


def test_a_key_in_place_of_a_file_name_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({}, {"AIRWEAVE_API_KEY_FILE": KEY}, home=tmp_path)
    (problem,) = caught.value.problems
    assert problem.startswith("The file that AIRWEAVE_API_KEY_FILE names cannot be read (No such file or directory).")
    assert KEY not in problem


@pytest.mark.parametrize(
    ("content", "what"),
    [(b" \n", "is empty"), (b"\xff\xfe", "is not UTF-8 text"), (f"{KEY}\n{KEY}".encode(), "line break")],
)
def test_a_key_file_without_a_key_is_said(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(SettingsError, match=what) as caught:
        load_settings({"api_key_file": "~/key"}, {}, home=tmp_path)
    assert KEY not in str(caught.value)
