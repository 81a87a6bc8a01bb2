"""Growth: this year's and last year's spending, from any two figures that determine them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from calculators.calculation import Step
from calculators.case import Case
from calculators.inputs import MOST_YUAN
from calculators.phrases import FINEST, equals, say, show_rate, show_yuan
from knowledge.benefit import Data, SlotKind
from knowledge.money import format_rate

_PERCENT, _SHOWN = Decimal("0.01"), Decimal("0.000001")


class GrowthBase(Data):
    """The slots that tell how spending grew: two amounts, and optionally the rate and the difference between them."""

    current: str
    previous: str
    rate: str
    difference: str

    @property
    def slot_kinds(self) -> Mapping[str, SlotKind]:
        """The slots with their kinds, the ones to ask for first."""
        return {self.current: "money", self.previous: "money", self.rate: "rate", self.difference: "money"}


@dataclass(frozen=True)
class Growth:
    """What follows from the figures: amounts in yuan, `rate` a fraction of one, None where not determined.

    `steps` derive what was not stated, `missing` names the slots to ask for, and `conflict` is a sentence where the
    figures cannot all be true.
    """

    current: Decimal | None = None
    previous: Decimal | None = None
    rate: Decimal | None = None
    steps: tuple[Step, ...] = ()
    missing: tuple[str, ...] = ()
    conflict: str | None = None

    @property
    def grew(self) -> bool | None:
        """Whether this year's spending is above last year's."""
        if self.current is not None and self.previous is not None:
            return self.current > self.previous
        return None if self.rate is None else self.rate > 0

    def exceeds(self, rate: Decimal) -> bool | None:
        """Whether the growth is strictly above a rate; None where last year's spending was zero or nothing is known."""
        if self.current is not None and self.previous is not None:
            if self.previous == 0 and self.current > 0:
                return None
            return self.current > self.previous * (1 + rate)
        return None if self.rate is None else self.rate > rate

    def compared(self) -> str:
        """The comparison with last year, as it is written in a step."""
        mark = ">" if self.grew else "≤"
        if self.current is not None and self.previous is not None:
            return f"{show_yuan(self.current)} {mark} {show_yuan(self.previous)}"
        return f"{show_rate(self.rate or Decimal(0))} {mark} 0%"


def solve(base: GrowthBase, case: Case) -> Growth:
    """Growth from what is known. Two amounts prevail over a rate or a difference; a step says where they disagree.

    Raises:
        InvalidInput: a value is not of the kind of its slot.
    """
    current, previous = case.inputs.money(base.current), case.inputs.money(base.previous)
    rate, difference = case.inputs.rate(base.rate), case.inputs.difference(base.difference)
    if current is not None and previous is not None:
        growth = Growth(current, previous, rate)
    elif current is not None and difference is not None:
        growth = _previous_from_difference(current, difference)
    elif current is not None:
        growth = _from_rate(current, rate, base)
    elif previous is not None and rate is not None:
        growth = _current_from_rate(previous, rate)
    elif previous is not None and difference is not None:
        growth = _current_from_difference(previous, difference)
    elif rate is not None and difference is not None:
        growth = _both_from_rate(rate, difference, base)
    else:
        known = previous is not None or rate is not None or difference is not None
        growth = Growth(None, previous, rate, missing=(base.current,) if known else (base.current, base.previous))
    growth = _with_sense(growth)
    return growth if growth.conflict else replace(growth, steps=growth.steps + _overruled(growth, rate, difference))


def _previous_from_difference(current: Decimal, difference: Decimal) -> Growth:
    previous = current - difference
    expression = equals(f"{show_yuan(current)} {_signed(-difference)}", previous)
    return Growth(current, previous, steps=(Step(say("previous"), expression, show_yuan(previous)),))


def _from_rate(current: Decimal, rate: Decimal | None, base: GrowthBase) -> Growth:
    conflict = say("vanished", current=show_yuan(current)) if rate == -1 and current > 0 else None
    return Growth(current, None, rate, missing=(base.previous,) if rate is None else (), conflict=conflict)


