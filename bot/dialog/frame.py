"""Frame: which quantity of a message fills which slot.

A sum of money belongs to the nearest thing it can be a sum of (a base: spending, non-fiscal funds, registered capital),
and to the nearest year. Both are looked for before it in its own part of the sentence, then behind it; a base is also
carried over from the part before.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from bot.dialog.quantities import Quantity
from bot.dialog.understanding import Understanding, settle
from bot.dialog.vocabulary import Matcher, Mention, Vocabulary, beginning_with, ending_in
from knowledge.library import Dossier
from knowledge.numerals import HOW_MANY, OF, PART_MARKS, YEAR

Relation = Literal["level", "change", "further", "award", "bound"]
YEAR_RANKS = {"next": 1, "this": 0, "last": -1, "before_last": -2}
_NEAR = 6


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of money in its place.

    `base` is the id of what it is a sum of ("" unknown), `own` whether that stands in its own part of the sentence;
    `rank` orders years (0 this year, -1 last year, or a calendar year), None where no year is said.
    """

    quantity: Quantity
    base: str
    own: bool
    rank: int | None
    relation: Relation
    both_years: bool = False
    value: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sentence between two marks, by its place in the text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Heard:
    """The year last named in an earlier part of the sentence, and whether that part had sums of its own."""

    rank: int | None = None
    sums: bool = False


