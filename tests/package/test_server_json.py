"""What the MCP registry and the clients that read `server.json` rely on."""

import json
import re
from typing import Any

import pytest

from airweave_sync_mcp.airweave.endpoint import Endpoint
from airweave_sync_mcp.settings import OPTIONS

from .kit import project, text_of

OPTION_OF = {option.variable: option for option in OPTIONS}


@pytest.fixture(scope="module")
def server() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text_of("server.json"))
    return document


@pytest.fixture(scope="module")
def package(server: dict[str, Any]) -> dict[str, Any]:
    (package,) = server["packages"]
    assert isinstance(package, dict)
    return package


def test_it_names_this_package_in_this_version(server: dict[str, Any], package: dict[str, Any]) -> None:
    assert server["version"] == package["version"] == project()["version"]
    assert package["identifier"] == project()["name"]
    assert package["registryType"] == "pypi"


def test_it_runs_over_stdio_by_uvx(package: dict[str, Any]) -> None:
    assert package["runtimeHint"] == "uvx"
    assert package["transport"] == {"type": "stdio"}
    assert package["identifier"] in project()["scripts"]  # uvx runs the command that is called like the package


def test_it_is_within_the_bounds_of_the_registry(server: dict[str, Any]) -> None:
    assert server["$schema"].endswith("/2025-12-11/server.schema.json")
    assert re.fullmatch(r"io\.github\.[a-zA-Z0-9-]+/[a-zA-Z0-9._-]+", server["name"])
    assert 1 <= len(server["description"]) <= 100
    assert 1 <= len(server["title"]) <= 100


def test_the_readme_proves_that_the_package_is_ours(server: dict[str, Any]) -> None:
    """The registry looks for the name in the description of the package on PyPI, which is the README."""
    assert project()["readme"] == "README.md"
    assert f"<!-- mcp-name: {server['name']} -->" in text_of("README.md")


def test_the_key_alone_is_required_and_secret(package: dict[str, Any]) -> None:
    variables = package["environmentVariables"]
    assert [one["name"] for one in variables if one.get("isRequired")] == ["AIRWEAVE_API_KEY"]
    assert [one["name"] for one in variables if one.get("isSecret")] == ["AIRWEAVE_API_KEY"]


def test_variables_are_the_ones_there_are_with_their_defaults(package: dict[str, Any]) -> None:
    variables = {one["name"]: one for one in package["environmentVariables"]}
    assert len(variables) == len(package["environmentVariables"])
    # A client that asks for the key has no use for the other ways to go without one.
    needless = {"AIRWEAVE_API_KEY_FILE", "AIRWEAVE_SYNC_DEMO"}
    assert variables.keys() - {"AIRWEAVE_API_KEY"} == OPTION_OF.keys() - needless
    for name, one in variables.items():
        if "default" in one:
            option = OPTION_OF[name]
            assert option.parse(one["default"]) == option.default
        for choice in one.get("choices", []):
            assert OPTION_OF[name].parse(choice) == choice


def test_the_default_address_is_airweaves(package: dict[str, Any]) -> None:
    (address,) = (one for one in package["environmentVariables"] if one["name"] == "AIRWEAVE_BASE_URL")
    assert Endpoint(address["default"]).base_url == address["default"]
