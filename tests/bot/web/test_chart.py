"""The chart of an amount against what it is computed from: every figure is a calculation's."""

import re
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.web.console.chart import Curve, find_curve
from bot.web.console.plot import HEIGHT, WIDTH, plot
from calculators.calculation import Calculation, NotEligible
from calculators.inputs import Inputs, parse_inputs
from calculators.phrases import FEN
from calculators.registry import bind
from knowledge.library import load_library

CALCULATOR = bind(load_library().main)
SPENDING = ("rd_subsidy", "rd_growth_bonus")
SHARES = ("joint_lab", "industry_academia")
SUMS = st.decimals(min_value=0, max_value=300_000_000, places=2)
MORE_THAN_NOTHING = st.decimals(min_value=1, max_value=300_000_000, places=2)


def due(benefit: str, inputs: Inputs) -> Decimal:
    outcome = CALCULATOR.calculate(benefit, inputs)
    assert isinstance(outcome, (Calculation, NotEligible))
    return outcome.amount if isinstance(outcome, Calculation) else Decimal(0)


def drawn(curve: Curve, base: Decimal) -> Decimal:
    """The amount that the curve shows for a sum."""
    piece = next(piece for piece in curve.pieces if piece.first.base <= base <= piece.last.base)
    if piece.first.amount == piece.last.amount:
        return piece.first.amount
    share = (base - piece.first.base) / (piece.last.base - piece.first.base)
    return piece.first.amount + share * (piece.last.amount - piece.first.amount)


def curve_of(benefit: str, **texts: str) -> Curve | None:
    return find_curve(CALCULATOR, benefit, parse_inputs(texts, CALCULATOR.slots))


@given(benefit=st.sampled_from(SPENDING), previous=MORE_THAN_NOTHING, current=SUMS, other=SUMS)
def test_spending_is_drawn_as_it_is_computed(benefit: str, previous: Decimal, current: Decimal, other: Decimal) -> None:
    curve = find_curve(CALCULATOR, benefit, Inputs({"rd_expense": current, "rd_expense_previous": previous}))

    assert curve is not None
    assert [(p.base, p.amount) for p in curve.here] == [(current, drawn(curve, current))]
    for base in (current, min(other, curve.end)):
        assert drawn(curve, base) == due(benefit, Inputs({"rd_expense": base, "rd_expense_previous": previous}))


@given(rate=st.decimals(min_value="0.0001", max_value=3, places=4), current=SUMS, other=SUMS)
def test_spending_is_drawn_at_the_rate_of_growth_that_was_stated(
    rate: Decimal, current: Decimal, other: Decimal
) -> None:
    curve = find_curve(CALCULATOR, "rd_growth_bonus", Inputs({"rd_expense": current, "rd_growth_rate": rate}))

    assert (curve is None) == (rate <= Decimal("0.2"))
    if curve:
        base = min(other, curve.end)
        assert drawn(curve, base) == due("rd_growth_bonus", Inputs({"rd_expense": base, "rd_growth_rate": rate}))


@given(benefit=st.sampled_from(SHARES), current=SUMS, other=SUMS)
def test_shares_are_drawn_as_they_are_computed_to_the_fen(benefit: str, current: Decimal, other: Decimal) -> None:
    slot = CALCULATOR.primary_money_slot(benefit)
    assert slot is not None
    curve = find_curve(CALCULATOR, benefit, Inputs({slot: current}))

    assert curve is not None
    assert curve.here[0].amount == due(benefit, Inputs({slot: current}))
    for base in (current, min(other, curve.end)):
        assert abs(drawn(curve, base) - due(benefit, Inputs({slot: base}))) <= FEN


@given(benefit=st.sampled_from((*SPENDING, *SHARES)), previous=MORE_THAN_NOTHING, current=SUMS)
def test_a_curve_has_no_gap_never_falls_and_stays_below_its_cap(
    benefit: str, previous: Decimal, current: Decimal
) -> None:
    slot = CALCULATOR.primary_money_slot(benefit)
    assert slot is not None
    known = {"rd_expense_previous": previous} if benefit in SPENDING else {}
    curve = find_curve(CALCULATOR, benefit, Inputs({slot: current, **known}))

    assert curve is not None
    assert curve.pieces[0].first.base == 0
    assert all(after.first.base - before.last.base == FEN for before, after in pairwise(curve.pieces))
    amounts = [point.amount for piece in curve.pieces for point in (piece.first, piece.last)]
    assert amounts == sorted(amounts)
    printed = {"rd_subsidy": 5_000_000, "rd_growth_bonus": 500_000, "joint_lab": 10_000_000}
    assert max(amounts) == curve.cap.amount == printed.get(benefit, 1_000_000)
    assert all(point.base <= curve.end for point in curve.here)


