"""Rules for databases that are sources: MySQL, SQL Server, Oracle, MongoDB, Snowflake, ClickHouse and others.

Airweave itself runs on PostgreSQL and Redis, so the numbers of any other server are a source's. Each family of
numbers is one rule: the login, a right, a name, a server that is down, a line that is cut.
"""

from typing import Final

from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.rule import Rule
from airweave_sync_mcp.diagnosis.symptom import Symptom


def _mysql(numbers: str) -> tuple[str, ...]:
    """The forms in which PyMySQL, mysqlclient and MySQL Connector write these numbers."""
    return tuple(
        form
        for number in numbers.split()
        for form in (f'({number}, "', f"({number}, '", f"error {number}:", f"errno: {number}", *_with_state(number))
    )


def _with_state(number: str) -> tuple[str, ...]:
    return tuple(f"{number} ({state})" for state in ("hy000", "28000", "42000", "42s02", "42s22", "08004", "08s01"))


def _oracle(numbers: str) -> tuple[str, ...]:
    return tuple(form for number in numbers.split() for form in (f"ora-{number:0>5}", f"tns-{number:0>5}"))


def _server(numbers: str) -> tuple[str, ...]:
    """The forms in which pyodbc, pymssql and SqlClient write these numbers."""
    return tuple(
        form
        for number in numbers.split()
        for form in (f"({number}) (sql", f"({number}, b'", f'({number}, b"', f"error: {number}, severity")
    )


def _code_names(*names: str) -> tuple[str, ...]:
    return tuple(f"codename': '{name.lower()}'" for name in names)


_CLICKHOUSE: Final = ("db::exception", "code: ")

MYSQL: Final = (
    Rule(
        id="mysql.login",
        cause=C.API_KEY_INVALID,
        sub_cause="password",
        origin="MySQL, MariaDB error numbers",
        needles=_mysql("1045 1251 1524 1698 1820 1862 2059 2061 3118 3955"),
        examples=("OperationalError: (1698, \"Access denied for user 'root'@'localhost'\")",),
    ),
    Rule(
        id="mysql.right",
        cause=C.SOURCE_PERMISSION_DENIED,
        origin="MySQL, MariaDB error numbers",
        needles=_mysql("1044 1095 1129 1130 1142 1143 1227 1370 1410 1419 1873"),
        examples=("OperationalError: (1142, \"SELECT command denied to user 'ro'@'10.8.3.17' for table 'x'\")",),
    ),
    Rule(
        id="mysql.name",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="not_found",
        origin="MySQL, MariaDB error numbers",
        needles=_mysql("1046 1049 1051 1054 1102 1103 1109 1146 1305 1356 1449"),
        examples=("ProgrammingError: (1146, \"Table 'crm.orders' doesn't exist\")",),
    ),
    Rule(
        id="mysql.host",
        cause=C.TLS_OR_DNS_ERROR,
        sub_cause="host_name",
        transient=False,
        origin="MySQL, MariaDB client error numbers",
        needles=_mysql("2005 2026"),
        examples=("OperationalError: (2005, \"Unknown MySQL server host 'db.acme.exmaple' (-2)\")",),
    ),
    Rule(
        id="mysql.throttled",
        cause=C.SOURCE_RATE_LIMITED,
        origin="MySQL, MariaDB error numbers: limits per hour and user",
        needles=_mysql("1203 1226 3024"),
        examples=("OperationalError: (1226, \"User 'ro' has exceeded the 'max_questions' resource\")",),
    ),
    Rule(
        id="mysql.down",
        cause=C.SOURCE_UNAVAILABLE,
        origin="MySQL, MariaDB error numbers",
        needles=_mysql("1028 1037 1040 1041 1053 1077 1079 1135 1205 1213 1290 1317 1836 1927 3169"),
        examples=("OperationalError: (1040, 'Too many connections')",),
    ),
    Rule(
        id="mysql.network",
        cause=C.NETWORK_ERROR,
        origin="MySQL, MariaDB client error numbers",
        needles=_mysql("1042 1080 1158 1159 1160 1161 1184 2002 2003 2004 2006 2012 2013 2014 2027 2055"),
        unless=("[ssl", "certificate", "name or service not known", "nodename nor servname", "getaddrinfo"),
        examples=("OperationalError: (2013, 'Lost connection to MySQL server during query')",),
    ),
    Rule(
        id="mysql.query",
        cause=C.CONNECTOR_BUG,
        sub_cause="request_refused",
        origin="MySQL, MariaDB error numbers",
        needles=_mysql("1055 1064 1140 1149 1241 1292 1366"),
        examples=("ProgrammingError: (1064, 'You have an error in your SQL syntax')",),
    ),
)

