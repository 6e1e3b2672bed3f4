"""What is known about the sources: how they log in, and which are databases themselves."""

from typing import Final

DIRECT_SOURCES: Final = frozenset(
    {
        "apollo", "attio", "aws_s3", "bitbucket", "calcom", "coda", "ctti", "discord", "document360", "enron",
        "exception_stub", "file_stub", "fireflies", "freshdesk", "github", "incremental_stub", "mysql", "n8n",
        "neo4j", "pipedrive", "postgresql", "servicenow", "sharepoint2019", "sharepoint2019v2",
        "sharepoint_online_app", "shopify", "slab", "slite", "snapshot", "stripe", "stub", "supabase", "timed",
        "woocommerce",
    }
)  # fmt: skip
"""Sources that take a key, token, password or certificate; all others log in with OAuth. `zoho_crm` takes both."""

DATABASE_SOURCES: Final = frozenset({"ctti", "postgresql", "mysql", "supabase", "neo4j"})
"""Here a database error is the source's, not the platform's."""

S3_SOURCES: Final = frozenset({"aws_s3"})


def is_direct(source: str) -> bool:
    """Whether a source (short name) takes a key rather than an OAuth login."""
    return source in DIRECT_SOURCES or source.startswith("herb_")
