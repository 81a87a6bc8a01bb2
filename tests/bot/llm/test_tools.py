"""The desk as tools and retriever of LangChain: typed, exact, and each result with its clauses."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from bot.app import App
from bot.llm.claim_support import ClaimSupport
from bot.llm.tools import ClauseRetriever, desk_tools
from bot.tools.toolkit import AskResult, Benefits, CalculationResult, Found, MeasureText, Toolkit

DAY = date(2026, 3, 2)
ENQUIRY = "今年自主研发费用1200万元，去年900万元，能补多少？国际科技合作基地考核评估为良，奖励多少？"


@pytest.fixture(scope="module")
def toolkit(app: App) -> Toolkit:
    return Toolkit(app.desk, today=lambda: DAY)


@pytest.fixture(scope="module")
def tools(toolkit: Toolkit) -> Mapping[str, BaseTool]:
    return {tool.name: tool for tool in desk_tools(toolkit)}


@pytest.fixture(scope="module")
def warded(app: App, toolkit: Toolkit) -> Mapping[str, BaseTool]:
    return {tool.name: tool for tool in desk_tools(toolkit, warden=ClaimSupport(app.desk, ENQUIRY, DAY))}


def call(tool: BaseTool, **arguments: Any) -> ToolMessage:
    message = tool.invoke({"type": "tool_call", "id": "1", "name": tool.name, "args": arguments})
    assert isinstance(message, ToolMessage)
    return message


def test_the_tools_are_those_of_the_toolbox(tools: Mapping[str, BaseTool]) -> None:
    assert list(tools) == ["search_clauses", "get_measure", "list_benefits", "calculate", "ask"]
    assert all(tool.description for tool in tools.values())


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("search_clauses", {"query": "研发费用补助"}, Found),
        ("get_measure", {"number": 7}, MeasureText),
        ("list_benefits", {}, Benefits),
        ("calculate", {"benefit": "joint_lab", "lab_nonfiscal": "800万元"}, CalculationResult),
        ("ask", {"text": "研发费用补助怎么算？"}, AskResult),
    ],
)
def test_every_result_keeps_its_value_and_its_clauses(
    name: str, arguments: dict[str, Any], kind: type, tools: Mapping[str, BaseTool], app: App
) -> None:
    message = call(tools[name], **arguments)

    assert message.status == "success"
    result: Any = message.artifact
    assert type(result).__name__ == kind.__name__
    clauses = result.clauses
    assert clauses
    assert all(app.library.main.policy.clauses[each.id].text == each.quote for each in clauses)
    assert clauses[0].id in str(message.content)
    assert isinstance(json.loads(str(message.content)), dict)


def test_a_calculation_is_given_as_the_person_wrote_it_and_is_exact(tools: Mapping[str, BaseTool]) -> None:
    result = call(
        tools["calculate"], benefit="rd_subsidy", rd_expense="一千二百万", rd_expense_previous="900w"
    ).artifact

    assert (result.amount, result.bound, result.eligible) == (600_000, "exact", True)


def test_what_is_null_was_not_given(tools: Mapping[str, BaseTool]) -> None:
    result = call(tools["calculate"], benefit="rd_subsidy", rd_expense="1200万", headcount=None).artifact

    assert [slot.id for slot in result.missing] == ["rd_expense_previous"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"benefit": "rd_subsidy", "rd_expense": 12_000_000}, "rd_expense"),
        ({"benefit": "rd_subsidy", "rd_expense": 1.2e7}, "rd_expense"),
        ({"benefit": "free_money"}, "benefit"),
        ({"benefit": "rd_subsidy", "bribe": "1万"}, "bribe"),
        ({"benefit": "rd_subsidy", "headcount": "3"}, "headcount"),
        ({"benefit": "rd_subsidy", "rd_expense": "很多"}, "rd_expense"),
        ({"benefit": "intl_base_assessment", "assessment_grade": "中"}, "assessment_grade"),
        ({}, "benefit"),
    ],
)
def test_a_call_that_cannot_be_used_is_told_to_the_model(
    arguments: dict[str, Any], problem: str, tools: Mapping[str, BaseTool]
) -> None:
    message = call(tools["calculate"], **arguments)

    assert message.status == "error"
    assert message.artifact is None
    assert problem in str(message.content)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("get_measure", {"number": 13}), ("search_clauses", {"query": " "}), ("ask", {"text": "长" * 4001})],
)
def test_what_the_toolbox_declines_is_an_error_for_the_model(
    name: str, arguments: dict[str, Any], tools: Mapping[str, BaseTool]
) -> None:
    assert call(tools[name], **arguments).status == "error"


def test_a_model_is_shown_every_benefit_and_every_slot_by_name(tools: Mapping[str, BaseTool], app: App) -> None:
    parameters = convert_to_openai_tool(tools["calculate"])["function"]["parameters"]
    dossier = app.library.main

    assert parameters["properties"]["benefit"]["enum"] == list(dossier.benefits)
    assert set(parameters["properties"]) == {"benefit", *dossier.slots}
    assert parameters["required"] == ["benefit"]
    assert {each.get("type") for each in parameters["properties"].values()} == {"string"}
    assert parameters["properties"]["assessment_grade"]["enum"] == ["优", "良"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"benefit": "rd_subsidy", "rd_expense": "1200万元", "rd_expense_previous": "900万元"},
        {"benefit": "rd_subsidy", "rd_expense": "一千二百万", "rd_expense_previous": "9000000"},
        {"benefit": "rd_subsidy", "rd_expense": "1200万元"},
        {"benefit": "intl_base_assessment", "assessment_grade": "良", "base_count": "1"},
    ],
)
def test_numbers_that_the_person_said_are_calculated(arguments: dict[str, Any], warded: Mapping[str, BaseTool]) -> None:
    assert call(warded["calculate"], **arguments).status == "success"


@pytest.mark.parametrize(
    "arguments",
    [
        {"benefit": "rd_subsidy", "rd_expense": "1300万元", "rd_expense_previous": "900万元"},
        {"benefit": "rd_subsidy", "rd_expense": "1200", "rd_expense_previous": "900"},
        {"benefit": "rd_subsidy", "rd_expense": "900万元", "rd_expense_previous": "1200万元"},
        {"benefit": "joint_lab", "lab_nonfiscal": "1200万元"},
        {"benefit": "intl_base_assessment", "assessment_grade": "优"},
        {"benefit": "intl_base_assessment", "assessment_grade": "良", "base_count": "2"},
        {"benefit": "national_platform"},
    ],
)
def test_numbers_that_the_person_did_not_say_or_meant_otherwise_are_not_calculated(
    arguments: dict[str, Any], warded: Mapping[str, BaseTool]
) -> None:
    message = call(warded["calculate"], **arguments)

    assert (message.status, message.artifact) == ("error", None)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("今年自主研发费用1200万元，去年900万元，能补多少？", "success"),
        ("联合实验室怎么补？", "success"),
        ("今年自主研发费用1300万元，去年900万元，能补多少？", "error"),
        ("去年900万元，能补多少？", "error"),
    ],
)
def test_only_whole_sentences_of_the_person_or_words_without_numbers_are_asked(
    text: str, status: str, warded: Mapping[str, BaseTool]
) -> None:
    assert call(warded["ask"], text=text).status == status


def test_a_retriever_gives_clauses_verbatim_with_id_and_place(toolkit: Toolkit, app: App) -> None:
    documents = ClauseRetriever(toolkit=toolkit, limit=3).invoke("博士后生活补助")

    assert len(documents) == 3
    first = documents[0]
    clause = app.library.main.policy.clauses[str(first.metadata["id"])]
    assert first.page_content == first.metadata["quote"] == clause.text
    assert first.metadata["label"] == app.library.main.label(clause)
    assert first.metadata["id"] == first.id == "xiamen-sti-measures/12.3"


def test_a_retriever_finds_nothing_where_the_document_says_nothing(toolkit: Toolkit) -> None:
    assert ClauseRetriever(toolkit=toolkit).invoke("哈哈哈哈") == []
