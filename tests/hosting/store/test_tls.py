"""TLS to the store: with the right certificate, and not with another."""

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from airweave_sync_mcp.hosting.store import Trouble
from tests.support.redis import RedisServer, free_port

from .kit import ALICE, Replicas, history

pytestmark = pytest.mark.anyio


def write_certificate(directory: Path, name: str, address: str) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    paths = directory / f"{name}.pem", directory / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.fixture(params=["127.0.0.1", "10.9.8.7"], ids=["its own address", "another address"])
def secure(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path, int]]:
    """A server with TLS; gives the address its certificate is for, the certificate, and its port."""
    certificate, key = write_certificate(tmp_path, "server", request.param)
    port = free_port()
    tls = ("--tls-port", str(port), "--tls-auth-clients", "no")
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-ca-cert-file", str(certificate))
    server = RedisServer(tmp_path, (*tls, *files))
    server.start()
    yield request.param, certificate, port
    server.kill()


async def test_only_the_right_server_is_talked_to(secure: tuple[str, Path, int], tmp_path: Path) -> None:
    address, certificate, port = secure
    other, _ = write_certificate(tmp_path, "other", "127.0.0.1")
    for trusted, right in ((certificate, address == "127.0.0.1"), (other, False), (None, False)):
        query = f"?ssl_ca_certs={trusted}" if trusted else ""
        async with Replicas(f"rediss://127.0.0.1:{port}/0{query}").one() as store:
            await store.memory.save(ALICE, "jobs:1", history())
            assert (store.health.answered > 0) is right
            assert set(store.health.troubles) <= {Trouble.UNREACHABLE}
            assert await store.memory.load(ALICE, ["jobs:1"]) == {"jobs:1": history()}
