"""Builds the package and tries the wheel where nothing of the source tree is in reach."""

import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IN_WHEEL = ("airweave_sync_mcp/py.typed", "airweave_sync_mcp/__main__.py")
IN_SDIST = (
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "server.json",
    "pyproject.toml",
    "tests/conftest.py",
    "scripts/test",
)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        wheel, sdist = build(work / "dist")
        check_contents(wheel, sdist)
        print(run_installed(wheel, work / "venv"))


def build(dist: Path) -> tuple[Path, Path]:
    """The sdist, and the wheel made from it."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), str(ROOT))
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    return wheel, sdist


def check_contents(wheel: Path, sdist: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    missing = sorted({*IN_WHEEL} - in_wheel | {*IN_SDIST} - in_sdist)
    alien = sorted(name for name in in_wheel if not name.startswith(("airweave_sync_mcp/", "airweave_sync_mcp-")))
    if missing or alien:
        sys.exit(f"missing in the package: {missing}; not to be in the wheel: {alien}")


def run_installed(wheel: Path, directory: Path) -> str:
    """What `airweave-sync-mcp --version` of the installed wheel prints.

    The dependencies are taken from the environment of this script: that is quick. Its own entry for the project is
    not seen there, because .pth files of a directory that is itself named in a .pth file are not read.
    """
    venv.create(directory)
    bin_, site = (
        Path(sysconfig.get_path(kind, "venv", vars={"base": str(directory)})) for kind in ("scripts", "purelib")
    )
    run(sys.executable, "-m", "pip", "--python", str(bin_ / "python"), "install", "--quiet", "--no-deps", str(wheel))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    where = run(str(bin_ / "python"), "-I", "-c", "import airweave_sync_mcp as package; print(package.__file__)")
    if not Path(where).is_relative_to(site):
        sys.exit(f"not the installed wheel was run: {where}")
    return run(str(bin_ / "airweave-sync-mcp"), "--version")


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
