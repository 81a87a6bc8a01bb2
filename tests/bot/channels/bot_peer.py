"""The platform of WeCom's AI bots as the tests stand in for it: its cipher is Tencent's own, its eyes are a reader of
CommonMark."""

import asyncio
import itertools
import json
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import httpx
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import SecretStr

from bot.channels.channel import Channel
from bot.channels.wecom.aibot_callback import AibotCallback
from bot.channels.wecom.aibot_messages import Json
from bot.service.message import Medium
from bot.service.rewriter import Rewriter
from bot.service.sessions import Responder
from bot.settings import WecomBotSettings
from tests.bot.channels.rig import Desk, StandingClock, application, serving

SCRIPT = Path(__file__).parents[2] / "peers" / "aibot.mjs"
VENV = Path(sys.executable).parent.parent
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
API = "https://qyapi.weixin.qq.com"
TOKEN = "vlQ2QWwPTmQLqeXyruZN"
KEY = "SOie7x5p2fUzTKkW7Xbss0dFSoZvF9Ud2ckEgmHQuGO"


def seen(markdown: str) -> str:
    """What people see of Markdown: the words, a line for each line, a free line between paragraphs."""
    paragraphs = [_words(token) for token in READER.parse(markdown) if token.type in ("inline", "fence", "code_block")]
    return "\n\n".join(paragraphs)


def _words(token: Token) -> str:
    if token.type != "inline":
        return f"[{token.type}] {token.content}"
    return "".join(map(_shown, token.children or []))


def _shown(token: Token) -> str:
    """The words of a piece of a line; what is neither words nor bold stands out."""
    match token.type:
        case "text":
            return token.content
        case "softbreak" | "hardbreak":
            return "\n"
        case "strong_open" | "strong_close":
            return ""
        case other:
            return f"[{other}]"


def _command(mode: str, *rest: str) -> tuple[str, ...]:
    packages = str(VENV / "peers" / "package.json")
    return (str(VENV / "bin" / "node"), str(SCRIPT), mode, packages, *rest)


