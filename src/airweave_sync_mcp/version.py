"""The version of this package; `pyproject.toml` is its only source."""

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """The version as installed; `0+unknown` where the package is run from its sources without being installed."""
    try:
        return version("airweave-sync-mcp")
    except PackageNotFoundError:
        return "0+unknown"
