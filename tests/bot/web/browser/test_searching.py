"""What staff do while somebody speaks: sign in, search while typing, open a clause. All by keyboard."""

from playwright.sync_api import Browser, expect

from tests.bot.web.browser.conftest import Served, Staff, sign_in, sitting


def searches(staff: Staff) -> int:
    return sum(url.endswith("/desk/search") for url in staff.requests)


def test_a_wrong_token_is_told_and_the_right_one_opens_the_desk(browser: Browser, served: Served) -> None:
    with sitting(browser, served) as staff:
        staff.expected = ("401",)
        staff.open("/desk")
        assert staff.page.url.endswith("/desk/login")
        staff.say("luce_wrong")
        staff.press("Enter")
        expect(staff.page.get_by_role("alert")).to_contain_text("口令不对")
        staff.page.locator("#token").focus()
        staff.say(served.token)
        staff.press("Enter")

        expect(staff.page.locator("#q")).to_be_focused()
        assert staff.page.context.cookies()[0]["httpOnly"]
        assert staff.page.evaluate("document.cookie") == ""


def test_words_are_marked_in_the_clauses_while_they_are_typed(staff: Staff) -> None:
    staff.say("研发费用")

    expect(staff.page.locator("#results mark").first).to_have_text("研发费用")
    assert "研发费用" in staff.page.locator("#results .hit").first.inner_text()
    expect(staff.page.locator("#results .hit .label").first).to_contain_text("第7条")
    expect(staff.page.locator("#count")).to_contain_text("找到")
    staff.picture("search")

    staff.say("增长率")
    expect(staff.page.locator("#results mark", has_text="增长率").first).to_be_visible()


def test_an_input_method_searches_when_the_words_are_chosen(staff: Staff) -> None:
    keyboard = staff.page.context.new_cdp_session(staff.page)
    for letters in ("y", "ya", "yan", "yanfa"):
        keyboard.send("Input.imeSetComposition", {"text": letters, "selectionStart": 5, "selectionEnd": 5})
    expect(staff.page.locator("#q")).to_have_value("yanfa")
    assert searches(staff) == 0

    keyboard.send("Input.insertText", {"text": "研发"})
    expect(staff.page.locator("#results mark").first).to_have_text("研发")
    assert searches(staff) >= 1


def test_arrows_walk_the_results_and_enter_opens_the_clause(staff: Staff) -> None:
    staff.say("增长率超过20%")
    expect(staff.page.locator("#results .hit").first).to_contain_text("20%")
    staff.press("ArrowDown", "ArrowUp")
    expect(staff.page.locator("#q")).to_be_focused()
    staff.press("ArrowDown", "Enter")

    chosen = staff.page.locator(".clause .chosen")
    expect(chosen).to_contain_text("给予最高50万元叠加奖励")
    expect(chosen.locator("mark").first).to_be_visible()
    expect(staff.page.locator("#clause")).to_be_focused()
    staff.press("Alt+c")
    expect(staff.page.locator("#status")).to_have_text("已复制")
    assert staff.clipboard().startswith("“企业年度自主研发费用高于500万元且增长率超过20%的")
    assert "第7条" in staff.clipboard()

    staff.press("Escape")
    expect(staff.page.locator(".clause")).to_have_count(0)
    expect(staff.page.locator("#q")).to_be_focused()


def test_a_slash_goes_to_the_box_from_anywhere_and_escape_empties_it(staff: Staff) -> None:
    staff.page.locator("#new-call").focus()
    staff.press("/")
    expect(staff.page.locator("#q")).to_be_focused()
    staff.say("1/2")
    expect(staff.page.locator("#q")).to_have_value("1/2")
    staff.press("Escape")
    expect(staff.page.locator("#q")).to_have_value("")
    expect(staff.page.locator("#results")).to_be_empty()

    staff.open("/desk/unanswered")
    staff.press("/")
    staff.page.wait_for_url("**/desk")


def test_words_that_the_document_does_not_hold_are_told_with_the_contact(staff: Staff) -> None:
    staff.say("诺贝尔奖")

    expect(staff.page.locator("#results")).to_contain_text("没有找到“诺贝尔奖”")
    expect(staff.page.locator("#results")).to_contain_text("0592-2021807")


def test_the_measures_are_at_hand_before_anything_is_typed(staff: Staff) -> None:
    staff.page.get_by_role("link", name="7.增强科技型中小企业创新能力").click()

    expect(staff.page.locator(".clause .text p")).to_have_count(5)
    expect(staff.page.locator("#start")).to_be_hidden()


def test_a_line_that_is_down_is_told_and_can_be_tried_again(staff: Staff) -> None:
    staff.expected = ("net::", "htmx:")
    staff.page.context.set_offline(True)
    staff.say("孵化器")
    expect(staff.page.locator("#failure")).to_contain_text("连不上服务器")
    staff.picture("offline")

    staff.page.context.set_offline(False)
    staff.page.get_by_role("button", name="再试一次").click()
    expect(staff.page.locator("#results mark").first).to_have_text("孵化器")
    expect(staff.page.locator("#failure")).to_be_empty()


def test_a_session_that_is_over_leads_to_signing_in(staff: Staff, served: Served) -> None:
    staff.expected = ("401", "htmx:")
    staff.page.context.clear_cookies()
    staff.say("孵化器")

    expect(staff.page.locator("#failure")).to_contain_text("登录已经过期")
    staff.page.locator("#failure").get_by_role("link").click()
    staff.page.locator("#token").wait_for()


def test_a_slow_line_is_shown_as_such(staff: Staff) -> None:
    line = staff.page.context.new_cdp_session(staff.page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 1500, "downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.emulateNetworkConditions", slow)
    expect(staff.page.locator("#slow")).to_be_hidden()
    staff.say("孵化器")

    expect(staff.page.locator("#slow")).to_be_visible()
    expect(staff.page.locator("#results mark").first).to_be_visible()
    expect(staff.page.locator("#slow")).to_be_hidden()


def test_a_browser_that_signs_out_is_out(staff: Staff, served: Served) -> None:
    staff.page.get_by_role("button", name="退出").click()
    staff.page.locator("#token").wait_for()
    staff.open("/desk")

    assert staff.page.url.endswith("/desk/login")
    sign_in(staff, served)
