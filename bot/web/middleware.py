"""Middleware: authentication, rate limits, size of bodies, access log."""

import asyncio
import logging
import math
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.service.metrics import REQUESTS, SECONDS
from bot.web.access import Access, Principal, to_sign_in
from bot.web.problems import problem
from bot.web.rate_limit import ADDRESS_PACE, ASK_PACE, MOST_BODY, TOKEN_PACE, RateLimiter
from bot.web.tokens import TokensError

_OURS = ("/v1", "/desk", "/docs", "/openapi.json", "/metrics")
_OPEN = ("/desk/login", "/desk/static")  # what somebody needs who has not signed in
_ASK = "/v1/ask"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_PATIENCE = 20.0  # seconds for a body to arrive
_CLOSE = {"Connection": "close"}
_log = logging.getLogger(__name__)


def is_ours(path: str) -> bool:
    """Whether an address belongs to the API or the desk; the others are those of channels, and of health."""
    return _below(path, _OURS)


@dataclass
class Limits:
    """The limiters of callers: by the name of a token; by address for the unknown, their questions apart."""

    tokens: RateLimiter = field(default_factory=lambda: RateLimiter(TOKEN_PACE))
    addresses: RateLimiter = field(default_factory=lambda: RateLimiter(ADDRESS_PACE))
    asks: RateLimiter = field(default_factory=lambda: RateLimiter(ASK_PACE))

    def wait(self, request: Request, principal: Principal | None) -> float:
        """Seconds that the caller has to wait; 0 lets the request through."""
        if principal:
            return self.tokens.wait(principal.name)
        limiter = self.asks if request.url.path == _ASK else self.addresses
        return limiter.wait(request.client.host if request.client else "")


class AuthMiddleware:
    """Refuses before anything is read: a new address is closed until somebody opens it here."""

    def __init__(self, app: ASGIApp, access: Access, limits: Limits, *, ask_open: bool) -> None:
        """Stand before an application; with `ask_open`, questions are let in without a token."""
        self._app = app
        self._access = access
        self._limits = limits
        self._open = (*_OPEN, _ASK) if ask_open else _OPEN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or tell why not."""
        if scope["type"] == "http" and is_ours(scope["path"]) and (refusal := self._refusal(Request(scope))):
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        try:
            principal = self._access.principal(request)
        except TokensError:
            _log.exception("nobody can be let in")
            return problem(503)
        if wait := self._limits.wait(request, principal):
            return problem(429, headers={"Retry-After": str(math.ceil(wait))})
        wrong_token = "authorization" in request.headers
        if principal is None and (wrong_token or not _below(request.url.path, self._open)):
            return _told(to_sign_in(request))
        return None


class BodyLimitMiddleware:
    """Reads no more of a body than anybody needs to send."""

    def __init__(self, app: ASGIApp, concerns: Callable[[str], bool] | None = None) -> None:
        """Stand before an application; `concerns` tells the paths that are limited, by default those of the web."""
        self._app, self._concerns = app, concerns or is_ours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the whole of its body, or refuse it once it is too long."""
        if scope["type"] != "http" or not self._concerns(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                body = await body_of(receive)
        except ClientDisconnect:
            return  # half a body is no body
        except TimeoutError:
            await problem(408, headers=_CLOSE)(scope, receive, send)
            return
        if body is None:
            await problem(413, headers=_CLOSE)(scope, receive, send)
            return
        pieces: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        await self._app(scope, lambda: _next(pieces, receive), send)


async def body_of(receive: Receive) -> bytes | None:
    """The whole body; None once it is too long.

    Raises:
        ClientDisconnect: the caller went away before its end.
    """
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BODY:
            return None
    return bytes(body)


async def _next(pieces: list[Message], receive: Receive) -> Message:
    return pieces.pop() if pieces else await receive()


class AccessLogMiddleware:
    """Tells the log and the metrics of each request, and the caller of an error that nobody foresaw: no detail."""

    def __init__(self, app: ASGIApp, timer: Callable[[], float] = time.perf_counter) -> None:
        """Stand before an application."""
        self._app = app
        self._timer = timer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; the log names its route, and nothing that the caller wrote."""
        if scope["type"] != "http" or not is_ours(scope["path"]):
            await self._app(scope, receive, send)
            return
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = self._timer()
        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            # a message of an error may hold what somebody wrote: the log gets the place alone
            place = "".join(traceback.format_tb(error.__traceback__))
            _log.error("unexpected %s in %s\n%s", type(error).__name__, _route(scope), place)
            if status:
                raise
            await problem(500)(scope, receive, send_and_note)
        finally:
            self._note(scope, status, self._timer() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = _route(scope)
        REQUESTS.labels(method, route, str(status)).inc()
        SECONDS.labels(method, route).observe(seconds)
        _log.info("%s %s %d in %.0f ms", method, route, status, seconds * 1000)


def _below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def _told(refusal: HTTPException) -> Response:
    if refusal.status_code < 400:
        return Response(status_code=refusal.status_code, headers=refusal.headers)
    return problem(refusal.status_code, refusal.detail, headers=refusal.headers)


def _route(scope: Scope) -> str:
    """The template of the route; what no route takes is one and the same."""
    return str(getattr(scope.get("route"), "path", "other"))
