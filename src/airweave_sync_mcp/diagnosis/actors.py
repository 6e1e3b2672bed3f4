"""Who failed or refused: the source, a token endpoint, an auth provider, or a part of the platform.

Decided by the wrappers around the error, the host it names, and words that only one of them uses.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from airweave_sync_mcp.diagnosis.heads import Head
from airweave_sync_mcp.diagnosis.sources import BUCKET_SOURCES, DATABASE_SOURCES, is_direct
from airweave_sync_mcp.diagnosis.symptom import Symptom
from airweave_sync_mcp.diagnosis.text import compiled, has_any
from airweave_sync_mcp.diagnosis.unwrap import Unwrapped, Wrapper


class Actor(StrEnum):
    """Who failed or refused."""

    SOURCE = "source"
    TOKEN_ENDPOINT = "token_endpoint"  # noqa: S105 - a name, not a secret
    AUTH_PROVIDER = "auth_provider"
    EMBEDDING = "embedding"
    DESTINATION = "destination"
    DATABASE = "database"
    STORAGE = "storage"


class Login(StrEnum):
    """How the connection logs in."""

    OAUTH = "oauth"
    KEY = "key"
    PROVIDER = "provider"


_URL: Final = r"https?://([a-z0-9_.-]{1,253}+)(?::\d{1,5})?([^\s'\"<>)]{0,400}+)"
_POOL: Final = r"\b(?:host='|cannot connect to host |connection timeout to host )([a-z0-9_.-]{1,253})"
_POOL_PATH: Final = r"\bwith url: ([^\s?]{1,200})"
_DOCUMENTATION: Final = (
    "developer.", "developers.", "docs.", "errors.pydantic.dev", "sqlalche.me", "aka.ms", "console.", "platform.",
    "help.", "support.", "go.microsoft.com", "learn.microsoft.com",
)  # fmt: skip


def address_of(lower: str) -> tuple[str | None, str]:
    """Host and path of the first address in a lower-case text that is not a link to documentation."""
    if "://" in lower:
        for match in compiled(_URL).finditer(lower):
            if not match[1].startswith(_DOCUMENTATION):
                return match[1], match[2]
    if "host" in lower and (pool := compiled(_POOL).search(lower)):
        path = compiled(_POOL_PATH).search(lower)
        return pool[1], path[1] if path else ""
    return None, ""


_PROVIDER_HOSTS: Final = ("composio.dev", "pipedream.com", "pipedream.net")
_PROVIDER_WORDS: Final = (
    "composio", "pipedream", "custom endpoint", "credential endpoint", "auth provider", "authprovider",
    "auth_provider",
)  # fmt: skip

_TOKEN_HOSTS: Final = (
    "oauth2.googleapis.com", "auth.atlassian.com", "login.microsoftonline.com", "login.windows.net",
)  # fmt: skip
_TOKEN_PATH: Final = r"/(?:oauth2?|oauth_token|token|access_token|oidc|openid-connect)\b[\w./-]{0,80}(?:$|\?)"  # noqa: S105
_TOKEN_PATH_WORD: Final = ("token", "oauth.v2.access", "access_token")
_TOKEN_WORDS: Final = (
    "token endpoint", "oauth token request", "token refresh:", "oauthrefresh", "oauth server error",
    "oauth rate-limited",
    "unexpected oauth error", "tokenproviderserver", "tokenproviderratelimit", "refreshing the access token",
    "refresh the access token", "refreshing access token", "refreshing oauth token", "refresh oauth token",
    "authorization server", "identity provider", "token server", "token service", "issues the tokens",
    "login service",
    "sign-in service", "credential service", "credentialservice", "oauth server", "tokenservice", "tokenendpoint",
    "tokenserver", "auth.atlassian.com", "oauth2.googleapis.com", "login server",
    "authorisation server", "oauth endpoint", "oauth service", "token refresh failed", "oauth refresh failed",
    "failed to refresh",
)  # fmt: skip

_DESTINATION_WORDS: Final = (
    "vespa", "qdrant", "destination unavailable", "destination failed", "destination insert", "destination delete",
    "destination bulk", "pinecone", "weaviate", "milvus", "turbopuffer", "bulk delete", "doc id query",
    "vector store", "vector database", "vectorstore", "vector index", "search index", "index node", "chromadb",
    "raw response content", "opensearchdestination", "elasticsearchdestination", "pgvector",
    ":6333", ":6334", "port 6333", "port 6334", "port=6333", "port=6334", ":19530", ":19071", ":19092",
)  # fmt: skip

_CHUNK_WORDS: Final = (
    "chunktoolong", "chunk of ", "chunkembed", "chunker", "embedderconfig", "sparse embedding", "dense embedding",
)  # fmt: skip
_EMBEDDING_HOSTS: Final = (
    "api.openai.com", "openai.azure.com", "api.mistral.ai", "api.cohere.ai", "api.cohere.com", "api.voyageai.com",
    "generativelanguage.googleapis.com",
)  # fmt: skip
_EMBEDDING_TYPES: Final = frozenset(
    {"apitimeouterror", "apiconnectionerror", "apistatuserror", "sdkerror", "openaierror", "embedderconfigerror"}
)
_EMBEDDING_WORDS: Final = (
    "embedding", "embedder", "openai", "mistral ", "mistral:", "mistralai", "text-embedding", "voyage", "jina",
    "vectors have", "vectors could", "model server",
    "cohere", "voyageai", "fastembed", "api error occurred: status", "embedcontent",
)  # fmt: skip
_SDK_HINT: Final = "error code: "
_SDK_FORM: Final = r"\berror code: \d{3} - (?:\{|<)"
"""How the OpenAI and Anthropic libraries print an answer; no source connector uses them."""

_STORAGE_HOSTS: Final = ("storage.googleapis.com", "blob.core.windows.net", "amazonaws.com")
_STORAGE_WORDS: Final = (
    "[arf]", "storageexception", "storagenotfound", " when calling the ", "s3 bucket", "blob storage", "errorcode:",
    "endpoint url", "raw data", "rawstore", "rawstorage", "raw storage", "raw store",
    "storage bucket", "bucket policy", "specified container ", "specified bucket ", "specified blob ",
    "object store", "storage account", "storagequota", "storage quota",
)  # fmt: skip

_WRITING_WORDS: Final = (
    "[arf]", "storageexception", "storagenotfound", "the putobject operation", "the uploadpart operation",
    "the createmultipartupload operation", "the completemultipartupload operation", "the deleteobject operation",
)  # fmt: skip
"""What only the platform does: it writes to its own storage, and reads from a source's."""

