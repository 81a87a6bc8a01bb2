"""Values of spending over the years: this year, last year, and what is said of the growth."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from bot.dialog import thresholds
from bot.dialog.extraction import FIRST_YEAR, LEVELS, NEAR, Doubt, Extraction
from bot.dialog.policy_slots import PolicySlots
from bot.dialog.slots import SlotValue
from bot.dialog.state import State
from bot.nlu.names import load_names
from bot.nlu.quantities import PHRASE, Quantity
from bot.nlu.reading import Reading
from bot.nlu.roles import Figure
from bot.nlu.sentence_parts import is_parted
from calculators.growth import GrowthBase
from knowledge.money import format_yuan
from knowledge.numerals import YEAR

_LAST_YEAR = -1


class GrowthValues(PolicySlots):
    """Fills the slots of a growth."""

    def _take_growth(
        self, reading: Reading, state: State, money: Mapping[str, list[tuple[Figure, Decimal]]], out: Extraction
    ) -> None:
        growth = self.growth
        if growth is None:
            return
        self._take_levels(reading, state, money, out, growth)
        parts = [value for _, value in money["part"]]
        if len(parts) > 1 and not money["now"] and not money["paid"] and not money["whole"]:
            total = sum(parts, Decimal(0))
            shown = f"{' + '.join(map(format_yuan, parts))} = {format_yuan(total)}"
            if out.uncertain & set(parts):
                out.uncertain.add(total)
            out.put(SlotValue(growth.current, total, shown=shown))
        changes = [f for role in ("fall", "less", "more") for f, _ in money[role]]
        for role, sign in (("rise", 1), ("fall", -1)):
            for figure, value in money[role]:
                if changes and not value:
                    continue  # no growth, on the contrary
                worded = role == "rise" and not any(map(str.isdigit, figure.quantity.text))
                shown = figure.quantity.text if worded else ""
                rate = value - 1 if figure.quantity.unit == PHRASE and value > 0 and role == "rise" else sign * value
                if role == "fall" and value < 0:
                    rate = value
                out.put(SlotValue(growth.rate, rate, estimate=figure.quantity.estimate, shown=shown))
        both = {growth.current, growth.previous} <= {slot for slot, _, _ in out.values}
        for figure, value in () if both else money["share_before"]:  # beside both sums it says nothing new
            doubled = figure.quantity.text if figure.quantity.unit == PHRASE and value >= 1 else ""
            out.put(SlotValue(growth.rate, value - 1, shown=doubled))
        for role, sign in (("more", 1), ("less", -1)):
            for figure, value in money[role]:
                supposed = role == "less" or reading.intent == "suppose"
                supposed = supposed and not self._told_by_difference(state, growth)
                if supposed and self._is_planned(state, growth) and not self.compares_years(reading):
                    self._take_further(sign * value, state, out, growth)
                else:
                    out.put(SlotValue(growth.difference, sign * value, estimate=figure.quantity.estimate))
        for _, value in money["share_now"]:
            known = {v.slot: v.value for v in (*state.values, *out.values.values())}
            current = known.get(growth.current)
            if isinstance(current, Decimal):
                out.put(SlotValue(growth.previous, current * value))
        if money["further"]:
            self._take_further(money["further"][-1][1], state, out, growth)

    def _take_further(self, more: Decimal, state: State, out: Extraction, growth: GrowthBase) -> None:
        """A sum on top of (or, below zero, off) what is spent this year, as far as that is known."""
        known = {v.slot: v.value for v in state.values}
        before, rate, difference = known.get(growth.previous), known.get(growth.rate), known.get(growth.difference)
        out.merged.add(abs(more))
        sign = "+" if more > 0 else "−"
        if (growth.current, None, 0) in out.values:
            return
        if growth.current in known:
            out.shift = more
            if growth.previous not in known and isinstance(difference, Decimal):
                out.put(SlotValue(growth.difference, difference + more))
            elif growth.previous not in known:
                out.dropped.add((growth.rate, None))  # last year's spending is needed to say what the rate is now
        elif (growth.previous, None, 0) in out.values:
            out.put(SlotValue(growth.difference, more))
        elif isinstance(difference, Decimal):
            shown = f"{format_yuan(difference)} {sign} {format_yuan(abs(more))}"
            out.put(SlotValue(growth.difference, difference + more, shown=shown))
        elif isinstance(before, Decimal) and isinstance(rate, Decimal):
            current = before * (1 + rate)
            shown = f"{format_yuan(current)} {sign} {format_yuan(abs(more))}"
            out.put(SlotValue(growth.current, current + more, shown=shown))

    @staticmethod
    def _told_by_difference(state: State, growth: GrowthBase) -> bool:
        """Whether last year's spending is known by the difference alone: another difference then takes its place."""
        known = {v.slot for v in state.values}
        return {growth.current, growth.difference} <= known and growth.previous not in known

    @staticmethod
    def _is_planned(state: State, growth: GrowthBase) -> bool:
        """Whether this year's spending is known: less is then less of it."""
        known = {v.slot for v in state.values}
        return growth.current in known or (growth.previous in known and bool(known & {growth.rate, growth.difference}))

    def _take_levels(
        self,
        reading: Reading,
        state: State,
        money: Mapping[str, list[tuple[Figure, Decimal]]],
        out: Extraction,
        growth: GrowthBase,
    ) -> None:
        """Spending by year; which year is asked about moves with next year's plans and with calendar years."""
        # A talk of last year and the year before names them as seen from this year.
        anchor = 0 if state.focus == _LAST_YEAR else state.focus
        found: dict[int, tuple[Decimal, Figure]] = {}
        levels = [(f, v) for role in LEVELS for f, v in money[role]]
        if self._lacks_years(reading, levels):
            out.doubts.append(Doubt("years"))
            return
        if len(levels) == 1 and self._of_both_years(reading, levels[0][0].quantity):
            for slot in (growth.current, growth.previous):
                out.put(SlotValue(slot, levels[0][1]))
            return
        for role, offset in LEVELS.items():
            for figure, value in money[role]:
                calendar = calendar_of(reading, figure.quantity)
                key = calendar if calendar else anchor + offset
                if calendar and role == "now":
                    out.focus = max(calendar, out.focus or 0)
                elif calendar and role == "before" and not money["now"] and out.focus is None:
                    out.focus = calendar + 1
                if key in found and self._is_second(reading, found[key][1], figure):
                    if figure.probability < thresholds.SURE_TOPIC and self._is_beside(reading, figure):
                        out.left_out.append(figure.quantity.text)
                    else:
                        out.doubt(Doubt("what", figure.quantity.text), value)  # one year has one sum
                    continue
                found[key] = (value, figure)
        if out.focus and out.focus > FIRST_YEAR > anchor:
            found = {(key if key > FIRST_YEAR else out.focus + key - anchor): value for key, value in found.items()}
        out.series = {key: value for key, (value, _) in found.items()}
        known = {**state.series, **out.series}
        asked = self._move_focus(reading, state, money, out, growth)
        focus = out.focus if out.focus is not None else state.focus
        years = self._several(reading, known, asked)
        if len(years) > 1:
            for group, year in enumerate(years, start=1):
                for benefit in self.growing:
                    out.put(SlotValue(growth.current, known[year], benefit, group=group))
                    out.put(SlotValue(growth.previous, known[year - 1], benefit, group=group))
            return
        moved = out.focus is not None and out.focus != state.focus
        for slot, year in ((growth.current, focus), (growth.previous, focus - 1)):
            if year in found:
                out.put(SlotValue(slot, found[year][0], estimate=found[year][1].quantity.estimate))
            elif moved and year in known:
                out.put(SlotValue(slot, known[year]))

    @staticmethod
    def _move_focus(
        reading: Reading,
        state: State,
        money: Mapping[str, list[tuple[Figure, Decimal]]],
        out: Extraction,
        growth: GrowthBase,
    ) -> list[int]:
        """Move the year that is asked about, as the years of a message say; the calendar years that are asked about."""
        known = {**state.series, **out.series}
        if money["now"] and state.focus == _LAST_YEAR:
            out.focus = 0
        spent = {growth.current, growth.rate, growth.difference} & {v.slot for v in state.values}
        if money["before"] and money["earlier"] and not (money["now"] or spent or out.focus):
            out.focus = _LAST_YEAR
        if money["next"] and not money["now"] and state.focus in known:
            out.focus = state.focus + 1
        unattached = [int(q.value) for q in reading.quantities if q.kind == "year" and not _has_figure(reading, q)]
        asked = [year for year in unattached if year in known and year - 1 in known]
        if asked and len(set(asked)) == 1:
            out.focus = asked[-1]
        return asked

    @staticmethod
    def _is_second(reading: Reading, first: Figure, figure: Figure) -> bool:
        """Whether a figure stands beside another of the same year, and does not replace it."""
        before = [reading.text[m.end : first.quantity.start] for m in reading.mentions if m.id.startswith("year:")]
        dated = any(words and not is_parted(words) for words in before)
        weaker = first.probability < thresholds.SURELY_COVERED < figure.probability and not dated
        replaces = weaker or first.quantity.unit == PHRASE
        repaired = reading.intent in ("correct", "suppose") or replaces
        return first.quantity.value != figure.quantity.value and not repaired

    @staticmethod
    def _lacks_years(reading: Reading, levels: Sequence[tuple[Figure, Decimal]]) -> bool:
        """Whether two sums are said without a year and without a word of change between them."""
        named = any(m.id.startswith(("year:", "change:")) for m in reading.mentions)
        return len(levels) == 2 and not named and not any(q.kind in ("year", "rate") for q in reading.quantities)

    def _of_both_years(self, reading: Reading, quantity: Quantity) -> bool:
        """Whether one figure is said of this and of last year (both were)."""
        before = [m.id for m in self._years.find(reading.text) if m.end <= quantity.start]
        right = reading.text[max(0, quantity.start - NEAR) : quantity.start]
        two = any(q.unit == YEAR and q.value == 2 and q.end <= quantity.start for q in reading.quantities)
        if two and not before and any(word in right for word in load_names().both):
            return True
        return before[-2:] in (["this", "last"], ["last", "this"]) and any(word in right for word in load_names().both)

    def _several(self, reading: Reading, known: Mapping[int, Decimal], asked: Sequence[int]) -> list[int]:
        """The years for each of which a sum is asked."""
        if len(set(asked)) > 1:
            return sorted(set(asked))
        each = any(word in reading.text for word in self._each)
        levels = [figure for figure in reading.figures if figure.role in LEVELS]
        with_previous = sorted(year for year in known if year - 1 in known)
        return with_previous if each and len(levels) > 2 else []


def calendar_of(reading: Reading, quantity: Quantity) -> int | None:
    """The calendar year that a figure belongs to: the last one before it in its part of the sentence."""
    years = [q for q in reading.quantities if q.kind == "year" and q.end <= quantity.start]
    if not years:
        return None
    year = years[-1]
    figures = [figure.quantity for figure in reading.figures if figure.role in LEVELS]
    nearer = any(m.id.startswith("year:") and year.end <= m.start < quantity.start for m in reading.mentions)
    taken = any(year.end <= f.start < quantity.start for f in figures)
    between = reading.text[year.end : quantity.start]
    return None if nearer or taken or is_parted(between) else int(year.value)


def _has_figure(reading: Reading, year: Quantity) -> bool:
    """Whether a level of spending follows a calendar year before the next one."""
    behind = [q for q in reading.quantities if q.start > year.start]
    for quantity in behind:
        if quantity.kind == "year":
            return False
        if any(f.quantity is quantity and f.role in LEVELS for f in reading.figures):
            return True
    return False
