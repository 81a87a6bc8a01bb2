"""The language model against a real server: what goes out, what comes back, and each way to fail."""

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from bot.llm.breaker import REST
from bot.llm.clocks import CHINA, Clocks
from bot.llm.model import LanguageModel, ModelFailed, open_model
from bot.records.masking import COVERS_ALL
from bot.settings import Settings
from tests.bot.llm.asking import Time, by_turns, failure_of
from tests.bot.llm.scripted import KEY, Endpoint, Reply, Request, in_order, scripted, usage_of

MOBILE, IDENTITY = "13800138000", "11010519491231002X"


@pytest.fixture
def good() -> Iterator[Endpoint]:
    """A server that always answers well."""
    with scripted(in_order("您好")) as endpoint:
        yield endpoint


class Form(BaseModel):
    """A form."""

    years: int


class TestSaying:
    def test_the_text_comes_back(self, good: Endpoint) -> None:
        model = good.model()

        assert model.say("你是咨询台", "你好") == "您好"
        assert model.events == {"answered": 1}
        (request,) = good.requests
        assert request.path == "/v1/chat/completions"
        assert [(each["role"], each["content"]) for each in request.body["messages"]] == [
            ("system", "你是咨询台"),
            ("user", "你好"),
        ]
        assert (request.body["model"], request.body["temperature"]) == ("scripted", 0)
        assert 0 < request.body["max_tokens"] <= 4000

    def test_numbers_of_a_person_never_reach_the_wire(self, good: Endpoint) -> None:
        good.model().say("system", f"我的电话是{MOBILE}，身份证{IDENTITY}，研发投入200万元")

        assert MOBILE.encode() not in b"".join(good.wire)
        assert IDENTITY.encode() not in b"".join(good.wire)
        assert "研发投入200万元" in good.requests[0].said

    def test_the_key_is_in_its_header_and_nowhere_else(self, good: Endpoint) -> None:
        model = good.model()
        model.say("system", "你好")

        assert good.requests[0].headers["Authorization"] == f"Bearer {KEY}"
        assert b"".join(good.wire).count(KEY.encode()) == 1
        assert KEY not in repr(vars(model)) + repr(good.settings) + repr(model.chat_model())

    def test_without_a_key_none_is_sent(self, good: Endpoint) -> None:
        good.model(key=SecretStr("")).say("system", "你好")

        assert "Authorization" not in good.requests[0].headers

    def test_nothing_of_this_machine_is_told(self, good: Endpoint) -> None:
        good.model().say("system", "你好")

        assert set(good.requests[0].headers) == {
            *("Host", "Content-Type", "User-Agent", "Accept", "Accept-Encoding", "Authorization", "Content-Length"),
        }

    def test_half_a_character_does_no_harm(self, good: Endpoint) -> None:
        assert good.model().say("system\ud800", "你好\udfff") == "您好"

    def test_nothing_is_logged_of_what_is_said(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        with scripted(in_order("秘密的答复", Reply("秘密的答复", finish="length"))) as endpoint:
            model = endpoint.model()
            model.say("系统", "秘密的问题")
            failure_of(model)

        logged = [record for record in caplog.records if not record.name.startswith("asyncio")]
        assert [record.getMessage().split(" after ")[0] for record in logged] == ["language model: too_large"]
        assert KEY not in caplog.text

    def test_threads_share_a_model(self, good: Endpoint) -> None:
        model = good.model()

        with ThreadPoolExecutor(8) as threads:
            said = list(threads.map(lambda number: model.say("system", str(number)), range(40)))

        assert said == ["您好"] * 40
        assert model.events == {"answered": 40}


FAILING: dict[str, tuple[Reply, str, int]] = {
    "hangs": (Reply(fault="hang"), "timeout", 1),
    "drips": (Reply(fault="drip"), "timeout", 1),
    "drips its headers": (Reply(fault="drip_headers"), "timeout", 1),
    "floods": (Reply(fault="flood"), "too_large", 1),
    "sends too much text": (Reply("好" * 100_000), "too_large", 1),
    "breaks its JSON": (Reply(fault="broken_json"), "malformed", 1),
    "gives no choice": (Reply(fault="no_choices"), "malformed", 1),
    "sends a page": (Reply(body="<html>login</html>"), "malformed", 1),
    "says nothing": (Reply(""), "malformed", 1),
    "says null": (Reply(None), "malformed", 1),
    "declines": (Reply(refusal="I cannot help"), "refused", 1),
    "is filtered": (Reply("好", finish="content_filter"), "refused", 1),
    "is cut short": (Reply("好", finish="length"), "too_large", 1),
    "knows no such key": (Reply(status=401), "status", 1),
    "is not there": (Reply(status=404), "status", 1),
}


@pytest.mark.parametrize("name", FAILING)
def test_an_endpoint_that_fails_gives_its_reason(name: str) -> None:
    reply, reason, asked = FAILING[name]
    with scripted(in_order(reply)) as endpoint:
        model = endpoint.model(seconds=0.3)
        failure = failure_of(model)

    assert (failure.reason, len(endpoint.requests)) == (reason, asked)
    assert model.events == {reason: 1}


class TestBudgets:
    def test_offline_nothing_connects(self, good: Endpoint) -> None:
        offline = replace(good.settings, offline=True)

        assert open_model(offline, COVERS_ALL) is None
        model = LanguageModel(offline, COVERS_ALL, Clocks())
        assert failure_of(model).reason == "offline"
        with pytest.raises(ModelFailed):
            model.choose(Form, "system", "你好")
        with pytest.raises(ModelFailed):
            model.chat_model().invoke("你好")
        assert good.connections == 0

    def test_without_a_name_or_an_address_there_is_no_model(self, good: Endpoint) -> None:
        llm = good.settings.llm
        for half in (replace(llm, url=""), replace(llm, model="")):
            assert open_model(replace(good.settings, llm=half), COVERS_ALL) is None
        assert open_model(Settings(offline=False), COVERS_ALL) is None

    def test_a_message_beyond_the_tokens_of_a_turn_is_not_sent(self, good: Endpoint) -> None:
        model = good.model(turn_tokens=100)

        with pytest.raises(ModelFailed) as failure:
            model.say("system", "研" * 100)

        assert (failure.value.reason, good.connections) == ("budget", 0)

    def test_calls_of_one_turn_share_its_tokens(self) -> None:
        with scripted(in_order(Reply("您好", usage=False))) as endpoint:
            model = endpoint.model(turn_tokens=1000)
            with model.turn():
                model.say("system", "研" * 600)
                model.say("system", "研" * 100)
                with pytest.raises(ModelFailed) as failure:
                    model.say("system", "研" * 600)

            assert failure.value.reason == "budget"
            assert model.say("system", "研" * 600) == "您好"
        assert len(endpoint.requests) == 3

    def test_once_the_day_is_used_up_nothing_is_sent_until_the_next(self, tmp_path: Path) -> None:
        at = datetime(2026, 3, 2, 23, 59, tzinfo=CHINA)
        clocks = Clocks(now=lambda: at)
        with scripted(in_order("您好" * 50)) as endpoint:
            model = endpoint.model(day_tokens=300, data=tmp_path, clocks=clocks)
            while not model.events["budget"]:
                with suppress(ModelFailed):
                    model.say("system", "你好")
            sent = len(endpoint.requests)
            restarted = endpoint.model(day_tokens=300, data=tmp_path, clocks=clocks)
            assert failure_of(restarted).reason == "budget"
            assert len(endpoint.requests) == endpoint.connections == sent

            at = datetime(2026, 3, 3, tzinfo=CHINA)

            assert restarted.say("system", "你好") == "您好" * 50

    def test_what_the_endpoint_counts_is_what_is_spent(self, tmp_path: Path) -> None:
        with scripted(in_order("您好")) as endpoint:
            endpoint.model(data=tmp_path).say("system", "你好")

        kept = json.loads((tmp_path / "llm-usage.json").read_text("utf-8"))
        assert kept["tokens"] == spent(endpoint.requests[0])

    def test_an_endpoint_that_counts_nothing_is_estimated(self, tmp_path: Path) -> None:
        with scripted(in_order(Reply("您好" * 100, usage=False))) as endpoint:
            endpoint.model(data=tmp_path).say("system", "你好")

        assert json.loads((tmp_path / "llm-usage.json").read_text("utf-8"))["tokens"] > 200

    def test_many_threads_together_spend_no_more_than_the_day_has(self) -> None:
        with scripted(in_order("您好")) as endpoint:
            model = endpoint.model(day_tokens=1000, turn_tokens=100)

            def ask(_number: int) -> int:
                try:
                    return len(model.say("system", "你好"))
                except ModelFailed:
                    return 0

            with ThreadPoolExecutor(8) as threads:
                answered = sum(map(bool, threads.map(ask, range(60))))

        used = sum(map(spent, endpoint.requests))
        assert answered == len(endpoint.requests)
        assert 0 < used <= 1000


def spent(request: Request) -> int:
    """What the server counts for the request and an answer of two characters."""
    return usage_of(Reply("您好"), request.body)["total_tokens"]


class TestBreaker:
    def test_after_five_failures_nothing_is_sent_for_a_while_then_one_call_tries(self) -> None:
        time = Time()
        with scripted(by_turns(Reply(status=401), "您好", 6)) as endpoint:
            model = endpoint.model(clocks=time.clocks)
            for _ in range(5):
                assert failure_of(model).reason == "status"
            assert [failure_of(model).reason for _ in range(10)] == ["open"] * 10
            assert len(endpoint.requests) == endpoint.connections == 5

            time.at += REST
            assert failure_of(model).reason == "status"
            assert failure_of(model).reason == "open"

            time.at += REST
            assert model.say("system", "你好") == "您好"
            assert model.say("system", "你好") == "您好"

        assert model.events == {"status": 6, "open": 11, "answered": 2}

    def test_an_open_breaker_costs_no_tokens(self, tmp_path: Path) -> None:
        with scripted(in_order(Reply(status=401))) as endpoint:
            model = endpoint.model(data=tmp_path, clocks=Time().clocks)
            for _ in range(5):
                failure_of(model)
            before = (tmp_path / "llm-usage.json").read_text("utf-8")
            failure_of(model)

        assert (tmp_path / "llm-usage.json").read_text("utf-8") == before

    def test_a_model_that_declines_does_not_open_it(self) -> None:
        with scripted(in_order(Reply(refusal="no"))) as endpoint:
            model = endpoint.model()

            assert {failure_of(model).reason for _ in range(12)} == {"refused"}
