"""The contract: every reply as a JSON object of the agreed shape."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from bot.app import App
from bot.nlg.turn import Conversation
from bot.service.contract import AskReply, AskRequest, reply_of

DAY = date(2026, 11, 23)
SUM = "今年研发费用1200万，去年900万，能补多少"
MESSAGES = {
    SUM: "answered",
    "今年研发费用150万，去年100万，能补多少": "answered",
    "今年研发费用600万，去年没有研发，能补多少": "answered",
    "研发补助要拿满500万，至少花多少": "answered",
    "联合实验室非财政资金投入1234567.80元，能补多少": "answered",
    "联合实验室非财政资金投入800万，再加上博士后3名2年，一共多少": "answered",
    "联合实验室怎么支持": "answered",
    "有效期几年": "answered",
    "哪些措施给钱": "answered",
    "帮我算研发补助": "needs_input",
    "今年研发费用1200万，能补多少": "needs_input",
    "今年研发一千来万，去年900万，能补多少": "needs_input",
    "联合实验室要交什么材料": "not_covered",
    "深圳的研发补助": "not_covered",
    "你好": "greeting",
    "": "greeting",
}
FIELDS = {
    "": {"session", "turn", "outcome", "text", "citations", "calculations", "total", "missing"},
    "citations": {"policy", "measure", "heading", "clause", "quote"},
    "calculations": {"benefit", "title", "eligible", "amount", "bound", "steps", "reason"},
    "steps": {"label", "expression", "value", "clauses"},
    "total": {"amount", "bound"},
}
Asked = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def asked(app: App) -> Asked:
    """The reply to one message as the JSON object that goes out."""

    def ask(message: str) -> dict[str, Any]:
        turn = app.desk.respond(Conversation(), message, as_of=DAY)
        reply = reply_of(turn, "s1", dict(app.library.main.benefits))
        parsed: dict[str, Any] = json.loads(reply.model_dump_json())
        return parsed

    return ask


@pytest.mark.parametrize(("message", "outcome"), MESSAGES.items())
def test_every_reply_has_the_fields_of_the_contract(asked: Asked, message: str, outcome: str) -> None:
    reply = asked(message)

    assert reply["outcome"] == outcome
    assert reply.keys() == FIELDS[""]
    assert (reply["session"], reply["turn"]) == ("s1", 1)
    assert all(citation.keys() == FIELDS["citations"] for citation in reply["citations"])
    assert all(calculation.keys() == FIELDS["calculations"] for calculation in reply["calculations"])
    assert all(step.keys() == FIELDS["steps"] for c in reply["calculations"] for step in c["steps"])
    assert reply["total"] is None or reply["total"].keys() == FIELDS["total"]


@pytest.mark.parametrize("message", MESSAGES)
def test_values_have_the_types_of_the_contract(asked: Asked, message: str) -> None:
    reply = asked(message)

    assert reply["text"]
    assert all(isinstance(missing, str) and missing for missing in reply["missing"])
    for calculation in reply["calculations"]:
        assert calculation["eligible"] in (True, False, None)
        assert calculation["bound"] in ("exact", "at_most", "unspecified")
        assert (calculation["amount"] is not None) == (calculation["eligible"] is True)
        assert (calculation["reason"] is not None) == (calculation["eligible"] is not True)
        assert isinstance(calculation["amount"], int | str | None)


@pytest.mark.parametrize("message", MESSAGES)
def test_every_quote_is_verbatim_and_stands_in_the_text(app: App, asked: Asked, message: str) -> None:
    reply, dossier = asked(message), app.library.main
    document = (dossier.folder / "text.txt").read_text(encoding="utf-8")

    for citation in reply["citations"]:
        clause = dossier.policy.clauses[citation["clause"]]
        assert citation["quote"] in clause.text
        assert citation["quote"] in document
        assert citation["quote"] in reply["text"]
        assert (citation["policy"], citation["measure"]) == (dossier.policy.id, clause.measure)
        assert citation["heading"] in document


@pytest.mark.parametrize("message", MESSAGES)
def test_clauses_of_steps_exist_and_amounts_are_in_steps(app: App, asked: Asked, message: str) -> None:
    reply = asked(message)

    for calculation in reply["calculations"]:
        assert calculation["benefit"] in app.library.main.benefits
        assert calculation["title"] == app.library.main.benefits[calculation["benefit"]].title
        clauses = [clause for step in calculation["steps"] for clause in step["clauses"]]
        assert set(clauses) <= app.library.main.policy.clauses.keys()
        assert clauses or not calculation["eligible"]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_total_is_the_sum_of_what_is_due_and_as_loose_as_its_loosest_part(asked: Asked, message: str) -> None:
    reply = asked(message)
    due = [c for c in reply["calculations"] if c["amount"] is not None]

    if reply["total"] is None:
        assert due == []
    else:
        assert Decimal(reply["total"]["amount"]) == sum(Decimal(c["amount"]) for c in due)
        assert reply["total"]["bound"] == ("at_most" if {"at_most"} & {c["bound"] for c in due} else "exact")


def test_fen_are_a_decimal_string_and_whole_yuan_an_integer(asked: Asked) -> None:
    fen = asked("联合实验室非财政资金投入1234567.80元，能补多少")["calculations"][0]
    whole = asked(SUM)["calculations"][0]

    assert fen["amount"] == "123456.78"
    assert whole["amount"] == 600_000


def test_the_example_of_the_contract(asked: Asked) -> None:
    reply = asked(SUM)

    assert [(c["benefit"], c["amount"], c["bound"]) for c in reply["calculations"]] == [
        ("rd_subsidy", 600_000, "exact"),
        ("rd_growth_bonus", 500_000, "at_most"),
    ]
    assert reply["total"] == {"amount": 1_100_000, "bound": "at_most"}
    assert "xiamen-sti-measures/7.2" in [citation["clause"] for citation in reply["citations"]]


def test_what_is_missing_is_named_and_asked_for(asked: Asked) -> None:
    reply = asked("帮我算研发补助")

    assert reply["missing"] == ["本年度自主研发费用", "上年度自主研发费用"]
    assert "？" in reply["text"]


def test_a_refusal_cites_the_contact_and_computes_nothing(asked: Asked) -> None:
    reply = asked("联合实验室要交什么材料")

    assert reply["citations"][-1]["clause"].endswith("/s5.1")
    assert (reply["calculations"], reply["total"], reply["missing"]) == ([], None, [])


def test_a_greeting_cites_nothing(asked: Asked) -> None:
    reply = asked("你好")

    assert (reply["citations"], reply["calculations"], reply["total"]) == ([], [], None)


def test_a_reply_reads_back_as_itself(app: App) -> None:
    turn = app.desk.respond(Conversation(), SUM, as_of=DAY)
    reply = reply_of(turn, "s1", dict(app.library.main.benefits))

    assert AskReply.model_validate_json(reply.model_dump_json()) == reply


def test_a_request_needs_no_more_than_a_text() -> None:
    request = AskRequest.model_validate_json('{"text": "你好"}')

    assert (request.session, request.text, request.as_of) == ("", "你好", None)


def test_a_request_may_name_its_day() -> None:
    request = AskRequest.model_validate_json('{"session": "a", "text": "b", "as_of": "2026-01-31"}')

    assert request.as_of == date(2026, 1, 31)


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        '{"session": "a"}',
        '{"text": 3}',
        '{"text": null}',
        '{"text": "a", "session": 3}',
        '{"text": "a", "as_of": "yesterday"}',
        '{"text": "a", "as_of": "2026-02-30"}',
        "[]",
        '"text"',
        "text",
        json.dumps({"text": "a", "session": "s" * 501}),
    ],
)
def test_what_is_no_request_is_refused(line: str) -> None:
    with pytest.raises(ValidationError):
        AskRequest.model_validate_json(line)
