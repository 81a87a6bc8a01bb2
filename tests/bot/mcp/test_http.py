"""MCP over HTTP: who has a token of the desk is served, everybody else is told why not; nothing is remembered."""

import asyncio
import json
import logging
import os
import re
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from mcp.shared.exceptions import MCPError

from bot.app import App
from bot.tools.toolkit import Toolkit
from bot.web.cookies import COOKIE, load_key
from bot.web.middleware import Limits
from bot.web.rate_limit import MOST_BODY, RateLimit, RateLimiter
from bot.web.roles import Role
from tests.bot.channels.rig import until
from tests.bot.conftest import Luce
from tests.bot.mcp.rig import CASE, DAY, HOSTILE, QUESTION, Served, content, quoted, serving_http, started
from tests.bot.web.rig import NOW, StandingClock

pytestmark = pytest.mark.anyio

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
STEADY = Limits(tokens=RateLimiter(RateLimit(10_000, 1000)), addresses=RateLimiter(RateLimit(10_000, 1000)))


@pytest.fixture(scope="module")
def served(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_http(app, tmp_path_factory.mktemp("mcp"), limits=STEADY) as served:
        yield served


async def post(served: Served, secret: str = "", **options: Any) -> httpx.Response:
    """A request as it goes over the wire: the list of tools, unless another body is given."""
    headers = ACCEPT | ({"Authorization": f"Bearer {secret}"} if secret else {}) | options.pop("headers", {})
    body = options if "content" in options else options | {"json": LIST}
    async with httpx.AsyncClient(timeout=60) as client:
        return await client.post(served.url, headers=headers, **body)


def problem(response: httpx.Response) -> tuple[int, str]:
    """The status and the kind of a problem."""
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()
    assert told["status"] == response.status_code
    assert told["title"]
    assert told["detail"]
    return response.status_code, told["type"].removeprefix("urn:luce:problem:")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name.lower())
async def test_a_token_of_any_role_is_served(app: App, served: Served, role: Role, mode: str) -> None:
    toolkit = Toolkit(app.desk, today=lambda: DAY)
    async with served.client(served.secrets[role], mode=mode) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        calculated = content(await client.call_tool("calculate", CASE))
        asked = content(await client.call_tool("ask", {"text": QUESTION}))
        hostile = content(await client.call_tool("ask", {"text": HOSTILE}))
        (text,) = (await client.read_resource("luce://policy/xiamen-sti-measures/text")).contents

    assert len(tools) == 5
    assert calculated["amount"] == 600_000
    assert asked == json.loads(toolkit.ask(QUESTION).model_dump_json())
    assert hostile == json.loads(toolkit.ask(HOSTILE).model_dump_json())
    assert all(each["quote"] in app.library.main.policy.source for each in quoted([calculated, asked]))
    assert text.text == app.library.main.policy.source  # type: ignore[union-attr]  # a text, or the test fails


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer \t-",
        "Bearer luce_wrong",
        "Basic {secret}",
        "{secret}",
        "Bearer {secret}x",
        "Bearer " + "x" * 9000,
    ],
    ids=["none", "bare", "empty", "wrong", "basic", "no scheme", "longer", "long"],
)
async def test_whoever_shows_no_token_is_told_so(served: Served, header: str) -> None:
    shown = header.format(secret=served.secrets[Role.READER])
    response = await post(served, headers={"Authorization": shown} if shown else {})

    assert problem(response) == (401, "unauthorized")
    assert response.headers["www-authenticate"] == "Bearer"
    assert "luce_" not in response.text


async def test_the_sdk_client_with_a_wrong_token_is_refused(served: Served) -> None:
    with pytest.raises(BaseExceptionGroup) as caught:
        async with served.client("luce_wrong"):
            pass

    assert caught.group_contains(MCPError, match="error response")


async def test_a_session_of_a_browser_opens_nothing(served: Served, tmp_path: Path) -> None:
    from bot.web.access import Access

    session = Access(served.tokens, load_key(tmp_path), StandingClock()).sign_in(served.secrets[Role.ADMIN])
    assert session
    response = await post(served, headers={"Cookie": f"{COOKIE}={session[1]}"})

    assert problem(response) == (401, "unauthorized")


