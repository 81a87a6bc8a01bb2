"""Buttons, groups, edits, commands and the webhook of Telegram, against a real HTTP peer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.channels.channel import DeliveryError
from bot.channels.commands import COMMANDS
from bot.channels.telegram.adapter import identify
from bot.channels.telegram.webhook import MOST_BYTES, PATH
from bot.dialog.reply import Remark, SlotQuestion
from bot.dialog.state import State
from bot.nlg.block import Block
from bot.nlg.turn import Conversation, Turn
from bot.nlg.wording import say
from bot.settings import TelegramSettings
from tests.bot.channels.rig import Scripted, until
from tests.bot.channels.telegram_peer import (
    GROUP,
    MEDIA,
    TOKEN,
    Call,
    Json,
    TelegramRig,
    answer_as_seen,
    group,
    message,
    pressed,
    private,
    telegram_rig,
)

pytestmark = pytest.mark.anyio
LI, WANG = 1001, 1002


@dataclass
class Asking:
    """Asks for a grade whatever is said, and remembers what it heard in whose light."""

    heard: list[str] = field(default_factory=list)
    blocks: tuple[Block, ...] = (Block("said", "优还是良？"),)

    def respond(self, conversation: Conversation, message: str, *, as_of: date) -> Turn:
        said = (*conversation.state.said, message)
        self.heard.append(" > ".join(said))
        question = SlotQuestion(Remark("ask_slot", {"ask": ""}), ("grade",), options=("优", "良"))
        return Turn(conversation.next_number, message, question, self.blocks, State(said=said))


@asynccontextmanager
async def asked(folder: Path, asking: Asking, *, chat: Json | None = None) -> AsyncIterator[tuple[TelegramRig, Call]]:
    """A rig in which somebody was asked a question with two buttons."""
    async with telegram_rig(folder, asking) as rig:
        await rig.telegram.push(
            {"message": message(5, LI, "@LuceBot 基地" if chat else "基地", chat=chat or private(LI))}
        )
        await until(lambda: rig.telegram.did("sendMessage"))
        yield rig, rig.telegram.did("sendMessage")[0]


async def press(rig: TelegramRig, query: str, who: int, under: Json, data: str) -> str:
    """Press a button; the words that the press is acknowledged with."""
    await rig.telegram.push(pressed(query, who, data, under))
    await until(lambda: [c for c in rig.telegram.did("answerCallbackQuery") if c.fields["callback_query_id"] == query])
    return str(rig.telegram.did("answerCallbackQuery")[-1].fields.get("text", ""))


async def test_a_press_says_its_words_in_the_light_of_its_question_and_settles_it(tmp_path: Path) -> None:
    asking = Asking()
    async with asked(tmp_path, asking) as (rig, question):
        assert [button["text"] for button in question.buttons] == ["优", "良"]
        await rig.telegram.push({"message": message(6, LI, "别的")})
        await until(lambda: len(rig.telegram.did("sendMessage")) == 2)
        under = answer_as_seen(question, chat=private(LI))

        assert await press(rig, "q1", LI, under, question.buttons[1]["callback_data"]) == ""
        await until(lambda: len(rig.telegram.did("sendMessage")) == 3)
        await until(lambda: rig.telegram.did("editMessageText"))

    assert asking.heard == ["基地", "基地 > 别的", "基地 > 良"]
    (edit,) = rig.telegram.did("editMessageText")
    assert edit.fields["message_id"] == str(question.result["message_id"])
    assert edit.seen == "优还是良？\n\n" + say("pressed", label="良")
    assert edit.buttons == []
    reply = rig.telegram.did("sendMessage")[-1].json("reply_parameters")
    assert reply == {"message_id": question.result["message_id"], "allow_sending_without_reply": True}


async def test_a_press_that_comes_twice_is_answered_once(tmp_path: Path) -> None:
    asking = Asking()
    async with asked(tmp_path, asking) as (rig, question):
        under = answer_as_seen(question, chat=private(LI))
        for _ in range(2):
            await press(rig, "q1", LI, under, question.buttons[0]["callback_data"])
        await rig.telegram.push({"message": message(6, LI, "别的")})
        await until(lambda: len(rig.telegram.did("sendMessage")) == 3)

    assert asking.heard == ["基地", "基地 > 优", "基地 > 优 > 别的"]


async def test_a_question_that_leaves_no_room_only_loses_its_buttons(tmp_path: Path) -> None:
    async with asked(tmp_path, Asking(blocks=(Block("said", "长" * 4090),))) as (rig, question):
        await press(rig, "q1", LI, answer_as_seen(question, chat=private(LI)), question.buttons[0]["callback_data"])

        await until(lambda: rig.telegram.did("editMessageReplyMarkup"))
        assert not rig.telegram.did("editMessageText")


@pytest.mark.parametrize("data", ["999.0", "1.7", "x", "1.0.0", "١.0", "-1.0"])
async def test_a_button_that_says_nothing_any_more_is_told(tmp_path: Path, data: str) -> None:
    asking = Asking()
    async with asked(tmp_path, asking) as (rig, question):
        under = answer_as_seen(question, chat=private(LI))

        assert await press(rig, "q1", LI, under, data) == say("press_gone")
    assert asking.heard == ["基地"]


async def test_a_group_is_answered_by_a_reply_and_its_buttons_are_for_whoever_asked(tmp_path: Path) -> None:
    asking = Asking()
    async with asked(tmp_path, asking, chat=group()) as (rig, question):
        assert question.chat == GROUP
        assert question.json("reply_parameters")["message_id"] == 5
        asker = message(5, LI, "@LuceBot 基地", chat=group())
        under = answer_as_seen(question, chat=group(), reply_to=asker)

        assert await press(rig, "q1", WANG, under, question.buttons[0]["callback_data"]) == say("press_of_another")
        assert await press(rig, "q2", LI, under, question.buttons[0]["callback_data"]) == ""
        await until(lambda: len(rig.telegram.did("sendMessage")) == 2)
        assert rig.telegram.did("sendMessage")[1].json("reply_parameters")["message_id"] == 5

    assert asking.heard == ["基地", "基地 > 优"]


async def test_people_in_a_group_are_not_heard_among_themselves(tmp_path: Path) -> None:
    responder = Scripted()
    async with telegram_rig(tmp_path, responder) as rig:
        for number, words in enumerate(("hello", "@OtherBot hello", "/measures@OtherBot 7", "@LuceBot hello"), 20):
            await rig.telegram.push({"message": message(number, LI, words, chat=group())})
        topic = {"is_topic_message": True, "message_thread_id": 44}
        await rig.telegram.push({"message": message(30, WANG, "/contact@LuceBot", chat=group(is_forum=True), **topic)})

        await until(lambda: len(rig.telegram.heard(GROUP)) == 2)
        sent = {call.seen: call for call in rig.telegram.did("sendMessage", GROUP)}
    assert sorted(responder.heard) == sorted(["hello", say("command_contact")])
    assert sent["answer to hello"].json("reply_parameters")["message_id"] == 23
    assert sent[f"answer to {say('command_contact')}"].fields["message_thread_id"] == "44"


async def test_an_edited_message_is_answered_anew_in_place_of_the_first(tmp_path: Path) -> None:
    asking = Asking()
    async with asked(tmp_path, asking) as (rig, _question):
        edited = message(5, LI, "平台", edit_date=1_790_000_060)
        for _ in range(2):
            await rig.telegram.push({"edited_message": edited})
        await rig.telegram.push({"message": message(6, LI, "别的")})

        await until(lambda: len(rig.telegram.did("sendMessage")) == 3)
        assert rig.telegram.did("sendMessage")[1].json("reply_parameters")["message_id"] == 5
    assert asking.heard == ["基地", "平台", "平台 > 别的"]


async def test_an_album_is_declined_once(tmp_path: Path) -> None:
    async with telegram_rig(tmp_path, Scripted()) as rig:
        for number in (20, 21, 22):
            await rig.telegram.push({"message": message(number, LI, media_group_id="88", **MEDIA["image"])})
        await rig.telegram.push({"message": message(23, LI, "hello")})

        await until(lambda: rig.telegram.heard(LI) == [say("unreadable_image"), "answer to hello"])


@pytest.mark.parametrize("typed", ["/start", "/start from_the_website"])
async def test_whoever_arrives_is_greeted(tmp_path: Path, typed: str) -> None:
    responder = Scripted()
    async with telegram_rig(tmp_path, responder) as rig:
        await rig.telegram.push({"message": message(20, LI, typed)})

        await until(lambda: rig.telegram.heard(LI) == [say("hello")])
    assert responder.heard == []


async def test_commands_stand_in_the_menu_in_both_languages(tmp_path: Path) -> None:
    async with telegram_rig(tmp_path, Scripted()) as rig:
        await until(lambda: len(rig.telegram.did("setMyCommands")) == 2)
        first, second = rig.telegram.did("setMyCommands")

    assert [call.fields.get("language_code") for call in (first, second)] == [None, "zh"]
    assert first.fields["commands"] == second.fields["commands"]
    assert all(f'"{name}"' in first.fields["commands"] for name in COMMANDS)


async def test_links_are_sent_without_a_preview(tmp_path: Path) -> None:
    async with telegram_rig(tmp_path, Scripted()) as rig:
        await rig.write("li", "https://example.org")
        await until(lambda: rig.telegram.did("sendMessage"))

        assert rig.telegram.did("sendMessage")[0].json("link_preview_options") == {"is_disabled": True}


async def test_whoever_waits_for_an_earlier_answer_is_told_so(tmp_path: Path) -> None:
    responder = Scripted(holding=True)
    async with telegram_rig(tmp_path, responder) as rig:
        await rig.write("li", "one")
        await rig.write("li", "two")
        await until(lambda: rig.heard("li"))
        assert await rig.heard("li") == [say("waiting")]
        responder.holding = False

        await until(lambda: len(responder.heard) == 2)


# -- the webhook


async def call(rig: TelegramRig, body: bytes, secret: str | None) -> int:
    headers = {} if secret is None else {b"X-Telegram-Bot-Api-Secret-Token": secret.encode()}
    async with httpx.AsyncClient() as client:
        return (await client.post(rig.settings.webhook + PATH, content=body, headers=headers)).status_code


@pytest.mark.parametrize("secret", ["", "of_the-operator"])
async def test_only_telegram_may_call(tmp_path: Path, secret: str) -> None:
    responder = Scripted()
    update = b'{"update_id":1,"message":{"message_id":9,"date":1,"chat":{"id":5,"type":"private"},"text":"forged"}}'
    async with telegram_rig(tmp_path, responder, webhook=True, secret=secret) as rig:
        true = rig.telegram.secret
        for wrong in (None, "", "wrong", true[:-1], true + "x", "é"):
            assert await call(rig, update, wrong) == 403
        assert await call(rig, update, TOKEN) == 403
        await rig.write("li", "hello")
        await until(lambda: rig.telegram.heard(1000 + int.from_bytes(b"li")))

    assert responder.heard == ["hello"]
    assert len(true) >= 16 if not secret else true == secret


async def test_a_derived_secret_stays_the_same_and_does_not_show_the_token(tmp_path: Path) -> None:
    secrets = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        async with telegram_rig(tmp_path / name, Scripted(), webhook=True) as rig:
            secrets.append(rig.telegram.secret)

    assert secrets[0] == secrets[1]
    assert TOKEN.partition(":")[2] not in secrets[0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"x" * (MOST_BYTES + 1), 413),
        (b"not json", 400),
        (b"[1]", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b"", 400),
        (b'{"update_id":1,"message":{"text":"no chat"}}', 200),  # repeating it would not help
        (b'{"update_id":1,"poll_answer":{}}', 200),
        (b"{}", 200),
    ],
)
async def test_what_is_no_message_is_not_heard_and_the_next_one_is(tmp_path: Path, body: bytes, status: int) -> None:
    async with telegram_rig(tmp_path, Scripted(), webhook=True) as rig:
        assert await call(rig, body, rig.telegram.secret) == status
        await rig.write("li", "hello")

        await until(lambda: rig.telegram.heard(1000 + int.from_bytes(b"li")) == ["answer to hello"])


async def test_a_channel_that_has_stopped_leaves_messages_to_telegram(tmp_path: Path) -> None:
    responder = Scripted()
    async with telegram_rig(tmp_path, responder, webhook=True) as rig:
        await rig.channel.stop()

        assert await call(rig, b'{"update_id":1}', rig.telegram.secret) == 503


async def test_with_polling_nobody_can_call(tmp_path: Path) -> None:
    async with telegram_rig(tmp_path, Scripted()) as rig:
        assert rig.channel.routes() == ()
        assert rig.telegram.did("deleteWebhook")[0].fields.get("drop_pending_updates") in (None, "false")


# -- who the bot is


async def test_the_bot_says_who_it_is(tmp_path: Path) -> None:
    async with telegram_rig(tmp_path, Scripted()) as rig:
        assert await identify(rig.settings) == "@LuceBot"


@pytest.mark.parametrize("token", ["", "7:wrong"])
async def test_a_bot_that_nobody_knows_is_told_without_its_token(token: str) -> None:
    settings = TelegramSettings(SecretStr(token), api="http://127.0.0.1:9")
    with pytest.raises(DeliveryError) as raised:
        await asyncio.wait_for(identify(settings), 20)

    assert str(raised.value)
    assert "wrong" not in str(raised.value)
