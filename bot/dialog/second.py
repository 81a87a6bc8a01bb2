"""The second reading: where the rules are at a loss, a reader may say what a message is about. Pure but for the reader.

A reader is not believed. Of what it reads, only that counts which it reads from words of the message; and an answer
comes of it only where the search had found the clauses, by the person's own words, though not clearly enough alone.
"""

import logging
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from bot.dialog.facts import FactDesk, about_sums
from bot.dialog.quantities import Quantity
from bot.dialog.text import normalise
from bot.dialog.turn import NotCovered, QuotedAnswer, Remark, Reply, State
from bot.dialog.understanding import STRONG, SUBJECT, Understander, Understanding
from bot.dialog.vocabulary import Mention
from bot.wording import say
from knowledge.citation import Citation
from knowledge.library import Dossier
from retrieval.retriever import Evidence

Answer = tuple[Reply, State]

# How far above the retriever's floor a clause must be, by the message without the name of the place. In the sets of
# questions, the highest clause of a refused question that reaches a reader is at 0.037, and at 0.070 where a figure is
# asked for: so no reader, whatever it says, has such a question answered.
BOUND, BOUND_FOR_SUMS = 0.045, 0.078
MOST_TOPICS, MOST_MATTERS, MOST_ATTRIBUTES, MOST_NUMBERS = 2, 1, 3, 5
_FEWEST_CHARACTERS = 2
_APART = frozenset({"improper", "orders", "chatter", "other_place", "other_edition"})
_AT_A_LOSS = "no_evidence"
_CUT_BEFORE, _CUT_AFTER = re.compile(r"\d[.,]$"), re.compile(r"[.,]\d")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Named:
    """Something that a reader finds in a message, by its id, and the words that it reads it from."""

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader takes a message to be about.

    `topics` have ids such as `benefit:joint_lab` and `subject:medical`; attributes and matters are those of the
    vocabulary; `numbers` are words that hold one quantity each.
    """

    topics: tuple[Named, ...] = ()
    attributes: tuple[Named, ...] = ()
    matters: tuple[Named, ...] = ()
    numbers: tuple[str, ...] = ()


class Reader(Protocol):
    """Reads a message that the rules do not understand."""

    def read(self, message: str) -> Reading | None:
        """What the message is about, as far as can be told. Whatever it raises leaves the rules' refusal standing."""
        ...


class SecondReading:
    """Asks a reader and answers by what is sound in its reading: with a quotation, or not at all."""

    def __init__(
        self,
        facts: FactDesk,
        understander: Understander,
        reader: Reader,
        *,
        bounds: tuple[float, float] = (BOUND, BOUND_FOR_SUMS),
    ) -> None:
        """Ask this reader; `bounds` are how near a clause must be, in general and where a figure is asked for."""
        self._facts, self._understander, self._reader = facts, understander, reader
        self._bounds = bounds

    def answer(self, understood: Understanding, state: State, decided: Reply) -> Answer | None:
        """A quotation in place of a refusal for want of evidence; None where the refusal stands.

        The sum that the conversation is working on stays as it was: no reading changes what is computed later.
        """
        if not self.is_at_a_loss(understood, decided):
            return None
        near = self.near(understood)
        reading = self._ask(understood.text) if near else None
        read = self.merged(understood, reading) if reading else None
        if read is None or self._facts.never_stated(read):
            return None
        reply, moved = self._facts.matter(read, state) or self._facts.subject(read, state) or (decided, state)
        if not isinstance(reply, QuotedAnswer) or not any(citation.clause.id in near for citation in reply.citations):
            return None
        title = self._title(read, understood, reply.citations)
        lead = Remark("understood_as", {"title": title})
        return replace(reply, lead=lead), replace(state, places=moved.places, measure=moved.measure)

    def is_at_a_loss(self, understood: Understanding, decided: Reply) -> bool:
        """Whether the rules refused because they found nothing, and for no other reason that they can see."""
        refused = isinstance(decided, NotCovered) and decided.reason.key == _AT_A_LOSS
        apart = understood.marks & _APART or understood.outside or self._facts.never_stated(understood)
        return refused and not apart

    def near(self, understood: Understanding) -> frozenset[str]:
        """Clauses among the best by the person's own words that are near enough to be quoted."""
        found = self._found(understood)
        bound = self._bounds[about_sums(understood)]
        return frozenset(place for place, margin in found if margin >= bound)

    def nearest(self, understood: Understanding) -> float | None:
        """How far above the floor the nearest clause is; None where nothing is near at all."""
        return max((margin for _, margin in self._found(understood)), default=None)

    def merged(self, understood: Understanding, reading: Reading) -> Understanding | None:
        """The rules' understanding with what is sound in a reading; None where nothing is."""
        sound = sound_reading(reading, understood.text, self._facts.dossier, self._understander)
        mentions = tuple(_mention(each, understood.text) for each in sound.topics)
        topics = _beside(mentions, understood.topics)[:MOST_TOPICS]
        attributes = _new(sound.attributes, understood.attributes)[:MOST_ATTRIBUTES]
        matters = _new(sound.matters, understood.matters)[:MOST_MATTERS]
        numbers = [_quantity(words, understood.text, self._understander) for words in sound.numbers]
        quantities = _beside([each for each in numbers if each], understood.quantities)[:MOST_NUMBERS]
        if not (topics or attributes or matters or quantities):
            return None
        return replace(
            understood,
            topics=tuple(sorted((*understood.topics, *topics), key=lambda each: each.start)),
            attributes=(*understood.attributes, *attributes),
            matters=(*understood.matters, *matters),
            quantities=tuple(sorted((*understood.quantities, *quantities), key=lambda each: each.start)),
        )

    def _found(self, understood: Understanding) -> tuple[tuple[str, float], ...]:
        """The best clauses and how far each is above the floor. Everybody here may name the place: it tells nothing."""
        query = self._facts.expanded(understood).replace(self._facts.dossier.facts.place, "")
        found = self._facts.retriever.search(query)
        return tuple((hit.clause_id, hit.margin) for hit in found.hits) if isinstance(found, Evidence) else ()

    def _ask(self, text: str) -> Reading | None:
        try:
            return self._reader.read(text)
        except Exception as error:  # noqa: BLE001 (whatever fails there, the refusal stands and people get it)
            _log.warning("a reading failed", extra={"error": type(error).__name__})
            return None

    def _title(self, read: Understanding, own: Understanding, citations: tuple[Citation, ...]) -> str:
        """What the answer takes the question to be about: topics that were read, else the heading of what is quoted."""
        topics = (mention.id for mention in read.topics if mention not in own.topics)
        names = dict.fromkeys(name for name in (title_of(topic, self._facts) for topic in topics) if name)
        return say("between").join(names) or citations[0].clause.heading


