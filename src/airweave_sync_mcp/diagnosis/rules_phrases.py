"""Rules for how people say it, family by family: a subject and what became of it, and class names made of both.

They serve texts nobody has seen: other releases, other wordings. Each family is asked after the rules that know
its texts literally (`rules.py`); what a source refuses is told by kinds instead (`words_plain.py`).
"""

from typing import Final

from airweave_sync_mcp.diagnosis.actors import Actor
from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.rule import Rule
from airweave_sync_mcp.diagnosis.words_codes import class_names
from airweave_sync_mcp.history.model import Confidence

_SOURCE = frozenset({Actor.SOURCE})
_JSON = ('"error"', "'error'", '"errors"', "'errors'", '"message"', "'message'", '"code"', "'code'")
"""A quoted key: a vendor's body, not Airweave's words."""


PLAN_SAID: Final = (
    Rule(
        id="plan.said",
        cause=C.USAGE_OR_BILLING_LIMIT,
        origin="paraphrases of domains/usage, domains/billing",
        needles=(
            "trial",
            "subscription",
            "invoice",
            "allowance",
            "plan",
            "billing",
            "payment",
            "quota",
            "card on file",
        ),
        pattern=r"\b(?:your|the|an?) airweave plan\b"
        r"|\b(?:trial|subscription)\b[^\n.;]{0,30}\b(?:ended|over|expired|lapsed|ran out|run out)\b"
        r"|\bno active (?:subscription|plan\b)|subscriptionrequired|billingsuspended|planlimit|planquota|entityquota"
        r"|\bon plan \w|\bcard on file\b"
        r"|\bsubscription\b[^\n.;]{0,40}\b(?:not (?:been )?paid|unpaid)"
        r"|\binvoices?\b[^\n.;]{0,30}\b(?:not (?:been )?(?:paid|settled)|unpaid|overdue|outstanding)\b"
        r"|\b(?:entit(?:y|ies)|source connections)\b[^\n;]{0,80}\b(?:your plan|its plan|the plan|in plan|plan allows"
        r"|plan includes|billing period|subscription|plan is full)\b|\bentity quota\b"
        r"|\b(?:plan|allowance)\b[^\n;]{0,60}\b(?:entities|source connections)\b",
        unless=(*_JSON, "premium", "api access", "vendor", "api calls"),
        without_status=True,
        actors=_SOURCE,
        examples=("Your trial has ended. Choose a plan to continue syncing.", "Plan allowance of entities used up"),
        confidence=Confidence.MEDIUM,
    ),
)

