"""The calculator pages: a form for each benefit, computed while somebody types."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import Response

from bot.web.access import Principal, Role, desk_of, require
from bot.web.console.calculation_view import Aim, CalculationView, Part, aims, calculation_view
from bot.web.console.chart import find_curve
from bot.web.console.error_pages import Page
from bot.web.console.forms import Filling, Form, form_of, forms_of, read_form
from bot.web.console.plot import Plot, plot
from bot.web.console.templates import render
from bot.web.dependencies import WebContext
from calculators.errors import InvalidInput
from calculators.registry import Calculator
from knowledge.library import Dossier
from knowledge.policy import Clause, Measure

router = APIRouter(prefix="/desk/calc", include_in_schema=False, route_class=Page)

Staff = Annotated[Principal, Depends(require(Role.STAFF))]
Desk = Annotated[WebContext, Depends(desk_of)]


@dataclass(frozen=True)
class Sum:
    """A filled form with what it comes to: `detail` holds each benefit with its picture and with what gives more."""

    filling: Filling
    view: CalculationView | None
    detail: tuple[tuple[Part, Plot | None, tuple[Aim, ...]], ...]


@router.get("")
async def list_benefits(request: Request, _staff: Staff, desk: Desk) -> Response:
    """The benefits by measure, each with its clause."""
    return render(request, "calc.html", groups=by_measure(desk.dossier, forms_of(desk.calculator)))


@router.get("/{benefit}")
async def show_form(request: Request, _staff: Staff, desk: Desk, benefit: str) -> Response:
    """The form of a benefit and its companions, empty."""
    form = _form(desk, benefit)
    return render(request, "calc_form.html", sum=compute(desk, read_form(form, {})), clauses=_clauses(desk, form))


@router.post("/{benefit}")
async def compute_form(request: Request, _staff: Staff, desk: Desk, benefit: str) -> Response:
    """What the form comes to, as a part of the page, or as a page for a browser without scripts."""
    form, typed = _form(desk, benefit), await request.form()
    filling = read_form(form, {key: value for key, value in typed.items() if isinstance(value, str)})
    name = "calc_result.html" if "HX-Request" in request.headers else "calc_form.html"
    return render(request, name, sum=compute(desk, filling), clauses=_clauses(desk, form))


def compute(desk: WebContext, filling: Filling) -> Sum:
    """What a filled form comes to; nothing while a field cannot be read."""
    if filling.wrong:
        return Sum(filling, None, ())
    view = calculation_view(desk.dossier, desk.calculator, (filling,))
    detail = tuple((part, _picture(desk.calculator, part), tuple(aims(desk.calculator, part))) for part in view.parts)
    return Sum(filling, view, detail)


def by_measure(dossier: Dossier, forms: Iterable[Form]) -> tuple[tuple[Measure, tuple[tuple[Form, str], ...]], ...]:
    """Forms with the words of their clauses, under the measures that hold these."""
    groups: dict[int, list[tuple[Form, str]]] = {}
    for form in forms:
        clauses = [dossier.get_clause(clause) for benefit in form.benefits for clause in benefit.clauses]
        groups.setdefault(clauses[0].measure or 0, []).append((form, "".join(clause.text for clause in clauses)))
    return tuple((dossier.policy.measures[number], tuple(listed)) for number, listed in groups.items())


def _form(desk: WebContext, benefit: str) -> Form:
    try:
        return form_of(desk.calculator, benefit)
    except InvalidInput as error:
        raise HTTPException(404) from error


def _clauses(desk: WebContext, form: Form) -> tuple[tuple[Clause, str], ...]:
    """The clauses of a form, each with the name of its place."""
    found = dict.fromkeys(clause for benefit in form.benefits for clause in benefit.clauses)
    clauses = [desk.dossier.get_clause(clause) for clause in found]
    return tuple((clause, desk.dossier.label(clause)) for clause in clauses)


def _picture(calculator: Calculator, part: Part) -> Plot | None:
    try:
        curve = find_curve(calculator, part.benefit.id, part.filling.inputs)
    except InvalidInput:
        return None
    return plot(curve, part.benefit.title, calculator.slots[curve.slot_id].label) if curve else None
