"""Sessions: the conversations of many people at once, each for itself."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from bot.dialog.turn import Conversation, Turn

MOST_SESSIONS = 10_000
TURNS_KEPT = 200


class Responder(Protocol):
    """Whatever answers a message in the light of a conversation: the manager."""

    def respond(self, conversation: Conversation, message: str, *, as_of: date) -> Turn:
        """The turn that answers the message."""
        ...


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
        session = self._touch(session_id)
        with session.lock:
            before = session.conversation
            turn = self._responder.respond(before, message, as_of=as_of)
            session.conversation = Conversation((*before.turns, turn)[-self._turns_kept :])
        return turn

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

    def _touch(self, session_id: str) -> _Session:
        with self._lock:
            session = self._sessions.setdefault(session_id, _Session())
            self._sessions.move_to_end(session_id)
            while len(self._sessions) > self._most:
                self._sessions.popitem(last=False)
        return session
