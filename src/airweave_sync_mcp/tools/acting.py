"""Tools that run, cancel and wait. A write asks the person first where the client can, and else explains itself."""

from functools import cache
from typing import Annotated, Final

from mcp.server.mcpserver import AcceptedElicitation, Elicit, ElicitationResult, Resolve
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field

from airweave_sync_mcp.answers.acting.act import Acting, confirmation
from airweave_sync_mcp.answers.acting.audit import Caller
from airweave_sync_mcp.answers.acting.cancel import Cancel, cancel_job, plan_cancel
from airweave_sync_mcp.answers.acting.outcome import ConfirmedBy
from airweave_sync_mcp.answers.acting.plan import Action, Plan, Said
from airweave_sync_mcp.answers.acting.run import Run, plan_run
from airweave_sync_mcp.answers.acting.run import run_sync as start_sync
from airweave_sync_mcp.answers.acting.wait import Look, Wait, wait_for_job
from airweave_sync_mcp.render.acting import question, render_action
from airweave_sync_mcp.render.contract_acting import ActionOut, WaitOut
from airweave_sync_mcp.render.waiting import progress_line, render_wait
from airweave_sync_mcp.tools import arguments as a
from airweave_sync_mcp.tools.base import ToolContext, ask_of, cleaner_of, make_tool, nonce_of, read_only, result

WRITE_TOOLS: Final = frozenset(action.value for action in Action)

_FIRST_MODERN: Final = "2026-07-28"
"""Since this version of the protocol a question travels in the answer, so that no back-channel is needed."""

Confirm = Annotated[
    str, Field(description="Repeats the exact target, as a dry run told; your word, not the person's approval")
]


class Consent(BaseModel):
    """What a person fills in."""

    approve: bool = Field(description="Do this once")


def _can_ask(ctx: ToolContext) -> bool:
    """Whether the client can put a question to a person."""
    elicitation = ctx.client_capabilities.elicitation if ctx.client_capabilities else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False
    return (ctx.protocol_version or "") >= _FIRST_MODERN or ctx.session.can_send_request


def _ask_person(ctx: ToolContext, plan: Plan, confirm: str) -> Elicit[Consent] | None:
    """The question; None for what a person need not be asked: what is so already, or lacks the words it wants."""
    repeated = confirmation(plan, confirm=confirm, said=Said.NOT_ASKED) is ConfirmedBy.MODEL
    if plan.settled or (plan.harmful and not repeated):
        return None
    return Elicit(question(plan, cleaner_of(ctx)), Consent)


async def _may_run(ctx: ToolContext, connection: str, force_full_sync: bool, confirm: str) -> Elicit[Consent] | None:
    if not _can_ask(ctx):
        return None
    plan = await plan_run(ask_of(ctx), Run(connection=connection, full=force_full_sync, confirm=confirm))
    return _ask_person(ctx, plan, confirm)


async def _may_cancel(ctx: ToolContext, connection: str, job: str, confirm: str) -> Elicit[Consent] | None:
    if not _can_ask(ctx):
        return None
    plan = await plan_cancel(ask_of(ctx), Cancel(connection=connection, job=job, confirm=confirm))
    return _ask_person(ctx, plan, confirm)


def _said(approval: ElicitationResult[Consent]) -> Said:
    if not isinstance(approval, AcceptedElicitation):
        return Said.DECLINED
    consent: Consent | None = approval.data  # None where nobody was asked
    if consent is None:
        return Said.NOT_ASKED
    return Said.APPROVED if consent.approve else Said.DECLINED


def _acting(ctx: ToolContext) -> Acting:
    ask, app = ask_of(ctx), ctx.request_context.lifespan_context
    client = ctx.session.client_params
    return Acting(
        ask=ask,
        caller=Caller(
            fingerprint=app.snapshot.readings.tenant(ask.credential)[:8],
            organization_id=ask.credential.organization_id,
            client=f"{client.client_info.name} {client.client_info.version}" if client else "",
        ),
        cleaner=app.cleaner,
        sleep=app.sleep,
    )


async def run_sync(
    ctx: ToolContext,
    approval: Annotated[ElicitationResult[Consent], Resolve(_may_run)],
    *,
    connection: a.Connection,
    force_full_sync: Annotated[
        bool, Field(description="Read everything again, DELETE what is not found; confirmed separately")
    ] = False,
    confirm: Confirm = "",
) -> Annotated[CallToolResult, ActionOut]:
    wanted = Run(connection=connection, full=force_full_sync, confirm=confirm)
    return result(render_action(await start_sync(_acting(ctx), wanted, _said(approval)), cleaner_of(ctx)))


async def cancel_sync_job(
    ctx: ToolContext,
    approval: Annotated[ElicitationResult[Consent], Resolve(_may_cancel)],
    *,
    connection: a.Connection,
    job: Annotated[str, Field(description="Sync job of this connection: id, its first 8+ digits, URL or 'latest'")],
    confirm: Confirm = "",
) -> Annotated[CallToolResult, ActionOut]:
    wanted = Cancel(connection=connection, job=job, confirm=confirm)
    return result(render_action(await cancel_job(_acting(ctx), wanted, _said(approval)), cleaner_of(ctx)))


async def wait_for_sync_job(
    ctx: ToolContext,
    *,
    connection: a.Connection,
    job: Annotated[str, Field(description="Sync job; else the one that is active, or the newest")] = "",
    timeout_seconds: a.Timeout = 30,
) -> Annotated[CallToolResult, WaitOut]:
    async def report(look: Look) -> None:
        await ctx.report_progress(look.waited_s, timeout_seconds, progress_line(look))

    wanted = Wait(connection=connection, job=job, timeout_s=timeout_seconds)
    sleep = ctx.request_context.lifespan_context.sleep
    waited = await wait_for_job(ask_of(ctx), wanted, sleep=sleep, report=report)
    return result(render_wait(waited, cleaner=cleaner_of(ctx), nonce=nonce_of(ctx)))


@cache
def waiting_tools() -> tuple[Tool, ...]:
    """What only waits."""
    return (
        make_tool(
            wait_for_sync_job,
            title="Wait for a sync job",
            description="""
                Wait until a sync job ends (45 seconds at most), with progress; then say whether the trouble there was
                before is over. finished=false: not yet, call again as next_steps say.
            """,
            annotations=read_only("Wait for a sync job"),
        ),
    )


@cache
def writing_tools() -> tuple[Tool, ...]:
    """What changes something in Airweave. Offered only where writes are allowed."""
    return (
        make_tool(
            run_sync,
            title="Run a sync",
            description="""
                Start a sync job of one source connection, after checking that it can run and saying if that is
                useless or harmful. The person is asked first; where the client cannot ask, the call is a dry run
                unless confirm repeats the target. Never sent twice: outcome=unknown says how to find out.
            """,
            annotations=ToolAnnotations(
                title="Run a sync",
                read_only_hint=False,
                destructive_hint=True,  # what the source no longer shows is deleted
                idempotent_hint=False,
                open_world_hint=True,
            ),
        ),
        make_tool(
            cancel_sync_job,
            title="Cancel a sync job",
            description="""
                Cancel a pending or running sync job of a source connection; what it wrote stays. The person is asked
                first; where the client cannot ask, the call is a dry run unless confirm repeats the job's whole id.
            """,
            annotations=ToolAnnotations(
                title="Cancel a sync job",
                read_only_hint=False,
                destructive_hint=True,
                idempotent_hint=True,
                open_world_hint=True,
            ),
        ),
    )
