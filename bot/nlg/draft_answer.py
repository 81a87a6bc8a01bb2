"""A draft answer: what is about to be said, with the lead that may be reworded apart from what may not."""

from dataclasses import dataclass, replace
from typing import Literal

from bot.dialog.llm_fallback import is_llm_reading
from bot.dialog.reply import (
    CalculatedAnswer,
    Greeting,
    NotCovered,
    QuotedAnswer,
    SlotQuestion,
    StatedAnswer,
    citations_of,
)
from bot.nlg.block import Block
from bot.nlg.turn import Turn
from bot.nlg.wording import say

Kind = Literal["quoted", "calculated", "question", "not_covered", "greeting", "stated"]
_TITLE = "\n"


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of the document, and how print names their place."""

    label: str
    quote: str


@dataclass(frozen=True, slots=True)
class DraftAnswer:
    """An answer of the desk.

    `lead` are the words at its beginning that may be said in another way; empty where none may. `given` are the inputs
    as the lead states them, `titles` those of the benefits that the answer speaks of, `steps` its blocks of steps.
    """

    kind: Kind
    message: str
    blocks: tuple[Block, ...]
    lead: str = ""
    citations: tuple[Quoted, ...] = ()
    given: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    def led_by(self, words: str) -> tuple[Block, ...]:
        """The blocks with other words for the lead; every other character is as it was."""
        if not self.lead:
            return self.blocks
        first, *others = self.blocks
        return (replace(first, text=words + first.text[len(self.lead) :]), *others)


def draft_answer_of(turn: Turn) -> DraftAnswer:
    """The answer of a turn."""
    return DraftAnswer(
        kind=_kind(turn),
        message=turn.message,
        blocks=turn.blocks,
        lead=_lead(turn),
        citations=tuple(Quoted(citation.label, citation.quote) for citation in citations_of(turn.reply)),
        given=_given(turn),
        titles=_titles(turn),
        steps=tuple(block.text for block in turn.blocks if block.role == "steps"),
    )


def _kind(turn: Turn) -> Kind:
    match turn.reply:
        case QuotedAnswer():
            return "quoted"
        case CalculatedAnswer():
            return "calculated"
        case SlotQuestion():
            return "question"
        case NotCovered():
            return "not_covered"
        case StatedAnswer():
            return "stated"
        case Greeting():
            return "greeting"


def _lead(turn: Turn) -> str:
    """What may be reworded: not what the guard has put there, nor a lead that is itself the result."""
    if turn.guarded or not turn.blocks or turn.blocks[0].role != "said":
        return ""
    match turn.reply:
        case QuotedAnswer() if is_llm_reading(turn.reply):  # that it is an interpretation must stay said
            return ""
        case QuotedAnswer():
            return turn.blocks[0].text
        case CalculatedAnswer(needed=(), lead=None):
            return turn.blocks[0].text.partition("\n")[0]
        case _:
            return ""


def _given(turn: Turn) -> tuple[str, ...]:
    if isinstance(turn.reply, CalculatedAnswer) and turn.reply.lead is None and not turn.reply.needed:
        return tuple(say("given_item", what=what, value=value) for what, value in turn.reply.given)
    return ()


def _titles(turn: Turn) -> tuple[str, ...]:
    """The titles in front of the verdicts."""
    if not isinstance(turn.reply, CalculatedAnswer) or not turn.blocks:
        return ()
    mark, _, end = say("due_exact", title=_TITLE, amount="").partition(_TITLE)
    lines = turn.blocks[0].text.split("\n")
    return tuple(line.removeprefix(mark).partition(end)[0] for line in lines if line.startswith(mark))
