"""What is taken for a store, and what is said about anything else."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.hosting.store import KEY_VARIABLE, STORE_OPTIONS, StoreSettings, load_store
from airweave_sync_mcp.settings import SettingsError
from tests.support.examples import CHARACTERS

from .kit import KEY, OTHER_KEY

STORE = "AIRWEAVE_SYNC_STORE"
HOME = Path("/nowhere")


def settings(environ: dict[str, str], *, home: Path = HOME) -> StoreSettings:
    found = load_store({}, {KEY_VARIABLE: KEY} | environ, home=home)
    assert found is not None
    return found


def problems(environ: dict[str, str], *, home: Path = HOME) -> str:
    with pytest.raises(SettingsError) as refused:
        load_store({}, {KEY_VARIABLE: KEY} | environ, home=home)
    return "\n".join(refused.value.problems)


@pytest.mark.parametrize("environ", [{}, {STORE: ""}, {STORE: " "}, {STORE: "memory"}, {STORE: "Memory"}])
def test_memory_is_the_default_and_needs_no_key(environ: dict[str, str]) -> None:
    assert load_store({}, environ, home=HOME) is None
    assert load_store({}, environ | {KEY_VARIABLE: "nonsense"}, home=HOME) is None


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://localhost:6379",
        "redis://localhost:6379/",
        "redis://localhost:6379/3",
        "redis://:p%40ss@10.0.0.1:6379/0",
        "redis://user:pass@redis.internal/0",
        "rediss://user:pass@[::1]:6380/0",
        f"rediss://redis.internal?ssl_ca_certs={__file__}",
        "unix:///run/redis.sock",
        "unix://user:pass@/run/redis.sock",
    ],
)
def test_addresses(url: str) -> None:
    assert settings({STORE: url}).url == url


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("localhost:6379", "begin with redis://"),
        ("http://localhost:6379", "begin with redis://"),
        ("redis+sentinel://localhost", "begin with redis://"),
        ("redis:", "host or port"),
        ("redis://", "host or port"),
        ("redis://:hunter2@", "host or port"),
        ("redis://user:hunter2#x@localhost/0", "host or port"),
        ("redis://user:hunter2/x@localhost/0", "host or port"),
        ("redis://user:hunter2?x@localhost/0", "host or port"),
        ("redis://localhost:hunter2/0", "host or port"),
        ("redis://localhost:0/0", "host or port"),
        ("redis://localhost:70000/0", "host or port"),
        ("redis://[hunter2/0", "host or port"),
        ("redis://localhost/hunter2", "number of a database"),
        ("redis://localhost/0/1", "number of a database"),
        ("redis://localhost/0?password=hunter2", "takes only ssl_ca_certs"),
        ("redis://localhost/0?socket_timeout=9", "takes only ssl_ca_certs"),
        ("redis://localhost/0?ssl_ca_certs=/etc/hosts", "with rediss://"),
        ("rediss://localhost/0?ssl_cert_reqs=none", "takes only ssl_ca_certs"),
        ("rediss://localhost/0?ssl_ca_certs=/nowhere/hunter2.pem", "no such file"),
        ("unix://", "socket"),
        ("unix://run/redis.sock", "socket"),
    ],
)
def test_wrong_addresses_are_told_without_repeating_them(url: str, says: str) -> None:
    told = problems({STORE: url})
    assert told.startswith(f"{STORE}: ")
    assert says in told
    assert "hunter2" not in told


@given(st.text(CHARACTERS, max_size=40).map(lambda text: f"redis://{text}"))
def test_any_address_is_taken_or_refused(url: str) -> None:
    with suppress(SettingsError):
        assert settings({STORE: url}).url == url.strip()


def test_a_key_is_required() -> None:
    told = problems({STORE: "redis://localhost", KEY_VARIABLE: ""})
    assert f"{STORE} needs {KEY_VARIABLE}" in told
    assert "token_hex(32)" in told


@pytest.mark.parametrize("key", ["hunter2", "hunter2" * 20, "00" * 32, KEY[:40], f"{KEY},hunter2"])
def test_a_weak_key_is_refused_and_not_repeated(key: str) -> None:
    told = problems({STORE: "redis://localhost", KEY_VARIABLE: key})
    assert told.startswith(f"{KEY_VARIABLE}: ")
    assert "hunter2" not in told
    assert KEY[:40] not in told


def test_secrets_from_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{OTHER_KEY},{KEY}\n")
    (tmp_path / "password").write_text("hunter2\n")
    found = settings(
        {
            STORE: "redis://user@localhost",
            KEY_VARIABLE: "",
            "AIRWEAVE_SYNC_STORE_KEY_FILE": "~/key",
            "AIRWEAVE_SYNC_STORE_PASSWORD_FILE": str(tmp_path / "password"),
        },
        home=tmp_path,
    )
    assert [key.hex() for key in found.keys.keys] == [OTHER_KEY, KEY]
    assert found.password == "hunter2"
    assert "hunter2" not in repr(found)
    assert KEY not in repr(found)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    told = problems(
        {
            STORE: "http://localhost",
            KEY_VARIABLE: "short",
            "AIRWEAVE_SYNC_STORE_PASSWORD_FILE": str(tmp_path / "empty"),
            "AIRWEAVE_SYNC_STORE_TTL_S": "5",
        },
        home=tmp_path,
    )
    assert len(told.splitlines()) == 4
    assert "AIRWEAVE_SYNC_STORE_PASSWORD_FILE: the file is empty." in told
    assert "from 60 to 604800" in told


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_key_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    told = problems(
        {STORE: "redis://localhost", KEY_VARIABLE: "", "AIRWEAVE_SYNC_STORE_KEY_FILE": str(tmp_path / name)}
    )
    assert told.startswith("AIRWEAVE_SYNC_STORE_KEY_FILE: the file cannot be read")
    assert len(told.splitlines()) == 1


def test_only_one_of_two(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(OTHER_KEY)
    path = str(tmp_path / "secret")
    assert "both set" in problems({STORE: "redis://localhost", "AIRWEAVE_SYNC_STORE_KEY_FILE": path})
    told = problems({STORE: "redis://:hunter2@localhost", "AIRWEAVE_SYNC_STORE_PASSWORD_FILE": path})
    assert "leave one of them away" in told
    assert "hunter2" not in told


def test_lifetime_and_flags() -> None:
    assert settings({STORE: "redis://localhost"}).lifetime == timedelta(hours=24)
    assert settings({STORE: "redis://localhost", "AIRWEAVE_SYNC_STORE_TTL_S": "120"}).lifetime == timedelta(minutes=2)
    by_flag = load_store(
        {"store": "redis://flag", "store_ttl_s": "60"}, {KEY_VARIABLE: KEY, STORE: "redis://variable"}, home=HOME
    )
    assert by_flag is not None
    assert (by_flag.url, by_flag.lifetime) == ("redis://flag", timedelta(seconds=60))
    assert not any("KEY" in option.flag.upper() and "FILE" not in option.flag.upper() for option in STORE_OPTIONS)


def test_misspelt_variables_are_told() -> None:
    [warning] = settings({STORE: "redis://localhost", "AIRWEAVE_SYNC_STORE_TTL": "60"}).warnings
    assert "AIRWEAVE_SYNC_STORE_TTL is not a setting" in warning
    assert "AIRWEAVE_SYNC_STORE_TTL_S" in warning
    assert settings({STORE: "redis://localhost"}).warnings == ()
