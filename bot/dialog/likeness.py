"""Likeness: whether two questions ask the same so surely that the answer to one may be given to the other.

Nothing is guessed. Two questions are the same if they have the same words once the words are gone that add nothing,
and the words that ask are taken for the kind of answer that they want (`likeness.yaml`). That most words are the same
is not enough: fiscal and non-fiscal funds are one character apart.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.nlu.names import PhraseMatcher
from bot.nlu.reading import Reading
from knowledge.benefit import Data
from knowledge.datafile import read_yaml, validate
from knowledge.numerals import SENTENCE_MARKS

_FILE = Path(__file__).with_name("likeness.yaml")
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u300c\u300d\u300e\u300f()\u2026~"
# A mark between two digits belongs to their number.
_MARKS = re.compile(
    rf"(?<!\d)[\s{re.escape(SENTENCE_MARKS + _QUOTES)}]|[\s{re.escape(SENTENCE_MARKS + _QUOTES)}](?!\d)"
)
_FILLER, _MAY, _MUST = "filler", "may", "must"
_REFUSED = frozenset({"orders", "improper", "chatter"})
_KINDS = ("benefit", "subject", "outside")


class Weights(Data):
    """The content of `likeness.yaml`; see the comments there."""

    fillers: tuple[str, ...]
    kinds: Mapping[str, tuple[str, ...]]
    modal_kinds: tuple[str, ...]
    may: tuple[str, ...]
    must: tuple[str, ...]
    either_or: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NormalizedQuestion:
    """A question as it is compared.

    `words` are all of it, without marks; `core` is what is left of them without those that add nothing and those that
    ask. `kinds` says what kind of answer is wanted, `modals` whether of what may be done or must be done. `topics` and
    `asked` (attributes and matters) are as the desk understands it. `plain`: it holds words of its own, no figure, and
    nothing improper.
    """

    words: str
    core: str
    kinds: frozenset[str]
    modals: frozenset[str]
    topics: frozenset[str]
    asked: frozenset[str]
    plain: bool


def same_words(one: NormalizedQuestion, other: NormalizedQuestion) -> bool:
    """Whether two questions are equal but for their marks."""
    return one.words == other.words


def same_question(one: NormalizedQuestion, other: NormalizedQuestion) -> bool:
    """Whether two questions certainly ask the same; neither holds a figure."""
    if same_words(one, other):
        return True
    alike = (one.core, one.kinds, one.topics) == (other.core, other.kinds, other.topics)
    # Words that ask the same may name an attribute in one question and leave it to be understood in the other.
    nested = one.asked <= other.asked or other.asked <= one.asked
    return one.plain and other.plain and alike and nested and _modals_agree(one, other)


def _modals_agree(one: NormalizedQuestion, other: NormalizedQuestion) -> bool:
    """Whether what may be done is not taken for what must be done; where that is the question, both say the same."""
    if one.kinds.isdisjoint(_weights().modal_kinds):
        return len(one.modals | other.modals) < 2
    return one.modals == other.modals


def words_of(text: str) -> str:
    """A normalised text without marks and capitals."""
    return _MARKS.sub("", text.lower())


def normalize(reading: Reading) -> NormalizedQuestion:
    """A message as it is compared with questions."""
    words = words_of(reading.text)
    text, asked_by_repeating = _either_or().subn(r"\1", words)
    core, place, found = "", 0, set()
    for mention in _matcher().find(text):
        core += text[place : mention.start]
        place = mention.end
        found.add(mention.id)
    core += text[place:]
    if asked_by_repeating:
        found.add("whether")
    figures = bool(reading.quantities) or any(map(str.isdigit, words))
    return NormalizedQuestion(
        words=words,
        core=core,
        kinds=frozenset(found - {_FILLER, _MAY, _MUST}),
        modals=frozenset(found & {_MAY, _MUST}),
        topics=frozenset(m.id for m in reading.mentions if m.id.partition(":")[0] in _KINDS),
        asked=frozenset(reading.asked),
        plain=bool(core) and not figures and reading.intent not in _REFUSED,
    )


@cache
def _weights() -> Weights:
    return validate(Weights, read_yaml(_FILE), _FILE)


@cache
def _matcher() -> PhraseMatcher:
    weights = _weights()
    return PhraseMatcher({**weights.kinds, _MAY: weights.may, _MUST: weights.must, _FILLER: weights.fillers})


@cache
def _either_or() -> re.Pattern[str]:
    return re.compile(rf"(\w)(?:{'|'.join(map(re.escape, _weights().either_or))})\1")
