"""How people say it: subject and predicate, for texts that are neither a code nor a library's.

Patterns of `signals.py`, each with hints: words of which one is in every text the pattern matches. All lower
case. `[^\\n.;]` keeps subject and predicate in one sentence.
"""

from typing import Final

_GONE: Final = (
    r"(?:invalid|expired|revoked|rejected|incorrect|wrong|not valid|no longer (?:valid|accepted|works?|recogni[sz]ed"
    r"|active|good|usable)|deactivated|invalidated|deleted|disabled|refused|mismatch|failed|does not exist|lapsed"
    r"|ran out|run out|void|withdrawn|cancelled|blocked|out of date|suspended|unknown|not (?:recogni[sz]ed|accepted"
    r"|known|right|correct)|(?:can ?not|can't|could not) be (?:used|renewed|refreshed)"
    r"|is over|not the right (?:ones?)?|rotated|rolled|has changed|(?:does not|no longer) works?(?: any ?more)?"
    r"|(?:has|have|had|must|needs?"
    r"|need) to be renewed|must be renewed|worn out|stale)"
)
_LOGIN: Final = (
    r"(?:(?:api|access|secret|account|auth|stored|saved|security|private)[ _-]?keys?|[a-z]{0,12}tokens?|credentials?"
    r"|(?:pass|user) ?(?:words?|names?|code)|secrets?|(?:log|sign)[- ]?ins?|(?:user |stored |saved |login )?sessions?"
    r"|jwt|pat|authori[sz]ations?|consent|grants?|oauth permission|permission you gave)"
)
LOGIN_REJECTED: Final = (
    rf"\b{_LOGIN}\b[^\n.;]{{0,50}}?\b{_GONE}\b"
    r"|\b(?:invalid|expired|revoked|incorrect|wrong|bad|missing|stale|lapsed"
    r"|unknown(?= (?:access|api|refresh|bearer|user|secret|client|login)\b))(?: or \w{1,12})? (?:\w{1,12} )?"
    r"(?:api[ _-]?key|token|credentials?|password|secret|username|login|sign-in|authentication|authorization)\b"
    r"|\bauth(?:entication|orization)?[_ ](?:failed|error|required)\b"
    r"|(?:could not|failed to|unable to|cannot) (?:obtain|get|acquire|fetch) [^\n.:;]{0,20}\btoken\b"
    r"|\b(?:not|no longer|n't) (?:recogni[sz]es?|accepts?|knows?|honou?rs?|likes?) (?:\w{1,12} ){0,3}"
    rf"{_LOGIN}\b"
    rf"|\b(?:refus|reject|revok|delet|withdr[ae]w|replac|disabl|cancel|chang)(?:ed|es|ing|s|n)? (?:the|our|your|its"
    rf"|this"
    rf"|that|a) (?:\w{{1,12}} ){{0,3}}{_LOGIN}\b"
    r"|\b(?:turn(?:ed|s) down|threw out) (?:\w{1,12} ){0,3}(?:[a-z]{1,12} )?tokens?\b|\bno longer lets? (?:us"
    r"|airweave) in\b|\bsigned out\b"
    r"|\b(?:removed|uninstalled|disconnected) (?:the|this|our|your) (?:app|application|integration)\b"
    r"|\b(?:approval|authori[sz]ation|permission|consent)\b[^\n.;]{0,50}\btaken back\b"
    r"|\b(?:sign|log) in (?:again|anew|once more)|\b(?:new|fresh) (?:log-?in|sign-?in|consent)\b"
    r"|\b(?:has|have|needs?|must|someone|somebody) (?:to )?(?:re-?(?:connect|authori[sz]e|authenticate)"
    r"|approve (?:the )?(?:app|access) (?:again|anew))"
    r"|\baccess[^\n.;]{0,40}\b(?:withdrawn|revoked)\b|answered 401\b"
)
LOGIN_WORDS: Final = (
    "key", "token", "credential", "passw", "user name", "username", "secret", "session", "login", "log-in", "auth",
    "jwt", "pat ", "sign", "log in", "consent", "grant", "permission you gave", "withdraw", "revoked", "approve",
    "reconnect", "passcode", "answered 401", "lets us in", "let us in", "signed out", "removed", "uninstalled",
    "disconnected",
    "taken back", "permission",
)  # fmt: skip

