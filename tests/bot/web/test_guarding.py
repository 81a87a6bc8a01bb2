"""What holds for all addresses: problems, headers, limits, and a log that tells nothing about anybody."""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.app import App
from bot.records.database import RecordsUnavailable
from bot.service.answer import AnswerRequest, AnswerResult, Draft, Entry
from bot.service.worker_pool import DeskUnavailable
from bot.web.access import Role
from bot.web.middleware import Limits
from bot.web.rate_limit import RateLimit, RateLimiter
from tests.bot.channels.rig import until
from tests.bot.web.rig import Memory, Web, serving_web, web_desk, web_of

pytestmark = pytest.mark.anyio

PROBLEM = "application/problem+json"
SECRET_WORDS = "我公司的秘密"


@pytest.fixture
def web(app: App, tmp_path: Path) -> Web:
    return web_of(web_desk(app, tmp_path))


@dataclass
class StandingTimer:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Failing:
    """Fails over every question."""

    error: type[Exception] = RuntimeError

    async def answer(self, question: AnswerRequest, *, draft: Draft | None = None) -> AnswerResult | None:
        raise self.error(f"no answer to {question.said.message}")

    def close(self) -> None:
        pass


class Full(Memory):
    """A journal whose disk is full."""

    async def keep(self, entry: Entry) -> int:
        raise RecordsUnavailable("the disk is full")


async def test_every_problem_is_told_in_one_form(web: Web) -> None:
    async with web.client(Role.READER) as client:
        calls = {
            401: await client.get("/v1/measures", headers={"Authorization": "Bearer luce_no"}),
            403: await client.get("/v1/records"),
            404: await client.get("/v1/nowhere"),
            405: await client.delete("/v1/ask"),
            413: await client.post("/v1/ask", json={"text": "a" * 70_000}),
            422: await client.get("/v1/search", params={"limit": "many"}),
        }

    for status, response in calls.items():
        problem = response.json()
        assert response.status_code == problem["status"] == status
        assert response.headers["content-type"] == PROBLEM
        assert set(problem) - {"errors"} == {"type", "title", "status", "detail"}
        assert problem["detail"]
    assert calls[405].headers["allow"] == "POST"


