"""Quantities in a message, by an exact grammar in linear time.

Sums of money, rates, multiples, counts with their classifier, calendar years, numbers of measures. What a quantity is
good for is not decided here (`roles.py`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, islice, pairwise
from typing import Literal

from bot.nlu.names import QuantityWords, beginning_with, ending_in
from knowledge.numerals import (
    FIGURE_ENDS,
    HALF_MORE,
    HAN_DIGIT,
    HAN_DIGITS,
    MORE,
    NOT_MUCH,
    NUMERATOR,
    PAIRS,
    PART_OF,
    PARTS_OF,
    SENTENCE_MARKS,
    SMALL_SCALES,
    YEAR,
    Number,
    find_number,
    read_number,
)

Kind = Literal["money", "rate", "fold", "count", "year", "measure", "part", "bare"]
Doubt = Literal["vague", "foreign", "negative", "absurd", "unreadable"]

MOST_QUANTITIES, PHRASE = 60, "phrase"
_MOST_NUMBERS = 300  # tried, whether they are quantities or not
_DECIMALS = 10
_CALENDAR = range(1990, 2100)
_SHORT_CALENDAR = range(20, 36)
_MOST_YUAN = Decimal(10) ** 15
_AROUND = 12
_DASHES = "-−–—"
_NO_QUANTITY = re.compile(
    r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx]|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)|(?<!\d)0\d{2,3}-\d{6,8}|\d(?:\+\d)+"
    r"|(?<![\d.])\d+(?:\.\d+){2,}"
)
_MONTHS = re.compile(
    r"(?:[1-9]|[01]\d|[qQ][1-4])\s?[-~\u2013\u2014\u2212\u81f3\u5230]\s?(?:\d{1,2}|[qQ][1-4])\s?"
    r"(?=[\u6708\u5b63])|[qQ][1-4]"
)
_UNREADABLE = re.compile(
    r"(?:(?<![A-Za-z\d])(?=[\dlIOoZSB]*\d)(?=\d*[lIOoZSB])[\dlIOoZSB]{2,}|(?<![\d.])\d+(?:\.\d+){2,})"
    r"(?=\s?[\u4e07\u4ebf\u5343\u5143])"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity and where it stands.

    `value` is yuan for money, a fraction of one for a rate (below zero with a minus), a multiple for a fold, and for
    the rest the number itself. `unit` is the classifier of a count. `doubt` says why nothing may be computed from it;
    `estimate` that it is said to be near.
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
    """A number where it stands in a text, with the characters around it."""

    text: str
    start: int
    end: int
    number: Number

    @property
    def written(self) -> str:
        return self.text[self.start : self.end]

    @property
    def before(self) -> str:
        return self.text[max(0, self.start - _AROUND) : self.start].rstrip()

    @property
    def after(self) -> str:
        return self.text[self.end : self.end + _AROUND]


class QuantityReader:
    """Reads quantities by the words right beside each number."""

    def __init__(self, words: QuantityWords) -> None:
        """Prepare the patterns of the names."""
        self.words = words
        self._label = ending_in(words.labels)
        self._determined = ending_in(words.determiners)
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
        other_words = f"{words.tenth}\u679c\u7acb\u672c\u529f"  # results, founded, cost, success: no tenths
        self._tenth = re.compile(rf"{words.tenth}(?:(?P<half>{HALF_MORE})|(?P<more>{HAN_DIGIT}))?(?![{other_words}])")
        folds = "|".join(map(re.escape, words.fold))
        self._fold = re.compile(rf"\s?(?:{folds})(?:(?P<half>{HALF_MORE})|(?P<more>{MORE}))?")
        self._phrases: dict[str, tuple[Kind, Decimal]] = {
            **{phrase: ("fold", Decimal(1) + growth) for phrase, growth in words.doubling.items()},
            **{phrase: ("rate", Decimal("0.5")) for phrase in words.half_share},
            **{phrase: ("rate", Decimal(0)) for phrase in words.same},
            **{phrase: ("money", Decimal(0)) for phrase in words.none},
        }
        longest_first = sorted(self._phrases, key=len, reverse=True)
        # Not nothing, not the same: what is denied is no figure.
        self._phrase = re.compile(rf"(?<!\u4e0d)(?:{'|'.join(map(re.escape, longest_first))})")

    def read(self, text: str) -> tuple[Quantity, ...]:
        """All quantities in reading order, `MOST_QUANTITIES` at most; neither end of a range can be computed with."""
        said = [q for kind in (self._phrased, self._unreadable) for q in islice(kind(text), MOST_QUANTITIES)]
        none = (m.span() for m in chain(_NO_QUANTITY.finditer(text), _MONTHS.finditer(text)))
        taken = sorted(chain(none, ((q.start, q.end) for q in said)))
        found: list[Quantity] = []
        position, index = 0, 0
        for _ in range(_MOST_NUMBERS):
            number = find_number(text, position) if len(found) < MOST_QUANTITIES else None
            if number is None:
                break
            start, end, value = number
            while index < len(taken) and taken[index][1] <= start:
                index += 1
            if index < len(taken) and taken[index][0] < end:
                position = taken[index][1]
                continue
            quantity = self._quantity(_Place(text, start, end, value))
            if quantity:
                found.append(quantity)
            position = max(quantity.end if quantity else end, start + 1)
        return self._with_ranges(text, sorted([*said, *found], key=lambda q: q.start)[:MOST_QUANTITIES])

    def _phrased(self, text: str) -> Iterator[Quantity]:
        """What is said without a number: doubled, halved, unchanged, nothing."""
        for match in self._phrase.finditer(text):
            kind, value = self._phrases[match[0]]
            if kind == "money" and text.startswith(NOT_MUCH, match.end()):
                continue
            if kind != "money" or text[match.start() - 1 : match.start()] != match[0][-1]:  # whether or not there is
                yield Quantity(kind, value, *match.span(), match[0], unit=PHRASE)

    @staticmethod
    def _unreadable(text: str) -> Iterator[Quantity]:
        """Numbers in which letters stand for digits, or with two decimal points."""
        for m in _UNREADABLE.finditer(text):
            words = text[m.start() : m.end() + 1]
            yield Quantity("money", Decimal(0), m.start(), m.end() + 1, words, doubt="unreadable")

    def _with_ranges(self, text: str, found: list[Quantity]) -> tuple[Quantity, ...]:
        for index, (low, high) in enumerate(pairwise(found)):
            rises = text.endswith(tuple(self.words.range_from), 0, low.start)
            both_money = high.kind == "money" and low.kind in ("money", "bare")
            if both_money and not rises and text[low.end : high.start] in self.words.range_marks:
                found[index], found[index + 1] = replace(low, doubt="vague"), replace(high, doubt="vague")
        return tuple(found)

    def _quantity(self, place: _Place) -> Quantity | None:
        if self._label.search(place.before):
            return None
        if place.after.startswith(PART_OF):
            return self._share(place)
        found = self._rate(place) or self._ordinal(place) or self._money_or_count(place)
        is_name = found is not None and found.kind == "bare" and found.text in self.words.hotlines
        return None if is_name else found

    def _share(self, place: _Place) -> Quantity | None:
        """One part of so many; computed with only where its decimals end."""
        match, whole = NUMERATOR.match(place.text, place.end), place.number
        part = read_number(match[1]) if match else None
        if match is None or part is None or not 0 < part.value < whole.value:
            return None
        value = part.value / whole.value
        vague = part.vague or whole.vague or value != round(value, _DECIMALS)
        doubt: Doubt | None = "vague" if vague else None
        return self._relative(place, place.before, Quantity("rate", value, place.start, match.end(), "", doubt=doubt))

    def _rate(self, place: _Place) -> Quantity | None:
        number, before, after = place.number, place.before, place.after
        start, end, more = place.start, place.end, False
        kind: Kind = "rate"
        if parts_of := next((words for words in PARTS_OF if before.endswith(words)), None):
            value, start, before = number.value / PARTS_OF[parts_of], start - len(parts_of), before[: -len(parts_of)]
        elif unit := self._after["percent"].match(after):
            value, end = number.value / 100, end + unit.end()
        elif tenth := self._tenth.match(after):
            more_tenths = read_number(tenth["more"]) if tenth["more"] else None
            tenths = number.value + (more_tenths.value / 10 if more_tenths else _half(tenth))
            value, end = tenths / 10, end + tenth.end()
        elif fold := self._fold.match(after):
            kind, value, end, more = "fold", number.value + _half(fold), end + fold.end(), bool(fold["more"])
        else:
            return None
        doubt: Doubt | None = "vague" if number.vague else None
        return self._relative(place, before, Quantity(kind, value, start, end, "", doubt=doubt, estimate=more))

    def _relative(self, place: _Place, before: str, found: Quantity) -> Quantity:
        """A rate or a multiple with its sign and words."""
        minus = self._minus(before)
        start = found.start - len(minus[0]) if minus else found.start
        estimate = found.estimate or self._near(before, place.text[found.end : found.end + _AROUND])
        value, text = -found.value if minus else found.value, place.text[start : found.end]
        return replace(found, value=value, start=start, text=text, estimate=estimate)

    def _minus(self, before: str) -> re.Match[str] | None:
        """The minus before a number: no dash between two figures, and no part of plus-minus."""
        if _is_range_dash(before) or self._before["about"].search(before):
            return None
        return self._before["minus"].search(before)

    def _near(self, before: str, after: str) -> bool:
        about = self._before["about"].search(before)
        if not about and any(word in before for word in self.words.compared):
            return False  # a bit more than that: the other figure is compared with it
        return bool(about or self._after["about"].match(after))

    def _ordinal(self, place: _Place) -> Quantity | None:
        mark = self._before["ordinal"].search(place.before)
        if mark is None:
            return None
        start = place.start - len(mark[0])
        kinds: tuple[tuple[Kind, str], ...] = (("measure", "ordinal"), ("part", "part"))
        for kind, key in kinds:
            if unit := self._after[key].match(place.after):
                end = place.end + unit.end()
                return Quantity(kind, place.number.value, start, end, place.text[start:end])
        if len(mark[0]) > 1:
            return Quantity("measure", place.number.value, start, place.end, place.text[start : place.end])
        return None

    def _money_or_count(self, place: _Place) -> Quantity | None:
        number, start, before, after = place.number, place.start, place.before, place.after
        if calendar := _calendar_year(number, place.written, after):
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
        if counted and place.written in HAN_DIGITS and number.value == 1 and self._determined.search(before):
            return None  # one more, another one, this one: an article, no count
        if counted and self._before["ordinal"].search(before) and counted[0].strip() in self.words.other_classifiers:
            return None  # the first time, the third instalment
        alone = _stands_alone(place.written, place.text) or _is_round(place.written, number)
        if not is_money and not counted and not alone:
            return None
        tail = self._after["foreign"].match(after) or yuan or counted
        stop = place.end + tail.end() if tail else place.end
        minus = self._minus(before[: yuan_before.start()] if yuan_before else before)
        doubt = self._doubt(place, negative=bool(minus), foreign=bool(foreign))
        kind: Kind = "money" if is_money else "count" if counted else "bare"
        begin = start - len(minus[0]) if minus and not yuan_before else start
        unit = counted[0].strip() if counted else ""
        near = self._near(before, place.text[stop : stop + _AROUND])
        return Quantity(kind, number.value, begin, stop, place.text[begin:stop], unit, doubt, near)

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


def _is_range_dash(before: str) -> bool:
    """Whether a dash stands between two figures and is no minus."""
    return len(before) > 1 and before[-1] in _DASHES and (before[-2].isdigit() or before[-2] in FIGURE_ENDS)


def _half(unit: re.Match[str]) -> Decimal:
    """The half behind a unit."""
    return Decimal("0.5") if unit["half"] else Decimal(0)


def _calendar_year(number: Number, written: str, after: str) -> int | None:
    """The year where a number names one: 2024, or 24 before the word for year."""
    if number.scaled or number.value > _CALENDAR.stop or number.value % 1:
        return None
    value, followed = int(number.value), after.startswith(YEAR)
    positional = len(written) == len("2024") and all(c.isdigit() or c in HAN_DIGITS for c in written)
    if value in _CALENDAR and (followed or (positional and written.isdigit())):
        return value
    short = len(written) == 2 and (written.isdigit() or all(c in HAN_DIGITS for c in written))
    return 2000 + value if followed and value in _SHORT_CALENDAR and short else None


def _stands_alone(written: str, text: str) -> bool:
    """Whether a number without a unit is meant as one: written in digits, or all that was said."""
    spoken = len(written) > 1 and written[-1] in HAN_DIGITS
    return spoken or (written[0].isdigit() and written.isascii()) or len(text.strip(SENTENCE_MARKS)) - len(written) <= 1


def _is_round(written: str, number: Number) -> bool:
    """Whether it is a spoken number of hundreds or more: its unit was left out."""
    return len(written) > 1 and 100 <= number.value < _MOST_YUAN and number.value % 100 == 0
