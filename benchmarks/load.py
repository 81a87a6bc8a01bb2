"""Load on a running `luce serve`: WeCom callbacks at a steady rate, against a stand-in of the WeCom API. It measures.

python benchmarks/load.py [--rate N] [--seconds N]

Each person sends two questions. Every answer is compared, to the letter and in its order, with what the desk says when
it is asked alone.
"""

import argparse
import asyncio
import base64
import itertools
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import aiohttp
import psutil
from aiohttp import web

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.app import build_app  # noqa: E402 (the path above lets the benchmark run without being installed)
from bot.channels.wecom.crypto import CallbackCrypto  # noqa: E402
from bot.nlg.layout import compose  # noqa: E402
from bot.nlg.message import ChannelCapabilities, Limit, utf8_bytes  # noqa: E402
from bot.nlg.turn import Conversation  # noqa: E402
from bot.nlg.wording import say  # noqa: E402
from bot.settings import Settings  # noqa: E402

CHINA = timezone(timedelta(hours=8))
CORP, AGENT, SECRET, TOKEN = "ww0123456789abcdef", "1000002", "secret" * 7, "loadtoken"
KEY = base64.b64encode(b"k" * 32).decode().rstrip("=")
AT_ONCE = 500  # people who send their first question, before the same people send their second
PAIRS = (
    ("我们公司今年研发费用1200万，去年900万，能补多少？", "如果今年是1500万呢"),
    ("第7条原文", "下一条"),
    ("联合实验室投入800万能补多少", "那投入两个亿呢"),
    ("你好", "博士后每年补多少"),
    ("哪些措施给钱", "联系电话是多少"),
    ("研发费用补助什么时候截止申报？", "有效期几年"),
    ("帮我算研发费用补助", "今年3000万，去年2000万"),
    ("怎样让科研成果更快变成产品", "产学研合作付了300万能补多少"),
    ("市级科技计划新设了哪些专项？", "国家级创新平台奖多少"),
    ("今年研发费用640万，去年500万", "怎么算的"),
)
NOTICES = (say("looking_up"), say("waiting"))
CALLBACK = "<xml><ToUserName>{corp}</ToUserName><AgentID>{agent}</AgentID><Encrypt>{encrypted}</Encrypt></xml>"
TEXT = (
    "<xml><ToUserName>{corp}</ToUserName><FromUserName>{person}</FromUserName><CreateTime>{at}</CreateTime>"
    "<MsgType>text</MsgType><Content>{words}</Content><MsgId>{number}</MsgId><AgentID>{agent}</AgentID></xml>"
)


@dataclass
class Platform:
    """The stand-in: gives tokens, takes messages, notes who got what and when. Notices of waiting are counted apart."""

    received: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    at: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    messages: int = 0
    notices: int = 0

    def application(self) -> web.Application:
        """The two addresses that the desk calls."""
        application = web.Application()
        application.router.add_get("/cgi-bin/gettoken", self.give_token)
        application.router.add_post("/cgi-bin/message/send", self.take)
        return application

    async def give_token(self, _request: web.Request) -> web.Response:
        """A token for two hours."""
        return web.json_response({"errcode": 0, "errmsg": "ok", "access_token": "token", "expires_in": 7200})

    async def take(self, request: web.Request) -> web.Response:
        """A message for one person."""
        body = await request.json()
        if body["text"]["content"] in NOTICES:
            self.notices += 1
            return web.json_response({"errcode": 0, "errmsg": "ok"})
        self.received[body["touser"]].append(body["text"]["content"])
        self.at[body["touser"]].append(time.perf_counter())
        self.messages += 1
        return web.json_response({"errcode": 0, "errmsg": "ok"})


@dataclass
class Sent:
    """What the generator saw of its callbacks."""

    acknowledged: list[float] = field(default_factory=list)
    refused: int = 0
    at: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Run:
    """One run: both sides of it, and how long it took in seconds."""

    platform: Platform
    sent: Sent
    sending: float
    draining: float
    process: psutil.Process


def main() -> None:
    """Start the desk, load it, and print what came of it."""
    parser = argparse.ArgumentParser(description="WeCom callbacks at a steady rate.")
    parser.add_argument("--rate", type=int, default=200, help="callbacks a second")
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        expected = expected_answers(Path(folder))
        asyncio.run(load(Path(folder), expected, options.rate, options.seconds))


def expected_answers(folder: Path) -> list[tuple[list[str], list[str]]]:
    """The messages that answer each pair of questions."""
    desk = build_app(Settings(cache=folder / "cache")).desk
    capabilities = ChannelCapabilities(Limit(2048, utf8_bytes), patience=0.0)
    expected = []
    for pair in PAIRS:
        conversation, messages = Conversation(), []
        for words in pair:
            turn = desk.respond(conversation, words, as_of=datetime.now(CHINA).date())
            conversation = conversation.then(turn)
            messages.append([part.text for part in compose(turn, capabilities)])
        expected.append((messages[0], messages[1]))
    return expected