async def test_an_error_that_nobody_foresaw_is_told_without_its_detail(
    app: App, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    web = web_of(web_desk(app, tmp_path, answering=Failing()))
    with caplog.at_level(logging.INFO):
        async with web.client(Role.READER) as client:
            response = await client.post("/v1/ask", json={"text": SECRET_WORDS})

    assert (response.status_code, response.headers["content-type"]) == (500, PROBLEM)
    assert "x-content-type-options" in response.headers
    assert "RuntimeError" not in response.text
    assert "RuntimeError in /v1/ask" in caplog.text
    assert SECRET_WORDS not in response.text + caplog.text


async def test_records_that_cannot_be_written_are_told_and_no_answer_is_given(app: App, tmp_path: Path) -> None:
    web = web_of(web_desk(app, tmp_path, journal=Full()))
    async with web.client(Role.READER) as client:
        response = await client.post("/v1/ask", json={"text": "你好"})

    assert (response.status_code, response.headers["content-type"]) == (503, PROBLEM)
    assert response.headers["retry-after"].isdigit()
    assert "disk" not in response.text


@pytest.mark.parametrize("error", [BrokenProcessPool, DeskUnavailable])
async def test_a_process_that_ended_over_a_message_is_told_as_unavailable(
    app: App, tmp_path: Path, error: type[Exception]
) -> None:
    web = web_of(web_desk(app, tmp_path, answering=Failing(error)))
    async with web.client(Role.READER) as client:
        response = await client.post("/v1/ask", json={"text": "你好"})

    assert (response.status_code, response.headers["content-type"]) == (503, PROBLEM)


async def test_a_body_that_breaks_off_is_not_read_as_if_it_were_whole(web: Web) -> None:
    shown = f"Authorization: Bearer {web.secrets[Role.READER]}\r\nContent-Type: application/json\r\n"
    with serving_web(web.application) as url:
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        head = f"POST /v1/ask HTTP/1.1\r\nHost: desk\r\n{shown}Content-Length: 99\r\n\r\n"
        writer.write(head.encode() + b'{"text": "a"}')
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with httpx.AsyncClient(base_url=url) as client:
            await until(lambda: client.get("/healthz"))

    assert isinstance(web.desk.journal, Memory)
    assert web.desk.journal.records == {}


async def test_every_response_tells_browsers_to_keep_nothing_and_load_nothing(web: Web) -> None:
    async with web.client(Role.READER) as client:
        responses = [await client.get(path) for path in ("/v1/measures", "/v1/records", "/healthz", "/no", "/docs")]

    for response in responses:
        headers = response.headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "permissions-policy" in headers
        assert "access-control-allow-origin" not in headers


async def test_whoever_asks_too_often_waits_as_long_as_is_told(app: App, tmp_path: Path) -> None:
    timer = StandingTimer()
    limits = Limits(
        tokens=RateLimiter(RateLimit(60, 3), timer),
        addresses=RateLimiter(RateLimit(60, 1), timer),
        asks=RateLimiter(RateLimit(60, 2), timer),
    )
    web = web_of(web_desk(app, tmp_path, ask_open=True), limits=limits)
    async with web.client(Role.READER) as reader, web.client(Role.STAFF) as staff, web.client() as public:
        first = [(await reader.get("/v1/measures")).status_code for _ in range(3)]
        refused = await reader.get("/v1/measures")
        another = await staff.get("/v1/measures")
        asked = [(await public.post("/v1/ask", json={"text": "你好"})).status_code for _ in range(3)]
        unknown = [(await public.get("/v1/measures")).status_code for _ in range(2)]
        timer.now += int(refused.headers["retry-after"])
        later = await reader.get("/v1/measures")

    assert first == [200, 200, 200]
    assert (refused.status_code, refused.headers["content-type"]) == (429, PROBLEM)
    assert another.status_code == 200
    assert asked == [200, 200, 429]
    assert unknown == [401, 429]
    assert later.status_code == 200


async def test_a_body_without_a_length_is_cut_off_too(web: Web) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"a" * 1000

    async with web.client(Role.READER) as client:
        response = await client.post("/v1/ask", content=endless())

    assert response.status_code == 413
    assert read < 100


async def test_the_log_names_routes_and_nothing_that_a_caller_wrote(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    cookie, csrf = web.signed_in(Role.STAFF)
    with caplog.at_level(logging.DEBUG, logger="bot"):
        async with web.client(Role.READER) as client:
            await client.get("/v1/search", params={"q": SECRET_WORDS})
            await client.post("/v1/ask", json={"text": SECRET_WORDS, "session": SECRET_WORDS})
            await client.post("/v1/ask", json={"texts": SECRET_WORDS})
            await client.get(f"/v1/{SECRET_WORDS}")
            await client.get("/v1/measures/7")
        async with web.client(cookies={"luce_session": cookie}) as browser:
            await browser.get("/v1/records", params={"channel": SECRET_WORDS})

    assert "GET /v1/search 200" in caplog.text
    assert "GET /v1/measures/{number} 200" in caplog.text
    assert "GET other 404" in caplog.text
    for secret in (SECRET_WORDS, *web.secrets.values(), cookie, csrf, "reader", "staff", "%"):
        assert secret not in "".join(record.getMessage() for record in caplog.records)


async def test_figures_are_told_by_route_and_outcome_and_name_nobody(web: Web) -> None:
    async with web.client(Role.ADMIN) as client:
        before = (await client.get("/metrics")).text
        await client.post("/v1/ask", json={"text": "你好", "session": SECRET_WORDS})
        await client.get(f"/v1/{SECRET_WORDS}")
        await client.request("STRANGE", "/v1/measures")
        after = await client.get("/metrics")

    def figure(text: str, name: str) -> float:
        return float(next((line.split()[-1] for line in text.splitlines() if line.startswith(name)), 0))

    for name in (
        'luce_answers_total{channel="http",outcome="greeting"}',
        'luce_http_requests_total{method="POST",route="/v1/ask",status="200"}',
        'luce_http_request_seconds_count{method="POST",route="/v1/ask"}',
        'luce_http_requests_total{method="GET",route="other",status="404"}',
    ):
        assert figure(after.text, name) == figure(before, name) + 1, name
    assert after.headers["content-type"].startswith("text/plain")
    assert "STRANGE" not in after.text
    assert SECRET_WORDS not in after.text


async def test_all_of_it_holds_over_real_http(web: Web) -> None:
    with serving_web(web.application) as url:
        async with httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {web.secrets[Role.READER]}"}
        ) as c:
            answered = await c.post("/v1/ask", json={"text": "你好"})
            too_long = await c.post("/v1/ask", content=b"a" * 100_000)
            many = await asyncio.gather(*(c.get("/v1/search", params={"q": "补助"}) for _ in range(20)))

    assert answered.json()["outcome"] == "greeting"
    assert too_long.status_code == 413
    assert {each.status_code for each in many} == {200}
