"""The end of WeCom at which AI bots connect, as the tests stand in for it. Tencent's own client talks to it as well."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.bot.channels.bot_peer import seen
from tests.bot.channels.rig import until

BOT, SECRET = "aibTest", "s3cretOfTheBot"
Frame = dict[str, Any]


@dataclass
class Exchange:
    """The end of WeCom: acknowledges frames, pushes callbacks, and shows people what they are sent."""

    connection: ServerConnection | None = None
    signed_in: int = 0
    refused: int = 0
    frames: list[Frame] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)
    finished: list[tuple[str, str]] = field(default_factory=list)
    greeted: list[tuple[str, str]] = field(default_factory=list)
    deaf_to: set[str] = field(default_factory=set)
    codes: dict[str, list[int]] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    url: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def hear(self, connection: ServerConnection) -> None:
        """Serve one connection until it ends."""
        people: dict[str, str] = {}
        open_streams: dict[str, str] = {}
        try:
            async for text in connection:
                frame: Frame = json.loads(text)
                self.frames.append(frame)
                if frame["cmd"] in self.deaf_to:
                    continue
                code = self._take(connection, frame, open_streams)
                await connection.send(json.dumps({"headers": frame["headers"], "errcode": code, "errmsg": "ok"}))
                if frame["cmd"] == "aibot_subscribe" and code == 0:
                    self.people = people  # ids of callbacks are good on the connection on which they came
                    self.connection = connection
                    self.signed_in += 1
        except ConnectionClosed:
            pass
        finally:
            if self.connection is connection:
                self.connection = None

    def _take(self, connection: ServerConnection, frame: Frame, open_streams: dict[str, str]) -> int:
        """The code for a frame, after showing what it holds."""
        if planned := self.codes.get(frame["cmd"]):
            return planned.pop(0)
        body, req_id = frame.get("body", {}), frame["headers"]["req_id"]
        match frame["cmd"]:
            case "aibot_subscribe":
                right = body == {"bot_id": BOT, "secret": SECRET}
                self.refused += not right
                return 0 if right else 853000
            case "ping":
                return 0
            case _ if connection is not self.connection:
                return 846604
            case "aibot_send_msg":
                assert body["msgtype"] == "markdown"
                self.finished.append((body["chatid"], seen(body["markdown"]["content"])))
                return 0
            case "aibot_respond_welcome_msg":
                self.greeted.append((self.people[req_id], body["text"]["content"]))
                return 0
            case "aibot_respond_msg":
                return self._stream(req_id, body["stream"], open_streams)
        return 846600

    def _stream(self, req_id: str, stream: Frame, open_streams: dict[str, str]) -> int:
        if req_id not in self.people:
            return 846605
        assert len(stream["content"].encode()) <= 20_480
        if open_streams.get(stream["id"]) == "finished":
            return 846608
        assert ("feedback" in stream) == (stream["id"] not in open_streams), "an opinion is asked for once"
        open_streams[stream["id"]] = "finished" if stream["finish"] else "open"
        to = self.finished if stream["finish"] else self.shown
        to.append((self.people[req_id], seen(stream["content"])))
        return 0

    async def push(self, person: str, body: Frame) -> dict[str, str]:
        """Tell the bot what a person says or does; the ids of the message and of the callback."""
        await until(lambda: self.connection)
        assert self.connection
        command = "aibot_event_callback" if body["msgtype"] == "event" else "aibot_msg_callback"
        number = next(self._numbers)
        req_id = f"callback{number}"
        self.people[req_id] = body.get("chatid", person)
        sender = {"aibotid": BOT, "chattype": "group" if "chatid" in body else "single", "from": {"userid": person}}
        frame: Frame = {
            "cmd": command,
            "headers": {"req_id": req_id},
            "body": {"msgid": f"m{number}", **sender, **body},
        }
        await self.connection.send(json.dumps(frame))
        return {"req_id": req_id, "msgid": frame["body"]["msgid"]}

    async def acknowledge(self, req_id: str) -> None:
        """Acknowledge a frame now that was not before."""
        assert self.connection
        await self.connection.send(json.dumps({"headers": {"req_id": req_id}, "errcode": 0, "errmsg": "ok"}))

    async def drop(self) -> None:
        """Cut the present connection."""
        assert self.connection
        await self.connection.close(1001)


@asynccontextmanager
async def exchange() -> AsyncIterator[Exchange]:
    """Serve the end of WeCom on a free port."""
    there = Exchange()
    async with serve(there.hear, "127.0.0.1", 0, max_size=1 << 21) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        there.url = f"ws://127.0.0.1:{port}"
        yield there
        await asyncio.sleep(0)
