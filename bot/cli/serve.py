"""`luce serve`: the web desk and the channels that the settings enable, until it is told to stop."""

import asyncio

from bot.cli.context import now
from bot.server.lifecycle import check_channels, serve
from bot.service.log_setup import log_to_stderr
from bot.settings import Settings


def serve_channels() -> None:
    """Serve; the log goes to standard error.

    Raises:
        PolicyBotError: a setting is wrong or missing, or the desk cannot be opened.
    """
    settings = Settings.from_env()
    check_channels(settings)
    log_to_stderr()
    asyncio.run(serve(settings, now))