FORBIDDEN: Final = (
    r"\bmay (?:not|only) (?:read|see|view|access|list|export|open|use)\b"
    r"|\b(?:lacks?|lacking|without|missing|has no|have no|had no|needs?|requires?)\b[^\n.;]{0,40}\b(?:rights?"
    r"|permissions?"
    r"|privileges?|scopes?|roles?|entitlements?|admin(?:istrator)? access|read access|api access)\b"
    r"|\b(?:rights?|permissions?|privileges?|scopes?|roles?)\b[^\n.;]{0,40}\b(?:missing|lacking|not granted"
    r"|not (?:been )?given|insufficient|not sufficient|required|removed)\b|[\w.]{1,60}: \S{1,60} not granted\b"
    r"|\b(?:admin|administrator|owner)s?\b[^\n.;]{0,30}\b(?:has|have|needs?|must)\b[^\n.;]{0,12}\b(?:allow|approve"
    r"|grant"
    r"|enable|permit|consent)"
    r"|\b(?:api|interface)\b[^\n.;]{0,30}\b(?:switched off|turned off|disabled|deactivated|not (?:enabled|activated"
    r"|switched on|turned on))"
    r"|\bonly (?:the )?(?:admin(?:istrator)?s?|owners?)\b|\b(?:sso|single[- ]sign[- ]on)\b[^\n.;]{0,30}\b(?:required"
    r"|enforced|for this token)|\b(?:requires?|enforces?|demands?)\b[^\n.;]{0,20}\b(?:sso|single[- ]sign[- ]on)\b"
    r"|\b(?:plan|edition|licen[cs]e|subscription|tier|package)\b[^\n.;]{0,40}\b(?:(?:does|do) not|doesn't|not)"
    r" (?:include|cover|contain|allow|come with)"
    r"|\b(?:permission|access|privilege|read|select)s?\b[^\n.;]{0,40}\b(?:denied|refused|forbidden|prohibited)\b"
    r"|\b(?:is|are|was|were|been) (?:denied|refused|forbidden) (?:access|permission)\b"
    r"|\bnot (?:entitled|cleared|authori[sz]ed) (?:to|for)\b"
    r"|\b(?:user|account|token|app|bot|role|principal|login)\b[^\n.;]{0,20}\black(?:s|ed|ing)?\b"
    r"|\bnot (?:been )?given access\b|\bnot (?:been )?(?:invited|a member|part of the (?:edition|plan|package"
    r"|licen[cs]e|subscription))\b"
    r"|\b(?:admin\w{0,12}|policy|tenant)\b[^\n.;]{0,30}\b(?:blocked|blocks|forbids|forbade|forbidden|prohibits"
    r"|disallows"
    r"|restricts?)\b|\bout of (?:its|our|your) reach\b"
)
FORBIDDEN_HINTS: Final = (
    "may ", "right", "permission", "privilege", "scope", "role", "entitle", "access", "grant", "admin", "owner",
    "api", "interface", "sso", "single", "plan", "edition", "licen", "subscription", "tier", "package", "denied",
    "select", "authori", "cleared", "read", "lack", "invited", "member", "edition", "policy", "tenant", "reach",
)  # fmt: skip

