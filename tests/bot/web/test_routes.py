"""Every address of the application, found in the application itself, with every kind of caller."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from bot.app import App
from bot.settings import Settings
from bot.web.access import Role
from tests.bot.web.rig import Web, web_desk, whole_of

pytestmark = pytest.mark.anyio

ANYBODY = None
EXPECTED: dict[tuple[str, str], Role | None] = {
    ("GET", "/healthz"): ANYBODY,
    ("GET", "/readyz"): ANYBODY,
    ("GET", "/desk/login"): ANYBODY,
    ("POST", "/desk/login"): ANYBODY,
    ("GET", "/desk/static"): ANYBODY,
    ("POST", "/v1/ask"): Role.READER,
    ("GET", "/v1/search"): Role.READER,
    ("GET", "/v1/measures"): Role.READER,
    ("GET", "/v1/measures/{number}"): Role.READER,
    ("GET", "/v1/benefits"): Role.READER,
    ("POST", "/v1/calculate"): Role.READER,
    ("GET", "/openapi.json"): Role.READER,
    ("GET", "/docs"): Role.READER,
    ("POST", "/desk/logout"): Role.READER,
    ("GET", "/v1/records"): Role.STAFF,
    ("GET", "/v1/records/{record}"): Role.STAFF,
    ("POST", "/v1/records/{record}/opinion"): Role.STAFF,
    ("GET", "/desk"): Role.STAFF,
    ("POST", "/desk/search"): Role.STAFF,
    ("POST", "/desk/ask"): Role.STAFF,
    ("GET", "/desk/clause/{place}"): Role.STAFF,
    ("GET", "/desk/records/{record}"): Role.STAFF,
    ("GET", "/desk/records/{record}/note"): Role.STAFF,
    ("GET", "/desk/records/{record}/reading"): Role.STAFF,
    ("POST", "/desk/records/{record}/opinion"): Role.STAFF,
    ("GET", "/desk/unanswered"): Role.STAFF,
    ("GET", "/desk/calc"): Role.STAFF,
    ("GET", "/desk/calc/{benefit}"): Role.STAFF,
    ("POST", "/desk/calc/{benefit}"): Role.STAFF,
    ("GET", "/desk/profile"): Role.STAFF,
    ("POST", "/desk/profile"): Role.STAFF,
    ("GET", "/desk/profile/sheet"): Role.STAFF,
    ("POST", "/desk/profile/sheet"): Role.STAFF,
    ("GET", "/metrics"): Role.ADMIN,
}
"""Whoever may call each address at least. An address that is not named here fails the tests."""
VALUES = {"number": "7", "record": "1", "place": "7.2", "benefit": "rd_subsidy"}
BODIES = {"/v1/ask": {"text": "你好"}, "/v1/calculate": {"benefit": "rd_subsidy"}}


@pytest.fixture
def web(app: App, tmp_path: Path) -> Web:
    return whole_of(web_desk(app, tmp_path))


def found(web: Web) -> set[tuple[str, str]]:
    """Methods and templates of all routes."""
    return set(_found(web))


def _found(web: Web) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(web.application.routes):
        assert route.path is not None
        methods = {"GET"} if isinstance(route.original_route, Mount) else set(route.methods or ())
        assert methods, route.path
        yield from ((method, route.path) for method in methods - {"HEAD"})


async def call(client: httpx.AsyncClient, method: str, template: str, **options: object) -> int:
    path = template.format(**VALUES)
    if template == "/desk/static":
        path += "/no-such-file"
    json = BODIES.get(template, {"opinion": "good"}) if method == "POST" and path.startswith("/v1") else None
    return (await client.request(method, path, json=json, **options)).status_code  # type: ignore[arg-type]


def test_every_address_is_named_with_whoever_may_call_it(web: Web) -> None:
    assert len(found(web)) > 10
    assert found(web) == set(EXPECTED)


async def test_without_a_token_nothing_but_health_and_the_way_in_is_reachable(web: Web) -> None:
    async with web.client() as client:
        for method, template in found(web):
            status = await call(client, method, template)
            if EXPECTED[method, template] is ANYBODY:
                assert status < 500, template
                assert (status == 401) == ((method, template) == ("POST", "/desk/login"))
            else:
                assert status == 401, template


async def test_without_a_token_a_browser_is_shown_the_way_in_and_no_page(web: Web) -> None:
    async with web.client() as client:
        for method, template in found(web):
            page = await call(client, method, template, headers={"Accept": "text/html"})
            if EXPECTED[method, template] is not ANYBODY:
                assert page in (401, 303), template


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_reaches_what_it_may_and_nothing_more(web: Web, role: Role) -> None:
    async with web.client(Role.READER) as client:
        await client.post("/v1/ask", json={"text": "你好"})  # a record to look for
    async with web.client(role) as client:
        for method, template in found(web):
            least = EXPECTED[method, template]
            status = await call(client, method, template)
            assert status < 500, template
            if least is not None:
                assert (status == 403) == (role < least), (template, status)
                assert status != 401, template


@pytest.mark.parametrize("role", list(Role))
async def test_a_browser_reaches_what_its_role_may_and_changes_nothing_without_the_mark_of_its_form(
    web: Web, role: Role
) -> None:
    cookie, csrf = web.signed_in(role)
    async with web.client(Role.READER) as client:
        await client.post("/v1/ask", json={"text": "你好"})
    async with web.client(cookies={"luce_session": cookie}) as client:
        for method, template in found(web) - {("POST", "/desk/logout")}:
            least = EXPECTED[method, template]
            if least is None:
                continue
            marked = await call(client, method, template, headers={"X-CSRF-Token": csrf})
            assert marked < 500, template
            assert (marked == 403) == (role < least), (template, marked)
            if method == "POST":
                assert await call(client, method, template) == 403, template
                assert await call(client, method, template, headers={"X-CSRF-Token": csrf + "x"}) == 403, template


async def test_the_public_asks_only_where_it_is_let(app: App, tmp_path: Path) -> None:
    open_web = whole_of(web_desk(app, tmp_path, ask_open=True))
    async with open_web.client() as client:
        reached = {(m, t) for m, t in found(open_web) if await call(client, m, t) not in (401, 303)}
        wrong = await client.post("/v1/ask", json={"text": "你好"}, headers={"Authorization": "Bearer luce_wrong"})

    assert reached == {key for key, role in EXPECTED.items() if role is ANYBODY} - {("POST", "/desk/login")} | {
        ("POST", "/v1/ask")
    }
    assert wrong.status_code == 401


def test_questions_of_the_public_are_closed_unless_they_are_opened() -> None:
    assert Settings.from_env({}).ask_open is False
    assert Settings.from_env({"LUCE_ASK_OPEN": "true"}).ask_open is True


async def test_an_address_that_nobody_guards_is_closed_to_the_unknown(web: Web) -> None:
    @web.application.get("/v1/forgotten")
    async def forgotten() -> str:
        return "secret"

    async with web.client() as client:
        assert (await client.get("/v1/forgotten")).status_code == 401