_DATABASE_WORDS: Final = (
    "redis", "postgres", "asyncpg", "sqlalche", "psycopg", "queuepool", "[entitypostgres]", "pgbouncer",
    "platform's database", "platform's own database", "airweave's own database", "airweave's database",
    "metadata database", "metadata store", "metadatastore", "metadatadb", "metadata db", "own database",
    "internal database", "state store",
)  # fmt: skip
_OWN_DATABASE_WORDS: Final = ("redis", "sqlalche", "queuepool", "[entitypostgres]", "own database", "metadata store")
"""Said of Airweave's database even where the source is one."""


_CATEGORY_LOGINS: Final = {
    "oauth_credentials_expired": Login.OAUTH,
    "api_key_invalid": Login.KEY,
    "auth_provider_account_gone": Login.PROVIDER,
    "auth_provider_credentials_invalid": Login.PROVIDER,
}
_KEY_WORDS: Final = (
    "api key", "api_key", "apikey", "api token", "personal access token", "password", "username", "basic auth",
    "secret key", "private key", "service account key", "ntlm",
)  # fmt: skip
_OAUTH_WORDS: Final = (
    "oauth", "refresh token", "refresh_token", "bearer token", "invalid_grant", "consent", "reauth", "re-auth",
    "aadsts", "client secret", "client_secret", "client credentials", "invalid_client", "unauthorized_client",
    "token endpoint", "expired or revoked", "log in again", "sign in again",
)  # fmt: skip
_RATHER_KEY_WORDS: Final = ("bad credentials",)
"""Mostly said of a key (GitHub), and yet they do not tell."""

WORDS: Final = frozenset(
    {*_PROVIDER_WORDS, *_TOKEN_WORDS, *_CHUNK_WORDS, *_DESTINATION_WORDS, *_EMBEDDING_WORDS, *_STORAGE_WORDS,
     *_DATABASE_WORDS, *_OWN_DATABASE_WORDS, *_WRITING_WORDS, *_KEY_WORDS, *_OAUTH_WORDS, *_RATHER_KEY_WORDS,
     _SDK_HINT}
)  # fmt: skip
"""Every word of the tables above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the actor is decided from. `present` are the words that the masked text contains."""

    symptom: Symptom
    unwrapped: Unwrapped
    present: AbstractSet[str]
    host: str | None
    path: str
    head: Head | None