SERVER: Final = (
    r"\b(?:is|are|was|were|be|being) (?:currently |temporarily |presently |briefly |still )?(?:down|offline"
    r"|out of service|not available|unavailable|being (?:serviced|maintained|upgraded|updated)|asleep|overloaded"
    r"|having (?:trouble|problems|issues|difficulties)|in maintenance)\b(?! to)"
    r"|\bis (?:broken|out of order|restarting|being restarted)\b|\bwas restarting\b"
    r"|something went wrong on [\w']{2,30} (?:end|side)\b|\bbroke(?:n)? down\b|\b(?:internal|unexpected"
    r"|unknown) (?:error|failure|problem|fault) (?:on|at|in"
    r"|of) (?:the|their"
    r"|its) (?:side|end|server|vendor|provider)|\banswer(?:ed|s)? with (?:an? )?(?:internal )?(?:error|failure)\b"
    r"|\b(?:vendor|provider|source|server|service|api)(?:'s)?\b[^\n.;]{0,30}\b(?:crashed|had a (?:fault|failure"
    r"|breakdown)"
    r"|has trouble|cannot cope|is struggling|was overloaded)"
    r"|\bwoken up\b|\bwake (?:it|the)\b|\btemporary (?:problem|trouble|failure|error) (?:at|on|with) (?:the )?"
    r"(?:vendor|provider|source|server|their)"
)
SERVER_HINTS: Final = (
    "down", "broken", "out of order", "restart", "offline", "service", "available", "being", "asleep", "overload",
    "having", "maintenance", "side",
    " end", "answer", "vendor", "provider", "source", "server", "api", "wake", "woken",
)  # fmt: skip

NETWORK: Final = (
    r"\b(?:is|was|api|endpoint|host|server|service|provider|source|system|pipedream"
    r"|composio) (?:currently )?unreachable\b|\bunreachable:|\bunreachable(?: during| from| at|$)"
    r"|\bconnections?\b[^\n.;]{0,40}\b(?:closed|reset|lost|dropped|refused|aborted|broken|terminated|interrupted|cut"
    r"|timed out|time[- ]?out|failed)\b|\blost (?:the )?connection\b|\btimed?[- ]?out (?:while|after|waiting|reading"
    r"|connecting|during|on)\b"
    r"|\bno (?:answer|response|reply)\b(?! field)|\b(?:did not|didn't|does not|doesn't|do not|never) (?:answer"
    r"|respond|reply|react)(?:ed)?\b|\b(?:could not|couldn't|cannot|can't|can not) be (?:reached|contacted"
    r"|established)\b"
    r"|\b(?:could not|couldn't|cannot|can't|unable to|failed to) (?:reach|contact)\b"
    r"|\b(?:hung|hangs) up\b|\b(?:took|takes|taking) too long\b|\bline (?:was|is) (?:cut|dead|interrupted)\b"
    r"|\bfirewall\b|\b(?:not|stopped|stops|no longer) (?:answer|respond|reply)ing\b"
    r"|\b(?:stream|answer|response|transfer|download|connection|body|transmission)\b[^\n.;]{0,30}\b(?:ended early"
    r"|ended prematurely|broke off|broken off|cut (?:off|short)|interrupted|incomplete|dropped|went dead|gave out)"
    r"|\bbefore (?:sending|delivering|finishing) (?:the|its) (?:whole|full|complete|entire|rest)"
    r"|\btime(?:d)?[- ]?out of [\d.]{1,12} ?s\w{0,8} exceeded|\bgave up waiting\b|\bwaited (?:for )?\d{1,6} ?s"
    r"|\bwithin (?:the )?(?:allowed|permitted|allotted) time\b|\bpacket loss\b|\bno network\b"
)
NETWORK_HINTS: Final = (
    "answer", "respon", "repl", "react", "reach", "contact", "established", "hung", "hangs", "too long", "line",
    "firewall", "stream", "transfer", "download", "connection", "body", "transmission", "before", "timeout",
    "time-out", "time out", "timed", "unreachable", "waiting", "waited", "within", "packet", "network",
)  # fmt: skip

