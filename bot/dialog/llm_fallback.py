"""The fallback to a language model: where a message cannot be placed, a model may say what it is about.

A model is not believed. Of what it reads, only that counts which it reads from words of the message; and an answer
comes of it only where the search had found the clauses, by the person's own words, though not clearly enough alone.
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from bot.dialog import thresholds
from bot.dialog.actions import Matter, Quote
from bot.dialog.quotation import QuotationHandler
from bot.dialog.reply import NotCovered, QuotedAnswer, Remark, Reply
from bot.dialog.state import State
from bot.dialog.topics import topics_of
from bot.nlu.labels import ASKS, MATTERS, NEVER_STATED
from bot.nlu.normalization import normalise
from bot.nlu.reading import BENEFIT, SUBJECT, Reading
from knowledge.citation import Citation
from knowledge.library import Dossier
from retrieval.retriever import Evidence

Answer = tuple[Reply, State]

# How far above the retriever's floor a clause must be, by the message without the name of the place. In the sets of
# questions, the highest clause of a refused question that reaches a model is at 0.037, and at 0.070 where a figure is
# asked for: so no model, whatever it says, has such a question answered.
BOUND, BOUND_FOR_SUMS = 0.045, 0.078
MOST_TOPICS, MOST_MATTERS, MOST_ATTRIBUTES = 2, 1, 3
LEAST_COVERED = thresholds.READ_COVERED  # what the learnt reading takes for unanswered stays unanswered
_FEWEST_CHARACTERS = 2
_AT_A_LOSS = "no_evidence"
_SUMS = frozenset({"amount", "ratio", "count"})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EntityMention:
    """Something that a model finds in a message, by its id, and the words that it reads it from."""

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class LlmReading:
    """What a model takes a message to be about.

    `topics` have ids such as `benefit:joint_lab` and `subject:medical`; attributes and matters are those of readings;
    `numbers` are words that hold one quantity each.
    """

    topics: tuple[EntityMention, ...] = ()
    attributes: tuple[EntityMention, ...] = ()
    matters: tuple[EntityMention, ...] = ()
    numbers: tuple[str, ...] = ()


class LlmReader(Protocol):
    """Reads a message that the learnt reading does not place."""

    def read(self, message: str) -> LlmReading | None:
        """What the message is about, as far as can be told. Whatever it raises leaves the refusal standing."""
        ...


class LlmFallback:
    """Asks a model and answers by what is sound in its reading: with a quotation, or not at all."""

    def __init__(
        self,
        quotation: QuotationHandler,
        reader: LlmReader,
        *,
        bounds: tuple[float, float] = (BOUND, BOUND_FOR_SUMS),
    ) -> None:
        """Ask this reader; `bounds` are how near a clause must be, in general and where a figure is asked for."""
        self._quotation, self._reader, self._bounds = quotation, reader, bounds

    def answer(self, reading: Reading, state: State, decided: Reply) -> Answer | None:
        """A quotation in place of a refusal for want of evidence; None where the refusal stands.

        The sum that the conversation is working on stays as it was: no reading changes what is computed later.
        """
        if not self.is_at_a_loss(reading, decided):
            return None
        near = self.near(reading)
        said = self._ask(reading.text) if near else None
        read = self.merged(reading, said) if said else None
        if read is None or set(read.asked) & set(NEVER_STATED):
            return None
        matters = tuple(name for name in read.asked if name in MATTERS)
        if matters:
            reply, moved = self._quotation.matter(Matter(matters), read, state)
        else:
            reply, moved = self._quotation.quote(Quote(topics_of(read), surely=False), read, state)
        if not isinstance(reply, QuotedAnswer) or not any(citation.clause.id in near for citation in reply.citations):
            return None
        lead = Remark("understood_as", {"title": self._title(read, reading, reply.citations)})
        return replace(reply, lead=lead), replace(
            state, places=moved.places, measure=moved.measure, topics=moved.topics, after="quote"
        )

    def is_at_a_loss(self, reading: Reading, decided: Reply) -> bool:
        """Whether the desk refused because it found nothing, and for no other reason that it can see."""
        refused = isinstance(decided, NotCovered) and decided.reason.key == _AT_A_LOSS
        declined = reading.intent in ("improper", "orders", "chatter", "other_place", "other_edition")
        hopeful = reading.covered >= LEAST_COVERED
        return refused and hopeful and not declined and not set(reading.asked) & set(NEVER_STATED)

    def near(self, reading: Reading) -> frozenset[str]:
        """Clauses among the best by the person's own words that are near enough to be quoted."""
        bound = self._bounds[bool(_SUMS & set(reading.asked))]
        return frozenset(place for place, margin in self._found(reading) if margin >= bound)

    def nearest(self, reading: Reading) -> float | None:
        """How far above the floor the nearest clause is; None where nothing is near at all."""
        return max((margin for _, margin in self._found(reading)), default=None)

    def merged(self, reading: Reading, said: LlmReading) -> Reading | None:
        """The desk's reading with what is sound in a model's; None where nothing is."""
        sound = sound_reading(said, reading.text, self._quotation.dossier)
        topics = [t for each in sound.topics for t in self._topic_ids(each.id)][:MOST_TOPICS]
        asks = [each.id for each in (*sound.attributes[:MOST_ATTRIBUTES], *sound.matters[:MOST_MATTERS])]
        new = (
            [topic for topic in topics if topic not in topics_of(reading)],
            [a for a in asks if a not in reading.asked],
        )
        if not any(new):
            return None
        return replace(
            reading,
            topics={**reading.topics, **dict.fromkeys(new[0], 1.0)},
            asks={**reading.asks, **dict.fromkeys(new[1], 1.0)},
        )

    def _topic_ids(self, name: str) -> tuple[str, ...]:
        kind, _, topic = name.partition(":")
        if kind == BENEFIT:
            return (topic,)
        return subject_clauses(topic, self._quotation.dossier)

    def _found(self, reading: Reading) -> tuple[tuple[str, float], ...]:
        """The best clauses and how far each is above the floor. Everybody here may name the place: it tells nothing."""
        query = self._quotation.expanded(reading).replace(self._quotation.dossier.facts.place, "")
        found = self._quotation.retriever.search(query)
        return tuple((hit.clause_id, hit.margin) for hit in found.hits) if isinstance(found, Evidence) else ()

    def _ask(self, text: str) -> LlmReading | None:
        try:
            return self._reader.read(text)
        except Exception as error:  # noqa: BLE001 (whatever fails there, the refusal stands and people get it)
            _log.warning("a reading failed", extra={"error": type(error).__name__})
            return None

    def _title(self, read: Reading, own: Reading, citations: tuple[Citation, ...]) -> str:
        """What the answer takes the question to be about: topics that were read, else the heading of what is quoted."""
        benefits = self._quotation.dossier.benefits
        new = [topic for topic in topics_of(read) if topic not in topics_of(own) and topic in benefits]
        return benefits[new[0]].title if new else citations[0].clause.heading


