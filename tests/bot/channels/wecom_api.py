"""A stand-in of WeCom's API over real HTTP. It checks what it is sent as the platform does, and fails on demand."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from aiohttp import web

from tests.bot.channels.wecom_peer import AGENT, CORP, SECRET

Fault = int | Literal["500", "404", "cut", "html", "list", "lost", "slow"]
IP = "203.0.113.77"
Body = dict[str, Any]


class WecomApi:
    """What the platform knows: its tokens, and all that it was sent."""

    def __init__(self) -> None:
        self.url = ""
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.delay = 0.0
        self.gone: set[str] = set()
        self.unlicensed: set[str] = set()
        self.tokens: list[str] = []
        self.calls: list[str] = []
        self.sent: list[Body] = []
        self.updates: list[Body] = []
        self.served: list[Body] = []
        self.welcomes: list[Body] = []
        self.synced: list[Body] = []
        self.messages: dict[str, list[Body]] = defaultdict(list)
        self.page = 1000
        self._seen: set[str] = set()
        self._lost = False

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/cgi-bin/gettoken", self._gettoken)
        application.router.add_get("/cgi-bin/{path:.+}", self._call)
        application.router.add_post("/cgi-bin/{path:.+}", self._call)
        return application

    def texts(self, person: str) -> list[str]:
        return [each["text"]["content"] for each in self.sent if each["touser"] == person and each["msgtype"] == "text"]

    def cards(self, person: str) -> list[Body]:
        found = [each for each in self.sent if each["touser"] == person and each["msgtype"] == "template_card"]
        return [each["template_card"] for each in found]

    async def _gettoken(self, request: web.Request) -> web.StreamResponse:
        self.calls.append("gettoken")
        if fault := await self._fault("gettoken"):
            return fault
        if request.query["corpid"] != CORP or request.query["corpsecret"] != SECRET:
            return _refused(40001)
        await asyncio.sleep(self.delay)
        self.tokens.append(f"AccessToken{len(self.tokens)}")
        return _took(access_token=self.tokens[-1], expires_in=7200)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.calls.append(path)
        if request.query.get("access_token") not in self.tokens[-1:]:
            return _refused(40014)
        if fault := await self._fault(path):
            if self._lost:
                await self._take(path, await request.json())
            return fault
        if path == "agent/get":
            assert request.query["agentid"] == AGENT
            return _took(name="鹭策")
        return await self._take(path, await request.json())

    async def _take(self, path: str, body: Body) -> web.StreamResponse:
        match path:
            case "message/send":
                return self._send(body)
            case "message/update_template_card":
                self.updates.append(body)
            case "kf/sync_msg":
                return self._sync(body)
            case "kf/send_msg":
                return self._keep(self.served, body)
            case "kf/send_msg_on_event":
                return self._keep(self.welcomes, body)
            case _:
                raise web.HTTPNotFound
        return _took()

    def _send(self, body: Body) -> web.StreamResponse:
        assert body["agentid"] == int(AGENT)
        if body["touser"] in self.gone:
            return _took(invaliduser=body["touser"])
        if body["touser"] in self.unlicensed:
            return _took(unlicenseduser=body["touser"])
        if body["msgtype"] == "text":
            content = body["text"]["content"]
            repeated = [each for each in self.sent if each["msgtype"] == "text" and each["text"]["content"] == content]
            if repeated and body.get("enable_duplicate_check"):
                return _took()
            body["text"]["content"] = content.encode()[:2048].decode("utf-8", "ignore")
        else:
            card = body["template_card"]
            if not re.fullmatch(r"[0-9A-Za-z_@-]{1,128}", card["task_id"]) or card["task_id"] in self._seen:
                return _refused(42014)
            if not 1 <= len(card["button_list"]) <= 6:
                return _refused(42016)
            self._seen.add(card["task_id"])
        self.sent.append(body)
        return _took()

    def _sync(self, body: Body) -> web.StreamResponse:
        self.synced.append(body)
        messages = self.messages[body["open_kfid"]]
        start = int(body.get("cursor", "c0")[1:])
        end = min(start + self.page, len(messages))
        return _took(next_cursor=f"c{end}", has_more=int(end < len(messages)), msg_list=messages[start:end])

    def _keep(self, kept: list[Body], body: Body) -> web.StreamResponse:
        name = body.get("msgid")
        if name is not None and (not re.fullmatch(r"[0-9A-Za-z_-]{1,32}", name) or name in self._seen):
            return _refused(40058)
        self._seen.add(name or "")
        kept.append(body)
        return _took()

    async def _fault(self, path: str) -> web.StreamResponse | None:
        """The next failure that was asked for; `lost` is a call that is heard but not answered."""
        self._lost = False
        if not self.faults[path]:
            return None
        match self.faults[path].pop(0):
            case "500" | "404" as status:
                return web.Response(status=int(status), text=f"<html>{IP}</html>")
            case "html":
                return web.Response(text="<html>sign in</html>")
            case "list":
                return web.json_response([])
            case "slow":
                await asyncio.sleep(1)
                return web.Response(status=503)
            case "lost":
                self._lost = True
                return web.Response(status=502)
            case "cut":
                return web.Response(text='{"errcode": 0, "err', content_type="application/json")
            case int(code):
                return _refused(code)
            case other:
                raise AssertionError(other)


def _took(**values: object) -> web.StreamResponse:
    return web.json_response({"errcode": 0, "errmsg": "ok", **values})


def _refused(code: int) -> web.StreamResponse:
    return web.json_response({"errcode": code, "errmsg": f"refused, from ip: {IP}, more info at https://open.work"})


@asynccontextmanager
async def wecom_api(platform: WecomApi | None = None) -> AsyncIterator[WecomApi]:
    """The platform on a free port."""
    api = platform or WecomApi()
    runner = web.AppRunner(api.application(), access_log=None, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    api.url = f"http://{host}:{port}"
    try:
        yield api
    finally:
        await runner.cleanup()
