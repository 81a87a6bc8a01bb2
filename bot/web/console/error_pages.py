"""Error pages of the console."""

from collections.abc import Callable, Coroutine
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from bot.records.database import RecordsUnavailable
from bot.service.worker_pool import DeskUnavailable
from bot.web.console.templates import render

_EXPLAINED = (403, 404, 422)
_UNAVAILABLE = (RecordsUnavailable, DeskUnavailable, BrokenProcessPool)


class Page(APIRoute):
    """A route whose refusals are pages where a browser asks for a page; parts of pages get problems as JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route, with the pages for what goes wrong in it."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if "HX-Request" in request.headers or "text/html" not in request.headers.get("accept", ""):
                return await handler(request)
            try:
                return await handler(request)
            except HTTPException as error:
                if error.status_code not in _EXPLAINED:
                    raise
                return _told(request, error.status_code)
            except RequestValidationError:
                return _told(request, 422)
            except _UNAVAILABLE:
                return _told(request, 503)

        return handle


def _told(request: Request, status: int) -> Response:
    return render(request, "error.html", status=status, problem=f"error_{status}")