def sound_reading(said: LlmReading, text: str, dossier: Dossier) -> LlmReading:
    """What a reading holds that has a known id and words of the text, in the text's own spelling."""
    known = {f"{BENEFIT}:{name}" for name in dossier.benefits} | {
        f"{SUBJECT}:{name}" for name in dossier.lexicon.subjects
    }
    attributes = [name for name in ASKS if name not in MATTERS]
    return LlmReading(
        _sound(said.topics, known, text),
        _sound(said.attributes, attributes, text),
        _sound(said.matters, MATTERS, text),
        tuple(words for each in said.numbers if (words := normalise(each)) and words in text),
    )


def subject_clauses(subject: str, dossier: Dossier) -> tuple[str, ...]:
    """The clauses on a subject of the lexicon: those listed, else each that holds one of its names."""
    entry = dossier.lexicon.subjects[subject]
    listed = tuple(dossier.clause_id(place) for place in entry.clauses)
    sentences = dossier.policy.sentences
    return listed or tuple(c.id for c in sentences if any(name in c.text for name in entry.names))


def _sound(named: Iterable[EntityMention], known: Collection[str], text: str) -> tuple[EntityMention, ...]:
    spelled = (EntityMention(each.id, normalise(each.words)) for each in named if each.id in known)
    return tuple(each for each in spelled if _says_something(each.words) and each.words in text)


def _says_something(words: str) -> bool:
    return sum(map(str.isalnum, words)) >= _FEWEST_CHARACTERS


def is_llm_reading(reply: Reply) -> bool:
    """Whether a model's reading led to the reply."""
    return isinstance(reply, QuotedAnswer) and reply.lead.key == "understood_as"
