"""Spending over the years: which sum is this year's and which last year's, and what is said of the growth."""

from decimal import Decimal

from bot.dialog.fills import Context, Fill, Gathering
from bot.dialog.frame import FrameReader, Sum
from bot.dialog.quantities import Quantity
from bot.dialog.understanding import Understanding
from bot.dialog.vocabulary import Vocabulary, matcher
from calculators.growth import GrowthBase

_CALENDAR = 1900


class SpendingFiller:
    """Fills the slots of a growth: current, previous, rate and difference."""

    def __init__(self, frame: FrameReader, vocabulary: Vocabulary) -> None:
        """Keep the reader of places and years."""
        self.frame = frame
        self._origin = matcher(vocabulary.origin)

    def take_levels(
        self, understood: Understanding, context: Context, levels: list[Sum], growth: GrowthBase, out: Gathering
    ) -> None:
        """Which year's spending each sum is."""
        changes = [placed for placed in levels if placed.relation in ("change", "further")]
        plain = [placed for placed in levels if placed.relation not in ("change", "further")]
        for placed in changes:
            sign = -1 if self.frame.falls(understood.text, placed.quantity) else 1
            known = {fill.slot for fill in context.known}
            if placed.relation == "further" and growth.current in known and not plain:
                out.shift = sign * placed.value
            else:
                out.put(Fill(growth.difference, sign * placed.value, estimate=placed.quantity.estimate))
        if any(placed.both_years for placed in plain):
            out.put(Fill(growth.current, plain[0].value))
            out.put(Fill(growth.previous, plain[0].value))
            return
        ranks = _ranks(plain)
        unranked = [placed for placed in plain if placed.rank is None]
        ordered = sorted(set(ranks.values()), reverse=True)
        for placed in plain:
            rank = ranks.get(placed.quantity.start)
            if rank is None:
                continue
            second = len(ordered) > 1 and rank == ordered[1]
            alone_earlier = len(ordered) == 1 and rank < 0
            if rank == ordered[0] or second:
                slot = growth.previous if second or alone_earlier else growth.current
                out.put(Fill(slot, placed.value, estimate=placed.quantity.estimate))
        self._take_unranked(understood, context, unranked, growth, out)

    def _take_unranked(
        self, understood: Understanding, context: Context, unranked: list[Sum], growth: GrowthBase, out: Gathering
    ) -> None:
        given = out.slots
        if len(unranked) > 1 and not given & {growth.current, growth.previous}:
            if understood.text in self._origin or self.frame.reached(understood.text, unranked[1].quantity):
                out.put(Fill(growth.previous, unranked[0].value))
                out.put(Fill(growth.current, unranked[1].value))
            else:
                out.doubts.append(("years", ""))
            return
        for placed in unranked[:1]:
            wanted = context.pending if context.pending in (growth.current, growth.previous) else growth.current
            other = growth.previous if wanted == growth.current else growth.current
            slot = other if wanted in given else wanted
            if slot not in given and (placed.own or context.pending or slot == growth.current):
                out.put(Fill(slot, placed.value, estimate=placed.quantity.estimate))

    def _take_share(self, context: Context, growth: GrowthBase, quantity: Quantity, out: Gathering) -> None:
        """Last year's spending, said as a share of this year's."""
        fills = (*out.fills.values(), *context.known)
        current = next((f.value for f in fills if f.slot == growth.current and isinstance(f.value, Decimal)), None)
        if current is not None:
            out.put(Fill(growth.previous, current * quantity.value))

    def take_changes(self, understood: Understanding, context: Context, growth: GrowthBase, out: Gathering) -> None:
        """The rate, difference or absence of growth, and a previous year without any spending."""
        text = understood.text
        asked = context.pending in (growth.current, growth.previous)
        given = out.slots
        both_known = {growth.current, growth.previous} <= given
        if (doubled := self.frame.doubling(text)) is not None:
            out.put(Fill(growth.rate, doubled))
        for quantity in understood.quantities:
            if quantity.kind not in ("rate", "fold") or both_known or self.frame.is_open(text, quantity):
                continue
            if quantity.doubt:
                out.doubts.append((quantity.doubt, quantity.text))
            elif self.frame.is_share_of(text, quantity, "last"):
                out.put(Fill(growth.rate, quantity.value - 1))
            elif self.frame.is_share_of(text, quantity, "this"):
                self._take_share(context, growth, quantity, out)
            elif quantity.kind == "rate" and (self.frame.grows(text, quantity) or asked):
                sign = -1 if self.frame.falls(text, quantity) else 1
                out.put(Fill(growth.rate, sign * quantity.value, estimate=quantity.estimate))
            elif quantity.kind == "fold":
                rises = self.frame.changes(text, quantity) and not self.frame.reached(text, quantity)
                out.put(Fill(growth.rate, quantity.value if rises else quantity.value - 1))
        changed = {growth.rate, growth.difference} & out.slots
        if self.frame.says_same(text) and not changed and not both_known:
            out.put(Fill(growth.difference, Decimal(0)))
        none_said = self.frame.nothing_last_year(understood)
        if context.pending == growth.previous and not understood.quantities and self.frame.says_none(text):
            none_said = True
        if none_said and growth.previous not in given:
            out.put(Fill(growth.previous, Decimal(0)))


def _ranks(levels: list[Sum]) -> dict[int, int]:
    """Ranks of the years by place of the sum; a calendar year takes its place beside this or last year."""
    ranks = {placed.quantity.start: placed.rank for placed in levels if placed.rank is not None}
    calendar = {rank for rank in ranks.values() if rank > _CALENDAR}
    relative = {rank for rank in ranks.values() if rank < _CALENDAR}
    if not relative or not calendar:
        return ranks
    stand_in = -1 if 0 in relative else 0
    return {place: stand_in if rank > _CALENDAR else rank for place, rank in ranks.items()}
