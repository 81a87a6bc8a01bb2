"""The one way to a recorded answer, the same for every channel and for the web."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.service.answer import AnswerBackend, AnswerRequest, AnswerResult, Draft, Entry
from bot.service.metrics import ANSWERS
from bot.service.sessions import UserMessage

Past = Callable[[], Awaitable[tuple[UserMessage, ...]]]


class AnswerLog(Protocol):
    """Where every answer is recorded."""

    async def keep(self, entry: Entry) -> int:
        """Keep an entry; its id.

        Raises:
            RecordsUnavailable: it could not be written.
        """
        ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message came from: its channel and its name there, when, and the token that asked (empty: none)."""

    channel: str
    source: str
    at: datetime
    by: str = ""


class AnswerService:
    """Answers a message, recalling its session where it was forgotten; records the answer before it is returned."""

    def __init__(self, backend: AnswerBackend, log: AnswerLog) -> None:
        """Answer by `backend`, record in `log`."""
        self._backend, self._log = backend, log

    async def answer(
        self, request: AnswerRequest, origin: Origin, past: Past, *, draft: Draft | None = None
    ) -> tuple[AnswerResult, int]:
        """The answer and the id of its record. `past` gives what the session said before, and is called only if needed.

        Raises:
            RecordsUnavailable: the records can be neither read nor written; what is not recorded is not told.
            BrokenProcessPool: the process that answers ends over this message.
        """
        result = await self._backend.answer(request, draft=draft)
        if result is None:
            result = await self._backend.answer(replace(request, past=await past()), draft=draft)
        if result is None:
            raise RuntimeError("a question that came with its past was not answered")
        said = request.said
        if said.number is None:
            said = replace(said, number=result.reply.turn)
        turn = (said, result.reply, result.edition, result.seconds)
        entry = Entry(origin.channel, origin.source, request.session, origin.at, *turn, origin.by)
        record = await self._log.keep(entry)
        ANSWERS.labels(origin.channel, result.reply.outcome).inc()
        return result, record
