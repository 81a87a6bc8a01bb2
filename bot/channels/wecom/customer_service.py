"""WeChat customer service: citizens write in WeChat; the platform notifies, messages are fetched by sync_msg."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.routing import BaseRoute

from bot.channels.channel import DeliveryDelayed, DeliveryError, MessageHandler, Undeliverable
from bot.channels.wecom.cards import Body, choice_at, menu, place_of, tagged
from bot.channels.wecom.client import WecomClient
from bot.channels.wecom.messages import MEDIA, News
from bot.nlg.message import ChannelCapabilities, Limit, OutboundMessage, utf8_bytes
from bot.records.database import RecordsUnavailable
from bot.service.message import Delivery, InboundMessage, ReplyTarget

SERVICE = "wecom_service"

_LONGEST = 2048  # bytes
_MOST_PARTS = 4  # of the five messages that may follow each of a citizen's; one is left to show progress
_MOST_FETCHED = 1000
_MOST_ATTEMPTS = 100  # over an hour; the next news or the next start tries again
_EARLIER = 60  # seconds; what is older than the first news we heard of was written to somebody else
_CUSTOMER, _SYSTEM = 3, 4  # who a message comes from
_PLACES = "wecom_service."
_log = logging.getLogger(__name__)


def pause_before(attempt: int) -> float:
    """Seconds before the n-th repetition of a fetch that failed: 1, 2, 4 ... 60."""
    return min(2.0 ** (attempt - 1), 60.0)


@dataclass(frozen=True, slots=True)
class _Place:
    """How far an account was read. `since` is a Unix time: messages from before that are not ours to answer."""

    since: int
    cursor: str = ""

    @classmethod
    def of(cls, mark: str) -> "_Place":
        since, _, cursor = mark.partition(" ")
        return cls(int(since), cursor)

    @property
    def mark(self) -> str:
        return f"{self.since} {self.cursor}"


class CustomerService:
    """The channel of customer service accounts. News comes in through the application, which hands it to `fetch`.

    An account that was ever heard of is kept on disk with the place where reading goes on, and is read again at each
    start: so no news is lost that was acknowledged, as long as the platform keeps the messages (three days).
    """

    name = SERVICE
    capabilities = ChannelCapabilities(Limit(_LONGEST, utf8_bytes, _MOST_PARTS), patience=3.0)

    def __init__(
        self, reception: MessageHandler, client: WecomClient, *, pause: Callable[[int], float] = pause_before
    ) -> None:
        """Fetch nothing before `start`; `pause` gives the seconds before the n-th repetition."""
        self._reception = reception
        self._client = client
        self._pause = pause
        self._places: dict[str, _Place] = {}
        self._tokens: dict[str, str] = {}
        self._rung: set[str] = set()
        self._working: dict[str, asyncio.Task[None]] = {}
        self._unanswered: set[str] = set()
        self._hearing = False
        self._first = asyncio.Lock()

    def routes(self) -> Sequence[BaseRoute]:
        """None: the application has the address."""
        return ()

    async def start(self) -> None:
        """Read on in every account that is known.

        Raises:
            RecordsUnavailable: the places could not be read.
        """
        self._hearing = True
        for name, mark in (await self._reception.marks(_PLACES)).items():
            account = name.removeprefix(_PLACES)
            self._places[account] = _Place.of(mark)
            self._wake(account)

    async def stop(self) -> None:
        """Fetch no more; what we are told now is fetched at the next start."""
        self._hearing = False
        for task in list(self._working.values()):
            task.cancel()
        await asyncio.gather(*self._working.values(), return_exceptions=True)

    async def close(self) -> None:
        """Nothing to give back: the client is the application's."""

    # -- hearing

    async def fetch(self, news: News) -> None:
        """See to it that the messages of an account are fetched. Returns when that is safe from a crash.

        Raises:
            RecordsUnavailable: it could not be written. Do not acknowledge the news.
        """
        async with self._first:
            if news.account not in self._places:
                await self._keep(news.account, _Place(news.at - _EARLIER))
        self._tokens[news.account] = news.token
        self._wake(news.account)

    def _wake(self, account: str) -> None:
        self._rung.add(account)
        if self._hearing and account not in self._working:
            self._working[account] = asyncio.create_task(self._serve(account))

    async def _serve(self, account: str) -> None:
        """Read an account until there is no more news of it."""
        try:
            while account in self._rung:
                self._rung.discard(account)
                await self._catch_up(account)
        finally:
            del self._working[account]

    async def _catch_up(self, account: str) -> None:
        """Read an account, again and again until that went well."""
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            pause = self._pause(attempt)
            try:
                await self._read(account)
            except DeliveryDelayed as delayed:
                _log.warning("customer service was not read: %s", delayed)
                pause = delayed.seconds or pause
            except (DeliveryError, RecordsUnavailable) as error:
                self._tokens.pop(account, None)  # it holds for ten minutes; without it we may ask as well, but seldom
                _log.error("customer service was not read: %s", error)
            else:
                return
            await asyncio.sleep(pause)

    async def _read(self, account: str) -> None:
        """Hand in what is new. The place is kept after the messages, so that a crash repeats them and loses none."""
        more = True
        while more:
            place = self._places[account]
            asked = {"cursor": place.cursor, "token": self._tokens.get(account, "")}
            body = {"open_kfid": account, "limit": _MOST_FETCHED, **{key: text for key, text in asked.items() if text}}
            answer = await self._client.call("/cgi-bin/kf/sync_msg", body)
            for message in answer.get("msg_list") or ():
                await self._take(message, account, place.since)
            cursor = answer.get("next_cursor")
            moved = isinstance(cursor, str) and cursor not in ("", place.cursor)
            if moved:
                await self._keep(account, replace(place, cursor=str(cursor)))
            more = moved and bool(answer.get("has_more"))

    async def _take(self, message: object, account: str, since: int) -> None:
        if not isinstance(message, dict) or _number(message.get("send_time"), since) < since:
            return
        incoming = _arrival(message, account) or _said(message, account)
        if incoming is None:
            return
        picked = place_of(_inside(message, "text", "menu_id"))
        choice = await choice_at(self._reception, self.name, *picked) if picked else None
        if picked and choice:
            incoming = replace(incoming, words=choice.words, after=picked[0])
        await self._reception.accept(incoming)

    async def _keep(self, account: str, place: _Place) -> None:
        await self._reception.mark(f"{_PLACES}{account}", place.mark)
        self._places[account] = place

    # -- answering

    async def send(self, address: ReplyTarget, part: OutboundMessage, delivery: Delivery) -> None:
        """Deliver one part, with its choices to tap where both fit into one message.

        The name of the part goes with it: the platform takes no name twice. So where a call was not answered, and its
        repetition is refused, the part is there already.

        Raises:
            DeliveryError: it was not taken.
        """
        name = tagged(delivery)
        offered = menu(part.text, part.choices, delivery.number)
        content: Body = {"msgtype": "msgmenu", "msgmenu": offered} if offered else _text(part.text)
        try:
            await self._post(address, {"msgid": name, **content})
        except DeliveryDelayed:
            self._unanswered.add(name)
            raise
        except DeliveryError as error:
            there = name in self._unanswered and not isinstance(error, Undeliverable)
            self._unanswered.discard(name)
            if not there:
                raise
            _log.warning("taken to be delivered already: %s", error, extra={"number": delivery.number})
        else:
            self._unanswered.discard(name)

    async def show_progress(self, address: ReplyTarget, sentence: str, *, waits: bool) -> None:
        """Say the sentence; where somebody has just arrived, the one message that may be sent is the greeting.

        Raises:
            DeliveryError: it was not taken.
        """
        if "code" not in address:
            await self._post(address, _text(sentence))

    async def _post(self, address: ReplyTarget, body: Body) -> None:
        if "code" in address:
            await self._client.call("/cgi-bin/kf/send_msg_on_event", {"code": address["code"], **body})
            return
        to = {"touser": address["to"], "open_kfid": address["account"]}
        await self._client.call("/cgi-bin/kf/send_msg", {**to, **body})


