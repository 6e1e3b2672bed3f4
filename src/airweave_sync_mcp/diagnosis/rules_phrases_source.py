"""Rules for how people say it, on the source's side: stored positions, settings, files, the connector itself."""

from typing import Final

from airweave_sync_mcp.diagnosis.actors import Actor
from airweave_sync_mcp.diagnosis.causes import CauseName as C
from airweave_sync_mcp.diagnosis.rule import Rule
from airweave_sync_mcp.diagnosis.words_codes import class_names
from airweave_sync_mcp.history.model import Confidence

_SOURCE = frozenset({Actor.SOURCE})

CURSOR_SAID: Final = (
    Rule(
        id="cursor.class",
        cause=C.CURSOR_EXPIRED,
        origin="class names of a stored position",
        needles=(
            *class_names(
                "cursor synctoken deltatoken changetoken pagetoken bookmark checkpoint resumetoken",
                "expired invalid stale rejected outdated tooold notaccepted",
            ),
        ),
        actors=_SOURCE,
        unless=("(401)", "(429)", "rate limit", "timed out"),
        examples=("SyncTokenExpiredError: calendar primary", "OutdatedBookmarkError: 42"),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="cursor.said",
        cause=C.CURSOR_EXPIRED,
        origin="paraphrases: the place where the last run stopped",
        needles=(
            "bookmark",
            "checkpoint",
            "watermark",
            " point",
            "position",
            " state",
            "place",
            "marker",
            "delta link",
            "change ",
            "history",
            " again",
            "from the ",
            "bookmark",
            "changes",
            " anew",
            "start over",
            "from scratch",
            "full ",
        ),
        pattern=r"\b(?:bookmark|checkpoint|watermark|(?:last|stored|saved|old|resume|starting|start) (?:point"
        r"|position|state"
        r"|place|marker)|(?:place|point|position) (?:where|at which|from which|the last)|delta link|change (?:feed"
        r"|stream"
        r"|history|log)|history)\b[^\n;]{0,80}\b(?:no longer (?:valid|available|accepted|known|exists?|kept)"
        r"|too (?:old|far)"
        r"|expired|gone|lost|rejected|older than|invalid|purged|not accepted)\b"
        r"|\b(?:everything|all) (?:has|have|must)\b[^\n.]{0,10}\bbe (?:read|fetched) (?:again|anew)"
        r"|\b(?:must|has to|have to) (?:start over|start from scratch|begin anew)"
        r"|\bstart (?:again|over) from the (?:beginning|start)\b|\bno longer has (?:the|our) (?:history|changes"
        r"|bookmark)\b"
        r"|\bfull (?:sync|crawl|read|scan|resync)\b[^\n.]{0,15}\b(?:needed|necessary|required)",
        without_status=True,
        actors=_SOURCE,
        unless=("rate limit", "timed out", "token has been"),
        examples=("The bookmark of the last sync is no longer valid; everything has to be read again.",),
        confidence=Confidence.MEDIUM,
    ),
)

STORAGE_SAID: Final = (
    Rule(
        id="store.said",
        cause=C.STORAGE_OR_FILE_ERROR,
        origin="paraphrases: a file or the worker's disk",
        needles=(
            "temporary ",
            "temp ",
            "scratch ",
            "working ",
            "file",
            "document",
            "attachment",
            "pdf ",
            "archive",
            "disk",
            "tempdirfull",
            "0 bytes",
        ),
        pattern=r"\b(?:temporary|temp|scratch|working) (?:folder|directory|disk|space)\b[^\n.;]{0,60}\b(?:cannot|can't"
        r"|could not|not|full|read-?only|missing)\b"
        r"|\b(?:file|document|attachment|pdf|archive)\b[^\n.;]{0,50}\b(?:damaged|corrupt(?:ed)?|unreadable"
        r"|cannot be opened"
        r"|could not be opened|can't be opened|password[- ]protected|protected (?:by|with) a password)\b"
        r"|tempdirfull|\b0 bytes (?:left|free)\b|\bno room (?:left )?on\b[^\n.;]{0,20}\bdisk\b"
        r"|\bdisk\b[^\n.;]{0,30}\b(?:full|worn out|no space|no room"
        r"|not writable)\b",
        without_status=True,
        actors=_SOURCE,
        examples=("The downloaded file is damaged and cannot be opened",),
        confidence=Confidence.MEDIUM,
    ),
)

