"""An enterprise profile: several benefits at once, their total, a sheet to print. Nothing is stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.web.access import Principal, Role, desk_of, require
from bot.web.console.calculation_view import CalculationView, calculation_view
from bot.web.console.error_pages import Page
from bot.web.console.forms import Field, Filling, Form, forms_of, read_form
from bot.web.console.sheet import LONGEST_NAME, sheet_of
from bot.web.console.templates import render
from bot.web.console.wording import phrase
from bot.web.dependencies import WebContext

router = APIRouter(prefix="/desk/profile", include_in_schema=False, route_class=Page)

Staff = Annotated[Principal, Depends(require(Role.STAFF))]
Desk = Annotated[WebContext, Depends(desk_of)]


@dataclass(frozen=True)
class Group:
    """Filled forms that stand together under a title."""

    title: str
    fillings: tuple[Filling, ...]


@dataclass(frozen=True)
class Profile:
    """The questions, and what comes of those that were answered: nothing while a field cannot be read."""

    company: str
    groups: tuple[Group, ...]
    view: CalculationView | None

    @property
    def fillings(self) -> tuple[Filling, ...]:
        """All forms, as filled in."""
        return tuple(filling for group in self.groups for filling in group.fillings)

    @property
    def wrong(self) -> tuple[tuple[Filling, str], ...]:
        """The fields that could not be read: their form and label."""
        return tuple((filling, cell.field.slot.label) for filling in self.fillings for cell in filling.wrong)


@router.get("")
async def show_profile(request: Request, _staff: Staff, desk: Desk) -> Response:
    """The questions, without answers."""
    return _page(request, "profile.html", desk, read_profile(desk, {}))


@router.post("")
async def compute_profile(request: Request, _staff: Staff, desk: Desk) -> Response:
    """What the answers come to, as a part of the page, or as a page for a browser without scripts."""
    profile = read_profile(desk, await _typed(request))
    name = "profile_result.html" if "HX-Request" in request.headers else "profile.html"
    return _page(request, name, desk, profile)


@router.get("/sheet")
async def begin_sheet(_staff: Staff) -> Response:
    """A sheet is made from answers: without any, the questions."""
    return RedirectResponse("/desk/profile", 303)


@router.post("/sheet")
async def print_sheet(request: Request, _staff: Staff, desk: Desk) -> Response:
    """The sheet to print; the questions again while there is nothing that could be printed."""
    profile = read_profile(desk, await _typed(request))
    view = profile.view
    if view is None or view.problem or not view.parts:
        return _page(request, "profile.html", desk, profile)
    sheet = sheet_of(desk.dossier, view, profile.company, desk.clock().date(), desk.edition)
    return render(request, "sheet.html", sheet=sheet)


def read_profile(desk: WebContext, typed: Mapping[str, str]) -> Profile:
    """What was typed into all forms; a form counts once something stands in one of its fields."""
    groups = tuple(_groups(forms_of(desk.calculator), typed))
    profile = Profile(typed.get("company", "")[:LONGEST_NAME], groups, None)
    if profile.wrong:
        return profile
    answered = [filling for filling in profile.fillings if not filling.empty]
    return Profile(profile.company, groups, calculation_view(desk.dossier, desk.calculator, answered))


def _groups(forms: tuple[Form, ...], typed: Mapping[str, str]) -> Iterator[Group]:
    """A group for each form that needs figures, then one for all that only need to be counted."""
    fillings = [read_form(form, _own(form, typed)) for form in forms]
    counted = []
    for filling in fillings:
        if any(map(_needed, filling.form.asked)):
            title = phrase("profile_between").join(benefit.title for benefit in filling.form.benefits)
            yield Group(title, (filling,))
        else:
            counted.append(filling)
    yield Group(phrase("profile_counted"), tuple(counted))


def _needed(field: Field) -> bool:
    """Whether a figure is wanted that has no default."""
    return field.slot.kind != "grade" and field.slot.default is None


def _own(form: Form, typed: Mapping[str, str]) -> dict[str, str]:
    return {field.slot.id: typed.get(f"{form.name}.{field.slot.id}", "") for field in form.fields}


async def _typed(request: Request) -> dict[str, str]:
    return {key: value for key, value in (await request.form()).items() if isinstance(value, str)}


def _page(request: Request, name: str, desk: WebContext, profile: Profile) -> Response:
    return render(request, name, profile=profile, stacking=desk.dossier.cite_fact(desk.dossier.facts.stacking))
