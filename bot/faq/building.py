"""Building an FAQ: suggested and asked questions are answered by the desk and kept if to the point."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bot.dialog.questions import Suggester, Suggestion
from bot.dialog.reply import CalculatedAnswer, NotCovered, QuotedAnswer, StatedAnswer, citations_of
from bot.faq.asked_questions import Asked
from bot.faq.entry import Entry, Faq, Origin, Quotation, paragraphs
from bot.nlg.turn import Conversation, Turn
from bot.nlg.wording import say
from bot.nlu.names import PhraseMatcher
from bot.service.desk import Desk
from bot.service.version import AnswerVersion
from knowledge.library import Dossier

# Two questions ask the same thing if the retriever's own likeness of them is at least this. With the bundled model: of
# two wordings (how is it computed, how does one compute it) 0.997; of one benefit's sum and its limit 0.981.
SAME = 0.985
_RANK_OF_ASKED, _RANK_OF_CURATED = 1, -1
_AFTER_ALL = 10**6


@dataclass(frozen=True, slots=True)
class _Found:
    """An entry with its place among all: first by chapter, then as found; `rank` as of a suggestion."""

    entry: Entry
    rank: int
    chapter: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Which entries are wanted: for some kinds of applicant (none: for all), at most so many."""

    audiences: tuple[str, ...] = ()
    most: int | None = None


EVERYTHING = Choice()


def build(
    desk: Desk, version: AnswerVersion, as_of: date, *, asked: Sequence[Asked] = (), choice: Choice = EVERYTHING
) -> Faq:
    """The FAQ of the desk's policy as answered for a day; of too many entries those that would be missed the most.

    Raises:
        IndexUnavailable, EmbeddingUnavailable: the index that likeness is measured by cannot be had.
    """
    builder = _Builder(desk, as_of)
    found = builder.distinct([*builder.curated(), *builder.suggested(), *builder.asked(asked)])
    found = [each for each in found if _concerns(each.entry, choice.audiences)]
    missed = sorted(range(len(found)), key=lambda place: found[place].rank)[: choice.most]
    kept = [found[place] for place in sorted(missed)]
    dossier = desk.dossier
    return Faq(
        policy=dossier.policy.id,
        title=dossier.facts.title,
        edition=version.policy_hash,
        contact=desk.contact().quote,
        entries=tuple(each.entry for each in sorted(kept, key=lambda each: each.chapter)),
    )


def _concerns(entry: Entry, audiences: Collection[str]) -> bool:
    """Whether an entry is for one of the audiences, or for everybody."""
    of_all = not (entry.audiences or entry.measure)
    return not audiences or of_all or bool(set(audiences) & set(entry.audiences))


def audience_named(dossier: Dossier, name: str) -> str | None:
    """The audience that a name of it means, as the policy's lexicon calls it; None for nobody."""
    audiences = dossier.lexicon.audiences
    return next((audience for audience, words in audiences.items() if name in (audience, *words)), None)