SQL_SERVER: Final = (
    Rule(
        id="sqlserver.driver",
        cause=C.PLATFORM_MISCONFIGURED,
        sub_cause="package_missing",
        origin="unixODBC: the driver is not in the image",
        needles=("[im002]", "can't open lib '", "data source name not found and no default driver"),
        examples=("Error: ('01000', \"[01000] [unixODBC][Driver Manager]Can't open lib 'ODBC Driver 18'\")",),
    ),
    Rule(
        id="sqlserver.name",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="not_found",
        origin="SQL Server error numbers, SQLSTATE 42S02 and 42S22",
        needles=(
            *_server("207 208 911 2702 2812 4060 4063 4064 40532"),
            "[42s02] [",
            "[42s22] [",
            "cannot open database",
            "cannot open server",
        ),
        unless=("is not allowed to access the server",),
        examples=('[SQL Server]Cannot open database "HR" requested by the login. The login failed. (4060)',),
    ),
    Rule(
        id="sqlserver.login",
        cause=C.API_KEY_INVALID,
        sub_cause="password",
        origin="SQL Server error numbers, SQLSTATE 28000",
        needles=(
            *_server("18452 18456 18463 18464 18465 18468 18470 18486 18487 18488 40631"),
            "[28000] [",
            "login failed for user '",
        ),
        examples=("('28000', \"[28000] [ODBC Driver 18][SQL Server]Login failed for user 'r'. (18456)\")",),
    ),
    Rule(
        id="sqlserver.right",
        cause=C.SOURCE_PERMISSION_DENIED,
        origin="SQL Server error numbers",
        needles=(
            *_server("229 230 262 297 300 371 916 6004 40615"),
            "permission was denied on the",
            "is not allowed to access the server",
        ),
        examples=("[SQL Server]The SELECT permission was denied on the object 'Payroll'. (229) (SQLExecDirectW)",),
    ),
    Rule(
        id="sqlserver.throttled",
        cause=C.SOURCE_RATE_LIMITED,
        origin="Azure SQL error numbers: limits of the service tier",
        needles=_server("10928 10929 40501 49918 49919 49920"),
        examples=("[SQL Server]The limit for the database is 60 and has been reached. (10928) (SQLExecDirectW)",),
    ),
    Rule(
        id="sqlserver.down",
        cause=C.SOURCE_UNAVAILABLE,
        origin="SQL Server error numbers",
        needles=_server(
            "701 802 845 922 926 945 976 983 1204 1205 1222 3960 6005 8645 9001 9002 17197 40143 40166 40197 40540"
            " 40613"
        ),
        examples=("[SQL Server]Database 'crm' is not currently available. (40613) (SQLDriverConnect)",),
    ),
    Rule(
        id="sqlserver.network",
        cause=C.NETWORK_ERROR,
        origin="SQL Server driver: SQLSTATE class 08, HYT00",
        needles=(
            "[08001] [",
            "[08003] [",
            "[08007] [",
            "[08s01] [",
            "[hyt00] [",
            "[hyt01] [",
            "adaptive server connection",
            "adaptive server is unavailable",
        ),
        unless=("ssl provider", "[ssl", "certificate", "ssl routines"),
        examples=("('08S01', '[08S01] [Microsoft][ODBC Driver 18 for SQL Server]Communication link failure (0)')",),
    ),
)