def _said(message: Mapping[str, Any], account: str) -> InboundMessage | None:
    """What a citizen wrote or showed; None for what colleagues and the platform say."""
    source_id, person, kind = (_word(message, name) for name in ("msgid", "external_userid", "msgtype"))
    if message.get("origin") != _CUSTOMER or not (source_id and person and kind):
        return None
    address = {"to": person, "account": account}
    if kind == "text":
        words = _inside(message, "text", "content")
        return InboundMessage(SERVICE, source_id, f"{account}/{person}", address, words)
    return InboundMessage(SERVICE, source_id, f"{account}/{person}", address, MEDIA.get(kind, "other"), "unreadable")


def _arrival(message: Mapping[str, Any], account: str) -> InboundMessage | None:
    """Somebody who opened the conversation and may be greeted; the platform gives a code for that once in two days."""
    if message.get("origin") != _SYSTEM or _inside(message, "event", "event_type") != "enter_session":
        return None
    source_id, person = _word(message, "msgid"), _inside(message, "event", "external_userid")
    code = _inside(message, "event", "welcome_code")
    if not (source_id and person and code):
        return None
    address = {"to": person, "account": account, "code": code}
    return InboundMessage(SERVICE, source_id, f"{account}/{person}", address, kind="arrival")


def _word(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _inside(message: Mapping[str, Any], name: str, inner: str) -> str:
    values = message.get(name)
    return _word(values, inner) if isinstance(values, dict) else ""


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def _text(text: str) -> Body:
    return {"msgtype": "text", "text": {"content": text}}
