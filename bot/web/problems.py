"""Problems: every error as an object of `application/problem+json` (RFC 9457), in words of the wording file."""

import json
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response

from bot.records.database import RecordsUnavailable
from bot.service.worker_pool import DeskUnavailable
from bot.web.tokens import TokensError
from bot.web.wording import phrase

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:luce:problem:"
_KINDS = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    408: "too-slow",
    413: "too-large",
    422: "invalid",
    429: "too-many-requests",
    500: "unexpected",
    503: "unavailable",
}
_UNAVAILABLE = (RecordsUnavailable, DeskUnavailable, TokensError, BrokenProcessPool)
_RETRY = "5"  # seconds after which a desk that restarts what has ended may answer again
_MOST_ERRORS = 20
_KNOWN_MISTAKES = {
    **{"missing": "mistake_missing", "string_too_long": "mistake_too_long", "string_too_short": "mistake_too_short"},
    **{
        "half_character": "mistake_half_character",
        "not_a_day": "mistake_not_a_day",
        "extra_forbidden": "mistake_extra",
    },
    **{"json_invalid": "mistake_json", "string_type": "mistake_not_text", "literal_error": "mistake_not_an_option"},
    **{"int_parsing": "mistake_not_whole", "too_long": "mistake_too_many"},
    **{"greater_than_equal": "mistake_range", "less_than_equal": "mistake_range"},
}
_log = logging.getLogger(__name__)


class Mistake(BaseModel):
    """One thing that is wrong with a request: where, and what."""

    field: str
    problem: str


class Problem(BaseModel):
    """What went wrong with a request (RFC 9457); `errors` name the fields, where fields are the matter."""

    type: str = Field(examples=[_TYPE + _KINDS[422]])
    title: str
    status: int
    detail: str
    errors: Sequence[Mistake] = ()


class Refused(HTTPException):
    """A request whose fields cannot be used."""

    def __init__(self, *mistakes: Mistake) -> None:
        """Name the fields."""
        super().__init__(422, phrase("detail_422"))
        self.mistakes = mistakes


def problem(
    status: int, detail: str = "", *, headers: Mapping[str, str] | None = None, errors: Sequence[Mistake] = ()
) -> Response:
    """The response that tells a problem; without `detail`, in the words for the status."""
    known = status if status in _KINDS else 400 if status < 500 else 500
    content: dict[str, object] = {
        "type": _TYPE + _KINDS[known],
        "title": phrase(f"title_{known}"),
        "status": status,
        "detail": detail or phrase(f"detail_{known}"),
    }
    if errors:
        content["errors"] = [mistake.model_dump() for mistake in errors[:_MOST_ERRORS]]
    body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, status, dict(headers or {}), MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """What the OpenAPI page says of the problems of an address."""
    return {
        status: {
            "model": Problem,
            "description": phrase(f"title_{status}"),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def tell_problems(app: FastAPI) -> None:
    """Have an application tell whatever goes wrong as a problem."""
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    for kind in _UNAVAILABLE:
        app.add_exception_handler(kind, _unavailable)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 (it is registered for these)
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=error.headers)
    ours = isinstance(error, HTTPException) and error.status_code not in (400, 404, 405, 413)
    errors = error.mistakes if isinstance(error, Refused) else ()
    return problem(error.status_code, error.detail if ours else "", headers=error.headers, errors=errors)


async def _invalid(_request: Request, error: Exception) -> Response:
    """Tell the fields, never what stood in them."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 (it is registered for these)
    return problem(422, errors=[_mistake(each) for each in error.errors()[:_MOST_ERRORS]])


async def _unavailable(_request: Request, error: Exception) -> Response:
    _log.error("unavailable: %s", error)
    return problem(503, headers={"Retry-After": _RETRY})


def _mistake(error: Mapping[str, object]) -> Mistake:
    place = error.get("loc")
    names = [str(part) for part in place[1:]] if isinstance(place, (tuple, list)) else []
    key = _KNOWN_MISTAKES.get(str(error.get("type")), "mistake_other")
    if key == "mistake_json":
        names = []
    return Mistake(field=".".join(names)[:100], problem=phrase(key))
