"""Messages of an AI bot, by callback or websocket, as inbound messages. Pure functions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.channels.wecom.crypto import CallbackRefused
from bot.service.message import Feedback, InboundMessage, Kind, ReplyTarget

Json = Mapping[str, object]
Opinion = Literal["good", "bad", "withdrawn"]

_UNREADABLE = ("image", "voice", "video", "file", "location", "link")
_LONGEST_ID = 256
_OPINIONS: Mapping[object, Opinion] = {1: "good", 2: "bad", 3: "withdrawn"}
_REASONS: Mapping[object, str] = {1: "irrelevant", 2: "incomplete", 3: "wrong", 4: "miscalculated"}


@dataclass(frozen=True, slots=True)
class Heard:
    """What a person said or did: `greets` where they opened the conversation and have said nothing yet.

    `chat` is the group, and empty in a conversation of two. `response_url` takes one answer, later.
    """

    source_id: str
    chat: str
    user: str
    kind: Kind
    words: str = ""
    greets: bool = False
    response_url: str = ""

    @property
    def person(self) -> str:
        """Whoever speaks, in the place where they speak."""
        return f"{self.chat or 'single'}.{self.user}"

    @property
    def place(self) -> str:
        """Where the answer is read: by the whole group, or by one person."""
        return self.chat or self.user

    def incoming(self, channel: str, address: ReplyTarget) -> InboundMessage:
        """The message as it is handed in."""
        return InboundMessage(channel, self.source_id, self.person, address, self.words, self.kind)


@dataclass(frozen=True, slots=True)
class Poll:
    """The platform asks how far the answer is that it knows by the id of its stream."""

    stream: str
    place: str


@dataclass(frozen=True, slots=True)
class TakenOver:
    """Another connection of the same bot has taken the place of this one."""


def json_object(text: str | bytes) -> Json:
    """A JSON object.

    Raises:
        CallbackRefused: it is none.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CallbackRefused("json") from error
    if not isinstance(value, dict):
        raise CallbackRefused("json")
    return value


def read(body: Json, channel: str) -> Heard | Poll | Feedback | TakenOver | None:
    """What a message of the platform means; None where nothing is to be done about it.

    Raises:
        CallbackRefused: it lacks what every message has.
    """
    kind = _text(body, "msgtype")
    event = _text(body, "event", "eventtype")
    if kind == "event" and event == "disconnected_event":
        return TakenOver()
    chat, user = _text(body, "chatid")[:_LONGEST_ID], _text(body, "from", "userid")[:_LONGEST_ID]
    if not user:
        raise CallbackRefused("json")
    if kind == "stream":
        return Poll(_text(body, "stream", "id"), chat or user)
    source_id = _text(body, "msgid")
    if not 0 < len(source_id) <= _LONGEST_ID:
        raise CallbackRefused("json")
    if kind != "event":
        return _message(body, Heard(source_id, chat, user, "words", response_url=_text(body, "response_url")))
    if event == "enter_chat":
        return Heard(source_id, chat, user, "arrival", greets=True)
    if event == "feedback_event":
        return _feedback(body, Heard(source_id, chat, user, "arrival"), channel)
    return None


def _message(body: Json, heard: Heard) -> Heard:
    medium = _text(body, "msgtype")
    words = _words(body, medium).strip()
    if heard.chat and words.startswith("@"):
        # The name of the bot stands before the words; without more, somebody called it.
        words = "".join(words.split(maxsplit=1)[1:])
        if not words:
            return Heard(heard.source_id, heard.chat, heard.user, "arrival", response_url=heard.response_url)
    if words:
        return Heard(heard.source_id, heard.chat, heard.user, "words", words, response_url=heard.response_url)
    what = "image" if medium == "mixed" else medium if medium in _UNREADABLE else "other"
    return Heard(heard.source_id, heard.chat, heard.user, "unreadable", what, response_url=heard.response_url)


def _words(body: Json, medium: str) -> str:
    """The words of a message; those of a voice message where the platform recognised them."""
    if medium in ("text", "voice"):
        return _text(body, medium, "content")
    mixed = body.get("mixed")
    items = mixed.get("msg_item") if medium == "mixed" and isinstance(mixed, dict) else None
    if not isinstance(items, list):
        return ""
    return "\n".join(filter(None, (_text(item, "text", "content") for item in items if isinstance(item, dict))))


def _feedback(body: Json, heard: Heard, channel: str) -> Feedback | None:
    event = body.get("event")
    given = event.get("feedback_event") if isinstance(event, dict) else None
    if not isinstance(given, dict) or not _known(_OPINIONS, given.get("type")):
        return None
    reasons = given.get("inaccurate_reason_list")
    named = [_REASONS[each] for each in reasons if _known(_REASONS, each)] if isinstance(reasons, list) else []
    said = _text(given, "content")
    answer = _text(given, "id")[:_LONGEST_ID]
    everything = (*dict.fromkeys(named), *([said] if said else []))
    return Feedback(channel, heard.source_id, heard.person, answer, _OPINIONS[given["type"]], everything)


def _known(table: Mapping[object, str], value: object) -> bool:
    return type(value) is int and value in table


def _text(body: object, *names: str) -> str:
    """The text under these names, one inside the other; empty where there is none.

    Halves of characters, which JSON may spell and no file can hold, become question marks.
    """
    for name in names:
        if not isinstance(body, dict):
            return ""
        body = body.get(name)
    return body.encode("utf-8", "replace").decode() if isinstance(body, str) else ""
