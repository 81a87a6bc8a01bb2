"""The suite that every channel passes. A channel's test module subclasses it and says how to set the channel up."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot.nlg.block import Block
from bot.nlg.wording import say
from bot.service.sessions import Responder
from tests.bot.channels.rig import Rig, Scripted, until

QUOTE = "对科技型中小企业创新项目给予最高100万元支持。"
LABEL = "《…若干措施》政策解读 四（三）第7条"
AWKWARD = "a<b>粗</b> & *星* _线_ [x](http://y) `c` > # ~ | ]]> \\ 「」😀👨‍👩‍👧"
PATIENT = 30.0


class ChannelContract:
    """What people expect of any channel."""

    def rig(self, folder: Path, responder: Responder) -> AbstractAsyncContextManager[Rig]:
        """The channel under test with its platform, started."""
        raise NotImplementedError

    @pytest.mark.anyio
    async def test_a_message_is_answered(self, tmp_path: Path) -> None:
        async with self.rig(tmp_path, Scripted()) as rig:
            await rig.write("li", "hello")

            await until(lambda: self._heard(rig, "li", ["answer to hello"]))

    @pytest.mark.anyio
    async def test_people_do_not_hear_each_other(self, tmp_path: Path) -> None:
        async with self.rig(tmp_path, Scripted()) as rig:
            await asyncio.gather(rig.write("li", "one"), rig.write("wang", "two"))

            await until(lambda: self._heard(rig, "li", ["answer to one"]))
            await until(lambda: self._heard(rig, "wang", ["answer to two"]))

    @pytest.mark.anyio
    async def test_messages_of_a_person_are_answered_in_order(self, tmp_path: Path) -> None:
        async with self.rig(tmp_path, Scripted()) as rig:
            for words in ("one", "two", "three"):
                await rig.write("li", words)

            await until(lambda: self._heard(rig, "li", ["answer to one", "answer to two", "answer to three"]))

    @pytest.mark.anyio
    async def test_a_message_that_comes_three_times_at_once_is_answered_once(self, tmp_path: Path) -> None:
        responder = Scripted()
        async with self.rig(tmp_path, responder) as rig:
            await asyncio.gather(*(rig.write("li", "hello", source_id="7001") for _ in range(3)))
            await rig.write("li", "bye")

            await until(lambda: self._heard(rig, "li", ["answer to hello", "answer to bye"]))
        assert responder.heard == ["hello", "bye"]

    @pytest.mark.anyio
    async def test_what_is_not_text_is_declined_in_words(self, tmp_path: Path) -> None:
        responder = Scripted()
        async with self.rig(tmp_path, responder) as rig:
            await rig.show("li", "image")

            await until(lambda: self._heard(rig, "li", [say("unreadable_image")]))
        assert responder.heard == []

    @pytest.mark.anyio
    async def test_an_error_is_told_in_a_sentence_and_the_next_message_is_answered(self, tmp_path: Path) -> None:
        async with self.rig(tmp_path, Scripted(fails=frozenset({"break"}))) as rig:
            await rig.write("li", "break")
            await rig.write("li", "hello")

            await until(lambda: self._heard(rig, "li", [say("turn_failed"), "answer to hello"]))

    @pytest.mark.anyio
    async def test_markup_reaches_people_as_they_should_read_it(self, tmp_path: Path) -> None:
        async with self.rig(tmp_path, Scripted(blocks=lambda _words: (Block("said", AWKWARD),))) as rig:
            await rig.write("li", "hello")

            await until(lambda: self._heard(rig, "li", [AWKWARD]))

    @pytest.mark.anyio
    async def test_a_long_answer_is_split_and_every_quotation_keeps_its_place(self, tmp_path: Path) -> None:
        quoted = QUOTE * 400
        blocks = (Block("said", "文件是这样写的："), Block("quote", quoted, LABEL))
        async with self.rig(tmp_path, Scripted(blocks=lambda _words: blocks)) as rig:
            limit = rig.channel.capabilities.limit
            await rig.write("li", "hello")
            await until(lambda: self._has_heard_something(rig, "li"))
            await rig.write("li", "again")  # when its answer begins, the first is complete

            await until(lambda: self._count(rig, "li", 2))
            heard = await rig.heard("li")
            assert all(limit.measure(text) <= limit.size for text in heard)
            assert all(LABEL in text for text in heard)
            assert all(text.count("“") == text.count("”") for text in heard)

    @pytest.mark.anyio
    async def test_waiting_is_shown(self, tmp_path: Path) -> None:
        responder = Scripted(holding=True)
        async with self.rig(tmp_path, responder) as rig:
            await rig.write("li", "hello")
            await until(lambda: self._shown(rig, "li"))
            responder.holding = False

            await until(lambda: self._heard(rig, "li", ["answer to hello"]))

    @pytest.mark.anyio
    async def test_more_than_three_open_questions_of_a_person_are_refused(self, tmp_path: Path) -> None:
        responder = Scripted(holding=True)
        async with self.rig(tmp_path, responder) as rig:
            for words in ("one", "two", "three", "four"):
                await rig.write("li", words)
            await until(lambda: self._says(rig, "li", say("refused_pending")))
            responder.holding = False

            await until(lambda: self._says(rig, "li", "answer to three"))
        assert responder.heard == ["one", "two", "three"]

    @pytest.mark.anyio
    async def test_what_was_accepted_before_a_crash_is_answered_after_it_once(self, tmp_path: Path) -> None:
        responder = Scripted(holding=True)
        async with self.rig(tmp_path, responder) as rig:
            await rig.write("li", "hello", source_id="7001")
            await rig.desk.dispatcher.stop(0.0)  # nothing more is answered, as after a kill
        responder.holding = False

        async with self.rig(tmp_path, Scripted()) as rig:
            await rig.write("li", "hello", source_id="7001")  # the platform repeats what it thinks was lost
            await rig.write("li", "bye")

            await until(lambda: self._heard(rig, "li", ["answer to hello", "answer to bye"]))

    @staticmethod
    async def _heard(rig: Rig, person: str, expected: list[str]) -> bool:
        heard = await rig.heard(person)
        assert len(heard) <= len(expected), heard
        return heard == expected

    @staticmethod
    async def _says(rig: Rig, person: str, expected: str) -> bool:
        return expected in await rig.heard(person)

    @staticmethod
    async def _count(rig: Rig, person: str, least: int) -> bool:
        return len(await rig.heard(person)) >= least

    @staticmethod
    async def _has_heard_something(rig: Rig, person: str) -> bool:
        return bool(await rig.heard(person))

    @staticmethod
    async def _shown(rig: Rig, person: str) -> bool:
        return await rig.progress(person) > 0