async def test_a_token_that_is_taken_away_opens_nothing_more(served: Served) -> None:
    secret = served.tokens.add("leaving", Role.READER, NOW)
    async with served.client(secret) as client:
        assert content(await client.call_tool("calculate", CASE))["amount"] == 600_000
        served.tokens.remove("leaving")
        with pytest.raises(MCPError):
            await client.call_tool("calculate", CASE)

    assert problem(await post(served, secret)) == (401, "unauthorized")


async def test_a_token_that_is_made_while_the_server_runs_is_known(served: Served) -> None:
    assert (await post(served, served.tokens.add("arriving", Role.READER, NOW))).status_code == 200


async def test_where_tokens_cannot_be_read_nobody_comes_in(app: App, tmp_path: Path) -> None:
    with serving_http(app, tmp_path) as served:
        (tmp_path / "tokens.json").write_text("{")
        response = await post(served, served.secrets[Role.READER])

    assert problem(response) == (503, "unavailable")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8090"])
async def test_a_name_that_is_not_ours_is_refused(served: Served, host: str) -> None:
    response = await post(served, served.secrets[Role.READER], headers={"Host": host})

    assert response.status_code == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
async def test_a_page_of_another_site_is_refused(served: Served, origin: str) -> None:
    response = await post(served, served.secrets[Role.READER], headers={"Origin": origin})

    assert response.status_code == 403


@pytest.mark.parametrize("name", ["localhost", "localhost:1234", "127.0.0.1:80", "[::1]:8090"])
async def test_localhost_is_ours_under_each_of_its_names(served: Served, name: str) -> None:
    headers = {"Host": name, "Origin": f"http://{name}"}

    assert (await post(served, served.secrets[Role.READER], headers=headers)).status_code == 200


async def test_a_token_that_comes_too_often_has_to_wait(app: App, tmp_path: Path) -> None:
    with serving_http(app, tmp_path, limits=Limits(tokens=RateLimiter(RateLimit(1, 3)))) as served:
        answers = [await post(served, served.secrets[Role.READER]) for _ in range(4)]
        other = await post(served, served.secrets[Role.STAFF])

    assert [each.status_code for each in answers[:3]] == [200, 200, 200]
    assert problem(answers[3]) == (429, "too-many-requests")
    assert int(answers[3].headers["retry-after"]) > 0
    assert other.status_code == 200


async def test_an_address_that_guesses_tokens_has_to_wait(app: App, tmp_path: Path) -> None:
    with serving_http(app, tmp_path, limits=Limits(addresses=RateLimiter(RateLimit(1, 3)))) as served:
        answers = [await post(served, f"luce_{n}") for n in range(4)]
        known = await post(served, served.secrets[Role.READER])

    assert [each.status_code for each in answers] == [401, 401, 401, 429]
    assert known.status_code == 200


async def test_a_message_that_is_too_long_is_not_read(served: Served) -> None:
    headers = {"Content-Type": "application/json"}
    response = await post(served, served.secrets[Role.READER], content=b" " * (MOST_BODY + 1), headers=headers)

    assert problem(response) == (413, "too-large")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
async def test_nothing_but_a_message_is_taken(served: Served, method: str) -> None:
    headers = {"Authorization": f"Bearer {served.secrets[Role.READER]}", "Accept": "text/event-stream"}
    async with httpx.AsyncClient() as client:
        response = await client.request(method, served.url, headers=headers)

    assert problem(response) == (405, "method-not-allowed")
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/", "/mcp/", "/mcp/x", "/.well-known/oauth-protected-resource", "/v1/ask"])
async def test_there_is_no_other_address(served: Served, path: str) -> None:
    async with httpx.AsyncClient(base_url=served.url.removesuffix("/mcp")) as client:
        assert problem(await client.post(path)) == (404, "not-found")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"jsonrpc": "2.0"}', b"[" * 10_000])
