"""Login with a token, and logout."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from bot.web.access import LOGIN, Access, Principal, Role, require
from bot.web.console.error_pages import Page
from bot.web.console.templates import render
from bot.web.cookies import COOKIE

_HOME = "/desk"
router = APIRouter(route_class=Page)


@router.get("/login")
async def sign_in_page(request: Request) -> Response:
    """The page that asks for a token."""
    return render(request, "login.html", problem="")


@router.post("/login")
async def sign_in(request: Request, token: Annotated[str, Form(max_length=500)] = "") -> Response:
    """Begin the session of a browser; the token must be one of staff."""
    access: Access = request.app.state.access
    found = access.sign_in(token)
    if found is None:
        return render(request, "login.html", status=401, problem="login_unknown")
    principal, session = found
    if principal.role < Role.STAFF:
        return render(request, "login.html", status=403, problem="login_reader")
    response = RedirectResponse(_HOME, 303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, session, httponly=True, samesite="strict", secure=secure, path="/")
    return response


@router.post("/logout")
async def sign_out(_principal: Annotated[Principal, Depends(require(Role.READER))]) -> Response:
    """End the session of a browser."""
    response = RedirectResponse(LOGIN, 303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response