_PLACE: Final = (
    r"(?:repositor(?:y|ies)|repo|branch|project|workspace|site|folder|drive|team|space|board|base|database|schema"
    r"|table"
    r"|calendar|mailbox|label|channel|portal|instance|tenant|sub-?domain|domain|bucket|sheet|spreadsheet|list"
    r"|library|path"
    r"|group|store|shop|notebook|page|address|url|host|index|view|directory)s?"
)
CONFIG_SAID: Final = (
    Rule(
        id="config.said",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="field",
        origin="paraphrases: what the settings name is not there",
        needles=(
            "setting",
            "config",
            "chosen",
            "picked",
            "selected",
            "given",
            "named",
            "entered",
            "synced",
            "connection",
            "specified",
            "filled in",
            "subdomain",
            "sub-domain",
            "to the old",
            "to an old",
            "url must",
        ),
        pattern=rf"\b{_PLACE}\b[^\n.;]{{0,50}}\b(?:settings?|config(?:uration|ured)?|chosen|picked|selected|given|named"
        r"|entered|synced|(?:for|in|of|on|by) (?:this|the|your) connection)\b[^\n.;]{0,60}\b(?:removed|deleted|gone"
        r"|moved|renamed|archived|missing|wrong"
        r"|mistyped"
        r"|misspel[lt]\w{0,3}|old one|not known|belongs to no|not valid|invalid|nowhere|no longer|not there"
        r"|not be found|unknown|empty|exist)\b"
        rf"|\bno (?:{_PLACE}|\w{{1,20}} (?:id|key|name|url|host)s?) (?:was |is |has been |were )?(?:given"
        rf"|specified|entered"
        r"|chosen|configured|selected|filled in)\b|\bunder the sub-?domain\b|\bpoints? (?:still )?to (?:the|an) old\b"
        r"|\burl must (?:begin|start|be)\b",
        without_status=True,
        actors=_SOURCE,
        unless=("api key", "encryption", "metadata"),
        examples=("The space chosen for this connection has been removed.", "No project key was given."),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="config.unsyncable_said",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="federated",
        origin="paraphrases: this kind of connection is never synced",
        needles=("searched live", "be synced", "never synced", "synced a second"),
        pattern=r"\bsearched live\b|\b(?:cannot|can't|can never|must not) be synced\b|\bnever synced\b"
        r"|\bsynced a second",
        without_status=True,
        actors=_SOURCE,
        examples=("This source is searched live and can't be synced.",),
        confidence=Confidence.MEDIUM,
    ),
    Rule(
        id="config.class",
        cause=C.SOURCE_CONFIG_INVALID,
        sub_cause="field",
        origin="class names of a setting",
        needles=(
            "sourceconfigerror",
            "sourceconfigurationerror",
            "invalidconfigerror",
            "sourceconfiginvalid",
            *class_names(
                "instance repository branch workspace subdomain siteurl instanceurl baseurl",
                "invalid notfound missing unknown",
            ),
        ),
        without_status=True,
        actors=_SOURCE,
        examples=("SourceConfigError: base appX is not there",),
        confidence=Confidence.MEDIUM,
    ),
)

CONNECTOR_SAID: Final = (
    Rule(
        id="connector.said",
        cause=C.CONNECTOR_BUG,
        origin="paraphrases: the connector does not fit the source, or its data",
        needles=(
            "connector",
            "version",
            "interface",
            "endpoint",
            "mappingerror",
            "contracterror",
            "transformerror",
            "unexpectedsource",
            "unexpectedpayload",
            "unexpectedresponse",
            "entitybuild",
            "has no mapping",
            "not understood",
            "unexpected shape",
            "yielded a",
        ),
        pattern=r"\bconnector\b[^\n.;]{0,60}\b(?:stumbled|(?:does|did) not (?:understand|know|expect|cope)"
        r"|cannot (?:handle|read"
        r"|parse|cope)|can't (?:handle|parse|cope)|bug|crashed|fell over|broke|choked|tripped)\b"
        r"|\b(?:version|interface|endpoint)\b[^\n.;]{0,60}\b(?:shut off|retired|withdrawn|taken away|(?:no longer"
        r"|any more)"
        r" (?:offered|exists|supported|served)|switched off)\b|\bshut off the (?:version|interface|endpoint)"
        r"|\b(?:shape|form|format|structure) (?:that )?the connector (?:expects|expected)|mappingerror|contracterror"
        r"|transformerror|unexpectedsource|unexpectedpayload|unexpectedresponse"
        r"|entitybuild|\bhas no mapping\b|\bnot understood\b"
        r"|\bunexpected shape\b|\byielded a \w{1,20} instead",
        without_status=True,
        actors=_SOURCE,
        unless=("timed out", "unauthorized"),
        examples=("The connector stumbled over a record it does not understand",),
        confidence=Confidence.MEDIUM,
    ),
)
