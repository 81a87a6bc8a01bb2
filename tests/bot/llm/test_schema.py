"""What goes over the wire: numbers of persons are covered, and of a response only what is understood is left."""

import json

import pytest

from bot.llm.errors import ModelFailed
from bot.llm.schema import Completion, completion, masked
from bot.records.masking import COVERS_ALL, Masking

MOBILE, IDENTITY = "13800138000", "11010519491231002X"


def message(role: str, content: object, **more: object) -> dict[str, object]:
    return {"role": role, "content": content, **more}


@pytest.mark.parametrize("role", ["user", "assistant", "tool", "function", "other"])
def test_every_message_but_our_own_is_masked(role: str) -> None:
    sent = masked({"messages": [message(role, f"电话{MOBILE}，身份证{IDENTITY}，200万元")]}, COVERS_ALL)

    assert sent["messages"][0]["content"] == f"电话{'●' * 11}，身份证{'●' * 18}，200万元"


@pytest.mark.parametrize("role", ["system", "developer"])
def test_our_own_instructions_are_sent_as_they_are(role: str) -> None:
    body = {"messages": [message(role, f"窗口电话{MOBILE}")]}

    assert masked(body, COVERS_ALL) == body


def test_numbers_that_offices_print_are_left() -> None:
    masking = Masking().beside("咨询电话：0592-2028151")

    assert masked({"messages": [message("user", "0592-2028151")]}, masking)["messages"][0]["content"] == "0592-2028151"


def test_parts_of_a_message_and_calls_of_tools_are_masked_and_stay_json() -> None:
    arguments = json.dumps({"phone": MOBILE, "number": int(MOBILE), "sum": 2_000_000, "on": True}, ensure_ascii=False)
    call = {"id": "c", "type": "function", "function": {"name": "ask", "arguments": arguments}}
    parts = [{"type": "text", "text": MOBILE}]
    body = {"messages": [message("user", parts), message("assistant", None, tool_calls=[call])]}

    first, second = masked(body, COVERS_ALL)["messages"]

    assert first["content"] == [{"type": "text", "text": "●" * 11}]
    covered = json.loads(second["tool_calls"][0]["function"]["arguments"])
    assert covered == {"phone": "●" * 11, "number": "●" * 11, "sum": 2_000_000, "on": True}
    assert MOBILE not in json.dumps(masked(body, COVERS_ALL))


def test_the_result_of_a_tool_that_is_json_stays_json() -> None:
    sent = masked({"messages": [message("tool", json.dumps({"phone": int(MOBILE)}))]}, COVERS_ALL)

    assert json.loads(sent["messages"][0]["content"]) == {"phone": "●" * 11}


def test_json_that_is_cut_off_is_masked_all_the_same() -> None:
    sent = masked({"messages": [message("tool", f'{{"phone": {MOBILE}')]}, COVERS_ALL)

    assert MOBILE not in sent["messages"][0]["content"]


def answered(content: object = "好", finish: object = "stop", **more: object) -> bytes:
    choice = {"message": {"role": "assistant", "content": content, **more}, "finish_reason": finish}
    return json.dumps({"choices": [choice], "model": "x", "junk": [1]}).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"\xff\xfe",
        b'{"choices": []}',
        b'{"choices": [{}]}',
        b'{"choices": [{"message": null}]}',
        b'{"error": {"message": "no"}}',
        b"[" * 100_000,
        answered(content=7),
        answered(content=[{"type": "text"}]),
        answered(content="\ud800"),
        answered(tool_calls=[{"function": {"arguments": "{}"}}]),
        answered(tool_calls=["ask"]),
    ],
    ids=range(15),
)
def test_what_is_no_completion_is_malformed(raw: bytes) -> None:
    with pytest.raises(ModelFailed) as failure:
        completion(raw)

    assert failure.value.reason == "malformed"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (answered(None), "malformed"),
        (answered(" \n"), "malformed"),
        (answered("<think>long</think>"), "malformed"),
        (answered("好", "length"), "too_large"),
        (answered("好", "content_filter"), "refused"),
        (answered(None, refusal="I cannot"), "refused"),
    ],
)
def test_an_answer_that_cannot_be_used_fails(raw: bytes, reason: str) -> None:
    with pytest.raises(ModelFailed) as failure:
        completion(raw).check()

    assert failure.value.reason == reason


def test_a_thought_before_the_answer_is_left_out() -> None:
    assert completion(answered("<think>\n400万？\n</think>\n\n好")).text == "好"


def test_only_what_is_understood_is_passed_on() -> None:
    call = {"id": "", "type": "function", "function": {"name": "ask", "arguments": {"text": "好"}}, "extra": 1}
    body = completion(answered(None, "odd", tool_calls=[call], reasoning_content="x")).body()

    assert set(body) == {"id", "object", "created", "model", "choices"}
    made = body["choices"][0]["message"]["tool_calls"][0]
    assert (made["id"], json.loads(made["function"]["arguments"])) == ("call_0", {"text": "好"})


@pytest.mark.parametrize(
    ("usage", "spent"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4}, 7),
        ({"prompt_tokens": 0, "completion_tokens": 4}, None),
        ({"prompt_tokens": -5, "completion_tokens": 4}, None),
        ({"prompt_tokens": "3", "completion_tokens": 4}, None),
        ({}, None),
        (None, None),
        ("many", None),
    ],
)
def test_usage_that_makes_no_sense_is_no_usage(usage: object, spent: int | None) -> None:
    assert Completion.model_validate({"choices": [{"message": {"content": "好"}}], "usage": usage}).spent == spent
