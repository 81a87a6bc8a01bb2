"""How a message was read, unfolded beside its answer by keyboard."""

import pytest
from playwright.sync_api import expect

from bot.app import App
from tests.bot.web.browser.conftest import Staff


@pytest.fixture(scope="module")
def app(tiny_app: App) -> App:
    return tiny_app


def test_a_key_unfolds_the_reading_and_folds_it_again(staff: Staff) -> None:
    staff.ask("研发费用今年1200万，去年900万，能补多少")
    reading = staff.page.locator(".answer .reading").first
    expect(reading.locator("dl")).to_have_count(0)
    staff.press("Alt+e")

    expect(reading.locator("summary")).to_be_focused()
    expect(reading.locator("dt").first).to_have_text("上一步")
    expect(reading.locator("dl")).to_contain_text("数字“1200万”")
    staff.picture("reading")
    staff.press("Enter")
    expect(reading.locator("dl")).to_be_hidden()
    staff.press("Alt+e")
    expect(reading.locator("dl")).to_be_visible()
    assert len([url for url in staff.requests if url.endswith("/reading")]) == 1


def test_the_reading_opens_by_a_click_too_and_of_the_answer_that_has_the_focus(staff: Staff) -> None:
    staff.ask("联合实验室补助多少")
    staff.ask("你好")
    older = staff.page.locator(".answer").nth(1)
    older.focus()
    staff.press("Alt+e")
    expect(older.locator(".reading dl")).to_contain_text("引用条文")
    newer = staff.page.locator(".answer").first
    expect(newer.locator(".reading dl")).to_have_count(0)
    newer.locator(".reading summary").click()

    expect(newer.locator(".reading dl")).to_contain_text("打招呼")
