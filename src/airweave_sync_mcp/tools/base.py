"""What every tool shares: who asks, how answers and errors go out, what arguments may be."""

import difflib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, TypeAlias

import anyio
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from airweave_sync_mcp.airweave.credential import Credential
from airweave_sync_mcp.airweave.errors import AirweaveError
from airweave_sync_mcp.answers.ask import Ask
from airweave_sync_mcp.answers.judge import Judge
from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.snapshot import Snapshot
from airweave_sync_mcp.render.contract import Answer, ErrorOut
from airweave_sync_mcp.render.errors import render_error, show_given
from airweave_sync_mcp.render.fit import Rendered
from airweave_sync_mcp.safety import Cleaner

logger: Final = logging.getLogger(__name__)

IGNORED_ARGUMENTS: Final = frozenset({"wait_for_previous"})
"""Gemini CLI adds this to every call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """What tools work with, for the life of the server. `credential` tells who a request comes from."""

    snapshot: Snapshot
    cleaner: Cleaner
    judge: Judge
    clock: Callable[[], datetime]
    nonce: Callable[[], str]
    credential: Callable[["ToolContext"], Credential]
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    allow_writes: bool = False
    advice: Callable[[AirweaveError], str] = attrgetter("hint")
    """What to do about a failure: whoever runs the server can do something else than whoever only uses it."""


ToolContext: TypeAlias = Context[App, Any]


def ask_of(ctx: ToolContext) -> Ask:
    """The question a request asks: its caller, its time, its progress.

    Raises:
        AirweaveError: The caller brought no usable key.
    """
    app = ctx.request_context.lifespan_context

    async def progress(done: int, total: int) -> None:
        if total > 1:
            await ctx.report_progress(done, total, f"Read {done} of {total} connections")

    return Ask(
        snapshot=app.snapshot, credential=app.credential(ctx), now=app.clock(), progress=progress, judge=app.judge
    )


def cleaner_of(ctx: ToolContext) -> Cleaner:
    return ctx.request_context.lifespan_context.cleaner


def nonce_of(ctx: ToolContext) -> Callable[[], str]:
    """Makes the marks that fence foreign text in, another one for every answer."""
    return ctx.request_context.lifespan_context.nonce


def result(rendered: Rendered[Answer], *, is_error: bool = False) -> CallToolResult:
    """An answer for the client: text and structure, each complete in itself."""
    return CallToolResult(
        content=[TextContent(type="text", text=rendered.text)],
        structured_content=rendered.data,
        is_error=is_error,
    )


class SyncTool(Tool):
    """A tool that explains every mistake and every foreseen failure to the model, and hides every bug."""

    async def run(
        self,
        arguments: dict[str, Any],
        context: Context[Any, Any],
        convert_result: bool = False,
    ) -> Any:
        """Run the tool. What is wrong with the arguments, and what Airweave refuses, becomes an `isError` answer."""
        app: App = context.request_context.lifespan_context
        cleaner, advice = app.cleaner, app.advice
        try:
            self._check_names(arguments, cleaner)
            # Models write null for what they leave out.
            given = {
                name: value for name, value in arguments.items() if name not in IGNORED_ARGUMENTS and value is not None
            }
            return await super().run(given, context, convert_result)
        except QueryError as error:
            return result(render_error(error, cleaner), is_error=True)
        except UnexpectedToolError as failure:
            cause = failure.__cause__
            if isinstance(cause, AirweaveError | QueryError):
                return result(render_error(cause, cleaner, advice), is_error=True)
            logger.exception("Tool %s failed unexpectedly", self.name)
            return result(_internal(self.name, writes=self._writes), is_error=True)
        except ToolError as failure:
            if not isinstance(failure.__cause__, ValidationError):
                raise
            return result(render_error(self._explain(failure.__cause__, cleaner), cleaner), is_error=True)

    @property
    def _writes(self) -> bool:
        return self.annotations is not None and self.annotations.read_only_hint is False

    def _check_names(self, arguments: dict[str, Any], cleaner: Cleaner) -> None:
        known = list(self.parameters.get("properties", {}))
        unknown = [name for name in arguments if name not in known and name not in IGNORED_ARGUMENTS]
        if not unknown:
            return
        near = [match for name in unknown for match in difflib.get_close_matches(name, known, n=1)]
        guess = f"Did you mean {', '.join(near)}? " if near else ""
        raise QueryError(
            "unknown_argument",
            f"{self.name} has no argument {', '.join(show_given(name, cleaner) for name in unknown[:5])}.",
            f"{guess}Valid: {', '.join(known)}.",
        )

    def _explain(self, error: ValidationError, cleaner: Cleaner) -> QueryError:
        """A sentence a model can act on, without pydantic's address or the whole value."""
        problems = [self._problem(one, cleaner) for one in error.errors(include_url=False)[:3]]
        return QueryError("invalid_argument", " ".join(problems), f"Repeat {self.name} with a valid value.")

    def _problem(self, error: ErrorDetails, cleaner: Cleaner) -> str:
        name = str(error["loc"][0]) if error["loc"] else "The arguments"
        schema = self.parameters.get("properties", {}).get(name, {})
        if error["type"] == "missing":
            return f"{name} is needed. {schema.get('description', '')}."
        value = error["input"]
        choices = schema.get("enum") or schema.get("items", {}).get("enum")
        shown = "the value given"
        if isinstance(value, str):
            shown = show_given(value, cleaner)
        elif isinstance(value, int | float):
            shown = repr(value)[:60]
        if choices:
            return f"{name}: {shown} is not one of {', '.join(choices)}."
        if {"minimum", "maximum"} <= schema.keys():
            return f"{name}: {shown} is not a number from {schema['minimum']} to {schema['maximum']}."
        return f"{name}: {shown} does not fit ({error['msg'][:120]})."


