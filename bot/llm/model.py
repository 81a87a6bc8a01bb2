"""The language model: writes a text or fills a form within its limits, or fails with a reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from bot.llm.budget import CURRENT, Turn
from bot.llm.client import ModelClient
from bot.llm.clocks import Clocks
from bot.llm.errors import ModelFailed, Reason
from bot.llm.schema import Json
from bot.records.masking import Masking
from bot.settings import Settings
from knowledge.wording import load_wording

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["LanguageModel", "ModelFailed", "Reason", "open_model"]

WORDING = Path(__file__).with_name("structured.yaml")
_FENCED = re.compile(r"```[a-z]*\s*\n(.*?)```", re.DOTALL | re.IGNORECASE)
_UNKNOWN_FORMAT = (400, 404, 405, 415, 422, 501)  # how endpoints decline a response format

T = TypeVar("T", bound=BaseModel)


class LanguageModel:
    """An OpenAI-compatible endpoint behind masking, budgets, a deadline, retries and a circuit breaker.

    Safe for threads. What a call costs is paid from the turn that `turn` opens; a call outside is a turn of its own.
    """

    def __init__(self, settings: Settings, masking: Masking, clocks: Clocks) -> None:
        """Load the client library, which takes about a second; ask nothing yet."""
        from bot.llm.chat import open_chat  # noqa: PLC0415 (heavy: only where a model is configured)
        from bot.llm.transport import Poster  # noqa: PLC0415

        post = Poster(settings.llm.url, settings.llm.key.get_secret_value(), clocks.monotonic)
        self._settings = settings.llm
        self._gate = ModelClient(settings, masking, post, clocks)
        self._chat = open_chat(settings.llm, self._gate)
        self._knows_schemas: bool | None = None

    @property
    def events(self) -> Counter[str]:
        """How often what happened: `answered`, `tried_again`, `asked_in_text`, each reason to fail, and `count`."""
        return self._gate.events

    def count(self, event: str) -> None:
        """Count an event of those who use the model."""
        self._gate.count(event)

    def say(self, system: str, user: str) -> str:
        """The text that the model answers. `system` is sent as it is, `user` masked.

        Raises:
            ModelFailed: there is none, or it was cut short.
        """
        with self._one_call():
            return self._text(system, user)

    def choose(self, schema: type[T], system: str, user: str) -> T:
        """A value of the schema that the model chose; validated. `system` is sent as it is, `user` masked.

        Raises:
            ModelFailed: there is none.
        """
        with self._one_call():
            if self._knows_schemas is not False:
                try:
                    chosen = self._value(schema, self._text(system, user, response_format=_format(schema)))
                except ModelFailed as failure:
                    if self._knows_schemas or not _of_the_format(failure):
                        raise
                    self.count("asked_in_text")
                else:
                    self._knows_schemas = True
                    return chosen
            form = json.dumps(schema.model_json_schema(), ensure_ascii=False)
            asked = _told("as_json", system=system, schema=form)
            chosen = self._value(schema, self._text(asked, user))
            self._knows_schemas = False
            return chosen

    def chat_model(self) -> BaseChatModel:
        """A chat model for agents, with the same limits and events. Run an agent inside `turn`."""
        return self._chat

    @contextmanager
    def turn(self, worth: int = 1) -> Iterator[None]:
        """Calls inside, also those of an agent, share the tokens of one turn; or those of several, if `worth` them."""
        from langsmith import tracing_context  # noqa: PLC0415 (loaded with the client)

        token = CURRENT.set(Turn(worth * self._settings.turn_tokens))
        try:
            with tracing_context(enabled=False, parent=False):  # LangSmith hears nothing, whoever turned it on
                yield
        finally:
            CURRENT.reset(token)

    @contextmanager
    def _one_call(self) -> Iterator[None]:
        """One deadline for all that is asked inside, which is a turn of its own or part of the one that is open."""
        with self._gate.one_deadline(), nullcontext() if CURRENT.get() else self.turn():
            yield

    def _text(self, system: str, user: str, response_format: Json | None = None) -> str:
        chat = self._chat.bind(response_format=response_format) if response_format else self._chat
        answer = chat.invoke([("system", _whole(system)), ("human", _whole(user))])
        if not isinstance(answer.content, str) or not answer.content.strip():
            raise self._failed("malformed")
        return answer.content

    def _value(self, schema: type[T], text: str) -> T:
        try:
            return schema.model_validate_json(_json_in(text))
        except ValidationError:
            raise self._failed("malformed") from None

    def _failed(self, reason: Reason) -> ModelFailed:
        failure = ModelFailed(reason)
        self._gate.report(failure)
        return failure


def open_model(settings: Settings, masking: Masking, clocks: Clocks | None = None) -> LanguageModel | None:
    """The configured model; None where none is configured, or the desk is offline."""
    return LanguageModel(settings, masking, clocks or Clocks()) if settings.model_allowed else None


def _told(key: str, **values: object) -> str:
    """A sentence for the model."""
    return load_wording(WORDING).say(key, **values)


def _format(schema: type[BaseModel]) -> Json:
    return {"type": "json_schema", "json_schema": {"name": schema.__name__, "schema": schema.model_json_schema()}}


def _of_the_format(failure: ModelFailed) -> bool:
    """Whether the endpoint may answer once it is asked without a response format."""
    return failure.reason == "malformed" or (failure.reason == "status" and failure.status in _UNKNOWN_FORMAT)


def _json_in(text: str) -> str:
    """The object in an answer, which may stand in a fence or between words."""
    fenced = _FENCED.search(text)
    text = fenced[1] if fenced else text
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def _whole(text: str) -> str:
    """A text without halves of characters, which cannot be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")
