"""What the server and the command line are told, as one typed value."""

from .load import Settings, SettingsError, load_settings
from .options import OPTIONS, FeedMode, LogLevel, Option

__all__ = ["OPTIONS", "FeedMode", "LogLevel", "Option", "Settings", "SettingsError", "load_settings"]
