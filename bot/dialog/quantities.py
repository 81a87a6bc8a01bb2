"""Quantities in a message: sums of money, rates, multiples, counts with their classifier, calendar years, ordinals."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.dialog.vocabulary import QuantityWords, beginning_with, ending_in
from knowledge.numerals import (
    HAN_DIGIT,
    HAN_DIGITS,
    NUMBER,
    PAIRS,
    PERCENT_OF,
    SENTENCE_MARKS,
    YEAR,
    Number,
    read_number,
)

Kind = Literal["money", "rate", "fold", "count", "year", "measure", "part", "bare"]

_CALENDAR = range(1990, 2100)
_SHORT_CALENDAR = range(20, 36)
_MOST_YUAN = Decimal(10) ** 15
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
    doubt: Literal["vague", "foreign", "negative", "absurd"] | None = None
    estimate: bool = False


class QuantityReader:
    """Reads quantities by the words around each number."""

    def __init__(self, words: QuantityWords) -> None:
        """Prepare the patterns of the vocabulary."""
        self.words = words
        self._percent_of = re.compile(rf"{PERCENT_OF}(?={NUMBER.pattern})", re.IGNORECASE)
        self._before = {
            "foreign": ending_in(words.foreign_before),
            "minus": ending_in((*words.minus, "-", "−")),
            "yuan": ending_in(words.yuan_before),
            "about": ending_in(words.about_before),
            "ordinal": ending_in(words.ordinal_before),
        }
        classifiers = {c for names in words.classifiers.values() for c in names}
        self._after = {
            "foreign": beginning_with(words.foreign),
            "yuan": beginning_with(words.yuan),
            "percent": beginning_with(words.percent),
            "about": beginning_with(words.about_after),
            "ordinal": beginning_with(words.ordinal_after),
            "part": beginning_with(words.part_after),
            "count": beginning_with((*classifiers, *words.other_classifiers)),
        }
        self._tenth = re.compile(rf"{words.tenth}(?P<more>{words.half}|{HAN_DIGIT})?")

    def read(self, text: str) -> tuple[Quantity, ...]:
        """All quantities in reading order."""
        found, position = [], 0
        dates = [m.span() for m in _NO_QUANTITY.finditer(text)]
        while match := NUMBER.search(text, position):
            inside = next((end for start, end in dates if start <= match.start() < end), None)
            quantity = None if inside else self._quantity(text, match)
            if quantity:
                found.append(quantity)
            position = inside or max(match.end(), quantity.end if quantity else 0)
        return tuple(found)

    def _quantity(self, text: str, match: re.Match[str]) -> Quantity | None:
        number, end = _longest_number(match)
        if number is None:
            return None
        before, after = text[: match.start()].rstrip(), text[end:]
        reading = self._rate(number, match, before, after) or self._ordinal(number, match, before, after)
        return reading or self._money_or_count(number, match, end, text)

    def _rate(self, number: Number, match: re.Match[str], before: str, after: str) -> Quantity | None:
        start, end = match.start(), match.end()
        doubt: Literal["vague"] | None = "vague" if number.vague else None
        about = bool(self._before["about"].search(before))
        if before.endswith(PERCENT_OF):
            start -= len(PERCENT_OF)
            return Quantity("rate", number.value / 100, start, end, PERCENT_OF + match[0], doubt=doubt, estimate=about)
        if unit := self._after["percent"].match(after):
            end += unit.end()
            return Quantity("rate", number.value / 100, start, end, match[0] + unit[0], doubt=doubt, estimate=about)
        if tenth := self._tenth.match(after):
            more = tenth["more"]
            fraction = Decimal(0)
            if more:
                digit = read_number(more)
                fraction = digit.value / 10 if digit else Decimal("0.5")
            text = match[0] + tenth[0]
            return Quantity("rate", (number.value + fraction) / 10, start, end + tenth.end(), text, doubt=doubt)
        if after.startswith(self.words.fold):
            return Quantity("fold", number.value, start, end + 1, match[0] + self.words.fold, doubt=doubt)
        return None

    def _ordinal(self, number: Number, match: re.Match[str], before: str, after: str) -> Quantity | None:
        mark = self._before["ordinal"].search(before)
        kinds: tuple[tuple[Kind, str], ...] = (("measure", "ordinal"), ("part", "part"))
        for kind, key in kinds:
            unit = self._after[key].match(after)
            if mark and unit:
                start, end = mark.start(), match.end() + unit.end()
                return Quantity(kind, number.value, start, end, mark[0] + match[0] + unit[0])
        if mark and len(mark[0]) > 1:
            return Quantity("measure", number.value, mark.start(), match.end(), mark[0] + match[0])
        return None

    def _money_or_count(self, number: Number, match: re.Match[str], end: int, text: str) -> Quantity | None:
        start, before, after = match.start(), text[: match.start()].rstrip(), text[end:].lstrip()
        skipped = len(text[end:]) - len(after)
        if calendar := self._calendar_year(number, match[0], after):
            return Quantity("year", Decimal(calendar), start, end + after.startswith(YEAR), match[0])
        foreign_before = self._before["foreign"].search(before)
        foreign_after = self._after["foreign"].match(after)
        yuan_before = self._before["yuan"].search(before)
        yuan = None if match[0] in HAN_DIGITS else self._after["yuan"].match(after)  # one lump is no yuan
        is_money = number.scaled or bool(yuan or yuan_before or foreign_before or foreign_after)
        unit = foreign_after or yuan
        counted = None if is_money else self._after["count"].match(after)
        tail = unit or counted
        stop = end + skipped + tail.end() if tail else end
        if match[0] in PAIRS:
            return Quantity("count", number.value, start, end, match[0], self.words.pair_unit)
        if not is_money and not counted and not _stands_alone(match[0], text):
            return None
        minus = self._before["minus"].search(before[: yuan_before.start()] if yuan_before else before)
        about = self._before["about"].search(before) or self._after["about"].match(text[stop:])
        doubt: Literal["vague", "foreign", "negative", "absurd"] | None = None
        if not number.value.is_finite() or number.value.adjusted() > _MOST_YUAN.adjusted() or number.value > _MOST_YUAN:
            doubt = "absurd"
        elif foreign_before or foreign_after:
            doubt = "foreign"
        elif minus and not _is_range_dash(before):
            doubt = "negative"
        elif number.vague:
            doubt = "vague"
        kind: Kind = "money" if is_money else "count" if counted else "bare"
        words = text[minus.start() if minus and doubt == "negative" else start : stop]
        return Quantity(kind, number.value, start, stop, words, counted[0] if counted else "", doubt, bool(about))

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


def _longest_number(match: re.Match[str]) -> tuple[Number | None, int]:
    """The number, shortened from its end where the pattern took a character too many."""
    text = match[0]
    while text:
        if number := read_number(text):
            return number, match.start() + len(text.rstrip())
        text = text[:-1]
    return None, match.end()


def _stands_alone(written: str, text: str) -> bool:
    """Whether a number without a unit is meant as one: written in digits, or all that was said."""
    spoken = len(written) > 1 and written[-1] in HAN_DIGITS
    return spoken or (written[0].isdigit() and written.isascii()) or len(text.strip(SENTENCE_MARKS)) - len(written) <= 1


def _is_range_dash(before: str) -> bool:
    return len(before) > 1 and before[-1] in "-−" and before[-2].isdigit()