class _Builder:
    """Puts questions to the desk and keeps the answers that are to the point."""

    def __init__(self, desk: Desk, as_of: date) -> None:
        self.dossier, self.desk, self.as_of = desk.dossier, desk, as_of
        self.suggester = Suggester(self.dossier, desk.calculator)
        audiences = self.dossier.lexicon.audiences
        self.audiences = PhraseMatcher({name: (name, *words) for name, words in audiences.items()})
        self.whole = frozenset(f"for-{name}" for name in audiences)

    def suggested(self) -> Iterator[_Found]:
        """An entry for each suggestion that the desk answers to the point in one of its wordings."""
        for suggestion in self.suggester.all():
            turns = (self._ask(wording) for wording in suggestion.wordings)
            turn = next((turn for turn in turns if is_to_the_point(turn, suggestion)), None)
            if turn is not None:
                yield self._found(suggestion.id, turn, suggestion.rank, suggestion.measure, silent=suggestion.silent)

    def asked(self, questions: Iterable[Asked]) -> Iterator[_Found]:
        """An entry for each question of several people that the document answers when it is asked alone."""
        for question in questions:
            turn = self._ask(question.words)
            if isinstance(turn.reply, QuotedAnswer):
                measure = turn.reply.citations[0].clause.measure
                found = self._found(question.id, turn, _RANK_OF_ASKED, measure, origin="asked")
                yield _asked_by(found, question.people)

    def curated(self) -> Iterator[_Found]:
        """An entry for each answer of the staff that holds on the day."""
        for answer in self.desk.curated.valid(self.as_of):
            turn = self._ask(answer.question)
            if isinstance(turn.reply, StatedAnswer):
                measure = self.dossier.get_clause(answer.clause).measure if answer.clause else None
                yield self._found(answer.id, turn, _RANK_OF_CURATED, measure, origin="curated")

    def distinct(self, found: Sequence[_Found]) -> list[_Found]:
        """Of entries that ask the same the one that would be missed more; it counts for those who asked either."""
        likeness = self.desk.retriever.likeness([each.entry.question for each in found])
        kept: dict[int, _Found] = {}
        for place in sorted(range(len(found)), key=lambda place: found[place].rank):
            same = next((other for other in kept if likeness[place, other] >= SAME), None)
            if same is None:
                kept[place] = found[place]
            else:
                kept[same] = _asked_by(kept[same], found[place].entry.asked)
        return [kept[place] for place in sorted(kept)]

    def _ask(self, question: str) -> Turn:
        return self.desk.respond(Conversation(), question, as_of=self.as_of)

    def _found(
        self, name: str, turn: Turn, rank: int, measure: int | None, *, origin: Origin = "policy", silent: bool = False
    ) -> _Found:
        cited = citations_of(turn.reply)
        spoken = "\n".join((turn.message, *(citation.quote for citation in cited)))
        audiences = (
            tuple(dict.fromkeys(m.id for m in self.audiences.find(spoken)))
            if measure is not None
            else self._named(name)
        )
        chapter, group, heading = self._chapter(measure, silent=silent, curated=origin == "curated")
        entry = Entry(
            id=name,
            group=group,
            measure=heading,
            question=turn.message,
            outcome="not_covered" if isinstance(turn.reply, NotCovered) else "answered",
            answer=paragraphs(turn.blocks),
            quotations=tuple(Quotation(clause=c.clause.id, label=c.label, quote=c.quote) for c in cited),
            audiences=audiences,
            origin=origin,
        )
        return _Found(entry, rank, chapter)

    def _named(self, name: str) -> tuple[str, ...]:
        return (name.removeprefix("for-"),) if name in self.whole else ()

    def _chapter(self, measure: int | None, *, silent: bool, curated: bool) -> tuple[int, str, str]:
        """Where an entry stands: its place, the heading of its part of the document, and that of its measure."""
        for group in self.dossier.policy.groups:
            for each in group.measures:
                if each.number == measure:
                    return each.number, group.heading.text, each.clauses[0].text
        if curated:
            return _AFTER_ALL + 1, say("faq_office"), ""
        return (_AFTER_ALL, say("faq_unwritten"), "") if silent else (0, say("faq_whole"), "")


def is_to_the_point(turn: Turn, suggestion: Suggestion) -> bool:
    """Whether the desk answered what the suggestion asks, from its clauses."""
    if turn.guarded or suggestion.silent != isinstance(turn.reply, NotCovered):
        return False
    if turn.outcome not in ("answered", "not_covered"):
        return False
    if suggestion.computed and not (isinstance(turn.reply, CalculatedAnswer) and turn.reply.given):
        return False
    cited = [citation.clause.id for citation in citations_of(turn.reply)]
    wanted = cited[:1] if suggestion.foremost else cited
    return not suggestion.clauses or bool(set(wanted) & set(suggestion.clauses))


def _asked_by(found: _Found, people: int) -> _Found:
    entry = found.entry.model_copy(update={"asked": found.entry.asked + people})
    return _Found(entry, found.rank, found.chapter)
