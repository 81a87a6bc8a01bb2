"""Answering in this process, for tests that hold the desk in their hands."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from bot.service.answer import AnswerRequest, AnswerResult, AnswerWorker, Draft


class InProcessBackend:
    """Answers in threads."""

    def __init__(self, answerer: AnswerWorker, *, threads: int = 2) -> None:
        self._answerer = answerer
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="answer")

    async def answer(self, question: AnswerRequest, *, draft: Draft | None = None) -> AnswerResult | None:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answerer.answer, question)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
