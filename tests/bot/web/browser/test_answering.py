"""What staff do with a question: ask, give what is missing, read aloud, copy, judge, hand over."""

import re

from playwright.sync_api import Browser, expect

from tests.bot.web.browser.chromium import FOREIGN
from tests.bot.web.browser.conftest import Served, Staff, sign_in, sitting

QUESTION = "公司今年研发费用1000万元能补多少"


def test_a_sum_is_asked_for_completed_and_copied_by_keyboard(staff: Staff) -> None:
    staff.ask(QUESTION)
    answer = staff.page.locator(".answer").first
    expect(answer.locator(".script")).to_contain_text("请问上年度的自主研发费用是多少")
    expect(answer.locator(".basis")).to_contain_text("每满200万元给予10万元补助")
    expect(answer.locator("[data-slot]")).to_be_focused()
    staff.say("800万元")
    staff.answered(lambda: staff.press("Enter"))

    answer = staff.page.locator(".answer").first
    expect(answer.locator(".sum")).to_have_text(re.compile("合计\\s*最高100万元"))
    expect(staff.page.locator("#q")).to_be_focused()
    expect(answer.locator(".steps ol").first).to_be_hidden()
    answer.get_by_text("怎么算的").click()
    expect(answer.locator(".steps ol").first).to_contain_text("5 × 10万元 = 50万元")
    staff.picture("answer")
    staff.press("Alt+c")
    expect(staff.page.locator("#status")).to_have_text("已复制")
    copied = staff.clipboard().splitlines()
    assert "合计：最高100万元" in copied
    assert copied[-1] == "（依据：《…若干措施》政策解读 四（三）第7条）"
    assert not any(re.match(r"\d\.|•", line) for line in copied)


def test_a_choice_is_made_with_a_digit(staff: Staff) -> None:
    staff.ask("帮我算")
    expect(staff.page.locator("[data-pick='1']")).to_be_focused()
    staff.picture("choice")
    staff.answered(lambda: staff.press("2"))

    expect(staff.page.locator(".answer h2").first).to_have_text("帮我算研发费用补助")
    expect(staff.page.locator("[data-slot]").first).to_be_focused()


def test_a_follow_up_is_heard_in_the_call_and_a_new_call_knows_nothing_of_it(staff: Staff) -> None:
    staff.ask("联合实验室投入800万元能补多少")
    staff.say("那投入1000万元呢")
    staff.answered(lambda: staff.press("Control+Enter"))
    expect(staff.page.locator(".answer").first.locator(".sum")).to_contain_text("100万元")
    call = staff.page.url
    staff.page.reload()
    expect(staff.page.locator(".answer")).to_have_count(2)
    expect(staff.page.locator(".answer h2").first).to_have_text("那投入1000万元呢")
    staff.press("Alt+n")
    staff.page.wait_for_url("**/desk")

    expect(staff.page.locator(".answer")).to_have_count(0)
    staff.ask("那投入1000万元呢")
    assert staff.page.url != call
    expect(staff.page.locator(".answer").first.locator(".sum")).to_have_count(0)


def test_an_answer_is_judged_and_the_judgement_taken_back(staff: Staff) -> None:
    staff.ask("政策有效期多久")
    staff.page.get_by_role("button", name="有用").click()
    expect(staff.page.locator(".kept")).to_have_text("已记下：有用")
    staff.page.get_by_role("button", name="撤回").click()

    expect(staff.page.get_by_role("button", name="有用")).to_be_visible()


def test_a_bad_answer_stands_among_the_open_questions_and_is_handed_over(staff: Staff) -> None:
    staff.ask("孵化器每年最高多少")
    staff.page.get_by_text("有问题").click()
    staff.page.get_by_label("问题在哪里").focus()
    staff.say("问的是加速器")
    staff.press("Enter")
    expect(staff.page.locator(".kept")).to_contain_text("有问题")
    staff.ask("申报要什么材料")
    expect(staff.page.locator(".answer").first.locator(".silent")).to_have_text("文件没有写")
    staff.open("/desk/unanswered")

    rows = staff.page.locator(".open-questions li")
    expect(rows.filter(has_text="问的是加速器")).to_contain_text("孵化器每年最高多少")
    expect(rows.filter(has_text="申报要什么材料")).to_contain_text("文件没有写")
    staff.picture("unanswered")
    rows.filter(has_text="孵化器").get_by_role("link", name="孵化器每年最高多少").click()
    expect(staff.page.locator(".answer .kept")).to_contain_text("问的是加速器")
    staff.page.get_by_role("link", name="交接单").click()
    note = staff.page.locator("#note")
    expect(note).to_contain_text("0592-2021807")
    staff.press("Alt+c")
    expect(staff.page.locator("#status")).to_have_text("已复制")
    assert "【坐席意见】问的是加速器" in staff.clipboard()

    staff.page.emulate_media(media="print")
    expect(note).to_be_visible()
    expect(staff.page.locator(".top")).to_be_hidden()
    expect(staff.page.get_by_role("button", name="打印")).to_be_hidden()
    staff.picture("note-printed")


def test_a_note_tells_what_was_asked_before_in_the_call(staff: Staff) -> None:
    staff.ask(QUESTION)
    staff.say("800万元")
    staff.answered(lambda: staff.press("Enter"))
    staff.page.locator(".answer").first.get_by_role("link", name="交接单").click()

    expect(staff.page.locator("#note")).to_contain_text(QUESTION)


def test_copying_works_over_plain_http(browser: Browser, served: Served) -> None:
    with sitting(browser, served, served.address.replace("127.0.0.1", FOREIGN)) as staff:
        staff.expected = ("Cross-Origin-Opener-Policy",)  # which a browser heeds over HTTPS alone
        sign_in(staff, served)
        assert staff.page.evaluate("isSecureContext") is False
        staff.ask("政策有效期多久")
        staff.press("Alt+c")
        expect(staff.page.locator("#status")).to_have_text("已复制")
        expect(staff.page.locator("#q")).to_be_focused()
        staff.press("Control+v")

        expect(staff.page.locator("#q")).to_have_value(re.compile("有效期3年"))


def test_hostile_words_stay_words(staff: Staff) -> None:
    staff.ask("<img src=x onerror=alert(1)>研发")

    expect(staff.page.locator(".answer h2").first).to_have_text("<img src=x onerror=alert(1)>研发")
    assert staff.page.locator("main img").count() == 0
