"""`luce mcp` as a process that a client starts: the protocol alone on standard output, and an end with its client."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from bot.app import App
from bot.tools.toolkit import Toolkit
from tests.bot.channels.rig import until
from tests.bot.conftest import Luce
from tests.bot.mcp.rig import CASE, COMMAND, DAY, HOSTILE, QUESTION, content, process_of, quoted, started

pytestmark = pytest.mark.anyio

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
# a client that starts the server, has it work, and never ends by itself
CLIENT = """
import json, subprocess, sys, time
server = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for message in json.loads(sys.argv[1]):
    server.stdin.write(json.dumps(message).encode() + b"\\n")
server.stdin.flush()
server.stdout.readline()
sys.stdout.write(f"{server.pid}\\n")
sys.stdout.flush()
time.sleep(600)
"""


def call(number: int, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    params = {"name": name, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


@contextmanager
def talking(environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as stderr:
        process = started(environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def say(process: subprocess.Popen[bytes], *messages: object) -> None:
    assert process.stdin
    for message in messages:
        line = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
        process.stdin.write(line + b"\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout
    return dict(json.loads(process.stdout.readline()))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_sdk_client_calls_every_tool(app: App, luce_environ: dict[str, str], mode: str) -> None:
    toolkit = Toolkit(app.desk, today=lambda: DAY)
    async with Client(process_of(luce_environ), mode=mode) as client:
        found = content(await client.call_tool("search_clauses", {"query": "企业研发费用补助", "limit": 2}))
        measure = content(await client.call_tool("get_measure", {"number": 7}))
        benefits = content(await client.call_tool("list_benefits", {}))
        calculated = content(await client.call_tool("calculate", CASE))
        asked = content(await client.call_tool("ask", {"text": QUESTION, "as_of": "2026-09-21"}))
        hostile = content(await client.call_tool("ask", {"text": HOSTILE, "as_of": "2026-09-21"}))
        (text,) = (await client.read_resource("luce://policy/xiamen-sti-measures/text")).contents

    assert found == json.loads(toolkit.search_clauses("企业研发费用补助", 2).model_dump_json())
    assert measure == json.loads(toolkit.get_measure(7).model_dump_json())
    assert benefits == json.loads(toolkit.list_benefits().model_dump_json())
    assert calculated["amount"] == 600_000
    assert asked == json.loads(toolkit.ask(QUESTION).model_dump_json())
    assert hostile == json.loads(toolkit.ask(HOSTILE).model_dump_json())
    assert text.text == app.library.main.policy.source  # type: ignore[union-attr]  # a text, or the test fails
    source = app.library.main.policy.source
    for each in (found, measure, benefits, calculated, asked):
        assert all(clause["quote"] in source for clause in quoted(each))


async def test_many_calls_at_once_are_each_answered(luce_environ: dict[str, str]) -> None:
    async with Client(process_of(luce_environ)) as client:
        calls = [
            client.call_tool("calculate", {**CASE, "inputs": {"rd_expense": f"{n}万"}}) for n in range(300, 500, 5)
        ]
        results = [content(each) for each in await asyncio.gather(*calls)]

    assert [each["missing"][0]["id"] for each in results] == ["rd_expense_previous"] * 40


def test_standard_output_holds_the_protocol_alone(luce_environ: dict[str, str], tmp_path: Path) -> None:
    environ = luce_environ | {"LUCE_CACHE": str(tmp_path / "cache")}  # the index is built first, and that is told
    with talking(environ, tmp_path / "log") as process:
        say(process, HELLO)
        hello = hear(process)
        say(process, READY, call(2, "ask", {"text": QUESTION + "电话13912345678"}), call(3, "ask", {"text": 5}))
        answers = {answer["id"]: answer for answer in (hear(process), hear(process))}
        assert process.stdin
        assert process.stdout
        process.stdin.close()
        rest = process.stdout.read()
        code = process.wait(60)
    log = (tmp_path / "log").read_text("utf-8")

    assert hello["result"]["serverInfo"]["name"] == "luce"
    assert hello["result"]["capabilities"].keys() >= {"tools", "resources"}
    assert answers[2]["result"]["structuredContent"]["total"] == {"amount": 1_100_000, "bound": "at_most"}
    assert answers[3]["result"]["isError"]
    assert (rest, code) == (b"", 0)
    assert "serving MCP on standard input and output" in log
    assert "1200万" not in log
    assert "13912345678" not in log
    assert "Traceback" not in log


def test_what_is_no_message_is_passed_over(luce_environ: dict[str, str], tmp_path: Path) -> None:
    with talking(luce_environ, tmp_path / "log") as process:
        say(process, HELLO)
        hear(process)
        say(process, READY, b"", b"{", b"\xff\xfe", b"[1, 2]", b'{"jsonrpc": "2.0", "id": 9, "method": "\\ud800"}')
        say(process, call(2, "calculate", CASE))
        answer = hear(process)
        while answer.get("id") != 2:
            answer = hear(process)

    assert answer["result"]["structuredContent"]["amount"] == 600_000


def gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has asked after it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


async def test_the_server_ends_with_a_client_that_is_killed(luce_environ: dict[str, str], tmp_path: Path) -> None:
    said = [HELLO, READY, *(call(n, "ask", {"text": QUESTION}) for n in range(2, 40))]  # it is at work when it happens
    command = [sys.executable, "-c", CLIENT, json.dumps(said), *COMMAND]
    with (tmp_path / "log").open("wb") as stderr:
        client = subprocess.Popen(command, env=luce_environ, stdout=subprocess.PIPE, stderr=stderr)
    assert client.stdout
    server = int(await asyncio.to_thread(client.stdout.readline))
    try:
        assert not gone(server)
        client.kill()
        client.communicate()

        async def ended() -> bool:
            return gone(server)

        await until(ended, 60)
    finally:
        with suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)
    log = (tmp_path / "log").read_text("utf-8")
    assert "Traceback" not in log
    assert "luce: " not in log


def test_a_server_that_cannot_open_the_desk_says_so_on_standard_error(luce: Luce, tmp_path: Path) -> None:
    ended = luce("mcp", environ={"LUCE_POLICIES": str(tmp_path)})

    assert (ended.returncode, ended.stdout) == (2, b"")
    assert b"holds no policy folder" in ended.stderr


def test_without_a_word_from_a_client_the_server_ends_in_peace(luce: Luce) -> None:
    ended = luce("mcp")

    assert (ended.returncode, ended.stdout) == (0, b"")


def test_an_address_needs_http(luce: Luce) -> None:
    ended = luce("mcp", "--port", "8090")

    assert (ended.returncode, ended.stdout) == (2, b"")
    assert b"need --http" in ended.stderr
