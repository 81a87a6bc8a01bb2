"""The desk of staff: questions that the document leaves open are answered as an office has answered them, and say so.

An answer is quoted as it is written; nothing is read out of it. Which question it answers is decided without a search.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.dialog.likeness import NormalizedQuestion, normalize, same_question, same_words
from bot.dialog.reply import StatedAnswer
from bot.dialog.state import State
from bot.dialog.topics import benefits_of
from bot.nlu.reading import Reader, Reading
from knowledge.curated import CuratedAnswer
from knowledge.library import Dossier

STEERING = frozenset(
    ["reset", "cancel", "greet", "thanks", "help", "faq", "next", "previous", "confirm", "deny", "unit"]
)


@dataclass(frozen=True)
class KnownQuestion:
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
        self._known = tuple(known_question(answer, reader) for answer in own)

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

    def _stated(self, known: KnownQuestion, state: State) -> tuple[StatedAnswer, State]:
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


def known_question(answer: CuratedAnswer, reader: Reader) -> KnownQuestion:
    """An answer of staff with its questions as they are read and compared."""
    found = [reader.read(question) for question in answer.questions]
    return KnownQuestion(answer, found[0], tuple(map(normalize, found)))
