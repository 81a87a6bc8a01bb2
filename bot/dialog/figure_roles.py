"""Roles of figures in a state: what the desk has asked for, what is in play, what each figure is worth."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from bot.dialog import thresholds
from bot.dialog.extraction import (
    COUNTS,
    INPUTS,
    LEVELS,
    SHORT,
    WAN,
    YEAR_ROLES,
    Doubt,
    Extraction,
)
from bot.dialog.figure_words import FigureWords
from bot.dialog.policy_slots import count_role
from bot.dialog.state import State
from bot.nlu.names import load_names
from bot.nlu.quantities import PHRASE, Quantity
from bot.nlu.reading import BENEFIT, Reading
from bot.nlu.roles import Figure, is_of_years
from calculators.calculation import Calculation
from knowledge.numerals import TEN_THOUSAND


class FigureRoles(FigureWords):
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
            elif role == "now" and based and not growing and "paid" not in roles:
                role = "fiscal" if self._is_public(reading, figure.quantity) else "paid"
            if self._refers_back(reading, state, figure):
                role = "ref"
            surely = bool(roles & INPUTS) and figure.probability > thresholds.OTHER_ROLE
            if role == "retracted" and self._is_alone(figure, figures) and not surely:
                # Taken back is only what stands beside something else, or was said before.
                role = self._role_of_count(figure.quantity, play) or "now"
                figure = replace(figure, probability=0.0)
            if role in ("rise", "fall") and figure.quantity.unit == PHRASE and figure.probability < thresholds.ROLE:
                role = "share_before"  # a half that is not said to be added is what is left
            unsure = figure.probability < thresholds.SURE_TOPIC and len(reading.text) <= SHORT // 2
            if role == "fall" and unsure and not self._falls(reading, state):
                role = "rise"  # a bare rate goes the way of the talk
            figures[index] = replace(figure, role=role)
        follows = bool(set(play) & set(state.topics)) and len(reading.text) <= SHORT
        for index, figure in enumerate(figures):
            loose = figure.role == "other" or (figure.role == "ref" and figure.probability < thresholds.OTHER_ROLE)
            loose = loose or (figure.role == "retracted" and figure.probability < thresholds.ROLE)
            counted = self._role_of_count(figure.quantity, play) or "other"
            another = figure.probability < thresholds.OTHER_ROLE and counted in roles  # one of several groups
            unsure = figure.probability < thresholds.OTHER_ROLE and bool(set(reading.names(BENEFIT)) & set(play))
            if (follows or another or unsure) and loose and figure.quantity.kind == "count":
                figures[index] = replace(figure, role=counted)
        separate = len(play) - sum(len(self.dossier.benefits[b].companions) for b in play) // 2
        for index, figure in enumerate(figures):
            if figure.role in ("things", "heads") and self._sums_up(reading, figure.quantity):
                before = [f.quantity.value for f in figures[:index] if f.role == figure.role]
                if separate > 1 or (len(before) > 1 and sum(before) == figure.quantity.value):
                    figures[index] = replace(figure, role="other")
        figures = self._by_words(reading, state, figures, play)
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

    def _refers_back(self, reading: Reading, state: State, figure: Figure) -> bool:
        """Whether a sum is the one of an answer, or is said once more in the same message without its unit."""
        quantity = figure.quantity
        if quantity.kind == "bare":
            sums = {f.quantity.value for f in reading.figures if f.quantity.kind == "money"}
            return quantity.value * WAN in sums
        asks = reading.intent in ("why", "doubt", "claim", "ask", "inverse", "confirm")
        unsure = figure.probability < thresholds.SURE_TOPIC and figure.role != "wanted"
        given = quantity.value in self._amounts_of(state) - {Decimal(0)}
        return asks and unsure and given and quantity.kind == "money"

    @staticmethod
    def _is_alone(figure: Figure, figures: Sequence[Figure]) -> bool:
        """Whether no other figure of a message is of the same kind."""
        return sum(f.quantity.kind == figure.quantity.kind for f in figures) == 1

    def _falls(self, reading: Reading, state: State) -> bool:
        """Whether anything said, here or before, goes down."""
        falls = any(m.id == "change:down" for m in reading.mentions)
        rates = [v.value for v in state.values if self.growth and v.slot == self.growth.rate]
        return falls or any(isinstance(rate, Decimal) and rate < 0 for rate in rates)

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
        known = {value.slot for value in state.values}
        if self.growth and varied and not state.pending and self.growth.current not in known:
            return "now" if self.growth.previous in known else None
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

    def _leave_out(self, reading: Reading, figure: Figure, play: tuple[str, ...], out: Extraction) -> None:
        if (
            figure.quantity.value not in self._printed
            and figure.quantity.kind == "money"
            and figure.quantity.unit != PHRASE
        ):
            apart = self._is_of_another_base(reading, figure) or self._is_beside(reading, figure)
            apart = apart or not self._uses_money(play)
            apart = apart or reading.intents["claim"] > thresholds.CLAIMS  # what the person expects to get
            if figure.probability < thresholds.OTHER_ROLE and not apart:
                out.doubts.append(Doubt("what", figure.quantity.text))
            else:
                out.left_out.append(figure.quantity.text)

    def _is_of_another_base(self, reading: Reading, figure: Figure) -> bool:
        """Whether a sum stands behind the name of money that no benefit is computed from (turnover, equipment)."""
        start = max((q.end for q in reading.quantities if q.end <= figure.quantity.start), default=0)
        bases = self.dossier.lexicon.bases
        named = [m for m in reading.mentions if m.id.startswith("base:") and start <= m.start < figure.quantity.start]
        return bool(named) and bases[named[-1].id.partition(":")[2]].slot is None

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
