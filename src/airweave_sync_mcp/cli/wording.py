"""What answers say of tools and calls, said of commands."""

import re
import shlex
from typing import Final

PROGRAM: Final = "airweave-sync-mcp"

_COMMANDS: Final = {
    "list_connections": "connections",
    "list_sync_jobs": "jobs",
    "list_failed_jobs": "failed",
    "get_sync_health": "health",
    "get_connection_jobs": "connection NAME",
    "get_sync_job": "job ID",
    "diagnose_sync": "diagnose NAME",
    "wait_for_sync_job": "wait NAME",
    "run_sync": "run NAME",
    "cancel_sync_job": "cancel NAME ID",
}
_PHRASES: Final = {
    "connection=<name> or job=<id>": "NAME or --job ID",
    "the call without cursor": "the command without --cursor",
    "the call": "the command",
    "each call": "each command",
    "Call again": "Type again",
}

_ARGUMENT: Final = r"""[a-z_]+=(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\w+)"""
_TOOL: Final = re.compile(rf"\b({'|'.join(_COMMANDS)})\b(\((?:{_ARGUMENT}(?:, )?)*\))?")
_GIVEN: Final = re.compile(r"""([a-z_]+)=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\w+)""")
_PHRASE: Final = re.compile("|".join(re.escape(phrase) for phrase in _PHRASES))


def of_commands(text: str) -> str:
    """A sentence of ours as a person at a terminal can act on it: `get_connection_jobs(connection='X')` is typed as
    `airweave-sync-mcp connection X`."""
    return _PHRASE.sub(lambda found: _PHRASES[found[0]], _TOOL.sub(_command, text))


def _command(found: re.Match[str]) -> str:
    command = _COMMANDS[found[1]]
    given = {name: shlex.quote(_plain(value)) for name, value in _GIVEN.findall(found[2] or "")}
    name, job = given.get("connection"), given.get("job")
    words = [{"NAME": name, "ID": job}.get(word) or word for word in command.split()]
    if job and "ID" not in command.split():
        words += ["--job", job]
    if "force_full_sync" in given:
        words.append("--full")
    return " ".join([PROGRAM, *words])


def _plain(value: str) -> str:
    """What a literal of Python stands for, as far as names have it."""
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] in "'\"" else value
