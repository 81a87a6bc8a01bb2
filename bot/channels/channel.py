"""The Channel protocol: what a platform adapter offers, and the MessageHandler that it calls."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from starlette.routing import BaseRoute

from bot.nlg.message import ChannelCapabilities, OutboundMessage
from bot.service.message import Admission, Delivery, Feedback, InboundMessage, ReplyTarget
from knowledge.errors import PolicyBotError


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


class Channel(Protocol):
    """One platform. It translates, and holds no sentence and no state of a conversation."""

    name: str
    capabilities: ChannelCapabilities

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
