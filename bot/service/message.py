"""Messages as a channel hands them in, and what becomes of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["words", "arrival", "unreadable"]


ReplyTarget = Mapping[str, str]


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