def _internal(tool: str, *, writes: bool) -> Rendered[ErrorOut]:
    changed = "Whether it was carried out is not known." if writes else "Nothing was changed."
    look = "Look at the jobs before trying again. " if writes else ""
    out = ErrorOut(
        code="internal_error",
        message=f"{tool} failed because of a bug in airweave-sync-mcp. {changed}",
        hint=f"{look}The server's log on stderr has the details. Other tools still work.",
        retryable=False,
    )
    return Rendered(f"internal_error: {out.message} {out.hint}", out)


def read_only(title: str) -> ToolAnnotations:
    """The hints of a tool that only reads from Airweave."""
    return ToolAnnotations(
        title=title, read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
    )


def make_tool(fn: Callable[..., Any], *, title: str, description: str, annotations: ToolAnnotations) -> Tool:
    """A tool with a lean schema: nothing that repeats a name or says that an optional argument may be null."""
    tool = SyncTool.from_function(fn, title=title, description=" ".join(description.split()), annotations=annotations)
    tool.parameters = lean(inlined(tool.parameters))
    if tool.fn_metadata.output_schema is not None:
        tool.fn_metadata.output_schema = lean(tool.fn_metadata.output_schema)
    return tool


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without references, which some clients cannot follow in arguments. It must not be recursive."""
    definitions = schema.get("$defs", {})

    def walk(part: Any) -> Any:
        if isinstance(part, list):
            return [walk(one) for one in part]
        if not isinstance(part, dict):
            return part
        target = definitions.get(str(part.get("$ref", "")).removeprefix("#/$defs/"))
        if target is None:
            return {key: walk(value) for key, value in part.items() if key != "$defs"}
        here = {key: value for key, value in part.items() if key != "$ref"}
        return {**{key: value for key, value in walk(target).items() if key != "description"}, **here}

    inline: dict[str, Any] = walk(schema)
    return inline


def lean(schema: Any, *, names: bool = False) -> Any:
    """A schema without generated titles, null alternatives and empty defaults. `names`: its keys are property names."""
    if isinstance(schema, list):
        return [lean(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if names:
        return {key: lean(value) for key, value in schema.items()}
    schema = _without_null(schema)
    return {
        key: lean(value, names=key in {"properties", "$defs"})
        for key, value in schema.items()
        if key != "title" and not (key == "default" and value in (None, "", []))
    }


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    options = schema.get("anyOf")
    if not isinstance(options, list) or {"type": "null"} not in options:
        return schema
    rest = [one for one in options if one != {"type": "null"}]
    others = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**others, **rest[0]} if len(rest) == 1 else {**others, "anyOf": rest}
