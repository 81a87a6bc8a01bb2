"""The API: the objects of the contract, the policy, calculations and records."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import App
from bot.records.journal import SqliteJournal
from bot.service.answer import Entry
from bot.web.access import Role
from tests.bot.conftest import Luce
from tests.bot.web.rig import Memory, Web, answering_of, journal_in, web_desk, web_of

pytestmark = pytest.mark.anyio

RD = "研发费用今年1200万，去年900万，能补多少？"
DIALOG = (RD, "如果今年是1500万呢", "新招了3个博士后，能补多少", "申报截止到几号？", "你好", "第7条原文", "博士后补助")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with journal_in(tmp_path) as journal:
        yield journal


@pytest.fixture
def web(app: App, tmp_path: Path, journal: SqliteJournal) -> Web:
    return web_of(web_desk(app, tmp_path, journal=journal))


async def test_replies_are_those_of_the_command_line_byte_for_byte(web: Web, luce: Luce) -> None:
    asked = [{"session": f"s{n % 2}", "text": text, "as_of": "2026-01-01"} for n, text in enumerate(DIALOG)]
    lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in asked)
    printed = await asyncio.to_thread(luce, "ask", "--jsonl", stdin=lines.encode())

    async with web.client(Role.READER) as client:
        replies = [(await client.post("/v1/ask", json=each)).content for each in asked]

    assert replies == printed.stdout.splitlines()
    assert json.loads(replies[0])["total"] == {"amount": 1100000, "bound": "at_most"}


async def test_sessions_never_see_each_other(app: App, tmp_path: Path) -> None:
    web = web_of(web_desk(app, tmp_path, ask_open=True))
    async with web.client(Role.READER) as reader, web.client(Role.STAFF) as staff, web.client() as public:
        await reader.post("/v1/ask", json={"session": "s", "text": RD})
        again = {"session": "s", "text": "如果今年是1500万呢"}
        same, other = await reader.post("/v1/ask", json=again), await staff.post("/v1/ask", json=again)
        nobody = await public.post("/v1/ask", json=again)
        named = await reader.post("/v1/ask", json={**again, "session": "t"})
        unnamed = [(await public.post("/v1/ask", json={"text": RD})).json()["turn"] for _ in range(2)]

    assert same.json()["total"]["amount"] == 1200000
    assert same.json()["turn"] == 2
    assert [each.json()["turn"] for each in (other, nobody, named)] == [1, 1, 1]
    assert not any("900万" in each.json()["text"] for each in (other, nobody, named))
    assert unnamed == [1, 1]


async def test_a_conversation_goes_on_after_the_answering_was_restarted(
    app: App, tmp_path: Path, journal: SqliteJournal
) -> None:
    for words, turn, amount in ((RD, 1, 1100000), ("如果今年是1500万呢", 2, 1200000), ("去年是1000万", 3, 1200000)):
        web = web_of(web_desk(app, tmp_path / str(turn), journal=journal, answering=answering_of(app)))
        async with web.client(Role.READER) as client:
            reply = (await client.post("/v1/ask", json={"session": "s", "text": words})).json()
        assert (reply["turn"], reply["total"]["amount"]) == (turn, amount)


class SlowAtFirst(Memory):
    """A journal whose disk is slow over the first turn."""

    async def keep(self, entry: Entry) -> int:
        if entry.reply.turn == 1:
            await asyncio.sleep(0.2)
        return await super().keep(entry)


async def test_messages_of_one_session_at_the_same_time_are_turns_one_after_the_other(app: App, tmp_path: Path) -> None:
    journal = SlowAtFirst()
    async with web_of(web_desk(app, tmp_path, journal=journal)).client(Role.READER) as client:
        replies = await asyncio.gather(*(client.post("/v1/ask", json={"session": "s", "text": RD}) for _ in range(5)))

    assert sorted(reply.json()["turn"] for reply in replies) == [1, 2, 3, 4, 5]
    assert [record.entry.reply.turn for record in journal.records.values()] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (rb'{"text": "\ud800"}', "text"),
        (rb'{"text": "a", "session": "\udfff"}', "session"),
        (b'{"text": "a", "as_of": 20260101}', "as_of"),
        (b'{"text": "a", "as_of": "2026-1-1"}', "as_of"),
        (b'{"text": "a", "as_of": "2026-02-30"}', "as_of"),
        (b'{"text": "a", "as_of": true}', "as_of"),
        (b'{"text": 1}', "text"),
        (b'{"session": "s"}', "text"),
        (b'{"text": "' + b"a" * 4001 + b'"}', "text"),
        (b'{"text": "a", "session": "' + b"s" * 201 + b'"}', "session"),
        (b'{"text"', ""),
        (b"[]", ""),
        (b"", ""),
    ],
)
async def test_a_message_that_is_none_is_refused_with_its_field(web: Web, body: bytes, field: str) -> None:
    async with web.client(Role.READER) as client:
        response = await client.post("/v1/ask", content=body, headers={"Content-Type": "application/json"})

    problem = response.json()
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "urn:luce:problem:invalid"
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("body", [b"[" * 30000, b'{"text": "\xff"}', b'{"text": "a", "x": 1e999}'])
async def test_bodies_that_break_parsers_are_told(web: Web, body: bytes) -> None:
    async with web.client(Role.READER) as client:
        response = await client.post("/v1/ask", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code in (200, 400, 422)


async def test_found_clauses_have_their_words_marked(web: Web) -> None:
    async with web.client(Role.READER) as client:
        hits = (await client.get("/v1/search", params={"q": "研发费用 200万", "limit": 3})).json()

    assert 0 < len(hits) <= 3
    assert hits[0]["clause"].endswith("/7.2")
    assert hits[0]["measure"] == 7
    assert hits[0]["heading"].startswith("7.")
    assert "第7条" in hits[0]["label"]
    words = [hits[0]["text"][start:end] for start, end in hits[0]["marks"]]
    assert "研发费用" in words
    assert any(word.startswith("200万") for word in words)
    for hit in hits:
        assert hit["text"] in web.desk.dossier.policy.source
        assert all(0 <= start < end <= len(hit["text"]) for start, end in hit["marks"])


@pytest.mark.parametrize(
    ("query", "some"), [("博", True), ("博士后", True), ("２００万", True), ("", False), ("　 ", False)]
)
async def test_any_query_can_be_searched(web: Web, query: str, some: bool) -> None:
    async with web.client(Role.READER) as client:
        response = await client.get("/v1/search", params={"q": query})

    assert response.status_code == 200
    assert bool(response.json()) is some
    assert all(hit["marks"] for hit in response.json())


async def test_measures_are_given_as_printed(web: Web) -> None:
    async with web.client(Role.READER) as client:
        every = (await client.get("/v1/measures")).json()
        seventh = (await client.get("/v1/measures/7")).json()
        missing = await client.get("/v1/measures/99")

    policy = web.desk.dossier.policy
    assert [measure["number"] for measure in every] == list(policy.measures)
    assert [clause["text"] for clause in seventh["clauses"]] == [c.text for c in policy.measures[7].clauses[1:]]
    assert {"rd_subsidy", "rd_growth_bonus", "sme_project", "joint_lab"} == set(seventh["benefits"])
    assert missing.status_code == 404


async def test_benefits_say_what_they_want_to_know(web: Web) -> None:
    async with web.client(Role.READER) as client:
        benefits = {each["id"]: each for each in (await client.get("/v1/benefits")).json()}

    assert list(benefits) == list(web.desk.dossier.benefits)
    slots = benefits["rd_subsidy"]["slots"]
    assert [slot["id"] for slot in slots][:2] == ["rd_expense", "rd_expense_previous"]
    assert slots[0]["kind"] == "money"
    assert slots[0]["why"]
    assert benefits["rd_subsidy"]["companions"] == ["rd_growth_bonus"]


async def test_a_benefit_is_computed_with_its_steps_or_tells_what_is_missing(web: Web) -> None:
    inputs = {"rd_expense": "1200万", "rd_expense_previous": "９００万元"}
    async with web.client(Role.READER) as client:
        sent = {"benefit": "rd_subsidy", "inputs": inputs}
        full = (await client.post("/v1/calculate", json=sent)).json()
        part = (await client.post("/v1/calculate", json={"benefit": "rd_subsidy"})).json()

    assert (full["amount"], full["bound"], full["eligible"], full["missing"]) == (600000, "exact", True, [])
    assert "6 × 10万元 = 60万元" in [step["expression"] for step in full["steps"]]
    assert full["citations"][0]["clause"].endswith("/7.2")
    assert full["open_points"]
    assert (part["amount"], part["eligible"], part["missing"][0]) == (None, None, "rd_expense")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"benefit": "rd"}, "benefit"),
        ({"benefit": "rd_subsidy", "inputs": {"headcount": "1"}}, "inputs.headcount"),
        ({"benefit": "rd_subsidy", "inputs": {"rd_expense": "很多"}}, "inputs.rd_expense"),
        ({"benefit": "rd_subsidy", "inputs": {"rd_expense": "-1"}}, "inputs.rd_expense"),
        ({"benefit": "rd_subsidy", "inputs": {"rd_expense": 1200}}, "inputs.rd_expense"),
        ({"benefit": "rd_subsidy", "inputs": {"rd_expense": "9" * 500}}, "inputs.rd_expense"),
        (
            {"benefit": "rd_subsidy", "inputs": {"rd_expense": "1200万", "rd_growth_rate": "-900%"}},
            "inputs.rd_growth_rate",
        ),
    ],
)
async def test_an_input_that_cannot_be_used_is_named(web: Web, body: dict[str, object], field: str) -> None:
    async with web.client(Role.READER) as client:
        response = await client.post("/v1/calculate", json=body)

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


async def test_what_was_answered_is_accounted_for_and_can_be_judged(web: Web) -> None:
    async with web.client(Role.STAFF) as client:
        asked = (await client.post("/v1/ask", json={"session": "s", "text": RD, "as_of": "2026-01-01"})).json()
        await client.post("/v1/ask", json={"session": "s", "text": "你好"})
        records = (await client.get("/v1/records", params={"outcome": "answered", "channel": "http"})).json()
        record = records[0]
        judged = await client.post(f"/v1/records/{record['id']}/opinion", json={"opinion": "bad", "reason": "不全"})
        after = (await client.get(f"/v1/records/{record['id']}")).json()
        newest = (await client.get("/v1/records", params={"most": 1})).json()
        older = (await client.get("/v1/records", params={"before": newest[0]["id"]})).json()
        none = await client.get("/v1/records", params={"day": "2020-01-01"})

    assert len(records) == 1
    assert (record["by"], record["text"], record["as_of"]) == ("staff", RD, "2026-01-01")
    assert record["reply"]["text"] == asked["text"]
    assert "s" != record["session"] == record["reply"]["session"]
    assert record["edition"]["policy"] == web.desk.dossier.policy.id
    assert (judged.status_code, after["opinion"], after["reason"]) == (204, "bad", "不全")
    assert newest[0]["text"] == "你好"
    assert [each["id"] for each in older] == [record["id"]]
    assert none.json() == []


async def test_records_that_are_none_are_told(web: Web) -> None:
    async with web.client(Role.STAFF) as client:
        statuses = [
            (await client.get("/v1/records/77")).status_code,
            (await client.post("/v1/records/77/opinion", json={"opinion": "good"})).status_code,
            (await client.get("/v1/records/0")).status_code,
            (await client.get(f"/v1/records/{2**70}")).status_code,
            (await client.get("/v1/records", params={"what": "?"})).status_code,
            (await client.post("/v1/records/1/opinion", json={"opinion": "fine"})).status_code,
        ]

    assert statuses == [404, 404, 422, 422, 422, 422]


async def test_health_is_told_to_anybody(app: App, tmp_path: Path) -> None:
    states: list[str | None] = [None, "records unavailable"]

    async def ready() -> str | None:
        return states.pop()

    async with web_of(web_desk(app, tmp_path), ready=ready).client() as client:
        alive, not_ready, is_ready = [await client.get(path) for path in ("/healthz", "/readyz", "/readyz")]

    assert (alive.status_code, alive.text) == (200, "ok")
    assert (not_ready.status_code, not_ready.text) == (503, "records unavailable")
    assert (is_ready.status_code, is_ready.text) == (200, "ready")


async def test_the_description_is_in_order_and_its_page_loads_nothing(web: Web) -> None:
    async with web.client(Role.READER) as client:
        description = (await client.get("/openapi.json")).json()
        page = await client.get("/docs")

    every = {
        f"{method.upper()} {path}": op for path, item in description["paths"].items() for method, op in item.items()
    }
    operations = list(every.values())
    assert len(operations) > 10
    assert all(op["summary"] and op["description"] and op["tags"] for op in operations)
    assert not any(path.startswith("/desk") for path in description["paths"])
    refusals = [r for op in operations for status, r in op["responses"].items() if status.startswith("4")]
    assert refusals
    assert all(list(refusal["content"]) == ["application/problem+json"] for refusal in refusals)
    assert "HTTPValidationError" not in description["components"]["schemas"]
    assert all(
        f"{method.upper()} {path}" in page.text for path, item in description["paths"].items() for method in item
    )
    assert not any(each in page.text for each in ("<script", "src=", "http://", "https://", "<link"))
    style = page.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.headers["content-security-policy"]
