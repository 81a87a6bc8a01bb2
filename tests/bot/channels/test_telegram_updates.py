"""What an update of Telegram says to the desk."""

from typing import Any

import pytest
from telegram import Update

from bot.channels.telegram.updates import Me, Press, read
from bot.service.message import InboundMessage
from tests.bot.channels.telegram_peer import GROUP, ME, MEDIA, Json, group, message, pressed, private, user

LI = 1001
LUCE = Me(7, "LuceBot")
EDITED = 1_790_000_060


def heard(update: Json) -> InboundMessage | Press | None:
    return read(Update.de_json({"update_id": 1, **update}, None), LUCE)


def said(words: str, **more: Any) -> InboundMessage | None:
    found = heard({"message": message(5, LI, words, **more)})
    assert not isinstance(found, Press)
    return found


def in_group(words: str, **more: Any) -> InboundMessage | None:
    return said(words, chat=group(), **more)


def by_bot(**more: Any) -> Json:
    return {"message_id": 4, "date": 1, "chat": group(), "from": ME, "text": "answer", **more}


def test_a_private_message_names_its_place_and_its_person() -> None:
    assert said("第7条 <b>") == InboundMessage("telegram", "1001.5", "1001.1001", {"chat": "1001"}, "第7条 <b>")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("/measures 7", "/measures 7"),
        ("/MEASURES@lucebot  7", "/measures 7"),
        ("/help", "/help"),
        ("/foo bar", "/foo bar"),
        ("@LuceBot 研发费用", "研发费用"),
        ("😀 研发 @lucebot 费用", "😀 研发  费用"),
    ],
)
def test_a_name_of_the_bot_is_no_part_of_the_words(typed: str, words: str) -> None:
    incoming = said(typed)

    assert incoming
    assert (incoming.words, incoming.kind) == (words, "words")


@pytest.mark.parametrize("typed", ["/start", "/start deep-link_7", "/start@LuceBot", "@LuceBot"])
def test_an_arrival_has_no_words(typed: str) -> None:
    for incoming in (said(typed), in_group(typed)):
        if incoming or "@" in typed:
            assert incoming
            assert (incoming.kind, incoming.words) == ("arrival", "")
    assert said(typed)


@pytest.mark.parametrize(
    "words", ["研发费用", "@OtherBot 研发费用", "/measures@OtherBot 7", "/unknown", "me@LuceBot.cn"]
)
def test_what_a_group_says_among_itself_is_not_heard(words: str) -> None:
    assert in_group(words) is None
    assert in_group(words, reply_to_message=message(4, LI, "you")) is None


def test_a_group_is_heard_where_it_names_the_bot_commands_it_or_replies_to_it() -> None:
    at = {"chat": str(GROUP), "reply": "5"}
    person = f"{GROUP}.1001"
    text_mention = [{"type": "text_mention", "offset": 0, "length": 2, "user": ME}]

    assert in_group("请问 @LuceBot 第7条") == InboundMessage("telegram", f"{GROUP}.5", person, at, "请问  第7条")
    assert in_group("鹭策 第7条", entities=text_mention) == InboundMessage(
        "telegram", f"{GROUP}.5", person, at, "第7条"
    )
    assert in_group("/measures 7") == InboundMessage("telegram", f"{GROUP}.5", person, at, "/measures 7")
    assert in_group("第7条", reply_to_message=by_bot()) == InboundMessage("telegram", f"{GROUP}.5", person, at, "第7条")


def test_every_message_of_a_topic_replies_to_its_opening_which_does_not_count() -> None:
    opening = by_bot(text=None, forum_topic_created={"name": "topic", "icon_color": 1})
    topic = {"is_topic_message": True, "message_thread_id": 44, "reply_to_message": opening}

    assert in_group("第7条", **topic) is None
    incoming = in_group("@LuceBot 第7条", **topic)
    assert incoming
    assert incoming.address == {"chat": str(GROUP), "thread": "44", "reply": "5"}


def test_a_thread_of_replies_is_no_topic() -> None:
    incoming = in_group("@LuceBot 第7条", message_thread_id=44)

    assert incoming
    assert "thread" not in incoming.address


