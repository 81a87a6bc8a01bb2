"""One question and its answer: what a worker is asked, what it gives, and the worker itself."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.dialog.llm_fallback import is_llm_reading
from bot.nlg.draft_answer import DraftAnswer, draft_answer_of
from bot.nlg.layout import compose
from bot.nlg.message import ChannelCapabilities, OutboundMessage
from bot.nlg.turn import Conversation
from bot.nlu.explanation import Explanation
from bot.service.contract import AskReply, reply_of
from bot.service.sessions import Sessions, UserMessage
from bot.service.version import AnswerVersion
from knowledge.benefit import Benefit


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What is to be answered, and with which capabilities of a channel, if messages are wanted.

    `past` is what the session said before, None where nobody looked. `explains`: how it was read is wanted, too.
    """

    session: str
    said: UserMessage
    capabilities: ChannelCapabilities | None = None
    past: tuple[UserMessage, ...] | None = None
    explains: bool = False


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """An answer: the messages of a channel, the reply as the contract writes it, and what it took.

    `seconds` are those of computing; `edition` is the desk's that answered. `finished` is what the answer is made of,
    where somebody is to word it.
    """

    parts: tuple[OutboundMessage, ...]
    reply: AskReply
    seconds: float
    edition: AnswerVersion
    finished: DraftAnswer | None = None
    explanation: Explanation | None = None


Explainer = Callable[[Conversation, UserMessage], Explanation]


@dataclass(frozen=True)
class AnswerWorker:
    """A desk with the conversations of those whom it serves. `tells_more`: somebody else is to word its answers.

    `explainer` tells how a message is read in the light of a conversation.
    """

    sessions: Sessions
    benefits: Mapping[str, Benefit] = field(default_factory=dict)
    edition: AnswerVersion = field(default_factory=AnswerVersion)
    tells_more: bool = False
    explainer: Explainer | None = None

    def answer(self, question: AnswerRequest) -> AnswerResult | None:
        """The answer; None where the session is not remembered and its past was not given."""
        if not self.sessions.conversation(question.session).turns:
            if question.past is None:
                return None
            self.sessions.recall(question.session, question.past)
        began = time.perf_counter()
        explanation = None
        if question.explains and self.explainer:
            explanation = self.explainer(self.sessions.conversation(question.session), question.said)
        turn = self.sessions.handle(question.session, question.said)
        parts = compose(turn, question.capabilities) if question.capabilities else ()
        reply = reply_of(turn, question.session, self.benefits)
        finished = draft_answer_of(turn) if self.tells_more and not question.explains else None
        edition = self.edition.read if is_llm_reading(turn.reply) else self.edition
        return AnswerResult(parts, reply, time.perf_counter() - began, edition, finished, explanation)


Draft = Callable[[AnswerResult], None]


class AnswerBackend(Protocol):
    """Answers questions, those of one session one after the other if they come so."""

    async def answer(self, question: AnswerRequest, *, draft: Draft | None = None) -> AnswerResult | None:
        """The answer; None where the session is not remembered and its past is wanted.

        `draft` is told of an answer that is whole and right, and may yet be worded better.
        """
        ...

    def close(self) -> None:
        """Take no more questions."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One turn as it is kept. `session` and `by` name nobody: a keyed hash, and the name of a token.

    `said` holds the message after masking. `source` names the turn within its channel, so that it is kept once.
    """

    channel: str
    source: str
    session: str
    at: datetime
    said: UserMessage
    reply: AskReply
    edition: AnswerVersion
    seconds: float
    by: str = ""
