"""Fills: how what is said now joins what was said before."""

from decimal import Decimal

import pytest

from bot.app import App
from bot.dialog.fills import Fill, Gathering, groups_of, inputs_of, join, shifted
from calculators.growth import GrowthBase

GROWTH = GrowthBase(current="now", previous="before", rate="rate", difference="more")
VALUES = {"now": Decimal(1200), "before": Decimal(900), "rate": Decimal("0.25"), "more": Decimal(300)}


def fills(*slots: str) -> tuple[Fill, ...]:
    return tuple(Fill(slot, VALUES[slot]) for slot in slots)


@pytest.mark.parametrize(
    ("known", "new", "left"),
    [
        ((), ("now",), {"now"}),
        (("now",), ("before",), {"now", "before"}),
        (("now", "before"), ("now",), {"now", "before"}),
        (("now", "rate"), ("before",), {"now", "before"}),
        (("before", "rate"), ("now",), {"now", "before"}),
        (("now", "rate"), ("more",), {"now", "more"}),
        (("now", "more"), ("rate",), {"now", "rate"}),
        (("now", "before"), ("rate",), {"before", "rate"}),
        (("now", "before"), ("more",), {"before", "more"}),
        (("now", "before"), ("now", "rate"), {"now", "before", "rate"}),
        (("now",), ("rate",), {"now", "rate"}),
        (("rate",), ("now",), {"now", "rate"}),
    ],
)
def test_new_figures_replace_those_that_they_contradict(
    known: tuple[str, ...], new: tuple[str, ...], left: set[str]
) -> None:
    joined = join(fills(*known), fills(*new), GROWTH)

    assert {fill.slot for fill in joined} == left
    assert len(joined) == len(left)


def test_a_correction_takes_the_new_value() -> None:
    joined = join(fills("now", "before"), (Fill("now", Decimal(1500)),), GROWTH)

    assert {fill.slot: fill.value for fill in joined} == {"now": 1500, "before": 900}


def test_without_growth_other_slots_stay() -> None:
    joined = join((Fill("headcount", 3, "postdoc"),), (Fill("years", 2, "postdoc"),), None)

    assert joined == (Fill("headcount", 3, "postdoc"), Fill("years", 2, "postdoc"))


def test_a_new_single_count_replaces_groups() -> None:
    known = (Fill("headcount", 2, "postdoc", group=1), Fill("headcount", 1, "postdoc", group=2))

    assert join(known, (Fill("headcount", 5, "postdoc"),), None) == (Fill("headcount", 5, "postdoc"),)


def test_of_two_values_of_one_message_the_first_stays() -> None:
    out = Gathering()
    out.put(Fill("now", Decimal(1)))
    out.put(Fill("now", Decimal(2)))

    assert out.filled().fills == (Fill("now", Decimal(1)),)
    assert out.slots == {"now"}


def test_groups_take_the_place_of_one_value_for_all() -> None:
    out = Gathering()
    out.put(Fill("years", 2, "postdoc"))
    out.put_groups("years", "postdoc", (2, 1))

    assert groups_of(out.filled().fills, "postdoc") == (1, 2)
    assert [fill.value for fill in out.filled().fills] == [2, 1]


def test_without_groups_there_is_one_case() -> None:
    assert groups_of(fills("now"), "rd_subsidy") == (0,)


def test_inputs_hold_only_the_slots_of_the_benefit(app: App) -> None:
    known = (Fill("lab_nonfiscal", Decimal(100)), Fill("headcount", 3, "postdoc_allowance"))

    assert "headcount" not in inputs_of(known, "joint_lab", app.calculator)
    assert "lab_nonfiscal" in inputs_of(known, "joint_lab", app.calculator)
    assert "lab_nonfiscal" not in inputs_of(known, "postdoc_allowance", app.calculator)


def test_a_shift_moves_one_amount() -> None:
    moved = shifted(fills("now", "before"), "now", Decimal(-200))

    assert {fill.slot: fill.value for fill in moved} == {"now": 1000, "before": 900}
