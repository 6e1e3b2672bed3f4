"""The check-up: settings, address, key, organization, generation, rate limit; and how to mend what is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from airweave_sync_mcp.airweave.client import AirweaveClient, OrganizationJobsPath
from airweave_sync_mcp.airweave.credential import Credential, CredentialKind
from airweave_sync_mcp.airweave.errors import AirweaveError, ErrorCode
from airweave_sync_mcp.airweave.feeds import probe
from airweave_sync_mcp.cli.terminal import BAD_USE, UNREACHABLE
from airweave_sync_mcp.core import Core
from airweave_sync_mcp.settings import Settings


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


_OF_THE_KEY: Final = frozenset({ErrorCode.NO_KEY, ErrorCode.BAD_KEY})

_COLOURS: Final = {
    State.OK: "green",
    State.WARNING: "yellow",
    State.FAILED: "bold red",
    State.SKIPPED: "dim",
}

_GENERATIONS: Final = {
    OrganizationJobsPath.DOCUMENTED: "as documented: GET /v1/sync/jobs lists the jobs of the whole organization",
    OrganizationJobsPath.OLDER: "March 2026 or older: GET /sync/jobs lists the jobs of the whole organization",
    None: "April 2026 or newer (or March 2026 as released): no organization-wide list, jobs are read by connection",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked; `mend` says what to do where something is wrong."""

    check: str
    state: State
    found: str
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    findings: tuple[Finding, ...]
    exit_code: int

    def dump(self) -> dict[str, Any]:
        """For programs."""
        checks = [{key: str(value) for key, value in asdict(one).items() if value} for one in self.findings]
        return {"ok": self.exit_code == 0, "checks": checks}

    def table(self) -> RenderableType:
        """For people."""
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        before = None
        for one in self.findings:
            text = Text(one.found)
            if one.mend:
                text.append(f"\n-> {one.mend}", style="bold")
            named = Text("" if (one.state, one.check) == before else one.check)
            table.add_row(Text(one.state, style=_COLOURS[one.state]), named, text)
            before = (one.state, one.check)
        verdict = "All is well." if self.exit_code == 0 else "Something has to be mended: see what failed."
        return Group(table, Text(verdict, style="bold"))


@dataclass(slots=True)
class _Examination:
    """Checks one after the other; each rests on the one before."""

    settings: Settings
    core: Core
    findings: list[Finding] = field(default_factory=list)
    exit_code: int = 0

    def note(self, check: str, found: str, state: State = State.OK, mend: str = "") -> None:
        clean = self.core.cleaner
        mend = clean.one_line(mend, 400) if mend else ""
        self.findings.append(Finding(check=check, state=state, found=clean.one_line(found, 400), mend=mend))

    def failed(self, check: str, error: AirweaveError) -> None:
        when = f" {error.retry_advice}" if error.retry_after_s else ""
        self.note(check, error.message, State.FAILED, f"{error.hint}{when}")
        self.exit_code = self.exit_code or (BAD_USE if error.code in _OF_THE_KEY else UNREACHABLE)

    def refuse(self, problems: Sequence[str]) -> None:
        for problem in problems:
            self.note("settings", problem, State.FAILED)
            self.exit_code = BAD_USE

    def check_settings(self) -> Credential | None:
        origins = self.settings.origins
        for name, value in self._settings():
            self.note("settings", f"{name} = {value}  ({origins.get(name, 'default')})")
        for warning in self.settings.warnings:
            self.note("settings", warning, State.WARNING)
        try:
            credential = self.core.credential(self.settings)
        except AirweaveError as error:
            self.failed("key", error)
            return None
        kind = "a token (JWT)" if credential.kind is CredentialKind.JWT else "an API key"
        self.note("key", f"{kind}, from {origins.get('api_key', 'the settings')}")
        return credential

    def _settings(self) -> Iterator[tuple[str, str]]:
        settings = self.settings
        yield "base_url", "the embedded demo" if settings.demo else settings.endpoint.base_url
        yield "organization_id", settings.organization_id or "the key's own"
        yield "feed", settings.feed
        yield "concurrency", str(settings.concurrency)
        yield "deadline_s", f"{settings.deadline_s:g}"
        yield "reserve", f"{settings.reserve:g}"

    async def check_address(self, client: AirweaveClient) -> bool:
        try:
            await client.health()
        except AirweaveError as error:
            self.failed("address", error)
            return False
        self.note("address", f"{'the embedded demo' if self.settings.demo else client.endpoint.base_url} answers")
        return True

    async def check_key(self, client: AirweaveClient, credential: Credential) -> str | None:
        """The id of a connection, for the next check."""
        try:
            rows = await client.source_connections(credential, limit=1)
        except AirweaveError as error:
            self.failed("access", error)
            return None
        found = (
            "the key is accepted" if rows.items else "the key is accepted; the organization has no source connection"
        )
        self.note("access", found)
        return rows.items[0].id if rows.items else ""

    async def check_organization(self, client: AirweaveClient, credential: Credential, connection_id: str) -> None:
        try:
            if connection_id:
                own = (await client.source_connection(credential, connection_id)).organization_id
            else:
                rows = await client.collections(credential, limit=1)
                own = next((row.organization_id for row in rows.items), None)
        except AirweaveError as error:
            self.failed("organization", error)
            return
        self.note("organization", own or "not told by this server", State.OK if own else State.WARNING)

    async def check_generation(self, client: AirweaveClient, credential: Credential) -> None:
        try:
            path = await probe(client, credential)
        except AirweaveError as error:
            self.failed("generation", error)
            return
        self.note("generation", _GENERATIONS[path])
        if path is None and self.settings.feed == "organization":
            mend = "Set AIRWEAVE_SYNC_FEED=auto."
            self.note("generation", "feed=organization needs a list that this server does not have", State.FAILED, mend)
            self.exit_code = self.exit_code or BAD_USE

    async def check_rate_limit(self, client: AirweaveClient, credential: Credential) -> None:
        budget = await client.budget_state(credential)
        if budget.limit is None:
            self.note("rate limit", "none" if budget.known else "not told by this server")
            return
        found = f"{budget.limit} requests a minute for the organization, {budget.usable_per_minute} of them used here"
        if budget.limit > _TIGHT:
            self.note("rate limit", found)
            return
        mend = (
            "Answers about many connections become complete over several calls; a larger plan makes them whole at once."
        )
        self.note("rate limit", found, State.WARNING, mend)


_TIGHT: Final = 20


def refuse(problems: Sequence[str], core: Core) -> Checkup:
    """The check-up where the settings do not tell whom to ask."""
    exam = _Examination(Settings(), core)
    exam.refuse(problems)
    exam.note("address", "not asked: mend the settings first", State.SKIPPED)
    return Checkup(findings=tuple(exam.findings), exit_code=exam.exit_code)


async def examine(settings: Settings, core: Core, problems: Sequence[str] = ()) -> Checkup:
    """Check everything, as far as one thing allows the next. Never raises for what it finds.

    `problems` are of settings in whose place the default stands.
    """
    exam = _Examination(settings, core)
    exam.refuse(problems)
    credential = exam.check_settings()
    async with core.client() as client:
        reachable = await exam.check_address(client)
        if reachable and credential is not None:
            connection_id = await exam.check_key(client, credential)
            if connection_id is not None:
                await exam.check_organization(client, credential, connection_id)
                await exam.check_generation(client, credential)
                await exam.check_rate_limit(client, credential)
    return Checkup(findings=tuple(exam.findings), exit_code=exam.exit_code)
