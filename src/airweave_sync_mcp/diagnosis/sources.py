"""What is known about the sources: how they log in, and which are databases or buckets themselves."""

from typing import Final

DATABASE_SOURCES: Final = frozenset(
    {
        "bigquery", "cassandra", "clickhouse", "cockroachdb", "couchbase", "couchdb", "ctti", "databricks", "db2",
        "dynamodb", "elasticsearch", "mariadb", "mongodb", "mssql", "mysql", "neo4j", "opensearch", "oracle",
        "postgres", "postgresql", "redshift", "snowflake", "sql_server", "sqlite", "sqlserver", "supabase",
    }
)  # fmt: skip
"""Here a database error is the source's, not the platform's."""

BUCKET_SOURCES: Final = frozenset(
    {
        "amazon_s3", "aws_s3", "azure_blob", "azure_blob_storage", "azure_storage", "backblaze", "dynamodb", "gcs",
        "google_cloud_storage", "minio", "r2", "s3", "wasabi",
    }
)  # fmt: skip
"""Here a refused bucket is the source's, unless something was being written."""

DIRECT_SOURCES: Final = frozenset(
    {
        "apollo", "attio", "bitbucket", "calcom", "coda", "ctti", "discord", "document360", "enron",
        "exception_stub", "file_stub", "fireflies", "freshdesk", "ftp", "github", "imap", "incremental_stub", "ldap",
        "n8n", "pipedrive", "servicenow", "sftp", "sharepoint2019", "sharepoint2019v2", "sharepoint_online_app",
        "shopify", "slab", "slite", "smb", "snapshot", "stripe", "stub", "timed", "webdav", "woocommerce",
    }
)  # fmt: skip
"""Sources that take a key, token, password or certificate; all others log in with OAuth. `zoho_crm` takes both."""


def is_direct(source: str) -> bool:
    """Whether a source (short name) takes a key rather than an OAuth login."""
    return source in DIRECT_SOURCES | DATABASE_SOURCES | BUCKET_SOURCES or source.startswith("herb_")