NAME_NOT_FOUND: Final = (
    r"\b(?:hosts?(?: ?names?)?|domain|dns|server (?:name|address)|name of the (?:server"
    r"|host))\b[^\n;]{0,60}?\b(?:not|n't"
    r"|unable to|failed to|cannot)(?: be)? (?:be )?(?:resolved?|found|known)\b"
    r"|\b(?:not|n't|unable to|failed to|cannot) resolve\b[^\n]{0,20}\b(?:hosts?|hostname|domain)\b"
    r"|\b(?:nobody|no one|nothing) knows (?:the |this )?host|\bno such host|\bunknown (?:\w{1,12} )?(?:server )?host\b"
)
RESOLVER_DOWN: Final = (
    r"\b(?:name ?servers?|dns(?: servers?| resolvers?)?|resolvers?)\b[^\n.;]{0,40}\b(?:not (?:answer|respond|reach)"
    r"|no answer|timed out|time-?out|unavailable|did(?:n't| not) (?:answer|respond)|is down|unreachable)"
    r"|\blook(?:ing|-)? ?up\b[^\n.;]{0,30}\bname\b[^\n.;]{0,20}\bfailed"
)
CERTIFICATE_REFUSED: Final = (
    r"\bcertificates?\b[^\n;]{0,60}\b(?:has expired|expired|not trusted|untrusted|self-signed|not (?:yet )?valid"
    r"|invalid|not accepted|mismatch|revoked|ran out|out of date|nobody|no one|another host|different host|wrong host"
    r"|wrong name|another name|unknown (?:authority|issuer)|no longer valid|does not match)\b"
    r"|\b(?:not|n't|nobody|no one) trusts? [^\n;]{0,50}\bcertificate\b|\b(?:expired|self-?signed|untrusted"
    r"|invalid) certificate|\bcertificate(?:expired|invalid|mismatch|untrusted)"
    r"|\b(?:tls|ssl)\b[^\n;]{0,40}\b(?:handshake|negotiation)\b[^\n;]{0,60}\bfailed\b"
    r"|\b(?:secure|encrypted|tls|ssl) (?:connection|channel|tunnel)\b[^\n.;]{0,30}\b(?:could not be|cannot be|not be"
    r"|failed)|\b(?:common|shared) ciphers?\b"
)
NAME_HINTS: Final = ("host", "domain", "dns", "certificate", "name", "resolver", "secure", "encrypted", "tls", "cipher")

QUOTA_SPENT: Final = (
    r"\b(?:\w{0,20}requests?|\w{0,20}calls?|api|quota|daily|hourly|monthly|per[- ](?:second|minute|hour|day)"
    r"|\w{0,20}concurrent\w{0,20}|secondly)\b[^\n:;]{0,40}"
    r"\blimits?\b[^\n:;]{0,20}\b(?:exceeded|reached|hit)\b|\breached your [^\n:;]{0,30}\blimit\b"
    r"|\bexceeded (?:its|your|the|their|our) [^\n:;]{0,30}\bquota\b"
    r"|\b(?:quota|allowance|contingent|ration|budget)\b[^\n:;]{0,60}\b(?:exceeded|exhausted|used up|reached|spent"
    r"|consumed|depleted|gone|ran out|run out)\b|\b(?:told|asked|asks|tells) us to (?:wait|slow)"
    r"|\bholds? us (?:off|back)\b"
    r"|\b(?:requests?|calls?)\b[^\n:;]{0,40}\b(?:used up|exhausted|consumed)\b"
    r"|\b(?:hourly|daily|monthly|weekly) limit\b[^\n:;]{0,40}\b(?:reached|exceeded|hit|used)\b"
    r"|\b(?:crossed|passed|over) the limit of \d|\b(?:more|too many|so many) (?:api )?(?:requests|calls|queries)\b"
    r"|\bput a brake on\b|\bslow(?:ed"
    r"|ing)? (?:us )?down\b"
    r"|\b(?:back|backing) off for\b|\btoo (?:fast|often)\b|\bexceeded \d{1,9} (?:calls|requests)\b"
)
QUOTA_HINTS: Final = (
    "limit", "quota", "allowance", "contingent", "ration", "budget", "requests", "calls", "queries", "brake", "slow",
    "back", "too fast", "too often", " us ",
)  # fmt: skip
