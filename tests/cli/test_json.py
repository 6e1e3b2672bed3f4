"""What a program gets: the fields of the tools, with whole ids."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.cli.kit import Shell, with_key
from tests.support.still import known_world
from tests.support.world import call
from tests.tools.kit import Airweave, nobody

SAME: dict[str, tuple[list[str], str, dict[str, Any]]] = {
    "failed": (["failed"], "list_failed_jobs", {}),
    "failed rows": (["failed", "--rows"], "list_failed_jobs", {"group": False}),
    "jobs": (["jobs", "--since", "24h"], "list_sync_jobs", {"since": "24h"}),
    "connection": (["connection", "Ops Notion"], "get_connection_jobs", {"connection": "Ops Notion"}),
    "job": (["job", "latest", "--connection", "EMEA Zendesk"], "get_sync_job", {"job": "latest", "connection": "EMEA"}),
    "connections": (["connections", "--status", "error"], "list_connections", {"status": "error"}),
}  # fmt: skip


def tool_answer(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        async with known_world().client("legacy") as client:
            return await call(client, tool, **arguments)

    return anyio.run(ask)


def assert_holds(more: Any, less: Any, path: str = "") -> None:
    """Everything the tool tells is told, by the same name; ids may be longer, errors whole."""
    if isinstance(less, dict):
        for key, value in less.items():
            if key not in {"next_cursor", "more_connections"}:
                assert key in more, f"{path}.{key}"
                assert_holds(more[key], value, f"{path}.{key}")
    elif isinstance(less, list):
        assert len(more) >= len(less), path
        for index, item in enumerate(less):
            assert_holds(more[index], item, f"{path}[{index}]")
    elif path.rpartition(".")[2] in {"job", "last_job"}:
        assert more.startswith(less), path
    elif path.rpartition(".")[2] not in {"error", "example_error"}:
        assert more == less, path


@pytest.mark.parametrize("case", SAME)
def test_json_has_the_fields_of_the_tool(shell: Shell, case: str) -> None:
    words, tool, arguments = SAME[case]

    ran = shell(*words, "--json")

    assert ran.code == 0
    assert_holds(ran.json, tool_answer(tool, arguments))


def ids_in(value: Any, key: str = "") -> list[str]:
    if isinstance(value, dict):
        return [found for name, item in value.items() for found in ids_in(item, name)]
    if isinstance(value, list):
        return [found for item in value for found in ids_in(item, key)]
    return [value] if key.endswith("_id") else []


@pytest.mark.parametrize("case", SAME)
def test_every_id_is_whole(shell: Shell, case: str) -> None:
    ids = ids_in(shell(*SAME[case][0], "--json").json)

    assert ids
    assert all(len(one) == 36 for one in ids)


def test_an_empty_list_is_there(shell: Shell) -> None:
    assert shell("connections", "--search", "no such thing", "--json").json["connections"] == []
    assert shell("jobs", "--source", "todoist", "--json").json["jobs"] == []


def test_json_pages_go_on(shell: Shell) -> None:
    first = shell("connections", "--limit", "40", "--json").json
    rest = shell("connections", "--limit", "40", "--cursor", first["next_cursor"], "--json").json

    names = [one["connection_id"] for one in (*first["connections"], *rest["connections"])]
    assert len(names) == len(set(names)) == first["total"] == 45
    assert "next_cursor" not in rest


def test_json_takes_everything_that_a_page_holds(shell: Shell) -> None:
    answer = shell("jobs", "--limit", "1000", "--json").json

    assert answer["shown"] == len(answer["jobs"]) == 1000


def test_an_error_is_json_too(shell: Shell, tmp_path: Path) -> None:
    ran = shell("job", "nonsense", "--json")

    assert ran.code == 2
    assert ran.json["error"]["code"] == "malformed_id"
    assert ran.json["error"]["retryable"] is False
    assert ran.err.startswith("malformed_id: ")
    refused = with_key(tmp_path, Airweave(answer=lambda _: nobody()))("jobs", "--json")
    assert refused.json["error"]["code"] == "refused"


def test_a_script_reads_names_as_they_are(shell: Shell) -> None:
    ran = shell("connections", "--search", "équipe", "--json")

    assert "Équipe Produit – 製品ドキュメント 📚" in ran.out


def test_errors_of_sources_are_bare_in_groups_and_rows(tmp_path: Path) -> None:
    shell = Shell(home=tmp_path, world=known_world())
    groups = shell("failed", "--json").json["groups"]
    rows = shell("failed", "--rows", "--limit", "100", "--json").json["jobs"]

    assert groups
    assert not [one for one in groups if "«" in one["example_error"] or "»" in one["example_error"]]
    texts = {" ".join(row.get("error", "").split()) for row in rows}
    assert groups[0]["example_error"] in texts
