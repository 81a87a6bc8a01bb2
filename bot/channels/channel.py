"""A channel: where people write, and how an answer reaches them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from starlette.routing import BaseRoute

from bot.nlg.message import ChannelCapabilities, OutboundMessage
from knowledge.errors import PolicyBotError

Kind = Literal["words", "arrival", "unreadable"]
ReplyTarget = Mapping[str, str]


class DeliveryError(PolicyBotError):
    """A platform did not take a message."""


class Undeliverable(DeliveryError):
    """The message will never be taken: the person left, or the platform refuses it for good."""


class DeliveryDelayed(DeliveryError):
    """The message may be taken later; `seconds` is how long the platform wants us to wait, where it says so."""

    def __init__(self, message: str, *, seconds: float | None = None) -> None:
        """Say why, and when to try again."""
        super().__init__(message)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message as a channel hands it in.

    `source_id` names it on its platform: a repetition has the same. `person` is whoever speaks, in the place where they
    speak; a conversation belongs to that. `address` is all that the channel needs to answer; it is dropped once that
    is done. `words` are empty for an arrival, and name the medium of what cannot be read. `after` is the number of the
    answer under which a button was pressed; `revises` the `source_id` of the message that this one replaces.
    """

    channel: str
    source_id: str
    person: str
    address: ReplyTarget
    words: str = ""
    kind: Kind = "words"
    after: int | None = None
    revises: str | None = None


Medium = Literal["image", "voice", "video", "file", "location", "sticker", "link", "other"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Which part of which answer this is.

    `number` is the answer's own (what a button under it names as `after`), `part` counts from 0 to `of` - 1. Where a
    part is repeated after a crash, all are as before.
    """

    number: int
    part: int
    of: int
    source_id: str

    @property
    def key(self) -> str:
        """One name for this part, for platforms that drop what they have already."""
        return f"luce-{self.number}-{self.part}"


class Channel(Protocol):
    """One platform. It translates, and holds no sentence and no state of a conversation."""

    name: str
    manner: ChannelCapabilities

    def routes(self) -> Sequence[BaseRoute]:
        """The addresses under which the platform calls us; none where we call it."""
        ...

    async def start(self) -> None:
        """Begin to hear."""
        ...

    async def stop(self) -> None:
        """Hear no more. Answers may still be sent until `close`."""
        ...

    async def close(self) -> None:
        """Give everything back."""
        ...

    async def send(self, address: ReplyTarget, part: OutboundMessage, delivery: Delivery) -> None:
        """Deliver one part.

        Raises:
            DeliveryError: it was not taken.
        """
        ...

    async def show_progress(self, address: ReplyTarget, sentence: str, *, waits: bool) -> None:
        """Show that the question is being looked up, by `sentence` or as the platform shows typing.

        `waits`: the question waits for earlier ones of the same person; then the sentence is to be seen.

        Raises:
            DeliveryError: it was not taken.
        """
        ...


Verdict = Literal["accepted", "duplicate", "refused"]


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a message that was handed in. `number` is that of its answer, also where it is a duplicate.

    `sentence` tells a person why their message was refused.
    """

    verdict: Verdict
    number: int
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A person's opinion of an answer, as the platform reports it. `answer` names the answer as the platform does."""

    channel: str
    source_id: str
    person: str
    answer: str
    opinion: Literal["good", "bad", "withdrawn"]
    reasons: tuple[str, ...] = ()


Progress = Literal["waiting", "answered", "done", "failed", "refused", "unknown"]


class MessageHandler(Protocol):
    """Where channels hand in what they hear, and ask after it."""

    async def accept(self, incoming: InboundMessage) -> Admission:
        """Put a message on disk; it will be answered once. Returns when it is safe to acknowledge it.

        Raises:
            RecordsUnavailable: it could not be written. Do not acknowledge it.
        """
        ...

    async def answer_to(self, channel: str, number: int) -> tuple[Progress, tuple[OutboundMessage, ...]]:
        """How far an answer is, and its parts once they are known, for channels that are asked for them.

        Raises:
            RecordsUnavailable: the records could not be read.
        """
        ...

    async def feedback(self, feedback: Feedback) -> None:
        """Keep what a person thinks of an answer.

        Raises:
            RecordsUnavailable: it could not be written.
        """
        ...

    async def mark(self, name: str, value: str) -> None:
        """Remember, on disk, where a channel goes on reading.

        Raises:
            RecordsUnavailable: it could not be written.
        """
        ...

    async def marks(self, prefix: str) -> Mapping[str, str]:
        """The marks whose names begin so.

        Raises:
            RecordsUnavailable: the records could not be read.
        """
        ...
