"""Roles of figures in a state: what the desk has asked for, what is in play, what each figure is worth."""

from dataclasses import replace
from decimal import Decimal

from bot.dialog import thresholds
from bot.dialog.extraction import (
    COUNTS,
    INPUTS,
    LEVELS,
    NEAR,
    SHORT,
    YEAR_ROLES,
    Doubt,
    Extraction,
)
from bot.dialog.policy_slots import PolicySlots, count_role
from bot.dialog.state import State
from bot.nlu.names import Mention, load_names
from bot.nlu.quantities import PHRASE, Quantity
from bot.nlu.reading import BENEFIT, Reading
from bot.nlu.roles import Figure, is_of_years
from calculators.calculation import Calculation
from knowledge.numerals import AT_LEAST, PART_MARKS, REACHED, TEN_THOUSAND, THING

_PERHAPS_CHANGES = frozenset(LEVELS) | {"part", "other"}
_CHANGING = _PERHAPS_CHANGES | {"more", "less"}
_PERHAPS_PUT_IN = frozenset({"now", "more", "less", "further", "other", "paid"})


class FigureRoles(PolicySlots):
    """Settles the roles and the worth of the figures of a message."""

    def _settled_roles(self, reading: Reading, state: State, play: tuple[str, ...]) -> tuple[Figure, ...]:
        """The figures with roles that the benefits in play have; what the desk has asked for decides a lone figure."""
        growing = bool(set(play) & set(self.growing))
        based = any(b not in self.growing and self.calculator.primary_money_slot(b) for b in play)
        figures = list(self.spending(reading) if growing else reading.figures)
        roles = {figure.role for figure in figures}
        for index, figure in enumerate(figures):
            role = figure.role
            if role == "monthly" and not any(word in reading.text for word in load_names().months):
                role = "now"
            if role in ("paid", "whole") and growing and not based and not roles & {"now"}:
                role = "now"
            elif role in ("now", "further") and based and not growing and "paid" not in roles:
                role = "fiscal" if self._is_public(reading, figure.quantity) else "paid"
            if role in ("rise", "fall") and figure.quantity.unit == PHRASE and figure.probability < thresholds.ROLE:
                role = "share_before"  # a half that is not said to be added is what is left
            unsure = figure.probability < thresholds.SURE_TOPIC and len(reading.text) <= SHORT // 2
            if role == "fall" and unsure and not self._falls(reading, state):
                role = "rise"  # a bare rate goes the way of the talk
            figures[index] = replace(figure, role=role)
        follows = bool(set(play) & set(state.topics)) and len(reading.text) <= SHORT
        for index, figure in enumerate(figures):
            loose = figure.role == "other" or (figure.role == "ref" and figure.probability < thresholds.ROLE)
            counted = self._role_of_count(figure.quantity, play) or "other"
            another = figure.probability < thresholds.OTHER_ROLE and counted in roles  # one of several groups
            if (follows or another) and loose and figure.quantity.kind == "count":
                figures[index] = replace(figure, role=counted)
            known = {v.slot for v in state.values if v.benefit in play}
            adds = reading.intent == "add" and figure.quantity.kind == "count" and follows and counted != "other"
            named = bool(reading.about or reading.names(BENEFIT))
            if adds and not named and known & {self.slot_for(b, counted) for b in play}:
                figures[index] = replace(figure, role="further")  # one more of those that were said
        separate = len(play) - sum(len(self.dossier.benefits[b].companions) for b in play) // 2
        for index, figure in enumerate(figures):
            if figure.role in ("things", "heads") and self._sums_up(reading, figure.quantity):
                before = [f.quantity.value for f in figures[:index] if f.role == figure.role]
                if separate > 1 or (len(before) > 1 and sum(before) == figure.quantity.value):
                    figures[index] = replace(figure, role="other")
        figures = self._by_words(reading, figures, play)
        asked = self._asked_role(state, play, reading)
        lone = [
            i
            for i, f in enumerate(figures)
            if f.quantity.unit != PHRASE
            and (
                f.role in INPUTS
                or f.probability < (thresholds.ROLE if f.role == "other" else thresholds.SURELY_COVERED)
            )
        ]
        if asked and len(lone) == 1 and self._answers_plainly(reading, figures[lone[0]], asked):
            figures[lone[0]] = replace(figures[lone[0]], role=asked, probability=1.0)
        return tuple(figures)

    def _by_words(self, reading: Reading, figures: list[Figure], play: tuple[str, ...]) -> list[Figure]:
        """The figures by the words right beside them, where the reading is not sure."""
        figures = [self._named_year(reading, f) if self._may_be_level(reading, f) else f for f in figures]
        figures = [self._changed(reading, f) if f.role in _CHANGING else f for f in figures]
        figures = [self._by_base(reading, f, play) if f.role in _PERHAPS_PUT_IN else f for f in figures]
        figures = [self._directed(reading, f) if f.role in ("rise", "fall") else f for f in figures]
        figures = [self._counted(reading, f, play) if f.role == "other" else f for f in figures]
        figures = [
            self._of_spending(reading, f) if f.quantity.unit == PHRASE and f.role in LEVELS else f for f in figures
        ]
        nothing = [f for f in figures if not f.quantity.value and f.role in LEVELS]
        if any(f.quantity.unit == PHRASE for f in nothing):  # nothing, said in words and once more as a number
            kept = max(nothing, key=lambda f: f.probability)
            zeros = [f for f in figures if not f.quantity.value and f.quantity.kind == "bare"]
            figures = [f for f in figures if f is kept or f not in (*nothing, *zeros)]
        return figures

    @staticmethod
    def _is_public(reading: Reading, quantity: Quantity) -> bool:
        """Whether a sum is said of public money: its part of the sentence names who gives it."""
        start = max((reading.text.rfind(mark, 0, quantity.start) for mark in PART_MARKS), default=-1) + 1
        return any(word in reading.text[start : quantity.start] for word in load_names().public)

    def _falls(self, reading: Reading, state: State) -> bool:
        """Whether anything said, here or before, goes down."""
        falls = any(m.id == "change:down" for m in reading.mentions)
        rates = [v.value for v in state.values if self.growth and v.slot == self.growth.rate]
        return falls or any(isinstance(rate, Decimal) and rate < 0 for rate in rates)

    def _may_be_level(self, reading: Reading, figure: Figure) -> bool:
        """Whether a figure is read as a year's spending, or may be one: unsure, in a part that names what is spent."""
        if figure.role in LEVELS or figure.probability >= thresholds.MAY_BE_LEVEL:
            return figure.role in LEVELS
        start, end = figure.quantity.start, figure.quantity.end
        spent = [m for m in reading.mentions if m.id in self._growing_names]
        between = [reading.text[m.end : start] or reading.text[end : m.start] for m in spent]
        near = any(not any(mark in words for mark in PART_MARKS) for words in between)
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
        follows = any(0 <= m.start - quantity.end <= NEAR // 2 for m in years)
        named = YEAR_ROLES.get(near[0]) if len(set(near)) == 1 else None
        if named is None or follows or named == figure.role or figure.probability > thresholds.SURE_TOPIC:
            return figure
        return replace(figure, role=named, probability=thresholds.ROLE)

    @staticmethod
    def _words_of_change(reading: Reading) -> list[Mention]:
        words = [m for m in reading.mentions if m.id.startswith("change:")]
        return [m for m in words if not reading.text[: m.start].endswith(AT_LEAST)]

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
        if between.startswith(REACHED):
            years = [
                YEAR_ROLES[m.id.partition(":")[2]]
                for m in reading.mentions
                if m.id.startswith("year:")
                and start <= m.start < quantity.start
                and m.start >= quantity.start - len(between)
            ]
            return replace(figure, role=years[-1] if years else "now")
        gap = len(between) > NEAR // 2 or any(mark in between for mark in PART_MARKS)
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
        if not beside or between.startswith(REACHED) or any(mark in between for mark in PART_MARKS):
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

    @staticmethod
    def _sums_up(reading: Reading, quantity: Quantity) -> bool:
        """Whether a count only gathers what was named (the two together)."""
        behind = reading.text[quantity.end : quantity.end + NEAR]
        return any(word in behind for word in load_names().summing)

    def is_counted(self, reading: Reading, play: tuple[str, ...]) -> bool:
        """Whether a short message gives a count of what is in play, and little else."""
        counts = [f.quantity for f in reading.figures if f.quantity.kind == "count"]
        return len(reading.text) <= SHORT // 2 and any(self._role_of_count(quantity, play) for quantity in counts)

    def _role_of_count(self, quantity: Quantity, play: tuple[str, ...]) -> str | None:
        """What a count can be for the benefits in play, by its classifier."""
        classifiers = load_names().quantities.classifiers
        roles = [
            role
            for role in ("heads", "years", "things")
            for b in play
            if (slot := self.slot_for(b, role)) and quantity.unit in classifiers[self.dossier.slots[slot].unit]
        ]
        return roles[0] if roles else None

    def _asked_role(self, state: State, play: tuple[str, ...], reading: Reading) -> str | None:
        """The role of the figure that the desk has asked for last, or that was given last and is now varied."""
        varied = reading.intent in ("suppose", "correct") and len(reading.text) <= SHORT // 2
        slot_id = state.pending or (state.changed if varied else None)
        if slot_id is None or not any(slot_id in self.calculator.slot_ids(b) for b in play):
            return None
        if self.growth and slot_id in (self.growth.current, self.growth.previous):
            return "now" if slot_id == self.growth.current else "before"
        slot = self.dossier.slots[slot_id]
        return "paid" if slot.kind == "money" else count_role(slot.unit) if slot.kind == "count" else None

    def _answers_plainly(self, reading: Reading, figure: Figure, asked: str) -> bool:
        """Whether a lone figure is the answer to the desk's question: nothing in the message makes it another's."""
        kind = figure.quantity.kind
        if asked in COUNTS:
            fits = kind == "bare" or (kind == "count" and (asked == "years") == is_of_years(figure.quantity))
            return fits and figure.role in COUNTS
        named = self.names_year(reading)
        plain = figure.role not in ("fiscal", "partner", "monthly", "further", "more", "less", "part") and not named
        return kind in ("money", "bare") and plain and len(reading.text) <= SHORT

    def _uses_money(self, play: tuple[str, ...]) -> bool:
        return any(self.calculator.primary_money_slot(benefit) for benefit in play)

    @staticmethod
    def _is_money(figure: Figure, *, in_wan: bool) -> bool:
        """Whether a bare number is a sum: where nothing else speaks of sums, only if it is read so for certain."""
        return in_wan or figure.probability > thresholds.SURELY_COVERED

    @staticmethod
    def _in_wan(reading: Reading, state: State) -> bool:
        """Whether a bare number counts in 10,000 yuan: sums of this talk are said so."""
        said = any(q.kind == "money" for q in reading.quantities) or TEN_THOUSAND in reading.text
        return said or state.pending is not None or any(isinstance(v.value, Decimal) for v in state.values)

    @staticmethod
    def _doubt(figure: Figure, *, in_wan: bool) -> Doubt | None:
        quantity = figure.quantity
        if quantity.kind == "bare" and 0 < quantity.value < thresholds.LEAST_BARE and figure.role in LEVELS:
            return Doubt("what", quantity.text)
        if quantity.doubt:
            return Doubt(quantity.doubt, quantity.text)
        if quantity.kind == "bare" and not in_wan and 0 < quantity.value < thresholds.BARE_IS_WAN:
            return Doubt("unit", quantity.text)
        if quantity.estimate and figure.role not in ("wanted", "further"):
            return Doubt("estimate", quantity.text)
        return Doubt("monthly", quantity.text) if figure.role == "monthly" else None

    def _leave_out(self, figure: Figure, out: Extraction) -> None:
        if (
            figure.quantity.value not in self._printed
            and figure.quantity.kind == "money"
            and figure.quantity.unit != PHRASE
        ):
            if figure.probability < thresholds.OTHER_ROLE:
                out.doubts.append(Doubt("what", figure.quantity.text))
            else:
                out.left_out.append(figure.quantity.text)

    @staticmethod
    def _amounts_of(state: State) -> set[Decimal]:
        """The amounts that were given last, and their sum."""
        amounts = [o.amount for o in state.outcomes if isinstance(o, Calculation)]
        return {*amounts, sum(amounts, Decimal(0))}

    def _check_reference(self, figure: Figure, reading: Reading, state: State, out: Extraction) -> None:
        """A sum that is only referred to must be one that can be referred to: the rule's, or one of this talk."""
        quantity = figure.quantity
        if quantity.kind != "money" or quantity.unit == PHRASE or quantity.doubt:
            return
        if figure.role == "retracted" and any(f is not figure and f.role in INPUTS for f in reading.figures):
            return
        known = {v.value for v in state.values if isinstance(v.value, Decimal)} | self._printed
        known |= set(state.series.values()) | self._amounts_of(state)
        if quantity.value in known:
            return
        given = any(f.role in INPUTS and f.quantity.kind == "money" for f in reading.figures)
        only_asked = not given and "amount" in reading.asked and not state.pending
        expected = reading.intents["claim"] > thresholds.CLAIMS and figure.probability > thresholds.ROLE
        if only_asked or (given and (expected or figure.probability > thresholds.OTHER_ROLE)):
            out.left_out.append(quantity.text)
        else:
            out.doubts.append(Doubt("what", quantity.text))

    def _is_unsure(self, reading: Reading, figure: Figure) -> bool:
        """Whether a year is read with little probability, and no name of the year stands right before the sum."""
        if figure.probability >= thresholds.ROLE:
            return False
        start = max((f.quantity.end for f in reading.figures if f.quantity.end <= figure.quantity.start), default=0)
        near = [m.id for m in self._years.find(reading.text) if start <= m.start and m.end <= figure.quantity.start]
        return [YEAR_ROLES[name] for name in near[-1:]] != [figure.role]
