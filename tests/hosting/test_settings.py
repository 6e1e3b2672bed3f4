"""What a hosted server can be told, and what it says when that makes no sense."""

from pathlib import Path

import pytest

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.hosting.options import HTTP_OPTIONS, LogFormat
from airweave_sync_mcp.hosting.settings import HostingSettings, load_hosting
from airweave_sync_mcp.hosting.told import ALL_OPTIONS, load_told
from airweave_sync_mcp.settings import Settings, SettingsError

TOKEN = "tok-91fa5e0d7a3be1946f5c28b8"
KEY = "key-5d95c3a61e07f4b28ac6"
STATE_KEY = "f2c91d0b5a7e48639c1fd0a6b4e87235d95c3a61e07f4b28"


def told(environ: dict[str, str] | None = None, **flags: str) -> HostingSettings:
    return load_told(flags, environ or {}).hosting


def problems(environ: dict[str, str] | None = None, **flags: str) -> str:
    with pytest.raises(SettingsError) as caught:
        told(environ, **flags)
    found = caught.value.problems
    assert all(problem.endswith((".", "one.", ")")) and len(problem) < 400 for problem in found), found
    secrets = [value for value in (environ or {}).values() if len(value) > 12 and value.isalnum()]
    assert not [secret for secret in secrets if secret in str(found)]
    return "\n".join(found)


def test_the_defaults_serve_this_machine_alone() -> None:
    assert told() == HostingSettings()
    assert told().host == "127.0.0.1"
    assert told().operator is None


def test_flags_go_before_the_environment() -> None:
    environ = {"AIRWEAVE_SYNC_HTTP_PORT": "9000", "AIRWEAVE_SYNC_HTTP_PATH": "/a/mcp/"}
    hosting = told(environ, port="9001", allowed_hosts="mcp.example.com,*.Example.org:8443", log_format="JSON")
    assert (hosting.port, hosting.path) == (9001, "/a/mcp")
    assert hosting.allowed_hosts == ("mcp.example.com", "*.example.org:8443")
    assert hosting.log_format is LogFormat.JSON


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "http"),
        ("port", "65536"),
        ("path", "mcp"),
        ("path", "/a b"),
        ("path", "/a//b"),
        ("path", "/mcp?x=1"),
        ("path", "/metrics"),
        ("workers", "0"),
        ("allowed_hosts", "https://mcp.example.com"),
        ("allowed_hosts", "mcp.example.com/mcp"),
        ("allowed_origins", "app.example.com"),
        ("allowed_origins", "https://app.example.com/page"),
        ("max_calls", "-1"),
        ("read_timeout_s", "nan"),
        ("log_format", "xml"),
        ("single_tenant", "perhaps"),
        ("oauth_issuer", "http://login.example.com"),
        ("oauth_issuer", "login.example.com"),
        ("oauth_resource", "https://user@mcp.example.com/mcp"),
        ("ssl_certfile", "/nowhere/cert.pem"),
    ],
)
def test_a_wrong_setting_is_told_in_one_sentence_that_names_it(name: str, value: str) -> None:
    option = next(option for option in HTTP_OPTIONS if option.name == name)
    by_flag = problems(None, **{name: value})
    assert by_flag.startswith(f"{option.flag}: ")
    assert by_flag.count("\n") == 0
    assert problems({option.variable: value}).startswith((f"{option.variable}: ", f"{option.flag}: "))


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = problems({"AIRWEAVE_SYNC_STORE": "mysql://x", "AIRWEAVE_SYNC_RESERVE": "2"}, port="x", workers="x")
    assert all(name in found for name in ("AIRWEAVE_SYNC_STORE:", "AIRWEAVE_SYNC_RESERVE:", "--port:", "--workers:"))


def test_single_tenant_mode_needs_a_key_and_a_token() -> None:
    environ = {"AIRWEAVE_API_KEY": KEY, "AIRWEAVE_SYNC_SERVER_TOKEN": TOKEN}
    hosting = told(environ, single_tenant="true")
    assert hosting.operator == Credential.parse(KEY)
    assert hosting.server_token == TOKEN
    assert KEY not in repr(hosting)
    assert TOKEN not in repr(hosting)
    without_token = problems({"AIRWEAVE_API_KEY": KEY}, single_tenant="true")
    assert "AIRWEAVE_SYNC_SERVER_TOKEN" in without_token
    without_key = problems({"AIRWEAVE_SYNC_SERVER_TOKEN": TOKEN}, single_tenant="true")
    assert "AIRWEAVE_API_KEY" in without_key
    assert "config.json" not in without_key
    assert "24" in problems({**environ, "AIRWEAVE_SYNC_SERVER_TOKEN": "short"}, single_tenant="true")
    assert "24" in problems({**environ, "AIRWEAVE_SYNC_SERVER_TOKEN": "two words " * 4}, single_tenant="true")


