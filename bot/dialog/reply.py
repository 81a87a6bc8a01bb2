"""The kinds of reply: values only. Nothing here is worded; `bot/nlg` does that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from calculators.calculation import Outcome, Step
from calculators.portfolio import Portfolio
from knowledge.citation import Citation
from knowledge.curated import CuratedAnswer


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence by its key in the wording file, with what fills its blanks."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuotedAnswer:
    """The document answers in its own words."""

    lead: Remark
    citations: tuple[Citation, ...]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class CalculatedAnswer:
    """What the benefits come to.

    `given` are the inputs as understood (label, value); `needed` says what must be spent or had for the wished sum.
    """

    portfolio: Portfolio
    citations: tuple[Citation, ...]
    given: tuple[tuple[str, str], ...] = ()
    premises: tuple[str, ...] = ()
    open_points: tuple[str, ...] = ()
    needed: tuple[Remark, ...] = ()
    needed_steps: tuple[Step, ...] = ()
    lead: Remark | None = None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class SlotQuestion:
    """One input is wanted; `missing` names all that are. `options` may be chosen instead of typing."""

    ask: Remark
    missing: tuple[str, ...]
    citations: tuple[Citation, ...] = ()
    options: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    given: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NotCovered:
    """The document does not say. `nearest` may be quoted beside; `contact` is always given."""

    reason: Remark
    contact: Citation
    nearest: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class StatedAnswer:
    """Staff have answered: `statement` are their words, not the document's.

    `citations` begin with the clause that they explain, or else with the contact, so that people can check.
    """

    statement: CuratedAnswer
    citations: tuple[Citation, ...]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Greeting:
    """Courtesies, and news of the conversation itself (reset, cancelled); `questions` are offered to be asked."""

    lead: Remark
    questions: tuple[str, ...] = ()


Reply = QuotedAnswer | CalculatedAnswer | SlotQuestion | NotCovered | StatedAnswer | Greeting


def citations_of(reply: Reply) -> tuple[Citation, ...]:
    """All citations of a reply, in the order in which they are shown."""
    match reply:
        case QuotedAnswer() | CalculatedAnswer() | SlotQuestion() | StatedAnswer():
            return reply.citations
        case NotCovered():
            return (*reply.nearest, reply.contact)
        case Greeting():
            return ()


def total_of(reply: Reply) -> tuple[Decimal, str] | None:
    """The total of a calculated reply in yuan and its bound; None where nothing is due."""
    if isinstance(reply, CalculatedAnswer) and reply.portfolio.total is not None:
        return reply.portfolio.total, reply.portfolio.bound
    return None


def joined(main: QuotedAnswer | CalculatedAnswer | SlotQuestion, others: Iterable[Reply]) -> Reply:
    """A reply with what others answer beside it: their clauses, and what the document leaves open."""
    answers = [other for other in others if isinstance(other, (QuotedAnswer, NotCovered))]
    quoted = [citation for other in answers if isinstance(other, QuotedAnswer) for citation in other.citations]
    citations = tuple(dict.fromkeys((*main.citations, *quoted)))
    if isinstance(main, SlotQuestion):
        return replace(main, citations=citations)
    remarks = list(main.remarks)
    for other in answers:
        said = (other.reason,) if isinstance(other, NotCovered) else other.remarks
        remarks += [remark for remark in said if remark not in remarks]
    return replace(main, citations=citations, remarks=tuple(remarks))
