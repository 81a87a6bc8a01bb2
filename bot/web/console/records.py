"""Records in the console: one answer, its hand-over note, its rating, and unanswered questions."""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from bot.records.journal import Record, Wanted
from bot.service.explanation import rows_of
from bot.web.access import Principal, Role, desk_of, require
from bot.web.asking import explanation_of
from bot.web.console.answers import note_of, office_of, show_record
from bot.web.console.error_pages import Page
from bot.web.console.templates import render
from bot.web.dependencies import WebContext

_MOST_OF_A_DAY = 200
_MOST_LETTERS = 500
_MOST_BEFORE = 50
_FIRST_DAY = date(2000, 1, 2)
router = APIRouter(route_class=Page)

Staff = Annotated[Principal, Depends(require(Role.STAFF))]
Desk = Annotated[WebContext, Depends(desk_of)]


class Judgement(BaseModel):
    """What staff think of an answer, and why."""

    opinion: Literal["good", "bad", "withdrawn"]
    reason: str = Field(default="", max_length=_MOST_LETTERS)


async def _found(record: int, desk: Desk) -> Record:
    """The record of an address; 404 where there is none."""
    found = await desk.journal.find(record)
    if found is None:
        raise HTTPException(404)
    return found


Found = Annotated[Record, Depends(_found)]


async def _before(desk: WebContext, record: Record) -> list[Record]:
    """The turns of the same conversation that went before, oldest first, as far as they are among the latest kept."""
    channel = record.entry.channel
    latest = await desk.journal.latest(Wanted(before=record.id, channel=channel, most=_MOST_BEFORE))
    return [each for each in reversed(latest) if each.entry.session == record.entry.session]


@router.get("/records/{record}")
async def record_page(request: Request, _staff: Staff, desk: Desk, found: Found) -> Response:
    """One answer as it was given."""
    before = await _before(desk, found)
    return render(request, "record.html", answer=show_record(desk, found), record=found, before=before)


@router.get("/records/{record}/note")
async def note_page(request: Request, _staff: Staff, desk: Desk, found: Found) -> Response:
    """The note with which a question is handed over to the office: printed, or copied."""
    answer, before, office = show_record(desk, found), await _before(desk, found), office_of(desk)
    note = note_of(answer, before, office)
    return render(request, "note.html", answer=answer, record=found, before=before, office=office, copied=note)


@router.get("/records/{record}/reading")
async def reading_page(request: Request, _staff: Staff, desk: Desk, found: Found) -> Response:
    """How the message of a record is read, as a part of the page or a page of its own."""
    explanation = await explanation_of(desk, found)
    rows = rows_of(explanation, desk.dossier) if explanation else ()
    name = "reading.html" if "HX-Request" in request.headers else "reading_page.html"
    return render(request, name, rows=rows, record=found)


@router.post("/records/{record}/opinion")
async def judge(
    request: Request, _staff: Staff, desk: Desk, found: Found, judgement: Annotated[Judgement, Form()]
) -> Response:
    """Keep what staff think of an answer; the part of the page that asks is shown anew."""
    reason = judgement.reason.strip() if judgement.opinion == "bad" else ""
    if not await desk.journal.judge(found.id, judgement.opinion, reason):
        raise HTTPException(404)
    if "HX-Request" not in request.headers:
        return RedirectResponse(f"/desk/records/{found.id}", 303)
    opinion = None if judgement.opinion == "withdrawn" else judgement.opinion
    return render(request, "opinion.html", record_id=found.id, opinion=opinion, reason=reason)


@router.get("/unanswered")
async def unanswered_page(request: Request, _staff: Staff, desk: Desk, day: date | None = None) -> Response:
    """The questions of a day that the document does not answer, or whose answers staff thought bad; newest first."""
    today = desk.clock().date()
    day = day if day and _FIRST_DAY <= day <= today else today
    silent = await desk.journal.latest(Wanted(day=day, outcome="not_covered", most=_MOST_OF_A_DAY))
    bad = await desk.journal.latest(Wanted(day=day, opinion="bad", most=_MOST_OF_A_DAY))
    records = {record.id: record for record in (*silent, *bad)}
    ordered = [records[number] for number in sorted(records, reverse=True)]
    earlier, later = day - timedelta(days=1), day + timedelta(days=1)
    return render(
        request, "unanswered.html", day=day, records=ordered, earlier=earlier, later=later if day < today else None
    )