def test_without_that_mode_the_operators_key_is_not_used_and_he_is_told() -> None:
    hosting = told({"AIRWEAVE_API_KEY": KEY, "AIRWEAVE_SYNC_SERVER_TOKEN": TOKEN})
    assert hosting.operator is None
    assert hosting.server_token == ""
    assert len(hosting.warnings) == 2
    with pytest.raises(ValueError, match="token"):
        HostingSettings(operator=Credential.parse(KEY))


def test_nobodys_login_on_this_machine_matters(tmp_path: Path) -> None:
    directory = tmp_path / ".airweave"
    directory.mkdir()
    (directory / "config.json").write_text(f'{{"api_key": "{KEY}", "base_url": "https://elsewhere.example"}}')
    found = load_told({}, {"HOME": str(tmp_path)})
    assert found.settings.endpoint == Settings().endpoint
    assert found.hosting.warnings == ()
    key_file = tmp_path / "key"
    key_file.write_text(KEY)
    environ = {"HOME": str(tmp_path), "AIRWEAVE_API_KEY_FILE": "~/key", "AIRWEAVE_SYNC_SERVER_TOKEN": TOKEN}
    assert told(environ, single_tenant="1").operator == Credential.parse(KEY)


def test_oauth_needs_issuer_resource_and_keys(tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    keys.write_text('{"keys": []}')
    flags = {"oauth_issuer": "https://login.example.com", "oauth_resource": "https://mcp.example.com/mcp"}
    oauth = told(None, **flags, oauth_jwks=str(keys), oauth_scopes="syncs:read,syncs:write").oauth
    assert oauth is not None
    assert oauth.audience == "https://mcp.example.com/mcp"
    assert oauth.scopes == ("syncs:read", "syncs:write")
    assert "--oauth-jwks" in problems(None, **flags)
    assert "no such file" in problems(None, **flags, oauth_jwks="/nowhere.json")
    assert "exclude" in problems(
        {"AIRWEAVE_API_KEY": KEY, "AIRWEAVE_SYNC_SERVER_TOKEN": TOKEN},
        **flags,
        oauth_jwks=str(keys),
        single_tenant="true",
    )


def test_state_keys_are_long_and_may_be_exchanged() -> None:
    assert told({"AIRWEAVE_SYNC_STATE_KEY": f"{STATE_KEY}, {STATE_KEY}2"}).state_keys == (STATE_KEY, f"{STATE_KEY}2")
    assert "32" in problems({"AIRWEAVE_SYNC_STATE_KEY": "short"})
    assert "different" in problems({"AIRWEAVE_SYNC_STATE_KEY": f"{STATE_KEY},{STATE_KEY}"})


def test_replicas_with_a_common_store_have_common_state_keys() -> None:
    environ = {"AIRWEAVE_SYNC_STORE": "redis://127.0.0.1:1/0", "AIRWEAVE_SYNC_STORE_KEY": STATE_KEY + "0" * 16}
    keys = told(environ).state_keys
    assert keys == told(environ).state_keys
    assert len(keys) == 1
    assert STATE_KEY not in keys[0]
    assert told({**environ, "AIRWEAVE_SYNC_STATE_KEY": STATE_KEY}).state_keys == (STATE_KEY,)


def test_replicas_that_do_not_share_which_approvals_were_used_are_pointed_out() -> None:
    writes = {"AIRWEAVE_SYNC_ALLOW_WRITES": "true"}
    replica = {**writes, "AIRWEAVE_SYNC_STATE_KEY": STATE_KEY}
    store = {"AIRWEAVE_SYNC_STORE": "redis://127.0.0.1:1/0", "AIRWEAVE_SYNC_STORE_KEY": STATE_KEY + "0" * 16}
    for environ in (replica, {**writes, "AIRWEAVE_SYNC_HTTP_WORKERS": "2"}):
        (warning,) = load_told({}, environ).warnings
        assert "AIRWEAVE_SYNC_STORE" in warning
        assert load_told({}, environ | store).warnings == ()
    assert load_told({}, writes).warnings == ()


def test_a_misspelt_variable_is_pointed_out() -> None:
    assert "ALLOWED_HOSTS" in told({"AIRWEAVE_SYNC_HTTP_ALOWED_HOSTS": "mcp.example.com"}).warnings[0]
    assert load_told({}, {"AIRWEAVE_SYNC_HTTP_PORT": "9000"}).warnings == ()


def test_every_setting_has_a_flag_and_a_variable_of_its_own() -> None:
    for attribute in ("name", "flag", "variable"):
        values = [getattr(option, attribute) for option in ALL_OPTIONS]
        assert len(values) == len(set(values))
    assert load_hosting({}, {}, Settings()) == HostingSettings()
