"""The API of the records, and the metrics of the process."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from starlette.responses import Response

from bot.records.journal import Wanted
from bot.service.metrics import CONTENT_TYPE, exposition
from bot.web.access import Role, desk_of, require
from bot.web.dependencies import WebContext
from bot.web.models import Id, OpinionIn, RecordOut, WantedIn, record_out
from bot.web.problems import responses
from bot.web.wording import described, phrase

Desk = Annotated[WebContext, Depends(desk_of)]
RecordId = Annotated[Id, Path(description=phrase("record_id"), examples=[1])]
_keeps = [Depends(require(Role.STAFF))]

router = APIRouter(responses=responses(401, 403, 422, 429, 503))


@router.get(
    "/v1/records",
    tags=["records"],
    **described("records"),
    dependencies=_keeps,
)
async def records(desk: Desk, wanted: Annotated[WantedIn, Query()]) -> list[RecordOut]:
    """Records, newest first."""
    return [record_out(record) for record in await desk.journal.latest(Wanted(**dict(wanted)))]


@router.get(
    "/v1/records/{record}",
    tags=["records"],
    **described("record"),
    responses=responses(404),
    dependencies=_keeps,
)
async def record(desk: Desk, record: RecordId) -> RecordOut:
    """One record."""
    if (found := await desk.journal.find(record)) is None:
        raise HTTPException(404)
    return record_out(found)


@router.post(
    "/v1/records/{record}/opinion",
    tags=["records"],
    **described("opinion"),
    responses=responses(400, 404, 413),
    status_code=204,
    dependencies=_keeps,
)
async def judge(desk: Desk, record: RecordId, body: OpinionIn) -> None:
    """Keep an opinion of an answer."""
    if not await desk.journal.judge(record, body.opinion, body.reason):
        raise HTTPException(404)


@router.get(
    "/metrics",
    tags=["operation"],
    **described("metrics"),
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    dependencies=[Depends(require(Role.ADMIN))],
)
async def metrics() -> Response:
    """Figures for Prometheus."""
    return Response(exposition(), media_type=CONTENT_TYPE)
