"""The prompts that ask for words, and the word lists by which the output is checked."""

import re
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path

from knowledge.benefit import Data
from knowledge.datafile import read_yaml, validate

_FILE = Path(__file__).with_name("prompts.yaml")


class Prompts(Data):
    """The content of `phrasing.yaml`; see the comments there."""

    prompts: Mapping[str, str]
    marks: str
    statement_ends: str
    clause_ends: str
    sentence_ends: str
    part_ends: str
    list_mark: str
    final: str
    leading: str
    quotes: str
    titles: str
    units: tuple[str, ...]
    bounds: Mapping[str, tuple[str, ...]]
    kept: tuple[str, ...]
    subjects: tuple[str, ...]
    connecting: tuple[str, ...]
    of_quotations: tuple[str, ...]
    granting_words: str
    affirming: tuple[str, ...]
    agreeing: tuple[str, ...]
    denying: tuple[str, ...]
    promises: tuple[str, ...]
    machinery: tuple[str, ...]
    places: tuple[str, ...]

    def prompt(self, kind: str) -> str | None:
        """What a model is told of an answer of that kind; None where none is asked."""
        told = self.prompts.get(kind)
        words = self.connecting if kind == "quoted" else (w for w in self.connecting if w not in self.of_quotations)
        return told and told.replace("{words}", self.list_mark.join(words))

    @cached_property
    def bound_classes(self) -> Mapping[str, str]:
        """The class of each bounding word, the longest words first."""
        pairs = [(word, name) for name, words in self.bounds.items() for word in words]
        return dict(sorted(pairs, key=lambda pair: -len(pair[0])))

    @cached_property
    def place(self) -> re.Pattern[str]:
        """Any way to name a place of the document."""
        return re.compile("|".join(self.places))

    @cached_property
    def granting(self) -> re.Pattern[str]:
        """Words that grant something."""
        return re.compile(self.granting_words)


@cache
def load_prompts() -> Prompts:
    """The lexicon, read once."""
    return validate(Prompts, read_yaml(_FILE), _FILE)
