"""What a client learns about the tools before it calls one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp import Client
from mcp.types import Tool

from tests.tools.kit import compact

pytestmark = pytest.mark.anyio

READ_TOOLS = frozenset(
    {"list_sync_jobs", "list_failed_jobs", "get_connection_jobs", "get_sync_job", "list_connections"}
)
USER_WORDS = ("sync", "job", "connection", "fail")


async def tools_of(client: Client) -> list[Tool]:
    return (await client.list_tools()).tools


async def test_the_tools_of_the_contract_are_there(either: Client) -> None:
    names = [tool.name for tool in await tools_of(either)]

    assert set(names) >= READ_TOOLS
    assert len(set(names)) == len(names)


async def test_each_has_a_title_all_four_hints_and_a_short_description_in_the_words_of_users(either: Client) -> None:
    for tool in await tools_of(either):
        hints = tool.annotations
        assert tool.title
        assert hints is not None
        assert hints.title == tool.title
        given = (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint)
        assert None not in given, tool.name
        if tool.name in READ_TOOLS:
            assert given == (True, False, True, True)
        assert tool.description
        assert len(tool.description) < 1_500
        assert "\n" not in tool.description
        assert any(word in tool.description.split(".")[0].lower() for word in USER_WORDS), tool.description


async def test_all_definitions_together_are_small_as_a_model_sees_them(either: Client) -> None:
    view = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
        for tool in await tools_of(either)
    ]

    assert len(compact(view)) < 12_000


async def test_schemas_are_lean_and_valid(either: Client) -> None:
    rules = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    for tool in await tools_of(either):
        assert tool.output_schema is not None, tool.name
        for schema in (tool.input_schema, tool.output_schema):
            rules.validate(schema)
            assert schema["type"] == "object"
            for part in schema_parts(schema):
                assert "title" not in part, part
                assert {"type": "null"} not in part.get("anyOf", []), part
                assert part.get("default", 0) not in (None, "", [])
        assert "$ref" not in json.dumps(tool.input_schema), "some clients cannot follow it"


async def test_every_argument_is_explained(either: Client) -> None:
    for tool in await tools_of(either):
        for name, schema in tool.input_schema["properties"].items():
            assert schema.get("description"), f"{tool.name}.{name}"


async def test_the_server_says_who_it_is_and_how_to_use_it(either: Client) -> None:
    assert either.server_info
    assert either.server_info.name == "airweave-sync-mcp"
    assert either.server_info.version
    instructions = either.instructions or ""
    assert 0 < len(instructions) < 2_000
    for name in READ_TOOLS:
        assert name in instructions


def schema_parts(schema: Any, *, names: bool = False) -> Iterator[dict[str, Any]]:
    """Every subschema; what is below `properties` and `$defs` is named, and a name may be `title`."""
    if isinstance(schema, list):
        for one in schema:
            yield from schema_parts(one)
    elif isinstance(schema, dict):
        if not names:
            yield schema
        for key, value in schema.items():
            yield from schema_parts(value, names=not names and key in {"properties", "$defs"})