@asynccontextmanager
async def node(*arguments: str) -> AsyncIterator[Process]:
    """Run the script of Tencent's libraries until the block ends; it ends itself when nobody speaks to it any more."""
    process = await asyncio.create_subprocess_exec(*_command(*arguments), stdin=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        assert process.stdin
        process.stdin.close()
        await process.communicate()


class Cipher:
    """Tencent's cipher; its process starts with the first question."""

    def __init__(self, token: str, key: str) -> None:
        self._keys = {"token": token, "key": key}
        self._process: Popen[str] | None = None

    def seal(self, text: str, timestamp: str, nonce: str) -> tuple[str, str]:
        """The encrypted text and its signature."""
        answer = self._ask(seal=text, timestamp=timestamp, nonce=nonce)
        return answer["encrypted"], answer["signature"]

    def open(self, body: Json) -> dict[str, Any]:
        """The message in an answer, whose signature must be right."""
        assert isinstance(body["timestamp"], int)
        answer = self._ask(open=body["encrypt"], timestamp=str(body["timestamp"]), nonce=body["nonce"])
        assert answer["signature"] == body["msgsignature"]
        assert answer["opened"]["id"] == ""
        message: dict[str, Any] = json.loads(answer["opened"]["message"])
        return message

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.communicate()
            self._process = None

    def _ask(self, **question: Any) -> dict[str, Any]:
        process = self._process = self._process or Popen(_command("crypto"), stdin=PIPE, stdout=PIPE, text=True)
        assert process.stdin
        assert process.stdout
        print(json.dumps({**self._keys, **question}), file=process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        return answer


TENCENT = Cipher(TOKEN, KEY)


@dataclass
class Stream:
    """A message of the bot as people see it grow."""

    person: str
    contents: list[str] = field(default_factory=list)
    finished: bool = False


@dataclass
class Platform:
    """Calls the bot back and asks for its answers, as people write; `polls` tells whether it asks."""

    url: str
    clock: StandingClock
    polls: bool = True
    response_url: str = ""
    streams: dict[str, Stream] = field(default_factory=dict)
    greetings: list[tuple[str, str]] = field(default_factory=list)
    finished: list[tuple[str, str]] = field(default_factory=list)
    replies: list[dict[str, Any]] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def message(self, person: str, content: Json, source_id: str | None = None) -> dict[str, Any]:
        """A message of a person, who is alone with the bot unless it names a group."""
        msgid = source_id or f"m{next(self._numbers)}"
        chat = "group" if "chatid" in content else "single"
        url = {"response_url": self.response_url} if self.response_url else {}
        return {"msgid": msgid, "aibotid": "aib", "chattype": chat, "from": {"userid": person}, **url, **content}

    async def call(self, message: Mapping[str, object]) -> httpx.Response:
        """Post a message as it is."""
        timestamp, nonce = str(int(self.clock().timestamp())), str(next(self._numbers))
        encrypted, signature = TENCENT.seal(json.dumps(message), timestamp, nonce)
        query = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}
        async with httpx.AsyncClient(timeout=10) as client:
            return await client.post(f"{self.url}/wecom/bot", params=query, json={"encrypt": encrypted})

    async def tell(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        """Post a message, show what comes back, and go on asking for it; None where nothing came back."""
        response = await self.call(message)
        assert response.status_code == 200, response.text
        if not response.content:
            return None
        reply = TENCENT.open(response.json())
        self.replies.append(reply)
        person = message["from"]["userid"]
        if reply["msgtype"] == "text":
            self.greetings.append((person, reply["text"]["content"]))
        else:
            self._show(message, reply["stream"])
        return reply

    def _show(self, message: Mapping[str, Any], told: dict[str, Any]) -> None:
        assert len(told["content"].encode()) <= 20_480
        person = message["from"]["userid"]
        known = told["id"] in self.streams
        stream = self.streams.setdefault(told["id"], Stream(person))
        if stream.finished:
            assert told["finish"]
            return
        stream.contents.append(told["content"])
        stream.finished = told["finish"]
        if stream.finished:
            self.finished.append((person, seen(told["content"])))
        elif self.polls and not known:
            task = asyncio.create_task(self._poll(message, told["id"]))
            self._tasks.add(task)

    async def _poll(self, message: Mapping[str, Any], stream: str) -> None:
        while self.polls and not self.streams[stream].finished:
            await self.ask(message, stream)
            await asyncio.sleep(0.02)

    async def ask(self, message: Mapping[str, Any], stream: str) -> dict[str, Any]:
        """Ask once how far an answer is."""
        place = {name: message[name] for name in ("aibotid", "chattype", "chatid", "from") if name in message}
        poll = {"msgid": f"p{next(self._numbers)}", **place, "msgtype": "stream", "stream": {"id": stream}}
        reply = await self.tell(poll)
        assert reply
        return reply

    async def close(self) -> None:
        """Ask no more; what went wrong while asking comes out here."""
        self.polls = False
        await asyncio.gather(*self._tasks)


def text(words: str) -> dict[str, object]:
    """What a text message holds."""
    return {"msgtype": "text", "text": {"content": words}}


def event(name: str, **details: object) -> dict[str, object]:
    """What an event holds."""
    return {"msgtype": "event", "event": {"eventtype": name, **({name: details} if details else {})}}


@dataclass
class BotRig:
    desk: Desk
    channel: Channel
    platform: Platform

    async def write(self, person: str, words: str, *, source_id: str | None = None) -> None:
        await self.platform.tell(self.platform.message(person, text(words), source_id))

    async def show(self, person: str, medium: Medium) -> None:
        content = {"msgtype": medium, medium: {"url": "https://example.invalid/x"}}
        await self.platform.tell(self.platform.message(person, content))

    async def heard(self, person: str) -> list[str]:
        return [words for to, words in self.platform.finished if to == person]

    async def progress(self, person: str) -> int:
        streams = [stream for stream in self.platform.streams.values() if stream.person == person]
        return sum(len(stream.contents) - stream.finished for stream in streams)


@asynccontextmanager
async def running(
    folder: Path,
    responder: Responder,
    *,
    api: str = API,
    polls_end: float = 10.0,
    rewriter: Rewriter | None = None,
) -> AsyncIterator[BotRig]:
    settings = WecomBotSettings(token=SecretStr(TOKEN), key=SecretStr(KEY), api=api)
    desk = Desk(folder, responder, rewriter=rewriter)
    channel = AibotCallback(settings, desk.dispatcher, desk.clock, polls_end=polls_end)
    async with serving(application(channel.routes())) as url:
        platform = Platform(url, desk.clock)
        await desk.start(channel)
        try:
            yield BotRig(desk, channel, platform)
        finally:
            await platform.close()
            await desk.stop()
