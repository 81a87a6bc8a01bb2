"""Sessions: many conversations at once, each with its own turns."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Protocol

from bot.nlg.turn import Conversation, Turn

# What is remembered of conversations, all in one place: in a terminal or an evaluation, in a worker process (about 5 kB
# a turn; a session that was dropped is heard again from the records), and of the records when a session comes back.
MOST_SESSIONS, TURNS_KEPT = 10_000, 200
WORKER_SESSIONS, WORKER_TURNS = 1000, 20
PAST_MESSAGES, PAST_AGE = 20, timedelta(hours=24)
_log = logging.getLogger(__name__)


class Responder(Protocol):
    """Whatever answers a message in the light of a conversation: the manager."""

    def respond(self, conversation: Conversation, message: str, *, as_of: date) -> Turn:
        """The turn that answers the message."""
        ...


@dataclass(frozen=True, slots=True)
class UserMessage:
    """One message as a session hears it.

    `number` is the turn's, where the caller counts; it grows within a session. `after` is the turn in whose light the
    words were said (a button under it), `instead_of` the turn whose message they replace (an edit). A turn that is no
    longer remembered casts no light: the words are then heard as the first of a conversation.
    """

    message: str
    as_of: date
    number: int | None = None
    after: int | None = None
    instead_of: int | None = None


@dataclass
class _Session:
    conversation: Conversation = field(default_factory=Conversation)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sessions:
    """Conversations by session id, the least recently used forgotten first. Safe for threads.

    Turns of one session run one after the other; those of different sessions at the same time.
    """

    def __init__(self, responder: Responder, *, most: int = MOST_SESSIONS, turns_kept: int = TURNS_KEPT) -> None:
        """Start without any; `most` conversations are remembered, with the last `turns_kept` turns of each."""
        self._responder = responder
        self._most = max(most, 1)
        self._turns_kept = max(turns_kept, 1)
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, session_id: str, message: str, *, as_of: date) -> Turn:
        """The next turn of a session. If answering fails, the conversation stands where it stood."""
        return self.handle(session_id, UserMessage(message, as_of))

    def handle(self, session_id: str, said: UserMessage) -> Turn:
        """The next turn of a session, said in the light of an earlier turn if need be.

        The conversation goes on from there: what follows is heard in the light of the turn that was last answered.
        """
        session = self._touch(session_id)
        with session.lock:
            turn = self._next(session.conversation, said)
            session.conversation = Conversation((*session.conversation.turns, turn)[-self._turns_kept :])
        return turn

    def recall(self, session_id: str, past: Iterable[UserMessage]) -> None:
        """Bring a session back by hearing again what was said; one that is remembered stays as it is.

        What cannot be answered leaves the conversation where it stood, as it did when it was first said.
        """
        session = self._touch(session_id)
        with session.lock:
            if session.conversation.turns:
                return
            conversation = Conversation()
            for said in past:
                try:
                    turn = self._next(conversation, said)
                except Exception:  # noqa: BLE001 (one message that fails must not end the conversation for good)
                    _log.exception("a message was passed over as its session came back")
                    continue
                conversation = Conversation((*conversation.turns, turn)[-self._turns_kept :])
            session.conversation = conversation

    def conversation(self, session_id: str) -> Conversation:
        """The turns of a session that are remembered; none of a session that nobody knows."""
        with self._lock:
            session = self._sessions.get(session_id)
        return session.conversation if session else Conversation()

    def forget(self, session_id: str) -> None:
        """Drop a session; its next turn is the first again."""
        with self._lock:
            self._sessions.pop(session_id, None)

    def __len__(self) -> int:
        """How many sessions are remembered."""
        with self._lock:
            return len(self._sessions)

    def _next(self, before: Conversation, said: UserMessage) -> Turn:
        turn = self._responder.respond(_context_for(before, said), said.message, as_of=said.as_of)
        return replace(turn, number=before.next_number if said.number is None else said.number)

    def _touch(self, session_id: str) -> _Session:
        with self._lock:
            session = self._sessions.setdefault(session_id, _Session())
            self._sessions.move_to_end(session_id)
            while len(self._sessions) > self._most:
                self._sessions.popitem(last=False)
        return session


def _context_for(conversation: Conversation, said: UserMessage) -> Conversation:
    """The turns in whose light a message is to be understood."""
    if said.after is None and said.instead_of is None:
        return conversation
    numbers = [turn.number for turn in conversation.turns]
    if said.instead_of in numbers:
        return Conversation(conversation.turns[: numbers.index(said.instead_of)])
    if said.after in numbers:
        return Conversation(conversation.turns[: numbers.index(said.after) + 1])
    return Conversation()
