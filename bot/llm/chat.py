"""ChatOpenAI on top of the model client. Importing this takes about a second."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx2
import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables.config import run_in_executor
from langchain_core.tools import BaseTool
from langchain_openai import ChatOpenAI
from langsmith import configure
from pydantic import SecretStr

from bot.llm.budget import tokens_in
from bot.llm.client import ModelClient
from bot.llm.errors import ModelFailed
from bot.llm.transport import ClientTransport, NoTransport
from bot.settings import LlmSettings, quieten

_NO_KEY = SecretStr("none")  # the client wants one; the client sends the real one, or none


class DeskChat(ChatOpenAI):
    """A chat model on top of the model client: it fails by `ModelFailed`, streams nothing and counts tokens itself."""

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        with _failures():
            return super()._generate(messages, stop, run_manager, **kwargs)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        return await run_in_executor(None, partial(self._generate, messages, stop, None, **kwargs))

    def get_num_tokens(self, text: str) -> int:
        """About how many tokens a text has."""
        return tokens_in(text)

    def get_num_tokens_from_messages(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool] | None = None,
        *,
        allow_fetching_images: bool = False,
    ) -> int:
        """About how many tokens messages have; the library would fetch a table from the internet for it."""
        return sum(tokens_in(str(message.content)) for message in messages)


def open_chat(settings: LlmSettings, client: ModelClient) -> DeskChat:
    """A chat model that asks by the client. Nothing is reported to anybody, whatever the environment says."""
    quieten()
    configure(enabled=False)  # LangSmith
    for library in ("openai", "httpx2", "httpcore2"):
        logging.getLogger(library).setLevel(logging.WARNING)  # below it they log what is said
    return DeskChat(
        base_url=settings.url,
        model=settings.model,
        api_key=_NO_KEY,
        openai_proxy="",
        max_retries=0,
        temperature=0,
        timeout=None,
        use_responses_api=False,
        output_version=None,
        disable_streaming=True,
        cache=False,
        http_client=httpx2.Client(transport=ClientTransport(client), trust_env=False),
        http_async_client=httpx2.AsyncClient(transport=NoTransport(), trust_env=False),
    )


@contextmanager
def _failures() -> Iterator[None]:
    """The failure of the client in place of the errors that a client wraps it in."""
    try:
        yield
    except (openai.OpenAIError, UnicodeError) as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, ModelFailed):
            cause = cause.__cause__ or cause.__context__
        raise (cause or ModelFailed("malformed")) from None
