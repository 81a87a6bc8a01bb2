"""`luce serve`: the channels that the settings enable, in this process, until it is told to stop."""

import asyncio
import logging
import sys
from typing import ClassVar

from bot.app import build_app
from bot.cli.desk import BuildingNews, now
from bot.serving import require_channels, serve
from bot.settings import Settings


def serve_channels() -> None:
    """Serve; the log goes to standard error.

    Raises:
        PolicyBotError: a setting is wrong or missing, or the desk cannot be opened.
    """
    settings = Settings.from_env()
    require_channels(settings)
    _log_to_stderr()
    news = BuildingNews()
    try:
        app = build_app(settings, progress=news.tell)
        app.open_index()
    finally:
        news.close()
    asyncio.run(serve(app, now))


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for loud in ("httpx", "httpcore", "chromadb", "uvicorn"):
        logging.getLogger(loud).setLevel(logging.WARNING)  # addresses that are called hold tokens


class _Line(logging.Formatter):
    """A line with what the desk tells about a message beside its words: never the person, never what they said."""

    _BESIDE: ClassVar = ("channel", "session", "number", "stage", "reason")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The record as one line; a traceback would follow it."""
        beside = [f"{name}={getattr(record, name)}" for name in self._BESIDE if hasattr(record, name)]
        return " ".join((super().formatMessage(record), *beside))
