"""The check-up in every state a user can be in."""

from pathlib import Path

import pytest

from airweave_sync_mcp.demo import DEMO_API_KEY, DEMO_EXPIRED_KEY, Generation
from tests.cli.kit import KEY, Ran, Shell, with_key
from tests.support.still import still_demo, still_world
from tests.tools.kit import Airweave, Reply, nobody

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


def demo_app(**options: object) -> object:
    return still_demo(**{"api_key": KEY, **options}).app


def states(ran: Ran) -> dict[str, str]:
    """Each check with its worst state."""
    order = ["ok", "skipped", "warning", "failed"]
    found: dict[str, str] = {}
    for one in ran.json["checks"]:
        found[one["check"]] = max(found.get(one["check"], "ok"), one["state"], key=order.index)
    return found


def mends(ran: Ran) -> str:
    return " ".join(one.get("mend", "") for one in ran.json["checks"])


def both_agree(shell: Shell, *words: str) -> Ran:
    """The JSON, after a look at the text: the same code, and every finding in it."""
    text, data = shell("doctor", *words, columns=None), shell("doctor", *words, "--json")
    assert text.code == data.code
    for one in data.json["checks"]:
        assert one["found"] in text.out
        assert one.get("mend", "") in text.out
    assert data.json["ok"] is (data.code == 0)
    assert ("All is well." in text.out) is (data.code == 0)
    return data


def test_all_is_well(tmp_path: Path) -> None:
    ran = both_agree(with_key(tmp_path, demo_app()))

    assert ran.code == 0
    assert set(states(ran).values()) == {"ok"}
    assert set(states(ran)) == {"settings", "key", "address", "access", "organization", "generation", "rate limit"}
    said = " ".join(one["found"] for one in ran.json["checks"])
    assert "AIRWEAVE_API_KEY" in said
    assert KEY not in said


@pytest.mark.parametrize(
    ("generation", "says"),
    [
        (Generation.CURRENT, "April 2026 or newer"),
        (Generation.MARCH_2026, "GET /sync/jobs"),
        (Generation.JUNE_2025, "GET /sync/jobs"),
        (Generation.DOCUMENTED, "GET /v1/sync/jobs"),
    ],
)
def test_it_tells_the_generation(tmp_path: Path, generation: Generation, says: str) -> None:
    ran = both_agree(with_key(tmp_path, demo_app(generation=generation)))

    assert ran.code == 0
    assert any(says in one["found"] for one in ran.json["checks"] if one["check"] == "generation")


def test_it_says_where_settings_come_from(tmp_path: Path) -> None:
    ran = both_agree(with_key(tmp_path, demo_app(), AIRWEAVE_SYNC_FEED="connections"), "--concurrency", "3")

    said = [one["found"] for one in ran.json["checks"] if one["check"] == "settings"]
    assert "feed = connections (AIRWEAVE_SYNC_FEED)" in said
    assert "concurrency = 3 (--concurrency)" in said


def test_no_key(tmp_path: Path) -> None:
    ran = both_agree(Shell(home=tmp_path, app=demo_app()))

    assert ran.code == 2
    assert states(ran)["key"] == "failed"
    assert states(ran)["address"] == "ok", "the address can be checked without a key"
    assert "AIRWEAVE_API_KEY" in mends(ran)


def test_a_key_that_is_none(tmp_path: Path) -> None:
    ran = both_agree(with_key(tmp_path, demo_app(), AIRWEAVE_API_KEY="${AIRWEAVE_API_KEY}"))

    assert ran.code == 2
    assert states(ran)["key"] == "failed"


@pytest.mark.parametrize("key", ["another-key-0123456789", DEMO_EXPIRED_KEY, JWT])
def test_a_key_that_is_refused(tmp_path: Path, key: str) -> None:
    ran = both_agree(with_key(tmp_path, demo_app(), AIRWEAVE_API_KEY=key))

    assert ran.code == 3
    assert states(ran)["access"] == "failed"
    assert "organization" not in states(ran), "nothing more is asked with a key that is refused"
    assert mends(ran)
    assert key not in ran.out


def test_nobody_listens_there(tmp_path: Path) -> None:
    ran = both_agree(with_key(tmp_path, Airweave(answer=lambda _: nobody())))

    assert ran.code == 3
    assert states(ran)["address"] == "failed"
    assert "access" not in states(ran)
    assert "AIRWEAVE_BASE_URL" in mends(ran)


