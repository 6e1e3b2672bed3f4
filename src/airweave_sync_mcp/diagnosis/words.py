"""The words everybody uses for the usual ways to fail, and class names of network errors.

Data of `signals.py`: lower case, each at least four characters. A text of the platform itself gets a rule of
its own instead.
"""

from typing import Final

from airweave_sync_mcp.diagnosis import words_codes as codes
from airweave_sync_mcp.diagnosis import words_foreign as foreign

_DEAD_LOGINS: Final = codes.class_names(
    "grant apikey secretkey accesskey accesstoken refreshtoken oauthtoken credential session consent login",
    "revoked expired rejected invalid refused withdrawn unknown deleted lapsed notaccepted",
) | {"patexpired", "patrevoked", "patinvalid", "tokenexpirederror"}
_MISSING_RIGHTS: Final = codes.class_names(
    "permission scope right privilege role", "denied missing insufficient notgranted revoked forbidden lacking"
)
_UNKNOWN_HOSTS: Final = codes.class_names("host hostname domain", "notfound unknown unresolved") | {
    "dnslookup",
    "dnserror",
}
_BAD_CERTIFICATES: Final = codes.class_names(
    "certificate cert", "expired untrusted invalid selfsigned mismatch verification verify rejected notyetvalid"
) | {"tlsverification", "tlshandshake", "sslverification"}

