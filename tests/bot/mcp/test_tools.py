"""The tools and resources as a client finds them, in memory: described, limited, with clauses word for word."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from mcp import Client
from mcp.shared.exceptions import MCPError

from bot.app import App
from bot.mcp.server import make_server
from bot.nlg.turn import Conversation
from bot.service.contract import AskReply, reply_of
from bot.tools.toolkit import LONGEST_TEXT, Toolkit
from retrieval.errors import IndexUnavailable
from tests.bot.mcp.rig import CASE, DAY, HOSTILE, QUESTION, content, quoted, told

pytestmark = pytest.mark.anyio

CASES = Path(__file__).parents[2] / "cases" / "xiamen-sti-measures.yaml"
NAMES = ["search_clauses", "get_measure", "list_benefits", "calculate", "ask"]
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("search_clauses", {"query": "孵化器能拿多少奖励", "limit": 3}),
    ("get_measure", {"number": 7}),
    ("list_benefits", {}),
    ("calculate", CASE),
    ("ask", {"text": QUESTION, "as_of": "2026-09-21"}),
    ("ask", {"text": "怎么联系你们"}),
    ("ask", {"text": HOSTILE}),
]
BASE = "luce://policy/xiamen-sti-measures"
PLACE = "/srv/secret/index"


@pytest.fixture(params=["auto", "legacy"])
async def client(app: App, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    async with Client(make_server(app, lambda: DAY), mode=request.param) as client:
        yield client


async def test_the_tools_only_read_and_say_what_they_take_and_give(client: Client) -> None:
    tools = (await client.list_tools()).tools

    assert [tool.name for tool in tools] == NAMES
    for tool in tools:
        assert tool.annotations
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)
        assert tool.annotations.open_world_hint is False
        assert tool.title
        assert tool.description
        assert tool.output_schema
        assert "clauses" in tool.output_schema["required"]
        assert tool.input_schema["additionalProperties"] is False
        assert all(field["description"] for field in tool.input_schema["properties"].values())


async def test_what_is_taken_has_limits(client: Client) -> None:
    schemas = {tool.name: tool.input_schema["properties"] for tool in (await client.list_tools()).tools}

    assert schemas["ask"]["text"]["maxLength"] == LONGEST_TEXT == 4000
    assert schemas["search_clauses"]["query"]["maxLength"] == 200
    assert (schemas["search_clauses"]["limit"]["minimum"], schemas["search_clauses"]["limit"]["maximum"]) == (1, 20)
    assert schemas["get_measure"]["number"]["minimum"] == 1
    assert schemas["calculate"]["inputs"]["maxProperties"] == 50
    assert schemas["calculate"]["inputs"]["additionalProperties"] == {"maxLength": 1000, "type": "string"}


async def test_the_server_says_where_amounts_come_from(client: Client) -> None:
    instructions = client.session.instructions if client.session else ""

    assert instructions
    assert "`calculate` or `ask`" in instructions
    assert "Cite the clauses" in instructions


@pytest.mark.parametrize(("name", "arguments"), CALLS, ids=lambda each: each if isinstance(each, str) else "")
async def test_a_result_carries_clauses_word_for_word(
    app: App, client: Client, name: str, arguments: dict[str, Any]
) -> None:
    clauses = app.library.main.policy.clauses
    found = list(quoted(content(await client.call_tool(name, arguments))))

    assert found
    for each in found:
        assert each["quote"] in clauses[each["id"]].text
        assert each["quote"] in app.library.main.policy.source
        assert each["label"] == app.library.main.label(clauses[each["id"]])


async def test_amounts_are_those_of_the_desk(app: App, client: Client) -> None:
    cases = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    toolkit = Toolkit(app.desk)
    for case in cases[::7]:
        arguments = {"benefit": case["benefit"], "inputs": case["inputs"]}
        expected = toolkit.calculate(**arguments)
        assert content(await client.call_tool("calculate", arguments)) == json.loads(expected.model_dump_json())


@pytest.mark.parametrize("text", [QUESTION, HOSTILE, "", "能补贴买房吗", "博士后每人每年多少"])
async def test_ask_gives_what_the_chat_gives(app: App, client: Client, text: str) -> None:
    turn = app.desk.respond(Conversation(), text, as_of=DAY)
    reply = reply_of(turn, "", app.library.main.benefits)
    answer = content(await client.call_tool("ask", {"text": text}))

    assert AskReply(**answer) == reply
    assert "9000万" not in json.dumps([answer["calculations"], answer["total"]], ensure_ascii=False)


async def test_personal_numbers_are_masked(client: Client) -> None:
    answer = content(await client.call_tool("ask", {"text": QUESTION + "电话13912345678"}))

    assert answer["total"] == {"amount": 1_100_000, "bound": "at_most"}
    assert "13912345678" not in json.dumps(answer)


async def test_each_ask_stands_alone(client: Client) -> None:
    await client.call_tool("ask", {"text": "研发费用今年1200万，能补多少？"})
    answer = content(await client.call_tool("ask", {"text": "去年900万"}))

    assert (answer["turn"], answer["calculations"]) == (1, [])


@pytest.mark.parametrize(
    ("name", "arguments", "field", "right"),
    [
        ("ask", {}, "text", "Field required"),
        ("ask", {"text": None}, "text", "valid string"),
        ("ask", {"text": "研" * 4001}, "text", "at most 4000 characters"),
        ("ask", {"text": QUESTION, "as_of": "2026-02-30"}, "as_of", "YYYY-MM-DD"),
        ("ask", {"text": QUESTION, "as_of": "20260230"}, "as_of", "YYYY-MM-DD"),
        ("ask", {"text": QUESTION, "as_of": 1}, "as_of", "YYYY-MM-DD"),
        ("ask", {"text": QUESTION, "asof": "2026-02-01"}, "asof", "not permitted"),
        ("get_measure", {"number": 99}, "number", "1 to 12"),
        ("get_measure", {"number": 0}, "number", "greater than or equal to 1"),
        ("get_measure", {"number": "seven"}, "number", "valid integer"),
        ("calculate", {"benefit": "rd_subsid"}, "benefit", "did you mean rd_subsidy?"),
        ("calculate", {"benefit": "rd_subsidy", "inputs": {"x": "1"}}, "inputs.x", "it reads rd_expense"),
        ("calculate", {"benefit": "rd_subsidy", "inputs": {"rd_expense": 12}}, "inputs.rd_expense", "valid string"),
        ("calculate", {"benefit": "rd_subsidy", "inputs": {"rd_expense": "abc"}}, "inputs.rd_expense", "12000000"),
        ("calculate", {"benefit": "rd_subsidy", "inputs": "abc"}, "inputs", "valid dictionary"),
        ("calculate", {"benefit": "rd_subsidy", "inputs": {str(n): "1" for n in range(51)}}, "inputs", "at most 50"),
        ("search_clauses", {"query": ""}, "query", "at least 1 character"),
        ("search_clauses", {"query": "　"}, "query", "is empty"),
        ("search_clauses", {"query": "研发", "limit": 21}, "limit", "less than or equal to 20"),
    ],
)
async def test_a_bad_argument_is_named_with_what_would_be_right(
    client: Client, name: str, arguments: dict[str, Any], field: str, right: str
) -> None:
    result = await client.call_tool(name, arguments)

    assert result.is_error
    assert field in told(result)
    assert right in told(result)
    assert content(await client.call_tool("calculate", CASE))["amount"] == 600_000


async def test_a_tool_that_is_not_there_is_told(client: Client) -> None:
    result = await client.call_tool("delete_everything", {})

    assert result.is_error
    assert "delete_everything" in told(result)


async def test_the_measures_read_as_the_document_prints_them(app: App, client: Client) -> None:
    policy = app.library.main.policy
    for number, measure in policy.measures.items():
        (read,) = (await client.read_resource(f"{BASE}/measures/{number}")).contents
        text = read.text  # type: ignore[union-attr]  # a text, or the test fails
        assert read.mime_type == "text/plain"
        assert text in policy.source
        assert all(clause.text in text for clause in measure.clauses)
        others = [m for m in policy.measures.values() if m.number != number]
        assert not any(clause.text in text for other in others for clause in other.clauses)


async def test_the_document_reads_as_it_is_printed(app: App, client: Client) -> None:
    (read,) = (await client.read_resource(f"{BASE}/text")).contents

    assert read.text == app.library.main.policy.source  # type: ignore[union-attr]  # a text, or the test fails


async def test_the_list_of_measures_leads_to_each(app: App, client: Client) -> None:
    (read,) = (await client.read_resource(f"{BASE}/measures")).contents
    listed = json.loads(read.text)  # type: ignore[union-attr]  # a text, or the test fails
    resources = {resource.uri for resource in (await client.list_resources()).resources}

    assert [each["number"] for each in listed] == list(app.library.main.policy.measures)
    assert [each["title"] for each in listed] == [m.title for m in app.library.main.policy.measures.values()]
    assert resources == {f"{BASE}/text", f"{BASE}/measures", *(each["uri"] for each in listed)}


@pytest.mark.parametrize(
    ("uri", "right"),
    [
        (f"{BASE}/measures/13", "xiamen-sti-measures has 1 to 12"),
        (f"{BASE}/measures/..%2F..%2Fetc", "luce://policy"),
        ("luce://policy/other/measures/1", "no measure 1 of other"),
        ("file:///etc/passwd", "file:///etc/passwd"),
    ],
)
async def test_what_is_not_there_cannot_be_read(client: Client, uri: str, right: str) -> None:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)

    assert right in str(caught.value)


async def test_many_calls_at_once_are_each_answered(app: App, client: Client) -> None:
    toolkit = Toolkit(app.desk)
    inputs = [{"rd_expense": f"{n}万", "rd_expense_previous": "100万"} for n in range(250, 1050, 20)]

    results = await asyncio.gather(
        *(client.call_tool("calculate", {"benefit": "rd_subsidy", "inputs": each}) for each in inputs)
    )

    assert [content(r)["amount"] for r in results] == [toolkit.calculate("rd_subsidy", each).amount for each in inputs]


async def test_a_mishap_of_the_desk_tells_nothing_of_it(app: App, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        """A desk whose index is gone."""

        dossier, calculator = app.library.main, app.calculator

        @property
        def retriever(self) -> Any:
            raise IndexUnavailable(PLACE)

        def respond(self, _conversation: Conversation, message: str, **_day: Any) -> Any:
            raise RuntimeError(f"failed over {message}")

    broken: Any = Broken()
    with caplog.at_level(logging.INFO):
        async with Client(make_server(replace(app, desk=broken), lambda: DAY)) as client:
            searched = await client.call_tool("search_clauses", {"query": "研发"})
            asked = await client.call_tool("ask", {"text": "我的秘密"})
            measure = content(await client.call_tool("get_measure", {"number": 1}))

    assert searched.is_error
    assert asked.is_error
    assert measure["number"] == 1
    for kept in (PLACE, "我的秘密"):
        assert kept not in told(searched) + told(asked)
        assert kept not in caplog.text
    assert "search_clauses failed by IndexUnavailable" in caplog.text
