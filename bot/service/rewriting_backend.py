"""The rewriting backend: an answer is made, shown as a draft, and then perhaps reworded by a model.

What the model may change, and what goes out instead where it does not do that well, is decided by the rewriter.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bot.nlg.block import Block, text_of
from bot.nlg.message import ChannelCapabilities, OutboundMessage
from bot.nlg.splitting import split
from bot.service.answer import AnswerBackend, AnswerRequest, AnswerResult, Draft
from bot.service.rewriter import Rewriter

_MOST_AT_ONCE = 4


class RewritingBackend:
    """Whoever answers, with a rewriter behind. Several answers are worded at once; none waits for that of another."""

    def __init__(self, inner: AnswerBackend, rewriter: Rewriter) -> None:
        """Word what `inner` answers, where it tells what an answer is made of."""
        self._inner = inner
        self._rewriter = rewriter
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="phrase")

    async def answer(self, question: AnswerRequest, *, draft: Draft | None = None) -> AnswerResult | None:
        """The answer; None where the session is not remembered and its past is wanted.

        Raises:
            BrokenProcessPool: the process ends over this question whenever it is asked.
        """
        answer = await self._inner.answer(question)
        if answer is None or answer.finished is None or not answer.finished.lead:
            return answer
        if draft:
            draft(answer)
        loop = asyncio.get_running_loop()
        blocks = await loop.run_in_executor(self._threads, self._rewriter.rewrite, answer.finished)
        return answer if blocks == answer.finished.blocks else rewritten(answer, blocks, question.capabilities)

    def close(self) -> None:
        """Take no more questions."""
        self._inner.close()
        self._threads.shutdown(wait=False, cancel_futures=True)


def rewritten(answer: AnswerResult, blocks: Sequence[Block], capabilities: ChannelCapabilities | None) -> AnswerResult:
    """The answer in other words; its buttons stay, and its edition says that the words are not the desk's alone."""
    parts: tuple[OutboundMessage, ...] = ()
    if capabilities is not None:
        *first, last = split(tuple(blocks), capabilities.limit)
        parts = (
            *(OutboundMessage(each) for each in first),
            OutboundMessage(last, answer.parts[-1].choices if answer.parts else ()),
        )
    reply = answer.reply.model_copy(update={"text": text_of(blocks)})
    return replace(answer, parts=parts, reply=reply, edition=answer.edition.phrased)
