"""What people say to any policy desk, as data (`vocabulary.yaml`), and the matching of it in a message."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from knowledge.benefit import Data
from knowledge.datafile import read_yaml, validate

_FILE = Path(__file__).with_name("vocabulary.yaml")
_GAP, _GAP_PATTERN = "\u2026", ".{0,8}?"


class Attribute(Data):
    """Something that can be asked of a subject; `printed` and `states` tell how a clause states it."""

    asks: tuple[str, ...]
    printed: Literal["money", "rate", "years", "figure"] | None = None
    states: tuple[str, ...] = ()
    never: bool = False


class Acts(Data):
    """Words that steer the conversation rather than ask something of a document."""

    reset: tuple[str, ...]
    cancel: tuple[str, ...]
    greeting: tuple[str, ...]
    thanks: tuple[str, ...]
    help: tuple[str, ...]
    faq: tuple[str, ...]
    next: tuple[str, ...]
    previous: tuple[str, ...]
    why: tuple[str, ...]
    correction: tuple[str, ...]
    supposition: tuple[str, ...]
    addition: tuple[str, ...]
    also: tuple[str, ...]


class Listing(Data):
    """Words of a question that wants every place which fits, and of what it may sort them by."""

    asks: tuple[str, ...]
    money: tuple[str, ...]
    all: tuple[str, ...]
    rate: tuple[str, ...]
    once: tuple[str, ...]
    yearly: tuple[str, ...]
    highest: tuple[str, ...]


class CalculationWords(Data):
    """Words that ask for a sum; `firm` ones ask to be led through the inputs."""

    asks: tuple[str, ...]
    firm: tuple[str, ...]
    first_person: tuple[str, ...]


class InverseWords(Data):
    """Words that ask what is needed for a sum."""

    asks: tuple[str, ...]
    more: tuple[str, ...]
    full: tuple[str, ...]
    both: tuple[str, ...]


class QuantityWords(Data):
    """What stands around a number and tells its kind."""

    percent: tuple[str, ...]
    tenth: str
    endings: tuple[str, ...]
    half: str
    fold: str
    doubling: Mapping[str, Decimal]
    same: tuple[str, ...]
    yuan: tuple[str, ...]
    yuan_before: tuple[str, ...]
    foreign: tuple[str, ...]
    foreign_before: tuple[str, ...]
    minus: tuple[str, ...]
    about_before: tuple[str, ...]
    about_after: tuple[str, ...]
    pair_unit: str
    labels: tuple[str, ...]
    vague_before: tuple[str, ...]
    range_marks: tuple[str, ...]
    range_from: tuple[str, ...]
    ordinal_before: tuple[str, ...]
    ordinal_after: tuple[str, ...]
    part_after: tuple[str, ...]
    classifiers: Mapping[str, tuple[str, ...]]
    other_classifiers: tuple[str, ...]


class YearWords(Data):
    """Names of years relative to the year that is asked about."""

    this: tuple[str, ...]
    last: tuple[str, ...]
    next: tuple[str, ...]
    before_last: tuple[str, ...]


class GrowthWords(Data):
    """Words of change from one year to the next."""

    up: tuple[str, ...]
    down: tuple[str, ...]
    further: tuple[str, ...]
    reached: tuple[str, ...]


class Vocabulary(Data):
    """The whole file; see the comments there for what each part is."""

    acts: Acts
    attributes: Mapping[str, Attribute]
    policy_matters: Mapping[str, tuple[str, ...]]
    listing: Listing
    comparison: tuple[str, ...]
    calculation: CalculationWords
    inverse: InverseWords
    improper: tuple[str, ...]
    orders: tuple[str, ...]
    chatter: tuple[str, ...]
    other_places: tuple[str, ...]
    other_editions: tuple[str, ...]
    function_words: tuple[str, ...]
    quantities: QuantityWords
    years: YearWords
    growth: GrowthWords
    zero: tuple[str, ...]
    both_years: tuple[str, ...]
    award: tuple[str, ...]
    not_counted: tuple[str, ...]
    each: tuple[str, ...]
    info_only: tuple[str, ...]
    bounds: tuple[str, ...]
    inside: tuple[str, ...]
    counted: Mapping[str, tuple[str, ...]]
    origin: tuple[str, ...] = Field(alias="from")
    applying: tuple[str, ...]
    mentions: tuple[str, ...]
    pronouns: tuple[str, ...]
    last_measure: tuple[str, ...]
    last_part: tuple[str, ...]
    part_words: tuple[str, ...]
    summing: tuple[str, ...]
    negated: tuple[str, ...]
    totals: tuple[str, ...]
    spelled: tuple[str, ...]
    excluded: tuple[str, ...]
    one_each: tuple[str, ...]
    turns: tuple[str, ...]
    compared_with: tuple[str, ...]
    open_bounds: tuple[str, ...]


@cache
def load_vocabulary() -> Vocabulary:
    """The vocabulary, read once."""
    return validate(Vocabulary, read_yaml(_FILE), _FILE)


class Mention(NamedTuple):
    """A name found in a message: what it names, and where (`start` inclusive, `end` exclusive)."""

    id: str
    start: int
    end: int
    text: str
    gapped: bool = False


class Matcher:
    """Finds names in a text, from the left, the longest first, none overlapping another."""

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        """Take the names of each id. A name may hold gaps; of one name under two ids the first counts."""
        self._by_first: dict[str, list[tuple[str, str]]] = {}
        self._gapped: list[tuple[re.Pattern[str], str]] = []
        for mentioned, words in names.items():
            for word in map(str.lower, words):
                if _GAP in word:
                    self._gapped.append((re.compile(_GAP_PATTERN.join(map(re.escape, word.split(_GAP)))), mentioned))
                else:
                    self._by_first.setdefault(word[0], []).append((word, mentioned))
        for candidates in self._by_first.values():
            candidates.sort(key=lambda candidate: -len(candidate[0]))

    def find(self, text: str) -> tuple[Mention, ...]:
        """All mentions in reading order."""
        lowered, found, position = text.lower(), [], 0
        while position < len(lowered):
            mention = self._at(lowered, position)
            if mention:
                found.append(mention)
            position = mention.end if mention else position + 1
        for pattern, mentioned in self._gapped:
            found += [Mention(mentioned, *m.span(), m[0], gapped=True) for m in pattern.finditer(lowered)]
        return tuple(sorted(found, key=lambda mention: mention.start))

    def _at(self, text: str, position: int) -> Mention | None:
        for word, mentioned in self._by_first.get(text[position], ()):
            end = position + len(word)
            if text.startswith(word, position) and not (_cuts_word(text, position) or _cuts_word(text, end)):
                return Mention(mentioned, position, end, word)
        return None

    def ids(self, text: str) -> tuple[str, ...]:
        """The ids found, each once, in reading order."""
        return tuple(dict.fromkeys(mention.id for mention in self.find(text)))

    def __contains__(self, text: str) -> bool:
        """Whether any name is found."""
        return bool(self.find(text))


def _cuts_word(text: str, position: int) -> bool:
    """Whether the position lies inside a word in Latin letters, or inside a number."""
    around = text[max(position - 1, 0) : position + 1]
    if not 0 < position < len(text) or not around.isascii():
        return False
    return around.isalpha() or all(c.isdigit() or c == "." for c in around)


def ending_in(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern of texts that end in one of the words."""
    return re.compile(rf"(?:{_either(words)})$", re.IGNORECASE)


def beginning_with(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern (for `match`) of texts that begin with one of the words; a word in Latin letters is not cut."""
    return re.compile(rf"\s?(?:{_either(words)})(?![a-z])", re.IGNORECASE)


def _either(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def matcher(words: Iterable[str]) -> Matcher:
    """A matcher of words that all mean one thing."""
    return Matcher({"": words})