def test_a_rate_limit_says_when_to_ask_again(tmp_path: Path) -> None:
    def limited(path: str) -> Reply:
        if path == "/health":
            return Reply(200, {"status": "healthy"})
        return Reply(429, {"detail": "Rate limit exceeded"}, headers=((b"retry-after", b"60"),))

    ran = both_agree(with_key(tmp_path, Airweave(answer=limited)))

    assert ran.code == 3
    assert states(ran)["access"] == "failed"
    assert "Trying again helps in 60 s." in mends(ran)


@pytest.mark.parametrize(
    ("variable", "value"), [("SSL_CERT_FILE", "/nowhere/ca.pem"), ("ALL_PROXY", "gopher://proxy.example")]
)
def test_certificates_and_proxies_nobody_can_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)  # httpx reads it from the process

    ran = both_agree(with_key(tmp_path))

    assert ran.code == 3
    assert states(ran) == {"settings": "ok", "key": "ok", "address": "failed"}
    assert variable in mends(ran)


@pytest.mark.parametrize("status", [200, 404, 403])
def test_something_else_answers_there(tmp_path: Path, status: int) -> None:
    page = Reply(status, b"<!doctype html><title>Welcome</title>")

    ran = both_agree(with_key(tmp_path, Airweave(answer=lambda _: page)))

    assert ran.code == 3
    assert states(ran)["address"] == "failed"
    assert "AIRWEAVE_BASE_URL" in mends(ran)


def test_an_organization_wide_list_that_is_wanted_and_missing(tmp_path: Path) -> None:
    ran = both_agree(with_key(tmp_path, demo_app(), AIRWEAVE_SYNC_FEED="organization"))

    assert ran.code == 2
    assert states(ran)["generation"] == "failed"
    assert "AIRWEAVE_SYNC_FEED=auto" in mends(ran)


def test_a_tight_plan_is_a_warning(tmp_path: Path) -> None:
    ran = both_agree(with_key(tmp_path, demo_app(rate_limit=10)))

    assert ran.code == 0
    assert states(ran)["rate limit"] == "warning"
    assert any("10 requests a minute" in one["found"] for one in ran.json["checks"])


def test_an_organization_of_somebody_else(tmp_path: Path) -> None:
    other = still_world().demo
    assert other is not None
    foreign = other.world.other_organization_ids[0]

    ran = both_agree(with_key(tmp_path, demo_app(), AIRWEAVE_ORGANIZATION_ID=foreign))

    assert ran.code == 3
    assert states(ran)["access"] == "failed"
    assert "AIRWEAVE_ORGANIZATION_ID" in mends(ran)


def test_a_warning_of_the_settings_is_repeated(tmp_path: Path) -> None:
    ran = both_agree(with_key(tmp_path, demo_app(), AIRWEAVE_SYNC_FED="auto"))

    assert ran.code == 0
    assert states(ran)["settings"] == "warning"


def test_with_a_wrong_setting_the_rest_is_checked(tmp_path: Path) -> None:
    wrong = {"AIRWEAVE_SYNC_FEED": "maybe", "AIRWEAVE_ORGANIZATION_ID": "Acme"}

    ran = both_agree(with_key(tmp_path, demo_app(), **wrong), "--deadline", "900")

    assert ran.code == 2
    found = {one["found"]: one["state"] for one in ran.json["checks"]}
    assert [one.partition(":")[0] for one, state in found.items() if state == "failed"] == [
        "AIRWEAVE_ORGANIZATION_ID",
        "AIRWEAVE_SYNC_FEED",
        "--deadline",
    ]
    assert found["feed = auto (default)"] == "ok"
    assert states(ran) | {"settings": "ok"} == dict.fromkeys(states(ran), "ok")
    assert states(ran).keys() >= {"key", "address", "access", "organization", "generation", "rate limit"}


@pytest.mark.parametrize(
    "wrong", [{"AIRWEAVE_BASE_URL": "ftp://x"}, {"AIRWEAVE_API_KEY_FILE": "~/key", "AIRWEAVE_SYNC_FEED": "maybe"}]
)
def test_nobody_is_asked_where_it_is_not_clear_who(tmp_path: Path, wrong: dict[str, str]) -> None:
    airweave = Airweave(answer=lambda _: nobody())

    ran = both_agree(with_key(tmp_path, airweave, **wrong))

    assert ran.code == 2
    assert states(ran) == {"settings": "failed", "address": "skipped"}
    assert all(any(name in one["found"] for one in ran.json["checks"]) for name in wrong)
    assert airweave.requests == []


def test_the_demo_is_well(shell: Shell) -> None:
    ran = both_agree(shell)

    assert ran.code == 0
    assert DEMO_API_KEY not in ran.out
