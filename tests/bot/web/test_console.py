"""The console over HTTP: who may come in, what is refused, and that words stay words."""

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from bot.app import App
from bot.records.database import RecordsUnavailable
from bot.records.journal import Record, Wanted
from bot.web.access import Role
from bot.web.console.templates import STATIC, asset
from bot.web.cookies import COOKIE
from tests.bot.web.rig import Memory, Web, web_desk, whole_of

pytestmark = pytest.mark.anyio
BROWSER = {"Accept": "text/html,application/xhtml+xml"}
PART = {"HX-Request": "true"}
HTMX = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y>&研发费用"


@pytest.fixture
def web(app: App, tmp_path: Path) -> Web:
    return whole_of(web_desk(app, tmp_path))


@pytest.fixture
async def browser(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of staff who have signed in, whose forms carry their mark."""
    session, csrf = web.signed_in(Role.STAFF)
    async with web.client(cookies={COOKIE: session}) as client:
        client.headers.update({"X-CSRF-Token": csrf, **BROWSER})
        yield client


async def ask(browser: httpx.AsyncClient, text: str, call: str = "call-of-a-test") -> str:
    response = await browser.post("/desk/ask", data={"text": text, "call": call}, headers=PART)
    assert response.status_code == 200
    return response.text


def record_of(page: str) -> int:
    found = re.search(r'id="answer-(\d+)"', page)
    assert found
    return int(found[1])


async def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_do_not_get(web: Web) -> None:
    async with web.client() as client:
        response = await client.post("/desk/login", data={"token": web.secrets[Role.STAFF]})

    assert (response.status_code, response.headers["location"]) == (303, "/desk")
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    assert web.secrets[Role.STAFF] not in cookie


async def test_over_https_the_cookie_travels_over_https_alone(web: Web) -> None:
    async with web.client() as client:
        response = await client.post("https://desk/desk/login", data={"token": web.secrets[Role.ADMIN]})

    assert "Secure" in response.headers["set-cookie"]


@pytest.mark.parametrize(("token", "status"), [("luce_wrong", 401), ("", 401)])
async def test_a_wrong_token_gives_no_cookie(web: Web, token: str, status: int) -> None:
    async with web.client() as client:
        response = await client.post("/desk/login", data={"token": token})

    assert response.status_code == status
    assert "set-cookie" not in response.headers
    assert "口令不对" in response.text


async def test_the_token_of_a_reader_opens_no_desk(web: Web) -> None:
    async with web.client() as client:
        response = await client.post("/desk/login", data={"token": web.secrets[Role.READER]})

    assert response.status_code == 403
    assert "set-cookie" not in response.headers


PAGES = ["/desk", "/desk/clause/7.2", "/desk/unanswered", "/desk/records/1", "/desk/records/1/note"]


@pytest.mark.parametrize("path", PAGES)
async def test_without_signing_in_every_page_leads_to_signing_in(web: Web, path: str) -> None:
    async with web.client() as client:
        response = await client.get(path, headers=BROWSER)

    assert (response.status_code, response.headers["location"]) == (303, "/desk/login")


@pytest.mark.parametrize("path", ["/desk/search", "/desk/ask", "/desk/records/1/opinion", "/desk/logout"])
async def test_a_form_without_its_mark_is_refused(web: Web, path: str) -> None:
    session, csrf = web.signed_in(Role.STAFF)
    form = {"text": "研发费用", "opinion": "good"}
    async with web.client(cookies={COOKIE: session}) as client:
        bare = await client.post(path, data=form)
        forged = await client.post(path, data=form | {"csrf": csrf[::-1]})

    assert (bare.status_code, forged.status_code) == (403, 403)


async def test_the_mark_may_stand_in_the_form(web: Web) -> None:
    session, csrf = web.signed_in(Role.STAFF)
    async with web.client(cookies={COOKIE: session}) as client:
        response = await client.post("/desk/search", data={"text": "研发费用", "csrf": csrf})

    assert "<mark>研发费用</mark>" in response.text


async def test_hostile_words_are_escaped_wherever_they_come_back(browser: httpx.AsyncClient) -> None:
    answer = await ask(browser, HOSTILE)
    record = record_of(answer)
    judgement = {"opinion": "bad", "reason": HOSTILE}
    pages = [
        answer,
        (await browser.post("/desk/search", data={"text": HOSTILE})).text,
        (await browser.post("/desk/search", data={"text": "<mark>&"})).text,
        (await browser.post(f"/desk/records/{record}/opinion", data=judgement, headers=PART)).text,
        *[
            (await browser.get(path)).text
            for path in (
                "/desk?call=call-of-a-test",
                f"/desk/records/{record}",
                f"/desk/records/{record}/note",
                "/desk/unanswered",
            )
        ],
        (await browser.get("/desk/clause/7.2", params={"q": HOSTILE})).text,
    ]

    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "onerror=y>" not in page
    assert "&lt;script&gt;alert(1)" in answer


async def test_no_page_holds_a_script_or_a_style_of_its_own(browser: httpx.AsyncClient) -> None:
    await ask(browser, "帮我算")
    for path in (*PAGES, "/desk?call=call-of-a-test", "/desk/login"):
        page = (await browser.get(path)).text
        assert re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=", page) == []
        assert re.findall(r'(?:src|href|action)="(?:https?:)?//', page) == []


async def test_the_policy_of_pages_lets_nothing_in_from_elsewhere(browser: httpx.AsyncClient) -> None:
    policy = (await browser.get("/desk")).headers["content-security-policy"]

    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_a_browser_without_scripts_is_answered_on_the_page_of_the_call(browser: httpx.AsyncClient) -> None:
    response = await browser.post("/desk/ask", data={"text": "政策有效期多久", "call": "call-of-a-test"})
    page = await browser.get(response.headers["location"])

    assert response.status_code == 303
    assert "有效期3年" in page.text


async def test_a_call_is_known_to_whoever_made_it_alone(web: Web, browser: httpx.AsyncClient) -> None:
    await ask(browser, "政策有效期多久")
    session, _ = web.signed_in(Role.ADMIN)
    async with web.client(cookies={COOKIE: session}) as other:
        page = await other.get("/desk?call=call-of-a-test", headers=BROWSER)

    assert page.status_code == 200
    assert "有效期3年" not in page.text


async def test_an_answer_is_accounted_for_with_the_name_of_the_token(web: Web, browser: httpx.AsyncClient) -> None:
    record = await web.desk.journal.find(record_of(await ask(browser, "政策有效期多久")))

    assert record
    assert (record.entry.channel, record.entry.by) == ("desk", "staff")
    assert "call-of-a-test" not in record.entry.session


async def test_the_open_questions_of_another_day_are_asked_for_by_day(browser: httpx.AsyncClient) -> None:
    await ask(browser, "申报要什么材料")
    today = await browser.get("/desk/unanswered")
    day_before = await browser.get("/desk/unanswered", params={"day": "2026-09-20"})
    out_of_time = await browser.get("/desk/unanswered", params={"day": "0001-01-01"})

    assert "申报要什么材料" in today.text
    assert "这一天没有待解答的问题" in day_before.text
    assert out_of_time.text == today.text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/desk/records/77", 404), ("/desk/records/x", 422), ("/desk/clause/99.9", 404), ("/desk/unanswered?day=x", 422)],
)
async def test_what_is_not_there_is_a_page_for_browsers_and_json_for_programs(
    browser: httpx.AsyncClient, path: str, status: int
) -> None:
    page = await browser.get(path)
    told = await browser.get(path, headers={"Accept": "application/json"})

    assert (page.status_code, told.status_code) == (status, status)
    assert page.headers["content-type"].startswith("text/html")
    assert told.headers["content-type"] == "application/problem+json"


async def test_words_without_end_are_refused(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/desk/search", data={"text": "研" * 501})).status_code == 422
    assert (await browser.post("/desk/ask", data={"text": "研" * 501})).status_code == 422


async def test_static_files_may_be_kept_for_good_under_the_address_of_their_content(web: Web) -> None:
    async with web.client() as client:
        named = await client.get(asset("desk.css"))
        bare = await client.get("/desk/static/desk.css")

    assert "immutable" in named.headers["cache-control"]
    assert bare.headers["cache-control"] == "no-cache"


def test_htmx_is_the_file_that_its_makers_published() -> None:
    assert hashlib.sha256((STATIC / "htmx.min.js").read_bytes()).hexdigest() == HTMX
    assert "Zero-Clause BSD" in (STATIC / "LICENSE-htmx.txt").read_text(encoding="utf-8")


class Shut(Memory):
    """Records on a disk that is gone."""

    async def latest(self, wanted: Wanted) -> Sequence[Record]:
        raise RecordsUnavailable("the disk is gone")


async def test_records_that_cannot_be_read_are_told_on_a_page(app: App, tmp_path: Path) -> None:
    web = whole_of(web_desk(app, tmp_path, journal=Shut()))
    session, _ = web.signed_in(Role.STAFF)
    async with web.client(cookies={COOKIE: session}) as client:
        response = await client.get("/desk/unanswered", headers=BROWSER)

    assert response.status_code == 503
    assert "请过几秒再试" in response.text
