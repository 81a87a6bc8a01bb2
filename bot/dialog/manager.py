"""The dialog manager: read -> track -> decide -> handle. Values in, values out: nothing is worded or rendered here."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from bot.dialog import actions, thresholds
from bot.dialog.annotation import annotate
from bot.dialog.applicants import with_applicant
from bot.dialog.curated import Curated
from bot.dialog.decision import decide, is_question_apart
from bot.dialog.inverse import InverseHandler
from bot.dialog.listing import ListingHandler
from bot.dialog.llm_fallback import LlmFallback, LlmReader
from bot.dialog.questions import Suggester
from bot.dialog.quotation import QuotationHandler
from bot.dialog.reply import CalculatedAnswer, Greeting, QuotedAnswer, Remark, Reply, SlotQuestion, StatedAnswer, joined
from bot.dialog.state import State
from bot.dialog.tracker import Tracker
from bot.nlu.reading import Reader, Reading
from calculators.registry import Calculator
from knowledge.curated import CuratedAnswer
from knowledge.library import Dossier
from knowledge.numerals import PART_MARKS, QUESTION_ENDS
from retrieval.retriever import Retriever

Answer = tuple[Reply, State]
_REMEMBERED = 40
_CLAUSES = re.compile(f"[{re.escape(PART_MARKS)}]")
_ENDS = re.escape("".join(QUESTION_ENDS))
_PARTS, _MOST_PARTS = re.compile(f"[^{_ENDS}]+[{_ENDS}]*"), 6
_WITH_REMARKS = (QuotedAnswer, CalculatedAnswer, StatedAnswer)


class Manager:
    """Answers for one policy."""

    def __init__(
        self,
        dossier: Dossier,
        calculator: Calculator,
        retriever: Retriever,
        reader: Reader,
        answers: Iterable[CuratedAnswer] = (),
        llm: LlmReader | None = None,
    ) -> None:
        """Build the handlers; `answers` are those of staff, `llm` is asked where the reading finds nothing."""
        self.dossier, self.reader = dossier, reader
        annotations = annotate(dossier)
        self.tracker = Tracker(dossier, calculator, annotations)
        self.quotation = QuotationHandler(dossier, annotations, retriever)
        self.calculation = InverseHandler(dossier, calculator, self.tracker)
        self.listing = ListingHandler(dossier, calculator, self.quotation)
        self.curated = Curated(dossier, reader, answers)
        self.fallback = LlmFallback(self.quotation, llm) if llm else None
        self.featured = Suggester(dossier, calculator).featured()

    def respond(self, state: State, message: str, *, as_of: date) -> Answer:
        """The reply to a message of any content, and the state after it, for the given day.

        The same words in the same state give the same reply; where a language model was asked, only as long as it reads
        the same in them.
        """
        reading = self.reader.read(message, state.after)
        # The words as they were said stand beside the normalised ones: a figure may be in either.
        said = message if reading.text == message else f"{message}\n{reading.text}"
        state = replace(state, said=(*state.said, said)[-_REMEMBERED:])
        state = with_applicant(reading, state, self.tracker)
        stated = self.curated.answer(reading, state, as_of) or self._with_staff(reading, state, as_of)
        reply, state = stated or self._decided(reading, state)
        return self._in_period(reply, as_of), state

    def _with_staff(self, reading: Reading, state: State, as_of: date) -> Answer | None:
        """Of several questions in a message those that staff have answered, and the rest; None without any."""
        parts = _parts(reading)
        if len(parts) < 2 or not self.curated.valid(as_of):
            return None
        found = [(part, self.curated.answer(self.reader.read(part, state.after), state, as_of)) for part in parts]
        stated = [answer[0] for _, answer in found if answer]
        rest = "".join(part for part, answer in found if not answer)
        if not stated or not rest:
            return None
        reply, moved = self._decided(self.reader.read(rest, state.after), state)
        if isinstance(reply, CalculatedAnswer):
            beside = tuple(map(_beside, stated))
            cited = tuple(c for each in stated for c in each.citations if c not in reply.citations)
            return replace(reply, citations=(*reply.citations, *cited), remarks=(*reply.remarks, *beside)), moved
        if not isinstance(reply, QuotedAnswer):
            return None
        cited = tuple(c for c in reply.citations if c not in stated[0].citations)
        first = stated[0]
        return replace(first, citations=(*first.citations, *cited), remarks=(*first.remarks, *reply.remarks)), moved

    def decide(self, reading: Reading, state: State) -> actions.Action:
        """What is done with a reading."""
        return decide(reading, state, self.tracker)

    def _decided(self, reading: Reading, state: State) -> Answer:
        if self._orders(reading, state):
            return self.handle(actions.Decline("improper"), reading, state)
        decided = self._several(reading, state) or self.handle(self.decide(reading, state), reading, state)
        return (self.fallback and self.fallback.answer(reading, state, decided[0])) or decided

    def _orders(self, reading: Reading, state: State) -> bool:
        """Whether a part of a message orders the desk to say a sum, whatever else is asked in it."""
        if not any(figure.quantity.kind == "money" for figure in reading.with_role("ref", "other")):
            return False
        parts = [part for part in _CLAUSES.split(reading.said) if len(part) > 1]
        if not 1 < len(parts) <= 2 * _MOST_PARTS or reading.intent not in ("compute", "tell", "ask"):
            return False
        return any(self.reader.read(part, state.after).intents["orders"] > thresholds.ORDERED for part in parts)

    def _several(self, reading: Reading, state: State) -> Answer | None:
        """Of several questions in a message each answered; None where it is best read as a whole.

        Questions of the document with a matter or topic of their own stand apart; what is left stays together.
        """
        parts = _parts(reading)
        if not 1 < len(parts) <= _MOST_PARTS:
            return None
        readings = [self.reader.read(part, state.after) for part in parts]
        actions_of = [self.decide(each, state) for each in readings]
        apart = [is_question_apart(r, action, self.tracker) for r, action in zip(readings, actions_of, strict=True)]
        if not any(apart):
            return None
        rest = "".join(part for part, beside in zip(parts, apart, strict=True) if not beside)
        answers = [self.handle(a, r, state) for r, a, beside in zip(readings, actions_of, apart, strict=True) if beside]
        found = [reply for reply, _ in answers]
        if not rest:
            quoted = [(reply, moved) for reply, moved in answers if isinstance(reply, QuotedAnswer)]
            return (joined(quoted[0][0], found), quoted[-1][1]) if quoted else None
        main = self.reader.read(rest, state.after)
        reply, moved = self.handle(self.decide(main, state), main, state)
        return (joined(reply, found), moved) if isinstance(reply, (CalculatedAnswer, SlotQuestion)) else None

    def handle(self, action: actions.Action, reading: Reading, state: State) -> Answer:
        """Carry out an action."""
        match action:
            case actions.Courtesy():
                return self._courtesy(action, state)
            case actions.Decline():
                return self.quotation.not_covered(action.key, state)
            case actions.TakeOffer():
                return self._take(action, reading, state)
            case actions.RejectOffer():
                return self.calculation.reject(state)
            case actions.Explain():
                return self.calculation.explain(action, reading, state)
            case actions.Calculate():
                return self.calculation.calculate(action, reading, state)
            case actions.Gather():
                return self.calculation.gather(action, state)
            case actions.Invert():
                return self.calculation.invert(action, reading, state)
            case actions.Remove():
                return self.calculation.remove(action, state)
            case actions.Menu():
                return self.calculation.menu(state)
            case actions.Unknown():
                return self.calculation.unknown(state)
            case actions.Silent():
                return self.quotation.silent(action, reading, state)
            case actions.Matter():
                return self.quotation.matter(action, reading, state)
            case actions.ListPlaces():
                return self.listing.listed(action, reading, state)
            case actions.Measures():
                return self.listing.measures(action, reading, state)
            case actions.Quote():
                return self.quotation.quote(action, reading, state)
            case actions.OfferTopics():
                return self.quotation.offer(action, state)
            case actions.Search():
                return self.quotation.search(reading, state)
            case actions.Refuse():
                return self.quotation.refuse(action, reading, state)

    def _courtesy(self, action: actions.Courtesy, state: State) -> Answer:
        if action.key == "reset":
            return Greeting(Remark("reset")), State(said=state.said[-1:])
        if action.key == "cancelled":
            return Greeting(Remark("cancelled")), State(said=state.said)
        if action.key == "human":
            return self.quotation.not_covered("human", state)
        questions = self.featured if action.key in ("faq", "help") else ()
        reply = Greeting(Remark(action.key), questions if action.key == "faq" else ())
        return reply, replace(state, offer=state.open_figures)

    def _take(self, action: actions.TakeOffer, reading: Reading, state: State) -> Answer:
        offer = state.offer
        if offer and offer.topics:
            chosen = (offer.topics[action.index],)
            if offer.sums and offer.topics[action.index] in self.dossier.benefits:
                play = self.tracker.with_companions(chosen)
                return self.calculation.compute(replace(state, benefits=play, offer=None, pending=None))
            return self.quotation.quoted(self.quotation.places_of(chosen), chosen, state)
        return self.calculation.take(action.index, reading, state)

    def _in_period(self, reply: Reply, as_of: date) -> Reply:
        """A reply with the note that the policy is not in force on the day, where that is known."""
        if self.dossier.period.covers(as_of) is not False or not isinstance(reply, _WITH_REMARKS):
            return reply
        return replace(reply, remarks=(*reply.remarks, Remark("not_in_force")))


def _parts(reading: Reading) -> list[str]:
    """The sentences of a message, as they were said."""
    return [part for part in _PARTS.findall(reading.said) if part.strip()]


def _beside(stated: StatedAnswer) -> Remark:
    """What staff answer, as a remark of another answer."""
    statement = stated.statement
    until = statement.valid_until.isoformat()
    return Remark("stated_beside", {"role": statement.role, "answer": statement.answer, "until": until})