THROTTLED: Final = codes.THROTTLED | foreign.THROTTLED | frozenset(
    {
        "rate limit", "ratelimit", "rate-limit", "rate_limit", "too many requests", "toomanyrequests",
        "too_many_requests", "too many calls",
        "throttl", "quota exceeded", "exceeded your current quota", "exceeded your quota", "quota has been exceeded",
        "quota_exceeded", "quotaexceeded", "exceeded the quota", "request limit", "request_limit_exceeded",
        "limit exceeded for api", "api limit", "requests limit exceeded", "totalrequests limit", "dailylimitexceeded",
        "complexity budget", "slow down", "slow_down", "slowdown", "reduce your request rate", "resource_exhausted",
        "resource has been exhausted",
        "user-rate", "concurrent requests", "concurrent_limit", "activitylimitreached", "requests per ", "calls per ",
        "too many concurrent", "api call volume", "retry budget exhausted",
        "too many api",
    }
)  # fmt: skip
SERVER: Final = codes.SERVER | foreign.SERVER | frozenset(
    {
        "internal server error", "internal_server_error", "internalservererror", "bad gateway", "service unavailable",
        "service_unavailable", "serviceunavailable", "service temporarily unavailable", "gateway timeout",
        "gateway time-out",
        "internal error", "internal_error", "internalerror", "backend error", "backenderror", "server error",
        "server_error",
        "upstream connect error", "upstream request timeout", "scheduled maintenance", "under maintenance",
        "for maintenance", "maintenance mode", "temporarily unavailable", "temporarily_unavailable", "server is busy",
        "busyresult", "unavailableresult", "server busy", "serverbusy",
        "server too busy", "server_unavailable", "overloaded", "over capacity", "currently unavailable",
        "is hibernating",
        " outage", "statuscode.unavailable", "unknown_exception", "web server is down", "origin is unreachable",
        "fatal_error", "service is unavailable", "service is down", "system is down", "is down for",
        "unable_to_lock_row", "heavy load",
    }
)  # fmt: skip
UNAUTHORIZED: Final = codes.UNAUTHORIZED | foreign.UNAUTHORIZED | _DEAD_LOGINS | frozenset(
    {
        "unauthorized", "unauthorised", "unauthenticated", "not authenticated", "not_authed", "not logged in",
        "authentication failed", "authentication error", "authentication_failed", "authentication failure",
        "authenticationfailed", "failed to authenticate", "could not authenticate", "unable to authenticate",
        "authentication required", "authentication_required", "login required", "login failed", "invalid login",
        "invalid_login", "invalid credentials", "invalid_credentials", "invalidcredentials", "incorrect credentials",
        "wrong credentials", "bad credentials", "credentials are invalid", "credentials have expired",
        "credentials were rejected", "invalid api key", "invalid_api_key", "invalid apikey", "incorrect api key",
        "api key is invalid", "api key not valid", "api key invalid", "api key expired", "api key has expired",
        "api key is not valid", "api_key_invalid", "invalid api token", "invalid api_token", "invalid auth",
        "invalid_auth", "invalidauthenticationtoken", "invalid authentication", "invalid token", "invalid_token",
        "token is invalid", "token invalid", "token is not valid", "token expired", "token_expired", "tokenexpired",
        "token is expired", "token has expired", "expired token", "expired_token", "expired access token",
        "expired_access_token", "token has been revoked", "token_revoked", "token was revoked", "token revoked",
        "invalid access token", "access token is invalid", "access token has expired", "access token expired",
        "invalid bearer token", "session expired", "session has expired", "invalid_session_id", "expired session",
        "invalid username", "invalid password", "incorrect password", "wrong password", "incorrect username",
        "password authentication failed", "account_inactive", "invalid_grant", "invalid_client",
        "unauthorized_client",
        "invalid signature", "signature verification failed", "jwt expired", "signature has expired",
        "revoked or expired", "expired or revoked", "expired or been revoked", "has been deactivated",
        "key has been revoked", "key was revoked", "password has expired", "badcredentials", "authfailed",
        "credentials rejected", "login credentials", "failed login attempts", "account is locked", "account locked",
    }
)  # fmt: skip
FORBIDDEN: Final = codes.FORBIDDEN | foreign.FORBIDDEN | _MISSING_RIGHTS | frozenset(
    {
        "forbidden", "permission denied", "permission_denied", "permissiondenied", "enough permission",
        "insufficient permission",
        "insufficient_permission", "insufficientpermission", "insufficient privilege", "insufficient_privilege",
        "insufficient scope", "insufficient_scope", "insufficient authentication scopes", "insufficient right",
        "insufficient access", "insufficient_access", "insufficientaccess", "missing scope", "missing_scope",
        "missing_permission", "missing permission", "missing required scope", "required scope", "required permission",
        "necessary permission", "not authorized to", "not authorised to", "not_authorized", "access denied",
        "access_denied", "accessdenied", "access is denied", "authorization_requestdenied", "no permission",
        "no access to", "not permitted",
        "not allowed to", "not_allowed", "does not have access", "do not have access", "doesn't have access",
        "don't have access", "does not have permission", "do not have permission", "doesn't have permission",
        "don't have permission", "lacks permission", "permissions are required", "needs permission",
        "not_in_channel", "restricted_action", "user unauthorized to perform", "admin approval", "ip allow list",
        "not whitelisted", "sso required", "saml", "access is restricted", "access not granted", "is not authorized",
        "not have the required", "not have the necessary", "requires admin", "only admins",
        "not have scope", "not have the scope", "lacks scope", "lacks the scope",
    }
)  # fmt: skip


