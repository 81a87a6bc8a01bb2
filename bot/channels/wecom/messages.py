"""Callbacks of a WeCom application: XML as fields, fields as inbound messages. Pure functions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from xml.etree.ElementTree import Element  # only its type; what comes in is parsed by defusedxml

from defusedxml.ElementTree import ParseError, fromstring

from bot.channels.commands import COMMANDS
from bot.channels.wecom.cards import place_of
from bot.channels.wecom.crypto import CallbackRefused
from bot.service.message import InboundMessage, Medium

APP = "wecom"
Fields = Mapping[str, str]

MEDIA: Mapping[str, Medium] = {
    "image": "image",
    "voice": "voice",
    "video": "video",
    "shortvideo": "video",
    "file": "file",
    "location": "location",
    "link": "link",
}
_CHINA = timezone(timedelta(hours=8))
_LONGEST_TIME = 10  # digits; more are a date that no calendar has


@dataclass(frozen=True, slots=True)
class Press:
    """A person pressed the button `index` under the answer `number`; `response_code` lets us change the card once."""

    person: str
    source_id: str
    number: int
    index: int
    response_code: str


@dataclass(frozen=True, slots=True)
class News:
    """A customer service account has messages that wait to be fetched with `token`; `at` is when we were told."""

    account: str
    token: str
    at: int


Heard = InboundMessage | Press | News | None


def encrypted(body: bytes) -> str:
    """The one encrypted text in the body of a callback.

    Raises:
        CallbackRefused: the body is not the platform's XML, or holds no such text, or more than one.
    """
    root = _parsed(body)
    every = list(root.iter("Encrypt"))
    if len(every) != 1 or root.find("Encrypt") is not every[0] or not every[0].text:
        raise CallbackRefused("xml")
    return every[0].text


def fields_of(plaintext: str) -> Fields:
    """What stands in a decrypted message, by name; what is nested deeper is left out.

    Raises:
        CallbackRefused: it is not the platform's XML, or a name occurs twice.
    """
    fields: dict[str, str] = {}
    for child in _parsed(plaintext):
        if child.tag in fields:
            raise CallbackRefused("xml")
        fields[child.tag] = child.text or ""
    return fields


def heard(fields: Fields, key: bytes) -> Heard:
    """What a person did; None for events that need no answer.

    Events have no name of their own: theirs is a hash under `key`, so that the records do not name the person.

    Raises:
        CallbackRefused: something is missing that the platform always sends.
    """
    kind = _required(fields, "MsgType")
    if kind == "event":
        return _event(fields, key)
    person = _required(fields, "FromUserName")
    source_id = fields.get("MsgId") or _name(key, person, _required(fields, "CreateTime"), kind)
    if kind == "text":
        return InboundMessage(APP, source_id, person, {"to": person}, fields.get("Content", ""))
    return InboundMessage(APP, source_id, person, {"to": person}, MEDIA.get(kind, "other"), "unreadable")


def _event(fields: Fields, key: bytes) -> Heard:
    event = _required(fields, "Event")
    match event:
        case "kf_msg_or_event":
            return News(_required(fields, "OpenKfId"), fields.get("Token", ""), _time(fields))
        case "subscribe" | "enter_agent":
            return _arrival(fields, key)
        case "click" if (command := fields.get("EventKey", "").lower()) in COMMANDS:
            person = _required(fields, "FromUserName")
            return InboundMessage(APP, _event_name(fields, key), person, {"to": person}, f"/{command}")
        case "template_card_event":
            return _press(fields, key)
        case _:
            return None


def _arrival(fields: Fields, key: bytes) -> InboundMessage:
    """Somebody opened the application. That happens often: all of one day have one name, and are greeted once."""
    person = _required(fields, "FromUserName")
    day = datetime.fromtimestamp(_time(fields), UTC).astimezone(_CHINA).date()
    return InboundMessage(APP, _name(key, person, "arrival", day.isoformat()), person, {"to": person}, kind="arrival")


def _press(fields: Fields, key: bytes) -> Press | None:
    """A press of one of our buttons; the card of somebody else is none of our business."""
    place = place_of(fields.get("EventKey", ""))
    if place is None:
        return None
    person = _required(fields, "FromUserName")
    return Press(person, _event_name(fields, key), *place, fields.get("ResponseCode", ""))


def _event_name(fields: Fields, key: bytes) -> str:
    person, at = _required(fields, "FromUserName"), _required(fields, "CreateTime")
    return _name(key, person, at, *(fields.get(name, "") for name in ("Event", "EventKey", "TaskId")))


def _name(key: bytes, *parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), key=key, digest_size=16).hexdigest()


def _time(fields: Fields) -> int:
    text = _required(fields, "CreateTime")
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_TIME):
        raise CallbackRefused("xml")
    return int(text)


def _required(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    if not value:
        raise CallbackRefused("xml")
    return value


def _parsed(text: str | bytes) -> Element:
    """The root; entities and other declarations are refused before anything of them is expanded."""
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:  # a ValueError is also what a forbidden declaration is
        raise CallbackRefused("xml") from error
    if root.tag != "xml":
        raise CallbackRefused("xml")
    return root
