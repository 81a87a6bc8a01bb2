"""How a message was read: for staff alone, by the API and on the desk page."""

from pathlib import Path

import pytest

from bot.app import App
from bot.web.access import Role
from bot.web.cookies import COOKIE
from tests.bot.web.rig import Web, web_desk, whole_of

pytestmark = pytest.mark.anyio

SUM = "研发费用今年1200万，去年900万，能补多少"
ASK = "/v1/ask?explain=true"


@pytest.fixture
def web(tiny_app: App, tmp_path: Path) -> Web:
    return whole_of(web_desk(tiny_app, tmp_path, ask_open=True))


async def test_staff_are_told_how_a_message_was_read(web: Web) -> None:
    async with web.client(Role.STAFF) as client:
        plain = (await client.post("/v1/ask", json={"session": "a", "text": SUM})).json()
        told = (await client.post(ASK, json={"session": "b", "text": SUM})).json()

    explanation = told.pop("explanation")
    assert told == {**plain, "session": "b"}
    assert explanation["action"] == "Calculate"
    assert [figure["role"] for figure in explanation["figures"]] == ["now", "before"]
    assert explanation["intents"][0]["label"] == "compute"
    assert explanation["intents"][0]["reasons"]


async def test_a_message_is_explained_in_the_light_of_its_conversation_which_goes_on_unharmed(web: Web) -> None:
    async with web.client(Role.STAFF) as client:
        first = (await client.post(ASK, json={"session": "s", "text": "我们今年研发费用1300万，能补多少"})).json()
        second = (await client.post(ASK, json={"session": "s", "text": "去年900万"})).json()
        third = (await client.post("/v1/ask", json={"session": "s", "text": "谢谢"})).json()

    assert (first["explanation"]["after"], second["explanation"]["after"]) == ("start", "asked_amount")
    assert [each["turn"] for each in (first, second, third)] == [1, 2, 3]
    assert len(await web.desk.journal.past(web.desk.journal.name("http", "staff/s"))) == 3


@pytest.mark.parametrize(("role", "status"), [(Role.READER, 403), (None, 401), (Role.ADMIN, 200)])
async def test_others_than_staff_are_refused_and_not_answered(web: Web, role: Role | None, status: int) -> None:
    async with web.client(role) as client:
        response = await client.post(ASK, json={"session": "s", "text": SUM})
        plain = await client.post("/v1/ask", json={"session": "s", "text": SUM})

    assert response.status_code == status
    assert plain.status_code == 200
    assert "explanation" not in plain.json()
    assert plain.json()["turn"] == (2 if status == 200 else 1)


async def test_the_desk_page_unfolds_the_reading_of_an_answer(web: Web) -> None:
    session, csrf = web.signed_in(Role.STAFF)
    async with web.client(cookies={COOKIE: session}) as browser:
        browser.headers["X-CSRF-Token"] = csrf
        part = {"HX-Request": "true"}
        answer = (
            await browser.post("/desk/ask", data={"text": f"<b>{SUM}", "call": "call-of-a-test"}, headers=part)
        ).text
        reading = await browser.get("/desk/records/1/reading", headers=part)
        page = await browser.get("/desk/records/1/reading", headers={"Accept": "text/html"})
        none = await browser.get("/desk/records/99/reading")

    assert 'hx-get="/desk/records/1/reading"' in answer
    assert "Alt E" in answer
    assert reading.status_code == 200
    assert "<dt>意图</dt>" in reading.text
    assert "<html" not in reading.text
    assert "<b>" not in reading.text
    assert "<html" in page.text
    assert "<dt>意图</dt>" in page.text
    assert none.status_code == 404


async def test_the_reading_is_closed_to_readers_and_strangers(web: Web) -> None:
    async with web.client(Role.STAFF) as staff, web.client(Role.READER) as reader, web.client() as stranger:
        await staff.post("/v1/ask", json={"text": SUM})
        found = [(await each.get("/desk/records/1/reading")).status_code for each in (staff, reader, stranger)]

    assert found == [200, 403, 401]
