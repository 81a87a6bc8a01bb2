"""The chat model for agents: the same limits, and nothing is reported to anybody."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.llm.model import LanguageModel, ModelFailed
from tests.bot.llm.scripted import KEY, Reply, calling, in_order, scripted

ROOT = Path(__file__).parents[3]
MOBILE = "13800138000"


def agent_of(model: LanguageModel) -> Any:
    """An agent with one tool, which tells a number of a person."""
    from langchain.agents import create_agent
    from langchain_core.tools import tool

    @tool
    def look_up(name: str) -> str:
        """Look a person up."""
        return json.dumps({"name": name, "phone": int(MOBILE), "investment": 2_000_000})

    return create_agent(model.chat_model(), [look_up], system_prompt="你是咨询台")


def asked(text: str) -> dict[str, Any]:
    return {"messages": [("human", text)]}


def test_an_agent_calls_a_tool_and_answers() -> None:
    with scripted(in_order(calling("look_up", name="王"), "查到了")) as endpoint:
        model = endpoint.model()
        with model.turn():
            final = agent_of(model).invoke(asked(f"查{MOBILE}"))["messages"][-1]

    first, second = endpoint.requests
    assert final.content == "查到了"
    assert first.body["tools"][0]["function"]["name"] == "look_up"
    assert [message["role"] for message in second.body["messages"]] == ["system", "user", "assistant", "tool"]
    assert model.events == {"answered": 2}


def test_numbers_in_what_tools_return_never_reach_the_wire() -> None:
    with scripted(in_order(calling("look_up", name=MOBILE), "查到了")) as endpoint:
        agent_of(endpoint.model()).invoke(asked(f"查{MOBILE}"))

    wire = b"".join(endpoint.wire)
    assert MOBILE.encode() not in wire
    assert json.loads(endpoint.requests[1].body["messages"][-1]["content"])["investment"] == 2_000_000
    assert wire.count(KEY.encode()) == len(endpoint.requests)


@pytest.mark.anyio
async def test_a_coroutine_goes_the_same_way() -> None:
    with scripted(in_order(calling("look_up", name="王"), "查到了")) as endpoint:
        model = endpoint.model()
        final = await asyncio.wait_for(agent_of(model).ainvoke(asked(f"查{MOBILE}")), 20)

    assert final["messages"][-1].content == "查到了"
    assert MOBILE.encode() not in b"".join(endpoint.wire)
    assert model.events == {"answered": 2}


def test_what_is_asked_for_as_a_stream_is_sent_as_a_whole() -> None:
    with scripted(in_order("您好")) as endpoint:
        chunks = list(endpoint.model().chat_model().stream("你好"))

    assert "".join(str(chunk.content) for chunk in chunks) == "您好"
    assert not endpoint.requests[0].body.get("stream")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=401), "status"),
        (Reply(fault="hang"), "timeout"),
        (Reply(fault="flood"), "too_large"),
        (Reply(fault="broken_json"), "malformed"),
        (Reply("好", finish="length"), "too_large"),
        (Reply(refusal="no"), "refused"),
        (Reply(""), "malformed"),
    ],
)
def test_an_agent_fails_with_the_reason(reply: Reply, reason: str) -> None:
    with scripted(in_order(calling("look_up", name="王"), reply)) as endpoint:
        model = endpoint.model(seconds=0.3)
        with pytest.raises(ModelFailed) as failure:
            agent_of(model).invoke(asked("查"))

    assert failure.value.reason == reason
    assert model.events == {"answered": 1, reason: 1}


def test_an_agent_that_never_ends_runs_out_of_the_tokens_of_its_turn() -> None:
    with scripted(in_order(calling("look_up", name="王"))) as endpoint:
        model = endpoint.model(turn_tokens=1500)
        with model.turn(), pytest.raises(ModelFailed) as failure:
            agent_of(model).invoke(asked("查"))

    assert failure.value.reason == "budget"
    assert len(endpoint.requests) < 20


def test_tokens_are_counted_without_fetching_anything() -> None:
    with scripted(in_order("您好")) as endpoint:
        chat = endpoint.model().chat_model()
        from langchain_core.messages import HumanMessage

        assert chat.get_num_tokens("研发费用") == 4
        assert chat.get_num_tokens_from_messages([HumanMessage("研发"), HumanMessage("费用")]) == 4


TRACED = """
import sys
from langchain_core.tracers.langchain import wait_for_all_tracers
from tests.bot.llm.scripted import in_order, calling, scripted
from tests.bot.llm.test_chat_model import agent_of, asked

with scripted(in_order(calling("look_up", name="Wang"), "Hello")) as endpoint:
    model = endpoint.model()
    if sys.argv[1] == "on":
        import langsmith
        langsmith.configure(enabled=True)
    agent_of(model).invoke(asked("hello"))
    model.chat_model().invoke("hello")
    if sys.argv[1] == "off":
        model.say("system", "hello")
wait_for_all_tracers()
"""


@pytest.mark.parametrize(("switch", "reports"), [("off", False), ("on", True)])
def test_nothing_is_traced_whatever_the_environment_says(tmp_path: Path, switch: str, reports: bool) -> None:
    """With tracing turned on again the same script reports, so the silence is not that of a broken report."""
    with scripted(in_order("not a tracer")) as tracer:
        told = {"TRACING": "true", "TRACING_V2": "true", "API_KEY": "lsv2-key", "ENDPOINT": tracer.url}
        environ = {f"{prefix}_{name}": value for prefix in ("LANGSMITH", "LANGCHAIN") for name, value in told.items()}
        run = subprocess.run(
            [sys.executable, "-c", TRACED, switch],
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), **environ},
            cwd=ROOT,
            capture_output=True,
            timeout=60,
            check=False,
        )

    assert run.returncode == 0, run.stderr.decode()
    assert bool(tracer.connections) is reports


def test_importing_the_model_loads_nothing_heavy(tmp_path: Path) -> None:
    heavy = ("langchain", "langchain_core", "langchain_openai", "openai", "langsmith", "httpx2", "httpcore2")
    script = f"import sys, bot.app, bot.llm.model; print([n for n in {heavy!r} if n in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=True,
    )

    assert run.stdout.strip() == b"[]"
