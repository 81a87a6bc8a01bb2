"""Slot filling: from the placed quantities of a message to values for the slots of the benefits in play."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from bot.dialog.fills import Fill, Filled
from bot.dialog.frame import FrameReader, Part, Sum, parts_of
from bot.dialog.quantities import Quantity
from bot.dialog.understanding import STRONG, Understanding
from bot.dialog.vocabulary import Matcher, Mention, Vocabulary, matcher
from calculators.growth import GrowthBase
from calculators.growth_bonus import GrowthBonus
from calculators.per_full_unit import PerFullUnit
from calculators.registry import Calculator
from knowledge.benefit import Slot
from knowledge.library import Dossier
from knowledge.numerals import YEAR

_CALENDAR = 1900
_MOST_COUNT = 10**4
_YEARS_UNIT = YEAR
_NOUN_WITHIN, _NAME_WITHIN = 10, 4


@dataclass(frozen=True, slots=True)
class Context:
    """What the conversation already holds: benefits in play, fills so far, and the slot that was asked for last."""

    benefits: tuple[str, ...]
    known: tuple[Fill, ...] = ()
    pending: str | None = None


@dataclass
class _Gathered:
    """Values of one message while they are being collected."""

    fills: dict[tuple[str, str | None], Fill] = field(default_factory=dict)
    doubts: list[tuple[str, str]] = field(default_factory=list)
    target: Decimal | None = None
    shift: Decimal | None = None

    def put_groups(self, slot: str, benefit: str, values: tuple[int, ...] | tuple[str, ...]) -> None:
        for group, value in enumerate(values, start=1):
            self.fills[slot, f"{benefit}#{group}"] = Fill(slot, value, benefit, group=group)

    def put(self, slot: str, value: Decimal | tuple[Decimal, ...] | int | str, **more: object) -> None:
        benefit = more.get("benefit")
        key = (slot, benefit if isinstance(benefit, str) else None)
        self.fills.setdefault(key, Fill(slot, value, key[1], bool(more.get("estimate"))))


class SlotFiller:
    """Fills slots of one policy's benefits."""

    def __init__(self, dossier: Dossier, calculator: Calculator, vocabulary: Vocabulary) -> None:
        """Prepare the frame reader."""
        self.dossier, self.calculator, self.vocabulary = dossier, calculator, vocabulary
        self.frame = FrameReader(dossier, vocabulary)
        self._each = matcher(vocabulary.each)
        self._not_counted = matcher(vocabulary.not_counted)
        self._origin = matcher(vocabulary.origin)

    def growth_of(self, benefits: tuple[str, ...]) -> GrowthBase | None:
        """The growth that the benefits look at, if any does."""
        rules = (self.calculator.rule(benefit) for benefit in benefits)
        return next((r.base for r in rules if isinstance(r, (PerFullUnit, GrowthBonus))), None)

    def fill(self, understood: Understanding, context: Context) -> Filled:
        """The values that a message gives for the benefits in play."""
        gathered = _Gathered()
        growth = self.growth_of(context.benefits)
        in_wan = context.pending is not None or bool(context.known) or any(q.kind == "money" for q in understood.quantities)
        in_play = {slot for benefit in context.benefits for slot in self.calculator.slot_ids(benefit)}
        bases = self.dossier.lexicon.bases.items()
        sums = self.frame.sums(understood, frozenset(b for b, base in bases if base.slot in {None, *in_play}), in_wan=in_wan)
        self._take_money(understood, context, sums, gathered, growth)
        if growth:
            self._take_growth(understood, context, growth, gathered)
        self._take_counts(understood, context, gathered)
        self._take_grades(understood, context, gathered)
        return Filled(tuple(gathered.fills.values()), gathered.target, tuple(gathered.doubts), gathered.shift)

    # -- money

    def _take_money(
        self, understood: Understanding, context: Context, sums: tuple[Sum, ...], out: _Gathered, growth: GrowthBase | None
    ) -> None:
        amounts: dict[tuple[str, str], list[Sum]] = defaultdict(list)
        levels: list[Sum] = []
        told = any(placed.rank is not None or placed.relation == "change" for placed in sums)
        is_rule = not told and context.pending is None  # a bound with no year beside it is the rule's, not the person's
        for placed in sums:
            if placed.relation == "award" and placed.quantity.kind == "money":
                out.target = placed.value
                continue
            slot, benefit = self._slot_of(understood, context, placed, growth)
            if slot is None or (placed.relation == "bound" and is_rule):
                continue
            if placed.quantity.doubt:
                out.doubts.append((placed.quantity.doubt, placed.quantity.text))
            elif placed.quantity.kind == "bare" and not (placed.own or placed.rank is not None or context.pending):
                continue
            elif placed.quantity.kind == "bare" and placed.value == placed.quantity.value and 0 < placed.value < 10**5:
                out.doubts.append(("unit", placed.quantity.text))
            elif growth and slot in (growth.current, growth.previous):
                levels.append(placed)
            else:
                amounts[slot, benefit].append(placed)
        if growth:
            self._take_levels(understood, context, levels, out, growth)
        for (slot, benefit), found in amounts.items():
            self._put_amounts(understood, slot, benefit, found, out)

    def _slot_of(
        self, understood: Understanding, context: Context, placed: Sum, growth: GrowthBase | None
    ) -> tuple[str | None, str]:
        """The slot a sum fills, and its benefit; None where the sum plays no part."""
        if placed.base:
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
        nearest = self._nearest_benefit(understood, context, placed.quantity)
        slot = self.calculator.primary_money_slot(nearest) if nearest else None
        return slot, nearest or ""

    def _owner(self, context: Context, slot: str | None) -> str:
        return next((b for b in context.benefits if slot in self.calculator.slot_ids(b)), "")

    def _nearest_benefit(self, understood: Understanding, context: Context, quantity: Quantity) -> str | None:
        """The benefit with a money slot that is named last before the sum, else the only or first one in play."""
        named = [m.id.partition(":")[2] for m in understood.topics if m.id.startswith(STRONG) and m.end <= quantity.start]
        for benefit in (*reversed(named), *context.benefits):
            if benefit in context.benefits and self.calculator.primary_money_slot(benefit):
                return benefit
        return None

    def _put_amounts(
        self, understood: Understanding, slot: str, benefit: str, found: list[Sum], out: _Gathered
    ) -> None:
        values = tuple(placed.value for placed in found)
        estimate = any(placed.quantity.estimate for placed in found)
        counts = [int(q.value) for q in understood.quantities if q.kind == "count" and self._counts_name(understood, q, benefit)]
        if len(values) == 1 and counts and counts[0] > 1 and understood.text in self._each:
            values *= min(counts[0], 1000)
        several = len(values) > 1 and slot == self.calculator.primary_money_slot(benefit)
        out.put(slot, values if several else values[-1], estimate=estimate)

    def _take_levels(
        self, understood: Understanding, context: Context, levels: list[Sum], out: _Gathered, growth: GrowthBase
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
                out.put(growth.difference, sign * placed.value, estimate=placed.quantity.estimate)
        if any(placed.both_years for placed in plain):
            plain[0:1] and out.put(growth.current, plain[0].value)
            out.put(growth.previous, plain[0].value)
            return
        ranks = _ranks(plain)
        unranked = [placed for placed in plain if placed.rank is None]
        ordered = sorted({rank for rank in ranks.values()}, reverse=True)
        for placed in plain:
            rank = ranks.get(placed.quantity.start)
            if rank is None:
                continue
            second = len(ordered) > 1 and rank == ordered[1]
            alone_earlier = len(ordered) == 1 and rank < 0
            if rank == ordered[0] or second:
                slot = growth.previous if second or alone_earlier else growth.current
                out.put(slot, placed.value, estimate=placed.quantity.estimate)
        self._take_unranked(understood, context, unranked, out, growth)

    def _take_unranked(
        self, understood: Understanding, context: Context, unranked: list[Sum], out: _Gathered, growth: GrowthBase
    ) -> None:
        given = {slot for slot, _ in out.fills}
        if len(unranked) > 1 and not given & {growth.current, growth.previous}:
            if understood.text in self._origin or self.frame.reached(understood.text, unranked[1].quantity):
                out.put(growth.previous, unranked[0].value)
                out.put(growth.current, unranked[1].value)
            else:
                out.doubts.append(("years", ""))
            return
        for placed in unranked[:1]:
            wanted = context.pending if context.pending in (growth.current, growth.previous) else growth.current
            other = growth.previous if wanted == growth.current else growth.current
            slot = other if wanted in given else wanted
            if slot not in given and (placed.own or context.pending or slot == growth.current):
                out.put(slot, placed.value, estimate=placed.quantity.estimate)

    # -- growth

    def _take_growth(self, understood: Understanding, context: Context, growth: GrowthBase, out: _Gathered) -> None:
        text = understood.text
        asked = context.pending in (growth.current, growth.previous)
        given = {slot for slot, _ in out.fills}
        both_known = {growth.current, growth.previous} <= given
        for quantity in understood.quantities:
            if quantity.kind not in ("rate", "fold") or both_known:
                continue
            if quantity.doubt:
                out.doubts.append((quantity.doubt, quantity.text))
            elif quantity.kind == "rate" and (self.frame.grows(text, quantity) or asked):
                sign = -1 if self.frame.falls(text, quantity) else 1
                out.put(growth.rate, sign * quantity.value, estimate=quantity.estimate)
            elif quantity.kind == "fold":
                rises = self.frame.changes(text, quantity) and not self.frame.reached(text, quantity)
                out.put(growth.rate, quantity.value if rises else quantity.value - 1)
        if (doubled := self.frame.doubling(text)) is not None:
            out.put(growth.rate, doubled)
        changed = {growth.rate, growth.difference} & {slot for slot, _ in out.fills}
        if self.frame.says_same(text) and not changed and not both_known:
            out.put(growth.difference, Decimal(0))
        none_said = self.frame.nothing_last_year(understood)
        if context.pending == growth.previous and not understood.quantities and self.frame.says_none(text):
            none_said = True
        if none_said and growth.previous not in given:
            out.put(growth.previous, Decimal(0))

    # -- counts and grades

    def _take_counts(self, understood: Understanding, context: Context, out: _Gathered) -> None:
        for benefit in context.benefits:
            slots = [s for s in self.calculator.slot_ids(benefit) if self.dossier.slots[s].kind == "count"]
            found = {slot: self._matching(understood, context, benefit, slot) for slot in slots}
            groups = max(map(len, found.values()), default=0)
            if any(value < 0 for values in found.values() for value in values):
                out.doubts.append(("negative_count", ""))
                continue
            for slot, values in found.items():
                if groups > 1 and len(values) == groups and len(slots) > 1:
                    out.put_groups(slot, benefit, values)
                elif values:
                    summed = self.dossier.slots[slot].unit not in self.vocabulary.counted[_YEARS_UNIT]
                    names = {m.text for m in understood.topics if m.id == f"{STRONG}:{benefit}"}
                    times = len(names) if len(values) == 1 and understood.text in self._each else 1
                    out.put(slot, sum(values) * max(times, 1) if summed else values[0], benefit=benefit)

    def _matching(self, understood: Understanding, context: Context, benefit: str, slot_id: str) -> tuple[int, ...]:
        """The counts of a message that fit a slot, in order."""
        slot = self.dossier.slots[slot_id]
        expected = slot.default is None or slot_id in {context.pending, *(fill.slot for fill in context.known)}
        free = expected and (len(context.benefits) == 1 or not understood.benefits)
        found = []
        for quantity in understood.quantities:
            if self._counts(understood, quantity, benefit, slot, free=free):
                found.append(-int(quantity.value) if quantity.doubt else int(quantity.value))
        return tuple(found)

    def _counts(self, understood: Understanding, quantity: Quantity, benefit: str, slot: Slot, *, free: bool) -> bool:
        whole = quantity.value == quantity.value.to_integral_value() and quantity.value < _MOST_COUNT
        if quantity.kind == "bare" and whole:
            return free and len(understood.quantities) == 1
        if quantity.kind != "count" or not whole or quantity.doubt == "vague":
            return False
        if quantity.unit not in self.vocabulary.quantities.classifiers[slot.unit]:
            return False
        if self._is_other_count(understood, quantity):
            return False
        if slot.unit in self.vocabulary.counted[_YEARS_UNIT] or free:
            return True
        behind = understood.text[quantity.end : quantity.end + _NAME_WITHIN + 2]
        named = any(noun in behind for noun in self.vocabulary.counted.get(slot.unit, ()))
        return (named and quantity.value > 1) or self._counts_name(understood, quantity, benefit)

    def _counts_name(self, understood: Understanding, quantity: Quantity, benefit: str) -> bool:
        """Whether the name of the benefit stands beside the count, in the same part of the sentence."""
        part = self._part(understood, quantity)
        named = [m for m in understood.topics if m.id.startswith(STRONG) and part.start <= m.start < part.end]
        behind = [m for m in named if 0 <= m.start - quantity.end <= _NOUN_WITHIN]
        before = [m for m in named if 0 <= quantity.start - m.end <= _NAME_WITHIN]
        beside = behind[:1] or before[-1:]
        return any(mention.id == f"{STRONG}:{benefit}" for mention in beside)

    def _is_other_count(self, understood: Understanding, quantity: Quantity) -> bool:
        """Whether the count is of staff, patents, years since founding and the like, or only sums up."""
        part = self._part(understood, quantity)
        before = understood.text[max(part.start, quantity.start - _NOUN_WITHIN) : quantity.start]
        behind = understood.text[quantity.end : min(part.end, quantity.end + _NAME_WITHIN)]
        spans_years = quantity.unit in self.vocabulary.counted[_YEARS_UNIT]
        sums_up = not spans_years and any(behind.startswith(word) for word in self.vocabulary.summing)
        return before in self._not_counted or behind in self._not_counted or sums_up

    @staticmethod
    def _part(understood: Understanding, quantity: Quantity) -> Part:
        parts = parts_of(understood.text, understood.quantities)
        return next(part for part in parts if part.start <= quantity.start < part.end)

    def grades(self, understood: Understanding, benefit: str) -> tuple[tuple[str, Mention], ...]:
        """Grades that the message gives for a benefit, as (slot, mention) in reading order, each grade once."""
        found: dict[tuple[str, str], Mention] = {}
        for slot_id in self.calculator.slot_ids(benefit):
            names = self.dossier.lexicon.grades.get(slot_id, {})
            for mention in Matcher(names).find(understood.text):
                found.setdefault((slot_id, mention.id), mention)
        return tuple((slot_id, mention) for (slot_id, _), mention in found.items())

    def _take_grades(self, understood: Understanding, context: Context, out: _Gathered) -> None:
        for benefit in context.benefits:
            found = self.grades(understood, benefit)
            if len(found) > 1:
                for key in [k for k, fill in out.fills.items() if fill.benefit == benefit and not fill.group]:
                    del out.fills[key]
                out.put_groups(found[0][0], benefit, tuple(mention.id for _, mention in found))
                counts = tuple(self._count_before(understood, mention) for _, mention in found)
                slots = [s for s in self.calculator.slot_ids(benefit) if self.dossier.slots[s].kind == "count"]
                if slots and all(counts):
                    out.put_groups(slots[0], benefit, counts)
            elif found:
                out.put(found[0][0], found[0][1].id, benefit=benefit)

    @staticmethod
    def _count_before(understood: Understanding, mention: Mention) -> int:
        """The count right before a grade (two got the lower one); 0 where there is none."""
        counts = [q for q in understood.quantities if q.kind == "count" and q.start < mention.start <= q.end + 2]
        return int(counts[-1].value) if counts else 0


def _ranks(levels: list[Sum]) -> dict[int, int]:
    """Ranks of the years by place of the sum; a calendar year takes its place beside this or last year."""
    ranks = {placed.quantity.start: placed.rank for placed in levels if placed.rank is not None}
    calendar = {rank for rank in ranks.values() if rank > _CALENDAR}
    relative = {rank for rank in ranks.values() if rank < _CALENDAR}
    if not relative or not calendar:
        return ranks
    stand_in = -1 if 0 in relative else 0
    return {place: stand_in if rank > _CALENDAR else rank for place, rank in ranks.items()}

