"""The calculator and the profile in a browser: type, see the amount change, copy, print, on every screen."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.bot.web.browser.conftest import OUTPUT, PHONE, WIDE, Served, Staff, sign_in, sitting

SCREENS: dict[str, dict[str, Any]] = {
    "monitor": {"viewport": WIDE, "color_scheme": "light"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "has_touch": True, "is_mobile": True},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
}
ANSWERS = {
    "本年度自主研发费用": "1200万",
    "上年度自主研发费用": "900万",
    "联合实验室的非财政资金投入": "800万",
    "企业实际支付的技术交易额": "160万+580万",
    "进站博士后人数": "3",
    "每人在站年数": "3",
}


@pytest.fixture(params=SCREENS)
def seen(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[tuple[str, Staff]]:
    """Somebody who has signed in, at each screen."""
    with sitting(browser, served, **SCREENS[request.param]) as staff:
        sign_in(staff, served)
        yield request.param, staff


def check(staff: Staff, name: str) -> None:
    """Nobody is kept out, and nothing stands beside the screen."""
    staff.picture(name)
    assert staff.barriers() == []
    assert staff.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def field(staff: Staff, label: str) -> Locator:
    return staff.page.get_by_label(label, exact=True)


def amounts(staff: Staff) -> Locator:
    return staff.page.locator(".verdict .amount")


def test_every_page_is_open_to_everybody_on_every_screen(seen: tuple[str, Staff]) -> None:
    screen, staff = seen
    staff.open("/desk/calc")
    check(staff, f"calc-list-{screen}")
    staff.page.get_by_role("link", name="研发费用补助").click()
    check(staff, f"calc-empty-{screen}")
    field(staff, "本年度自主研发费用").fill("1200")
    expect(staff.page.get_by_text("没有写单位")).to_be_visible()
    staff.picture(f"calc-bare-{screen}")
    field(staff, "本年度自主研发费用").fill("1200万")
    field(staff, "上年度自主研发费用").fill("900万")
    expect(staff.page.locator(".verdict.total .amount")).to_have_text("最高110万元")
    check(staff, f"calc-{screen}")
    staff.page.locator(".chart").first.scroll_into_view_if_needed()
    staff.picture(f"calc-chart-{screen}")
    field(staff, "上年度自主研发费用").fill("不知道")
    expect(staff.page.locator(".field-note.wrong")).to_be_visible()
    check(staff, f"calc-wrong-{screen}")
    staff.open("/desk/profile")
    for label, text in ANSWERS.items():
        field(staff, label).fill(text)
    expect(staff.page.locator(".profile-table .total")).to_have_text("最高460万元")
    check(staff, f"profile-{screen}")


def test_the_amount_changes_while_somebody_types(staff: Staff) -> None:
    staff.open("/desk/calc/joint_lab")
    field(staff, "联合实验室的非财政资金投入").focus()
    seen = []
    for words, amount in (("800", "80元"), ("万", "80万元"), ("+120万", "92万元")):
        staff.say(words)
        expect(amounts(staff)).to_have_text(amount)
        seen.append(staff.page.locator(".chart .here").count())

    assert seen == [1, 1, 2]
    assert staff.focus == "f-lab_nonfiscal"
    assert "800" not in "".join(staff.requests)


def test_what_an_input_method_composes_is_computed_once_it_is_done(staff: Staff) -> None:
    staff.open("/desk/calc/joint_lab")
    field(staff, "联合实验室的非财政资金投入").focus()
    staff.say("800")
    expect(amounts(staff)).to_have_text("80元")
    session = staff.page.context.new_cdp_session(staff.page)
    asked = len(staff.requests)
    for letters in ("w", "wa", "wan"):
        session.send("Input.imeSetComposition", {"text": letters, "selectionStart": len(letters), "selectionEnd": 0})
        staff.page.wait_for_timeout(200)

    assert len(staff.requests) == asked
    session.send("Input.insertText", {"text": "万"})
    expect(amounts(staff)).to_have_text("80万元")
    assert field(staff, "联合实验室的非财政资金投入").input_value() == "800万"


def test_a_forgotten_unit_is_put_in_with_one_press(staff: Staff) -> None:
    staff.open("/desk/calc/industry_academia")
    field(staff, "企业实际支付的技术交易额").fill("160+580")
    staff.page.get_by_role("button", name="是160万+580万元？").press("Enter")

    expect(amounts(staff)).to_have_text("最高180万元")
    assert field(staff, "企业实际支付的技术交易额").input_value() == "160万+580万"
    expect(field(staff, "企业实际支付的技术交易额")).to_be_focused()


def test_a_wrong_field_is_told_and_mended_in_place(staff: Staff) -> None:
    staff.open("/desk/calc/joint_lab")
    money = field(staff, "联合实验室的非财政资金投入")
    money.fill("很多")
    expect(money).to_have_attribute("aria-invalid", "true")
    expect(money).to_have_accessible_description(re.compile("准确的金额"))
    money.fill("800万")
    expect(amounts(staff)).to_have_text("80万元")
    expect(money).not_to_have_attribute("aria-invalid", "true")


def test_the_answer_is_copied_with_one_key(staff: Staff) -> None:
    staff.open("/desk/calc/joint_lab")
    field(staff, "联合实验室的非财政资金投入").fill("800万")
    expect(amounts(staff)).to_have_text("80万元")
    staff.press("Alt+KeyC")
    expect(staff.page.locator("#status")).not_to_be_empty()

    assert "共建联合实验室补助：80万元" in staff.clipboard()
    assert "按非财政资金投入的10%给予最高1000万元补助。" in staff.clipboard()


def test_a_step_leads_to_its_clause(staff: Staff) -> None:
    staff.open("/desk/calc/joint_lab")
    field(staff, "联合实验室的非财政资金投入").fill("800万")
    staff.page.locator(".calc-steps").get_by_role("link", name="7.4").first.click()

    expect(staff.page.locator("blockquote:target")).to_contain_text("按非财政资金投入的10%")
    expect(staff.page.locator("blockquote:target")).to_be_in_viewport()


def test_a_desk_that_cannot_be_reached_is_told_and_the_last_result_stays(staff: Staff) -> None:
    staff.expected = ("ERR_INTERNET_DISCONNECTED", "Send Error", "htmx:sendError", "htmx:afterRequest")
    staff.open("/desk/calc/joint_lab")
    money = field(staff, "联合实验室的非财政资金投入")
    money.fill("800万")
    expect(amounts(staff)).to_have_text("80万元")
    staff.page.context.set_offline(True)
    money.fill("900万")
    expect(staff.page.get_by_role("alert")).to_contain_text("没有连上")
    staff.picture("calc-offline")
    staff.page.context.set_offline(False)
    money.fill("9000万")
    expect(amounts(staff)).to_have_text("900万元")
    expect(staff.page.locator("#calc-failure")).to_be_empty()


def test_the_form_works_without_scripts(browser: Browser, served: Served) -> None:
    with sitting(browser, served, java_script_enabled=False) as staff:
        staff.open("/desk/login")
        staff.page.locator("input[type=password], input[name=token]").first.fill(served.token)
        staff.page.locator("main button").first.click()
        staff.open("/desk/calc/joint_lab")
        field(staff, "联合实验室的非财政资金投入").fill("800万")
        staff.page.get_by_role("button", name="计算").click()

        expect(amounts(staff)).to_have_text("80万元")
        assert field(staff, "联合实验室的非财政资金投入").input_value() == "800万"


@pytest.mark.parametrize("whole", [False, True], ids=["some", "every-benefit"])
def test_the_sheet_is_one_page_of_paper(staff: Staff, *, whole: bool) -> None:
    staff.open("/desk/profile")
    for label, text in ANSWERS.items():
        field(staff, label).fill(text)
    if whole:
        for box in staff.page.locator(".item input").all():
            box.fill("2")
        field(staff, "考核评估结果").select_option("优")
    staff.page.get_by_label("单位名称").fill("厦门某某科技有限公司")
    expect(staff.page.locator(".profile-table tbody tr")).to_have_count(15 if whole else 5)
    with staff.page.context.expect_page() as opened:
        staff.page.get_by_role("button", name="出打印单").click()
    sheet = opened.value
    sheet.wait_for_load_state()
    name = "sheet-every-benefit" if whole else "sheet"
    sheet.screenshot(path=OUTPUT / f"{name}.png", full_page=True)
    paper = sheet.pdf(path=OUTPUT / f"{name}.pdf", prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    assert re.search(rb"/MediaBox\s*\[0 0 59[45]", paper)
    expect(sheet.locator("main")).to_contain_text("厦门某某科技有限公司")
    assert Staff(sheet, staff.address).barriers() == []
