"""Answers that a model has worded: shown first as the desk made them, kept as what they are."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.app import App
from bot.dialog.reply import QuotedAnswer, Remark
from bot.nlg.message import ChannelCapabilities, Limit, utf8_bytes
from bot.nlg.turn import Conversation, Turn
from bot.records.masking import COVERS_ALL
from bot.records.record_reader import open_reader
from bot.records.replay import ReplayRunner as DeskOfToday
from bot.records.replay import replay
from bot.service.answer import AnswerRequest, AnswerResult, AnswerWorker
from bot.service.rewriter import rewriting
from bot.service.rewriting_backend import RewritingBackend
from bot.service.sessions import Sessions, UserMessage
from bot.service.version import AnswerVersion
from tests.bot.channels.bot_peer import running, seen, text
from tests.bot.channels.rewriter import CLAUSE, WORDS, ScriptedRewriter
from tests.bot.channels.rig import benefits, until
from tests.bot.in_process import InProcessBackend
from tests.bot.records.entries import CHINA

pytestmark = pytest.mark.anyio
DAY = date(2026, 11, 25)
QUESTION = "研发费用补助怎么算？"
REFUSED = "什么时候申报？"
MANNER = ChannelCapabilities(Limit(600, utf8_bytes, parts=5), patience=1.0, offers_views=True)


def answerer(app: App, *, tells_more: bool = True) -> AnswerWorker:
    return AnswerWorker(Sessions(app.desk), benefits(), AnswerVersion("p", "1", "2"), tells_more=tells_more)


async def answer(answering: RewritingBackend, words: str, drafts: list[AnswerResult] | None = None) -> AnswerResult:
    question = AnswerRequest("s", UserMessage(words, DAY), MANNER, past=())
    found = await answering.answer(question, draft=None if drafts is None else drafts.append)
    assert found
    return found


async def test_only_the_lead_is_worded_and_the_rest_goes_out_to_the_letter(app: App) -> None:
    plain = answerer(app, tells_more=False).answer(AnswerRequest("s", UserMessage(QUESTION, DAY), MANNER, past=()))
    assert plain
    found = await answer(RewritingBackend(InProcessBackend(answerer(app)), ScriptedRewriter()), QUESTION)
    assert found.reply.text == plain.reply.text.replace("文件是这样写的：", WORDS)
    assert found.reply.model_copy(update={"text": ""}) == plain.reply.model_copy(update={"text": ""})
    assert found.parts[-1].choices == plain.parts[-1].choices
    assert all(utf8_bytes(part.text) <= 600 for part in found.parts)
    assert (plain.edition.engine, found.edition.engine) == ("2", "2+phrased")


async def test_the_desk_s_own_answer_is_told_before_the_words_are_sought(app: App) -> None:
    drafts: list[AnswerResult] = []
    wordsmith = ScriptedRewriter(held=True)
    asked = asyncio.create_task(answer(RewritingBackend(InProcessBackend(answerer(app)), wordsmith), QUESTION, drafts))
    await until(lambda: drafts)
    assert not asked.done()
    assert CLAUSE in drafts[0].reply.text
    wordsmith.held = False
    assert (await asked).reply.text.startswith(WORDS)


async def test_refusals_and_questions_are_neither_worded_nor_delayed(app: App) -> None:
    wordsmith, drafts = ScriptedRewriter(), list[AnswerResult]()
    answering = RewritingBackend(InProcessBackend(answerer(app)), wordsmith)
    for words in (REFUSED, "你好", "帮我算", "常见问题", "考核评估奖励怎么算"):
        await answer(answering, words, drafts)
    assert [finished.kind for finished in wordsmith.seen if finished.kind != "quoted"] == []
    assert len(drafts) == len(wordsmith.seen)


async def test_one_slow_answer_keeps_no_other_waiting(app: App) -> None:
    answering = RewritingBackend(InProcessBackend(answerer(app)), slow := ScriptedRewriter(held=True))
    waiting = asyncio.create_task(answer(answering, QUESTION))
    await until(lambda: slow.seen)
    assert (await answer(answering, REFUSED)).reply.outcome == "not_covered"
    slow.held = False
    assert (await waiting).reply.text.startswith(WORDS)


async def test_a_poll_shows_the_answer_while_its_words_are_sought(tmp_path: Path, app: App) -> None:
    wordsmith = ScriptedRewriter(held=True)
    async with running(tmp_path, app.desk, rewriter=wordsmith) as rig:
        await rig.platform.tell(rig.platform.message("li", text(QUESTION)))
        (stream,) = rig.platform.streams.values()
        await until(lambda: any(CLAUSE in seen(content) for content in stream.contents))
        assert not stream.finished
        wordsmith.held = False
        await until(lambda: stream.finished)
        assert seen(stream.contents[-1]).startswith(WORDS)
        assert CLAUSE in seen(stream.contents[-1])
    with sqlite3.connect(tmp_path / "luce.db") as connection:
        ((engine, kept),) = connection.execute("SELECT engine, reply FROM records")
    connection.close()
    assert engine.endswith("+phrased")
    assert WORDS in kept


async def test_a_worded_answer_is_replayed_in_all_but_its_words(tmp_path: Path, app: App) -> None:
    async with running(tmp_path, app.desk, rewriter=ScriptedRewriter()) as rig:
        await rig.write("li", QUESTION)
        await until(lambda: rig.platform.finished)
    with open_reader(tmp_path, CHINA) as reader:
        record = reader.find(1)
        assert record
        outcome = replay(record, reader, DeskOfToday(app.desk, benefits(), AnswerVersion(), COVERS_ALL))
    assert outcome.same
    assert outcome.then.text != outcome.now.text


def test_without_a_model_turns_stay_as_they_are(app: App) -> None:
    turn = Sessions(app.desk).ask("s", QUESTION, as_of=DAY)
    assert rewriting(None)(turn) is turn
    assert rewriting(ScriptedRewriter())(turn).text.startswith(WORDS)


def test_an_answer_that_a_reader_led_to_says_so_in_its_edition(app: App) -> None:
    class Reading:
        def respond(self, conversation: Conversation, message: str, *, as_of: date) -> Turn:
            turn = app.desk.respond(conversation, message, as_of=as_of)
            assert isinstance(turn.reply, QuotedAnswer)
            return replace(turn, reply=replace(turn.reply, lead=Remark("understood_as", {"title": "厦研保"})))

    question = AnswerRequest("s", UserMessage("厦研保是什么", DAY), past=())
    plain = answerer(app).answer(question)
    read = AnswerWorker(Sessions(Reading()), benefits(), AnswerVersion("p", "1", "2"), tells_more=True).answer(question)
    assert plain
    assert read
    assert (plain.edition.is_read, read.edition.is_read) == (False, True)
    assert read.finished
    assert read.finished.lead == ""  # that it is an interpretation is not worded away