def _current_from_rate(previous: Decimal, rate: Decimal) -> Growth:
    current = previous * (1 + rate)
    sign = "+" if rate >= 0 else "−"
    expression = equals(f"{show_yuan(previous)} × (1 {sign} {show_rate(abs(rate))})", current)
    return Growth(current, previous, rate, steps=(Step(say("current"), expression, show_yuan(current)),))


def _current_from_difference(previous: Decimal, difference: Decimal) -> Growth:
    current = previous + difference
    expression = equals(f"{show_yuan(previous)} {_signed(difference)}", current)
    return Growth(current, previous, steps=(Step(say("current"), expression, show_yuan(current)),))


def _both_from_rate(rate: Decimal, difference: Decimal, base: GrowthBase) -> Growth:
    if rate == 0 or difference == 0:
        conflict = None if rate == difference else say("opposed", rate=show_rate(rate), change=show_yuan(difference))
        return Growth(None, None, rate, missing=(base.current,), conflict=conflict)
    if (rate > 0) != (difference > 0):
        return Growth(conflict=say("opposed", rate=show_rate(rate), change=show_yuan(difference)))
    previous = abs(difference) / abs(rate)
    # One division each, so that a spending that ends is exact.
    current = difference * (1 + rate) / rate
    steps = (
        Step(
            say("previous"),
            equals(f"{show_yuan(abs(difference))} ÷ {show_rate(abs(rate))}", previous),
            show_yuan(previous),
        ),
        Step(say("current"), equals(f"{show_yuan(previous)} {_signed(difference)}", current), show_yuan(current)),
    )
    return Growth(current, previous, rate, steps)


def _signed(value: Decimal) -> str:
    return f"{'+' if value >= 0 else '−'} {show_yuan(abs(value))}"


def _with_sense(growth: Growth) -> Growth:
    """Growth with a conflict where a derived amount is below zero or beyond any sense."""
    for amount in (growth.current, growth.previous):
        if growth.conflict is None and amount is not None and not 0 <= amount <= MOST_YUAN:
            return replace(growth, conflict=say("no_sense", amount=show_yuan(amount)))
    return growth


def _overruled(growth: Growth, rate: Decimal | None, difference: Decimal | None) -> tuple[Step, ...]:
    """Steps for a stated rate or difference that the amounts do not bear out; a rounded rate is no disagreement."""
    steps = []
    current, previous = growth.current, growth.previous
    if current is None or previous is None:
        return ()
    if difference is not None and (current - previous).quantize(FINEST) != difference:
        stated = show_yuan(difference)
        steps.append(Step(say("overruled"), say("other_difference", stated=stated), say("by_amounts")))
    if rate is not None and previous > 0 and not _near((current - previous) / previous, rate):
        steps.append(Step(say("overruled"), say("other_rate", stated=show_rate(rate)), say("by_amounts")))
    return tuple(steps)


def _near(actual: Decimal, stated: Decimal) -> bool:
    """Whether the stated rate is the actual one, rounded to its own digits or to the whole percent."""
    digits = stated if stated != stated.quantize(_PERCENT) else _PERCENT
    return any(actual.quantize(digits, rounding) == stated for rounding in (ROUND_HALF_UP, ROUND_DOWN))


def rate_step(growth: Growth) -> Step | None:
    """The growth rate, for the eye: it is never decided by it. None without two amounts or with nothing last year."""
    if growth.current is None or not growth.previous:
        return None
    current, previous = show_yuan(growth.current), show_yuan(growth.previous)
    rate = (growth.current - growth.previous) / growth.previous
    shown = format_rate(rate)
    mark = "=" if rate == rate.quantize(_SHOWN) else "≈"
    value = shown if mark == "=" else say("about", amount=shown)
    return Step(say("growth_rate"), f"({current} − {previous}) ÷ {previous} {mark} {shown}", value)
