"""Transports of the MCP server: standard input and output, or HTTP."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp

from bot.mcp.auth import PATH, McpAuthMiddleware, hosts_of, origins_of
from bot.server.http import HttpServer, open_socket, stop_on_signal
from bot.web.middleware import Limits
from bot.web.rate_limit import MOST_BODY
from bot.web.tokens import Tokens

OURSELVES = ("127.0.0.1", "localhost", "::1")
_GRACE = 10  # seconds for answers under way when the server is told to stop
_GONE = (BrokenPipeError, ConnectionError, anyio.BrokenResourceError, anyio.ClosedResourceError)
_log = logging.getLogger(__name__)


def serve_stdio(server: MCPServer[Any]) -> None:
    """Speak on standard input and output, where nothing else may be written, until the client is gone."""
    _log.info("serving MCP on standard input and output")
    try:
        anyio.run(server.run_stdio_async)
    except* _GONE:
        _log.info("the client is gone")


def application_of(
    server: MCPServer[Any], tokens: Tokens, names: Sequence[str] = (), *, limits: Limits | None = None
) -> ASGIApp:
    """The application that serves over HTTP; it is called by localhost and by `names`, and by nothing else."""
    known = (*OURSELVES, *names)
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,  # nothing is remembered: each request shows its token and stands alone
        max_request_body_size=MOST_BODY,
        transport_security=TransportSecuritySettings(allowed_hosts=hosts_of(known), allowed_origins=origins_of(known)),
    )
    return McpAuthMiddleware(app, tokens, limits or Limits())


async def serve_http(app: ASGIApp, host: str, port: int) -> None:
    """Serve an application until SIGTERM or SIGINT.

    Raises:
        SettingsError: the address cannot be listened on.
    """
    with open_socket(host, port, remedy="choose another by --host or --port") as listener:
        config = uvicorn.Config(
            app,
            lifespan="on",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        http = HttpServer(config)
        with stop_on_signal(http):
            _log.info("serving MCP on http://%s:%d%s", host, listener.getsockname()[1], PATH)
            await asyncio.create_task(http.serve(sockets=[listener]))
