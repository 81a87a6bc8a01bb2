"""Filling a form: by its schema where the endpoint knows schemas, else in text; always validated."""

from typing import Literal

import pytest
from pydantic import BaseModel

from bot.llm.model import ModelFailed
from tests.bot.llm.asking import Time
from tests.bot.llm.scripted import Endpoint, Json, Reply, Script, answering, in_order, scripted

MOBILE = "13800138000"


class Choice(BaseModel):
    """A form."""

    matter: Literal["grant", "loan"]
    years: int


def by_format(schema: Reply, text: Reply | str) -> Script:
    """One answer to those that ask for a response format, another to the rest."""
    plain = text if isinstance(text, Reply) else Reply(text)
    return lambda body: schema if "response_format" in body else plain


def formats(endpoint: Endpoint) -> list[str]:
    return [request.body.get("response_format", {"type": "text"})["type"] for request in endpoint.requests]


RIGHT = answering({"matter": "loan", "years": 2})


class TestChoosing:
    def test_a_form_is_asked_for_by_its_schema_and_validated(self) -> None:
        with scripted(in_order(RIGHT)) as endpoint:
            chosen = endpoint.model().choose(Choice, "system", f"贷款两年，电话{MOBILE}")

        assert chosen == Choice(matter="loan", years=2)
        asked = endpoint.requests[0].body["response_format"]
        assert asked["json_schema"]["schema"]["properties"]["matter"]["enum"] == ["grant", "loan"]
        assert MOBILE.encode() not in b"".join(endpoint.wire)

    @pytest.mark.parametrize("status", [400, 404, 422, 501])
    def test_an_endpoint_without_schemas_is_asked_in_text_and_remembered(self, status: int) -> None:
        with scripted(by_format(Reply(status=status), RIGHT)) as endpoint:
            model = endpoint.model(clocks=Time().clocks)
            for _ in range(3):
                assert model.choose(Choice, "system", "贷款").matter == "loan"

        assert formats(endpoint) == ["json_schema", "text", "text", "text"]
        assert "JSON Schema" in endpoint.requests[-1].said
        assert model.events["asked_in_text"] == 1

    def test_an_endpoint_that_ignores_schemas_is_asked_in_text_and_remembered(self) -> None:
        with scripted(by_format(Reply("当然可以"), RIGHT)) as endpoint:
            model = endpoint.model()
            for _ in range(2):
                assert model.choose(Choice, "system", "贷款").matter == "loan"

        assert formats(endpoint) == ["json_schema", "text", "text"]

    def test_an_endpoint_that_knows_schemas_is_not_asked_in_text(self) -> None:
        with scripted(in_order(RIGHT, Reply("当然可以"))) as endpoint:
            model = endpoint.model()
            model.choose(Choice, "system", "贷款")
            with pytest.raises(ModelFailed) as failure:
                model.choose(Choice, "system", "贷款")

        assert failure.value.reason == "malformed"
        assert formats(endpoint) == ["json_schema", "json_schema"]

    @pytest.mark.parametrize(
        "text",
        [
            '{"matter": "loan", "years": 2}',
            '```json\n{"matter": "loan", "years": 2}\n```',
            '好的：\n```\n{"matter": "loan", "years": 2}\n```\n请查收',
            '<think>{"matter": "grant"}</think>{"matter": "loan", "years": 2}',
            '结果是 {"matter": "loan", "years": 2}。',
        ],
    )
    def test_an_object_is_found_in_a_fence_and_between_words(self, text: str) -> None:
        with scripted(in_order(text)) as endpoint:
            assert endpoint.model().choose(Choice, "system", "贷款") == Choice(matter="loan", years=2)

    @pytest.mark.parametrize(
        "text",
        ["loan", "[]", "{}", '{"matter": "gift", "years": 2}', '{"matter": "loan", "years": "two"}', '{"matter": "loa'],
    )
    def test_what_is_not_of_the_form_fails(self, text: str) -> None:
        with scripted(in_order(text)) as endpoint:
            model = endpoint.model()
            with pytest.raises(ModelFailed) as failure:
                model.choose(Choice, "system", "贷款")

        assert failure.value.reason == "malformed"
        assert (len(endpoint.requests), model.events["malformed"]) == (2, 2)

    @pytest.mark.parametrize(
        ("reply", "reason"),
        [
            (Reply(refusal="no"), "refused"),
            (Reply("{", finish="length"), "too_large"),
            (Reply(status=401), "status"),
            (Reply(fault="hang"), "timeout"),
        ],
    )
    def test_other_failures_are_not_asked_again_in_text(self, reply: Reply, reason: str) -> None:
        with scripted(in_order(reply)) as endpoint, pytest.raises(ModelFailed) as failure:
            endpoint.model(seconds=0.3).choose(Choice, "system", "贷款")

        assert (failure.value.reason, len(endpoint.requests)) == (reason, 1)

    def test_both_ways_of_asking_share_one_deadline(self) -> None:
        time = Time()

        def script(body: Json) -> Reply:
            if "response_format" in body:
                time.at += 5
                return Reply(status=400)
            return Reply(status=429, headers={"Retry-After": "4"})  # time enough, were it a deadline of its own

        with scripted(script) as endpoint, pytest.raises(ModelFailed) as failure:
            endpoint.model(clocks=time.clocks, seconds=8).choose(Choice, "system", "贷款")

        assert failure.value.status == 429
        assert (formats(endpoint), time.slept) == (["json_schema", "text"], [])
