"""The page in a browser: search, links, paper, every screen. Whatever a test does, it asks for nothing but itself."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from bot.faq.formats import FORMATS
from tests.bot.faq.faqs import ATTACK, CLAUSE, FAQ, HOSTILE, WORKED
from tests.bot.web.browser.chromium import open_chromium
from tests.bot.web.browser.conftest import OUTPUT, PHONE, WIDE, Staff

SCREENS: dict[str, dict[str, Any]] = {
    "light": {"viewport": WIDE, "color_scheme": "light"},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "has_touch": True, "is_mobile": True},
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("faq") / "faq.html"
    path.write_bytes(FORMATS["html"](FAQ))
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_chromium() as chromium:
        yield chromium


@contextmanager
def reading(browser: Browser, address: str, **options: Any) -> Iterator[Staff]:
    """Somebody who has just opened the page."""
    context = browser.new_context(**{"viewport": WIDE, "locale": "zh-CN", "reduced_motion": "reduce", **options})
    reader = Staff(context.new_page(), address)
    page = reader.page
    page.on("request", lambda request: reader.requests.append(request.url))
    page.on("pageerror", lambda error: reader.complaints.append(str(error)))
    page.on("console", lambda line: reader.complaints.append(line.text))
    page.on("dialog", lambda dialog: reader.complaints.append(dialog.message))
    try:
        page.goto(address)
        yield reader
        assert {url.split("#")[0] for url in reader.requests if not url.startswith("data:")} == {address}
        assert reader.complaints == []
    finally:
        context.close()


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[Staff]:
    with reading(browser, address, permissions=["clipboard-read", "clipboard-write"]) as somebody:
        yield somebody


def shown(reader: Staff) -> list[str]:
    """The questions that are on the screen, from top to bottom."""
    visible = reader.page.locator("article:visible")
    return list(visible.evaluate_all("articles => articles.map(article => article.id)"))


def article(reader: Staff, name: str) -> Locator:
    return reader.page.locator(f"article[id='{name}']")


def search(reader: Staff, words: str) -> None:
    reader.page.locator("#search").fill(words)


ALL = ["validity", "rd-example", 'bad-id/"<x>', "long", "office", "deadline"]


def test_all_questions_are_seen_and_an_answer_opens_with_a_press(reader: Staff) -> None:
    assert shown(reader) == ALL
    expect(reader.page.locator("#status")).to_have_text("共6条")
    answer = article(reader, "rd-example").locator(".answer")
    expect(answer).to_be_hidden()
    article(reader, "rd-example").locator("summary").click()

    expect(answer).to_be_visible()
    expect(answer.locator("blockquote").first).to_contain_text(CLAUSE)
    expect(answer.locator("blockquote .place").first).to_have_text("——《…若干措施》政策解读 四（三）第7条")


def test_steps_stand_in_columns_with_their_numbers(reader: Staff) -> None:
    article(reader, "rd-example").locator("summary").click()
    steps = article(reader, "rd-example").locator(".steps li")
    edges = steps.locator(".how").evaluate_all("cells => cells.slice(0, 3).map(cell => cell.getBoundingClientRect().x)")

    assert [text.split()[0] for text in steps.all_inner_texts()] == ["1.", "2.", "3.", "4."]
    assert len(set(edges)) == 1


def test_words_filter_while_somebody_types_and_are_marked(reader: Staff) -> None:
    reader.press("/")
    expect(reader.page.locator("#search")).to_be_focused()
    reader.say("ａｂｃ 最高")

    assert shown(reader) == ["rd-example"]
    expect(reader.page.locator("#status")).to_have_text("找到1条，共6条")
    assert reader.page.locator("mark").all_inner_texts() == ["最高", "ＡＢＣ"]
    expect(reader.page.locator(".answer:visible")).to_have_count(1)
    reader.picture("faq-search")
    reader.press("Escape")

    assert shown(reader) == ALL
    assert reader.page.locator("mark").count() == 0
    expect(reader.page.locator(".answer:visible")).to_have_count(0)
    expect(reader.page.locator("#search")).to_be_focused()
    expect(reader.page.locator("#search")).to_have_value("")


def test_the_heading_of_a_measure_is_searched_too(reader: Staff) -> None:
    search(reader, "产业链 很长")

    assert shown(reader) == ["long"]
    assert reader.page.locator("h3 mark").all_inner_texts() == ["产业链"]


def test_where_no_entry_has_all_words_the_closest_are_shown(reader: Staff) -> None:
    search(reader, "啥时候能申报呀")

    assert shown(reader)[0] == "deadline"
    expect(reader.page.locator("#status")).to_contain_text("没有条目同时含有这些词")
    expect(reader.page.get_by_role("heading", name="最接近的问题")).to_be_visible()
    search(reader, "")

    assert shown(reader) == ALL
    expect(reader.page.get_by_role("heading", name="最接近的问题")).to_be_hidden()


def test_what_resembles_nothing_finds_nothing(reader: Staff) -> None:
    search(reader, "qqqq")

    assert shown(reader) == []
    expect(reader.page.locator("#status")).to_contain_text("没有找到")


def test_half_a_word_of_an_input_method_is_not_searched_for(reader: Staff) -> None:
    reader.page.locator("#search").focus()
    keyboard = reader.page.context.new_cdp_session(reader.page)
    keyboard.send("Input.imeSetComposition", {"text": "youxiaoqi", "selectionStart": 9, "selectionEnd": 9})

    expect(reader.page.locator("#search")).to_have_value("youxiaoqi")
    assert shown(reader) == ALL
    keyboard.send("Input.insertText", {"text": "有效期"})

    expect(reader.page.locator("#status")).to_have_text("找到1条，共6条")
    assert shown(reader) == ["validity"]


def test_an_audience_sees_what_concerns_it_and_what_concerns_all(reader: Staff) -> None:
    reader.page.get_by_role("radio", name="高校").check()

    assert shown(reader) == ["validity", 'bad-id/"<x>', "long", "office", "deadline"]
    expect(reader.page.locator("#status")).to_have_text("找到5条，共6条")
    search(reader, "研发费用")
    assert "rd-example" not in shown(reader)
    reader.page.get_by_role("radio", name="全部").check()

    assert shown(reader) == ["rd-example"]


def test_a_link_to_an_entry_is_copied_and_opens_it(reader: Staff, browser: Browser, address: str) -> None:
    article(reader, "rd-example").locator("summary").click()
    reader.page.get_by_role("button", name=f"复制链接：{WORKED.question}").click()
    expect(reader.page.locator("#told")).to_have_text("已复制链接")
    link = reader.clipboard()
    assert link == f"{address}#rd-example"

    with reading(browser, address) as other:
        other.page.goto(link)
        expect(article(other, "rd-example").locator(".answer")).to_be_visible()
        expect(article(other, "rd-example")).to_be_in_viewport()


def test_a_link_finds_an_entry_that_a_search_hid(reader: Staff) -> None:
    reader.page.get_by_role("radio", name="企业", exact=True).check()
    search(reader, "研发费用")
    assert shown(reader) == ["rd-example"]
    reader.page.evaluate("location.hash = 'office'")

    expect(article(reader, "office").locator(".answer")).to_be_visible()
    expect(article(reader, "office")).to_be_in_viewport()
    expect(reader.page.locator("#search")).to_have_value("")
    assert shown(reader) == ALL


def test_an_entry_with_any_name_can_be_linked_to(reader: Staff) -> None:
    reader.page.evaluate("name => { location.hash = encodeURIComponent(name); }", 'bad-id/"<x>')

    expect(article(reader, 'bad-id/"<x>').locator(".answer")).to_be_visible()


def test_the_contents_lead_to_a_measure_twice(reader: Staff) -> None:
    link = reader.page.get_by_role("navigation").get_by_role("link", name="8.促进产业链创新能力提升")
    for _ in range(2):
        search(reader, "有效期")
        link.click()
        expect(reader.page.get_by_role("heading", name="8.促进产业链创新能力提升")).to_be_in_viewport()
        assert shown(reader) == ALL


def test_all_answers_open_and_close_together(reader: Staff) -> None:
    reader.page.get_by_role("button", name="全部展开").click()
    expect(reader.page.locator(".answer:visible")).to_have_count(6)
    reader.page.get_by_role("button", name="全部收起").click()

    expect(reader.page.locator(".answer:visible")).to_have_count(0)


def test_hostile_words_stay_words(reader: Staff) -> None:
    search(reader, "alert(1)")

    assert shown(reader) == ['bad-id/"<x>']
    expect(article(reader, 'bad-id/"<x>').locator("summary")).to_contain_text(ATTACK.question)
    assert reader.page.locator("script").count() == 2
    assert reader.page.locator("main b, main script, main img").count() == 0
    expect(reader.page.get_by_role("radio", name=HOSTILE)).to_have_count(1)


def test_without_its_script_everything_can_be_read(browser: Browser, address: str) -> None:
    with reading(browser, address, java_script_enabled=False) as reader:
        expect(reader.page.locator(".answer:visible")).to_have_count(6)
        expect(reader.page.get_by_role("searchbox")).to_be_hidden()
        expect(reader.page.locator("button:visible")).to_have_count(0)


# -- paper


OPEN_ON_PAPER = """() => addEventListener("beforeprint", () => {
  window.openOnPaper = [...document.querySelectorAll("article:not([hidden]) details[open]")].length;
})"""


def printed(reader: Staff, name: str) -> tuple[int, int]:
    """Print to a file: how many answers were open then, and on how many pages of A4 all stands."""
    OUTPUT.mkdir(exist_ok=True)
    path = OUTPUT / f"{name}.pdf"
    reader.page.evaluate(OPEN_ON_PAPER)
    reader.page.pdf(path=path, prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox ?\[([^]]+)\]", path.read_bytes())
    assert {tuple(round(float(edge)) for edge in size.split()) for size in sizes} == {(0, 0, 595, 842)}
    return int(reader.page.evaluate("openOnPaper")), len(sizes)


def test_paper_shows_all_answers_and_no_controls(reader: Staff) -> None:
    opened, pages = printed(reader, "faq")
    expect(reader.page.locator(".answer:visible")).to_have_count(0)  # as before
    reader.page.emulate_media(media="print")

    assert opened == len(FAQ.entries)
    assert pages > 3
    expect(reader.page.locator("button:visible, input:visible")).to_have_count(0)
    expect(reader.page.locator(".selection")).to_be_hidden()
    expect(reader.page.get_by_role("navigation")).to_be_visible()


def test_paper_of_a_search_says_that_it_is_a_selection(reader: Staff) -> None:
    reader.page.get_by_role("radio", name="企业", exact=True).check()
    search(reader, "研发费用")
    opened, pages = printed(reader, "faq-selection")
    reader.page.emulate_media(media="print")

    assert opened == 1
    assert pages <= 2
    expect(reader.page.locator(".selection")).to_be_visible()
    expect(reader.page.locator(".selection")).to_have_text(
        "以下是节选，不是全文：搜索“研发费用”、适用对象“企业”，1条，全文6条。"
    )
    assert shown(reader) == ["rd-example"]


# -- every screen


@pytest.mark.parametrize("screen", SCREENS)
def test_the_page_is_open_to_everybody_on_every_screen(browser: Browser, address: str, screen: str) -> None:
    with reading(browser, address, **SCREENS[screen]) as reader:
        check(reader, f"faq-{screen}")
        article(reader, "rd-example").locator("summary").click()
        check(reader, f"faq-answer-{screen}")
        search(reader, "研发费用")
        check(reader, f"faq-search-{screen}")
        search(reader, "啥时候能申报呀")
        check(reader, f"faq-near-{screen}")


def check(reader: Staff, name: str) -> None:
    """Nobody is kept out, and nothing stands beside the screen."""
    reader.picture(name)
    assert reader.barriers() == []
    assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
