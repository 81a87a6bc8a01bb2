"""Roles of figures by the words beside them: years, words of change, names of what was paid or is counted."""

from collections.abc import Sequence
from dataclasses import replace

from bot.dialog import thresholds
from bot.dialog.extraction import FIRST_YEAR, LEVELS, NEAR, SHORT, YEAR_ROLES
from bot.dialog.growth_values import calendar_of
from bot.dialog.policy_slots import PolicySlots
from bot.dialog.state import State
from bot.nlu.names import Mention, load_names
from bot.nlu.quantities import PHRASE
from bot.nlu.reading import BENEFIT, Reading
from bot.nlu.roles import Figure
from bot.nlu.sentence_parts import is_parted, part_around
from knowledge.numerals import AT_LEAST, PART_MARKS, REACHED, THING

_PERHAPS_CHANGES = frozenset(LEVELS) | {"part", "other"}
_CHANGING = _PERHAPS_CHANGES | {"more", "less"}
_PERHAPS_PUT_IN = frozenset({"now", "more", "less", "further", "other", "paid"})


class FigureWords(PolicySlots):
    """Puts the roles of figures right where the words beside them say more than the learnt reading is sure of."""

    def _by_words(self, reading: Reading, state: State, figures: list[Figure], play: tuple[str, ...]) -> list[Figure]:
        """The figures by the words right beside them, where the reading is not sure."""
        figures = [self._named_year(reading, f) if self._may_be_level(reading, f) else f for f in figures]
        figures = [self._changed(reading, f) if f.role in _CHANGING else f for f in figures]
        figures = [self._by_calendar(reading, state, f) for f in figures]
        figures = [self._on_top(reading, state, f, play) for f in figures]
        if not self._words_of_change(reading) and not self.compares_years(reading):
            # A difference that nothing speaks of may be anything.
            figures = [replace(f, role="other", probability=0.0) if f.role in ("more", "less") else f for f in figures]
        figures = [self._by_base(reading, f, play) if f.role in _PERHAPS_PUT_IN else f for f in figures]
        figures = [self._directed(reading, f) if f.role in ("rise", "fall") else f for f in figures]
        figures = [self._counted(reading, f, play) if f.role == "other" else f for f in figures]
        figures = [
            self._of_spending(reading, f) if f.quantity.unit == PHRASE and f.role in LEVELS else f for f in figures
        ]
        figures = self._each_dated(reading, figures)
        figures = [self._by_last_year_named(reading, f, figures) for f in figures]
        return self._nothing_once(reading, figures)

    @staticmethod
    def _nothing_once(reading: Reading, figures: list[Figure]) -> list[Figure]:
        """The figures without a nothing that is said twice of one year (spent nothing, 0 yuan)."""
        zeros = [f for f in figures if not f.quantity.value and f.quantity.kind in ("bare", "money")]
        years = [m for m in reading.mentions if m.id.startswith("year:")]
        surely: dict[int, Figure] = {}
        dropped: list[Figure] = []
        for index, first in enumerate(zeros):
            named = [YEAR_ROLES[m.id.partition(":")[2]] for m in years if m.end <= first.quantity.start]
            for later in zeros[index + 1 :]:
                parted = any(first.quantity.end <= m.start < later.quantity.start for m in years)
                if PHRASE in (first.quantity.unit, later.quantity.unit) and not parted and first not in dropped:
                    dropped.append(later)
                    if named:
                        surely[first.quantity.start] = replace(first, role=named[-1], probability=1.0)
        return [surely.get(f.quantity.start, f) for f in figures if f not in dropped]

    def _may_be_level(self, reading: Reading, figure: Figure) -> bool:
        """Whether a figure is read as a year's spending, or may be one: unsure, in a part that names what is spent."""
        start, end = figure.quantity.start, figure.quantity.end
        years = [m for m in reading.mentions if m.id.startswith("year:") and m.text.isascii()]
        if figure.quantity.kind == "money" and any(0 <= m.start - end <= 1 for m in years):
            return True  # so in English
        if figure.role in ("more", "less") and figure.probability < thresholds.SURE_TOPIC:
            part, _ = part_around(reading.text, start, end)
            return not any(part <= m.start <= end + NEAR for m in self._words_of_change(reading))
        if figure.role in LEVELS or figure.probability >= thresholds.MAY_BE_LEVEL:
            return figure.role in LEVELS
        spent = [m for m in reading.mentions if m.id in self._growing_names]
        between = [reading.text[m.end : start] or reading.text[end : m.start] for m in spent]
        near = any(not is_parted(words) for words in between)
        return figure.role == "retracted" or (figure.role == "other" and figure.quantity.kind == "money" and near)

    def _named_year(self, reading: Reading, figure: Figure) -> Figure:
        """The figure with the year that is named right before it, unless the reading is sure or a year follows it."""
        quantity = figure.quantity
        others = [f.quantity for f in reading.figures if f.quantity.unit != PHRASE and f.quantity is not quantity]
        start = max((q.end for q in others if q.end <= quantity.start), default=0)
        years = [m for m in reading.mentions if m.id.startswith("year:")]
        behind = [m for m in years if m.text.isascii() and 0 <= m.start - quantity.end <= 1]  # so in English
        if behind:
            return replace(figure, role=YEAR_ROLES[behind[0].id.partition(":")[2]])
        near = [m.id.partition(":")[2] for m in years if start <= m.start and m.end <= quantity.start]
        behind_it = [m for m in years if 0 <= m.start - quantity.end <= NEAR // 2]
        follows = any(not any(0 <= q.start - m.end <= NEAR // 2 for q in others) for m in behind_it)
        named = YEAR_ROLES.get(near[0]) if len(set(near)) == 1 else None
        if named is None or follows or named == figure.role or figure.probability > thresholds.SURE_TOPIC:
            return figure
        return replace(figure, role=named, probability=thresholds.ROLE)

    @staticmethod
    def _words_of_change(reading: Reading) -> list[Mention]:
        words = [m for m in reading.mentions if m.id.startswith("change:")]
        return [m for m in words if not reading.text[: m.start].endswith(AT_LEAST)]

    @staticmethod
    def _each_dated(reading: Reading, figures: list[Figure]) -> list[Figure]:
        """The figures with the years that are named before them, where each level of spending has one of its own."""
        levels = [f for f in figures if f.role in LEVELS and f.quantity.unit != PHRASE]
        ends = [0, *(f.quantity.end for f in levels)]
        compared = load_names().quantities.compared
        named: dict[int, str] = {}
        for figure, end in zip(levels, ends, strict=False):
            years = [m for m in reading.mentions if m.id.startswith("year:") and end <= m.start < figure.quantity.start]
            if len(years) != 1 or reading.text[: years[0].start].endswith(compared):
                return figures
            named[figure.quantity.start] = YEAR_ROLES[years[0].id.partition(":")[2]]
        if len(named) < 2 or len(set(named.values())) < len(named):
            return figures
        return [replace(f, role=named[f.quantity.start]) if f in levels else f for f in figures]

    @staticmethod
    def _by_last_year_named(reading: Reading, figure: Figure, figures: Sequence[Figure]) -> Figure:
        """Of two figures of one year the one that is read less surely, with the year that is named last before it."""
        rivals = [f for f in figures if f.role == figure.role and f.probability > figure.probability]
        years = [m for m in reading.mentions if m.id.startswith("year:") and m.end <= figure.quantity.start]
        named = YEAR_ROLES.get(years[-1].id.partition(":")[2]) if years else None
        taken = {f.role for f in figures}
        if figure.role not in LEVELS or not rivals or named is None or named in taken:
            return figure
        return replace(figure, role=named, probability=thresholds.ROLE)

    def _by_calendar(self, reading: Reading, state: State, figure: Figure) -> Figure:
        """The figure with the year that its calendar year is in a talk that counts in these."""
        year = calendar_of(reading, figure.quantity)
        if any(q.kind == "year" and q.value > state.focus for q in reading.quantities):
            return figure  # the talk moves on to another year
        offset = year - state.focus if year and state.focus > FIRST_YEAR else None
        role = next((name for name, place in LEVELS.items() if place == offset), None)
        if role is None or figure.role not in {*LEVELS, "other", "ref"} or figure.quantity.kind != "money":
            return figure
        return replace(figure, role=role, probability=1.0)

    def _on_top(self, reading: Reading, state: State, figure: Figure, play: tuple[str, ...]) -> Figure:
        """A sum right behind a word that puts it on top of what is known, or takes it off that."""
        quantity, text = figure.quantity, reading.text
        words = [m for m in self._on_top_words.find(text) if m.end <= quantity.start]
        before = [q for q in reading.quantities if q.end <= quantity.start]
        if not words or quantity.kind != "money" or figure.role in ("wanted", "ref"):
            return figure
        if figure.role in LEVELS and figure.probability > thresholds.SURE_TOPIC:
            return figure
        between = text[words[-1].end : quantity.start]
        reaches = is_parted(between) or any(mark in between for mark in REACHED) or any(map(str.isdigit, between))
        reaches = reaches or any(q.kind == "count" and q.start >= words[-1].end for q in before)  # one more item
        known = {v.slot for v in state.values if v.benefit in (None, *play)}
        slots = {self.growth.previous, self.growth.current} if self.growth else set()
        slots |= {slot for slot in map(self.calculator.primary_money_slot, play) if slot}
        if len(between) > NEAR or reaches or not known & slots or self.compares_years(reading):
            return figure
        falls = any(m.id == "change:down" and words[-1].end <= m.start < quantity.start for m in reading.mentions)
        return replace(figure, role="less" if falls else "further", probability=1.0)

    def _changed(self, reading: Reading, figure: Figure) -> Figure:
        """The figure by the word of change right before it: a change by so much, or (with `to`) the level reached."""
        quantity, text = figure.quantity, reading.text
        others = [f.quantity for f in reading.figures if f.quantity.end <= quantity.start]
        start = max(max((q.end for q in others), default=0), quantity.start - SHORT // 2)
        changes = [m for m in self._words_of_change(reading) if start <= m.start < quantity.start]
        by_rate = bool(others) and others[-1].kind in ("rate", "fold") and others[-1].end >= quantity.start - NEAR
        if not changes and not by_rate:
            return figure
        between = text[changes[-1].end if changes else others[-1].end : quantity.start]
        if between.lstrip(PART_MARKS).startswith(REACHED):
            years = [
                YEAR_ROLES[m.id.partition(":")[2]]
                for m in reading.mentions
                if m.id.startswith("year:")
                and start <= m.start < quantity.start
                and m.start >= quantity.start - len(between)
            ]
            return replace(figure, role=years[-1] if years else "now", probability=thresholds.ROLE)
        gap = len(between) > NEAR // 2 or is_parted(between)
        if not changes or gap or quantity.kind != "money" or figure.role not in _PERHAPS_CHANGES:
            return figure
        compared = [m for m in reading.mentions if m.id.startswith("year:") and start <= m.start < changes[-1].start]
        words = load_names().quantities.compared
        likened = any(text[m.start - 1 : m.start] in words for m in compared)
        alike = sum(f.role == figure.role for f in reading.figures) > 1
        if figure.probability > thresholds.SURE_TOPIC and not (likened or alike):
            return figure
        return replace(figure, role="more" if changes[-1].id.endswith("up") else "less", probability=thresholds.ROLE)

    def _directed(self, reading: Reading, figure: Figure) -> Figure:
        """A rate that is not read for sure goes the way of the word right beside it."""
        quantity = figure.quantity
        if figure.probability > thresholds.SURE_TOPIC or quantity.value < 0:
            return figure
        changes = self._words_of_change(reading)
        before = [m for m in changes if 0 <= quantity.start - m.end <= NEAR // 2]
        beside = before[-1:] or [m for m in changes if 0 <= m.start - quantity.end <= NEAR // 2][:1]
        between = reading.text[beside[0].end : quantity.start] if before else ""
        if not beside or between.startswith(REACHED) or is_parted(between):
            return figure
        role = "rise" if beside[0].id.endswith("up") else "fall"
        return figure if role == figure.role else replace(figure, role=role, probability=thresholds.ROLE)

    def _by_base(self, reading: Reading, figure: Figure, play: tuple[str, ...]) -> Figure:
        """A sum right behind the name of what is put in: what of it counts, all of it, or public money."""
        roles: dict[str | None, str] = {}
        for slot in (self.calculator.primary_money_slot(b) for b in play if b not in self.growing):
            whole, fiscal = (self.dossier.slots[slot].difference_of if slot else None) or (None, None)
            roles |= {slot: "paid", whole: "whole", fiscal: "fiscal"}
        roles.pop(None, None)
        bases = self.dossier.lexicon.bases
        names = [(m, m.id.partition(":")[2]) for m in reading.mentions if m.id.startswith("base:")]
        said = {name for _, name in names}
        named = [(m, roles.get(bases[n].slot, "")) for m, n in names if bases[n].yields_to not in said]
        agreed = tuple(name for base in bases.values() if base.yields_to in said for name in base.names)
        start = figure.quantity.start
        part, _ = part_around(reading.text, start, figure.quantity.end)
        paid_here = any(part <= m.start < start for m, _ in named)
        paid_here = paid_here or (not any(m.end <= start for m, _ in named) and len(reading.with_role("paid")) == 1)
        if figure.role == "paid" and agreed and reading.text[:start].endswith(agreed) and not paid_here:
            return replace(figure, role="whole")  # what was agreed, beside what was paid
        beside = [role for m, role in named if role and 0 <= figure.quantity.start - m.end <= 1]
        if not beside or figure.quantity.kind != "money":
            return figure
        if figure.role == "paid":  # all that was put in may hold public money, unless it is said not to
            changes = beside[-1] == "whole" and not any(role == "paid" for _, role in named)
        else:
            changes = figure.probability < thresholds.SURE_TOPIC
        return replace(figure, role=beside[-1], probability=thresholds.SURELY_COVERED) if changes else figure

    def _of_spending(self, reading: Reading, figure: Figure) -> Figure:
        """Nothing that is said of what is spent, right behind a year, is surely meant."""
        start, end = figure.quantity.start, figure.quantity.end
        year = any(m.id.startswith("year:") and m.end == start for m in reading.mentions)
        spent = any(m.id in self._growing_names and start <= m.start <= end for m in reading.mentions)
        said = figure.quantity.unit == PHRASE and year and spent
        return replace(figure, probability=1.0) if said else figure

    def _counted(self, reading: Reading, figure: Figure, play: tuple[str, ...]) -> Figure:
        """A count right before the name of what is in play counts it, unless it is surely something else."""
        quantity = figure.quantity
        names = {f"{BENEFIT}:{benefit}" for benefit in play}
        beside = any(m.id in names and 0 <= m.start - quantity.end <= 1 for m in reading.mentions)
        plain = quantity.unit in load_names().quantities.classifiers[THING]
        if quantity.kind != "count" or not (beside and plain) or figure.probability > thresholds.SURE_TOPIC:
            return figure
        return replace(figure, role="things", probability=thresholds.ROLE)
