"""The one builder of a calculated answer: chat, calculator pages, `luce calc` and tools say the same."""

from collections.abc import Iterable

from bot.dialog.reply import CalculatedAnswer, Remark
from calculators.calculation import Calculation, Outcome, Undetermined
from calculators.portfolio import combine
from knowledge.library import Dossier


def calculated_answer(
    dossier: Dossier,
    outcomes: Iterable[Outcome],
    *,
    given: Iterable[tuple[str, str]] = (),
    remarks: Iterable[Remark] = (),
) -> CalculatedAnswer:
    """The answer for outcomes of different benefits, with their clauses.

    Conditions and open points are those of benefits that are or may be due. Where several that are no
    companions are, the clause against double benefits is cited; where one is open, whom to ask.
    """
    outcomes = tuple(outcomes)
    citations = [dossier.cite(clause) for o in outcomes for clause in dossier.benefits[o.benefit_id].clauses]
    due = [dossier.benefits[o.benefit_id] for o in outcomes if isinstance(o, Calculation | Undetermined)]
    told = list(remarks)
    if any(isinstance(outcome, Undetermined) for outcome in outcomes):
        citations.append(dossier.cite_fact(dossier.facts.contact.telephone))
    if len({frozenset((benefit.id, *benefit.companions)) for benefit in due}) > 1:
        citations.append(dossier.cite_fact(dossier.facts.stacking))
        told.append(Remark("stacking_note"))
    return CalculatedAnswer(
        portfolio=combine(outcomes),
        citations=tuple(dict.fromkeys(citations)),
        given=tuple(dict.fromkeys(given)),
        premises=tuple(dict.fromkeys(premise for benefit in due for premise in benefit.conditions)),
        open_points=tuple(dict.fromkeys(point for benefit in due for point in benefit.open_points)),
        remarks=tuple(told),
    )