class FrameReader:
    """Places the quantities of messages, with the bases of one policy."""

    def __init__(self, dossier: Dossier, vocabulary: Vocabulary) -> None:
        """Prepare the matchers."""
        self.vocabulary = vocabulary
        self._entries = dossier.lexicon.bases
        self.bases = Matcher({base_id: base.names for base_id, base in dossier.lexicon.bases.items()})
        years = vocabulary.years.model_dump()
        self.years = Matcher(years)
        growth = vocabulary.growth
        self._up, self._down = ending_in(growth.up), ending_in(growth.down)
        self._further, self._reached = ending_in(growth.further), ending_in(growth.reached)
        self._award, self._bound = ending_in(vocabulary.award), ending_in(vocabulary.bounds)
        self._grows, self._falls = Matcher({"": growth.up}), Matcher({"": growth.down})
        self._both = Matcher({"": vocabulary.both_years})
        self._zero = Matcher({"": vocabulary.zero})
        self._same = Matcher({"": vocabulary.quantities.same})
        self._doublings = Matcher({word: (word,) for word in vocabulary.quantities.doubling})
        self._about = ending_in(vocabulary.quantities.about_before)
        self._compared = ending_in(vocabulary.compared_with)
        self._open_bound = ending_in(vocabulary.open_bounds)
        self._negated, self._full = ending_in(vocabulary.negated), beginning_with(vocabulary.inverse.full)

    def sums(self, understood: Understanding, bases: frozenset[str], *, in_wan: bool, goes_on: bool) -> tuple[Sum, ...]:
        """The sums of money, given the bases that may be spoken of.

        Bare numbers count as 10,000 yuan if `in_wan`; `goes_on` says that earlier messages gave sums already.
        """
        text = understood.text
        placed: list[Sum] = []
        carried, heard = "", _Heard()
        quantities = [q for q in understood.quantities if q.kind in ("money", "bare") and not self._asks(text, q)]
        follows = self._years_follow(text, quantities)
        for part in parts_of(text, understood.quantities):
            mentions = [m for m in settle(self.bases.find(part.text)) if m.id in bases]
            inside = [q for q in quantities if part.start <= q.start < part.end]
            for index, quantity in enumerate(inside):
                bounds = (inside[index - 1].end if index else part.start, _next_start(inside, index, part.end))
                before, behind = text[bounds[0] : quantity.start], text[quantity.end : bounds[1]]
                if self._negated.search(before):
                    continue
                base = _nearest(self._speaking(mentions, understood, quantity, part), quantity, part, bounds)
                rank, both = self._year(text, part, quantity, bounds, follows=follows)
                relation = "award" if self._full.match(behind) else self._relation(before)
                if rank is None and relation in ("level", "bound") and (bool(base) if heard.sums else goes_on):
                    rank = heard.rank
                value = scaled(quantity, in_wan=in_wan)
                placed.append(Sum(quantity, base or carried, bool(base), rank, relation, both, value))
                carried = base or carried
            carried = mentions[-1].id if mentions and not inside else carried
            heard = self._hears(text, part, heard, sums=bool(inside))
        return tuple(placed)

    def _hears(self, text: str, part: Part, before: "_Heard", *, sums: bool) -> "_Heard":
        """The year that holds after a part of the sentence; one that is only compared with does not hold."""
        named = [
            year for year in self.ranked_years(part.text, part.start) if not self._compared.search(text[: year[1]])
        ]
        return _Heard(named[-1][0], sums) if named else before

    def _asks(self, text: str, quantity: Quantity) -> bool:
        """Whether a vague figure asks (over how many millions?) and does not tell: no year is said with it."""
        return quantity.text.startswith(HOW_MANY) and not self.ranked_years(text)

    def _speaking(
        self, mentions: list[Mention], understood: Understanding, quantity: Quantity, part: Part
    ) -> list[Mention]:
        """The bases that still speak at a quantity: one that a rate was taken of (6 % of turnover) has had its say."""
        rates = [q.start - part.start for q in understood.quantities if q.kind == "rate" and q.end <= quantity.start]
        idle = {base for base, entry in self._entries.items() if entry.slot is None}
        return [m for m in mentions if m.id not in idle or not any(m.end <= at for at in rates)]

    def _relation(self, before: str) -> Relation:
        plain = self._about.sub("", before)
        if self._award.search(plain):
            return "award"
        if self._further.search(plain):
            return "further"
        if self._up.search(plain) or self._down.search(plain):
            return "change"
        return "bound" if self._bound.search(plain) else "level"

    def falls(self, text: str, quantity: Quantity) -> bool:
        """Whether a change is said to go down: the last word of change before the quantity decides."""
        before = text[: quantity.start]
        down = [m.end for m in self._falls.find(before)]
        up = [m.end for m in self._grows.find(before)]
        return bool(down) and (not up or max(down) >= max(up))

    def grows(self, text: str, quantity: Quantity) -> bool:
        """Whether a word of change stands in the quantity's own part of the sentence."""
        part = next((p for p in parts_of(text, (quantity,)) if p.start <= quantity.start < p.end), None)
        return bool(part) and (part.text in self._grows or part.text in self._falls)  # type: ignore[union-attr]

    def is_open(self, text: str, quantity: Quantity) -> bool:
        """Whether the figure is only said to be exceeded or not reached (over 20 %)."""
        return bool(self._open_bound.search(text[: quantity.start]))

    def is_share_of(self, text: str, quantity: Quantity, year: str) -> bool:
        """Whether a rate or multiple is said to be one of the sum of that year (80 % of last year's)."""
        before = text[: quantity.start].removesuffix(OF)
        return before != text[: quantity.start] and any(
            m.id == year and m.end == len(before) for m in self.years.find(text)
        )

    def reached(self, text: str, quantity: Quantity) -> bool:
        """Whether the quantity is what something rose to, not by."""
        return bool(self._reached.search(text[: quantity.start]))

    def changes(self, text: str, quantity: Quantity) -> bool:
        """Whether a word of change stands right before the quantity."""
        before = self._about.sub("", text[: quantity.start])
        return bool(self._up.search(before) or self._down.search(before))

    def _years_follow(self, text: str, quantities: list[Quantity]) -> bool:
        """Whether years stand behind their sums: one behind the first sum and one behind the last, none before them."""
        years = self.ranked_years(text)
        if len(quantities) < 2 or not years:
            return False
        return (
            years[0][1] >= quantities[0].end
            and years[0][2] <= quantities[1].start
            and years[-1][1] >= quantities[-1].end
        )

    def _year(
        self, text: str, part: Part, quantity: Quantity, bounds: tuple[int, int], *, follows: bool
    ) -> tuple[int | None, bool]:
        """The year's rank, and whether two years share the sum."""
        years = self.ranked_years(text[part.start : part.end], part.start)
        before = [(rank, end) for rank, start, end in years if bounds[0] <= start and end <= quantity.start]
        if len({rank for rank, _ in before}) > 1 and text[before[-1][1] : quantity.start] in self._both:
            return None, True
        if before and not follows:
            return before[-1][0], False
        behind = [rank for rank, start, end in years if quantity.end <= start and end <= bounds[1]]
        return (behind[0] if behind else None), False

    def ranked_years(self, text: str, offset: int = 0) -> list[tuple[int, int, int]]:
        """Years that are named: rank, start, end (in the whole text, `offset` being the place of this part of it)."""
        found = [(YEAR_RANKS[m.id], m.start + offset, m.end + offset) for m in self.years.find(text)]
        calendar = re.finditer(rf"(?<![\d.])((?:19|20)\d\d|[23]\d(?={YEAR}))(?!\d)", text)
        for match in calendar:
            year = int(match[0]) if len(match[0]) > 2 else 2000 + int(match[0])
            found.append((year, match.start() + offset, match.end() + offset))
        dated = [(start, end) for rank, start, end in found if rank > 1]
        apart = [year for year in found if year[0] > 1 or not any(a <= year[1] <= b for a, b in dated)]
        return sorted(apart, key=lambda year: year[1])

    def nothing_last_year(self, understood: Understanding) -> bool:
        """Whether it is said that there was no such spending last year."""
        for part in parts_of(understood.text, understood.quantities):
            last = [m for m in self.years.find(part.text) if m.id == "last"]
            if last and any(m.start >= last[0].end for m in self._zero.find(part.text)):
                sums = [q for q in understood.quantities if q.kind in ("money", "bare")]
                return not any(part.start <= q.start < part.end and q.value for q in sums)
        return False

    def tells_growth(self, text: str) -> bool:
        """Whether the message tells how spending changed in words."""
        return self.doubling(text) is not None or self.says_same(text)

    def says_none(self, text: str) -> bool:
        """Whether the message says that there was none."""
        return text in self._zero

    def says_same(self, text: str) -> bool:
        """Whether the message says that nothing changed."""
        return text in self._same

    def doubling(self, text: str) -> Decimal | None:
        """The growth that a fixed phrase states (doubled: 1), as a fraction of one."""
        found = self._doublings.find(text)
        return self.vocabulary.quantities.doubling[found[0].id] if found else None


