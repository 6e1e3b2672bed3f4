"""Base URLs come to one normal form or are refused with a sentence."""

import pytest

from airweave_sync_mcp.airweave.endpoint import Endpoint


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("https://api.airweave.ai", "https://api.airweave.ai"),
        (" https://API.Airweave.ai/ ", "https://api.airweave.ai"),
        ("https://api.airweave.ai/v1", "https://api.airweave.ai"),
        ("https://api.airweave.ai/v1/", "https://api.airweave.ai"),
        ("https://api.airweave.ai:443//", "https://api.airweave.ai"),
        ("HTTP://localhost:8001/", "http://localhost:8001"),
        ("https://tools.example/airweave/v1/", "https://tools.example/airweave"),
        ("https://tools.example/api", "https://tools.example/api"),
        ("http://[::1]:8001", "http://[::1]:8001"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_normal_form(raw: str, normal: str) -> None:
    endpoint = Endpoint(raw)
    assert endpoint.base_url == normal
    assert Endpoint(normal) == endpoint
    assert endpoint.url("/health") == f"{normal}/health"


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "is empty"),
        ("api.airweave.ai", "has to start with"),
        ("localhost:8001", "has to start with"),
        ("ftp://api.airweave.ai", "has to start with"),
        ("https:api.airweave.ai", "has to start with"),
        ("https://", "names no host"),
        ("https:///v1", "names no host"),
        ("https://ada:lovelace@api.airweave.ai", "user name"),
        ("https://api.airweave.ai?token=lovelace", "query"),
        ("https://api.airweave.ai/#", "fragment"),
        ("https://api.airweave.ai:port", "malformed"),
        ("https://api.airweave.ai:99999", "malformed"),
        ("https://[::1", "malformed"),
        ("https://a\u0301..example", "malformed"),
        ("https://api airweave.ai", "blank"),
        ("https://api.airweave.ai\n/v1", "blank"),
    ],
)
def test_refused(raw: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        Endpoint(raw)
    assert "lovelace" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "insecure"),
    [
        ("https://api.airweave.ai", False),
        ("http://localhost:8001", False),
        ("http://api.localhost", False),
        ("http://127.0.0.1:8001", False),
        ("http://[::1]", False),
        ("http://airweave.example", True),
        ("http://10.0.0.7", True),
    ],
)
def test_plain_http_to_another_machine_is_insecure(url: str, insecure: bool) -> None:
    assert Endpoint(url).insecure is insecure


def test_host_is_for_messages() -> None:
    assert Endpoint("http://localhost:8001/x").host == "localhost:8001"
