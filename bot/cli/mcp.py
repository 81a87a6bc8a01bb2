"""`luce mcp`: the desk as tools and resources for other programs, by the Model Context Protocol."""

import asyncio
from collections.abc import Sequence

from bot.app import App, build_app
from bot.cli.context import BuildingNews, today
from bot.mcp.server import make_server
from bot.mcp.transports import application_of, serve_http, serve_stdio
from bot.service.log_setup import log_to_stderr
from bot.settings import Settings
from bot.web.tokens import Tokens

PORT = 8090  # beside the port of `luce serve`


def serve_client() -> None:
    """Serve the program that started us; nothing but the protocol goes to standard output.

    Raises:
        PolicyBotError: a policy folder, a rule or a setting is wrong.
    """
    log_to_stderr()
    serve_stdio(make_server(_open(Settings.from_env()), today))


def serve_network(host: str | None, port: int, names: Sequence[str]) -> None:
    """Serve over HTTP whoever shows a token, until told to stop.

    Raises:
        PolicyBotError: a policy folder, a rule, a setting or the address is wrong.
    """
    settings = Settings.from_env()
    log_to_stderr()
    where = host or settings.host
    server = make_server(_open(settings), today)
    app = application_of(server, Tokens(settings.token_file), (settings.host, where, *names))
    asyncio.run(serve_http(app, where, port))


def _open(settings: Settings) -> App:
    """The desk, ready for every question."""
    news = BuildingNews()
    try:
        app = build_app(settings, progress=news.tell)
        app.open_index()
    finally:
        news.close()
    return app