_THIS_SERVER: Final = r"(?:this|the) (?:server|deployment|installation|image|platform|airweave \w{1,20})\b"
DEPLOY_SAID: Final = (
    Rule(
        id="deploy.said",
        cause=C.PLATFORM_MISCONFIGURED,
        sub_cause="setting_missing",
        origin="paraphrases: what the deployment lacks",
        needles=(
            "this server",
            "the server",
            "deployment",
            "installation",
            "image",
            "platform",
            "airweave ",
            "package",
        ),
        pattern=r"\b(?:no|not|never|without|missing|lacks?|isn't|none)\b[^\n]{0,100}\b(?:set up|set|configured"
        r"|installed|enabled|provided|defined|registered|stored)\b[^\n.]{0,20}\b(?:on|in|for|by|with|of) "
        + _THIS_SERVER
        + r"|\b(?:no|missing|lacks?|without)\b[^\n.]{0,60}\b(?:keys?|package|model|app|application|converter|driver"
        r"|setting|variable)\b[^\n.]{0,60}\b(?:on|in|of|for|by) "
        + _THIS_SERVER
        + rf"|\bpackage\b[^\n.]{{0,50}}\b(?:missing|absent) (?:on|in|from) the (?:worker|image|server)"
        rf"|\b{_THIS_SERVER} (?:lacks|misses|has no|is missing|does not have|doesn't have|was built without)\b",
        unless=("space", "memory", "allowed to connect"),
        without_status=True,
        examples=("No OAuth app is set up for this source on this server", "This installation lacks a package"),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="deploy.encryption_said",
        cause=C.PLATFORM_MISCONFIGURED,
        sub_cause="encryption_key",
        origin="paraphrases: credentials were stored under another key",
        needles=(
            "encryption key",
            "encryptionkey",
            "decryption",
            "decrypt",
            "unlocked",
            "master key",
            "decrypterror",
        ),
        pattern=r"\b(?:another|different|old|previous|other|wrong|changed|new"
        r"|rotated)\b[^\n.]{0,20}\b(?:encryption|master)"
        r" key\b|\b(?:encryption|master) key\b[^\n.]{0,40}\b(?:changed|rotated|differs?|replaced|missing"
        r"|does not match"
        r"|mismatch|wrong)|encryptionkey|credential\w{0,10}decrypt|secret\w{0,10}decrypt|decryption key"
        r"|\b(?:credentials?|secrets?|log-?ins?|tokens?|keys?)\b[^\n.]{0,60}\b(?:cannot|can't|could not|couldn't"
        r"|can no"
        r" longer) be (?:decrypted|unlocked)",
        examples=("The credentials were stored under another encryption key than the server uses now",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="deploy.data_missing",
        cause=C.PLATFORM_MISCONFIGURED,
        sub_cause="package_missing",
        origin="NLTK, tiktoken, spaCy: data that the image should hold",
        needles=("nltk downloader", "can't find model '", "please use the nltk", "could not download encoding"),
        examples=("LookupError: Resource punkt not found. Please use the NLTK Downloader to obtain the resource",),
    ),
)

CANCELLED_INSIDE: Final = (
    Rule(
        id="lifecycle.cancelled_inside",
        cause=C.CANCELLED,
        origin="Temporal: the cause of a failed workflow",
        needles=("cancellederror", "cancelederror"),
        pattern=r"(?:caused by|cause): ?[\w.]{0,60}cancell?ederror\b|\bsynccancell?ederror\b|\bjobcancell?ederror\b",
        unless=("cleanup", "worker is", "shutting down", "shutdown"),
        examples=("WorkflowFailureError: Workflow execution failed\nCaused by: CancelledError: Workflow cancelled",),
    ),
)
CANCELLED_SAID: Final = (
    Rule(
        id="lifecycle.cancelled_said",
        cause=C.CANCELLED,
        origin="paraphrases: somebody stopped it",
        needles=("pressed ", "called off", "request", "by hand", "cancel", "stopped", "aborted", "ended "),
        pattern=r"\bpressed (?:stop|cancel|abort)|\bcalled off\b|\b(?:stopped|ended|aborted|halted)\b[^\n.]{0,30}"
        r"\b(?:by hand|request of)\b|\bat the (?:user's request|request of)\b|\b(?:person|someone|somebody|user"
        r"|colleague)\b (?:stopped|aborted|ended) (?:the|this|it)\b|\b(?:job|sync|run|workflow|activity|task"
        r"|execution|operation)\b[^\n.;]{0,30}\bcancel(?:l?ed|lation|ling)? (?:via|through|from"
        r"|on request"
        r"|manually|by hand|by (?!(?:the )?cleanup))",
        unless=("worker is", "shutting down", "shutdown", "certificate"),
        without_status=True,
        examples=("Someone pressed stop while the job was running.", "The run was called off by hand."),
        confidence=Confidence.MEDIUM,
    ),
)

WORKER_SAID: Final = (
    Rule(
        id="worker.said",
        cause=C.WORKER_LOST_OR_STUCK,
        sub_cause="worker_killed",
        origin="paraphrases: the process that ran the job is gone",
        needles=("worker", "process", "machine", " pod", "pod ", "container", "rolling ", "watchdog"),
        pattern=r"\b(?:workers?|(?:the|this|our|that) process|process (?:that|which|running|handling)|machine|pod"
        r"|container)"
        r"\b[^\n.;]{0,60}?\b(?:replaced|went away|gone|vanished|killed|died|dead|crashed|stopped (?:respond|answer"
        r"|send)ing"
        r"|lost|evicted|restarted|disappeared|ran out of memory|shut down|shutting down|taken away|switched off"
        r"|terminated"
        r"|went down|recycled|heartbeat)\b|\b(?:lost|no) (?:contact|touch|connection) (?:with|to) (?:the"
        r"|its) (?:worker"
        r"|process)|\brolling (?:deployment|update|restart|upgrade)|\bwatchdog\b",
        unless=("database system", "terminating connection", "pgbouncer", "no space left"),
        without_status=True,
        actors=_SOURCE,
        examples=("The process that ran this sync went away without a word",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="worker.stuck_said",
        cause=C.WORKER_LOST_OR_STUCK,
        sub_cause="hung",
        origin="paraphrases: no progress, nobody took the job",
        needles=(
            "picked",
            "took",
            "claimed",
            "taken",
            "progress",
            "stuckjob",
            "reaped",
            "jobstuck",
            "joblost",
            "jobhung",
            "heartbeatmissed",
            "waited",
            "stopped moving",
            "cleaned up",
        ),
        pattern=r"\b(?:nobody|no one|never|not|no worker) (?:was )?(?:been )?(?:picked|took|claimed|taken)\b"
        r"|\b(?:no|without(?: any)?|stopped making) progress\b|stuckjob|jobstuck|joblost|jobhung|heartbeatmissed"
        r"|\bwaited (?:too long )?for a worker\b|\bstopped moving\b|\bcleaned up after\b|\breaped\b",
        without_status=True,
        actors=_SOURCE,
        examples=("Nobody picked the job up within three minutes",),
        confidence=Confidence.MEDIUM,
    ),
)

_OURS: Final = r"(?:collection|source connection|connection|organi[sz]ation|sync job|sync)"
DELETED_SAID: Final = (
    Rule(
        id="deleted.said",
        cause=C.RESOURCE_DELETED,
        origin="paraphrases: what the job belongs to is gone",
        needles=("deleted", "removed", "exist", "gone", "of this connection"),
        pattern=rf"\b(?:deleted|removed) (?:the|this|that|its|your) {_OURS}\b"
        rf"|(?<!\bon )(?<!\bof )(?<!\bin )(?<!\bfor )\bthe {_OURS}\b[^\n.;]{{0,50}}\b(?:no longer exists?"
        rf"|does not exist"
        r"|was (?:deleted|removed)|has been (?:deleted|removed)|is gone)\b"
        r"|\bsource connection\b[^\n.;]{0,60}\b(?:was|been)"
        r" (?:removed|deleted)|\b(?:stored )?credentials? of this connection (?:no longer|does not|do not|is gone"
        r"|are gone)",
        without_status=True,
        actors=_SOURCE,
        unless=("space", "folder", "repository", "branch", "board", "drive", "bucket"),
        examples=("Somebody deleted the collection while its sync was still running.",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="deleted.class",
        cause=C.RESOURCE_DELETED,
        origin="class names of what is gone",
        needles=(
            *class_names(
                "sourceconnection collection organization syncjob integrationcredential",
                "notfound deleted removed missing",
            ),
            *class_names("connection", "deleted removed"),
        ),
        without_status=True,
        actors=_SOURCE,
        examples=("SourceConnectionMissingError: 1b2c",),
        confidence=Confidence.MEDIUM,
    ),
)
