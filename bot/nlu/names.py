"""Names of things, as data (`names.yaml` and a policy's lexicon), and the matching of them in a message."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from knowledge.benefit import Data
from knowledge.datafile import read_yaml, validate

_FILE = Path(__file__).with_name("names.yaml")
_GAP, _GAP_PATTERN = "\u2026", ".{0,8}?"


class QuantityWords(Data):
    """What stands around a number and tells its kind."""

    percent: tuple[str, ...]
    tenth: str
    half: str
    fold: tuple[str, ...]
    doubling: Mapping[str, Decimal]
    half_share: tuple[str, ...]
    same: tuple[str, ...]
    none: tuple[str, ...]
    yuan: tuple[str, ...]
    yuan_before: tuple[str, ...]
    foreign: tuple[str, ...]
    foreign_before: tuple[str, ...]
    minus: tuple[str, ...]
    about_before: tuple[str, ...]
    about_after: tuple[str, ...]
    determiners: tuple[str, ...]
    compared: tuple[str, ...]
    pair_unit: str
    hotlines: tuple[str, ...]
    labels: tuple[str, ...]
    vague_before: tuple[str, ...]
    range_marks: tuple[str, ...]
    range_from: tuple[str, ...]
    ordinal_before: tuple[str, ...]
    ordinal_after: tuple[str, ...]
    part_after: tuple[str, ...]
    classifiers: Mapping[str, tuple[str, ...]]
    other_classifiers: tuple[str, ...]


class Names(Data):
    """The content of `names.yaml`; `years` are names relative to the year that is asked about."""

    quantities: QuantityWords
    each: tuple[str, ...]
    increments: tuple[str, ...]
    on_top: tuple[str, ...]
    another: tuple[str, ...]
    applicant_labels: tuple[str, ...]
    households: tuple[str, ...]
    which: tuple[str, ...]
    full: tuple[str, ...]
    inside: tuple[str, ...]
    public: tuple[str, ...]
    beside: tuple[str, ...]
    both: tuple[str, ...]
    summing: tuple[str, ...]
    some: tuple[str, ...]
    months: tuple[str, ...]
    filled: tuple[str, ...]
    times: tuple[str, ...]
    stated: Mapping[str, tuple[str, ...]]
    listed: Mapping[str, tuple[str, ...]]
    positions: Mapping[str, tuple[str, ...]]
    changes: Mapping[str, tuple[str, ...]]
    years: Mapping[str, tuple[str, ...]]


@cache
def load_names() -> Names:
    """The names, read once."""
    return validate(Names, read_yaml(_FILE), _FILE)


class Mention(NamedTuple):
    """A name found in a message: what it names, and where (`start` inclusive, `end` exclusive)."""

    id: str
    start: int
    end: int
    text: str
    gapped: bool = False


class PhraseMatcher:
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


def _cuts_word(text: str, position: int) -> bool:
    """Whether the position lies inside a word in Latin letters, or inside a number."""
    around = text[max(position - 1, 0) : position + 1]
    if not 0 < position < len(text) or not around.isascii():
        return False
    return around.isalpha() or all(c.isdigit() or c == "." for c in around)


def ending_in(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern of texts that end in one of the words."""
    return re.compile(rf"(?:{_either(words)})\s?$", re.IGNORECASE)


def beginning_with(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern (for `match`) of texts that begin with one of the words; a word in Latin letters is not cut."""
    return re.compile(rf"\s?(?:{_either(words)})(?![a-z])", re.IGNORECASE)


def _either(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
