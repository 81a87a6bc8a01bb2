"""Values of money put into something: paid, in all, public money in it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from bot.dialog import thresholds
from bot.dialog.extraction import (
    PUT_IN,
    SHORT,
    Doubt,
    Extraction,
)
from bot.dialog.policy_slots import PolicySlots
from bot.dialog.slots import SlotValue
from bot.dialog.state import State
from bot.nlu.names import load_names
from bot.nlu.quantities import Quantity
from bot.nlu.reading import BENEFIT, Reading
from bot.nlu.roles import Figure
from knowledge.money import format_yuan


class MoneyValues(PolicySlots):
    """Fills the money slots of benefits that are no growth."""

    def _take_put_in(
        self,
        reading: Reading,
        state: State,
        play: tuple[str, ...],
        money: Mapping[str, list[tuple[Figure, Decimal]]],
        out: Extraction,
    ) -> None:
        based = [b for b in play if b not in self.growing and self.calculator.primary_money_slot(b)]
        if not based:
            return
        self._repeat(state, based, money, out)
        found: dict[tuple[str, str], list[tuple[Figure, Decimal]]] = defaultdict(list)
        parts = money["part"] if not set(play) & set(self.growing) or not money["now"] else []
        for role in ("paid", "whole", "fiscal"):
            for figure, value in money[role]:
                found[self._owner(reading, figure.quantity, based), role].append((figure, value))
        for figure, value in parts:
            owner = self._owner(reading, figure.quantity, based)
            if not found[owner, "paid"] and not found[owner, "whole"]:
                found[owner, "part"].append((figure, value))
        for benefit in based:
            own = {role: [v for _, v in found[benefit, role]] for role in ("paid", "whole", "fiscal", "part")}
            if any(own.values()):
                self._put_money(benefit, own, reading, state, out)

    def _repeat(
        self, state: State, based: Sequence[str], money: Mapping[str, list[tuple[Figure, Decimal]]], out: Extraction
    ) -> None:
        """Several projects like the one that is known."""
        several = [int(v) for _, v in money["things"] if 1 < v <= thresholds.MOST_THINGS]
        if not several or any(money[role] for role in (*PUT_IN, "part")):
            return
        for known in state.values:
            if (
                known.benefit is not None
                and known.benefit in based
                and isinstance(known.value, Decimal)
                and known.slot == self.calculator.primary_money_slot(known.benefit)
            ):
                out.put(replace(known, value=(known.value,) * several[0]))

    def _put_money(
        self, benefit: str, own: Mapping[str, list[Decimal]], reading: Reading, state: State, out: Extraction
    ) -> None:
        slot = self.calculator.primary_money_slot(benefit) or ""
        difference = self.dossier.slots[slot].difference_of
        paid, whole, fiscal = own["paid"], own["whole"], own["fiscal"]
        if len(fiscal) > 1 and whole and sum(fiscal) == whole[-1]:
            fiscal = fiscal[:1]  # all of it is said once more by its parts: the public one comes first
        if len(paid) == 1 and fiscal and not whole and difference and self._is_inside(reading, benefit):
            paid, whole = [], paid
        if not paid and own["part"]:
            paid = [sum(own["part"], Decimal(0))]
        paid = self._each_of_several(reading, paid)
        known = {v.slot: v.value for v in state.values if v.benefit in (benefit, None)}
        if fiscal and difference and known.get(difference[1]) == fiscal[-1] and not (paid or whole):
            return
        for source in (*(difference or ()), slot) if paid or whole or fiscal else ():
            out.dropped.add((source, benefit))
        if paid:
            out.put(SlotValue(slot, tuple(paid) if len(paid) > 1 else paid[0], benefit))
            if difference and any(fiscal):
                out.put(SlotValue(difference[1], fiscal[-1], benefit))
            return
        if difference is None:
            if whole:
                out.doubts.append(Doubt("paid", format_yuan(whole[-1])))
            return
        before = known.get(slot) if isinstance(known.get(slot), Decimal) else known.get(difference[0])
        total = whole[-1] if whole else before
        if fiscal and isinstance(total, Decimal):
            out.put(SlotValue(difference[0], total, benefit))
            out.put(SlotValue(difference[1], sum(fiscal, Decimal(0)), benefit))
        elif whole:
            out.doubts.append(Doubt("fiscal", format_yuan(whole[-1]), (SlotValue(slot, whole[-1], benefit),)))
            out.put(SlotValue(difference[0], whole[-1], benefit))

    def _each_of_several(self, reading: Reading, paid: list[Decimal]) -> list[Decimal]:
        """One sum said for each of several: as many projects, or as many payments for one (three times 80)."""
        if len(paid) != 1 or not any(word in reading.text for word in self._each):
            return paid
        counts = [
            f for f in reading.figures if f.quantity.kind == "count" and 1 < f.quantity.value <= thresholds.MOST_THINGS
        ]
        times = [f for f in counts if f.quantity.unit in load_names().times]
        things = [f for f in counts if f.role == "things"]
        if things and not times:
            return paid * int(things[0].quantity.value)
        return [paid[0] * times[0].quantity.value] if times else paid

    @staticmethod
    def _is_inside(reading: Reading, benefit: str) -> bool:
        """Whether public money is said to be inside the sum named before it (of which, including)."""
        fiscal = reading.with_role("fiscal")[0].quantity
        around = reading.text[max(0, fiscal.start - SHORT // 2) : fiscal.end + 4]
        outside = any(word in around for word in load_names().beside)
        return not outside and any(word in around for word in load_names().inside)

    def _owner(self, reading: Reading, quantity: Quantity, based: Sequence[str]) -> str:
        """The benefit that a sum was put into: the one named last before it, else named at all, else the first."""
        named = [m for m in reading.mentions if m.id.startswith(BENEFIT) and m.id.partition(":")[2] in based]
        before = [m.id.partition(":")[2] for m in named if m.end <= quantity.start]
        return before[-1] if before else named[0].id.partition(":")[2] if named else based[0]
