"""Amounts of a slot as stated, or derived as the difference of two other slots."""

from dataclasses import dataclass
from decimal import Decimal

from calculators.calculation import Step
from calculators.case import Case
from calculators.phrases import equals, say, show_yuan


@dataclass(frozen=True)
class Derived:
    """Amounts in yuan, one for each project, empty where nothing is known; `conflict` says why they make no sense."""

    amounts: tuple[Decimal, ...] = ()
    steps: tuple[Step, ...] = ()
    conflict: str | None = None


def derive_amounts(slot_id: str, case: Case) -> Derived:
    """What is known of a money slot. Two sources with different numbers of projects cannot be paired and give nothing.

    Raises:
        InvalidInput: a value is not an amount of zero yuan or more.
    """
    stated = case.inputs.amounts(slot_id)
    sources = case.slots[slot_id].difference_of
    if stated is not None or sources is None:
        return Derived(stated or ())
    wholes, parts = (case.inputs.amounts(source) for source in sources)
    if wholes is None or parts is None or len(wholes) != len(parts):
        return Derived()
    amounts = tuple(whole - part for whole, part in zip(wholes, parts, strict=True))
    steps = tuple(
        Step(
            case.label(slot_id),
            equals(f"{show_yuan(whole)} − {show_yuan(part)}", whole - part),
            show_yuan(whole - part),
        )
        for whole, part in zip(wholes, parts, strict=True)
    )
    if min(amounts) < 0:
        conflict = say("part_above_whole", part=case.label(sources[1]), whole=case.label(sources[0]))
        return Derived((), steps, conflict)
    return Derived(amounts, steps)