def scaled(quantity: Quantity, *, in_wan: bool) -> Decimal:
    """The value in yuan; a small bare number counts in units of 10,000 where the talk is in these."""
    wan = Decimal(10_000)
    return quantity.value * wan if quantity.kind == "bare" and in_wan and quantity.value < 10 * wan else quantity.value


def parts_of(text: str, quantities: Iterable[Quantity]) -> tuple[Part, ...]:
    """The parts of the text between punctuation marks; a mark inside a quantity does not count."""
    inside = {place for q in quantities for place in range(q.start, q.end)}
    cuts = [i for i, char in enumerate(text) if char in PART_MARKS and i not in inside]
    edges = [0, *(cut + 1 for cut in cuts), len(text)]
    return tuple(Part(a, b, text[a:b]) for a, b in pairwise(edges) if b > a)


def _nearest(mentions: list[Mention], quantity: Quantity, part: Part, bounds: tuple[int, int]) -> str:
    """The base of a sum: the last one before it, else the first one right behind it."""
    at, end = quantity.start - part.start, quantity.end - part.start
    behind = [m for m in mentions if end <= m.start and m.end <= bounds[1] - part.start]
    before = [m for m in mentions if m.end <= at]
    if behind and behind[0].start - end <= 1 and not any(m.start >= bounds[0] - part.start for m in before):
        return behind[0].id
    if before:
        return before[-1].id
    return behind[0].id if behind and behind[0].start - end <= _NEAR else ""


def _next_start(inside: list[Quantity], index: int, end: int) -> int:
    return inside[index + 1].start if index + 1 < len(inside) else end