DNS: Final = foreign.DNS | _UNKNOWN_HOSTS | frozenset(
    {
        "name or service not known", "nodename nor servname", "no address associated", "getaddrinfo failed",
        "nameresolutionerror", "failed to resolve", "could not resolve host", "could not resolve the host",
        "cannot resolve host", "nxdomain", "dns lookup failed", "dns resolution", "clientconnectordnserror",
        "could not translate host name", "unknown host", "no such host", "dns error", "domain name not found",
        "name does not resolve", "dns name does not exist", "non-recoverable failure in name resolution",
        "getaddrinfo enotfound", "err_name_not_resolved", "gaierror", "servname not supported", "'idna' codec",
        "label empty or too long",
        "dns query name does not exist", "could not be resolved", "errno 11001]", "errno 11004]", "errno -2]",
        "errno -5]", "winerror 11001",
    }
)  # fmt: skip
DNS_TEMPORARY: Final = frozenset(
    {
        "temporary failure in name resolution", "errno -3]", "servfail", "eai_again", "dns operation timed out",
        "errno 11002]", "nonameservers",
        "resolution lifetime expired", "dns timeout",
    }
)  # fmt: skip
TLS: Final = foreign.TLS | _BAD_CERTIFICATES | frozenset(
    {
        "[ssl: ", "[ssl]", "[x509: ", "(_ssl.c:", "ssl provider:", "certificate_verify_failed",
        "certificate verify failed", "certificate has expired",
        "ssl handshake", "tls handshake", "handshake failure", "handshake_failure", "sslerror",
        "sslcertverificationerror",
        "certificateerror", "connectorcertificateerror", "wrong_version_number", "wrong version number",
        "starttls failed",
        "rejected ssl upgrade", "self-signed certificate", "self signed certificate", "unable to get local issuer",
        "unable to get issuer", "verify the first certificate", "hostname mismatch", "certificate is not valid for",
        "doesn't match either of",
        "ssl routines", "tlsv1_alert", "tlsv1 alert",
        "sslv3 alert", "unknown ca", "x509:", "certificate is not trusted", "untrusted certificate",
        "server does not support ssl", "ssl is required", "ssl off", "unsupported protocol (_ssl", "dh key too small",
        "ssl certificate problem", "err_cert_", "err_ssl_", "err_tls_", "cert_has_expired", "self_signed_cert",
        "invalid certificate", "certificate signed by unknown", "ssl connection error",
    }
)  # fmt: skip
TLS_TEMPORARY: Final = frozenset(
    {
        "unexpected_eof_while_reading", "eof occurred in violation", "unexpected eof while reading", "sslzeroreturn",
        "bad_record_mac", "bad record mac", "ssl syscall error", "ssl connection has been closed unexpectedly",
        "tls/ssl connection has been closed", "ssleoferror", "sslsyscallerror", "sslwantread",
        "application data after close notify",
        "application_data_after_close_notify", "record_layer_failure", "record layer failure",
    }
)  # fmt: skip
HANDSHAKE_TIMEOUT: Final = "handshake operation timed out"

PROXY: Final = frozenset(
    {"tunnel connection failed", "cannot connect to proxy", "unable to connect to proxy", "proxyerror("}
)
"""A proxy's refusal: the status it carries is the proxy's, not the source's."""
RPC: Final = "statuscode."
RPC_NETWORK: Final = frozenset(
    {
        "failed to connect to all addresses", "connection refused", "connection reset", "socket closed", "rst_stream",
        "goaway", "stream removed", "transport closed", "keepalive", "broken pipe", "connect timed out", "no route to",
        "connection timed out", "network is unreachable", "endpoint closing", "recvmsg",
    }
)  # fmt: skip
"""What gRPC calls unavailable although nothing was reached."""

