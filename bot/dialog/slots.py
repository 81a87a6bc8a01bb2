"""Slot filling: from the placed quantities of a message to values for the slots of the benefits in play."""

from collections import defaultdict

from bot.dialog.counts import CountFiller
from bot.dialog.fills import Context, Fill, Filled, Gathering
from bot.dialog.frame import FrameReader, Sum, parts_of
from bot.dialog.quantities import Quantity
from bot.dialog.spending import SpendingFiller
from bot.dialog.understanding import STRONG, Understanding
from bot.dialog.vocabulary import Vocabulary, matcher
from calculators.growth import GrowthBase
from calculators.registry import Calculator
from calculators.spending import SpendingRule
from knowledge.library import Dossier
from knowledge.numerals import TEN_THOUSAND

_SURELY_YUAN = 10**5
_MOST_PROJECTS = 1000


class SlotFiller:
    """Fills slots of one policy's benefits."""

    def __init__(self, dossier: Dossier, calculator: Calculator, vocabulary: Vocabulary) -> None:
        """Prepare the readers of sums, spending and counts."""
        self.dossier, self.calculator = dossier, calculator
        self.frame = FrameReader(dossier, vocabulary)
        self.spending = SpendingFiller(self.frame, vocabulary)
        self.counts = CountFiller(dossier, calculator, vocabulary)
        self._each = matcher(vocabulary.each)

    def growth_of(self, benefits: tuple[str, ...]) -> GrowthBase | None:
        """The growth that the benefits look at, if any does."""
        rules = (self.calculator.rule(benefit) for benefit in benefits)
        return next((r.base for r in rules if isinstance(r, SpendingRule)), None)

    def fill(self, understood: Understanding, context: Context) -> Filled:
        """The values that a message gives for the benefits in play."""
        out = Gathering()
        growth = self.growth_of(context.benefits)
        money_said = any(quantity.kind == "money" for quantity in understood.quantities)
        in_wan = context.pending is not None or bool(context.known) or money_said or TEN_THOUSAND in understood.text
        in_play = {None} | {slot for benefit in context.benefits for slot in self.calculator.slot_ids(benefit)}
        bases = frozenset(name for name, base in self.dossier.lexicon.bases.items() if base.slot in in_play)
        sums = self.frame.sums(understood, bases, in_wan=in_wan, goes_on=bool(context.known))
        self._take_sums(understood, context, self._speaking(sums), out)
        if growth:
            self.spending.take_changes(understood, context, growth, out)
        self.counts.take(understood, context, out)
        return out.filled()

    def _speaking(self, sums: tuple[Sum, ...]) -> tuple[Sum, ...]:
        """The sums without those whose base yields to another one that is spoken of (agreed, beside really paid)."""
        said = {placed.base for placed in sums}
        yields = {name for name, base in self.dossier.lexicon.bases.items() if base.yields_to in said}
        return tuple(placed for placed in sums if placed.base not in yields)

    def _take_sums(self, understood: Understanding, context: Context, sums: tuple[Sum, ...], out: Gathering) -> None:
        growth = self.growth_of(context.benefits)
        amounts: dict[tuple[str, str], list[Sum]] = defaultdict(list)
        levels: list[Sum] = []
        told = any(placed.rank is not None or placed.relation == "change" for placed in sums)
        told = told or self.frame.tells_growth(understood.text)
        is_rule = not told and context.pending is None  # a bound with no year beside it is the rule's, not the person's
        for placed in sums:
            if placed.relation == "award" and placed.quantity.kind == "money":
                out.target = placed.value
                continue
            slot, benefit = self._slot_of(understood, context, placed, growth)
            if slot is None or (placed.relation == "bound" and is_rule) or self._is_loose(placed, context):
                continue
            if doubt := self._doubt(understood, placed):
                out.doubts.append((doubt, placed.quantity.text))
            elif growth and slot in (growth.current, growth.previous):
                levels.append(placed)
            else:
                amounts[slot, benefit].append(placed)
        if growth:
            self.spending.take_levels(understood, context, levels, growth, out)
        for (slot, benefit), found in amounts.items():
            self._put_amounts(understood, slot, benefit, found, out)

    @staticmethod
    def _is_loose(placed: Sum, context: Context) -> bool:
        """Whether a bare number is tied to nothing: neither a base, nor a year, nor a question."""
        return placed.quantity.kind == "bare" and not (placed.own or placed.rank is not None or context.pending)

    def _doubt(self, understood: Understanding, placed: Sum) -> str | None:
        """Why the sum cannot be used; a bare number that may be yuan or ten thousands lacks its unit."""
        if self.frame.is_open(understood.text, placed.quantity):
            return "open"
        unscaled = placed.quantity.kind == "bare" and placed.value == placed.quantity.value
        return placed.quantity.doubt or ("unit" if unscaled and 0 < placed.value < _SURELY_YUAN else None)

    def _slot_of(
        self, understood: Understanding, context: Context, placed: Sum, growth: GrowthBase | None
    ) -> tuple[str | None, str]:
        """The slot a sum fills, and its benefit; None where the sum plays no part."""
        named = None if placed.own else self._named_beside(understood, context, placed.quantity)
        if placed.base and named is None:
            slot = self.dossier.lexicon.bases[placed.base].slot
            wanted = growth is not None and not placed.own and placed.rank is not None
            if slot is None and wanted and growth is not None:
                return growth.current, ""
            return slot, self._owner(context, slot)
        if placed.relation in ("change", "further") and growth:
            return growth.current, ""
        if context.pending and self.dossier.slots[context.pending].kind == "money":
            return context.pending, self._owner(context, context.pending)
        if growth and placed.rank is not None:
            return growth.current, ""
        nearest = named or self._nearest_benefit(understood, context, placed.quantity)
        slot = self.calculator.primary_money_slot(nearest) if nearest else None
        return slot, nearest or ""

    def _owner(self, context: Context, slot: str | None) -> str:
        return next((b for b in context.benefits if slot in self.calculator.slot_ids(b)), "")

    def _named_beside(self, understood: Understanding, context: Context, quantity: Quantity) -> str | None:
        """The benefit with a money slot that is named before the sum in its own part of the sentence."""
        part = next(p for p in parts_of(understood.text, understood.quantities) if p.start <= quantity.start < p.end)
        return self._last_named(understood, context, (part.start, quantity.start))

    def _last_named(self, understood: Understanding, context: Context, bounds: tuple[int, int]) -> str | None:
        named = [
            m.id.partition(":")[2]
            for m in understood.topics
            if m.id.startswith(STRONG) and bounds[0] <= m.start and m.end <= bounds[1]
        ]
        with_money = (b for b in reversed(named) if b in context.benefits and self.calculator.primary_money_slot(b))
        return next(with_money, None)

    def _nearest_benefit(self, understood: Understanding, context: Context, quantity: Quantity) -> str | None:
        """The benefit with a money slot that is named last before the sum, else the only or first one in play."""
        last = self._last_named(understood, context, (0, quantity.start))
        return last or next((b for b in context.benefits if self.calculator.primary_money_slot(b)), None)

    def _put_amounts(
        self, understood: Understanding, slot: str, benefit: str, found: list[Sum], out: Gathering
    ) -> None:
        values = tuple(placed.value for placed in found)
        estimate = any(placed.quantity.estimate for placed in found)
        counts = [
            int(q.value)
            for q in understood.quantities
            if q.kind == "count" and self.counts.names(understood, q, benefit)
        ]
        if len(values) == 1 and counts and counts[0] > 1 and understood.text in self._each:
            values *= min(counts[0], _MOST_PROJECTS)
        several = len(values) > 1 and slot == self.calculator.primary_money_slot(benefit)
        out.put(Fill(slot, values if several else values[-1], estimate=estimate))