_HEAD_ACTORS: Final = {
    Head.ANSWER: Actor.SOURCE,
    Head.TOKEN_DOWN: Actor.TOKEN_ENDPOINT,
    Head.TOKEN: Actor.TOKEN_ENDPOINT,
    Head.PROVIDER_DOWN: Actor.AUTH_PROVIDER,
    Head.PROVIDER: Actor.AUTH_PROVIDER,
    Head.DESTINATION: Actor.DESTINATION,
    Head.EMBEDDING: Actor.EMBEDDING,
    Head.STORAGE: Actor.STORAGE,
    Head.DATABASE: Actor.DATABASE,
}


def actor_of(scene: Scene) -> Actor:
    """Who failed or refused, as far as the text tells; the source where nothing points elsewhere."""
    if scene.head in _HEAD_ACTORS:
        return _HEAD_ACTORS[scene.head]
    return next((actor for actor, shows in _TESTS if shows(scene)), Actor.SOURCE)


def _provider(scene: Scene) -> bool:
    return (
        Wrapper.AUTH_PROVIDER in scene.unwrapped.wrappers
        or _said(scene, _PROVIDER_WORDS)
        or _host_is(scene.host, _PROVIDER_HOSTS)
    )


def _token_endpoint(scene: Scene) -> bool:
    if _said(scene, _TOKEN_WORDS) or scene.host in _TOKEN_HOSTS:
        return True
    return has_any(scene.path, _TOKEN_PATH_WORD) and compiled(_TOKEN_PATH).search(scene.path) is not None


def _chunking(scene: Scene) -> bool:
    return _said(scene, _CHUNK_WORDS)


def _destination(scene: Scene) -> bool:
    return _said(scene, _DESTINATION_WORDS)


def _embedding(scene: Scene) -> bool:
    masked = scene.unwrapped.masked
    ours = "stripe" not in masked  # its library has classes of the same names
    return (
        (ours and not _EMBEDDING_TYPES.isdisjoint(scene.unwrapped.types))
        or _host_is(scene.host, _EMBEDDING_HOSTS)
        or _said(scene, _EMBEDDING_WORDS)
        or (_SDK_HINT in scene.present and compiled(_SDK_FORM).search(masked) is not None)
    )


def _storage(scene: Scene) -> bool:
    if scene.symptom.source in BUCKET_SOURCES:
        return _said(scene, _WRITING_WORDS)
    return _said(scene, _STORAGE_WORDS) or _host_is(scene.host, _STORAGE_HOSTS)


def _database(scene: Scene) -> bool:
    return _said(scene, _OWN_DATABASE_WORDS if scene.symptom.source in DATABASE_SOURCES else _DATABASE_WORDS)


def _dispatcher(scene: Scene) -> bool:
    return Wrapper.DISPATCHER in scene.unwrapped.wrappers


_TESTS: Final[tuple[tuple[Actor, Callable[[Scene], bool]], ...]] = (
    (Actor.AUTH_PROVIDER, _provider),
    (Actor.TOKEN_ENDPOINT, _token_endpoint),
    (Actor.EMBEDDING, _chunking),
    (Actor.DESTINATION, _destination),
    (Actor.EMBEDDING, _embedding),
    (Actor.STORAGE, _storage),
    (Actor.DATABASE, _database),
    (Actor.DESTINATION, _dispatcher),
)


def _said(scene: Scene, words: tuple[str, ...]) -> bool:
    return not scene.present.isdisjoint(words)


def _host_is(host: str | None, names: tuple[str, ...]) -> bool:
    return host is not None and host.endswith(names)


_METHOD_LOGINS: Final = (("auth_provider", Login.PROVIDER), ("oauth", Login.OAUTH), ("direct", Login.KEY))


def login_of(symptom: Symptom, present: AbstractSet[str]) -> tuple[Login, bool]:
    """How the connection logs in: the platform's category, else the auth method, else the source, else the words.

    False where nothing tells: then it is the likelier one, and no more than that.
    """
    method = symptom.auth_method or ""
    told = _CATEGORY_LOGINS.get(symptom.error_category or "") or next(
        (login for prefix, login in _METHOD_LOGINS if method.startswith(prefix)), None
    )
    if told is None and symptom.source:
        told = Login.KEY if is_direct(symptom.source) else Login.OAUTH
    told = told or _login_in_words(present)
    likelier = Login.OAUTH if present.isdisjoint(_RATHER_KEY_WORDS) else Login.KEY
    return told or likelier, told is not None


def _login_in_words(present: AbstractSet[str]) -> Login | None:
    if not present.isdisjoint(_OAUTH_WORDS):
        return Login.OAUTH
    return None if present.isdisjoint(_KEY_WORDS) else Login.KEY
