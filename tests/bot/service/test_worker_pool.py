"""Answering in processes of their own: one that ends takes neither the desk along nor the questions of others."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import psutil
import pytest

from bot.dialog.reply import Greeting, Remark
from bot.dialog.state import State
from bot.nlg.block import Block
from bot.nlg.message import ChannelCapabilities, Limit, utf8_bytes
from bot.nlg.turn import Conversation, Turn
from bot.service.answer import AnswerRequest, AnswerResult, AnswerWorker
from bot.service.sessions import Sessions, UserMessage
from bot.service.worker_pool import DeskUnavailable, WorkerPool
from bot.settings import Settings, SettingsError
from tests.bot.channels.rig import until

pytestmark = pytest.mark.anyio

MANNER = ChannelCapabilities(Limit(2048, utf8_bytes), patience=1.0)
DAY = date(2026, 1, 1)
ROOT = Path(__file__).parents[3]


class Remembering:
    """Answers with all that was said; ends its process at "end", and raises at "fail"."""

    def respond(self, conversation: Conversation, message: str, *, as_of: date) -> Turn:
        if message == "end":
            os._exit(11)
        if message == "fail":
            raise RuntimeError("no answer")
        said = (*conversation.state.said, message)
        words = f"{os.getpid()} {'|'.join(said)}" if message == "who" else "|".join(said)
        return Turn(
            conversation.next_number, message, Greeting(Remark("hello")), (Block("said", words),), State(said=said)
        )


def open_desk() -> AnswerWorker:
    return AnswerWorker(Sessions(Remembering()))


def open_nothing() -> AnswerWorker:
    raise SettingsError("LUCE_POLICIES is wrong")


@asynccontextmanager
async def apart(opener: Callable[[], AnswerWorker] = open_desk, processes: int = 1) -> AsyncIterator[WorkerPool]:
    answering = WorkerPool(opener, processes)
    try:
        await answering.open()
        yield answering
    finally:
        answering.close()


def question(words: str, *past: str, session: str = "li") -> AnswerRequest:
    return AnswerRequest(session, UserMessage(words, DAY), MANNER, tuple(UserMessage(each, DAY) for each in past))


def text(answer: AnswerResult | None) -> str:
    assert answer is not None
    assert answer.reply.text == answer.parts[0].text
    return answer.reply.text


async def test_a_session_is_remembered_and_its_past_wanted_only_once() -> None:
    async with apart() as answering:
        assert await answering.answer(AnswerRequest("li", UserMessage("one", DAY), MANNER)) is None
        assert text(await answering.answer(question("two", "one"))) == "one|two"
        assert text(await answering.answer(AnswerRequest("li", UserMessage("three", DAY), MANNER))) == "one|two|three"


async def test_a_failure_is_told_and_the_process_goes_on() -> None:
    async with apart() as answering:
        with pytest.raises(RuntimeError, match="no answer"):
            await answering.answer(question("fail"))

        assert text(await answering.answer(question("one"))) == "one"


async def test_a_process_that_ends_takes_no_question_of_others_along() -> None:
    async with apart() as answering:
        await answering.answer(question("one", session="wang"))
        poison = asyncio.create_task(answering.answer(question("end")))
        others = [asyncio.create_task(answering.answer(question(f"{n}", session=f"p{n}"))) for n in range(5)]

        with pytest.raises(Exception, match="terminated abruptly"):
            await poison
        assert [text(await other) for other in others] == ["0", "1", "2", "3", "4"]
        assert (
            await answering.answer(AnswerRequest("wang", UserMessage("two", DAY), MANNER)) is None
        )  # its past is wanted again


async def test_sessions_are_shared_out_among_processes() -> None:
    async with apart(processes=2) as answering:
        sessions = [f"p{number}" for number in range(20)]
        first = [text(await answering.answer(question("who", session=session))).split()[0] for session in sessions]
        again = [text(await answering.answer(question("who", session=session))).split()[0] for session in sessions]

        assert len(set(first)) == 2
        assert first == again


async def test_a_desk_that_cannot_be_opened_says_why() -> None:
    with pytest.raises(DeskUnavailable, match="LUCE_POLICIES"):
        async with apart(open_nothing):
            pass


ORPHAN = """
import asyncio, os, sys
from tests.bot.service.test_worker_pool import apart, question, text

async def main():
    async with apart() as answering:
        print(text(await answering.answer(question("who"))).split()[0], flush=True)
        await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_the_process_ends_with_a_desk_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "desk.py"
    script.write_text(ORPHAN, encoding="utf-8")
    desk = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}
    )
    with desk:
        assert desk.stdout is not None
        answers = int(await asyncio.to_thread(desk.stdout.readline))
        assert psutil.pid_exists(answers)
        desk.kill()

    await until(lambda: not psutil.pid_exists(answers))


def test_the_settings_can_be_handed_to_another_process() -> None:
    import pickle

    assert pickle.loads(pickle.dumps(Settings(workers=2))) == Settings(workers=2)
