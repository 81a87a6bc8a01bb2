"""The printed sheet: a calculation on one page, each figure with its clause."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.service.version import AnswerVersion
from bot.web.console.calculation_view import CalculationView, Part
from bot.web.console.wording import phrase
from calculators.calculation import Step
from knowledge.citation import Citation
from knowledge.library import Dossier
from knowledge.numerals import MEASURE_LABEL

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One benefit: what was given, how it was computed, what is due or why nothing is, and where that is written."""

    title: str
    given: tuple[tuple[str, str], ...]
    how: tuple[str, ...]
    result: str
    reason: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """All that is printed. `company` is what somebody typed, and may be empty; it is kept nowhere."""

    company: str
    day: date
    edition: AnswerVersion
    title: str
    rows: tuple[Row, ...]
    total: str
    quotes: tuple[tuple[str, str], ...]
    stacking: str
    contact: Citation
    view: CalculationView


def sheet_of(dossier: Dossier, view: CalculationView, company: str, day: date, edition: AnswerVersion) -> Sheet:
    """The sheet of a view."""
    clauses = dict.fromkeys(clause for part in view.parts for clause in part.benefit.clauses)
    return Sheet(
        company=company.strip()[:LONGEST_NAME],
        day=day,
        edition=edition,
        title=dossier.facts.title,
        rows=tuple(_row(dossier, part) for part in view.parts),
        total=view.total,
        quotes=tuple((_place(dossier, clause), dossier.get_clause(clause).text) for clause in clauses),
        stacking=dossier.cite_fact(dossier.facts.stacking).quote,
        contact=dossier.cite_fact(dossier.facts.contact.telephone),
        view=view,
    )


def _row(dossier: Dossier, part: Part) -> Row:
    missing = phrase("profile_missing", what=phrase("profile_between").join(part.missing)) if part.missing else ""
    return Row(
        title=part.benefit.title,
        given=part.filling.given,
        how=tuple(_lines(part.steps)),
        result=part.amount or phrase(f"profile_{part.state.replace('-', '_')}"),
        reason=part.reason or missing,
        places=tuple(_place(dossier, clause) for clause in part.benefit.clauses),
    )


def _lines(steps: tuple[Step, ...]) -> Iterator[str]:
    """Each step in a line; a value that its expression ends in is not said twice."""
    for step in steps:
        if step.expression.endswith((step.value, step.value[1:])):
            yield phrase("profile_step_short", label=step.label, expression=step.expression)
        else:
            yield phrase("profile_step", label=step.label, expression=step.expression, value=step.value)


def _place(dossier: Dossier, clause_id: str) -> str:
    """The number of a clause with its measure: the number after the point counts its sentences."""
    clause = dossier.get_clause(clause_id)
    sentence = clause.id.rpartition(".")[2]
    if clause.measure is None:
        return clause.heading
    return phrase("profile_place", measure=MEASURE_LABEL.format(clause.measure), sentence=sentence)
