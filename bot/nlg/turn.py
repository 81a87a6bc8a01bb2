"""Turns: messages with their replies in words, and the conversations that they make."""

from dataclasses import dataclass
from typing import Literal

from bot.dialog.reply import CalculatedAnswer, Greeting, NotCovered, QuotedAnswer, Reply, SlotQuestion, StatedAnswer
from bot.dialog.state import State
from bot.nlg.block import Block, text_of

OutcomeName = Literal["answered", "needs_input", "not_covered", "greeting"]


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