@given(benefit=st.sampled_from(SPENDING), previous=MORE_THAN_NOTHING)
def test_the_threshold_is_where_the_verdict_changes(benefit: str, previous: Decimal) -> None:
    curve = find_curve(CALCULATOR, benefit, Inputs({"rd_expense_previous": previous}))

    assert curve is not None
    begins = curve.threshold
    assert begins is not None
    assert begins.above == (begins.first.base == begins.limit + FEN)
    at, behind = (
        CALCULATOR.calculate(benefit, Inputs({"rd_expense": base, "rd_expense_previous": previous}))
        for base in (begins.first.base - FEN, begins.first.base)
    )
    assert isinstance(at, NotEligible)
    assert isinstance(behind, Calculation)


@pytest.mark.parametrize(
    ("benefit", "typed", "limit"),
    [
        ("rd_subsidy", {"rd_expense_previous": "0"}, 2_000_000),
        ("rd_subsidy", {"rd_expense_previous": "900万"}, 9_000_000),
        ("rd_subsidy", {"rd_growth_rate": "1%"}, 2_000_000),
        ("rd_growth_bonus", {"rd_expense_previous": "100万"}, 5_000_000),
        ("rd_growth_bonus", {"rd_expense_previous": "900万"}, 10_800_000),
    ],
)
def test_exactly_the_threshold_does_not_qualify(benefit: str, typed: dict[str, str], limit: int) -> None:
    curve = curve_of(benefit, **typed)

    assert curve is not None
    assert curve.threshold is not None
    assert (curve.threshold.limit, curve.threshold.above) == (Decimal(limit), True)
    assert drawn(curve, Decimal(limit)) == 0
    assert drawn(curve, limit + FEN) > 0


def test_every_full_two_million_is_a_step() -> None:
    curve = curve_of("rd_subsidy", rd_expense_previous="0")

    assert curve is not None
    assert [piece.limit for piece in curve.pieces[1:]] == [Decimal(2_000_000) * n for n in range(1, 51)]
    assert [piece.first.amount for piece in curve.pieces[1:]] == [Decimal(100_000) * n for n in range(1, 51)]


def test_each_project_has_its_point() -> None:
    curve = curve_of("industry_academia", transaction_paid="160万+580万")

    assert curve is not None
    assert [(point.base, point.amount) for point in curve.here] == [
        (Decimal(1_600_000), Decimal(800_000)),
        (Decimal(5_800_000), Decimal(1_000_000)),
    ]


@pytest.mark.parametrize(
    ("benefit", "typed"),
    [
        ("postdoc_allowance", {"headcount": "3", "station_years": "2"}),
        ("national_platform", {}),
        ("rd_subsidy", {}),
        ("rd_subsidy", {"rd_expense": "1200万"}),
        ("rd_subsidy", {"rd_expense": "1200万", "rd_growth_rate": "0%"}),
        ("rd_growth_bonus", {"rd_expense": "1200万", "rd_expense_previous": "0"}),
        ("rd_growth_bonus", {"rd_expense": "1200万", "rd_growth_rate": "20%"}),
    ],
)
def test_nothing_is_drawn_where_no_sum_decides_or_something_is_open(benefit: str, typed: dict[str, str]) -> None:
    assert curve_of(benefit, **typed) is None


@given(benefit=st.sampled_from((*SPENDING, *SHARES)), previous=MORE_THAN_NOTHING, current=SUMS)
def test_a_picture_stays_within_its_frame_and_its_axes_are_in_ten_thousands(
    benefit: str, previous: Decimal, current: Decimal
) -> None:
    slot = CALCULATOR.primary_money_slot(benefit)
    assert slot is not None
    known = {"rd_expense_previous": previous} if benefit in SPENDING else {}
    curve = find_curve(CALCULATOR, benefit, Inputs({slot: current, **known}))
    assume(curve is not None)
    assert curve is not None
    picture = plot(curve, "title", "base")

    places = [tuple(map(Decimal, place.split(","))) for place in re.findall(r"[ML]([\d.,]+)", picture.line)]
    assert len(places) == 2 * len(curve.pieces)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    assert all(0 <= Decimal(here.x) <= WIDTH and 0 <= Decimal(here.y) <= HEIGHT for here in picture.here)
    for ticks, end in ((picture.across, curve.end), (picture.up, curve.cap.amount)):
        shown = [Decimal(tick.text) for tick in ticks]
        assert 2 <= len(shown) <= 7
        assert shown[0] == 0
        assert shown[-1] * 10_000 <= end * Decimal("1.12")
    assert picture.description.endswith("。")
