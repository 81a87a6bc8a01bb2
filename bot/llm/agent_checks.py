"""What a text that an agent wrote must be before it may lead an answer: pure checks against what the tools gave.

The text may use the desk's own words, whole quotations and amounts that were calculated this time, each behind the name
of its benefit. Everything else is an objection, so that a lie needs no list of lies to be found.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from bot.llm.grounding import HAN, covered
from bot.llm.prompts import load_prompts
from bot.nlg.guard import Figure, figures
from calculators.calculation import Calculation, NotEligible, Outcome, Undetermined
from knowledge.benefit import Data
from knowledge.datafile import read_yaml, validate
from knowledge.numerals import MEASURE_LABEL, NUMBER, read_ordinal
from knowledge.policy import Clause

Objection = Literal[
    "empty", "length", "characters", "leak", "quotation", "place", "figure", "verdict", "ungrounded", "disagreement"
]
OBJECTIONS: tuple[str, ...] = get_args(Objection)
_FILE = Path(__file__).with_name("agent.yaml")
_BEFORE, _BEHIND = MEASURE_LABEL.split("{}")
_PLACE = re.compile(rf"{_BEFORE}\s*(?P<number>{NUMBER.pattern})\s*{_BEHIND}", re.IGNORECASE)
_HAN = re.compile(f"[{HAN}]")
_SHORTEST_QUOTATION = 2
_LEAKED = 12  # characters in a row that the prompt holds


class AgentWords(Data):
    """The prompt of the agent, and the words that the checks of its text know."""

    system: str
    most_characters: int
    marks: str
    opening: str
    closing: str
    sentence_marks: str
    ceiling: str
    said: tuple[str, ...]
    total: tuple[str, ...]
    negative: tuple[str, ...]
    open: tuple[str, ...]
    verdicts: tuple[str, ...]
    plain: tuple[str, ...]

    @property
    def prompt(self) -> str:
        """What the model is told."""
        return self.system.replace("{plain}", " ".join(self.plain))


@cache
def load_words() -> AgentWords:
    """The words of `agent.yaml`, read once.

    Raises:
        PolicyFolderError: naming the field that does not fit.
    """
    return validate(AgentWords, read_yaml(_FILE), _FILE)


@dataclass(frozen=True)
class Evidence:
    """What a text may rest on: clauses and outcomes (by title) of this time, the sum, and what the person said.

    `own` are texts of the desk whose words may be used. `kept` are texts that must not be repeated: prompts.
    """

    said: str
    clauses: tuple[Clause, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    total: tuple[Decimal, str] | None = None
    own: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @cached_property
    def figures(self) -> frozenset[tuple[Decimal, bool]]:
        """Figures that the person gave."""
        return frozenset(map(_value, figures(self.said)))

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Pieces of what must not be repeated."""
        return frozenset(gram for text in self.kept for gram in _grams(text, _LEAKED))


class _Part(NamedTuple):
    """A piece of a sentence from a name (of a benefit, or of the sum) to the next; `name` is empty before the first."""

    name: str
    text: str


def objection(text: str, evidence: Evidence) -> Objection | None:
    """The first reason for which a text may not go out; None where it may."""
    words = load_words()
    if not text.strip():
        return "empty"
    if len(text) > words.most_characters:
        return "length"
    rest, quotations = _parted(text, words)
    if rest is None or any(not _is_quotation(each, evidence) for each in quotations):
        return "quotation"
    if any(not (c in words.marks or (c.isascii() and c.isdigit()) or _HAN.fullmatch(c)) for c in rest):
        return "characters"
    if _grams(text, _LEAKED) & evidence.secrets or _holds(rest, load_prompts().machinery):
        return "leak"
    measures = {clause.measure for clause in evidence.clauses}
    if places(rest) - measures:
        return "place"
    rest = _PLACE.sub(" ", rest)
    checks: tuple[tuple[Objection, Callable[[_Part], bool]], ...] = (
        ("figure", lambda part: _figures_stand(part, evidence, words)),
        ("verdict", lambda part: _verdict_stands(part, evidence, words)),
    )
    for part in _parts(rest, evidence, words):
        for name, holds in checks:
            if not holds(part):
                return name
    return None if _is_grounded(rest, evidence, words) else "ungrounded"


def quotations(text: str) -> tuple[str, ...]:
    """What stands between quotation marks."""
    return _parted(text, load_words())[1]