def sound_reading(reading: Reading, text: str, dossier: Dossier, understander: Understander) -> Reading:
    """What a reading holds that has a known id and words of the text, in the text's own spelling."""
    known = {f"{STRONG}:{name}" for name in dossier.benefits} | {
        f"{SUBJECT}:{name}" for name in dossier.lexicon.subjects
    }
    vocabulary = understander.vocabulary
    return Reading(
        _sound(reading.topics, known, text),
        _sound(reading.attributes, vocabulary.attributes, text),
        _sound(reading.matters, vocabulary.policy_matters, text),
        tuple(words for each in reading.numbers if (words := normalise(each)) and words in text),
    )


def title_of(topic: str, facts: FactDesk) -> str:
    """How the document calls a topic: a benefit by its title, a subject by the first of its names in a measure."""
    kind, _, name = topic.partition(":")
    dossier = facts.dossier
    if kind == STRONG:
        return dossier.benefits[name].title
    clauses = [dossier.get_clause(place) for place in facts.annotations.subjects[name]]
    printed = (n for n in dossier.lexicon.subjects[name].names for c in clauses if c.measure and n in c.text)
    return next(printed, "")


def _sound(named: Iterable[Named], known: Collection[str], text: str) -> tuple[Named, ...]:
    spelled = (Named(each.id, normalise(each.words)) for each in named if each.id in known)
    return tuple(each for each in spelled if _says_something(each.words) and each.words in text)


def _says_something(words: str) -> bool:
    return sum(map(str.isalnum, words)) >= _FEWEST_CHARACTERS


def _mention(named: Named, text: str) -> Mention:
    start = text.index(named.words)
    return Mention(named.id, start, start + len(named.words), named.words)


def _quantity(words: str, text: str, understander: Understander) -> Quantity | None:
    """The one quantity of some words, where it stands in the text; None where they hold none, several, or cut one."""
    found = understander.quantities(words)
    if len(found) != 1:
        return None
    shift = text.index(words)
    start, end = found[0].start + shift, found[0].end + shift
    before, after = text[:start], text[end:]
    cut = before[-1:].isnumeric() or after[:1].isnumeric() or _CUT_BEFORE.search(before) or _CUT_AFTER.match(after)
    return None if cut else replace(found[0], start=start, end=end)


def is_second_reading(reply: Reply) -> bool:
    """Whether a reader led to the reply."""
    return isinstance(reply, QuotedAnswer) and reply.lead.key == "understood_as"


P = TypeVar("P", Mention, Quantity)


def _beside(added: Iterable[P], own: Iterable[P]) -> list[P]:
    """Those of the added that overlap neither what is there nor one another; the first of them counts."""
    taken, kept = list(own), []
    for each in added:
        if not any(each.start < other.end and other.start < each.end for other in taken):
            taken.append(each)
            kept.append(each)
    return kept


def _new(named: Iterable[Named], own: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.id for each in named if each.id not in own))
