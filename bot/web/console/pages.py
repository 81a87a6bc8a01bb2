"""The pages of the console: searching while typing, clauses, and answers."""

import re
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from bot.records.journal import Wanted
from bot.web.access import Principal, Role, desk_of, require
from bot.web.asking import ask
from bot.web.console import login, records
from bot.web.console.answers import Shown, office_of, show, show_record
from bot.web.console.error_pages import Page
from bot.web.console.highlight import Hit, find, mark
from bot.web.console.templates import render
from bot.web.dependencies import WebContext
from knowledge.policy import Clause

CHANNEL = "desk"
_MOST_LETTERS = 500
_MOST_TURNS = 50
_CALL = re.compile(r"[\w-]{8,32}", re.ASCII)
router = APIRouter(prefix="/desk", include_in_schema=False, route_class=Page)
router.include_router(login.router)
router.include_router(records.router)

Staff = Annotated[Principal, Depends(require(Role.STAFF))]
Desk = Annotated[WebContext, Depends(desk_of)]


class Question(BaseModel):
    """What is asked of the desk in a call, which is one conversation."""

    text: str = Field(max_length=_MOST_LETTERS)
    call: str = Field(default="", max_length=32)


@router.get("")
async def search_page(request: Request, staff: Staff, desk: Desk, call: str = "") -> Response:
    """The page of a call: the search box and what was answered in the call, the newest first."""
    known = bool(_CALL.fullmatch(call))
    answers = await _answers_of(desk, _person(staff, call)) if known else ()
    return render(
        request,
        "desk.html",
        call=call if known else _new_call(),
        answers=answers,
        contact=office_of(desk),
        groups=desk.dossier.policy.groups,
    )


@router.post("/search")
async def search(
    request: Request, _staff: Staff, desk: Desk, text: Annotated[str, Form(max_length=_MOST_LETTERS)] = ""
) -> Response:
    """The clauses that hold the words, for the page to show while its person types."""
    query = text.strip()
    hits: tuple[Hit, ...] = find(desk, query) if query else ()
    return render(request, "results.html", query=query, hits=hits, contact=office_of(desk))


@router.post("/ask")
async def ask_desk(request: Request, staff: Staff, desk: Desk, question: Annotated[Question, Form()]) -> Response:
    """The answer, as a part of the page; a browser without scripts is sent to the page of the call."""
    call = question.call if _CALL.fullmatch(question.call) else _new_call()
    address = f"/desk?call={call}"
    text = question.text.strip()
    if text:
        person = _person(staff, call)
        reply, record = await ask(desk, channel=CHANNEL, person=person, text=text, as_of=None, by=staff.name)
    if "HX-Request" not in request.headers or not text:
        return RedirectResponse(address, 303)
    response = render(request, "answer.html", answer=show(desk, record, text, reply), call=call)
    response.headers["HX-Replace-Url"] = address
    return response


@router.get("/clause/{place}")
async def clause_page(request: Request, _staff: Staff, desk: Desk, place: str, q: str = "") -> Response:
    """A clause among those of its measure or section, as a part of the page or a page of its own."""
    clause = desk.dossier.policy.clauses.get(desk.dossier.clause_id(place))
    if clause is None:
        raise HTTPException(404)
    around = [(each, mark(each.text, q), each is clause) for each in _around(desk, clause)]
    name = "clause.html" if "HX-Request" in request.headers else "clause_page.html"
    return render(request, name, clause=clause, label=desk.dossier.label(clause), around=around)


async def _answers_of(desk: WebContext, person: str) -> tuple[Shown, ...]:
    session = desk.journal.name(CHANNEL, person)
    records = await desk.journal.latest(Wanted(channel=CHANNEL, most=_MOST_TURNS))
    return tuple(show_record(desk, record) for record in records if record.entry.session == session)


def _around(desk: WebContext, clause: Clause) -> list[Clause]:
    """The clauses of the same measure or section."""
    above = clause.id.rpartition(".")[0]
    return [each for each in desk.dossier.policy.clauses.values() if each.id.rpartition(".")[0] == above]


def _person(staff: Principal, call: str) -> str:
    return f"{staff.name}/{call}"


def _new_call() -> str:
    return secrets.token_urlsafe(9)