ORACLE: Final = (
    Rule(
        id="oracle.login",
        cause=C.API_KEY_INVALID,
        sub_cause="password",
        origin="Oracle error numbers, python-oracledb",
        needles=(*_oracle("1004 1005 1017 1040 1988 28000 28001 28003 28009 28040"), "dpy-4001"),
        examples=("DatabaseError: ORA-01017: invalid username/password; logon denied",),
    ),
    Rule(
        id="oracle.right",
        cause=C.SOURCE_PERMISSION_DENIED,
        origin="Oracle error numbers",
        needles=_oracle("990 1031 1039 1045 1720 1924 1925 41900 28112 28115 47400 47401"),
        examples=("DatabaseError: ORA-01031: insufficient privileges",),
    ),
    Rule(
        id="oracle.name",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="not_found",
        origin="Oracle error numbers, python-oracledb",
        needles=(
            *_oracle("904 942 1435 1918 2019 2289 4043 12154 12162 12504 12505 12514 12521 12533 65011"),
            "dpy-6001",
            "dpy-6003",
            "dpy-4000",
            "dpy-4026",
            "dpy-4027",
        ),
        examples=("DatabaseError: ORA-12514: TNS:listener does not currently know of service requested",),
    ),
    Rule(
        id="oracle.tls",
        cause=C.TLS_OR_DNS_ERROR,
        sub_cause="certificate",
        transient=False,
        origin="Oracle error numbers: wallet, certificate, host name",
        needles=_oracle("12545 28365 28750 28759 28791 28860 28862 28864 29003 29019 29024 29106"),
        examples=("DatabaseError: ORA-29024: Certificate validation failure",),
    ),
    Rule(
        id="oracle.down",
        cause=C.SOURCE_UNAVAILABLE,
        origin="Oracle error numbers",
        needles=(
            *_oracle("18 20 54 60 257 1012 1033 1034 1035 1089 1090 1092 1109 1555 1652 1653 2391 4020"),
            *_oracle("4021 4030 4031 12516 12518 12519 12520 12526 12527 12528 16000 16456 27101"),
            "dpy-6000",
        ),
        examples=("DatabaseError: ORA-01033: ORACLE initialization or shutdown in progress",),
    ),
    Rule(
        id="oracle.network",
        cause=C.NETWORK_ERROR,
        origin="Oracle error numbers, python-oracledb",
        needles=(
            *_oracle("3113 3114 3135 3136 3137 12152 12153 12157 12161 12170 12500 12502 12535 12537"),
            *_oracle("12541 12543 12547 12560 12570 12571 12592 12606 12608 12609 12637"),
            "dpy-4011",
            "dpy-4024",
            "dpy-6005",
            "dpi-1067",
            "dpi-1080",
        ),
        unless=("name or service not known", "certificate", "getaddrinfo"),
        examples=("DatabaseError: ORA-12541: TNS:no listener",),
    ),
)

MONGO: Final = (
    Rule(
        id="mongo.position",
        cause=C.CURSOR_EXPIRED,
        origin="MongoDB change streams",
        needles=(
            *_code_names("ChangeStreamHistoryLost", "ChangeStreamFatalError", "CappedPositionLost"),
            *_code_names("InvalidResumeToken", "OplogStartMissing", "ChangeStreamTopologyChange"),
            "resume of change stream was not possible",
            "resume token was not found",
            "may no longer be in the oplog",
        ),
        examples=("OperationFailure: x, full error: {'code': 286, 'codeName': 'ChangeStreamHistoryLost'}",),
    ),
    Rule(
        id="mongo.login",
        cause=C.API_KEY_INVALID,
        sub_cause="password",
        origin="MongoDB code names",
        needles=(
            *_code_names("AuthenticationFailed", "UserNotFound", "MechanismUnavailable", "AuthenticationAbandoned"),
            "bad auth",
            "requires authentication, full error",
            "auth error: sasl",
        ),
        examples=("OperationFailure: bad auth : Authentication failed., full error: {'codeName': 'AtlasError'}",),
    ),
    Rule(
        id="mongo.right",
        cause=C.SOURCE_PERMISSION_DENIED,
        origin="MongoDB code names",
        needles=(*_code_names("Unauthorized"), "to execute command {", "is not allowed to do action"),
        examples=("OperationFailure: not authorized on crm, full error: {'code': 13, 'codeName': 'Unauthorized'}",),
    ),
    Rule(
        id="mongo.name",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="not_found",
        origin="MongoDB code names, pymongo",
        needles=(
            *_code_names("NamespaceNotFound", "InvalidNamespace", "DatabaseDifferCase", "CommandNotSupportedOnView"),
            "invalid uri scheme",
            "invaliduri",
            "database name cannot be",
        ),
        examples=("OperationFailure: ns does not exist, full error: {'code': 26, 'codeName': 'NamespaceNotFound'}",),
    ),
    Rule(
        id="mongo.down",
        cause=C.SOURCE_UNAVAILABLE,
        origin="MongoDB code names",
        needles=(
            *_code_names("InterruptedAtShutdown", "InterruptedDueToReplStateChange", "NotWritablePrimary"),
            *_code_names("NotPrimaryNoSecondaryOk", "NotPrimaryOrSecondary", "PrimarySteppedDown", "LockTimeout"),
            *_code_names("ShutdownInProgress", "FailedToSatisfyReadPreference", "ExceededTimeLimit", "WriteConflict"),
            *_code_names("MaxTimeMSExpired", "CursorNotFound", "QueryPlanKilled", "ExceededMemoryLimit"),
        ),
        examples=("AutoReconnect: shutdown, full error: {'code': 11600, 'codeName': 'InterruptedAtShutdown'}",),
    ),
    Rule(
        id="mongo.network",
        cause=C.NETWORK_ERROR,
        origin="MongoDB code names",
        needles=_code_names(
            "HostUnreachable", "NetworkTimeout", "SocketException", "NetworkInterfaceExceededTimeLimit"
        ),
        examples=("OperationFailure: x, full error: {'code': 6, 'codeName': 'HostUnreachable'}",),
    ),
)

