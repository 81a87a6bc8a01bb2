"""Turns of a conversation, and the kinds of reply: values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from bot.dialog.block import Block, text_of
from bot.dialog.fills import Fill
from calculators.calculation import Outcome, Step
from calculators.portfolio import Portfolio
from knowledge.citation import Citation
from knowledge.curated import CuratedAnswer

OutcomeName = Literal["answered", "needs_input", "not_covered", "greeting"]


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
    """One input is wanted; `missing` names all that are."""

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


@dataclass(frozen=True, slots=True)
class State:
    """What a conversation is about; it follows from the messages alone.

    `benefits` and `fills` are the sum being worked on and `pending` the slot last asked for. `places` are the clauses
    last spoken of, `measure` the measure last named. `outcomes` are those of the last sum, `said` the person's words.
    `earlier` holds benefits and fills of the settled sum before this one, so that both can be asked for together.
    `choosing`: the person was just asked which benefit is to be computed.
    """

    benefits: tuple[str, ...] = ()
    fills: tuple[Fill, ...] = ()
    pending: str | None = None
    places: tuple[str, ...] = ()
    measure: int | None = None
    outcomes: tuple[Outcome, ...] = ()
    said: tuple[str, ...] = ()
    earlier: tuple[tuple[str, ...], tuple[Fill, ...]] = ((), ())
    choosing: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One message and what was said to it. `blocks` are the reply as people read it, after the guard."""

    number: int
    message: str
    reply: Reply
    blocks: tuple[Block, ...]
    state: State
    guarded: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The reply in one piece."""
        return text_of(self.blocks)

    @property
    def outcome(self) -> OutcomeName:
        """The contract's name for the kind of reply."""
        match self.reply:
            case QuotedAnswer() | CalculatedAnswer() | StatedAnswer():
                return "answered"
            case SlotQuestion():
                return "needs_input"
            case NotCovered():
                return "not_covered"
            case Greeting():
                return "greeting"


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns so far; replaying their messages gives the same turns."""

    turns: tuple[Turn, ...] = ()

    @property
    def state(self) -> State:
        """Where the conversation stands."""
        return self.turns[-1].state if self.turns else State()

    @property
    def next_number(self) -> int:
        """The number of the turn to come; earlier turns may have been dropped."""
        return self.turns[-1].number + 1 if self.turns else 1

    def then(self, turn: Turn) -> "Conversation":
        """The conversation with one more turn."""
        return Conversation((*self.turns, turn))


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
