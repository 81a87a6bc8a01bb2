"""Updates of Telegram as inbound messages. Pure functions; what the desk does not answer is None."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telegram import CallbackQuery, Chat, Message, MessageEntity, Update, User
from telegram.helpers import effective_message_type

from bot.channels.commands import COMMANDS
from bot.service.message import InboundMessage, Kind, Medium, ReplyTarget

CHANNEL = "telegram"
_GROUPS = (Chat.GROUP, Chat.SUPERGROUP)
_MEDIA: dict[str, Medium] = {
    **dict.fromkeys(("photo", "live_photo", "paid_media"), "image"),
    **dict.fromkeys(("voice", "audio"), "voice"),
    **dict.fromkeys(("video", "video_note", "animation", "story"), "video"),
    **dict.fromkeys(("document",), "file"),
    **dict.fromkeys(("location", "venue"), "location"),
    **dict.fromkeys(("sticker", "dice"), "sticker"),
    **dict.fromkeys(("contact", "poll", "game", "checklist", "gift", "giveaway", "invoice"), "other"),
}


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself, as others write to it."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed. `message` is what it stands under; `of_another`: that answers somebody else."""

    id: str
    data: str
    person: str
    address: ReplyTarget
    message: int
    of_another: bool


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What a message says, without the bot's name; `addressed`: to the bot, where others are present."""

    words: str
    addressed: bool
    arrival: bool = False


def read(update: Update, me: Me) -> InboundMessage | Press | None:
    """What a person says or presses."""
    if update.callback_query:
        return _press(update.callback_query)
    if update.message:
        return _incoming(update.message, me)
    if update.edited_message:
        return _revision(update.edited_message, me)
    return None


def _incoming(message: Message, me: Me) -> InboundMessage | None:
    user, spoken = _person(message), _spoken(message, me)
    if user is None or spoken is None:
        return None
    kind, words = _content(message, spoken)
    if kind is None:
        return None
    source_id = f"{message.chat.id}.{message.message_id}"
    if kind == "unreadable" and message.media_group_id:
        source_id = f"{message.chat.id}.album.{message.media_group_id}"  # one answer for all pictures of an album
    reply = message.message_id if message.chat.type in _GROUPS else None
    return InboundMessage(CHANNEL, source_id, _name(message.chat, user), _address(message, reply), words, kind)


def _revision(message: Message, me: Me) -> InboundMessage | None:
    """An edited message; only words count, since a shared location is edited as long as it moves."""
    user, spoken = _person(message), _spoken(message, me)
    if user is None or spoken is None or message.edit_date is None:
        return None
    kind, words = _content(message, spoken)
    if kind != "words":
        return None
    original = f"{message.chat.id}.{message.message_id}"
    source_id = f"{original}.{int(message.edit_date.timestamp())}"
    address = _address(message, message.message_id)
    return InboundMessage(CHANNEL, source_id, _name(message.chat, user), address, words, revises=original)


def _press(query: CallbackQuery) -> Press | None:
    message = query.message
    if message is None or query.data is None:
        return None
    group = message.chat.type in _GROUPS
    address, of_another = {"chat": str(message.chat.id)}, False
    if isinstance(message, Message):
        asked = message.reply_to_message
        reply = (asked or message) if group else message
        address = dict(_address(message, reply.message_id))
        of_another = bool(group and asked and asked.from_user and asked.from_user.id != query.from_user.id)
    person = _name(message.chat, query.from_user)
    return Press(query.id, query.data, person, address, message.message_id, of_another)


def _person(message: Message) -> User | None:
    """Who writes; nobody for bots, channels and what a channel posts into its group."""
    if message.chat.type not in (Chat.PRIVATE, *_GROUPS) or message.is_automatic_forward:
        return None
    return message.from_user if message.from_user and not message.from_user.is_bot else None


def _content(message: Message, spoken: _Spoken) -> tuple[Kind | None, str]:
    if spoken.arrival:
        return "arrival", ""
    if message.text or any(char.isalnum() for char in spoken.words):
        return ("words", spoken.words) if spoken.words else ("arrival", "")
    medium = _MEDIA.get(effective_message_type(message) or "")
    return ("unreadable", medium) if medium else (None, "")


def _spoken(message: Message, me: Me) -> _Spoken | None:
    """What is said to the bot; None where it is said to others."""
    text = message.text or message.caption or ""
    entities = message.entities if message.text else message.caption_entities
    command = next((e for e in entities if e.type == MessageEntity.BOT_COMMAND and e.offset == 0), None)
    if command:
        spoken = _command(text, command, me)
    else:
        mentions = [entity for entity in entities if _names(entity, text, me)]
        spoken = _Spoken(_cut(text, mentions), bool(mentions))
    if message.chat.type in _GROUPS and not (spoken and (spoken.addressed or _answers(message, me))):
        return None
    return spoken


def _command(text: str, entity: MessageEntity, me: Me) -> _Spoken | None:
    """A command without the name of the bot; None where it names another."""
    name, _, bot = _piece(text, entity)[1:].partition("@")
    if bot and bot.lower() != me.username.lower():
        return None
    name = name.lower()
    if name == "start":  # what follows it is the payload of a link
        return _Spoken("", addressed=True, arrival=True)
    return _Spoken(f"/{name} {_cut(text, [entity])}".strip(), bool(bot) or name in COMMANDS)


def _names(entity: MessageEntity, text: str, me: Me) -> bool:
    if entity.type == MessageEntity.TEXT_MENTION:
        return entity.user is not None and entity.user.id == me.id
    return entity.type == MessageEntity.MENTION and _piece(text, entity).lower() == f"@{me.username.lower()}"


def _answers(message: Message, me: Me) -> bool:
    """Whether a message replies to the bot. In a topic all messages reply to its opening, which does not count."""
    replied = message.reply_to_message
    return bool(replied and replied.from_user and replied.from_user.id == me.id and not replied.forum_topic_created)


def _piece(text: str, entity: MessageEntity) -> str:
    return _text(_units(text)[2 * entity.offset : 2 * (entity.offset + entity.length)])


def _cut(text: str, entities: Sequence[MessageEntity]) -> str:
    """The text without these pieces, whose places are counted in UTF-16."""
    units = _units(text)
    for start, end in _backwards((e.offset, e.offset + e.length) for e in entities):
        units = units[: 2 * start] + units[2 * end :]
    return _text(units).strip()


def _backwards(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted(spans, reverse=True)


def _units(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _text(units: bytes) -> str:
    return units.decode("utf-16-le", "replace")  # half a character can neither be kept nor sent


def _name(chat: Chat, user: User) -> str:
    return f"{chat.id}.{user.id}"


def _address(message: Message, reply: int | None) -> ReplyTarget:
    address = {"chat": str(message.chat.id)}
    if message.is_topic_message and message.message_thread_id:
        address["thread"] = str(message.message_thread_id)
    return address | ({"reply": str(reply)} if reply else {})
