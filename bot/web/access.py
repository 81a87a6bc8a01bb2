"""Access control: tokens, roles and browser sessions."""

import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bot.web.cookies import COOKIE, Cookies
from bot.web.dependencies import WebContext
from bot.web.roles import Principal, Role
from bot.web.tokens import Tokens
from bot.web.wording import phrase

__all__ = ["Access", "Principal", "Role", "desk_of", "require", "to_sign_in"]

LOGIN = "/desk/login"
_SAFE = ("GET", "HEAD", "OPTIONS")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_bearer = HTTPBearer(auto_error=False, description=phrase("bearer"))
Shown = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]  # for the OpenAPI page


class Access:
    """Tells who calls: by a token in the header, else by the session of a browser."""

    def __init__(self, tokens: Tokens, key: bytes, clock: Callable[[], datetime]) -> None:
        """Let in whoever shows one of the tokens; `key` signs the sessions of browsers."""
        self._tokens = tokens
        self._cookies = Cookies(tokens, key, clock)

    def principal(self, request: Request) -> Principal | None:
        """Whoever calls. A header that is wrong is not made good by a cookie.

        Raises:
            TokensError: the file of tokens cannot be read.
        """
        header = request.headers.get("authorization")
        if header is not None:
            scheme, _, secret = header.partition(" ")
            token = self._tokens.find(secret.strip()) if scheme.lower() == "bearer" else None
            return Principal(token.name, token.role) if token else None
        cookie = request.cookies.get(COOKIE)
        return self._cookies.read(cookie) if cookie else None

    def sign_in(self, token: str) -> tuple[Principal, str] | None:
        """The session that begins with a token, and the value of its cookie; None where the token is wrong.

        Raises:
            TokensError: the file of tokens cannot be read.
        """
        found = self._tokens.find(token.strip())
        if found is None:
            return None
        value = self._cookies.sign(found)
        principal = self._cookies.read(value)
        return (principal, value) if principal else None


def desk_of(request: Request) -> WebContext:
    """The desk that the application serves."""
    return cast("WebContext", request.app.state.desk)


def access_of(request: Request) -> Access:
    """What tells who calls."""
    return cast("Access", request.app.state.access)


def require(role: Role) -> Callable[..., Awaitable[Principal]]:
    """A dependency that gives whoever calls, and refuses everybody below the role.

    Raises:
        HTTPException: 401 without a token, 403 with too low a role or without the mark of the form; a page of a
            browser is sent to sign in instead.
    """

    async def guard(request: Request, _shown: Shown = None) -> Principal:
        principal = access_of(request).principal(request)
        if principal is None:
            raise to_sign_in(request)
        if principal.role < role:
            raise HTTPException(403, phrase("role_too_low"))
        if principal.csrf and request.method not in _SAFE:
            await _check_form(request, principal.csrf)
        return principal

    return guard


def to_sign_in(request: Request) -> HTTPException:
    """The refusal of somebody unknown: a page of a browser goes to sign in, everything else is told."""
    wants_page = "text/html" in request.headers.get("accept", "") and request.method == "GET"
    if wants_page and (request.url.path == "/docs" or request.url.path.startswith("/desk")):
        return HTTPException(303, headers={"Location": LOGIN})
    return HTTPException(401, phrase("token_wanted"), {"WWW-Authenticate": "Bearer"})


async def _check_form(request: Request, csrf: str) -> None:
    """Refuse what another site's page may have sent with our cookie."""
    sent = request.headers.get("x-csrf-token")
    if sent is None and request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORMS:
        value = (await request.form()).get("csrf")
        sent = value if isinstance(value, str) else None
    if sent is None or not hmac.compare_digest(sent.encode("utf-8", "replace"), csrf.encode()):
        raise HTTPException(403, phrase("form_mark_wrong"))
