"""Several benefits together."""

from decimal import Decimal

from calculators.calculation import Outcome
from calculators.inputs import parse_inputs
from calculators.portfolio import combine
from calculators.registry import bind
from knowledge.library import load_library

DOSSIER = load_library().main
CALCULATOR = bind(DOSSIER)


def research(**texts: str) -> list[Outcome]:
    inputs = parse_inputs(texts, DOSSIER.slots)
    return [CALCULATOR.calculate(benefit_id, inputs) for benefit_id in ("rd_subsidy", "rd_growth_bonus")]


def test_the_sum_is_as_loose_as_its_loosest_part() -> None:
    both = combine(research(rd_expense="1200万", rd_expense_previous="900万"))
    assert (both.total, both.bound) == (Decimal(1_100_000), "at_most")
    assert both.steps[0].expression == "60万元 + 50万元 = 110万元"
    assert both.steps[0].clauses == ("xiamen-sti-measures/7.2", "xiamen-sti-measures/7.3")


def test_only_what_is_due_counts() -> None:
    one = combine(research(rd_expense="1200万", rd_growth_rate="10%"))
    assert (one.total, one.bound, len(one.outcomes)) == (Decimal(600_000), "exact", 2)
    open_bonus = combine(research(rd_expense="1200万", rd_expense_previous="0"))
    assert (open_bonus.total, open_bonus.bound) == (Decimal(600_000), "exact")


def test_nothing_due_has_no_total() -> None:
    nothing = combine(research(rd_expense="100万"))
    assert (nothing.total, nothing.steps) == (None, ())
    assert combine(()).total is None
