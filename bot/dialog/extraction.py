"""What is taken from the figures of a message: values by slot, and doubts."""

from dataclasses import dataclass, field
from decimal import Decimal

from bot.dialog import thresholds
from bot.dialog.slots import SlotValue
from bot.nlu.quantities import Quantity

LEVELS = {"now": 0, "before": -1, "earlier": -2, "next": 1}
GROWTH_ROLES = frozenset(LEVELS) | {"rise", "fall", "share_before", "share_now", "more", "less", "further", "monthly"}
YEAR_ROLES = {"this": "now", "last": "before", "before_last": "earlier", "next": "next"}
PUT_IN = frozenset({"paid", "whole", "fiscal", "partner"})
COUNTS = frozenset({"heads", "years", "things"})
INPUTS = GROWTH_ROLES | PUT_IN | COUNTS | {"part"}
SHORT, NEAR, LIKE_A_TITLE = 24, 4, 0.55
WAN, FIRST_YEAR = Decimal(10_000), 1900


@dataclass(frozen=True, slots=True)
class Doubt:
    """A figure that cannot be used as it stands: why, its words, and what it probably is."""

    reason: str
    words: str = ""
    likely: tuple[SlotValue, ...] = ()


@dataclass
class Extraction:
    """What a message gives: values by slot, the award that is aimed at, a sum to be added, and doubts.

    `merged` are amounts that have become part of a value; `uncertain` those of which a value must not be kept.
    """

    values: dict[tuple[str, str | None, int], SlotValue] = field(default_factory=dict)
    series: dict[int, Decimal] = field(default_factory=dict)
    focus: int | None = None
    target: Decimal | None = None
    shift: Decimal | None = None
    doubts: list[Doubt] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    dropped: set[tuple[str, str | None]] = field(default_factory=set)
    uncertain: set[Decimal] = field(default_factory=set)
    merged: set[Decimal] = field(default_factory=set)
    scaled: bool = False

    def put(self, value: SlotValue) -> None:
        """Take a value; of two for one slot the later stays."""
        self.values[value.slot, value.benefit, value.group] = value

    def doubt(self, doubt: Doubt, value: Decimal | None = None) -> None:
        """Ask back; whatever comes of the value is uncertain with it."""
        self.doubts.append(doubt)
        if value is not None:
            self.uncertain |= {value, -value, value - 1}

    def is_uncertain(self, value: SlotValue) -> bool:
        """Whether a value rests on a figure that is asked back."""
        parts = value.value if isinstance(value.value, tuple) else (value.value,)
        known = self.values.get((value.slot, value.benefit, value.group))
        return known == value and any(part in self.uncertain for part in parts)

    def holds(self, amount: Decimal) -> bool:
        """Whether an amount has become a value or a change, or is asked back."""
        values = [
            part for v in self.values.values() for part in (v.value if isinstance(v.value, tuple) else (v.value,))
        ]
        taken = [*values, *self.series.values(), self.shift, self.target, *self.uncertain, *self.merged]
        return any(isinstance(each, Decimal) and abs(each) == amount for each in taken)

    @property
    def gives(self) -> bool:
        """Whether anything to compute with was said."""
        return bool(self.values or self.shift is not None or self.doubts)


def scaled(quantity: Quantity, *, in_wan: bool) -> Decimal:
    """The value in yuan; a small bare number counts in units of 10,000 where the talk is in these."""
    small = quantity.kind == "bare" and quantity.value < thresholds.BARE_IS_WAN
    return quantity.value * WAN if small and in_wan else quantity.value
