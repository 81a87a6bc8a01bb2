"""The journal: an account of every answer that was given, so that it can be looked up, judged and replayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from bot.contract import AskReply
from bot.edition import Edition
from bot.sessions import Said

Opinion = Literal["good", "bad", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One turn as it is kept. `session` and `by` name nobody: a keyed hash, and the name of a token.

    `said` holds the message after masking. `source` names the turn within its channel, so that it is kept once.
    """

    channel: str
    source: str
    session: str
    at: datetime
    said: Said
    reply: AskReply
    edition: Edition
    seconds: float
    by: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A kept entry with its id, and what was thought of it."""

    id: int
    entry: Entry
    opinion: Opinion | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records are wanted, newest first: before an id, of a day, a channel or an outcome, at most so many."""

    before: int | None = None
    day: date | None = None
    channel: str = ""
    outcome: str = ""
    opinion: Opinion | None = None
    most: int = 50


class Journal(Protocol):
    """Where answers are accounted for.

    Each method raises RecordsUnavailable where the records can be neither read nor written.
    """

    async def keep(self, entry: Entry) -> int:
        """Keep an entry, masked; its id. One of the same channel and source takes the place of the former."""
        ...

    async def find(self, record: int) -> Record | None:
        """The record of that id."""
        ...

    async def latest(self, wanted: Wanted) -> Sequence[Record]:
        """Records, newest first."""
        ...

    async def past(self, session: str) -> tuple[Said, ...]:
        """What a session said that is still remembered, oldest first, so that its conversation can go on."""
        ...

    async def judge(self, record: int, opinion: Opinion, reason: str) -> bool:
        """Keep what somebody thinks of an answer; False where there is no such record."""
        ...

    def name(self, channel: str, person: str) -> str:
        """The keyed hash under which a person's session is kept."""
        ...