async def test_what_is_no_message_is_refused_and_the_next_is_answered(served: Served, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = await post(served, served.secrets[Role.READER], content=body, headers=headers)

    assert 400 <= response.status_code < 500
    assert (await post(served, served.secrets[Role.READER])).status_code == 200


async def test_many_clients_at_once_are_each_answered(served: Served) -> None:
    async def ask(amount: int) -> Any:
        async with served.client(served.secrets[Role.READER]) as client:
            inputs = {"rd_expense": f"{amount}万", "rd_expense_previous": "100万"}
            return content(await client.call_tool("calculate", {"benefit": "rd_subsidy", "inputs": inputs}))["amount"]

    amounts = await asyncio.gather(*(ask(200 * n) for n in range(2, 14)))

    assert amounts == [100_000 * n for n in range(2, 14)]


async def test_the_server_survives_clients_that_go_in_the_middle(served: Served) -> None:
    place = urlsplit(served.url)
    head = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {served.secrets[Role.READER]}\r\n"
    whole = json.dumps(
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": {"text": QUESTION}}}
    )
    sent = f"{head}Content-Type: application/json\r\nAccept: {ACCEPT['Accept']}\r\nContent-Length: {len(whole)}\r\n\r\n"
    for piece in (head, sent, sent + whole[:20], sent + whole):
        with socket.create_connection((place.hostname or "", place.port or 0)) as connection:
            connection.sendall(piece.encode())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, as of a kill

    async with served.client(served.secrets[Role.READER]) as client:
        assert content(await client.call_tool("calculate", CASE))["amount"] == 600_000


async def test_the_log_holds_neither_tokens_nor_words(
    app: App, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="mcp")  # as the log of a desk that serves has it
    with caplog.at_level(logging.INFO), serving_http(app, tmp_path) as served:
        async with served.client(served.secrets[Role.READER]) as client:
            await client.call_tool("ask", {"text": "我的秘密"})
            await client.call_tool("calculate", {"benefit": "我的秘密"})
        await post(served, "luce_guessed")

    assert re.search(r"mcp 401 in \d+ ms", caplog.text)
    for kept in ("我的秘密", "luce_guessed", served.secrets[Role.READER], "reader"):
        assert kept not in caplog.text


@asynccontextmanager
async def process(
    environ: dict[str, str], log: Path, *options: str
) -> AsyncIterator[tuple[subprocess.Popen[bytes], str]]:
    """`luce mcp --http` on a free port, and its address."""
    with log.open("wb") as stderr:
        server = started(environ, "--http", "--port", "0", *options, stdout=subprocess.PIPE, stderr=stderr)

    def place() -> re.Match[str] | None:
        return re.search(r"serving MCP on (http://\S+)", log.read_text("utf-8"))

    async def serves() -> bool:
        assert server.poll() is None, log.read_text("utf-8")
        return place() is not None

    try:
        await until(serves, 60)
        found = place()
        assert found
        yield server, found[1]
    finally:
        server.kill()
        server.communicate()


async def test_the_command_serves_until_it_is_told_to_stop(
    luce: Luce, luce_environ: dict[str, str], tmp_path: Path
) -> None:
    environ = luce_environ | {"LUCE_DATA": str(tmp_path / "data")}
    added = luce("token", "add", "reader-of-mcp", "--role", "reader", environ=environ)
    secret = re.search(r"luce_[\w-]{20,}", added.stdout.decode())
    assert secret, added
    log = tmp_path / "log"
    async with process(environ, log, "--name", "desk.example") as (server, url):
        served: Any = Served(url, None, {})  # type: ignore[arg-type]  # the process has its own
        async with served.client(secret[0]) as client:
            answer = content(await client.call_tool("ask", {"text": QUESTION}))
        refused = await post(served)
        named = [await post(served, secret[0], headers={"Host": name}) for name in ("desk.example", "evil.example")]
        assert luce("token", "remove", "reader-of-mcp", environ=environ).returncode == 0
        removed = await post(served, secret[0])
        os.kill(server.pid, signal.SIGTERM)
        output, _ = await asyncio.to_thread(server.communicate, timeout=60)

    assert answer["total"] == {"amount": 1_100_000, "bound": "at_most"}
    assert problem(refused) == (401, "unauthorized")
    assert [each.status_code for each in named] == [200, 421]
    assert problem(removed) == (401, "unauthorized")
    assert (output, server.returncode) == (b"", 0)
    told = log.read_text("utf-8")
    assert secret[0] not in told
    assert "1200万" not in told
    assert "Traceback" not in told


def test_an_address_that_is_taken_is_told(luce: Luce) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = luce("mcp", "--http", "--port", port)

    assert (ended.returncode, ended.stdout) == (2, b"")
    assert f"cannot listen on 127.0.0.1:{port}".encode() in ended.stderr
    assert b"choose another by --host or --port" in ended.stderr
