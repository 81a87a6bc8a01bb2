"""Outbound messages: parts of an answer within a channel's limit, their buttons, and what a channel can show."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.nlg.block import Block, text_of


@dataclass(frozen=True, slots=True)
class Choice:
    """A button under an answer: pressing it says `words` in the light of that answer.

    `settles`: it answers a question, so that the buttons beside it are of no use any more.
    """

    label: str
    words: str
    settles: bool = False


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message of an answer, within the limit of its channel."""

    blocks: tuple[Block, ...]
    choices: tuple[Choice, ...] = ()

    @property
    def text(self) -> str:
        """The words without markup."""
        return text_of(self.blocks)


def utf16_units(text: str) -> int:
    """The length as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_bytes(text: str) -> int:
    """The length as WeCom counts it."""
    return len(text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Limit:
    """How much one message holds, measured in the platform's unit, and how many messages an answer may have."""

    size: int
    measure: Callable[[str], int]
    parts: int = 20


@dataclass(frozen=True, slots=True)
class ChannelCapabilities:
    """How a channel wants its answers.

    `patience`: seconds until a person is shown that their question is being looked up. `progress_every`: seconds after
    which that is shown again (None: once). `offers_views`: buttons for the clause and for the steps are wanted.
    `shows_drafts`: what is shown as progress gives way to the answer, so that it may be an answer that is not final.
    `tells_refusals`: whoever is refused is told by a message; else the channel tells it in its acknowledgement.
    """

    limit: Limit
    patience: float
    progress_every: float | None = None
    offers_views: bool = False
    tells_refusals: bool = True
    shows_drafts: bool = False
