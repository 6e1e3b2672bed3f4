"""Rules for the life of a run: lifecycle texts, lost workers, cancellation, plan limits, deleted things."""

from typing import Final

from airweave_sync_mcp.diagnosis.actors import Actor
from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.rule import Rule
from airweave_sync_mcp.history.model import Confidence

_WORKER = "domains/temporal (workflows, activities, cleanup)"

LIFECYCLE: Final = (
    Rule(
        id="lifecycle.hung",
        cause=C.WORKER_LOST_OR_STUCK,
        sub_cause="hung",
        origin="domains/temporal/activities/cleanup_stuck_sync_jobs.py",
        needles=(
            "timed out by cleanup",
            "no activity for ",
            "no progress for ",
            "stopped making progress",
            "hung for ",
        ),
        examples=(
            "Timed out by cleanup job (no activity for 15+ minutes)",
            "Cancelled by cleanup job (no activity for 10+ minutes)",
        ),
    ),
    Rule(
        id="lifecycle.not_picked_up",
        cause=C.WORKER_LOST_OR_STUCK,
        sub_cause="not_picked_up",
        origin="domains/temporal/activities/cleanup_stuck_sync_jobs.py",
        needles=("by cleanup job", "stuck in transitional state", "by the cleanup job", "no worker picked"),
        examples=("Cancelled by cleanup job (stuck in transitional state)",),
    ),
    Rule(
        id="lifecycle.activity_failed",
        cause=C.UNKNOWN,
        sub_cause="outside_the_sync",
        origin="domains/temporal/workflows/run_source_connection.py: nothing but this text is stored",
        pattern=r"activity task failed\.?$",
        anchored=True,
        needles=("activity task failed",),
        examples=("Activity task failed",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="lifecycle.worker_killed",
        cause=C.WORKER_LOST_OR_STUCK,
        sub_cause="worker_killed",
        origin=_WORKER,
        needles=(
            "activity task timed out",
            "heartbeat",
            "schedule",
            "start",
            "workflow",
        ),
        pattern=r"activity task timed out|heartbeat[ _-]{0,2}time|heartbeat.{0,30}timed? ?out|missed.{0,20}heartbeat"
        r"|heartbeat (?:was )?missed"
        r"|workflow (?:task |execution )?timed out|(?:schedule|start)[ _-]?to[ _-]?(?:start|close)",
        examples=("Activity task timed out", "activity Heartbeat timeout", "activity StartToClose timeout"),
    ),
    Rule(
        id="lifecycle.cancelled",
        cause=C.CANCELLED,
        origin=_WORKER + "; older releases wrote the texts, current ones write none",
        needles=("cancel",),
        anchored=True,
        pattern=r"(?:the |your |this )?(?:sync|job|workflow|activity|task|run|operation|execution"
        r"|request)?(?: (?:job|run|task|workflow|execution|activity))?(?: \S{8,40})? ?(?:was |were |has been |is "
        r"|got )?"
        r"(?:cancel(?:l?ed|lation)\b|cancel requested)",
        unless=("cleanup", "worker is", "shutting down", "shutdown"),
        examples=(
            "Cancelled by user",
            "Workflow was cancelled",
            "ActivityError: Activity cancelled",
            "Sync job was cancelled during execution",
        ),
    ),
    Rule(
        id="lifecycle.cancelled_type",
        cause=C.CANCELLED,
        origin="asyncio.CancelledError, temporalio CancelledError",
        types=frozenset({"cancellederror", "cancelederror", "cancelled", "workflowcancelled"}),
        examples=("CancelledError: [ExceptionStub] cancelled triggered after 10 entities (simulated failure)",),
    ),
)

PLAN: Final = (
    Rule(
        id="plan.usage_limit",
        cause=C.USAGE_OR_BILLING_LIMIT,
        sub_cause="usage_limit",
        origin="domains/usage",
        needles=("usage limit exceeded", "usagelimitexceeded"),
        examples=("UsageLimitExceededError: Usage limit exceeded for entities: 50001/50000",),
    ),
    Rule(
        id="plan.payment",
        cause=C.USAGE_OR_BILLING_LIMIT,
        sub_cause="payment",
        origin="domains/usage, domains/billing",
        needles=(
            "due to payment status",
            "paymentrequirederror",
            "paymentrequiredexception",
            "no active billing period",
            "update your payment method",
            "billing period",
        ),
        examples=("PaymentRequiredError: Action 'entities' is not allowed due to payment status: ended_unpaid",),
    ),
    Rule(
        id="plan.words",
        cause=C.USAGE_OR_BILLING_LIMIT,
        origin="paraphrase of domains/billing",
        needles=(
            "plan",
            "subscription",
            "billing",
            "trial",
            "payment",
            "invoice",
            "limit",
        ),
        pattern=r"\borgani[sz]ation\b[^\n]{0,60}\b(?:subscription|plan|billing|trial|payment)\b"
        r"|\b(?:entit(?:y|ies)|sync|quer(?:y|ies)|source connections?)\b[^\n]{0,40}\b(?:plan limit|limit (?:of"
        r"|for) (?:your|the) plan)"
        r"|\bplan limit\b[^\n]{0,40}\b(?:reached|exceeded)|\b(?:entity|entities|sync) limit\b[^\n]{0,40}\b(?:reached"
        r"|exceeded|plan)"
        r"|\b(?:subscription|free trial|trial period) (?:has )?(?:ended|expired|lapsed)|\bunpaid invoice"
        r"|\b(?:subscription|payment|billing|invoice)\b[^\n]{0,20}\b(?:past due|overdue|unpaid|lapsed|suspended"
        r"|cancell?ed|ended|expired)|\bpayment (?:is )?(?:overdue|past due|failed)",
        unless=("insufficient_quota", '"code"', "'code'", '"error"', "'error'", '"message"', "'message'", "premium"),
        without_status=True,
        actors=frozenset({Actor.SOURCE}),
        examples=("Your organization's subscription has ended. Please update your plan.",),
        confidence=Confidence.MEDIUM,
    ),
)

DELETED: Final = (
    Rule(
        id="deleted.connection",
        cause=C.RESOURCE_DELETED,
        origin="domains/sources/lifecycle.py, domains/sync_pipeline/factory.py",
        needles=(
            "connection",
            "record not found for sync",
        ),
        pattern=r"source ?connection(?: record)?(?: with (?:id|readable_id))?(?: \S{1,60})? ?"
        r"(?:not found|no longer exists|does not exist|was deleted|has been deleted)"
        r"|record not found for sync",
        examples=(
            "Source connection 0b6f2c55-3b1a-4b44-8d5a-9e6f1f0c9b1e not found",
            "SourceConnection not found",
            "Source connection record not found for sync 0b6f2c55",
        ),
    ),
    Rule(
        id="deleted.credential",
        cause=C.RESOURCE_DELETED,
        sub_cause="credential_gone",
        origin="domains/oauth/oauth2_service.py, domains/sources/lifecycle.py",
        needles=(
            "has no integration credential",
            "integration credential not found",
            "not found or has no credential",
            "integration credential does not exist",
        ),
        examples=("Integration credential not found", "Connection 0b6f2c55-3b1a has no integration credential"),
    ),
    Rule(
        id="deleted.record",
        cause=C.RESOURCE_DELETED,
        origin="core exceptions: NotFoundException",
        needles=("not found", "no longer exists", "does not exist", "deleted"),
        anchored=True,
        pattern=r"(?:the )?(?:connection|collection|sync ?job|sync|organi[sz]ation)(?: with (?:id|readable_id"
        r"|readable id))?"
        r"(?: \S{1,80})? (?:was |were )?(?:not found|no longer exists|does not exist|(?:has been |is )?deleted)",
        examples=(
            "NotFoundException: Collection not found",
            "Connection not found",
            "NotFoundException: SyncJob with ID f3c1b6d2 not found",
        ),
    ),
    Rule(
        id="deleted.while_running",
        cause=C.RESOURCE_DELETED,
        origin="paraphrase",
        needles=("deleted",),
        pattern=r"\b(?:collection|connection|sync|organi[sz]ation|credential)\b[^\n]{0,40}\b(?:was|were|has been"
        r"|is being|got) deleted",
        examples=("Sync aborted: the collection was deleted while the job was running",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="deleted.foreign_key",
        cause=C.RESOURCE_DELETED,
        origin="PostgreSQL: connection or collection deleted while the job ran",
        needles=("violates foreign key constraint",),
        pattern=r"insert or update on table[^\n]{0,200}violates foreign key constraint",
        examples=('insert or update on table "entity" violates foreign key constraint "entity_sync_id_fkey"',),
    ),
    Rule(
        id="deleted.stale_row",
        cause=C.RESOURCE_DELETED,
        origin="SQLAlchemy: the row is gone",
        needles=(
            "staledataerror",
            "noresultfound",
            "no row was found when one was required",
            "objectdeletederror",
            "its row is otherwise not present",
            "expected to update 1 row(s); 0 were matched",
            "expected to delete 1 row(s); 0",
        ),
        examples=("StaleDataError: UPDATE statement on table 'sync' expected to update 1 row(s); 0 were matched.",),
    ),
    Rule(
        id="deleted.arf",
        cause=C.RESOURCE_DELETED,
        origin="domains/arf: replay of a sync whose raw data is gone",
        needles=("arf data not found", "arf manifest not found"),
        examples=("ARF data not found for sync 0b6f. Cannot replay - ensure ARF capture was enabled.",),
    ),
)

WORKER: Final = (
    Rule(
        id="lifecycle.stopped_by_person",
        cause=C.CANCELLED,
        origin="paraphrase",
        needles=(
            "cancel",
            "aborted",
            "stopped",
            "terminated",
            "interrupted",
            "requested",
        ),
        pattern=r"\b(?:cancel(?:l?ed|lation)|aborted|stopped|terminated|interrupted)\b[^\n]{0,40}\bby (?:an? |the )?"
        r"(?:user|admin|administrator|operator)\b|\b(?:user|administrator|operator) (?:has )?(?:cancell?ed|aborted"
        r"|stopped|interrupted)\b|user requested (?:a )?(?:cancel|stop|abort)",
        examples=("Sync stopped by user",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="worker.memory",
        cause=C.WORKER_LOST_OR_STUCK,
        sub_cause="out_of_memory",
        origin="Python, the kernel, Kubernetes",
        needles=(
            "memoryerror",
            "unable to allocate",
            "cannot allocate memory",
            "out of memory",
            "oomkilled",
            "oom-killed",
            "oom killer",
            "memory limit",
            "exit code 137",
            "code 137",
            "code -9",
            "exceeded its memory",
            "errno 12]",
            "errno 11]",
        ),
        unless=("cuda", "maxmemory", "postgres", "asyncpg", "shared memory"),
        examples=("MemoryError: Unable to allocate 1.91 GiB for an array with shape (128000, 4096)",),
    ),
    Rule(
        id="worker.gone",
        cause=C.WORKER_LOST_OR_STUCK,
        sub_cause="worker_killed",
        origin="Python concurrent.futures, asyncio, Celery, Temporal",
        needles=(
            "event loop is closed",
            "can't start new thread",
            "worker pool has been cancelled",
            "sigkill",
            "sigterm",
            "signal 9",
            "signal 15",
            "cannot schedule new futures after",
            "brokenprocesspool",
            "brokenthreadpool",
            "terminated abruptly",
            "workerlost",
            "lost worker",
            "evicted",
            "sigsegv",
            "sigabrt",
            "segmentation fault",
            "interpreter shutdown",
            "no running event loop",
            "graceful shutdown",
            "potential deadlock detected",
            "executor shutdown",
            "systemexit",
            "keyboardinterrupt",
            "preempted",
            "draining",
        ),
        unless=("database system", "terminating connection"),
        examples=(
            "RuntimeError: Event loop is closed",
            "RuntimeError: Cannot submit tasks after worker pool has been cancelled",
        ),
    ),
    Rule(
        id="worker.ended",
        cause=C.WORKER_LOST_OR_STUCK,
        sub_cause="worker_killed",
        origin="paraphrase",
        needles=("worker",),
        pattern=r"\bworker(?: pool| process| pod)?(?: is| was| has| has been| got)?\b[^\n]{0,12}\b(?:lost"
        r"|shut(?:ting)? ?down|stopp(?:ed|ing)"
        r"|restart(?:ed|ing)|exited|died|dead|crashed|terminated|killed|gone|disappeared|unresponsive)",
        unless=("database system", "terminating connection"),
        examples=("Worker pool shut down while tasks were pending",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="worker.stuck",
        cause=C.WORKER_LOST_OR_STUCK,
        sub_cause="hung",
        origin="paraphrase",
        needles=("stuck", "hung"),
        pattern=r"\b(?:job|sync|run|task|workflow|worker)\b[^\n]{0,20}\b(?:stuck|hung)\b",
        examples=("Job was stuck for 30 minutes",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="worker.not_available",
        cause=C.WORKER_LOST_OR_STUCK,
        sub_cause="not_picked_up",
        origin="Temporal client and server",
        needles=(
            "temporal",
            ":7233",
            "port 7233",
            "no worker",
            "no poller",
            "task queue",
            "workflow execution already",
            "workflow not found",
            "workflow is busy",
            "stuck in pending",
            "stuck in running",
            "workflow terminated",
            "workflow was terminated",
            "terminatederror",
            "tonic::",
        ),
        pattern=r":7233\b|port 7233\b|\bno (?:workers?|pollers?)\b|\btask queue\b"
        r"|\btemporal(?:io)?\b[^\n]{0,40}(?:unavailable"
        r"|unreachable|connect|timeout|timed out"
        r"|deadline|not found|rpc|error)|connect[^\n]{0,40}\btemporal\b|workflow execution already|\btonic::"
        r"|stuck in (?:pending|running)"
        r"|workflow (?:not found|is busy|terminated|was terminated)|terminatederror",
        unless=("temporal relation",),
        examples=("RuntimeError: Failed client connect: Temporal server unreachable at temporal:7233",),
        confidence=Confidence.MEDIUM,
    ),
)