NETWORK_TYPES: Final = frozenset(
    {
        "brokenpipeerror", "broken_pipe", "brokenresourceerror", "chunkedencodingerror", "clientconnectionerror",
        "clientconnectionreseterror", "clientconnectorerror", "clientoserror", "clientpayloaderror",
        "closedresourceerror", "closeerror", "connectionabortederror", "connectionclosed", "connectionclosederror",
        "connectionrefusederror", "connectionreseterror", "connecterror", "connecttimeout", "connecttimeouterror",
        "endofstream", "incompleteread", "ldapsocketopenerror", "ldapsocketreceiveerror", "ldapsocketsenderror",
        "localprotocolerror", "networkerror", "pooltimeout", "proxyerror", "readerror", "readtimeout",
        "readtimeouterror", "remotedisconnected", "remoteprotocolerror", "serverconnectionerror",
        "serverdisconnectederror", "servertimeouterror", "sockettimeout", "streamclosed", "streamconsumed",
        "streamreset", "writeerror", "writetimeout", "newconnectionerror", "connectiontimeouterror",
        "sockettimeouterror", "protocolerror", "incompletereaderror", "ldapsessionterminatedbyservererror",
        "ldapsocketcloseerror", "streamreseterror", "clientconnectorsocketerror", "connectionlosterror",
        "badstatusline", "responsenotready", "cannotsendrequest", "remoteclosed",
        "connectionclosedok", "networktimeout", "autoreconnect", "serverselectiontimeouterror",
        "novalidconnectionserror",
        "waitqueuetimeouterror",
    }
)  # fmt: skip
NETWORK_TYPE: Final = (
    r"\w{0,40}(?:connection|connect|socket|protocol|network|transport|disconnected|streamclosed|streamreset|timeout"
    r"|timedout)"
    r"(?:error|exception|closed|lost|reset|aborted|refused)?"
)
"""Class names of libraries nobody has listed."""
TIMEOUT_TYPES: Final = frozenset(
    {"timeouterror", "timeoutexception", "timeout", "timeouterr", "sockettimeout", "canceledbytimeout"}
)
NETWORK: Final = foreign.NETWORK | frozenset(
    {
        "readtimeout", "connecttimeout", "pooltimeout", "writetimeout", "read timed out", "connect timed out",
        "write timed out", "timed out", "timeout error", "request timeout", "connection timeout", "read timeout",
        "connect timeout", "operation timeout", "timeout while", "timeout exceeded", "timeout expired",
        "timeout after",
        "deadline exceeded", "deadline_exceeded", "all connection attempts failed", "server disconnected",
        "remoteprotocolerror", "localprotocolerror", "peer closed connection", "connection reset",
        "connection aborted",
        "connection broken", "connection closed", "connection was closed", "connection lost", "connection dropped",
        "connection was reset", "connection was forcibly closed", "broken pipe", "brokenpipe", "connection refused",
        "requesttimeout", "operationtimedout", "connect call failed", "cannot connect to host",
        "could not connect to",
        "cannot connect to", "failed to connect",
        "unable to connect", "connection failed", "connection error", "no route to host", "network is unreachable",
        "network unreachable", "host unreachable", "host is unreachable", "host is down",
        "failed to establish a new connection", "max retries exceeded", "remote end closed connection",
        "incompleteread",
        "incomplete chunked read", "connectionterminated", "connectionreset", "socket hang up", "econnreset",
        "econnrefused", "etimedout", "ehostunreach", "epipe", "goaway", "stream reset", "stream was reset",
        "response payload is not completed", "errno 104]", "errno 99]", "errno 105]", "while decompressing",
        "maximumretries", "incorrect header check", "errno 110]", "errno 111]", "errno 113]", "errno 101]",
        "errno 32]", "errno 60]", "errno 61]", "errno 54]", "winerror 100", "socket closed", "socket is closed",
        "transport closed", "connection is lost", "connection pool is full, discarding",
        "connection to the server was lost", "proxy error",
        "tunnel connection failed",
        "could not establish connection", "failed to establish connection", "unexpectedly closed the connection",
        "closed the connection", "errno 107]", "errno 103]", "errno 112]", "errno 64]", "errno 100]", "errno 102]",
        "errno 108]", "transport endpoint is not connected", "transport endpoint is already", "ssh protocol banner",
        "communication link failure", "tcp provider", "end-of-file on communication channel", "no listener",
        "operation timed out", "recv failure", "connection was aborted", "network name is no longer available",
        "statuscode.deadline_exceeded", "statuscode.cancelled", "login timeout expired", "connecttimeouterror",
        "no replica set members", "connectiondropped", "could not acquire a connection", "no bytes received",
        "err_connection_", "err_timed_out", "err_network",
        "connectionlost", "connectionfailed",
        "dropped the connection", "network error", "network failure", "no response from",
        "did not respond", "not reachable", "cannot reach", "could not reach",
    }
)  # fmt: skip


NOT_FOUND: Final = codes.NOT_FOUND | foreign.NOT_FOUND

ALL: Final = frozenset(
    {*NOT_FOUND, *PROXY, *RPC_NETWORK, *THROTTLED, *SERVER, *UNAUTHORIZED, *FORBIDDEN, *DNS,
     *DNS_TEMPORARY, *TLS, *TLS_TEMPORARY, *NETWORK,
     HANDSHAKE_TIMEOUT}
)  # fmt: skip
"""Every word of these tables."""
