"""Growth from any two figures that determine it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculators.case import Case
from calculators.growth import Growth, GrowthBase, solve
from calculators.inputs import Inputs, Value, parse_inputs
from knowledge.library import load_library

DOSSIER = load_library().main
BASE = GrowthBase(
    current="rd_expense", previous="rd_expense_previous", rate="rd_growth_rate", difference="rd_growth_difference"
)
TWENTY = Decimal("0.2")


def growth_of(values: dict[str, Value]) -> Growth:
    return solve(BASE, Case(DOSSIER.benefits["rd_subsidy"], Inputs(values), DOSSIER.slots))


def growth_from(**texts: str) -> Growth:
    return growth_of(dict(parse_inputs({f"rd_{key}": text for key, text in texts.items()}, DOSSIER.slots)))


@pytest.mark.parametrize(
    ("texts", "current", "previous", "grew", "fast"),
    [
        ({"expense": "1200万", "expense_previous": "900万"}, 12_000_000, 9_000_000, True, True),
        ({"expense": "1200万", "growth_difference": "300万"}, 12_000_000, 9_000_000, True, True),
        ({"expense": "900万", "growth_difference": "-300万"}, 9_000_000, 12_000_000, False, False),
        ({"expense": "1200万", "growth_rate": "20%"}, 12_000_000, None, True, False),
        ({"expense": "1200万", "growth_rate": "0%"}, 12_000_000, None, False, False),
        ({"expense_previous": "2000万", "growth_rate": "15%"}, 23_000_000, 20_000_000, True, False),
        ({"expense_previous": "2000万", "growth_rate": "-15%"}, 17_000_000, 20_000_000, False, False),
        ({"expense_previous": "2000万", "growth_difference": "-500万"}, 15_000_000, 20_000_000, False, False),
        ({"growth_rate": "25%", "growth_difference": "300万"}, 15_000_000, 12_000_000, True, True),
        ({"growth_rate": "-25%", "growth_difference": "-300万"}, 9_000_000, 12_000_000, False, False),
        ({"expense": "1200万", "expense_previous": "0"}, 12_000_000, 0, True, None),
        ({"expense": "0", "expense_previous": "0"}, 0, 0, False, False),
    ],
)
def test_two_figures_suffice(
    texts: dict[str, str], current: int, previous: int | None, grew: bool, fast: bool | None
) -> None:
    growth = growth_from(**texts)
    assert growth.current == current
    assert growth.previous == previous
    assert (growth.grew, growth.exceeds(TWENTY)) == (grew, fast)
    assert (growth.missing, growth.conflict) == ((), None)
    derived = {"expense", "expense_previous"} - set(texts) if previous is not None else set()
    assert len(growth.steps) == len(derived)


def test_the_derivation_can_be_redone_by_hand() -> None:
    (step,) = growth_from(expense_previous="2000万", growth_rate="15%").steps
    assert (step.label, step.expression, step.value) == (
        "推算本年度费用",
        "2000万元 × (1 + 15%) = 2300万元",
        "2300万元",
    )
    (fallen,) = growth_from(expense="900万", growth_difference="-300万").steps
    assert fallen.expression == "900万元 + 300万元 = 1200万元"


@pytest.mark.parametrize(
    ("texts", "missing"),
    [
        ({}, ("rd_expense", "rd_expense_previous")),
        ({"expense": "1万"}, ("rd_expense_previous",)),
        ({"expense_previous": "1万"}, ("rd_expense",)),
        ({"growth_rate": "5%"}, ("rd_expense",)),
        ({"growth_difference": "5万"}, ("rd_expense",)),
        ({"growth_rate": "0%", "growth_difference": "0"}, ("rd_expense",)),
    ],
)
def test_one_figure_does_not(texts: dict[str, str], missing: tuple[str, ...]) -> None:
    assert growth_from(**texts).missing == missing


@pytest.mark.parametrize(
    "texts",
    [
        {"expense": "600万", "growth_difference": "700万"},
        {"expense_previous": "600万", "growth_difference": "-700万"},
        {"expense_previous": "50000000000万", "growth_rate": "9000%"},
        {"expense": "600万", "growth_rate": "-100%"},
        {"growth_rate": "5%", "growth_difference": "-1万"},
        {"growth_rate": "0%", "growth_difference": "1万"},
    ],
)
def test_figures_that_contradict_each_other(texts: dict[str, str]) -> None:
    conflict = growth_from(**texts).conflict
    assert conflict is not None
    assert conflict.endswith("。")


@pytest.mark.parametrize(
    ("texts", "disagrees"),
    [
        ({"growth_rate": "33%"}, False),
        ({"growth_rate": "33.3%"}, False),
        ({"growth_rate": "40%"}, True),
        ({"growth_difference": "300万"}, False),
        ({"growth_difference": "200万"}, True),
    ],
)
def test_two_amounts_prevail_and_a_disagreement_is_said(texts: dict[str, str], disagrees: bool) -> None:
    growth = growth_from(expense="1200万", expense_previous="900万", **texts)
    assert growth.exceeds(Decimal("0.3")) is True
    assert bool(growth.steps) == disagrees


@given(
    previous=st.integers(1, 10**14).map(lambda number: Decimal(number) / 100),
    change=st.integers(-(10**12), 10**14).map(lambda number: Decimal(number) / 100),
)
def test_every_way_to_say_it_gives_the_same_growth(previous: Decimal, change: Decimal) -> None:
    current = previous + change
    if not 0 <= current <= 10**15:
        return
    ways: list[dict[str, Value]] = [
        {"rd_expense": current, "rd_expense_previous": previous},
        {"rd_expense": current, "rd_growth_difference": change},
        {"rd_expense_previous": previous, "rd_growth_difference": change},
    ]
    growths = [growth_of(way) for way in ways]
    assert {(growth.current, growth.previous) for growth in growths} == {(current, previous)}
    assert {growth.grew for growth in growths} == {change > 0}
    assert {growth.exceeds(TWENTY) for growth in growths} == {current * 5 > previous * 6}


@given(
    previous=st.integers(1, 10**12).map(lambda number: Decimal(number) / 100),
    rate=st.integers(-99, 1000).filter(bool).map(lambda number: Decimal(number) / 100),
)
def test_rate_and_difference_lead_back_to_the_amounts(previous: Decimal, rate: Decimal) -> None:
    change = previous * rate
    growth = growth_of({"rd_growth_rate": rate, "rd_growth_difference": change})
    assert (growth.current, growth.previous) == (previous + change, previous)
    assert growth.exceeds(TWENTY) == (rate > TWENTY)