async def load(folder: Path, expected: Sequence[tuple[list[str], list[str]]], rate: int, seconds: int) -> None:
    """One run."""
    platform = Platform()
    runner = web.AppRunner(platform.application(), access_log=None)
    await runner.setup()
    site = web.SockSite(runner, listening := free_socket())
    await site.start()
    port = free_port()
    environ = os.environ | {
        "LUCE_CACHE": str(folder / "cache"),
        "LUCE_DATA": str(folder / "data"),
        "LUCE_PORT": str(port),
        "LUCE_WECOM_CORP": CORP,
        "LUCE_WECOM_AGENT": AGENT,
        "LUCE_WECOM_SECRET": SECRET,
        "LUCE_WECOM_TOKEN": TOKEN,
        "LUCE_WECOM_KEY": KEY,
        "LUCE_WECOM_API": f"http://127.0.0.1:{listening.getsockname()[1]}",
    }
    log = (folder / "serve.log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve"], env=environ, cwd=ROOT, stderr=log)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            await ready(client, process, folder / "serve.log")
            began = time.perf_counter()
            sent = await send_all(client, rate, rate * seconds)
            sending = time.perf_counter() - began
            await drained(platform, messages_of(expected, rate * seconds))
            drain = time.perf_counter() - began - sending
        report(Run(platform, sent, sending, drain, psutil.Process(process.pid)), expected)
    finally:
        process.terminate()
        process.wait(30)
        log.close()
        await runner.cleanup()


async def ready(client: aiohttp.ClientSession, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the desk is ready."""
    while True:
        if process.poll() is not None:
            raise SystemExit(log.read_text(encoding="utf-8"))
        try:
            async with client.get("/readyz") as response:
                if response.status == 200:
                    return
        except aiohttp.ClientConnectionError:
            pass
        await asyncio.sleep(0.1)


def schedule(total: int) -> list[tuple[int, int]]:
    """Who sends which of their two questions, in the order of sending."""
    people = total // 2
    return [
        (person, which)
        for start in range(0, people, AT_ONCE)
        for which in (0, 1)
        for person in range(start, min(start + AT_ONCE, people))
    ]


async def send_all(client: aiohttp.ClientSession, rate: int, total: int) -> Sent:
    """Send every callback at its time, whatever became of those before it."""
    envelope, sent, began = CallbackCrypto(TOKEN, KEY, CORP), Sent(), time.perf_counter()

    async def one(number: int, person: int, which: int) -> None:
        name, now = f"person{person}", int(time.time())
        words = PAIRS[person % len(PAIRS)][which]
        text = TEXT.format(corp=CORP, person=name, at=now, words=words, number=10**9 + number, agent=AGENT)
        sealed = envelope.seal(text, timestamp=now, nonce=str(number), random=secrets.token_bytes(16))
        query = {"msg_signature": sealed.signature, "timestamp": str(now), "nonce": sealed.nonce}
        body = CALLBACK.format(corp=CORP, agent=AGENT, encrypted=sealed.encrypted)
        start = time.perf_counter()
        sent.at[name].append(start)
        async with client.post("/wecom/app", params=query, data=body.encode()) as response:
            await response.read()
        sent.acknowledged.append(time.perf_counter() - start)
        sent.refused += response.status != 200

    async with asyncio.TaskGroup() as group:
        for number, (person, which) in enumerate(schedule(total)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            group.create_task(one(number, person, which))
    return sent


def messages_of(expected: Sequence[tuple[list[str], list[str]]], total: int) -> int:
    """How many messages people must get in all."""
    pairs = itertools.islice(itertools.cycle(expected), total // 2)
    return sum(len(first) + len(second) for first, second in pairs)


async def drained(platform: Platform, messages: int) -> None:
    """Wait until all answers are out, or nothing has moved for ten seconds."""
    last, moved = -1, time.perf_counter()
    while platform.messages < messages and time.perf_counter() - moved < 10:
        if platform.messages != last:
            last, moved = platform.messages, time.perf_counter()
        await asyncio.sleep(0.05)


def report(run: Run, expected: Sequence[tuple[list[str], list[str]]]) -> None:
    """Print the figures."""
    total = len(run.sent.acknowledged)
    people = {f"person{number}": expected[number % len(expected)] for number in range(total // 2)}
    right = sum(run.platform.received[name] == [*first, *second] for name, (first, second) in people.items())
    missing = sum(
        max(0, len(first) + len(second) - len(run.platform.received[name])) for name, (first, second) in people.items()
    )
    late = [
        run.platform.at[name][-1] - run.sent.at[name][-1]
        for name in people
        if run.platform.at[name] and run.sent.at[name]
    ]
    workers = run.process.children(recursive=True)
    memory = [process.memory_info().rss / 2**20 for process in (run.process, *workers)]
    cpu = sum(sum(process.cpu_times()[:2]) for process in (run.process, *workers))
    print(f"callbacks sent {total} in {run.sending:.1f} s, acknowledged with 200: {total - run.sent.refused}")
    print(f"acknowledgement, ms: {spread(run.sent.acknowledged)}")
    print(f"messages delivered {run.platform.messages}, missing {missing}; drained {run.draining:.1f} s after the last")
    print(f"people told that they wait: {run.platform.notices}")
    print(f"people whose answers are right, complete and in order: {right} of {len(people)}")
    print(f"question to complete answer, ms: {spread(late)}")
    print(f"server: {cpu:.0f} s of processor, resident MiB {' + '.join(f'{part:.0f}' for part in memory)}")


def spread(seconds: Sequence[float]) -> str:
    """Median, 99th percentile and maximum in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    return f"p50 {cuts[49] * 1000:.1f}, p99 {cuts[98] * 1000:.1f}, max {max(seconds) * 1000:.1f}"


def free_socket() -> socket.socket:
    """A listening socket on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


def free_port() -> int:
    """The number of a port that was free a moment ago."""
    with free_socket() as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
