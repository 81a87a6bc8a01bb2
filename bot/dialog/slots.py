"""Slot values: what was said of the benefits, and how new values join those of earlier turns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from calculators.growth import GrowthBase
from calculators.inputs import Inputs, Value
from calculators.registry import Calculator


@dataclass(frozen=True, slots=True)
class SlotValue:
    """A value for a slot of some benefit, or (benefit None) of any.

    Where one benefit is asked for several groups at once (three for two years, two for one), `group` counts from 1.
    `estimate` marks a figure given as approximate; `shown` is how it is shown where it was put together from several.
    """

    slot: str
    value: Value
    benefit: str | None = None
    estimate: bool = False
    group: int = 0
    shown: str = ""


def join(known: tuple[SlotValue, ...], new: tuple[SlotValue, ...], growth: GrowthBase | None) -> tuple[SlotValue, ...]:
    """Known and new fills together; a new one replaces the known ones that it contradicts."""
    given = {(fill.slot, fill.benefit) for fill in new}
    dropped = set(_contradicted(known, new, growth)) if growth else set()
    anew = {fill.slot for fill in new if fill.benefit is None}
    kept = tuple(
        f
        for f in known
        if (f.slot, f.benefit) not in given and f.slot not in dropped and not (f.group and f.slot in anew)
    )
    return kept + new


def _contradicted(known: tuple[SlotValue, ...], new: tuple[SlotValue, ...], growth: GrowthBase) -> tuple[str, ...]:
    """Of current, previous, rate and difference, those known ones that the new ones make stale."""
    had, given = {fill.slot for fill in known}, {fill.slot for fill in new}
    changes = {growth.rate, growth.difference}
    if given & changes:
        stale = {growth.rate, growth.difference} - given
        if growth.previous in had | given:
            return (*stale, *({growth.current} - given))
        return tuple(stale)
    if growth.previous in given and growth.current in had | given:
        return tuple(changes)
    if growth.current in given and growth.previous in had:
        return tuple(changes)
    return ()


def groups_of(fills: tuple[SlotValue, ...], benefit_id: str) -> tuple[int, ...]:
    """Numbers of the groups that a benefit is asked for; (0,) where there is one case."""
    return tuple(sorted({fill.group for fill in fills if fill.benefit == benefit_id and fill.group})) or (0,)


def inputs_of(fills: tuple[SlotValue, ...], benefit_id: str, calculator: Calculator, group: int = 0) -> Inputs:
    """The fills that a benefit (and one group of it) can use, as checked inputs."""
    usable = set(calculator.slot_ids(benefit_id))
    values: Mapping[str, Value] = {
        f.slot: f.value for f in fills if f.slot in usable and f.benefit in (None, benefit_id) and f.group in (0, group)
    }
    return Inputs(values)


def shifted(fills: tuple[SlotValue, ...], slot: str, by: Decimal) -> tuple[SlotValue, ...]:
    """The fills with one amount raised or lowered."""
    return tuple(
        replace(f, value=f.value + by) if f.slot == slot and isinstance(f.value, Decimal) else f for f in fills
    )
