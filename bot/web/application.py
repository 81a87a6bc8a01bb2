"""The application: the API, the pages that are handed in, and whether all is well."""

from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.web import api, openapi, records_api
from bot.web.access import Access
from bot.web.dependencies import WebContext
from bot.web.headers import SecurityHeadersMiddleware
from bot.web.middleware import AccessLogMiddleware, AuthMiddleware, BodyLimitMiddleware, Limits
from bot.web.openapi import Described
from bot.web.problems import tell_problems
from bot.web.rate_limit import RateLimit, RateLimiter
from bot.web.wording import described, phrase

Ready = Callable[[], Awaitable[str | None]]
_TAGS = ("ask", "policy", "calculate", "records", "operation")


async def always_ready() -> str | None:
    """Nothing is in the way."""
    return None


def make_application(
    desk: WebContext,
    access: Access,
    *,
    routers: Sequence[APIRouter] = (),
    ready: Ready = always_ready,
    limits: Limits | None = None,
) -> FastAPI:
    """The application of a desk. `ready` tells what keeps it from taking messages now, None if nothing does."""
    app = Described(
        title=phrase("api_title"),
        description=phrase("api_description"),
        version=_version(),
        openapi_tags=[{"name": tag, "description": phrase(f"tag_{tag}")} for tag in _TAGS],
        openapi_url=None,  # the page and the description are for those who may call; see openapi.py
        redirect_slashes=False,
    )
    app.state.desk, app.state.access = desk, access
    for router in (api.router, records_api.router, openapi.router, _health(ready)):
        app.include_router(router)
    for pages in routers:
        app.include_router(pages, include_in_schema=False)
    tell_problems(app)
    # the last one added stands before the others
    app.add_middleware(BodyLimitMiddleware)
    app.add_middleware(
        AuthMiddleware,
        access=access,
        limits=limits or _limits(desk.settings.per_minute),
        ask_open=desk.settings.ask_open,
    )
    app.add_middleware(AccessLogMiddleware)
    app.add_middleware(SecurityHeadersMiddleware)
    return app


def _health(ready: Ready) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/healthz", **described("healthz"), response_class=PlainTextResponse)
    async def healthz() -> Response:
        return PlainTextResponse("ok")

    @router.get(
        "/readyz",
        **described("readyz"),
        response_class=PlainTextResponse,
        responses={503: {"description": phrase("not_ready")}},
    )
    async def readyz(_request: Request) -> Response:
        problem = await ready()
        return PlainTextResponse(problem, 503) if problem else PlainTextResponse("ready")

    return router


def _limits(per_minute: int) -> Limits:
    return Limits(asks=RateLimiter(RateLimit(per_minute, per_minute)))


def _version() -> str:
    try:
        return version("luce")
    except PackageNotFoundError:
        return "0"
