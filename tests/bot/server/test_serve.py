"""`luce serve` as a process: it answers, it stops when told to, and a kill loses nothing."""

import asyncio
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.channels.wecom.crypto import CallbackCrypto
from bot.nlg.wording import say
from tests.bot.channels.rig import until
from tests.bot.channels.wecom_api import WecomApi, wecom_api
from tests.bot.channels.wecom_peer import AGENT, CORP, KEY, SECRET, TOKEN, text_message
from tests.bot.conftest import ROOT, Luce

pytestmark = pytest.mark.anyio

QUESTION = "研发费用今年1200万，去年900万，能补多少？"
MOBILE = "我的电话是13912345678，研发费用补助怎么算"
NOTICES = (say("looking_up"), say("waiting"))
WECOM = {"CORP": CORP, "AGENT": AGENT, "SECRET": SECRET, "TOKEN": TOKEN, "KEY": KEY}


class Serving:
    """A process of `luce serve` and a client of it."""

    def __init__(self, process: subprocess.Popen[bytes], client: httpx.AsyncClient, log: Path) -> None:
        self.process = process
        self.client = client
        self.log = log

    async def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text("utf-8")
        try:
            return (await self.client.get("/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    async def write(self, person: str, words: str, source_id: str) -> None:
        now, nonce = int(time.time()), secrets.token_hex(5)
        message = text_message(person, words, source_id)
        sealed = CallbackCrypto(TOKEN, KEY, CORP).seal(
            message, timestamp=now, nonce=nonce, random=secrets.token_bytes(16)
        )
        query = {"msg_signature": sealed.signature, "timestamp": str(now), "nonce": nonce}
        body = f"<xml><ToUserName>{CORP}</ToUserName><Encrypt>{sealed.encrypted}</Encrypt></xml>"
        response = await self.client.post("/wecom/app", params=query, content=body.encode())
        assert (response.status_code, response.content) == (200, b"")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def settings(api: str, data: Path, port: int) -> dict[str, str]:
    variables = {f"LUCE_WECOM_{name}": value for name, value in WECOM.items()}
    return variables | {"LUCE_WECOM_API": api, "LUCE_DATA": str(data), "LUCE_PORT": str(port)}


@asynccontextmanager
async def served(api: WecomApi | None, data: Path, environ: dict[str, str]) -> AsyncIterator[Serving]:
    port, log = free_port(), data.parent / "serve.log"
    command = [sys.executable, "-m", "bot.cli", "serve"]
    with log.open("ab") as stderr:
        variables = settings(api.url, data, port) if api else {"LUCE_DATA": str(data), "LUCE_PORT": str(port)}
        process = subprocess.Popen(command, cwd=ROOT, env=environ | variables, stderr=stderr)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        serving = Serving(process, client, log)
        try:
            await until(serving.ready, 60)
            yield serving
        finally:
            process.kill()
            await asyncio.to_thread(process.wait)


def answers(api: WecomApi, person: str) -> list[str]:
    return [text for text in api.texts(person) if text not in NOTICES]


async def test_a_question_is_answered_by_the_real_desk(tmp_path: Path, luce_environ: dict[str, str]) -> None:
    async with wecom_api() as api, served(api, tmp_path / "data", luce_environ) as serving:
        await serving.write("li", QUESTION, "1")
        await until(lambda: "合计：最高110万元" in "".join(answers(api, "li")), 60)
        await serving.write("li", "如果今年是1500万呢", "2")
        await until(lambda: "合计：最高120万元" in "".join(answers(api, "li")), 60)

        assert all("政策解读" in text for text in answers(api, "li"))
        assert (await serving.client.get("/healthz")).text == "ok"
        assert "server" not in (await serving.client.get("/healthz")).headers
        serving.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(serving.process.wait, 30) == 0
    log = serving.log.read_text("utf-8")
    assert "serving web, wecom" in log
    assert not any(secret in log for secret in (SECRET, TOKEN, KEY, *api.tokens, "研发费用", "Traceback"))


@pytest.mark.slow
async def test_what_was_accepted_before_a_kill_is_answered_once_after_it(
    tmp_path: Path, luce_environ: dict[str, str]
) -> None:
    people = [f"person{number}" for number in range(40)]
    async with wecom_api() as api:
        api.delay = 3600.0  # no token, so that nothing goes out
        async with served(api, tmp_path / "data", luce_environ) as serving:
            await asyncio.gather(*(serving.write(who, QUESTION, f"1{who}") for who in people))
            await asyncio.gather(*(serving.write(who, "第7条原文", f"2{who}") for who in people))
            await until(lambda: "gettoken" in api.calls)
            serving.process.kill()
            await asyncio.to_thread(serving.process.wait)
        assert api.sent == []
        api.delay = 0.0

        async with served(api, tmp_path / "data", luce_environ) as serving:
            await asyncio.gather(*(serving.write(who, QUESTION, f"1{who}") for who in people))  # repeated by WeCom
            await until(lambda: all(len(answers(api, who)) >= 2 for who in people), 60)
            await serving.write("last", "你好", "3")
            await until(lambda: answers(api, "last"), 60)

    told = {who: "".join(answers(api, who)) for who in people}
    assert len(set(told.values())) == 1
    assert told["person0"].count("合计：最高110万元") == 1
    assert told["person0"].index("合计") < told["person0"].index("7.")


async def test_one_folder_is_served_once(tmp_path: Path, luce: Luce, luce_environ: dict[str, str]) -> None:
    async with wecom_api() as api, served(api, tmp_path / "data", luce_environ):
        second = await asyncio.to_thread(luce, "serve", environ=settings(api.url, tmp_path / "data", free_port()))

    assert second.returncode == 2
    assert b"another `luce serve`" in second.stderr


async def test_without_a_channel_the_web_is_served(tmp_path: Path, luce: Luce, luce_environ: dict[str, str]) -> None:
    data = {"LUCE_DATA": str(tmp_path / "data")}
    token = (
        (await asyncio.to_thread(luce, "token", "add", "li", "--role", "staff", environ=data)).stdout.decode().strip()
    )
    async with served(None, tmp_path / "data", luce_environ) as serving:
        closed = await serving.client.post("/v1/ask", json={"session": "s", "text": QUESTION})
        headers = {"Authorization": f"Bearer {token}"}
        opened = await serving.client.post("/v1/ask", json={"session": "s", "text": QUESTION}, headers=headers)
        told = await serving.client.post("/v1/ask", json={"session": "t", "text": MOBILE}, headers=headers)
        login = await serving.client.get("/desk/login")
        records = (await serving.client.get("/v1/records", headers=headers)).json()

    assert (closed.status_code, login.status_code, opened.status_code) == (401, 200, 200)
    assert opened.json()["total"] == {"amount": 1_100_000, "bound": "at_most"}
    assert QUESTION in str(records)
    assert told.status_code == 200
    assert "13912345678" not in told.text + str(records)
    assert token not in serving.log.read_text("utf-8")


@pytest.mark.parametrize("missing", ["CORP", "SECRET", "KEY"])
def test_half_a_channel_is_refused_by_the_name_of_what_is_missing(luce: Luce, tmp_path: Path, missing: str) -> None:
    variables = settings("http://127.0.0.1:9", tmp_path, free_port())
    run = luce("serve", environ=variables | {f"LUCE_WECOM_{missing}": ""})

    assert run.returncode == 2
    assert f"LUCE_WECOM_{missing}".encode() in run.stderr


def test_a_slip_in_copying_is_refused_without_being_shown(luce: Luce, tmp_path: Path) -> None:
    run = luce("serve", environ=settings("http://127.0.0.1:9", tmp_path, free_port()) | {"LUCE_WECOM_KEY": KEY[:-1]})

    assert run.returncode == 2
    assert b"LUCE_WECOM_KEY" in run.stderr
    assert KEY[:-1].encode() not in run.stderr


def test_an_address_that_is_taken_is_told(luce: Luce, tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        run = luce("serve", environ=settings("http://127.0.0.1:9", tmp_path, listener.getsockname()[1]))

    assert run.returncode == 2
    assert b"LUCE_PORT" in run.stderr


def test_policies_that_cannot_be_read_are_told_in_a_line(luce: Luce, tmp_path: Path) -> None:
    variables = settings("http://127.0.0.1:9", tmp_path / "data", free_port())
    run = luce("serve", environ=variables | {"LUCE_POLICIES": str(tmp_path)})

    assert run.returncode == 2
    assert run.stderr.splitlines()[-1].startswith(b"luce: ")
    assert b"Traceback" not in run.stderr
