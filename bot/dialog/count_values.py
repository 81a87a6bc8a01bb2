"""Values of counts and grades: how many of what, in one or several groups."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from bot.dialog import thresholds
from bot.dialog.count_edits import CountEdits
from bot.dialog.extraction import COUNTS, NEAR, Doubt, Extraction
from bot.dialog.slots import SlotValue
from bot.dialog.state import State
from bot.nlu.names import Mention, load_names
from bot.nlu.quantities import Quantity
from bot.nlu.reading import BENEFIT, Reading
from bot.nlu.roles import Figure
from knowledge.numerals import PART_MARKS, YEAR


class CountValues(CountEdits):
    """Fills the count and grade slots."""

    def _take_counts(
        self,
        reading: Reading,
        state: State,
        play: tuple[str, ...],
        money: Mapping[str, list[tuple[Figure, Decimal]]],
        out: Extraction,
    ) -> None:
        slots = {role: self._count_slots(play, role) for role in COUNTS}
        months = [f.quantity for f in reading.figures if f.quantity.unit in load_names().months]
        if months and slots["years"] and not money["years"]:
            out.doubts.append(Doubt("months", months[0].text))
        for role, limit in (
            ("heads", thresholds.MOST_HEADS),
            ("years", thresholds.MOST_YEARS),
            ("things", thresholds.MOST_THINGS),
        ):
            for figure, value in money[role]:
                odd = value > limit or value != value.to_integral_value() or figure.quantity.doubt
                if odd and slots[role]:
                    out.doubt(Doubt("count", figure.quantity.text), value)
        persons = [value for _, value in money["heads"]]
        if len(persons) > 1 and max(persons) > thresholds.MOST_APART * min(persons) and slots["heads"]:
            odd_one, most = next((f, v) for f, v in money["heads"] if v == max(persons))
            if odd_one.probability < thresholds.OTHER_ROLE:
                out.left_out.append(odd_one.quantity.text)
                out.uncertain.add(most)
            else:
                out.doubt(Doubt("count", odd_one.quantity.text), most)
        self._change_counts(state, play, money, out)
        self._fill_up(reading, state, play, out)
        for benefit in play:
            own = {
                role: [
                    (f, int(v))
                    for f, v in money[role]
                    if v not in out.uncertain and self._counts_for(reading, f.quantity, benefit, play, role)
                ]
                for role in COUNTS
            }
            own["things"] = self._of_this(reading, benefit, own["things"], out) if not own["years"] else own["things"]
            number = "heads" if self.slot_for(benefit, "heads") else "things"
            years = [v for _, v in own["years"]]
            heads_or_things = sorted(own["heads"] + own["things"], key=lambda pair: pair[0].quantity.start)
            said = [(f.quantity, v) for f, v in heads_or_things]
            counts = [(q, v * self._each_named(reading, q, benefit)) for q, v in said]
            if self._breaks_groups(reading, state, benefit, [v for _, v in counts], years):
                out.doubts.append(Doubt("groups"))
                continue
            heads = self._edited(reading, state, benefit, counts, out) if len(years) < 2 else [v for _, v in counts]
            head_slot, year_slot = self.slot_for(benefit, number), self.slot_for(benefit, "years")
            sharing = [b for b in play if head_slot and self.slot_for(b, number) == head_slot]
            things, many = [v for _, v in money["things"]], len(sharing)
            gathered = many > 1 and things in ([many], [many] + [1] * many)
            if gathered and not any(self._is_named_behind(reading, f.quantity, play) for f, _ in money["things"][:1]):
                heads = [1]  # two: one of this benefit, one of that
            self._put_counts(reading, benefit, (head_slot, heads), (year_slot, years), state, out)

    @staticmethod
    def _is_named_behind(reading: Reading, quantity: Quantity, play: tuple[str, ...]) -> bool:
        """Whether a count stands right before the name of what it counts."""
        behind = [m.id.partition(":")[2] for m in reading.mentions if 0 <= m.start - quantity.end <= 1]
        return bool(set(behind) & set(play))

    def _of_this(
        self, reading: Reading, benefit: str, counts: list[tuple[Figure, int]], out: Extraction
    ) -> list[tuple[Figure, int]]:
        """Of several counts in a row those beside a name of the benefit; others may be of anything, which is said."""
        values = [value for _, value in counts]
        if len(counts) < 2 or _without_total(values) != values or self.grades(reading.text, benefit):
            return counts
        names = [m for m in reading.mentions if m.id in (f"{BENEFIT}:{benefit}", f"weak:{benefit}")]
        nearest = [min(counts, key=lambda c: _distance(reading.text, m, c[0].quantity))[0] for m in names]
        named = [any(figure is each for each in nearest) for figure, _ in counts]
        if not any(named):
            return counts
        out.left_out += [f.quantity.text for (f, _), kept in zip(counts, named, strict=True) if not kept]
        return [count for count, kept in zip(counts, named, strict=True) if kept]

    def _each_named(self, reading: Reading, quantity: Quantity, benefit: str) -> int:
        """How many things a count is said of: of each of those that are named before it, else of one."""
        named = [m for m in reading.mentions if m.id == f"{BENEFIT}:{benefit}" and m.end <= quantity.start]
        before = reading.text[named[-1].end : quantity.start] if named else ""
        counted = any(q.kind == "count" and q.start < quantity.start for q in reading.quantities)
        return len(named) if not counted and any(word in before for word in self._each) else 1

    def _fill_up(self, reading: Reading, state: State, play: tuple[str, ...], out: Extraction) -> None:
        """Who says that all is taken that there is means all the years that are printed."""
        if not any(word in reading.text for word in load_names().filled) or reading.intent == "inverse":
            return
        for benefit in () if reading.with_role("years") else play:
            for value in self.printed_counts(benefit, (*state.values, *out.values.values())):
                out.put(value)

    def _change_counts(
        self, state: State, play: tuple[str, ...], money: Mapping[str, list[tuple[Figure, Decimal]]], out: Extraction
    ) -> None:
        """One more, one less: of the count that is known already."""
        for figure, value in money["count_change"]:
            sign = -1 if figure.role == "less" else 1
            for known in state.values:
                slot = self.dossier.slots[known.slot]
                fits = slot.kind == "count" and (slot.unit == YEAR) == (figure.quantity.unit == YEAR)
                if fits and known.benefit in play and isinstance(known.value, int) and known.value + sign * value > 0:
                    out.put(replace(known, value=known.value + sign * int(value)))

    @staticmethod
    def _of_some(reading: Reading) -> bool:
        """Whether a message tells of some of those that were named before."""
        return any(word in reading.text for word in load_names().some)

    def _put_counts(
        self,
        reading: Reading,
        benefit: str,
        heads: tuple[str | None, list[int]],
        years: tuple[str | None, list[int]],
        state: State,
        out: Extraction,
    ) -> None:
        head_slot, many = heads
        year_slot, spans = years
        many = _without_total(many)
        if many in ([], [self.known_number(state, benefit)]) and self.one_of_them(reading, benefit):
            many = [1] if self._is_split(benefit, head_slot, [1], year_slot, spans, state) else many
        some = self._of_some(reading) or self.one_of_them(reading, benefit)
        if some and self._is_split(benefit, head_slot, many, year_slot, spans, state):
            known = {v.slot: int(v.value) for v in state.values if v.benefit == benefit and isinstance(v.value, int)}
            rest, span = known[head_slot or ""] - many[0], known[year_slot or ""]
            many, spans = [rest, many[0]], [span, spans[0]]
        if head_slot and year_slot and len(many) > 1 and len(many) == len(spans):
            for group, (number, span) in enumerate(zip(many, spans, strict=True), start=1):
                out.put(SlotValue(head_slot, number, benefit, group=group))
                out.put(SlotValue(year_slot, span, benefit, group=group))
            return
        if year_slot and len(set(spans)) > 1:
            out.doubts.append(Doubt("groups"))
            return
        if head_slot and many:
            out.put(SlotValue(head_slot, sum(many), benefit))
        if year_slot and spans:
            out.put(SlotValue(year_slot, spans[0], benefit))

    def _breaks_groups(
        self, reading: Reading, state: State, benefit: str, many: Sequence[int], spans: Sequence[int]
    ) -> bool:
        """Whether a message changes some of several groups that are known, without saying which."""
        grouped = any(v.group and v.benefit == benefit for v in state.values)
        every = any(word in reading.text for word in load_names().both)
        groups = len(many) == len(spans) > 1 or list(many) == [self.known_number(state, benefit)]
        return grouped and bool(many or spans) and not (every or groups or benefit in reading.names(BENEFIT))

    @staticmethod
    def _is_split(
        benefit: str, head_slot: str | None, many: list[int], year_slot: str | None, spans: list[int], state: State
    ) -> bool:
        """Whether some of those said before differ from the rest (one of three, for one year only)."""
        known = {v.slot: v.value for v in state.values if v.benefit == benefit and not v.group}
        heads, years = known.get(head_slot or ""), known.get(year_slot or "")
        if not (isinstance(heads, int) and isinstance(years, int) and len(many) == len(spans) == 1):
            return False
        return many[0] < heads and spans[0] != years

    def _counts_for(self, reading: Reading, quantity: Quantity, benefit: str, play: tuple[str, ...], role: str) -> bool:
        """Whether a count is of this benefit: the one that is named nearest, or the only one with such a slot."""
        able = [b for b in play if self.slot_for(b, role) or (role != "years" and self.number_slot(b))]
        if quantity.kind == "count" and not self._is_counted_in(quantity, benefit):
            return False
        if role == "things" and self._counts_applicants(reading, quantity, benefit):
            return False
        if len(play) < 2 or not able:
            return benefit in able
        ids = {f"{kind}:{each}" for each in play for kind in (BENEFIT, "weak")}
        named = [m for m in reading.mentions if m.id in ids]
        if not named:
            return benefit == able[0]
        nearest = min(named, key=lambda m: _distance(reading.text, m, quantity))
        return nearest.id.partition(":")[2] == benefit

    def _counts_applicants(self, reading: Reading, quantity: Quantity, benefit: str) -> bool:
        """Whether a count is one of firms and the like, where the benefit counts something else."""
        behind = reading.text[quantity.end : quantity.end + NEAR]
        groups = [words for words in self.dossier.lexicon.audiences.values() if behind.startswith(tuple(words))]
        labels = "".join(self.dossier.slots[slot].label for slot in self.calculator.slot_ids(benefit))
        return bool(groups) and not any(word in labels for words in groups for word in words)

    def _take_grades(self, reading: Reading, state: State, play: tuple[str, ...], out: Extraction) -> None:
        for benefit in play:
            found = self.grades(reading.text, benefit)
            if len(found) == 1 and self._grades_another(reading, state, found[0], benefit, out):
                continue
            several = len(found) > 1 or (found and sum(f.role == "things" for f in reading.figures) > 1)
            if several:
                self._count_grades(reading, benefit, [mention for _, mention in found], out)
            for group, (slot, mention) in enumerate(found, start=1):
                out.put(SlotValue(slot, mention.id, benefit, group=group if len(found) > 1 else 0))

    def _grades_another(
        self, reading: Reading, state: State, found: tuple[str, Mention], benefit: str, out: Extraction
    ) -> bool:
        """Whether another one of the same benefit got a grade of its own: it stands beside the one that is known."""
        slot, mention = found
        known = [v for v in state.values if (v.slot, v.benefit) == (slot, benefit)]
        number = self.number_slot(benefit)
        if len(known) != 1 or known[0].value == mention.id or number is None or not self.of_another(reading, benefit):
            return False
        out.values.pop((number, benefit, 0), None)
        for group, grade in enumerate((known[0].value, mention.id), start=1):
            out.put(SlotValue(slot, grade, benefit, group=group))
            out.put(SlotValue(number, 1, benefit, group=group))
        return True

    def _count_grades(self, reading: Reading, benefit: str, mentions: Sequence[Mention], out: Extraction) -> None:
        """How many got each grade: the count right before it, else one."""
        slot = self.number_slot(benefit)
        if slot is None:
            return
        out.values.pop((slot, benefit, 0), None)
        counts = [q for q in reading.quantities if q.kind == "count"]
        for group, mention in enumerate(mentions, start=1):
            before = [q for q in counts if q.start <= mention.start and mention.start - q.end <= NEAR]
            if not before and len(mentions) == 1:
                return  # how many was not said
            many = int(before[-1].value) if before else 1
            out.put(SlotValue(slot, many, benefit, group=group if len(mentions) > 1 else 0))


def _without_total(counts: list[int]) -> list[int]:
    """Counts without a total that stands before its parts (two: one of this kind, one of that)."""
    return counts[1:] if len(counts) > 2 and counts[0] == sum(counts[1:]) else counts


def _distance(text: str, mention: Mention, quantity: Quantity) -> tuple[int, int]:
    """How far a name stands from a quantity; marks between count more than characters."""
    between = (
        text[quantity.end : mention.start] if mention.start >= quantity.end else text[mention.end : quantity.start]
    )
    return sum(char in PART_MARKS for char in between), len(between)
