"""Jinja templates with autoescaping."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.web.console.wording import channel_of, phrase

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
ADDRESS = "/desk/static"
_YEAR = 31_536_000  # seconds
_DIGITS = 10


def render(request: Request, name: str, *, status: int = 200, **context: object) -> HTMLResponse:
    """The page of a template. It knows `principal`, whoever is signed in (None on the page that asks who it is)."""
    context.setdefault("principal", request.app.state.access.principal(request))
    return _templates().TemplateResponse(request, name, context, status_code=status)


def mount_static(app: FastAPI) -> None:
    """Serve styles and scripts of the console."""
    app.mount(ADDRESS, _Assets(directory=STATIC), name="desk-static")


def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep the file for good."""
    return f"{ADDRESS}/{name}?v={_digest(name)}"


class _Assets(StaticFiles):
    """Files whose addresses change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        named = scope["query_string"].startswith(b"v=")
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if named else "no-cache"
        return response


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:_DIGITS]


@cache
def _templates() -> Jinja2Templates:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(phrase=phrase, channel_of=channel_of, asset=asset)
    return Jinja2Templates(env=environment)
