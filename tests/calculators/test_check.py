"""The check finds each kind of mistake, one deliberately broken copy at a time."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from calculators.check import problems
from knowledge.benefit import Example, Slot
from knowledge.library import Dossier, load_library

DOSSIER = load_library().main


def with_benefit(benefit_id: str, **fields: object) -> Dossier:
    benefit = DOSSIER.benefits[benefit_id].model_copy(update=fields)
    return replace(DOSSIER, benefits={**DOSSIER.benefits, benefit_id: benefit})


def with_rule(benefit_id: str, **fields: object) -> Dossier:
    return with_benefit(benefit_id, rule={**DOSSIER.benefits[benefit_id].rule, **fields})


def with_slot(slot_id: str, **fields: object) -> Dossier:
    slot = DOSSIER.slots.get(slot_id, Slot(id=slot_id, label=slot_id, kind="money"))
    return replace(DOSSIER, slots={**DOSSIER.slots, slot_id: slot.model_copy(update=fields)})


def example(inputs: Mapping[str, str], amount: str) -> tuple[Example, ...]:
    return (Example(inputs=inputs, amount=amount),)


def test_the_bundled_policy_has_no_problems() -> None:
    assert len(DOSSIER.benefits) == 15
    assert problems(DOSSIER) == []


@pytest.mark.parametrize(
    ("dossier", "words"),
    [
        (with_rule("rd_subsidy", cap="600万元"), "rd_subsidy: rule.cap 600万元 does not occur"),
        (with_rule("rd_subsidy", amount_per_unit="0万元"), "above zero"),
        (with_rule("sme_project", ceiling="00万元"), "rule.ceiling 00万元 does not occur"),
        (with_rule("rd_growth_bonus", growth_above="0.2%"), "rule.growth_above 0.2% does not occur"),
        (with_rule("joint_lab", rate="0%"), "rule.rate 0% does not occur"),
        (with_rule("joint_lab", cap="一千万元"), "rule.cap 一千万元 does not occur"),
        (with_rule("joint_lab", cap=10_000_000), "rule.cap 10000000 does not occur"),
        (
            with_rule("postdoc_allowance", counts=[{"slot": "headcount"}, {"slot": "station_years", "limit": "3年"}]),
            "rule.counts.1.limit 3年 does not occur",
        ),
        (with_rule("joint_lab", base="nobody"), "there is no slot nobody"),
        (with_rule("joint_lab", kind="lottery"), "is not a kind of rule"),
        (
            with_benefit("joint_lab", examples=example({"lab_nonfiscal": "800万元"}, "81万元")),
            "joint_lab: example 1 gives 800000",
        ),
        (with_benefit("joint_lab", examples=example({}, "80万元")), "joint_lab: example 1 gives NeedsSlots"),
        (
            with_benefit("joint_lab", examples=example({"nobody": "1"}, "80万元")),
            "example 1 cannot be computed: nobody",
        ),
        (
            with_benefit("joint_lab", examples=example({"lab_nonfiscal": "800万元"}, "much")),
            "example 1 cannot be computed",
        ),
        (with_slot("idle"), "Slot idle is used by no benefit"),
        (with_slot("idle", difference_of=("rd_expense", "nobody")), "Slot idle is the difference of nobody"),
        (with_slot("lab_nonfiscal", ask=""), "Slot lab_nonfiscal must be asked for"),
        (with_slot("rd_expense_previous", ask=""), "Slot rd_expense_previous must be asked for"),
        (with_slot("project_count", default=None), "Slot project_count must be asked for"),
    ],
)
def test_each_mistake_is_found(dossier: Dossier, words: str) -> None:
    found = problems(dossier)
    assert any(words in problem for problem in found), found
    assert all(problem.endswith(".") for problem in found)
