"""A question from the web: recorded and answered in its session."""

import asyncio
import secrets
from datetime import date
from functools import partial
from weakref import WeakValueDictionary

from bot.nlu.explanation import Explanation
from bot.records.journal import Record
from bot.service.answer import AnswerRequest
from bot.service.answer_service import Origin
from bot.service.contract import AskReply
from bot.service.sessions import UserMessage
from bot.web.dependencies import WebContext

_under_way: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def ask(
    desk: WebContext, *, channel: str, person: str, text: str, as_of: date | None, by: str
) -> tuple[AskReply, int]:
    """The reply to a message, and the id of its record. Messages of one person are answered one after the other.

    The reply names the session by its keyed hash, as the record does. `as_of` None is the day of the clock.

    Raises:
        RecordsUnavailable: the records can be neither read nor written; nobody is told what is not accounted for.
        BrokenProcessPool: the process that answers ends over this message.
    """
    session = desk.journal.name(channel, person)
    lock = _under_way.setdefault(session, asyncio.Lock())
    async with lock:
        now = desk.clock()
        request = AnswerRequest(session, UserMessage(desk.journal.mask(text), as_of or now.date()))
        origin = Origin(channel, secrets.token_hex(16), now, by)
        answer, record = await desk.service.answer(request, origin, partial(desk.journal.past, session))
    return answer.reply, record


async def explanation_of(desk: WebContext, record: Record) -> Explanation | None:
    """How the message of a record is read: what went before it in its session is heard again, and nothing is kept.

    None where whoever answers cannot explain.

    Raises:
        RecordsUnavailable: the records cannot be read.
        BrokenProcessPool: the process that answers ends over this message.
    """
    said = record.entry.said
    past = await desk.journal.past(record.entry.session)
    before = tuple(each for each in past if (each.number or 0) < (said.number or 0))
    apart = f"explained/{secrets.token_hex(16)}"
    answer = await desk.answering.answer(AnswerRequest(apart, said, past=before, explains=True))
    return answer.explanation if answer else None
