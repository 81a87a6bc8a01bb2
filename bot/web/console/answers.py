"""An answer as the console shows it: script, clauses, sums, next questions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.nlg.wording import say
from bot.records.journal import Opinion, Record
from bot.service.contract import AskReply, CalculationOut, CitationOut
from bot.web.console.highlight import Piece, mark
from bot.web.console.script import Line, script_of
from bot.web.console.wording import phrase
from bot.web.dependencies import WebContext
from knowledge.benefit import Slot
from knowledge.money import format_yuan


@dataclass(frozen=True, slots=True)
class Quotation:
    """A clause that an answer quotes, with the words of the question marked; `place` is its id within its policy."""

    place: str
    heading: str
    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One benefit of a calculation: what is due, as people write it, or why nothing is."""

    calculation: CalculationOut
    amount: str


@dataclass(frozen=True, slots=True)
class Pick:
    """One thing to choose: what stands on the button, and what is then said."""

    shown: str
    said: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The one input that the desk asks for, with what may be picked if it offers anything."""

    label: str
    picks: tuple[Pick, ...]


@dataclass(frozen=True)
class Shown:
    """An answer with all that a page shows of it. `record` is its id in the journal."""

    record: int
    question: str
    at: datetime
    reply: AskReply
    script: tuple[Line, ...]
    quotations: tuple[Quotation, ...]
    verdicts: tuple[Verdict, ...]
    total: str
    asked: Asked | None
    opinion: Opinion | None = None
    reason: str = ""

    @property
    def copied(self) -> str:
        """The script with the places of its clauses, as it is pasted elsewhere."""
        labels = dict.fromkeys(quotation.label for quotation in self.quotations)
        places = [phrase("copy_places", places=say("between").join(labels))] if labels else []
        return "\n".join([line.text for line in self.script] + places)


def show(desk: WebContext, record: int, question: str, reply: AskReply) -> Shown:
    """An answer that was given just now."""
    return Shown(
        record=record,
        question=question,
        at=desk.clock(),
        reply=reply,
        script=script_of(reply),
        quotations=tuple(_quotations(desk, reply.citations, question)),
        verdicts=tuple(Verdict(each, _sum(each.amount, each.bound)) for each in reply.calculations),
        total=_sum(reply.total.amount, reply.total.bound) if reply.total else "",
        asked=_asked(desk, reply),
    )


def show_record(desk: WebContext, record: Record) -> Shown:
    """An answer that was kept."""
    entry = record.entry
    shown = show(desk, record.id, entry.said.message, entry.reply)
    kept = {"at": entry.at, "opinion": record.opinion, "reason": record.reason}
    return Shown(**{**vars(shown), **kept})


def office_of(desk: WebContext) -> str:
    """The office that the document names, with its telephone."""
    contact = desk.dossier.facts.contact
    return phrase("office", office=contact.office.quote, telephone=contact.telephone.quote)


def note_of(answer: Shown, before: Sequence[Record], office: str) -> str:
    """The hand-over note as it is pasted elsewhere; `before` are the turns of the same call that went before."""
    told = {
        "note_before": "\n".join(record.entry.said.message for record in before),
        "note_question": answer.question,
        "note_answered": "\n".join(line.text for line in answer.script),
        "basis": "\n".join(dict.fromkeys(quotation.label for quotation in answer.quotations)),
        "note_opinion": (answer.reason or phrase("bad")) if answer.opinion == "bad" else "",
        "note_office": office,
    }
    head = phrase("note_head", number=answer.record, at=f"{answer.at:%Y-%m-%d %H:%M}")
    return "\n".join([head, *(phrase("note_line", what=phrase(key), text=text) for key, text in told.items() if text)])


def _quotations(desk: WebContext, citations: tuple[CitationOut, ...], question: str) -> Iterator[Quotation]:
    """The citations with the places that print gives them; of a policy that is no longer here, the heading."""
    for citation in citations:
        clause = desk.dossier.policy.clauses.get(citation.clause)
        label = desk.dossier.label(clause) if clause else citation.heading
        place = citation.clause.partition("/")[2]
        yield Quotation(place, citation.heading, label, mark(citation.quote, question))


def _sum(amount: int | str | None, bound: str) -> str:
    if amount is None:
        return ""
    shown = format_yuan(Decimal(amount))
    return phrase("at_most", amount=shown) if bound == "at_most" else shown


def _asked(desk: WebContext, reply: AskReply) -> Asked | None:
    """What a question for an input offers: the options of its slot, or the benefits that its words name."""
    if reply.outcome != "needs_input":
        return None
    label = reply.missing[0] if reply.missing else phrase("answer_field")
    if label == say("which_benefit_label"):
        titles = (benefit.title for benefit in desk.dossier.benefits.values())
        named = sorted((title for title in titles if title in reply.text), key=reply.text.index)
        return Asked(label, tuple(Pick(title, say("command_calc_of", benefit=title)) for title in named))
    slots: Iterator[Slot] = (slot for slot in desk.dossier.slots.values() if slot.label == label)
    return Asked(label, tuple(Pick(option, option) for slot in slots for option in slot.options))
