"""The sources the demo's connections read from, and how `GET /sources` describes them."""

from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One connector of the platform."""

    short_name: str
    name: str
    entities: tuple[str, ...]
    """Class names of what it yields, e.g. `GitHubCodeFileEntity`."""
    auth: str = "oauth_browser"
    """How connections to it are made unless a scenario says otherwise."""
    continuous: bool = False
    """Has a cursor, may be synced every few minutes, and then writes only what changed."""
    federated: bool = False
    files: bool = False
    """Yields files, some of which are skipped (too large, unknown type)."""
    config: dict[str, Any] | None = field(default=None, hash=False)


_ALL: Final = (
    Source(short_name="airtable", name="Airtable", entities=("AirtableBaseEntity", "AirtableRecordEntity")),
    Source(short_name="asana", name="Asana", entities=("AsanaProjectEntity", "AsanaTaskEntity")),
    Source(short_name="box", name="Box", entities=("BoxFileEntity", "BoxFolderEntity"), files=True),
    Source(short_name="coda", name="Coda", entities=("CodaPageEntity", "CodaRowEntity"), auth="direct"),
    Source(short_name="confluence", name="Confluence", entities=("ConfluencePageEntity", "ConfluenceSpaceEntity")),
    Source(short_name="ctti", name="CTTI AACT", entities=("CTTIClinicalTrialEntity",), auth="direct", continuous=True),
    Source(short_name="dropbox", name="Dropbox", entities=("DropboxFileEntity", "DropboxFolderEntity"), files=True),
    Source(
        short_name="freshdesk",
        name="Freshdesk",
        entities=("FreshdeskTicketEntity", "FreshdeskContactEntity"),
        auth="direct",
        config={"domain": "acme-archive"},
    ),
    Source(
        short_name="github",
        name="GitHub",
        entities=("GitHubCodeFileEntity", "GitHubDirectoryEntity", "GitHubRepositoryEntity"),
        auth="direct",
        continuous=True,
        config={"repo_name": "acme/platform", "branch": "main"},
    ),
    Source(short_name="gitlab", name="GitLab", entities=("GitLabIssueEntity", "GitLabProjectEntity")),
    Source(short_name="gmail", name="Gmail", entities=("GmailMessageEntity", "GmailThreadEntity"), continuous=True),
    Source(short_name="google_calendar", name="Google Calendar", entities=("GoogleCalendarEventEntity",)),
    Source(
        short_name="google_drive",
        name="Google Drive",
        entities=("GoogleDriveDriveEntity", "GoogleDriveFileEntity"),
        continuous=True,
        files=True,
    ),
    Source(short_name="hubspot", name="HubSpot", entities=("HubspotCompanyEntity", "HubspotContactEntity")),
    Source(short_name="intercom", name="Intercom", entities=("IntercomConversationEntity",)),
    Source(
        short_name="jira",
        name="Jira",
        entities=("JiraIssueEntity", "JiraProjectEntity"),
        config={"project_keys": ["PLAT", "OPS"]},
    ),
    Source(short_name="linear", name="Linear", entities=("LinearIssueEntity", "LinearProjectEntity"), continuous=True),
    Source(short_name="monday", name="Monday", entities=("MondayBoardEntity", "MondayItemEntity")),
    Source(
        short_name="notion", name="Notion", entities=("NotionDatabaseEntity", "NotionFileEntity", "NotionPageEntity")
    ),
    Source(short_name="onedrive", name="OneDrive", entities=("OneDriveDriveItemEntity",), files=True),
    Source(
        short_name="pipedrive",
        name="Pipedrive",
        entities=("PipedriveDealEntity", "PipedrivePersonEntity"),
        auth="direct",
    ),
    Source(short_name="salesforce", name="Salesforce", entities=("SalesforceAccountEntity", "SalesforceContactEntity")),
    Source(
        short_name="servicenow",
        name="ServiceNow",
        entities=("ServiceNowIncidentEntity",),
        auth="direct",
        config={"url": "https://acme.service-now.example"},
    ),
    Source(
        short_name="sharepoint_online",
        name="SharePoint Online",
        entities=("SharePointOnlineFileEntity", "SharePointOnlineSiteEntity"),
        continuous=True,
        files=True,
    ),
    Source(short_name="slack", name="Slack", entities=("SlackMessageEntity",), federated=True),
    Source(
        short_name="stripe",
        name="Stripe",
        entities=("StripeChargeEntity", "StripeCustomerEntity", "StripeInvoiceEntity"),
        auth="direct",
        config={},
    ),
    Source(short_name="teams", name="Microsoft Teams", entities=("TeamsChannelEntity", "TeamsMessageEntity")),
    Source(short_name="todoist", name="Todoist", entities=("TodoistTaskEntity",)),
    Source(short_name="zendesk", name="Zendesk", entities=("ZendeskTicketEntity", "ZendeskUserEntity")),
)

SOURCES: Final = {source.short_name: source for source in _ALL}


def describe(source: Source) -> dict[str, Any]:
    """The item of `GET /sources`, with every field that servers give."""
    secret = "personal_access_token" if source.auth == "direct" else "access_token"
    auth_field = {
        "name": secret,
        "title": secret.replace("_", " ").title(),
        "description": f"How Airweave reads from {source.name}.",
        "type": "string",
        "required": True,
        "items_type": None,
        "feature_flag": None,
        "is_secret": False,
        "enum_values": None,
    }
    return {
        "name": source.name,
        "description": f"{source.name} source connector.",
        "auth_methods": ["direct", "auth_provider"] if source.auth == "direct" else [source.auth, "auth_provider"],
        "oauth_type": None if source.auth == "direct" else "with_refresh",
        "requires_byoc": False,
        "auth_config_class": None,
        "config_class": None,
        "short_name": source.short_name,
        "class_name": f"{source.name.replace(' ', '')}Source",
        "output_entity_definitions": [_definition(entity) for entity in source.entities],
        "labels": ["Demo"],
        "supports_continuous": source.continuous,
        "federated_search": source.federated,
        "supports_temporal_relevance": True,
        "supports_access_control": False,
        "rate_limit_level": "org",
        "feature_flag": None,
        "supports_browse_tree": False,
        "auth_fields": {"fields": [auth_field]},
        "config_fields": {"fields": [dict(auth_field, name=key, title=key) for key in source.config or ()]},
        "supported_auth_providers": ["composio", "custom", "pipedream"],
    }


def _definition(entity: str) -> str:
    """`JiraIssueEntity` is listed as `jira_issue_entity`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in entity).lstrip("_")
