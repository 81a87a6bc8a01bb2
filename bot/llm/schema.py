"""The wire schema: the request with personal numbers masked, and the part of the response that is read."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator

from bot.llm.errors import ModelFailed
from bot.records.masking import Masking

Json = dict[str, Any]
_OURS = ("system", "developer")
_THOUGHTS = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)


def masked(body: Mapping[str, Any], masking: Masking) -> Json:
    """The body of a request, all messages but our own instructions masked, and calls of tools with them."""
    return {**body, "messages": [_masked_message(message, masking) for message in body.get("messages", ())]}


def _masked_message(message: Json, masking: Masking) -> Json:
    if message.get("role") in _OURS:
        return message
    return {key: value if key == "role" else _cover(value, masking) for key, value in message.items()}


def _cover(value: object, masking: Masking) -> object:
    """A value of JSON with every text in it masked, and every number that is one of a person's."""
    if isinstance(value, str):
        return _cover_text(value, masking)
    if isinstance(value, list):
        return [_cover(each, masking) for each in value]
    if isinstance(value, dict):
        return {_cover(key, masking): _cover(each, masking) for key, each in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool) and masking.found(str(value)):
        return masking.mask(str(value))
    return value


def _cover_text(text: str, masking: Masking) -> str:
    """A text masked; one that is itself JSON is still JSON afterwards."""
    if not masking.found(text):
        return text
    if text.lstrip().startswith(("{", "[")):
        try:
            return json.dumps(_cover(json.loads(text), masking), ensure_ascii=False)
        except (ValueError, RecursionError):
            return masking.mask(text)
    return masking.mask(text)


class _Function(BaseModel):
    name: str
    arguments: Annotated[str, BeforeValidator(lambda value: value if isinstance(value, str) else json.dumps(value))]


class _Call(BaseModel):
    id: str | None = None
    function: _Function


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None

    @field_validator("content", "refusal")
    @classmethod
    def _whole(cls, text: str | None) -> str | None:
        """Half a character is none."""
        if text is not None:
            text.encode("utf-8")
        return text


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class Completion(BaseModel):
    """What the model answered, as far as we use it; anything else that an endpoint sends is left out."""

    choices: list[_Choice] = Field(min_length=1)
    usage: Any = None

    @property
    def text(self) -> str:
        """The text, without what the model thought aloud before it."""
        return _THOUGHTS.sub("", self.choices[0].message.content or "", count=1)

    @property
    def spent(self) -> int | None:
        """The tokens that the endpoint counted; None where it counted none."""
        if not isinstance(self.usage, dict):
            return None
        counted = [self.usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
        sums = [number for number in counted if isinstance(number, int) and number > 0]
        return sum(sums) if len(sums) == len(counted) else None

    def check(self) -> None:
        """See that it can be used.

        Raises:
            ModelFailed: the model declined, was cut short, or said nothing.
        """
        choice = self.choices[0]
        if choice.message.refusal or choice.finish_reason == "content_filter":
            raise ModelFailed("refused")
        if choice.finish_reason == "length":
            raise ModelFailed("too_large")
        if not choice.message.tool_calls and not self.text.strip():
            raise ModelFailed("malformed")

    def body(self) -> Json:
        """The body of a response that says just this."""
        message: Json = {"role": "assistant", "content": self.text}
        if calls := self.choices[0].message.tool_calls:
            message["tool_calls"] = [
                {"id": call.id or f"call_{number}", "type": "function", "function": call.function.model_dump()}
                for number, call in enumerate(calls)
            ]
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
        return {"id": "answer", "object": "chat.completion", "created": 0, "model": "", "choices": [choice]}


def completion(raw: bytes) -> Completion:
    """Read the body of a response.

    Raises:
        ModelFailed: it is none of a completion.
    """
    try:
        return Completion.model_validate(json.loads(raw))
    except (ValidationError, ValueError, RecursionError):
        raise ModelFailed("malformed") from None
