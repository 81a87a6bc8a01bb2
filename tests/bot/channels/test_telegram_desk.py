"""The real desk on Telegram: questions, buttons and amounts, from the first command to the clause behind the sum."""

from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from bot.nlg.wording import say
from tests.bot.channels.rig import until
from tests.bot.channels.telegram_peer import Call, TelegramRig, answer_as_seen, message, pressed, private, telegram_rig

pytestmark = pytest.mark.anyio
LI = 1001
BENEFIT = "国际科技合作基地、对台基地考核评估奖励"
CLAUSE = "考核评估优良的分别给予不超过100万元、50万元奖励"
PLACE = "政策解读 四（一）第3条"


class Person:
    """Somebody who talks with the bot in private."""

    def __init__(self, rig: TelegramRig) -> None:
        self.rig = rig
        self._presses = 0

    async def says(self, words: str) -> Call:
        return await self._answer({"message": message(self.rig.telegram.next_message(), LI, words)})

    async def presses(self, label: str, under: Call) -> Call:
        self._presses += 1
        data = next(button["callback_data"] for button in under.buttons if button["text"] == label)
        shown = answer_as_seen(under, chat=private(LI))
        return await self._answer(pressed(f"q{self._presses}", LI, data, shown))

    async def _answer(self, update: dict[str, Any]) -> Call:
        before = len(self.rig.telegram.did("sendMessage"))
        await self.rig.telegram.push(update)
        await until(lambda: len(self.rig.telegram.did("sendMessage")) > before)
        return self.rig.telegram.did("sendMessage")[-1]


def labels(answer: Call) -> list[str]:
    return [button["text"] for button in answer.buttons]


@pytest.mark.parametrize("webhook", [False, True])
async def test_a_sum_is_asked_for_and_looked_into_by_buttons(tmp_path: Path, app: App, webhook: bool) -> None:
    async with telegram_rig(tmp_path, app.desk, webhook=webhook) as rig:
        li = Person(rig)
        assert (await li.says("/start")).seen == say("hello")

        which = await li.says("/calc")
        assert BENEFIT in labels(which)
        question = await li.presses(BENEFIT, which)
        assert labels(question) == ["优", "良"]
        assert CLAUSE in question.seen
        assert PLACE in question.seen

        amount = await li.presses("良", question)
        assert "最高50万元" in amount.seen
        assert PLACE in amount.seen
        assert labels(amount) == [say("view_steps"), say("view_clause")]
        await until(lambda: len(rig.telegram.did("editMessageText")) == 2)
        settled = [edit.seen for edit in rig.telegram.did("editMessageText")]
        assert settled[0].endswith(say("pressed", label=BENEFIT))
        assert settled[1].endswith(say("pressed", label="良"))

        steps = await li.presses(say("view_steps"), amount)
        assert "1个 × 50万元 = 50万元" in steps.seen
        clause = await li.presses(say("view_clause"), amount)
        assert CLAUSE in clause.seen
        assert "<blockquote>" in clause.fields["text"]

        assert labels(clause) == []  # the whole measure was shown
        assert len(rig.telegram.did("editMessageText")) == 2  # the buttons under an answer stay
        assert len(rig.telegram.did("answerCallbackQuery")) == 4


async def test_a_sum_goes_on_after_a_restart(tmp_path: Path, app: App) -> None:
    async with telegram_rig(tmp_path, app.desk) as rig:
        question = await Person(rig).says(f"/calc {BENEFIT}")

    async with telegram_rig(tmp_path, app.desk) as rig:
        assert "最高100万元" in (await Person(rig).presses("优", question)).seen


async def test_every_command_is_understood(tmp_path: Path, app: App) -> None:
    async with telegram_rig(tmp_path, app.desk) as rig:
        li = Person(rig)

        assert (await li.says("/help@LuceBot")).seen == say("help")
        assert (await li.says("/reset")).seen == say("reset")
        assert "7.增强科技型中小企业创新能力" in (await li.says("/measures 7")).seen
        assert "1.强化厦门科学城“超级孵化器”功能" in (await li.says("/measures")).seen
        assert "0592-2021807" in (await li.says("/contact")).seen


async def test_the_questions_that_most_ask_are_a_menu_of_buttons(tmp_path: Path, app: App) -> None:
    async with telegram_rig(tmp_path, app.desk) as rig:
        li = Person(rig)
        menu = await li.says("/faq")
        assert labels(menu) == list(app.desk.manager.featured)
        first = await li.presses(labels(menu)[0], menu)
        assert "每满200万元给予10万元补助" in first.seen
        assert "0592-2021807" in (await li.presses(labels(menu)[-1], menu)).seen  # the menu stays to be used again
