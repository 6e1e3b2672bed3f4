"""The demo's connections as a table: who they are, how often they run, and how their last runs went.

Ages are relative to the moment the demo is built. `runs` lists outcomes newest first, each with how often
in a row. Where a comment says what a connection shows, tests hold it to that.
"""

from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from typing import Final

from . import troubles as t
from .troubles import GOOD, Outcome


@dataclass(frozen=True, slots=True)
class Scenario:
    """One connection."""

    name: str
    source: str
    """Short name; see `sources`."""
    collection: str
    """Readable id; see `COLLECTIONS`."""
    last: timedelta
    """How long ago its newest run was due."""
    _: KW_ONLY
    every: timedelta = timedelta(days=1)
    usual: timedelta = timedelta(minutes=6)
    """How long its runs usually take."""
    size: int = 3000
    """How many entities it usually holds."""
    holds: int | None = None
    """How many it holds now, where that differs."""
    runs: tuple[tuple[Outcome, int], ...] = ()
    manual: bool = False
    """Has no schedule; `every` is then only the distance between its runs."""
    authenticated: bool = True
    auth: str | None = None
    """Where it is not the usual way of its source."""
    paused: bool = False
    refuses_run: str | None = None
    description: str | None = None
    config: tuple[tuple[str, object], ...] = ()
    """Added to the configuration usual for its source."""


ENGINEERING: Final = "engineering-knowledge-a4k2m"
SUPPORT: Final = "customer-support-7xq1d"
SALES: Final = "sales-crm-p93fe"
MARKETING: Final = "marketing-w5t8n"
FINANCE: Final = "finance-ops-h2c6b"
SANDBOX: Final = "sandbox-z0r4y"

COLLECTIONS: Final = {
    ENGINEERING: "Engineering Knowledge",
    SUPPORT: "Customer Support",
    SALES: "Sales CRM",
    MARKETING: "Marketing",
    FINANCE: "Finance Ops",
    SANDBOX: "Sandbox",  # has no connections
}

UNICODE_NAME: Final = "Équipe Produit – 製品ドキュメント 📚"
TWIN_NAME: Final = "Product Notion"


