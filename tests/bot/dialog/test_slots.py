"""Slots: how what is said now joins what was said before."""

from decimal import Decimal

import pytest

from bot.app import App
from bot.dialog.extraction import Extraction
from bot.dialog.slots import SlotValue, groups_of, inputs_of, join, shifted
from calculators.growth import GrowthBase

GROWTH = GrowthBase(current="now", previous="before", rate="rate", difference="more")
VALUES = {"now": Decimal(1200), "before": Decimal(900), "rate": Decimal("0.25"), "more": Decimal(300)}


def values(*slots: str) -> tuple[SlotValue, ...]:
    return tuple(SlotValue(slot, VALUES[slot]) for slot in slots)


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
    joined = join(values(*known), values(*new), GROWTH)

    assert {value.slot for value in joined} == left
    assert len(joined) == len(left)


def test_a_correction_takes_the_new_value() -> None:
    joined = join(values("now", "before"), (SlotValue("now", Decimal(1500)),), GROWTH)

    assert {value.slot: value.value for value in joined} == {"now": 1500, "before": 900}


def test_without_growth_other_slots_stay() -> None:
    joined = join((SlotValue("headcount", 3, "postdoc"),), (SlotValue("years", 2, "postdoc"),), None)

    assert joined == (SlotValue("headcount", 3, "postdoc"), SlotValue("years", 2, "postdoc"))


def test_a_value_of_one_benefit_leaves_that_of_another() -> None:
    joined = join((SlotValue("count", 3, "incubator"),), (SlotValue("count", 2, "pilot"),), None)

    assert joined == (SlotValue("count", 3, "incubator"), SlotValue("count", 2, "pilot"))


def test_new_groups_take_the_place_of_one_value_for_all() -> None:
    groups = (SlotValue("years", 2, "postdoc", group=1), SlotValue("years", 1, "postdoc", group=2))

    joined = join((SlotValue("years", 2, "postdoc"),), groups, None)

    assert joined == groups
    assert groups_of(joined, "postdoc") == (1, 2)


def test_of_two_values_of_one_message_the_later_stays() -> None:
    out = Extraction()
    assert not out.gives

    out.put(SlotValue("now", Decimal(1)))
    out.put(SlotValue("now", Decimal(2)))

    assert tuple(out.values.values()) == (SlotValue("now", Decimal(2)),)
    assert out.gives


def test_without_groups_there_is_one_case() -> None:
    assert groups_of(values("now"), "rd_subsidy") == (0,)


def test_inputs_hold_only_the_slots_of_the_benefit(app: App) -> None:
    known = (SlotValue("lab_nonfiscal", Decimal(100)), SlotValue("headcount", 3, "postdoc_allowance"))

    assert "headcount" not in inputs_of(known, "joint_lab", app.calculator)
    assert "lab_nonfiscal" in inputs_of(known, "joint_lab", app.calculator)
    assert "lab_nonfiscal" not in inputs_of(known, "postdoc_allowance", app.calculator)


def test_inputs_of_a_group_hold_its_own_values(app: App) -> None:
    known = (
        SlotValue("headcount", 2, "postdoc_allowance", group=1),
        SlotValue("headcount", 1, "postdoc_allowance", group=2),
    )

    assert [inputs_of(known, "postdoc_allowance", app.calculator, group)["headcount"] for group in (1, 2)] == [2, 1]


def test_a_shift_moves_one_amount() -> None:
    moved = shifted(values("now", "before"), "now", Decimal(-200))

    assert {value.slot: value.value for value in moved} == {"now": 1000, "before": 900}
