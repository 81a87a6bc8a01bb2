"""Authentication of the MCP server over HTTP: a token of the desk, allowed hosts and origins."""

import logging
import math
import time
import traceback
from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.middleware import BodyLimitMiddleware, Limits
from bot.web.problems import problem
from bot.web.roles import Principal
from bot.web.tokens import Tokens, TokensError
from bot.web.wording import phrase

PATH = "/mcp"
_log = logging.getLogger(__name__)


class McpAuthMiddleware:
    """Lets in whoever shows a token, at a pace, with a message that is not too long. Every role may read.

    A session of a browser opens nothing: only what a program sends on purpose counts.
    """

    def __init__(
        self, app: ASGIApp, tokens: Tokens, limits: Limits, timer: Callable[[], float] = time.perf_counter
    ) -> None:
        """Stand before an application."""
        self._app = BodyLimitMiddleware(app, lambda path: path == PATH)
        self._tokens, self._limits, self._timer = tokens, limits, timer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or tell why not. The log names neither caller nor words."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        began, status = self._timer(), 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._pass(scope, receive, send_and_note)
        except Exception as error:  # noqa: BLE001 (its message may hold what somebody wrote: the log gets the place)
            place = "".join(traceback.format_tb(error.__traceback__))
            _log.error("unexpected %s\n%s", type(error).__name__, place)
            if not status:
                await problem(500)(scope, receive, send_and_note)
        finally:
            _log.info("mcp %d in %.0f ms", status, (self._timer() - began) * 1000)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        if refusal := self._refusal(Request(scope)):
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if request.url.path != PATH:
            return problem(404)
        try:
            principal = self._principal(request)
        except TokensError as error:
            _log.error("nobody can be let in: %s", error)
            return problem(503)
        if wait := self._limits.wait(request, principal):
            return problem(429, headers={"Retry-After": str(math.ceil(wait))})
        if principal is None:
            return problem(401, phrase("token_wanted"), headers={"WWW-Authenticate": "Bearer"})
        if request.method != "POST":  # nothing is ever told unasked, and there are no sessions to end
            return problem(405, headers={"Allow": "POST"})
        return None

    def _principal(self, request: Request) -> Principal | None:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        token = self._tokens.find(secret.strip()) if scheme.lower() == "bearer" else None
        return Principal(token.name, token.role) if token else None


def hosts_of(names: Sequence[str]) -> list[str]:
    """What a Host header may hold where the server goes by these names: with any port, or none."""
    bracketed = [f"[{name}]" if ":" in name else name for name in dict.fromkeys(names)]
    return [form for name in bracketed for form in (name, f"{name}:*")]


def origins_of(names: Sequence[str]) -> list[str]:
    """What an Origin header may hold where the server goes by these names."""
    return [f"{scheme}://{host}" for host in hosts_of(names) for scheme in ("http", "https")]
