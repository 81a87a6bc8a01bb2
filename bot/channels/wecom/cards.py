"""Choices as WeCom template cards, and the choice that a pressed button stands for."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from bot.channels.channel import MessageHandler
from bot.nlg.message import Choice, utf8_bytes
from bot.nlg.wording import say
from bot.service.message import Delivery

Body = Mapping[str, object]

_MOST_BUTTONS, _MOST_CARDS = 6, 2
_MOST_ITEMS, _LONGEST_ITEM, _LONGEST_HEAD = 10, 128, 1024  # of a menu; the lengths in bytes
_PLACE = re.compile(r"([0-9]{1,18})\.([0-9]{1,2})")


def place(number: int, index: int) -> str:
    """How the platform names a choice: the number of its answer, and where it stands there."""
    return f"{number}.{index}"


def place_of(name: str) -> tuple[int, int] | None:
    """Number and index; None where the name is not one of ours."""
    match = _PLACE.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else None


def tagged(delivery: Delivery) -> str:
    """A name for a part that no other part ever had, also if the records were begun anew; at most 32 characters."""
    return f"{delivery.key}-{hashlib.sha256(delivery.source_id.encode()).hexdigest()[:8]}"


def cards(choices: Sequence[Choice], delivery: Delivery) -> tuple[Body, ...]:
    """The cards with a button for each choice; none where there are more than a person would look through."""
    if len(choices) > _MOST_BUTTONS * _MOST_CARDS:
        return ()
    starts = range(0, len(choices), _MOST_BUTTONS)
    return tuple(_card(choices, start, delivery) for start in starts)


def _card(choices: Sequence[Choice], start: int, delivery: Delivery) -> Body:
    buttons = [
        {"text": choice.label, "style": 1, "key": place(delivery.number, index)}
        for index, choice in enumerate(choices[start : start + _MOST_BUTTONS], start)
    ]
    return {
        "card_type": "button_interaction",
        "main_title": {"title": say("choose")},
        "task_id": f"{tagged(delivery)}-{start}",
        "button_list": buttons,
    }


def menu(text: str, choices: Sequence[Choice], number: int) -> Body | None:
    """The text with its choices to tap, in one message; None where it does not fit into one."""
    fits = utf8_bytes(text) <= _LONGEST_HEAD and len(choices) <= _MOST_ITEMS
    if not choices or not fits or any(utf8_bytes(choice.label) > _LONGEST_ITEM for choice in choices):
        return None
    items = [
        {"type": "click", "click": {"id": place(number, index), "content": choice.label}}
        for index, choice in enumerate(choices)
    ]
    return {"head_content": text, "list": items}


async def choice_at(reception: MessageHandler, channel: str, number: int, index: int) -> Choice | None:
    """The choice at a place; None once the answer is forgotten.

    Raises:
        RecordsUnavailable: the records could not be read.
    """
    _, parts = await reception.answer_to(channel, number)
    choices = parts[-1].choices if parts else ()
    return choices[index] if index < len(choices) else None