def _m(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


def _h(hours: float) -> timedelta:
    return timedelta(hours=hours)


def _d(days: float) -> timedelta:
    return timedelta(days=days)


# fmt: off
HEALTHY: Final = (
    # More jobs than the API can give (1,000), 360 of them in a day; trouble that came and went.
    Scenario("Acme GitHub", "github", ENGINEERING, _m(1.5), every=_m(4), usual=_m(0.6), size=18400,
             runs=((GOOD, 300), (t.RATE_LIMITED, 3), (GOOD, 400), (t.CANCELLED, 1), (GOOD, 736)),
             description="Code and pull requests of the platform"),
    Scenario("Acme GitLab", "gitlab", ENGINEERING, _m(25), every=_h(1), usual=_m(3), size=2600, runs=((GOOD, 200),)),
    Scenario("Engineering Confluence", "confluence", ENGINEERING, _h(9), usual=_m(22), size=6100, runs=((GOOD, 42),)),
    Scenario("Platform Jira", "jira", ENGINEERING, _h(6), usual=_m(14), size=9200, runs=((GOOD, 38),)),
    Scenario("Product Linear", "linear", ENGINEERING, _m(1.5), every=_m(5), usual=_m(0.5), size=4100,
             runs=((GOOD, 864),)),
    # Two of the same name.
    Scenario(TWIN_NAME, "notion", ENGINEERING, _h(11), usual=_m(9), size=3300, runs=((GOOD, 30),)),
    Scenario(TWIN_NAME, "notion", MARKETING, _h(4), usual=_m(5), size=1200, runs=((GOOD, 21),)),
    Scenario(UNICODE_NAME, "coda", MARKETING, _h(13), usual=_m(7), size=950, runs=((GOOD, 19),)),
    Scenario("Support Zendesk", "zendesk", SUPPORT, _m(40), every=_h(1), usual=_m(4), size=12800, runs=((GOOD, 168),)),
    Scenario("Sales HubSpot", "hubspot", SALES, _h(7), usual=_m(18), size=7700, runs=((GOOD, 45),)),
    Scenario("Sales Airtable", "airtable", SALES, _h(3), usual=_m(2), size=640, runs=((GOOD, 25),)),
    # Slow, but as slow as ever.
    Scenario("Sales Salesforce", "salesforce", SALES, _h(2.2), usual=_h(3), size=41000,
             runs=((t.RUNNING, 1), (GOOD, 33))),
    Scenario("Marketing Asana", "asana", MARKETING, _h(15), size=2100, runs=((GOOD, 34),)),
    # The search index was down three days ago.
    Scenario("Marketing Dropbox", "dropbox", MARKETING, _h(5), usual=_m(11), size=5200,
             runs=((GOOD, 3), (t.DESTINATION_DOWN, 1), (GOOD, 26))),
    # Its oldest job was only ever created, by a version long gone.
    Scenario("Finance Stripe", "stripe", FINANCE, _h(8), usual=_m(5), size=3900, runs=((GOOD, 49), (t.CREATED, 1))),
    # Fixed yesterday.
    Scenario("Onboarding ServiceNow", "servicenow", SUPPORT, _h(10), usual=_m(8), size=1900,
             runs=((GOOD, 2), (t.TLS, 6), (GOOD, 18))),
)

CREDENTIALS: Final = (
    # One person left: three connections died within the hour, and were paused.
    Scenario("Marketing Google Drive", "google_drive", MARKETING, _h(26), size=5800, paused=True,
             runs=((t.OAUTH_EXPIRED, 1), (GOOD, 36))),
    Scenario("Founders Gmail", "gmail", MARKETING, _h(25.6), size=8200, paused=True,
             runs=((t.OAUTH_EXPIRED, 1), (GOOD, 31))),
    Scenario("Sales Google Calendar", "google_calendar", SALES, _h(25.2), size=1400, paused=True,
             runs=((t.OAUTH_EXPIRED, 1), (GOOD, 28))),
    # Paused for longer than the last week: it makes no new jobs.
    Scenario("Freshdesk Archive", "freshdesk", SUPPORT, _d(9), size=2700, paused=True,
             runs=((t.API_KEY_INVALID, 1), (GOOD, 40))),
    Scenario("Partner HubSpot", "hubspot", SALES, _h(14), size=2400, paused=True, auth="auth_provider",
             runs=((t.PROVIDER_OUTAGE, 1), (GOOD, 23))),
    Scenario("Recruiting Asana", "asana", FINANCE, _d(3), size=800, paused=True, auth="auth_provider",
             runs=((t.PROVIDER_ACCOUNT_GONE, 1), (GOOD, 17))),
)

FAILING: Final = (
    Scenario("Security GitHub", "github", ENGINEERING, _h(12), size=7400, runs=((t.FORBIDDEN, 17), (GOOD, 20))),
    # Flapping.
    Scenario("Ops Notion", "notion", SUPPORT, _m(50), every=_h(1), size=2900,
             runs=((t.RATE_LIMITED, 1), (GOOD, 2), (t.RATE_LIMITED, 2), (GOOD, 1)) * 12),
    Scenario("Clinical Trials Postgres", "ctti", FINANCE, _h(5.5), usual=_m(35), size=21000,
             runs=((t.UNREACHABLE, 5), (GOOD, 22))),
    Scenario("EMEA Zendesk", "zendesk", SUPPORT, _h(8.5), size=3100, runs=((t.DNS, 4), (GOOD, 29))),
    Scenario("Finance SharePoint", "sharepoint_online", FINANCE, _m(55), every=_h(1), size=6600,
             runs=((t.CURSOR_EXPIRED, 9), (GOOD, 110))),
    # The platform's embedding quota: three sources at once.
    Scenario("Research Confluence", "confluence", ENGINEERING, _h(3.1), size=4400,
             runs=((t.EMBEDDING_QUOTA, 1), (GOOD, 27))),
    Scenario("HR Notion", "notion", FINANCE, _h(2.7), size=1500, runs=((t.EMBEDDING_QUOTA, 1), (GOOD, 33))),
    Scenario("Field Jira", "jira", SUPPORT, _h(2.4), size=5100, runs=((t.EMBEDDING_QUOTA, 1), (GOOD, 24))),
    # A worker that dies, in all the ways the platform words it.
    Scenario("Video Transcripts Box", "box", MARKETING, _h(4.5), usual=_m(28), size=15300,
             runs=((t.WORKER_FAILED, 1), (t.CANCELLED_BY_CLEANUP, 1), (t.CLEANUP_TIMED_OUT, 1),
                   (t.WORKER_TIMED_OUT, 1), (GOOD, 25))),
    Scenario("Media OneDrive", "onedrive", MARKETING, _h(16), size=9900, refuses_run=t.PLAN_LIMIT_REFUSAL,
             runs=((t.PLAN_LIMIT, 3), (GOOD, 14))),
    Scenario("Product Coda", "coda", ENGINEERING, _h(6.5), size=1100,
             runs=((t.CONNECTOR_BUG, 2), (t.VERY_LONG, 1), (GOOD, 20))),
    Scenario("Teams Chat", "teams", ENGINEERING, _h(7.5), size=8800, runs=((t.EMPTY_ERROR, 2), (GOOD, 12))),
    # Its very first job failed, because of what somebody typed. The configuration holds a secret, as real ones do.
    Scenario("Release Jira", "jira", ENGINEERING, _h(20), size=0, manual=True, runs=((t.CONFIG_INVALID, 1),),
             config=(("zephyr_scale_api_token", t.FAKE_CONFIG_VALUE),)),
    # What a stranger can make a source say.
    Scenario("Vendor Portal Confluence", "confluence", SUPPORT, _h(1.5), size=700,
             runs=(*((outcome, 1) for outcome in t.HOSTILE), (GOOD, 15))),
)

ODD: Final = (
    # Stuck: running, pending and cancelling for much too long.
    Scenario("Support Intercom", "intercom", SUPPORT, _h(9), size=5600, runs=((t.RUNNING, 1), (GOOD, 36))),
    Scenario("Sales Pipedrive", "pipedrive", SALES, _m(47), size=1800, runs=((t.PENDING, 1), (GOOD, 32))),
    Scenario("Ads Monday", "monday", MARKETING, _m(44), size=900, runs=((t.CANCELLING, 1), (GOOD, 26))),
    # Completed, and yet something is wrong.
    Scenario("Events Airtable", "airtable", MARKETING, _h(9.5), size=2200, runs=((t.WROTE_NOTHING, 4), (GOOD, 30))),
    Scenario("Catalog Salesforce", "salesforce", SALES, _h(10.5), size=4800, holds=704,
             runs=((t.MASS_DELETION, 1), (GOOD, 34))),
    # Never scheduled; a person stopped its last run.
    Scenario("Board Minutes Box", "box", FINANCE, _d(11), every=_d(13), size=310, manual=True,
             runs=((t.CANCELLED, 1), (GOOD, 6))),
    # No jobs: never ran, searched at the source, waits for a login.
    Scenario("Personal Todoist", "todoist", SALES, _d(2), size=0),
    Scenario("Acme Slack", "slack", SUPPORT, _d(60), size=0),
    Scenario("Alumni Gmail", "gmail", MARKETING, _d(5), size=0, authenticated=False),
)
# fmt: on

SCENARIOS: Final = HEALTHY + CREDENTIALS + FAILING + ODD