def places(text: str) -> frozenset[int]:
    """Numbers of the measures that a text names."""
    numbers = (read_ordinal(match["number"]) for match in _PLACE.finditer(text))
    return frozenset(number for number in numbers if number is not None)


def _parted(text: str, words: AgentWords) -> tuple[str | None, tuple[str, ...]]:
    """The text without its quotations, and these; None where a mark has no partner."""
    rest, found, start, depth = "", [], 0, 0
    for place, mark in enumerate(text):
        if mark == words.opening:
            depth += 1
            if depth == 1:
                start = place
        elif mark == words.closing:
            depth -= 1
            if depth < 0:
                return None, ()
            if depth == 0:
                found.append(text[start + 1 : place])
                rest += " "
        elif depth == 0:
            rest += mark
    return (None if depth else rest), tuple(found)


def _is_quotation(quotation: str, evidence: Evidence) -> bool:
    """Whether it is words of a clause; one with a figure is a whole sentence, lest it be tied to other things."""
    if figures(quotation):
        return any(quotation in (each.text, each.text.rstrip(load_words().sentence_marks)) for each in evidence.clauses)
    return len(quotation) >= _SHORTEST_QUOTATION and any(quotation in each.text for each in evidence.clauses)


def _parts(text: str, evidence: Evidence, words: AgentWords) -> Iterator[_Part]:
    names = sorted((*evidence.titles, *words.total), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, names)))
    for sentence in re.split(rf"[{re.escape(words.sentence_marks)}\n]", text):
        marks = list(pattern.finditer(sentence))
        yield _Part("", sentence[: marks[0].start()] if marks else sentence)
        ends = [*(mark.start() for mark in marks), len(sentence)][1:]
        for mark, end in zip(marks, ends, strict=True):
            yield _Part(mark[0], sentence[mark.end() : end])


def _figures_stand(part: _Part, evidence: Evidence, words: AgentWords) -> bool:
    """Whether each figure of a part is the amount of what is named, or was said by the person and is called so."""
    for figure in figures(part.text):
        before = part.text[: part.text.index(figure.words)]
        if not part.name:
            told = any(said in before for said in words.said)
            if not told or _value(figure) not in evidence.figures:
                return False
        elif not _is_amount(figure, before, _due(part.name, evidence, words), words):
            return False
    return True


def _due(name: str, evidence: Evidence, words: AgentWords) -> tuple[Decimal, str] | None:
    """Amount and bound of what is named; None where nothing of that name is due."""
    if name in words.total:
        return evidence.total
    outcome = evidence.outcomes.get(name)
    return (outcome.amount, outcome.bound) if isinstance(outcome, Calculation) else None


def _is_amount(figure: Figure, before: str, due: tuple[Decimal, str] | None, words: AgentWords) -> bool:
    limited = before.rstrip().endswith(words.ceiling)
    return due is not None and _value(figure) == (due[0], False) and limited == (due[1] == "at_most")


def _verdict_stands(part: _Part, evidence: Evidence, words: AgentWords) -> bool:
    """Whether a part judges only what was calculated, and as it was."""
    if part.name in words.total:
        return evidence.total is not None and not _holds(part.text, (*words.verdicts, *words.negative))
    deciding = (*words.verdicts, *load_prompts().promises)
    if not part.name:
        return not _holds(part.text, deciding)
    denies, leaves_open = _holds(part.text, words.negative), _holds(part.text, words.open)
    match evidence.outcomes.get(part.name):
        case Calculation():
            return not denies
        case NotEligible():
            return denies or not _holds(part.text, deciding)
        case Undetermined():
            return leaves_open or not (denies or _holds(part.text, deciding))
        case _:
            return not (denies or _holds(part.text, deciding))


def _is_grounded(text: str, evidence: Evidence, words: AgentWords) -> bool:
    """Whether all Chinese is the desk's own words and words that merely connect; the person's are not among them."""
    for figure in sorted(figures(text), key=lambda each: -len(each.words)):
        text = text.replace(figure.words, " ")
    return covered(text, "\n".join((*evidence.own, *evidence.titles)), _plain(words))


def _plain(words: AgentWords) -> frozenset[str]:
    return frozenset((*words.plain, *words.said, *words.total, *words.open, words.ceiling, *load_prompts().units))


def _grams(text: str, length: int) -> set[str]:
    """All stretches of that many letters and digits of a text, whatever stands between them."""
    bare = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
    return {bare[start : start + length] for start in range(len(bare) - length + 1)}


def _holds(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


def _value(figure: Figure) -> tuple[Decimal, bool]:
    return figure.value, figure.is_rate
