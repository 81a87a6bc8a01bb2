"""What holds of every amount, whatever the inputs."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculators.calculation import Calculation, NotEligible, Outcome
from calculators.inputs import Inputs, Value
from calculators.registry import bind
from knowledge.library import load_library
from knowledge.money import format_yuan

CALCULATOR = bind(load_library().main)
FEN = Decimal("0.01")
CAPS = {"rd_subsidy": 5_000_000, "rd_growth_bonus": 500_000, "joint_lab": 10_000_000, "industry_academia": 1_000_000}
fen = st.integers(0, 10**14).map(lambda number: Decimal(number) / 100) | st.integers(0, 5 * 10**8).map(Decimal)
counts = st.integers(0, 1000)


def calculate(benefit_id: str, **values: Value) -> Outcome:
    return CALCULATOR.calculate(benefit_id, Inputs(values))


def due(outcome: Outcome) -> Decimal:
    return outcome.amount if isinstance(outcome, Calculation) else Decimal(0)


def inputs_for(benefit_id: str, base: Decimal, previous: Decimal) -> dict[str, Value]:
    slot_id = CALCULATOR.primary_money_slot(benefit_id)
    assert slot_id is not None
    values: dict[str, Value] = {slot_id: base}
    if benefit_id.startswith("rd_"):
        values["rd_expense_previous"] = previous
    return values


@pytest.mark.parametrize("benefit_id", CAPS)
@given(base=fen, previous=fen)
def test_never_above_the_cap_and_the_last_step_is_the_amount(benefit_id: str, base: Decimal, previous: Decimal) -> None:
    outcome = calculate(benefit_id, **inputs_for(benefit_id, base, previous))
    assert 0 <= due(outcome) <= CAPS[benefit_id]
    if isinstance(outcome, Calculation):
        assert outcome.steps[-1].value == format_yuan(outcome.amount)
        assert outcome.amount == outcome.amount.quantize(FEN)
        assert any(step.clauses for step in outcome.steps)


@pytest.mark.parametrize("benefit_id", CAPS)
@given(base=fen, more=fen, previous=fen)
def test_never_falls_when_the_base_grows(benefit_id: str, base: Decimal, more: Decimal, previous: Decimal) -> None:
    first = calculate(benefit_id, **inputs_for(benefit_id, base, previous))
    second = calculate(benefit_id, **inputs_for(benefit_id, base + more, previous))
    if not (benefit_id == "rd_growth_bonus" and previous == 0):
        assert due(first) <= due(second)


@given(previous=fen, above=fen.filter(lambda value: value > 0))
def test_growth_of_exactly_twenty_percent_gives_no_bonus(previous: Decimal, above: Decimal) -> None:
    limit = previous * Decimal("1.2")
    at = calculate("rd_growth_bonus", rd_expense=limit, rd_expense_previous=previous)
    assert isinstance(at, NotEligible)
    beyond = calculate("rd_growth_bonus", rd_expense=limit + above, rd_expense_previous=previous)
    if previous > 0 and limit + above > 5_000_000:
        assert due(beyond) == 500_000


@given(base=fen)
def test_without_growth_there_is_no_subsidy(base: Decimal) -> None:
    assert isinstance(calculate("rd_subsidy", rd_expense=base, rd_expense_previous=base), NotEligible)


def test_exact_at_a_trillion_yuan() -> None:
    trillion = Decimal(10**12)
    previous = trillion / Decimal("1.25")
    assert due(calculate("rd_subsidy", rd_expense=trillion, rd_expense_previous=trillion - FEN)) == 5_000_000
    assert due(calculate("rd_growth_bonus", rd_expense=trillion, rd_expense_previous=previous)) == 500_000
    at = calculate("rd_growth_bonus", rd_expense=trillion * Decimal("1.2"), rd_expense_previous=trillion)
    assert isinstance(at, NotEligible)
    just = calculate("rd_growth_bonus", rd_expense=trillion * Decimal("1.2") + FEN, rd_expense_previous=trillion)
    assert due(just) == 500_000


@given(amounts=st.lists(fen, min_size=1, max_size=4))
def test_the_order_of_projects_does_not_matter_and_each_is_capped(amounts: list[Decimal]) -> None:
    alone = sum((due(calculate("industry_academia", transaction_paid=amount)) for amount in amounts), Decimal(0))
    for order in permutations(amounts):
        assert due(calculate("industry_academia", transaction_paid=order)) == alone


@given(heads=counts, years=counts)
def test_years_beyond_the_limit_do_not_count(heads: int, years: int) -> None:
    outcome = calculate("postdoc_allowance", headcount=heads, station_years=years)
    assert due(outcome) == 150_000 * heads * min(years, 2)


@given(base=fen, previous=fen)
def test_the_subsidy_is_the_formula_of_the_contract(base: Decimal, previous: Decimal) -> None:
    units = int(base // 2_000_000) if base > 2_000_000 and base > previous else 0
    assert due(calculate("rd_subsidy", rd_expense=base, rd_expense_previous=previous)) == min(
        units * 100_000, 5_000_000
    )
