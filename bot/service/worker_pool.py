"""Worker processes: turns are computed outside the event loop.

A turn is some milliseconds of computing. Beside the event loop it would delay every acknowledgement, and an engine that
crashes would take the server along; in a process of its own it does neither.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from bot.service.answer import AnswerRequest, AnswerResult, AnswerWorker, Draft
from knowledge.errors import PolicyBotError

_NICENESS = 10  # acknowledging comes before answering
_log = logging.getLogger(__name__)


class DeskUnavailable(PolicyBotError):
    """The process that answers could not be opened; the message says why."""


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
