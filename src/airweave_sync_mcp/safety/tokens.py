"""Secrets that are known by their shape: one table, a row for a kind.

Own patterns: detect-secrets 1.5 takes 8 ms for 10 kB (150 ms with its defaults), 0.25 s to import, brings requests and
PyYAML, and knows 3 of the 14 shapes tried that our sources use (no Notion, HubSpot, Linear, Google, Shopify, sk-proj-).

Lengths are shorter than the real ones because error texts are cut, and a cut key is still most of a key.
"""

import re
from typing import Final, NamedTuple

from airweave_sync_mcp.safety.marks import mark


class Shape(NamedTuple):
    kind: str
    inside_words: bool
    """So special that it counts even where a letter touches it (an invisible blank stood between, say)."""
    starts: tuple[str, ...]
    """How such a secret begins. Looking for a fixed text is many times faster than trying a pattern everywhere."""
    pattern: re.Pattern[str]


def _shape(kind: str, starts: str, pattern: str) -> Shape:
    return Shape(kind, False, tuple(starts.split()), re.compile(pattern))


def _sure(kind: str, starts: str, pattern: str) -> Shape:
    return Shape(kind, True, tuple(starts.split()), re.compile(pattern))


SHAPES: Final = (
    _shape("ssh_key", "ssh- ecdsa-", r"(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\w{8}) {1,4}AAAA[A-Za-z0-9+/=]{16,}+"),
    _sure("jwt", "eyJ", r"eyJ[A-Za-z0-9_-]{8,}+(?:(?:\.|%2E)[A-Za-z0-9_-]*+){0,4}"),
    # Cloud platforms
    _sure("aws_key", "AKIA ASIA AROA AIDA",
          r"A(?:KIA|SIA|ROA|IDA)(?:[A-Z0-9]{16}|(?=[A-Z]{0,14}\d)[A-Z0-9]{8,15})[A-Z0-9]*+"),
    _sure("google_api_key", "AIza", r"AIza[\w-]{16,}+"),
    _sure("google_token", "ya29.", r"ya29\.[\w.-]{8,}+"),
    _shape("google_refresh_token", "1//0 1%2F%2F0", r"1(?://|%2F%2F)0[\w-]{12,}+"),
    _shape("google_code", "4/0A 4%2F0A", r"4(?:/|%2F)0A[\w-]{12,}+"),
    _sure("google_secret", "GOCSPX-", r"GOCSPX-[\w-]{8,}+"),
    _sure("digitalocean_token", "dop_v1_ doo_v1_ dor_v1_", r"do[opr]_v1_[0-9a-f]{8,}+"),
    _shape("databricks_token", "dapi", r"dapi[0-9a-f]{24,}+"),
    _sure("vault_token", "hvs. hvb.", r"hv[sb]\.[\w-]{16,}+"),
    # Code hosts and registries
    _sure("github_token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{6,}+"),
    _sure("gitlab_token", "gl", r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt|ffct)-[\w.-]{8,}+"),
    _sure("bitbucket_token", "ATBB BBDC-", r"(?:ATBB|BBDC-)[\w=-]{12,}+"),
    _sure("npm_token", "npm_", r"npm_[A-Za-z0-9]{16,}+"),
    _sure("pypi_token", "pypi-Ag", r"pypi-Ag[\w-]{14,}+"),
    _sure("postman_key", "PMAK-", r"PMAK-[0-9a-f]{8,}+(?:-[0-9a-f]*+)?"),
    _sure("newrelic_key", "NRAK- NRII- NRIQ- NRRA- NRBR- NRSP- NRJS-", r"NR(?:AK|I[IQ]|RA|BR|SP|JS)-[\w-]{12,}+"),
    _sure("age_key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1\w{8,}+"),
    # Models
    _sure("anthropic_key", "sk-ant-", r"sk-ant-[\w-]{6,}+"),
    _shape("openai_key", "sk-",
           r"sk-(?:(?:proj|svcacct|admin|or-v1|lf)-[\w-]{6,}+|(?=[\w-]{0,200}[0-9A-Z])[\w-]{16,}+)"),
    _shape("huggingface_token", "hf_", r"hf_[A-Za-z0-9]{12,}+"),
    _shape("model_key", "gsk_ xai- pplx-", r"(?:gsk_|xai-|pplx-)[A-Za-z0-9-]{20,}+"),
    _shape("firecrawl_key", "fc-", r"fc-[0-9a-f]{24,}+"),
    # Sources
    _sure("slack_token", "xox xapp-", r"(?:xox[a-z]|xapp(?=-\d))(?:\.xox[a-z])?-[A-Za-z0-9-]{8,}+"),
    _sure("notion_token", "ntn_ secret_", r"ntn_[A-Za-z0-9]{8,}+|secret_(?=[A-Za-z]{0,40}\d)[A-Za-z0-9]{16,}+"),
    _sure("atlassian_token", "ATATT ATCTT ATOA ATTA", r"A(?:TATT|TCTT|TOA|TTA)[\w=.-]{10,}+"),
    _sure("hubspot_token", "pat-", r"pat-[a-z]{2,4}\d-[0-9a-f-]{12,}+"),
    _sure("airtable_token", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{8,}+"),
    _shape("airtable_key", "key", r"key(?=[a-z]{0,13}[A-Z0-9])[A-Za-z0-9]{14}(?!\w)"),
    _sure("linear_key", "lin_", r"lin_(?:api|oauth|wh)_\w{8,}+"),
    _sure("shopify_token", "shp", r"shp(?:at|ss|ca|pa|tka|ua|rt)_[0-9a-fA-F]{8,}+"),
    _shape("dropbox_token", "sl.", r"sl\.(?:u\.)?(?=[A-Za-z_-]{0,60}\d)[\w-]{20,}+"),
    _shape("stripe_key", "sk_live_ sk_test_ rk_live_ rk_test_ pk_live_ pk_test_",
           r"[srp]k_(?:live|test)_[A-Za-z0-9]{6,}+"),
    _sure("webhook_secret", "whsec_", r"whsec_[\w+/=-]{8,}+"),
    _shape("clickup_token", "pk_", r"pk_\d{4,12}_[A-Z0-9]{8,}+"),
    _shape("asana_token", "0/ 1/ 2/", r"[0-2]/\d{8,20}(?:/\d{8,20})?:[0-9a-f]{16,}+"),
    _shape("salesforce_session", "00D", r"00D[A-Za-z0-9]{9,15}(?:!|%21)[\w.]{16,}+"),
    _shape("zoho_token", "1000.", r"1000\.[0-9a-f]{16,}+(?:\.[0-9a-f]{8,}+)?"),
    _shape("sendgrid_key", "SG.", r"SG\.[\w-]{10,}+(?:\.[\w-]*+)?"),
    _shape("twilio_key", "SK AC", r"(?:SK|AC)[0-9a-f]{32}(?!\w)"),
    _shape("mailgun_key", "key-", r"key-[0-9a-f]{32}(?!\w)"),
    _shape("facebook_token", "EAA", r"EAA[A-Za-z0-9]{40,}+"),
    _shape("intercom_token", "dG9r", r"dG9r[A-Za-z0-9+/]{16,}+={0,2}"),
    _shape("calcom_key", "cal_", r"cal_(?:live_|test_)?[0-9a-f]{16,}+"),
    # Addresses that are keys: whoever has them may post
    _shape("webhook_url", "services/T workflows/T triggers/T", r"(?<=hooks\.slack\.com/)\w{8,9}/T[\w/-]{8,}+"),
    _shape("webhook_url", "IncomingWebhook/", r"IncomingWebhook/[\w-]{12,}+(?:/[\w-]*+)?"),
    _shape("webhook_url", "webhooks/", r"(?<=/api/)webhooks/\d{8,20}/[\w-]{16,}+"),
)  # fmt: skip

# Keys and certificates in PEM. One without its end was cut: then all that looks like Base64 goes.
_PEM: Final = re.compile(
    r"-----BEGIN ([A-Z0-9 ]{1,40})-----"
    r"(?:(?>(?:[^-]|-(?!----)){0,20000})-----END [A-Z0-9 ]{1,40}-----"
    r"|(?>(?:(?>(?:\s|\\+[nr])*)(?:(?:Proc-Type|DEK-Info):[^\n]{0,80}|[A-Za-z0-9+/=]{16,}+))*)"
    r"(?:(?>(?:\s|\\+[nr])+)[A-Za-z0-9+/=]{1,15}+(?=[ \"']*+(?:\n|\\+[nr]|\Z)))?)"
)
# Secrets of Entra applications have their mark in the fourth to sixth place, Mailchimp keys at the end.
_ENTRA: Final = re.compile(r"(?<![\w~.-])[\w~.-]{3}[78]Q~[\w~.-]{16,}+")
_MAILCHIMP: Final = re.compile(r"[0-9a-f]{32}-us\d{1,2}(?!\w)")


def mask_shapes(text: str) -> str:
    """Text with every secret of a known shape replaced by the mark of its kind."""
    if "-----BEGIN " in text:
        text = _PEM.sub(_pem_mark, text)
    for shape in SHAPES:
        for start in shape.starts:
            if start in text:
                text = _replace(text, start, shape)
    if "Q~" in text:
        text = _ENTRA.sub(mark("azure_secret"), text)
    return _MAILCHIMP.sub(mark("mailchimp_key"), text) if "-us" in text else text


def _replace(text: str, start: str, shape: Shape) -> str:
    kept: list[str] = []
    done = 0
    at = text.find(start)
    while at >= 0:
        free = shape.inside_words or at == 0 or not text[at - 1].isalnum()  # an underscore may touch it: x_sk-...
        found = shape.pattern.match(text, at) if free else None
        if found:
            kept += [text[done:at], mark(shape.kind)]
            done = found.end()
        at = text.find(start, found.end() if found else at + 1)
    return "".join([*kept, text[done:]]) if kept else text


def _pem_mark(match: re.Match[str]) -> str:
    return mark("certificate" if "CERT" in match[1] else "private_key" if "PRIVATE" in match[1] else "pem")