@pytest.mark.parametrize(
    "more",
    [
        {"from": user(9, is_bot=True)},
        {"from": None, "sender_chat": {"id": -5, "type": "channel", "title": "c"}},
        {"is_automatic_forward": True},
        {"chat": {"id": -5, "type": "channel", "title": "c"}},
    ],
)
def test_bots_and_channels_are_not_heard(more: Json) -> None:
    assert said("@LuceBot 第7条", **more) is None


@pytest.mark.parametrize(
    "update",
    [
        {"channel_post": message(5, LI, "第7条", chat={"id": -5, "type": "channel", "title": "c"})},
        {"message": message(5, LI, migrate_to_chat_id=-1005, chat=group())},
        {"message": message(5, LI, new_chat_members=[ME], chat=group())},
        {"message": message(5, LI, pinned_message=by_bot())},
        {"edited_message": message(5, LI, edit_date=EDITED, **MEDIA["location"])},
        {"edited_message": message(5, LI, "/start", edit_date=EDITED)},
        {"edited_message": message(5, LI, "第7条", edit_date=EDITED, chat=group())},
        {},
    ],
)
def test_what_asks_for_nothing_is_passed_over(update: Json) -> None:
    assert heard(update) is None


@pytest.mark.parametrize("medium", MEDIA)
def test_what_is_not_text_is_named(medium: str) -> None:
    incoming = said("", **MEDIA[medium])

    assert incoming
    assert (incoming.kind, incoming.words) == ("unreadable", medium)
    assert in_group("", **MEDIA[medium]) is None


def test_a_caption_counts_as_words() -> None:
    captioned = said("", caption="第7条？", **MEDIA["image"])
    adorned = said("", caption="👍", **MEDIA["image"])

    assert captioned
    assert adorned
    assert (captioned.kind, captioned.words) == ("words", "第7条？")
    assert (adorned.kind, adorned.words) == ("unreadable", "image")


def test_the_pictures_of_an_album_are_declined_once() -> None:
    first = said("", media_group_id="88", **MEDIA["image"])
    captioned = said("", media_group_id="88", caption="第7条", **MEDIA["image"])

    assert first
    assert captioned
    assert (first.source_id, captioned.source_id) == ("1001.album.88", "1001.5")


def test_a_forwarded_message_is_a_question() -> None:
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "Wang"}

    assert said("第7条", forward_origin=origin) == said("第7条")


def test_an_edited_message_replaces_the_one_before() -> None:
    edited = {"edited_message": message(5, LI, "第8条", edit_date=EDITED)}

    address = {"chat": "1001", "reply": "5"}
    assert heard(edited) == InboundMessage(
        "telegram", f"1001.5.{EDITED}", "1001.1001", address, "第8条", revises="1001.5"
    )


def test_half_a_character_does_not_reach_the_desk() -> None:
    incoming = said("第7条\ud83d")

    assert incoming
    assert incoming.words == "第7条\ufffd"


def test_a_press_is_that_of_whoever_presses() -> None:
    under = {"message_id": 4, "date": 1, "chat": private(LI), "from": ME, "text": "question"}

    assert heard(pressed("q1", LI, "3.0", under)) == Press(
        "q1", "3.0", "1001.1001", {"chat": "1001", "reply": "4"}, 4, of_another=False
    )


def test_a_press_in_a_group_is_answered_under_the_question_and_told_from_those_of_others() -> None:
    under = by_bot(reply_to_message=message(3, LI, "第7条", chat=group()))
    own, other = heard(pressed("q1", LI, "3.0", under)), heard(pressed("q2", 1002, "3.0", under))

    at = {"chat": str(GROUP), "reply": "3"}
    assert own == Press("q1", "3.0", f"{GROUP}.1001", at, 4, of_another=False)
    assert other == Press("q2", "3.0", f"{GROUP}.1002", at, 4, of_another=True)


def test_a_press_under_a_message_too_old_to_be_shown_is_heard() -> None:
    under = {"message_id": 4, "date": 0, "chat": group()}
    at = {"chat": str(GROUP), "reply": "4"}

    assert heard(pressed("q1", LI, "3.0", under)) == Press("q1", "3.0", f"{GROUP}.1001", at, 4, of_another=False)


def test_a_press_without_a_message_is_passed_over() -> None:
    query = {"id": "q1", "from": user(LI), "chat_instance": "1", "data": "3.0", "inline_message_id": "x"}

    assert heard({"callback_query": query}) is None
