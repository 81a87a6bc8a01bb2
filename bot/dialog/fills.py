"""Fills: slot values read from a message, and how they join those of earlier turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from calculators.growth import GrowthBase
from calculators.inputs import Inputs, Value
from calculators.registry import Calculator


@dataclass(frozen=True, slots=True)
class Fill:
    """A value for a slot of some benefit, or (benefit None) of any; `estimate` marks figures given as approximate.

    Where one benefit is asked for several groups at once (three for two years, two for one), `group` counts from 1.
    """

    slot: str
    value: Value
    benefit: str | None = None
    estimate: bool = False
    group: int = 0


@dataclass(frozen=True, slots=True)
class Filled:
    """What a message gives: values to compute with, the sum it aims at, and figures that cannot be used and why."""

    fills: tuple[Fill, ...] = ()
    target: Decimal | None = None
    doubts: tuple[tuple[str, str], ...] = ()
    shift: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What the conversation already holds: benefits in play, fills so far, and the slot that was asked for last."""

    benefits: tuple[str, ...]
    known: tuple[Fill, ...] = ()
    pending: str | None = None


@dataclass
class Gathering:
    """The values of one message while they are being collected; of two for one slot the first stays."""

    fills: dict[tuple[str, str | None, int], Fill] = field(default_factory=dict)
    doubts: list[tuple[str, str]] = field(default_factory=list)
    target: Decimal | None = None
    shift: Decimal | None = None

    @property
    def slots(self) -> set[str]:
        """Slots that have a value."""
        return {fill.slot for fill in self.fills.values()}

    def put(self, fill: Fill) -> None:
        """Take a value, unless its slot has one."""
        self.fills.setdefault((fill.slot, fill.benefit, fill.group), fill)

    def put_groups(self, slot: str, benefit: str, values: Sequence[int | str]) -> None:
        """Take a value for each of several groups, in place of one for all."""
        self.fills.pop((slot, benefit, 0), None)
        for group, value in enumerate(values, start=1):
            self.put(Fill(slot, value, benefit, group=group))

    def filled(self) -> Filled:
        """What was gathered."""
        return Filled(tuple(self.fills.values()), self.target, tuple(self.doubts), self.shift)


def join(known: tuple[Fill, ...], new: tuple[Fill, ...], growth: GrowthBase | None) -> tuple[Fill, ...]:
    """Known and new fills together; a new one replaces the known ones that it contradicts."""
    given = {(fill.slot, fill.benefit) for fill in new}
    dropped = set(_contradicted(known, new, growth)) if growth else set()
    kept = tuple(f for f in known if (f.slot, f.benefit) not in given and f.slot not in dropped)
    return kept + new


def _contradicted(known: tuple[Fill, ...], new: tuple[Fill, ...], growth: GrowthBase) -> tuple[str, ...]:
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


def groups_of(fills: tuple[Fill, ...], benefit_id: str) -> tuple[int, ...]:
    """Numbers of the groups that a benefit is asked for; (0,) where there is one case."""
    return tuple(sorted({fill.group for fill in fills if fill.benefit == benefit_id and fill.group})) or (0,)


def inputs_of(fills: tuple[Fill, ...], benefit_id: str, calculator: Calculator, group: int = 0) -> Inputs:
    """The fills that a benefit (and one group of it) can use, as checked inputs."""
    usable = set(calculator.slot_ids(benefit_id))
    values: Mapping[str, Value] = {
        f.slot: f.value for f in fills if f.slot in usable and f.benefit in (None, benefit_id) and f.group in (0, group)
    }
    return Inputs(values)


def shifted(fills: tuple[Fill, ...], slot: str, by: Decimal) -> tuple[Fill, ...]:
    """The fills with one amount raised or lowered."""
    return tuple(
        replace(f, value=f.value + by) if f.slot == slot and isinstance(f.value, Decimal) else f for f in fills
    )
