"""What makes this a package that others can install, read and trust."""

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import pytest

from airweave_sync_mcp import version
from airweave_sync_mcp.settings import OPTIONS

from .kit import ROOT, project, text_of


def test_the_version_is_that_of_the_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "version", {"airweave-sync-mcp": "1.2.3"}.__getitem__)
    assert version.package_version() == "1.2.3"


def test_sources_that_are_not_installed_have_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_installed(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(version, "version", not_installed)
    assert version.package_version() == "0+unknown"


def test_the_changelog_has_this_version() -> None:
    assert f"## [{project()['version']}]" in text_of("CHANGELOG.md")


def test_the_license_is_the_one_that_is_declared() -> None:
    assert project()["license"] == "MIT"
    assert text_of("LICENSE").startswith("MIT License\n")


def test_types_are_shipped() -> None:
    assert (ROOT / "src" / "airweave_sync_mcp" / "py.typed").is_file()


def test_the_readme_tells_every_setting() -> None:
    readme = text_of("README.md")
    names = ["AIRWEAVE_API_KEY", *(option.variable for option in OPTIONS)]
    assert [name for name in names if f"`{name}`" not in readme] == []


@pytest.mark.parametrize("command", ["./scripts/demo", "./scripts/test"])
def test_the_readme_has_the_commands_and_they_can_be_run(command: str) -> None:
    assert command in text_of("README.md")
    assert os.access(ROOT / command, os.X_OK)


def test_importing_reads_nothing_and_says_nothing() -> None:
    """No environment, no output, and not the HTTP library before something is asked."""
    code = "import airweave_sync_mcp.settings, sys; print('httpx' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); {code}"],
        env={"AIRWEAVE_SYNC_CONCURRENCY": "nonsense"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("False\n", "")
