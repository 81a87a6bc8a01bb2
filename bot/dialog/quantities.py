"""Quantities in a message: sums of money, rates, multiples, counts with their classifier, calendar years, ordinals."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from bot.dialog.vocabulary import QuantityWords, beginning_with, ending_in
from knowledge.numerals import (
    FIGURE_ENDS,
    HAN_DIGIT,
    HAN_DIGITS,
    NUMBER,
    PAIRS,
    PERCENT_OF,
    SENTENCE_MARKS,
    SMALL_SCALES,
    YEAR,
    Number,
    read_number,
)

Kind = Literal["money", "rate", "fold", "count", "year", "measure", "part", "bare"]
Doubt = Literal["vague", "foreign", "negative", "absurd"]

_CALENDAR = range(1990, 2100)
_SHORT_CALENDAR = range(20, 36)
_MOST_YUAN = Decimal(10) ** 15
_ROUND = 100
_DASHES = "-−"
_NO_QUANTITY = re.compile(
    r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx]|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{3,4}-\d{6,8}"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity and where it stands.

    `value` is yuan for money, a fraction of one for a rate, a multiple for a fold, and for the rest the number itself.
    `unit` is the classifier of a count. `doubt` says why nothing may be computed from it.
    """

    kind: Kind
    value: Decimal
    start: int
    end: int
    text: str
    unit: str = ""
    doubt: Doubt | None = None
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """A number where it stands in a text."""

    text: str
    start: int
    end: int
    number: Number

    @property
    def written(self) -> str:
        return self.text[self.start : self.end]

    @property
    def before(self) -> str:
        return self.text[: self.start].rstrip()

    @property
    def after(self) -> str:
        return self.text[self.end :]


