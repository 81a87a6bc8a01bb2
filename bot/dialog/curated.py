"""The desk of staff: questions that the document leaves open are answered as an office has answered them, and say so.

An answer is quoted as it is written; nothing is read out of it. Which question it answers is decided without a search.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations

from bot.dialog.likeness import NormalizedQuestion, normalize, same_question, same_words
from bot.dialog.reply import StatedAnswer
from bot.dialog.state import State
from bot.dialog.topics import benefits_of
from bot.nlg.guard import unsourced
from bot.nlu.reading import Reader, Reading
from knowledge.curated import CuratedAnswer
from knowledge.errors import PolicyFolderError
from knowledge.library import Dossier, Library
from knowledge.numerals import MEASURE_LABEL

_STEERING = frozenset(
    ["reset", "cancel", "greet", "thanks", "help", "faq", "next", "previous", "confirm", "deny", "unit"]
)


@dataclass(frozen=True)
class _Known:
    """An answer, what its question is about, and all phrasings of it as they are compared."""

    answer: CuratedAnswer
    reading: Reading
    readings: tuple[NormalizedQuestion, ...]


class Curated:
    """The answers of staff for one policy."""

    def __init__(self, dossier: Dossier, reader: Reader, answers: Iterable[CuratedAnswer] = ()) -> None:
        """Keep those of the answers that are for this policy."""
        self.dossier = dossier
        own = (answer for answer in answers if answer.policy == dossier.policy.id)
        self._known = tuple(_known(answer, reader) for answer in own)

    @property
    def answers(self) -> tuple[CuratedAnswer, ...]:
        """All answers, those that are given no more among them."""
        return tuple(known.answer for known in self._known)

    def valid(self, as_of: date) -> tuple[CuratedAnswer, ...]:
        """The answers that are given on that day, in the order of their file."""
        return tuple(answer for answer in self.answers if answer.holds_on(as_of))

    def answer(self, reading: Reading, state: State, as_of: date) -> tuple[StatedAnswer, State] | None:
        """What staff answer to the question, if they do; the sum that is being worked on stays open."""
        known = [each for each in self._known if each.answer.holds_on(as_of)]
        if not known:
            return None
        message = normalize(reading)
        asks = bool(message.kinds or reading.asked)
        if (state.pending or state.offer) and (reading.quantities or not asks):
            return None  # this tells what the desk has asked for
        place = which(message, [each.readings for each in known])
        return None if place is None else self._stated(known[place], state)

    def _stated(self, known: _Known, state: State) -> tuple[StatedAnswer, State]:
        answer, benefits = known.answer, benefits_of(known.reading)
        if answer.clause is not None:
            citation = self.dossier.cite(answer.clause)
            places: tuple[str, ...] = (answer.clause,)
        else:
            citation = self.dossier.cite_fact(self.dossier.facts.contact.telephone)
            places = tuple(dict.fromkeys(c for b in benefits for c in self.dossier.benefits[b].clauses)) or state.places
        measure = next((m for m in map(self._measure_of, places) if m is not None), state.measure)
        moved = replace(state, places=places, measure=measure, topics=benefits or places or state.topics, after="quote")
        if benefits and not (state.values or state.pending):
            moved = replace(moved, benefits=benefits, topics=benefits)
        return StatedAnswer(answer, (citation,)), moved

    def _measure_of(self, place: str) -> int | None:
        return self.dossier.get_clause(place).measure


def which(message: NormalizedQuestion, known: Sequence[Sequence[NormalizedQuestion]]) -> int | None:
    """The place of the question that the message asks, each given in all its phrasings; None where that is not sure.

    A question in the very words comes before one in others; of several in others none is sure.
    """
    for place, readings in enumerate(known):
        if any(same_words(message, reading) for reading in readings):
            return place
    found = [place for place, readings in enumerate(known) if any(same_question(message, r) for r in readings)]
    return found[0] if len(found) == 1 else None


def mistakes(answers: Sequence[CuratedAnswer], library: Library, reader: Reader) -> Iterator[PolicyFolderError]:
    """What is wrong with answers that could be read, by their lines."""
    if not answers:
        return
    known = [_known(answer, reader) for answer in answers]
    for each in known:
        answer = each.answer
        for question, reading in zip(answer.questions, each.readings, strict=True):
            if not reading.words or reader.read(question).intent in _STEERING:
                yield _wrong(answer, f"{question!r} steers a conversation and is no question; word it as a question")
        if answer.clause is not None and (figures := _own_figures(answer, library)):
            stated = f"{', '.join(figures)} does not stand in {answer.clause}"
            yield _wrong(answer, f"the answer gives a figure of its own: {stated}; leave it out, or cite its clause")
    for one, other in combinations(known, 2):
        if one.answer.policy == other.answer.policy and (pair := _pair(one, other)):
            where = f"the entry of line {one.answer.line}"
            yield _wrong(other.answer, f"{pair[1]!r} asks the same as {pair[0]!r} of {where}; make one entry of both")


def _known(answer: CuratedAnswer, reader: Reader) -> _Known:
    found = [reader.read(question) for question in answer.questions]
    return _Known(answer, found[0], tuple(map(normalize, found)))


def _own_figures(answer: CuratedAnswer, library: Library) -> tuple[str, ...]:
    """Figures of an answer that its clause does not give; the number of its measure is none."""
    dossier = library.dossiers[answer.policy]
    clause = dossier.get_clause(answer.clause or "")
    text = unicodedata.normalize("NFKC", answer.answer).replace(MEASURE_LABEL.format(clause.measure), "")
    return unsourced(text, (unicodedata.normalize("NFKC", clause.text),))


def _pair(one: _Known, other: _Known) -> tuple[str, str] | None:
    """Phrasings of two entries that ask the same; None where there are none."""
    for question, reading in zip(one.answer.questions, one.readings, strict=True):
        for other_question, other_reading in zip(other.answer.questions, other.readings, strict=True):
            if same_question(reading, other_reading):
                return question, other_question
    return None


def _wrong(answer: CuratedAnswer, problem: str) -> PolicyFolderError:
    return PolicyFolderError(answer.path, answer.line, problem)
