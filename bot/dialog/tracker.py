"""Tracking: what the figures of a message mean for the slots of the benefits in play."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from bot.dialog import thresholds
from bot.dialog.count_values import CountValues
from bot.dialog.extraction import (
    COUNTS,
    GROWTH_ROLES,
    LEVELS,
    Doubt,
    Extraction,
    scaled,
)
from bot.dialog.figure_roles import FigureRoles
from bot.dialog.growth_values import GrowthValues
from bot.dialog.money_values import MoneyValues
from bot.dialog.state import State
from bot.nlu.quantities import PHRASE
from bot.nlu.reading import Reading
from bot.nlu.roles import Figure
from knowledge.numerals import HOW_MANY

_TAKEN = (*LEVELS, "more", "less", "further", "paid", "whole", "fiscal")


class Tracker(FigureRoles, GrowthValues, MoneyValues, CountValues):
    """Fills slots of one policy from readings."""

    def extract(self, reading: Reading, state: State, play: tuple[str, ...]) -> Extraction:
        """The values that a message gives for the benefits in play."""
        out = Extraction()
        in_wan = self._in_wan(reading, state)
        money: dict[str, list[tuple[Figure, Decimal]]] = defaultdict(list)
        for figure in self._settled_roles(reading, state, play):
            role, quantity = figure.role, figure.quantity
            if quantity.doubt == "vague" and quantity.text.startswith(HOW_MANY) and role not in (*LEVELS, "paid"):
                continue  # how many ten thousands? a question, no figure
            if quantity.unit == PHRASE and quantity.kind == "money" and figure.probability < thresholds.SURELY_COVERED:
                continue
            if role in ("ref", "retracted"):
                self._check_reference(figure, reading, state, out)
                continue
            if role == "other":
                self._leave_out(reading, figure, play, out)
            elif role in COUNTS or (quantity.kind == "count" and role in ("further", "more", "less")):
                money[role if role in COUNTS else "count_change"].append((figure, quantity.value))
            elif quantity.kind == "bare" and not (self._uses_money(play) and self._is_money(figure, in_wan=in_wan)):
                continue
            elif doubt := self._doubt(figure, in_wan=in_wan):
                value = scaled(quantity, in_wan=True)
                out.doubt(doubt, value)
                money[role].append((figure, value))
            else:
                value = scaled(quantity, in_wan=in_wan)
                out.scaled = out.scaled or value != quantity.value
                money[role].append((figure, value))
        if money["wanted"]:
            out.target = money["wanted"][-1][1]
        if self.growth and set(play) & set(self.growing):
            self._take_growth(reading, state, money, out)
        self._take_put_in(reading, state, play, money, out)
        self._take_counts(reading, state, play, money, out)
        self._leave_counts(money, play, out)
        self._take_grades(reading, state, play, out)
        self._ask_back(reading, state, money, play, out)
        return out

    def _leave_counts(
        self, money: Mapping[str, list[tuple[Figure, Decimal]]], play: tuple[str, ...], out: Extraction
    ) -> None:
        """Counts for which the benefits in play have no slot, where a message gives nothing else."""
        alone = not out.gives and not any(found for role, found in money.items() if role not in COUNTS)
        for role in COUNTS if alone else ():
            if not self._count_slots(play, role):
                out.left_out += [figure.quantity.text for figure, value in money[role] if value > 1]

    def _lacks_year(self, reading: Reading, figure: Figure) -> bool:
        """Whether it is not sure which year's spending a figure is."""
        unsure = figure.role in LEVELS and self._is_unsure(reading, figure)
        return unsure and not self._of_both_years(reading, figure.quantity)

    def _ask_back(
        self,
        reading: Reading,
        state: State,
        money: Mapping[str, list[tuple[Figure, Decimal]]],
        play: tuple[str, ...],
        out: Extraction,
    ) -> None:
        growing = bool(set(play) & set(self.growing))
        based = any(b not in self.growing and self.calculator.primary_money_slot(b) for b in play)
        for role, found in money.items():
            grows = role in GROWTH_ROLES and not (role == "further" and based)
            useless = (grows and not growing) or (role in ("paid", "whole") and not based)
            for figure, value in found:
                compared = figure.quantity.unit == PHRASE and not value
                if useless and role in ("paid", "whole") and not growing:
                    out.left_out.append(figure.quantity.text)  # none of these benefits is computed from money
                elif useless and figure.quantity.kind != "count" and not compared:
                    out.doubt(Doubt("what", figure.quantity.text))
                elif self._lacks_year(reading, figure) and not out.doubts:
                    out.doubt(Doubt("year", figure.quantity.text), value)
                elif role in ("rise", "fall") and figure.probability < thresholds.ROLE and not out.doubts:
                    out.doubt(Doubt("change", figure.quantity.text), value)
        known = {v.value for v in state.values} | {
            part for v in state.values if isinstance(v.value, tuple) for part in v.value
        }
        for figure, value in (pair for role in _TAKEN for pair in money[role]):
            total = sum((v for f, v in money[figure.role]), Decimal(0))
            agreed = figure.role == "whole" and bool(money["paid"])
            agreed = agreed or figure.quantity.text in out.left_out
            agreed = agreed or figure.quantity.unit == PHRASE  # nothing, or as much, said in words
            if not (agreed or out.doubts or out.holds(value) or out.holds(total) or value in known):
                out.doubt(Doubt("what", figure.quantity.text), value)  # no sum while a figure of the message is unused
