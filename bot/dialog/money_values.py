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
from bot.nlu.names import Mention, load_names
from bot.nlu.quantities import Quantity
from bot.nlu.reading import BENEFIT, Reading
from bot.nlu.roles import Figure
from bot.nlu.sentence_parts import is_parted
from knowledge.money import format_yuan
from knowledge.numerals import THING

_PUT = ("paid", "whole", "fiscal", "part", "further")


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
        self._repeat(reading, state, based, money, out)
        self._remove_item(reading, state, based, out)
        found: dict[tuple[str, str], list[tuple[Figure, Decimal]]] = defaultdict(list)
        parts = money["part"] if not set(play) & set(self.growing) or not money["now"] else []
        for role in ("paid", "whole", "fiscal", "further"):
            for figure, value in money[role] if role != "further" or not set(play) & set(self.growing) else ():
                found[self._owner(reading, figure.quantity, based), role].append((figure, value))
        for figure, value in parts:
            owner = self._owner(reading, figure.quantity, based)
            if not found[owner, "paid"] and not found[owner, "whole"]:
                found[owner, "part"].append((figure, value))
        share = self._public_share(reading) is not None
        for benefit in based:
            own = {role: [v for _, v in found[benefit, role]] for role in _PUT}
            if any(own.values()) or share:
                self._put_money(benefit, own, reading, state, out)

    def _repeat(
        self,
        reading: Reading,
        state: State,
        based: Sequence[str],
        money: Mapping[str, list[tuple[Figure, Decimal]]],
        out: Extraction,
    ) -> None:
        """Several projects like the one that is known, or (in all) those that were spoken of one after the other."""
        counts = (*money["things"], *money["heads"])
        gathers = self.sums_up_items(reading, state)
        if gathers and not counts:
            counts = tuple((f, f.quantity.value) for f in reading.figures if f.quantity.kind == "count")
        several = [int(v) for _, v in counts if 1 < v <= thresholds.MOST_THINGS]
        counted = any(self.number_slot(b) for b in state.benefits)
        if not several or counted or any(money[role] for role in (*PUT_IN, "part")):
            return
        for benefit in based:
            items = self._items(state, benefit)
            known = {v.slot: v.value for v in state.values if v.benefit == benefit}
            difference = self.dossier.slots[self.calculator.primary_money_slot(benefit) or ""].difference_of
            whole, fiscal = (known.get(slot) for slot in difference) if difference else (None, None)
            if isinstance(whole, Decimal) and isinstance(fiscal, Decimal):
                items = (whole - fiscal,)
                out.dropped |= {(slot, benefit) for slot in difference or ()}
            told = self._told_before(state, benefit, several[0] - 1) if gathers else ()
            if gathers and not (told or money["things"]):
                out.left_out.append(counts[0][0].quantity.text)  # of the others nothing is known
            elif len(items) == 1:
                out.put(self._paid_for(benefit, (*told, *items) if told else items * several[0]))

    def _told_before(self, state: State, benefit: str, many: int) -> tuple[Decimal, ...]:
        """The last sums of other items of a benefit, spoken of before the one in hand, if there are so many."""
        slot = self.calculator.primary_money_slot(benefit)
        found = [v.value for v in state.earlier if (v.slot, v.benefit) == (slot, benefit)]
        sums = tuple(value for value in found[-many:] if isinstance(value, Decimal))
        return sums if len(sums) == many else ()

    def sums_up_items(self, reading: Reading, state: State) -> bool:
        """Whether the sum of several items is wanted, where the sum of one is in hand."""
        counts = [f.quantity for f in reading.figures if f.quantity.kind == "count" and f.quantity.value > 1]
        things = [q for q in counts if q.unit in load_names().quantities.classifiers[THING]]
        based = [b for b in state.benefits if not self.number_slot(b) and len(self._items(state, b)) == 1]
        one = bool(based) and self.companions(state.benefits)
        return one and reading.intents["total"] > thresholds.ROLE and len(counts) == len(things) == 1

    def _put_money(
        self, benefit: str, own: Mapping[str, list[Decimal]], reading: Reading, state: State, out: Extraction
    ) -> None:
        slot = self.calculator.primary_money_slot(benefit) or ""
        difference = self.dossier.slots[slot].difference_of
        paid, whole, fiscal = own["paid"], own["whole"], own["fiscal"]
        share = self._public_share(reading) if difference and not fiscal else None
        if share is not None and difference:
            self._put_share(benefit, difference, share, [*whole, *paid, *own["part"]], state, out)
            return
        items = self._items(state, benefit)
        if own["further"] and items and [*paid, *whole] == [items[-1] + sum(own["further"])]:
            paid, whole = [], []  # so much more, and so much in all: said twice
        if own["further"] and not (paid or whole or fiscal):
            self._put_further(benefit, own["further"], reading, state, out)
            return
        if len(fiscal) > 1 and whole and sum(fiscal) == whole[-1]:
            fiscal = fiscal[:1]  # all of it is said once more by its parts: the public one comes first
        if len(paid) == 1 and fiscal and not whole and difference and self._is_inside(reading, benefit):
            paid, whole = [], paid
        if not paid and own["part"]:
            paid = [sum(own["part"], Decimal(0))]
        out.merged |= {*paid}
        paid = self._among_items(reading, state, benefit, self._each_of_several(reading, paid), out)
        known = {v.slot: v.value for v in state.values if v.benefit in (benefit, None)}
        if fiscal and difference and known.get(difference[1]) == fiscal[-1] and not (paid or whole):
            return
        for source in (*(difference or ()), slot) if paid or whole or fiscal else ():
            out.dropped.add((source, benefit))
        if paid:
            out.put(self._paid_for(benefit, paid))
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
        things = [f for f in counts if f.role == "things" or self._counts_items(reading, f.quantity)]
        if things and not times:
            return paid * int(things[0].quantity.value)
        return [paid[0] * times[0].quantity.value] if times else paid

    def _counts_items(self, reading: Reading, quantity: Quantity) -> bool:
        """Whether a noun and a word for each stand behind a count: two branches each, two projects; not two parties."""
        behind = reading.text[quantity.end :]
        noun = next((behind[: behind.find(word)] for word in self._each if word in behind), "")
        return len(noun) > 1 and quantity.unit in load_names().quantities.classifiers[THING]

    def _public_share(self, reading: Reading) -> Quantity | None:
        """The share of public money, where one rate is said of it."""
        rates = [f.quantity for f in reading.figures if f.quantity.kind == "rate" and 0 < f.quantity.value < 1]
        named = [m for m in reading.mentions if m.id in self._public_names]
        public = [
            q for q in rates if self._is_public(reading, q) or any(_in_one_part(reading.text, m, q) for m in named)
        ]
        return public[0] if len(public) == len(rates) == 1 else None

    def _put_share(
        self,
        benefit: str,
        difference: tuple[str, str],
        share: Quantity,
        sums: Sequence[Decimal],
        state: State,
        out: Extraction,
    ) -> None:
        """Public money as a share of all that was put in."""
        known = {v.slot: v.value for v in state.values if v.benefit == benefit}
        slot = self.calculator.primary_money_slot(benefit)
        whole = sums[-1] if sums else known.get(difference[0], known.get(slot or ""))
        if not isinstance(whole, Decimal) or len(sums) > 1:
            out.doubts.append(Doubt("fiscal_share"))
            return
        out.dropped |= {(source, benefit) for source in (*difference, slot or "")}
        out.put(SlotValue(difference[0], whole, benefit))
        fiscal = whole * share.value
        shown = f"{format_yuan(whole)} × {share.text} = {format_yuan(fiscal)}"
        out.put(SlotValue(difference[1], fiscal, benefit, shown=shown))

    def _put_further(
        self, benefit: str, sums: Sequence[Decimal], reading: Reading, state: State, out: Extraction
    ) -> None:
        """More money put into what is known: into the item named last, or into the whole of which a part counts."""
        more, items = sum(sums, Decimal(0)), self._items(state, benefit)
        out.merged |= {*sums}
        slot = self.calculator.primary_money_slot(benefit) or ""
        whole = (self.dossier.slots[slot].difference_of or ("", ""))[0]
        known = next((v for v in state.values if (v.slot, v.benefit) == (whole, benefit)), None)
        if known and isinstance(known.value, Decimal):
            out.put(replace(known, value=known.value + more, shown=_grown(known.value, more)))
        elif items:
            index = self._item_meant(reading, items)
            place = len(items) - 1 if index is None else index
            grown = (*items[:place], items[place] + more, *items[place + 1 :])
            sums_shown = [_grown(each, more if at == place else Decimal(0)) for at, each in enumerate(items)]
            shown = " + ".join(sums_shown)
            out.put(replace(self._paid_for(benefit, grown), shown=shown))
        else:
            out.put(self._paid_for(benefit, sums))

    def _among_items(
        self, reading: Reading, state: State, benefit: str, paid: list[Decimal], out: Extraction
    ) -> list[Decimal]:
        """Sums among those that are known of the benefit: of one more item, or of one that is said again."""
        items = self._items(state, benefit)
        if not items or not paid:
            return paid
        gathers = reading.intents["compute"] + reading.intents["add"] + reading.intents["total"] > thresholds.ROLE
        if gathers and any(f.quantity.value in items for f in reading.with_role("ref")):
            return [*items, *paid]  # beside one that is known
        index = self._item_meant(reading, items, beyond=len(paid) == 1)
        if index is not None and len(paid) == 1:
            return [*items[:index], *paid, *items[index + 1 :]]
        totals = [f.quantity for f in reading.figures if f.quantity.kind == "count"]
        if len(paid) > 1 and any(q.value == len(paid) and not self._is_put_on_top(reading, q) for q in totals):
            return paid  # so many items, each with its sum
        if any(q.value == len(items) + len(paid) and self._sums_up(reading, q) for q in totals):
            return [*items, *paid]  # so many together: those that are known are among them
        adds = reading.intents["add"]
        if adds > (thresholds.ROLE if reading.names(BENEFIT) else thresholds.ADDS):
            return [*items, *paid]
        each = len(paid) > 1 and any(word in reading.text for word in self._each)
        if adds > thresholds.MAY_ADD and not (each or reading.names(BENEFIT)):
            readings = (self._paid_for(benefit, paid), self._paid_for(benefit, (*items, *paid)))
            out.doubts.append(Doubt("another", format_yuan(paid[-1]), readings))
        return paid

    def _remove_item(self, reading: Reading, state: State, based: Sequence[str], out: Extraction) -> None:
        """One of several items that is not to be counted any more."""
        for benefit in based if reading.intent == "remove" else ():
            items = self._items(state, benefit)
            index = self._item_meant(reading, items)
            if index is not None and len(items) > 1:
                out.put(self._paid_for(benefit, (*items[:index], *items[index + 1 :])))

    def removes_item(self, reading: Reading, state: State) -> bool:
        """Whether one of several items of the sum in hand is taken away."""
        out = Extraction()
        based = [b for b in state.benefits if b not in self.growing and self.calculator.primary_money_slot(b)]
        self._remove_item(reading, state, based, out)
        return bool(out.values)

    def _paid_for(self, benefit: str, sums: Sequence[Decimal]) -> SlotValue:
        """One sum, or one for each of several items."""
        slot = self.calculator.primary_money_slot(benefit) or ""
        return SlotValue(slot, tuple(sums) if len(sums) > 1 else sums[0], benefit)

    def _items(self, state: State, benefit: str) -> tuple[Decimal, ...]:
        """The sums that are known of a benefit, one for each item."""
        slot = self.calculator.primary_money_slot(benefit)
        known = next((v.value for v in state.values if (v.slot, v.benefit) == (slot, benefit)), ())
        return known if isinstance(known, tuple) else (known,) if isinstance(known, Decimal) else ()

    def _item_meant(self, reading: Reading, items: Sequence[Decimal], *, beyond: bool = False) -> int | None:
        """Which of the items is meant, by its number or its sum; `beyond`: the next one may be."""
        ordinal = self.ordinal_said(reading)
        if ordinal is not None and 0 < ordinal <= len(items) + beyond:
            return ordinal - 1
        referred = [f.quantity.value for f in reading.with_role("ref", "retracted")]
        places = [items.index(value) for value in referred if value in items]
        return places[0] if len(places) == 1 and len(items) > 1 else None

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


def _grown(known: Decimal, more: Decimal) -> str:
    """A sum and what came on top of it, as they are shown."""
    return f"({format_yuan(known)} + {format_yuan(more)})" if more else format_yuan(known)


def _in_one_part(text: str, mention: Mention, quantity: Quantity) -> bool:
    """Whether a name and a figure stand in the same part of a sentence."""
    between = text[min(mention.end, quantity.end) : max(mention.start, quantity.start)]
    return not is_parted(between)
