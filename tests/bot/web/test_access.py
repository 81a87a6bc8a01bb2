"""Who is let in: tokens in the header, the session of a browser, and when each of them ends."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.web.access import Role
from bot.web.cookies import LASTS, load_key
from bot.web.tokens import TokensError
from tests.bot.web.rig import NOW, StandingClock, Web, web_desk, web_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def web(app: App, tmp_path: Path) -> Web:
    return web_of(web_desk(app, tmp_path))


async def status(web: Web, **headers: str) -> int:
    async with web.client() as client:
        sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        return (await client.get("/v1/measures", headers=sent)).status_code


async def test_a_token_is_shown_in_the_header(web: Web) -> None:
    secret = web.secrets[Role.READER]

    assert await status(web, Authorization=f"Bearer {secret}") == 200
    assert await status(web, Authorization=f"bearer  {secret}") == 200
    assert await status(web, Authorization=f"Basic {secret}") == 401
    assert await status(web, Authorization=f"Bearer {secret}x") == 401
    assert await status(web, Authorization=f"Bearer {secret[:-1]}") == 401
    assert await status(web, Authorization="Bearer") == 401


async def test_a_token_that_is_removed_opens_nothing_from_then_on(web: Web) -> None:
    cookie, _ = web.signed_in(Role.READER)
    assert await status(web, Cookie=f"luce_session={cookie}") == 200

    assert web.tokens.remove("reader")

    assert await status(web, Authorization=f"Bearer {web.secrets[Role.READER]}") == 401
    assert await status(web, Cookie=f"luce_session={cookie}") == 401


async def test_a_session_does_not_outlive_its_token_by_a_new_one_of_the_same_name(web: Web) -> None:
    cookie, _ = web.signed_in(Role.READER)
    web.tokens.remove("reader")
    web.tokens.add("reader", Role.ADMIN, NOW)

    assert await status(web, Cookie=f"luce_session={cookie}") == 401


async def test_a_session_ends_after_its_time(web: Web) -> None:
    cookie, _ = web.signed_in(Role.READER)
    assert isinstance(web.desk.clock, StandingClock)

    web.desk.clock.now = NOW + LASTS - timedelta(seconds=2)
    assert await status(web, Cookie=f"luce_session={cookie}") == 200
    web.desk.clock.now = NOW + LASTS
    assert await status(web, Cookie=f"luce_session={cookie}") == 401


async def test_a_session_that_was_changed_is_none(web: Web) -> None:
    cookie, csrf = web.signed_in(Role.READER)
    payload, _, mark = cookie.partition(".")

    for changed in (payload, f"{payload}.", f".{mark}", f"{payload}x.{mark}", f"{payload}.{csrf}", "é.é", "", "."):
        assert await status(web, Cookie=f"luce_session={changed}") == 401, changed


async def test_a_wrong_header_is_not_made_good_by_a_session(web: Web) -> None:
    cookie, _ = web.signed_in(Role.ADMIN)

    assert await status(web, Cookie=f"luce_session={cookie}", Authorization="Bearer luce_wrong") == 401


async def test_the_mark_of_a_form_belongs_to_one_session(web: Web) -> None:
    first, second = web.signed_in(Role.READER), web.signed_in(Role.READER)
    assert first[1] != second[1]

    async with web.client(cookies={"luce_session": first[0]}) as client:
        answers = [
            await client.post("/v1/calculate", json={"benefit": "rd_subsidy"}, headers={"X-CSRF-Token": mark})
            for mark in (first[1], second[1], "")
        ]
    assert [answer.status_code for answer in answers] == [200, 403, 403]


async def test_a_browser_that_is_not_signed_in_is_sent_to_the_page_for_it(web: Web) -> None:
    async with web.client() as client:
        client.headers["Accept"] = "text/html,*/*"
        page, docs = await client.get("/desk"), await client.get("/docs")
        api, form = await client.get("/v1/records"), await client.post("/desk/ask")

    assert (page.status_code, page.headers["location"]) == (303, "/desk/login")
    assert (docs.status_code, docs.headers["location"]) == (303, "/desk/login")
    assert (api.status_code, form.status_code) == (401, 401)
    assert api.headers["www-authenticate"] == "Bearer"


async def test_tokens_that_cannot_be_read_let_nobody_in_and_say_so(web: Web, tmp_path: Path) -> None:
    (tmp_path / "tokens.json").write_text("{", encoding="utf-8")

    assert await status(web, Authorization=f"Bearer {web.secrets[Role.READER]}") == 503


def test_the_key_of_sessions_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    key = load_key(tmp_path)

    assert len(key) == 32
    assert load_key(tmp_path) == key
    assert (tmp_path / "web.key").stat().st_mode & 0o777 == 0o600
    assert load_key(tmp_path / "other") != key


def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "web.key").write_bytes(b"short")

    with pytest.raises(TokensError, match=r"web\.key"):
        load_key(tmp_path)
