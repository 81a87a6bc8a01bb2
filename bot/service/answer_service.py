"""Answering: where turns are made. In processes of their own, so that no answer keeps a platform waiting.

A turn is some milliseconds of computing. Beside the event loop it would delay every acknowledgement, and an engine that
crashes would take the desk along; in a process of its own it does neither.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from bot.app import build_app, open_llm_reader
from bot.dialog.llm_fallback import is_llm_reading
from bot.nlg.draft_answer import DraftAnswer, draft_answer_of
from bot.nlg.layout import compose
from bot.nlg.message import ChannelCapabilities, OutboundMessage
from bot.nlu.explanation import Explanation
from bot.service.contract import AskReply, reply_of
from bot.service.desk import Conversation
from bot.service.explanation import explain_said
from bot.service.log_setup import log_to_stderr
from bot.service.sessions import Sessions, UserMessage
from bot.service.version import AnswerVersion, answer_version_of
from bot.settings import Settings
from knowledge.benefit import Benefit
from knowledge.errors import PolicyBotError

_NICENESS = 10  # acknowledging comes before answering
_MOST_SESSIONS, TURNS_KEPT = 1000, 20  # about 5 kB a turn; a conversation that is dropped comes back from the records
_log = logging.getLogger(__name__)


class DeskUnavailable(PolicyBotError):
    """The process that answers could not be opened; the message says why."""


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What is to be answered, and in which manner of a channel, if messages are wanted.

    `past` is what the session said before, None where nobody looked. `explains`: how it was read is wanted, too.
    """

    session: str
    said: UserMessage
    manner: ChannelCapabilities | None = None
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
        parts = compose(turn, question.manner) if question.manner else ()
        reply = reply_of(turn, question.session, self.benefits)
        finished = draft_answer_of(turn) if self.tells_more and not question.explains else None
        edition = self.edition.read if is_llm_reading(turn.reply) else self.edition
        return AnswerResult(parts, reply, time.perf_counter() - began, edition, finished, explanation)


def open_worker(settings: Settings) -> AnswerWorker:
    """A desk that is ready for every question; made in the process that answers.

    Raises:
        PolicyBotError: a policy folder, a rule, a setting or the index is wrong.
    """
    log_to_stderr()
    app = build_app(settings, progress=_tell_building, llm=open_llm_reader(settings), tell=_TellTraining())
    app.open_index()
    sessions = Sessions(app.desk, most=_MOST_SESSIONS, turns_kept=TURNS_KEPT)
    edition = answer_version_of(app.library.main, settings.curated_file)
    tells_more = settings.model_allowed and "phrasing" in settings.llm.uses
    return AnswerWorker(sessions, app.library.main.benefits, edition, tells_more, partial(explain_said, app.desk))


def _tell_building(done: int, total: int) -> None:
    if done == total:
        _log.info("the index of %d clauses is built", total)


class _TellTraining:
    """Logs one line where the models have to be trained."""

    def __init__(self) -> None:
        self._told = False

    def __call__(self, stage: str, _done: int, _total: int) -> None:
        if not self._told:
            _log.info("no models for these examples are there: %s", "waiting" if stage == "waiting" else "training")
        self._told = True


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


Opener = Callable[[], AnswerWorker]


class WorkerPool:
    """Answers in processes of their own; a session always in the same, which remembers it."""

    def __init__(self, opener: Opener, processes: int) -> None:
        """`opener` makes the desk, in each process; it must be picklable."""
        self._processes = [_WorkerProcess(opener) for _ in range(processes)]

    async def open(self) -> None:
        """Return when every process can answer.

        Raises:
            DeskUnavailable: one cannot, and why.
        """
        await asyncio.gather(*(process.open() for process in self._processes))

    async def answer(self, question: AnswerRequest, *, draft: Draft | None = None) -> AnswerResult | None:
        """The answer; None where the session is not remembered and its past is wanted.

        Raises:
            BrokenProcessPool: the process ends over this question whenever it is asked.
        """
        return await self._processes[hash(question.session) % len(self._processes)].answer(question)

    def close(self) -> None:
        """Take no more questions; the processes end."""
        for process in self._processes:
            process.close()


class _WorkerProcess:
    """One process. It is given one question at a time, so that it is known over which it ends if it does."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._turn = asyncio.Lock()
        self._pool = _pool()

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        if problem := await loop.run_in_executor(self._pool, _open, self._opener):
            raise DeskUnavailable(problem)

    async def answer(self, question: AnswerRequest) -> AnswerResult | None:
        async with self._turn:
            try:
                return await self._ask(question)
            except BrokenProcessPool:
                await self._open_anew()
            try:
                return await self._ask(question)
            except BrokenProcessPool:
                await self._open_anew()
                raise

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, question: AnswerRequest) -> AnswerResult | None:
        return await asyncio.get_running_loop().run_in_executor(self._pool, _answer, question)

    async def _open_anew(self) -> None:
        _log.error("the process that answers has ended over a question; another is started")
        self._pool = _pool()
        await self.open()


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


# -- inside such a process

_opened: list[AnswerWorker] = []


def _open(opener: Opener) -> str | None:
    """Make the desk; what is wrong with the desk, if anything."""
    for each in (signal.SIGINT, signal.SIGTERM):  # they reach the whole group; the desk ends this process itself
        signal.signal(each, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(_NICENESS)
    try:
        _opened.append(opener())
    except PolicyBotError as error:
        return str(error)
    return None


def _answer(question: AnswerRequest) -> AnswerResult | None:
    return _opened[-1].answer(question)


def _end_with_parent() -> None:
    """A desk that is killed cannot end this process, so it ends by itself."""
    if parent := multiprocessing.parent_process():
        parent.join()
    os._exit(0)
