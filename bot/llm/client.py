"""The model client: every request is masked, charged to the budgets, bounded in time and retried."""

import json
import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol

from bot.llm.breaker import Switch
from bot.llm.budget import CURRENT, FILE, Day, Grant, Turn, grant, tokens_in
from bot.llm.clocks import Clocks
from bot.llm.errors import ModelFailed
from bot.llm.schema import Completion, Json, completion, masked
from bot.records.masking import Masking
from bot.settings import Settings

TRIES = 3
FIRST_WAIT = 0.5  # seconds; twice as long before the next try
_OK, _TOO_MANY, _SERVER, _UNABLE = 200, 429, 500, 501
_REQUEST_NOT_LIKED = (400, 404, 405, 413, 415, 422, 501)  # the endpoint is well, it declines this request

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelResponse:
    """What an endpoint answered over HTTP."""

    status: int
    retry_after: str = ""
    content: bytes = b""


class Post(Protocol):
    """Sends a body and returns the answer by the deadline, a time of the monotonic clock.

    Raises:
        TimeoutError: there is none by then.
        ConnectionError: the endpoint cannot be reached, or breaks off.
        ModelFailed: the answer is longer than is read.
    """

    def __call__(self, content: bytes, deadline: float) -> ModelResponse:
        """Send it."""


_DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)


class ModelClient:
    """The limits of one endpoint; threads share them. `events` counts answers, tries again, and each reason to fail."""

    def __init__(self, settings: Settings, masking: Masking, post: Post, clocks: Clocks) -> None:
        """Begin with nothing spent but what the file of the day says."""
        self._allowed, self._settings = settings.model_allowed, settings.llm
        self._masking, self._post, self._clocks = masking, post, clocks
        self._day = Day(settings.llm.day_tokens, clocks.now, usage_file(settings))
        self._switch = Switch(clocks.monotonic)
        self._lock = threading.Lock()
        self.events: Counter[str] = Counter()

    def count(self, event: str) -> None:
        """Count an event."""
        with self._lock:
            self.events[event] += 1

    @contextmanager
    def one_deadline(self) -> Iterator[None]:
        """Whatever goes through inside is one call, and has the time of one."""
        token = _DEADLINE.set(self._clocks.monotonic() + self._settings.seconds)
        try:
            yield
        finally:
            _DEADLINE.reset(token)

    def complete(self, body: Json) -> Completion:
        """Ask the endpoint.

        Raises:
            ModelFailed: it gave nothing that can be used, or was not asked.
        """
        begun = self._clocks.monotonic()
        try:
            answer = self._complete(body)
        except ModelFailed as failure:
            self.report(failure, self._clocks.monotonic() - begun)
            raise
        self.count("answered")
        return answer

    def report(self, failure: ModelFailed, seconds: float = 0) -> None:
        """Count a failure and log it: the reason and the seconds, nothing else."""
        self.count(failure.reason)
        logger.warning("language model: %s after %.1f s", failure.reason, seconds)

    def _complete(self, body: Json) -> Completion:
        if not self._allowed:
            raise ModelFailed("offline")
        sent = {key: value for key, value in masked(body, self._masking).items() if not key.startswith("max_")}
        granted = self._grant(tokens_in(_encoded(sent).decode("utf-8")))
        if granted is None:
            raise ModelFailed("budget")
        used = 0
        try:
            if not self._switch.enter():
                raise ModelFailed("open")
            used = granted.asked  # whatever happens now, it may have been read
            answer = self._guarded(_encoded({**sent, "max_tokens": granted.answer}))
            used = answer.spent or granted.asked + tokens_in(_said(answer))
        finally:
            granted.settle(used)
        answer.check()
        return answer

    def _grant(self, asked: int) -> Grant | None:
        turn = CURRENT.get() or Turn(self._settings.turn_tokens)
        return grant(asked, asked + self._settings.turn_tokens, (turn, self._day))  # the turn may be worth several

    def _guarded(self, content: bytes) -> Completion:
        """The completion; the switch knows how it went, however that was."""
        well = False
        try:
            answer = completion(self._try(content).content)
            well = True
            return answer
        except ModelFailed as failure:
            well = failure.status in _REQUEST_NOT_LIKED
            raise
        finally:
            self._switch.leave(well=well)

    def _try(self, content: bytes) -> ModelResponse:
        """Ask until there is an answer, three times at most, within the one deadline."""
        given = _DEADLINE.get()
        deadline = self._clocks.monotonic() + self._settings.seconds if given is None else given
        number = 0
        while True:
            try:
                answer = self._post(content, deadline)
            except TimeoutError:
                raise ModelFailed("timeout") from None
            except ConnectionError:
                answer = ModelResponse(status=0)
            if answer.status == _OK:
                return answer
            worth_it = answer.status in (0, _TOO_MANY) or _SERVER <= answer.status != _UNABLE
            wait = self._wait(number, answer)
            number += 1
            if not worth_it or number == TRIES or self._clocks.monotonic() + wait >= deadline:
                raise ModelFailed("status", answer.status or None)
            self.count("tried_again")
            self._clocks.sleep(wait)

    def _wait(self, number: int, answer: ModelResponse) -> float:
        """Seconds before the next try: what the endpoint asks for, else twice as long each time, give or take half."""
        asked = _seconds(answer.retry_after, self._clocks.now())
        return max(asked, FIRST_WAIT * (1 << number) * (0.5 + self._clocks.chance()))


def usage_file(settings: Settings) -> Path | None:
    """Where the tokens of the day are kept; None where there is no folder for it."""
    return settings.data / FILE if settings.data != Path() else None


def _encoded(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _said(answer: Completion) -> str:
    return json.dumps(answer.model_dump(include={"choices"}), ensure_ascii=False)


def _seconds(text: str, now: datetime) -> float:
    """The seconds that a Retry-After asks for, as a number or a date; 0 where it asks for nothing readable."""
    text = text.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0
    seconds: float = (until - now).total_seconds() if until.tzinfo else 0
    return max(0, seconds)