class QuantityReader:
    """Reads quantities by the words around each number."""

    def __init__(self, words: QuantityWords) -> None:
        """Prepare the patterns of the vocabulary."""
        self.words = words
        self._label = ending_in(words.labels)
        self._before = {
            "foreign": ending_in(words.foreign_before),
            "minus": ending_in((*words.minus, *_DASHES)),
            "yuan": ending_in(words.yuan_before),
            "about": ending_in(words.about_before),
            "ordinal": ending_in(words.ordinal_before),
        }
        classifiers = {c for names in words.classifiers.values() for c in names}
        self._after = {
            "foreign": beginning_with(words.foreign),
            "yuan": beginning_with(words.yuan),
            "half": beginning_with(f"{unit}{words.half}" for unit in (YEAR, "")),
            "percent": beginning_with(words.percent),
            "about": beginning_with(words.about_after),
            "ordinal": beginning_with(words.ordinal_after),
            "part": beginning_with(words.part_after),
            "count": beginning_with((*classifiers, *words.other_classifiers)),
        }
        self._tenth = re.compile(rf"{words.tenth}(?P<more>{words.half}|{HAN_DIGIT})?")

    def read(self, text: str) -> tuple[Quantity, ...]:
        """All quantities in reading order; of a range (from this to that much) neither end can be computed with."""
        found: list[Quantity] = []
        position = 0
        dates = [m.span() for m in _NO_QUANTITY.finditer(text)]
        while match := NUMBER.search(text, position):
            inside = next((end for start, end in dates if start <= match.start() < end), None)
            place = None if inside else _place(text, match)
            quantity = self._quantity(place) if place else None
            if quantity:
                found.append(quantity)
            position = inside or (quantity.end if quantity else match.end())
        return self._with_ranges(text, found)

    def _with_ranges(self, text: str, found: list[Quantity]) -> tuple[Quantity, ...]:
        for index, (low, high) in enumerate(pairwise(found)):
            rises = any(text[: low.start].endswith(word) for word in self.words.range_from)
            both_money = high.kind == "money" and low.kind in ("money", "bare")
            if both_money and not rises and text[low.end : high.start] in self.words.range_marks:
                found[index], found[index + 1] = replace(low, doubt="vague"), replace(high, doubt="vague")
        return tuple(found)

    def _quantity(self, place: _Place) -> Quantity | None:
        if self._label.search(place.before):
            return None
        return self._rate(place) or self._ordinal(place) or self._money_or_count(place)

    def _rate(self, place: _Place) -> Quantity | None:
        number = place.number
        value, start, end = number.value / 100, place.start, place.end
        kind: Kind = "rate"
        if place.before.endswith(PERCENT_OF):
            start -= len(PERCENT_OF)
        elif unit := self._after["percent"].match(place.after):
            end += unit.end()
        elif tenth := self._tenth.match(place.after):
            value, end = (number.value + self._fraction(tenth["more"])) / 10, end + tenth.end()
        elif place.after.startswith(self.words.fold):
            kind, value, end = "fold", number.value, end + len(self.words.fold)
        else:
            return None
        doubt: Doubt | None = "vague" if number.vague else None
        about = bool(self._before["about"].search(place.text[:start]))
        return Quantity(kind, value, start, end, place.text[start:end], doubt=doubt, estimate=about)

    @staticmethod
    def _fraction(more: str | None) -> Decimal:
        """What follows the tenths: a digit counts hundredths, the word for half five of them."""
        digit = read_number(more) if more else None
        return digit.value / 10 if digit else Decimal("0.5") if more else Decimal(0)

    def _ordinal(self, place: _Place) -> Quantity | None:
        mark = self._before["ordinal"].search(place.before)
        if mark is None:
            return None
        kinds: tuple[tuple[Kind, str], ...] = (("measure", "ordinal"), ("part", "part"))
        for kind, key in kinds:
            if unit := self._after[key].match(place.after):
                end = place.end + unit.end()
                return Quantity(kind, place.number.value, mark.start(), end, place.text[mark.start() : end])
        if len(mark[0]) > 1:
            words = place.text[mark.start() : place.end]
            return Quantity("measure", place.number.value, mark.start(), place.end, words)
        return None

    def _money_or_count(self, place: _Place) -> Quantity | None:
        number, start, before, after = place.number, place.start, place.before, place.after
        if calendar := self._calendar_year(number, place.written, after):
            end = place.end + after.startswith(YEAR)
            return Quantity("year", Decimal(calendar), start, end, place.text[start:end])
        if place.written in PAIRS:
            return Quantity("count", number.value, start, place.end, place.written, self.words.pair_unit)
        foreign = self._before["foreign"].search(before) or self._after["foreign"].match(after)
        yuan_before = self._before["yuan"].search(before)
        # One lump is no yuan: a lone digit before that word counts lumps.
        yuan = None if place.written in HAN_DIGITS else self._after["yuan"].match(after)
        is_money = number.scaled or bool(yuan or yuan_before or foreign)
        counted = None if is_money else self._after["count"].match(after)
        alone = _stands_alone(place.written, place.text) or self._closes(place)
        if not is_money and not counted and not alone:
            return None
        tail = self._after["foreign"].match(after) or yuan or counted
        stop = place.end + tail.end() if tail else place.end
        minus = self._before["minus"].search(before[: yuan_before.start()] if yuan_before else before)
        negative = bool(minus) and not self._is_range_dash(before)
        doubt = self._doubt(place, negative=negative, foreign=bool(foreign))
        kind: Kind = "money" if is_money else "count" if counted else "bare"
        words = place.text[minus.start() if minus and negative else start : stop]
        about = self._before["about"].search(before) or self._after["about"].match(place.text[stop:])
        return Quantity(kind, number.value, start, stop, words, counted[0] if counted else "", doubt, bool(about))

    def _closes(self, place: _Place) -> bool:
        """Whether a round number of hundreds or more is the last that was said: its unit was left out."""
        rest = place.after.strip(SENTENCE_MARKS)
        ends = not rest or rest in self.words.endings
        return ends and len(place.written) > 1 and place.number.value >= _ROUND and place.number.value % _ROUND == 0

    def _doubt(self, place: _Place, *, negative: bool, foreign: bool) -> Doubt | None:
        value = place.number.value
        if not value.is_finite() or value.adjusted() > _MOST_YUAN.adjusted() or value > _MOST_YUAN:
            return "absurd"
        if foreign:
            return "foreign"
        if negative:
            return "negative"
        near = place.written[0] in SMALL_SCALES and place.before.endswith(tuple(self.words.vague_before))
        half = self._after["half"].match(place.after)
        return "vague" if place.number.vague or near or half else None

    def _is_range_dash(self, before: str) -> bool:
        """Whether a dash stands between two figures and is no minus."""
        return len(before) > 1 and before[-1] in _DASHES and (before[-2].isdigit() or before[-2] in FIGURE_ENDS)

    @staticmethod
    def _calendar_year(number: Number, written: str, after: str) -> int | None:
        """The year where a number names one: 2024, or 24 before the word for year."""
        if number.scaled or number.value != number.value.to_integral_value():
            return None
        value, followed = int(number.value), after.startswith(YEAR)
        if value in _CALENDAR and (followed or (written.isdigit() and len(written) == len("2024"))):
            return value
        if followed and value in _SHORT_CALENDAR and written.isdigit():
            return 2000 + value
        return None


def _place(text: str, match: re.Match[str]) -> _Place | None:
    """The number in its place, shortened from its end where the pattern took a character too many."""
    written = match[0]
    while written:
        if number := read_number(written):
            return _Place(text, match.start(), match.start() + len(written.rstrip()), number)
        written = written[:-1]
    return None


def _stands_alone(written: str, text: str) -> bool:
    """Whether a number without a unit is meant as one: written in digits, or all that was said."""
    spoken = len(written) > 1 and written[-1] in HAN_DIGITS
    return spoken or (written[0].isdigit() and written.isascii()) or len(text.strip(SENTENCE_MARKS)) - len(written) <= 1
