"""The dispatcher: answers accepted messages, those of one person in order, and delivers the answers."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime

from pydantic import TypeAdapter

from bot.channels.channel import Channel, DeliveryDelayed, DeliveryError, Progress
from bot.channels.commands import spoken
from bot.nlg.layout import one_part
from bot.nlg.message import OutboundMessage
from bot.nlg.wording import say
from bot.records.database import RecordsUnavailable
from bot.records.inbox import Accepted, Inbox, Past, Refusal
from bot.records.journal import SqliteJournal
from bot.service.answer import AnswerBackend, AnswerRequest, AnswerResult
from bot.service.answer_service import AnswerService, Origin
from bot.service.message import Admission, Delivery, Feedback, InboundMessage
from bot.service.sessions import UserMessage

WAITING_PATIENCE = 1.5  # seconds after which somebody whose question waits for an earlier one is told so
_MOST_ATTEMPTS = 1440  # about a day
_NOTICES_EVERY = 60.0  # seconds; more often nobody is sent a message that says no more than that they wait
_PRUNE_EVERY = 3600.0
_PARTS = TypeAdapter(tuple[OutboundMessage, ...])
_log = logging.getLogger(__name__)


def pause_before(attempt: int) -> float:
    """Seconds before the n-th repetition of something that failed: 1, 2, 4 ... 60."""
    return min(2.0 ** (attempt - 1), 60.0)


class Dispatcher:
    """The reception of all channels. What it accepted is answered once and in order, also after a crash."""

    def __init__(
        self,
        inbox: Inbox,
        answering: AnswerBackend,
        journal: SqliteJournal,
        *,
        pause: Callable[[int], float] = pause_before,
    ) -> None:
        """Answer nothing before `start`; `pause` gives the seconds before the n-th repetition."""
        self._inbox = inbox
        self._answering = answering
        self._journal = journal
        self._service = AnswerService(answering, journal)
        self._pause = pause
        self._channels: Mapping[str, Channel] = {}
        self._stopped = False
        self._working: dict[str, asyncio.Task[None]] = {}
        self._rung: set[str] = set()
        self._beside: set[asyncio.Task[None]] = set()
        self._noticed: dict[tuple[str, str], float] = {}
        self._drafts: dict[int, tuple[OutboundMessage, ...]] = {}

    async def start(self, channels: Mapping[str, Channel]) -> None:
        """Go on with what was accepted before; messages of a channel that is not served any more wait."""
        self._channels = channels
        for channel, session in await self._inbox.open():
            if channel in channels:
                self._wake(session)
        await self._journal.prune()
        self._spawn(self._prune())

    async def stop(self, grace: float) -> None:
        """Finish what is being answered, for so many seconds; the rest stays on disk for the next start.

        What is accepted from now on stays there as well.
        """
        self._stopped = True
        for task in list(self._beside):
            task.cancel()
        if self._working:
            await asyncio.wait(self._working.values(), timeout=grace)
        for task in list(self._working.values()):
            task.cancel()
        await asyncio.gather(*self._working.values(), *self._beside, return_exceptions=True)
        self._answering.close()

    # -- what channels ask for

    async def accept(self, incoming: InboundMessage) -> Admission:
        """Put a message on disk, and see to its answer."""
        admission, refusal = await self._inbox.accept(incoming)
        session = self._inbox.session_of(incoming)
        channel = self._channels[incoming.channel]
        if admission.verdict == "accepted":
            if session in self._working:
                self._spawn(self._tell_waiting(channel, incoming, admission.number, session))
            self._wake(session)
        elif refusal:
            _log.warning("message refused", extra={"session": session, "reason": refusal})
            sentence = _refused(refusal)
            if channel.capabilities.tells_refusals and self._may_notice(session, "refused"):
                self._spawn(self._tell_refused(channel, incoming, admission.number, sentence))
            return Admission("refused", admission.number, sentence)
        return admission

    async def answer_to(self, channel: str, number: int) -> tuple[Progress, tuple[OutboundMessage, ...]]:
        """How far an answer is, and its parts once they are known; while one waits, those that it has by now."""
        message = await self._inbox.find(channel, number)
        if message is None:
            return "unknown", ()
        if message.parts:
            return message.status, _PARTS.validate_json(message.parts)
        return message.status, self._drafts.get(number, ()) if message.status == "waiting" else ()

    async def feedback(self, feedback: Feedback) -> None:
        """Keep what a person thinks of an answer."""
        await self._journal.keep_feedback(feedback)

    async def mark(self, name: str, value: str) -> None:
        """Remember where a channel goes on reading."""
        await self._inbox.mark(name, value)

    async def marks(self, prefix: str) -> Mapping[str, str]:
        """The marks whose names begin so."""
        return await self._inbox.marks(prefix)

    # -- one session after the other message

    def _wake(self, session: str) -> None:
        if self._stopped:
            return
        self._rung.add(session)
        if session not in self._working:
            self._working[session] = asyncio.create_task(self._serve(session))

    async def _serve(self, session: str) -> None:
        """Answer the messages of a session until none is left."""
        attempt = 0
        try:
            while session in self._rung:
                self._rung.discard(session)
                try:
                    while message := await self._inbox.next(session):
                        await self._handle(message)
                        attempt = 0
                except RecordsUnavailable:
                    _log.exception("the records are unavailable; trying again")
                    attempt += 1
                    await asyncio.sleep(self._pause(attempt))
                    self._rung.add(session)
        finally:
            del self._working[session]

    async def _handle(self, message: Accepted) -> None:
        channel = self._channels[message.channel]
        if message.parts:
            parts = _PARTS.validate_json(message.parts)
        else:
            looking = asyncio.create_task(self._show_progress(channel, message))
            try:
                parts = await self._answer(channel, message)
            finally:
                looking.cancel()
                self._drafts.pop(message.number, None)
            await self._inbox.answered(message.number, _PARTS.dump_json(parts).decode())
        failed = not await self._deliver(channel, message, parts)
        await self._inbox.done(message.number, failed=failed)

    async def _answer(self, channel: Channel, message: Accepted) -> tuple[OutboundMessage, ...]:
        if message.kind == "arrival":
            return one_part(say("hello"))
        if message.kind == "unreadable":
            return one_part(say(f"unreadable_{message.words}"))
        question = AnswerRequest(message.session, _said(message), channel.capabilities)

        def draft(answer: AnswerResult) -> None:
            self._draft(channel, message, answer.parts)

        async def past() -> tuple[UserMessage, ...]:
            return tuple(map(_said, await self._inbox.past(message)))

        origin = Origin(message.channel, message.source_id, datetime.fromtimestamp(message.accepted_at, UTC))
        try:
            answer, _ = await self._service.answer(question, origin, past, draft=draft)
        except RecordsUnavailable:
            raise
        except Exception:  # noqa: BLE001 (the person is told in a sentence; the next message is still answered)
            _log.exception("a message was not answered", extra={"session": message.session, "number": message.number})
            return one_part(say("turn_failed"))
        return answer.parts

    def _draft(self, channel: Channel, message: Accepted, parts: tuple[OutboundMessage, ...]) -> None:
        """Have an answer shown that may yet be worded better, where the channel can take back what it has shown."""
        if channel.capabilities.shows_drafts:
            self._drafts[message.number] = parts
            self._spawn(self._show_draft(channel, message, parts[0].text))

    async def _show_draft(self, channel: Channel, message: Accepted, text: str) -> None:
        with contextlib.suppress(DeliveryError):
            await channel.show_progress(message.address, text, waits=False)

    # -- delivery

    async def _deliver(self, channel: Channel, message: Accepted, parts: tuple[OutboundMessage, ...]) -> bool:
        """Send what is not sent yet; False where the platform will not have it."""
        for index in range(message.sent, len(parts)):
            delivery = Delivery(message.number, index, len(parts), message.source_id)
            if not await self._send(channel, message, parts[index], delivery):
                return False
            if index + 1 < len(parts):
                await self._inbox.sent(message.number, index + 1)
        return True

    async def _send(self, channel: Channel, message: Accepted, part: OutboundMessage, delivery: Delivery) -> bool:
        about = {"session": message.session, "number": message.number}
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            try:
                await channel.send(message.address, part, delivery)
            except DeliveryDelayed as delayed:
                _log.warning("delivery delayed: %s", delayed, extra=about)
                await asyncio.sleep(delayed.seconds or self._pause(attempt))
            except DeliveryError as refused:
                _log.error("not delivered: %s", refused, extra=about)
                return False
            except Exception:  # noqa: BLE001 (one answer is not delivered; the next messages still are)
                _log.exception("not delivered", extra=about)
                return False
            else:
                return True
        _log.error("not delivered after %d attempts", _MOST_ATTEMPTS, extra=about)
        return False

    # -- what a person is told beside the answer

    async def _show_progress(self, channel: Channel, message: Accepted) -> None:
        capabilities = channel.capabilities
        await asyncio.sleep(capabilities.patience)
        if capabilities.progress_every is None and not self._may_notice(message.session, "looking up"):
            return
        while True:
            with contextlib.suppress(DeliveryError):
                await channel.show_progress(message.address, say("looking_up"), waits=False)
            if capabilities.progress_every is None:
                return
            await asyncio.sleep(capabilities.progress_every)

    async def _tell_waiting(self, channel: Channel, incoming: InboundMessage, number: int, session: str) -> None:
        await asyncio.sleep(WAITING_PATIENCE)
        message = await self._inbox.find(incoming.channel, number)
        if message and message.status == "waiting" and self._may_notice(session, "waits"):
            with contextlib.suppress(DeliveryError):
                await channel.show_progress(incoming.address, say("waiting"), waits=True)

    async def _tell_refused(self, channel: Channel, incoming: InboundMessage, number: int, sentence: str) -> None:
        with contextlib.suppress(DeliveryError):
            (part,) = one_part(sentence)
            await channel.send(incoming.address, part, Delivery(number, 0, 1, incoming.source_id))

    def _may_notice(self, session: str, notice: str) -> bool:
        now = asyncio.get_running_loop().time()
        self._noticed = {each: at for each, at in self._noticed.items() if now - at < _NOTICES_EVERY}
        if (session, notice) in self._noticed:
            return False
        self._noticed[session, notice] = now
        return True

    async def _prune(self) -> None:
        while True:
            await asyncio.sleep(_PRUNE_EVERY)
            with contextlib.suppress(RecordsUnavailable):
                await self._inbox.prune()
                await self._journal.prune()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)


def _said(message: Accepted | Past) -> UserMessage:
    return UserMessage(spoken(message.words), message.as_of, message.number, message.after, message.instead_of)


def _refused(refusal: Refusal) -> str:
    match refusal:
        case "pending":
            return say("refused_pending")
        case "rate":
            return say("refused_rate")
        case "full":
            return say("refused_full")