WAREHOUSE: Final = (
    Rule(
        id="warehouse.login",
        cause=C.API_KEY_INVALID,
        sub_cause="password",
        origin="Snowflake and ClickHouse error numbers, Databricks, Cassandra, PostgreSQL as a source",
        needles=(
            "390100",
            "390101",
            "390144",
            "390195",
            "390318",
            "incorrect username or password was spec",
            *_CLICKHOUSE,
        ),
        pattern=r"\b(?:390100|390101|390144|390195|390318) \(|incorrect username or password was spec"
        r"|\bcode: (?:192|193|194|195|516)\. db::exception",
        examples=("DatabaseError: Code: 516. DB::Exception: reader: Authentication failed: password is incorrect",),
    ),
    Rule(
        id="warehouse.right",
        cause=C.SOURCE_PERMISSION_DENIED,
        origin="Snowflake and ClickHouse error numbers",
        needles=(
            "sql access control error",
            "390422",
            "390186",
            "390189",
            "is not allowed to access snowf",
            *_CLICKHOUSE,
        ),
        pattern=r"sql access control error|\b(?:390422|390186|390189) \(|is not allowed to access snowf"
        r"|\bcode: (?:291|497)\. db::exception",
        examples=("ProgrammingError: 003001 (42501): SQL access control error: Insufficient privileges",),
    ),
    Rule(
        id="warehouse.name",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="not_found",
        origin="Snowflake and ClickHouse error numbers",
        needles=("does not exist or not authorized", "no active warehouse selected", *_CLICKHOUSE),
        pattern=r"does not exist or not authorized|no active warehouse selected|\bcode: (?:47|60|81)\. db::exception",
        examples=("ProgrammingError: 000606 (57P03): No active warehouse selected in the current session.",),
    ),
    Rule(
        id="warehouse.down",
        cause=C.SOURCE_UNAVAILABLE,
        origin="ClickHouse error numbers",
        needles=_CLICKHOUSE,
        pattern=r"\bcode: (?:159|160|202|241|242|252|319|439)\. db::exception",
        examples=("DatabaseError: Code: 202. DB::Exception: Too many simultaneous queries",),
    ),
    Rule(
        id="warehouse.postgres_login",
        cause=C.API_KEY_INVALID,
        sub_cause="password",
        origin="PostgreSQL as a source: SQLSTATE class 28",
        needles=("is not permitted to log in", "invalidauthorizationspecification", "28p01", "no password supplied"),
        unless=("pg_hba",),
        sources=frozenset({"postgresql", "postgres", "ctti", "supabase", "redshift", "cockroachdb"}),
        examples=(Symptom(message='FATAL: role "reader" is not permitted to log in', source="postgresql"),),
    ),
)

SOURCE_DATABASE: Final = (*MYSQL, *SQL_SERVER, *ORACLE, *MONGO, *WAREHOUSE)
