"""One builder of a calculated answer: several benefits, companions, what is open."""

from decimal import Decimal

from bot.dialog.calculated_answer import calculated_answer
from bot.dialog.reply import Remark
from calculators.calculation import Calculation, NotEligible, Undetermined
from knowledge.library import Dossier

NOTE = Remark("stacking_note")


def due(benefit: str) -> Calculation:
    return Calculation(benefit, Decimal(1), "exact", ())


def test_companions_are_no_double_benefit(dossier: Dossier) -> None:
    answer = calculated_answer(dossier, (due("rd_subsidy"), due("rd_growth_bonus")))

    assert NOTE not in answer.remarks
    assert dossier.cite_fact(dossier.facts.stacking) not in answer.citations


def test_another_benefit_beside_companions_may_be_one(dossier: Dossier) -> None:
    answer = calculated_answer(dossier, (due("rd_subsidy"), due("rd_growth_bonus"), due("joint_lab")))

    assert answer.remarks == (NOTE,)
    assert answer.citations[-1] == dossier.cite_fact(dossier.facts.stacking)
    assert len(answer.citations) == len(set(answer.citations))


def test_what_is_not_due_has_no_conditions_and_what_is_open_names_whom_to_ask(dossier: Dossier) -> None:
    nothing = calculated_answer(dossier, (NotEligible("joint_lab", "x", ()),))
    unsettled = calculated_answer(dossier, (Undetermined("joint_lab", "x", ()),))

    assert nothing.premises == nothing.open_points == ()
    assert unsettled.premises == dossier.benefits["joint_lab"].conditions
    assert dossier.cite_fact(dossier.facts.contact.telephone) in unsettled.citations
