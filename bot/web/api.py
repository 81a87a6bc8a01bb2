"""The addresses of the API that answer questions and show the policy."""

import secrets
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request

from bot.service.calculation import CalculationReply, calculation_of, compute, slots_of
from bot.service.contract import AskReply
from bot.service.explained_reply import ExplainedReply, explained
from bot.web.access import Principal, Role, access_of, desk_of, require, to_sign_in
from bot.web.asking import ask, explanation_of
from bot.web.console.highlight import Hit, find
from bot.web.dependencies import WebContext
from bot.web.models import (
    LONGEST_QUERY,
    AskIn,
    BenefitOut,
    CalculateIn,
    ClauseOut,
    HitOut,
    MeasureDetail,
    MeasureOut,
    SlotOut,
    Words,
)
from bot.web.problems import Mistake, Refused, responses
from bot.web.wording import described, phrase
from calculators.errors import InvalidInput
from knowledge.benefit import Benefit, Slot
from knowledge.library import Dossier
from knowledge.policy import Group, Measure

Desk = Annotated[WebContext, Depends(desk_of)]
_reads = [Depends(require(Role.READER))]
_refused = responses(401, 403, 422, 429, 503)

router = APIRouter(prefix="/v1", responses=_refused)


async def asker(request: Request, desk: Desk) -> Principal | None:
    """Whoever asks; None for the public, where it may ask."""
    if desk.settings.ask_open and access_of(request).principal(request) is None:
        if "authorization" in request.headers:
            raise to_sign_in(request)
        return None
    return await require(Role.READER)(request)


@router.post(
    "/ask",
    tags=["ask"],
    **described("ask"),
    responses=responses(400, 413),
    openapi_extra={"security": [{"HTTPBearer": []}, {}]},
)
async def answer(
    request: Request,
    body: AskIn,
    desk: Desk,
    principal: Annotated[Principal | None, Depends(asker)],
    explain: Annotated[bool, Query(description=phrase("ask_explain"))] = False,
) -> ExplainedReply | AskReply:
    """Answer a message; for staff, with how it was read if wanted."""
    if explain and principal is None:
        raise to_sign_in(request)
    if explain and principal and principal.role < Role.STAFF:
        raise HTTPException(403, phrase("role_too_low"))
    by = principal.name if principal else ""
    person = f"{by}/{body.session}" if principal else _stranger(request, body.session)
    reply, number = await ask(desk, channel="http", person=person, text=body.text, as_of=body.as_of, by=by)
    reply = reply.model_copy(update={"session": body.session})
    record = await desk.journal.find(number) if explain else None
    explanation = await explanation_of(desk, record) if record else None
    return explained(reply, explanation) if explanation else reply


def _stranger(request: Request, session: str) -> str:
    """A conversation of the public belongs to its address as well: a name that others use too opens none of theirs.

    Without a name, each message is a conversation of its own.
    """
    address = request.client.host if request.client else ""
    return f"@{address}/{session or secrets.token_hex(16)}"


@router.get(
    "/search",
    tags=["policy"],
    **described("search"),
    dependencies=_reads,
)
async def search(
    desk: Desk,
    q: Annotated[Words, Query(max_length=LONGEST_QUERY, examples=[phrase("example_query")])] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[HitOut]:
    """Find clauses by their words."""
    return [_hit(hit) for hit in find(desk, q, most=limit)] if q.strip() else []


@router.get("/measures", tags=["policy"], **described("measures"), dependencies=_reads)
async def measures(desk: Desk) -> list[MeasureOut]:
    """Every measure, in order."""
    return [_measure(group, measure) for group in desk.dossier.policy.groups for measure in group.measures]


@router.get(
    "/measures/{number}",
    tags=["policy"],
    **described("measure"),
    responses=responses(404),
    dependencies=_reads,
)
async def measure(desk: Desk, number: Annotated[int, Path(ge=1, le=10_000, examples=[7])]) -> MeasureDetail:
    """One measure with its clauses."""
    for group in desk.dossier.policy.groups:
        for each in group.measures:
            if each.number == number:
                return _detail(desk.dossier, group, each)
    raise HTTPException(404)


@router.get(
    "/benefits",
    tags=["calculate"],
    **described("benefits"),
    dependencies=_reads,
)
async def benefits(desk: Desk) -> list[BenefitOut]:
    """Every benefit with its slots."""
    calculator = desk.calculator
    return [_benefit(each, slots_of(calculator, each.id)) for each in desk.dossier.benefits.values()]


@router.post(
    "/calculate",
    tags=["calculate"],
    **described("calculate"),
    responses=responses(400, 413),
    dependencies=_reads,
)
async def calculate(desk: Desk, body: CalculateIn) -> CalculationReply:
    """Compute a benefit."""
    if body.benefit not in desk.dossier.benefits:
        raise Refused(Mistake(field="benefit", problem=phrase("no_such_benefit")))
    known = {slot.id: slot for slot in slots_of(desk.calculator, body.benefit)}
    unknown = [name for name in body.inputs if name not in known]
    if unknown:
        raise Refused(*(Mistake(field=f"inputs.{name}", problem=phrase("no_such_slot")) for name in unknown))
    try:
        outcome = compute(desk.calculator, body.benefit, body.inputs)
    except InvalidInput as error:
        slot = known.get(error.slot_id)
        told = phrase(f"slot_{slot.kind}", label=slot.label) if slot else phrase("mistake_other")
        raise Refused(Mistake(field=f"inputs.{error.slot_id}", problem=told)) from error
    return calculation_of(desk.dossier, outcome)


def _hit(hit: Hit) -> HitOut:
    marks: list[tuple[int, int]] = []
    place = 0
    for piece in hit.pieces:
        if piece.marked:
            marks.append((place, place + len(piece.text)))
        place += len(piece.text)
    clause = hit.clause
    return HitOut(
        clause=clause.id,
        label=hit.label,
        measure=clause.measure,
        heading=clause.heading,
        text=clause.text,
        marks=tuple(marks),
    )


def _measure(group: Group, measure: Measure) -> MeasureOut:
    return MeasureOut(
        number=measure.number, title=measure.title, heading=measure.clauses[0].text, group=group.heading.text
    )


def _detail(dossier: Dossier, group: Group, measure: Measure) -> MeasureDetail:
    heading, *sentences = measure.clauses
    ids = {clause.id for clause in measure.clauses}
    resting: Sequence[str] = [each.id for each in dossier.benefits.values() if ids & set(each.clauses)]
    return MeasureDetail(
        **dict(_measure(group, measure)),
        label=dossier.label(heading),
        clauses=tuple(ClauseOut(clause=clause.id, text=clause.text) for clause in sentences),
        benefits=tuple(resting),
    )


def _benefit(benefit: Benefit, slots: Sequence[Slot]) -> BenefitOut:
    return BenefitOut(
        id=benefit.id,
        title=benefit.title,
        slots=tuple(
            SlotOut(
                id=slot.id,
                label=slot.label,
                kind=slot.kind,
                unit=slot.unit,
                options=slot.options,
                ask=slot.ask,
                why=slot.why,
                default=slot.default,
            )
            for slot in slots
        ),
        conditions=benefit.conditions,
        open_points=benefit.open_points,
        clauses=benefit.clauses,
        companions=benefit.companions,
    )
