"""Inverse questions: what they give reaches the aim, and one fen less does not."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculators.calculation import Calculation, NeedsSlots, Outcome
from calculators.errors import InvalidInput
from calculators.inputs import Inputs, Value, parse_inputs
from calculators.inverse import (
    JointRequirement,
    Requirement,
    Unreachable,
    joint_requirement,
    next_step,
    required,
)
from calculators.registry import bind
from knowledge.library import load_library

DOSSIER = load_library().main
CALCULATOR = bind(DOSSIER)
FEN = Decimal("0.01")
fen = st.integers(0, 2 * 10**10).map(lambda number: Decimal(number) / 100)


def known(**texts: str) -> Inputs:
    return parse_inputs(texts, DOSSIER.slots)


def due(outcome: Outcome) -> Decimal:
    return outcome.amount if isinstance(outcome, Calculation) else Decimal(0)


def least(benefit_id: str, target: int | None, **texts: str) -> Requirement:
    answer = required(CALCULATOR, benefit_id, None if target is None else Decimal(target), known(**texts))
    assert isinstance(answer, Requirement)
    return answer


@pytest.mark.parametrize(
    ("benefit_id", "target", "texts", "amount", "relation"),
    [
        ("rd_subsidy", None, {"rd_expense_previous": "900万"}, 100_000_000, "at_least"),
        ("rd_subsidy", 100_000, {"rd_expense_previous": "0"}, 2_000_000, "more_than"),
        ("rd_subsidy", 150_000, {"rd_expense_previous": "0"}, 4_000_000, "at_least"),
        ("rd_subsidy", 300_000, {"rd_expense_previous": "600万"}, 6_000_000, "more_than"),
        ("rd_subsidy", 300_000, {"rd_expense_previous": "900万"}, 9_000_000, "more_than"),
        ("rd_subsidy", 5_000_000, {}, 100_000_000, "at_least"),
        ("rd_growth_bonus", None, {"rd_expense_previous": "900万"}, 10_800_000, "more_than"),
        ("rd_growth_bonus", None, {"rd_expense_previous": "100万"}, 5_000_000, "more_than"),
        ("joint_lab", None, {}, 100_000_000, "at_least"),
        ("joint_lab", 800_000, {}, 8_000_000, "at_least"),
        ("industry_academia", None, {}, 2_000_000, "at_least"),
        ("postdoc_allowance", 900_000, {"station_years": "2"}, 3, "at_least"),
        ("postdoc_allowance", 900_000, {"headcount": "3"}, 2, "at_least"),
        ("national_platform", 50_000_000, {}, 2, "at_least"),
        ("intl_base_assessment", 1_000_000, {"assessment_grade": "良"}, 2, "at_least"),
        ("hitech_conversion", None, {"firm_count": "1"}, 2, "at_least"),
    ],
)
def test_required(benefit_id: str, target: int | None, texts: dict[str, str], amount: int, relation: str) -> None:
    answer = least(benefit_id, target, **texts)
    assert answer.amount == amount
    assert answer.relation == relation
    assert answer.steps


def test_required_says_what_the_subsidy_still_needs_when_last_year_is_unknown() -> None:
    answer = least("rd_subsidy", None)
    assert answer.check == NeedsSlots("rd_subsidy", ("rd_expense_previous",))
    assert any("上年度自主研发费用" in step.value for step in answer.steps)


def test_required_takes_last_year_from_this_year_and_its_growth() -> None:
    answer = least("rd_growth_bonus", None, rd_expense="1150万", rd_growth_rate="15%")
    assert (answer.amount, answer.more) == (Decimal(12_000_000), Decimal(500_000))
    assert not answer.reached
    assert due(answer.check) == 500_000
    uneven = least("rd_growth_bonus", None, rd_expense="1200万", rd_growth_rate="15%")
    assert uneven.amount == Decimal("12521739.13")
    assert due(uneven.check) == 500_000


def test_required_says_that_the_aim_is_reached() -> None:
    answer = least("rd_subsidy", 300_000, rd_expense="730万", rd_expense_previous="600万")
    assert answer.reached
    assert answer.more == 0
    at_the_limit = least("rd_growth_bonus", None, rd_expense="1080万", rd_expense_previous="900万")
    assert not at_the_limit.reached


def test_bonus_needs_last_year() -> None:
    answer = required(CALCULATOR, "rd_growth_bonus", None, known())
    assert answer == NeedsSlots("rd_growth_bonus", ("rd_expense_previous",))
    assert isinstance(required(CALCULATOR, "rd_growth_bonus", None, known(rd_expense_previous="0")), Unreachable)


@pytest.mark.parametrize(
    ("benefit_id", "target", "texts"),
    [
        ("rd_subsidy", 5_000_001, {"rd_expense_previous": "0"}),
        ("rd_growth_bonus", 500_001, {"rd_expense_previous": "900万"}),
        ("joint_lab", 20_000_000, {}),
        ("hitech_conversion", 3_000_000, {"firm_count": "1"}),
    ],
)
def test_above_the_cap_is_unreachable(benefit_id: str, target: int, texts: dict[str, str]) -> None:
    answer = required(CALCULATOR, benefit_id, Decimal(target), known(**texts))
    assert isinstance(answer, Unreachable)
    assert answer.reason.endswith("。")


@pytest.mark.parametrize("target", [Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity")])
def test_senseless_targets_are_refused(target: Decimal) -> None:
    with pytest.raises(InvalidInput, match="target"):
        required(CALCULATOR, "joint_lab", target, known())


@given(target=st.integers(1, 500_000_000), previous=fen)
def test_inverse_then_forward_for_full_units(target: int, previous: Decimal) -> None:
    aim = Decimal(target) / 100
    answer = required(CALCULATOR, "rd_subsidy", aim, Inputs({"rd_expense_previous": previous}))
    assert isinstance(answer, Requirement)
    assert due(answer.check) >= aim
    at = answer.amount if answer.relation == "more_than" else answer.amount - FEN
    less: dict[str, Value] = {"rd_expense": at, "rd_expense_previous": previous}
    assert due(CALCULATOR.calculate("rd_subsidy", Inputs(less))) < aim


@given(previous=fen.filter(lambda value: value > 0))
def test_inverse_then_forward_for_the_bonus(previous: Decimal) -> None:
    answer = required(CALCULATOR, "rd_growth_bonus", None, Inputs({"rd_expense_previous": previous}))
    assert isinstance(answer, Requirement)
    assert due(answer.check) == 500_000
    at: dict[str, Value] = {"rd_expense": answer.amount, "rd_expense_previous": previous}
    assert due(CALCULATOR.calculate("rd_growth_bonus", Inputs(at))) == 0


@pytest.mark.parametrize(
    ("benefit_id", "slot_id"), [("joint_lab", "lab_nonfiscal"), ("industry_academia", "transaction_paid")]
)
@given(target=st.integers(1, 100_000_000))
def test_inverse_then_forward_for_rates(benefit_id: str, slot_id: str, target: int) -> None:
    aim = Decimal(target) / 100
    answer = required(CALCULATOR, benefit_id, aim, Inputs())
    assert isinstance(answer, Requirement)
    assert due(answer.check) >= aim
    assert due(CALCULATOR.calculate(benefit_id, Inputs({slot_id: answer.amount - FEN}))) < aim


def test_next_step_names_what_is_lacking() -> None:
    answer = next_step(CALCULATOR, "rd_subsidy", known(rd_expense="730万", rd_expense_previous="600万"))
    assert isinstance(answer, Requirement)
    assert [answer.amount, answer.more, due(answer.check)] == [Decimal(8_000_000), Decimal(700_000), Decimal(400_000)]
    assert answer.steps[-1].value == "70万元"


@given(current=fen, previous=fen)
def test_next_step_gives_more_than_now(current: Decimal, previous: Decimal) -> None:
    inputs = Inputs({"rd_expense": current, "rd_expense_previous": previous})
    now = due(CALCULATOR.calculate("rd_subsidy", inputs))
    answer = next_step(CALCULATOR, "rd_subsidy", inputs)
    if now == 5_000_000:
        assert isinstance(answer, Unreachable)
        return
    assert isinstance(answer, Requirement)
    assert due(answer.check) > now
    before = answer.amount if answer.relation == "more_than" else answer.amount - FEN
    assert due(CALCULATOR.calculate("rd_subsidy", inputs.updated({"rd_expense": before}))) <= now


def test_next_step_of_other_kinds() -> None:
    full = next_step(CALCULATOR, "joint_lab", known(lab_nonfiscal="2亿"))
    assert isinstance(full, Unreachable)
    assert "已经达到上限1000万元" in full.reason
    several = next_step(CALCULATOR, "joint_lab", known(lab_nonfiscal="2亿+100万"))
    assert isinstance(several, Requirement)
    assert (several.more, several.reached) == (None, False)
    answer = next_step(CALCULATOR, "joint_lab", known(lab_total="1000万", lab_fiscal="200万"))
    assert isinstance(answer, Requirement)
    assert (answer.amount, answer.more) == (Decimal(100_000_000), Decimal(92_000_000))
    with pytest.raises(InvalidInput, match="no next step"):
        next_step(CALCULATOR, "sme_project", known())
    assert isinstance(next_step(CALCULATOR, "rd_subsidy", known()), NeedsSlots)


def test_contradictory_figures_are_said_to_be_so() -> None:
    inputs = known(rd_expense_previous="600万", rd_growth_difference="-700万")
    answers = (
        required(CALCULATOR, "rd_subsidy", None, inputs),
        next_step(CALCULATOR, "rd_subsidy", inputs),
        joint_requirement(CALCULATOR, ("rd_growth_bonus", "rd_subsidy"), inputs),
    )
    for answer in answers:
        assert isinstance(answer, Unreachable)
        assert "不合常理" in answer.reason


def test_counts_ask_for_what_they_need() -> None:
    assert required(CALCULATOR, "postdoc_allowance", None, known()) == NeedsSlots(
        "postdoc_allowance", ("station_years",)
    )
    assert required(CALCULATOR, "intl_base_assessment", None, known()) == NeedsSlots(
        "intl_base_assessment", ("assessment_grade",)
    )
    assert isinstance(required(CALCULATOR, "postdoc_allowance", None, known(station_years="0")), Unreachable)
    with pytest.raises(InvalidInput, match="needs more than"):
        required(CALCULATOR, "sme_project", Decimal(10**15), known())


def test_joint_requirement_of_both_research_benefits() -> None:
    both = ("rd_subsidy", "rd_growth_bonus")
    answer = joint_requirement(CALCULATOR, both, known(rd_expense_previous="800万"))
    assert isinstance(answer, JointRequirement)
    assert answer.amount == 9_600_000
    assert answer.relation == "more_than"
    assert [due(check) for check in answer.checks] == [400_000, 500_000]
    assert isinstance(joint_requirement(CALCULATOR, both, known()), NeedsSlots)
    with pytest.raises(InvalidInput, match="one and the same"):
        joint_requirement(CALCULATOR, ("rd_subsidy", "joint_lab"), known())
