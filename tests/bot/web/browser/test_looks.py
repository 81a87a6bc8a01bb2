"""How the console looks: on a monitor, on a phone, in the dark, and to those who do not see it."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.bot.web.browser.conftest import PHONE, WIDE, Served, Staff, sign_in, sitting

SCREENS: dict[str, dict[str, Any]] = {
    "monitor": {"viewport": WIDE, "color_scheme": "light"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "has_touch": True, "is_mobile": True},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
}


@pytest.fixture(params=SCREENS)
def seen(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[tuple[str, Staff]]:
    """Somebody who has signed in, at each screen."""
    with sitting(browser, served, **SCREENS[request.param]) as staff:
        staff.open("/desk")
        check(staff, f"login-{request.param}")
        sign_in(staff, served)
        yield request.param, staff


def check(staff: Staff, name: str) -> None:
    """Nobody is kept out, and nothing stands beside the screen."""
    staff.picture(name)
    assert staff.barriers() == []
    assert staff.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_page_is_open_to_everybody_on_every_screen(seen: tuple[str, Staff]) -> None:
    screen, staff = seen
    check(staff, f"desk-{screen}")
    staff.say("研发费用增长")
    expect(staff.page.locator("#results mark").first).to_be_visible()
    check(staff, f"search-{screen}")
    staff.press("Escape")
    staff.ask("公司今年研发费用1000万元，去年800万元，能补多少")
    staff.page.get_by_text("怎么算的").first.click()
    check(staff, f"answer-{screen}")
    staff.ask("帮我算")
    check(staff, f"choice-{screen}")
    staff.ask("申报要什么材料")
    staff.page.locator(".answer").first.get_by_text("有问题").click()
    check(staff, f"silent-{screen}")
    staff.page.locator(".basis a").first.click()
    expect(staff.page.locator(".clause")).to_be_visible()
    check(staff, f"clause-{screen}")
    for path in ("/desk/clause/7.2", "/desk/unanswered", "/desk/records/1", "/desk/records/1/note"):
        staff.open(path)
        check(staff, path.strip("/").replace("/", "-") + f"-{screen}")


def test_the_dark_page_is_dark(browser: Browser, served: Served) -> None:
    with sitting(browser, served, **SCREENS["dark"]) as staff:
        staff.open("/desk/login")
        colour = str(staff.page.evaluate("getComputedStyle(document.body).backgroundColor"))

        assert all(int(part) < 60 for part in colour.strip("rgb()").split(","))


def test_a_page_that_is_not_there_is_told_with_a_way_back(staff: Staff) -> None:
    staff.expected = ("404",)
    staff.open("/desk/records/999999")

    expect(staff.page.get_by_role("alert")).to_contain_text("没有这一页")
    check(staff, "error")
    staff.page.locator("main").get_by_role("link", name="查政策").click()
    expect(staff.page.locator("#q")).to_be_focused()


def test_the_first_key_after_loading_goes_to_the_main_part(staff: Staff) -> None:
    staff.open("/desk/unanswered")
    staff.press("Tab")

    expect(staff.page.get_by_role("link", name="跳到正文")).to_be_focused()
    staff.press("Enter")
    expect(staff.page.locator("#main")).to_be_focused()
