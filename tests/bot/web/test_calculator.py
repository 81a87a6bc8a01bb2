"""The calculator of the console: forms from slots, what is typed into them, and what comes of it."""

import html
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.app import App
from bot.web.access import Role
from bot.web.console.calculation_view import STATES, show_amount
from bot.web.console.forms import Filling, form_of, forms_of, read_form
from calculators.calculation import Calculation, NeedsSlots, Outcome
from calculators.inputs import parse_inputs
from tests.bot.web.rig import Web, web_desk, whole_of

pytestmark = pytest.mark.anyio

CASES = Path(__file__).parents[2] / "cases" / "xiamen-sti-measures.yaml"
PART = {"HX-Request": "true"}


@pytest.fixture
def web(app: App, tmp_path: Path) -> Web:
    return whole_of(web_desk(app, tmp_path))


async def post(web: Web, benefit: str, typed: dict[str, str], *, part: bool = True) -> str:
    async with web.client(Role.STAFF) as client:
        response = await client.post(f"/desk/calc/{benefit}", data=typed, headers=PART if part else {})
    assert response.status_code == 200
    return response.text


async def get(web: Web, address: str) -> str:
    async with web.client(Role.STAFF) as client:
        response = await client.get(address)
    assert response.status_code == 200
    return response.text


def words(fragment: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", fragment)).strip()


def verdicts(page: str) -> dict[str, tuple[str, str, str]]:
    """State, amount and reason of each benefit on a page, by title."""
    found = re.findall(
        r'<section class="verdict ([\w-]+)">\s*<h2>(.*?)</h2>\s*<p class="amount[^"]*">(.*?)</p>(.*?)</section>',
        page,
        re.DOTALL,
    )
    return {words(title): (state, words(amount), words(rest)) for state, title, amount, rest in found}


def steps(page: str, title: str) -> list[list[str]]:
    """The rows of the table of a benefit's steps."""
    for table in re.findall(r'<table class="calc-steps">(.*?)</table>', page, re.DOTALL):
        if words(re.findall(r"<caption>(.*?)</caption>", table)[0]).endswith(title):
            rows = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], re.DOTALL)
            return [[words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]
    return []


def note(page: str, slot: str) -> str:
    return words(re.findall(rf'<p class="field-note[^>]*id="n-{slot}"[^>]*>(.*?)</p>', page, re.DOTALL)[0])


def expected(app: App) -> list[tuple[str, dict[str, str]]]:
    cases: list[dict[str, Any]] = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    rows = [(case["benefit"], case["inputs"]) for case in cases]
    return rows + [(b.id, dict(e.inputs)) for b in app.library.main.benefits.values() for e in b.examples]


async def test_every_worked_example_computes_over_the_form_to_what_the_calculators_give(web: Web, app: App) -> None:
    rows = expected(app)
    assert len(rows) > 80
    assert {benefit for benefit, _ in rows} == set(app.calculator.benefits)

    for benefit, typed in rows:
        outcome = app.calculator.calculate(benefit, parse_inputs(typed, app.calculator.slots))
        check(app, await post(web, benefit, typed), outcome)


def check(app: App, page: str, outcome: Outcome) -> None:
    title = app.calculator.benefits[outcome.benefit_id].title
    state, amount, rest = verdicts(page)[title]
    assert state == STATES[type(outcome)]
    if isinstance(outcome, NeedsSlots):
        assert rest == "、".join(app.calculator.slots[slot].label for slot in outcome.slots)
        return
    if isinstance(outcome, Calculation):
        assert amount == show_amount(outcome.amount, outcome.bound)
        assert ("最高" in amount) == ("上限" in rest) == (outcome.bound == "at_most")
    else:
        assert outcome.reason in rest
    shown = steps(page, title)
    assert [row[:3] for row in shown] == [
        [step.label, step.expression if step.expression != step.value else "", step.value] for step in outcome.steps
    ]
    assert [row[3].split() for row in shown] == [[c.partition("/")[2] for c in s.clauses] for s in outcome.steps]


@pytest.mark.parametrize("benefit", ["rd_subsidy", "rd_growth_bonus"])
async def test_both_benefits_of_research_spending_come_together(web: Web, benefit: str) -> None:
    page = await post(web, benefit, {"rd_expense": "1200万", "rd_expense_previous": "900万"})

    assert {title: found[:2] for title, found in verdicts(page).items()} == {
        "研发费用补助": ("due", "60万元"),
        "研发费用增长叠加奖励": ("due", "最高50万元"),
        "合计": ("total", "最高110万元"),
    }


@pytest.mark.parametrize(
    ("benefit", "slot", "typed", "sentence"),
    [
        ("rd_subsidy", "rd_expense", "很多", "准确的金额"),
        ("rd_subsidy", "rd_expense", "一千多万", "准确的金额"),
        ("rd_subsidy", "rd_expense", "100万美元", "准确的金额"),
        ("rd_subsidy", "rd_expense", "9" * 40, "准确的金额"),
        ("rd_subsidy", "rd_expense", "1e400", "准确的金额"),
        ("rd_subsidy", "rd_expense", "-5万", "不能是负数"),
        ("rd_subsidy", "rd_expense", "600万+600万", "先加起来"),
        ("rd_subsidy", "rd_growth_rate", "25", "百分号"),
        ("rd_subsidy", "rd_growth_rate", "-300%", "百分号"),
        ("rd_subsidy", "rd_growth_difference", "三百万+一百万", "先加起来"),
        ("industry_academia", "transaction_paid", "160万+", "准确的金额"),
        ("industry_academia", "transaction_paid", "160万+-5万", "不能是负数"),
        ("industry_academia", "transaction_paid", "1+" * 600, "太多"),
        ("postdoc_allowance", "headcount", "两三名", "整数"),
        ("postdoc_allowance", "station_years", "1.5", "整数"),
        ("postdoc_allowance", "headcount", "-1", "整数"),
        ("intl_base_assessment", "assessment_grade", "中", "优或良"),
    ],
)
async def test_what_cannot_be_read_is_told_at_its_field_and_stays_there(
    web: Web, benefit: str, slot: str, typed: str, sentence: str
) -> None:
    page = await post(web, benefit, {slot: typed}, part=False)

    assert sentence in note(page, slot)
    assert typed[:1000] in page
    assert verdicts(page) == {}
    assert f"“{web.desk.calculator.slots[slot].label}”没有读懂" in words(page)


async def test_figures_that_contradict_each_other_compute_nothing(web: Web) -> None:
    vanished = await post(web, "rd_subsidy", {"rd_expense": "1200万", "rd_growth_rate": "-100%"})
    more_than_all = await post(web, "joint_lab", {"lab_total": "100万", "lab_fiscal": "200万"})

    assert {found[0] for found in verdicts(vanished).values()} == {"open"}
    assert {found[0] for found in verdicts(more_than_all).values()} == {"open"}
    assert "核对" in more_than_all


async def test_a_small_sum_without_unit_is_asked_about(web: Web) -> None:
    bare = await post(web, "rd_subsidy", {"rd_expense": "1200"})
    several = await post(web, "industry_academia", {"transaction_paid": "160 + 5,800"})
    whole = await post(web, "rd_subsidy", {"rd_expense": "12000000"})

    assert note(bare, "rd_expense") == "没有写单位，按1200元算。是1200万元？"
    assert 'data-value="1200万"' in bare
    assert 'data-value="160万 + 5,800万"' in several
    assert note(whole, "rd_expense") == "读作 1200万元"


@pytest.mark.parametrize("typed", ["1200万", "1200万元", "１２００万", "一千二百万", "0.12亿", "12,000,000", "1200w"])
def test_sums_are_read_as_people_write_them(app: App, typed: str) -> None:
    filling = filled(app, "rd_subsidy", rd_expense=typed)

    assert filling.inputs["rd_expense"] == Decimal(12_000_000)
    assert filling.given == (("本年度自主研发费用", "1200万元"),)


def filled(app: App, benefit: str, **typed: str) -> Filling:
    return read_form(form_of(app.calculator, benefit), typed)


def test_every_slot_of_every_benefit_has_a_field(app: App) -> None:
    forms = forms_of(app.calculator)

    assert [benefit for form in forms for benefit in form.ids] == list(app.calculator.benefits)
    assert len(forms) == len(app.calculator.benefits) - 1
    for form in forms:
        slots = {slot for benefit in form.ids for slot in app.calculator.slot_ids(benefit)}
        assert {field.slot.id for field in form.fields} == slots
        assert form.asked
        assert all(field.slot.ask and field.slot.why for field in form.asked if field.slot.default is None)


async def test_forms_show_type_unit_bounds_and_why_each_is_asked(web: Web) -> None:
    page = await get(web, "/desk/calc/postdoc_allowance")
    grades = await get(web, "/desk/calc/intl_base_assessment")
    spending = await get(web, "/desk/calc/rd_subsidy")

    assert page.count('inputmode="numeric"') == 2
    assert ">名</span>" in page
    assert "超过2年的部分不计" in page
    assert "请问每人在站几年？" in page
    assert "生活补助按年计算，有最长年限。" in page
    assert re.findall(r"<option>(.)</option>", grades) == ["优", "良"]
    assert "不填按1个算" in grades
    assert "改填" in spending
    assert "增长率" in spending


async def test_the_clause_of_every_step_is_quoted_on_the_page(web: Web, app: App) -> None:
    page = await post(web, "rd_subsidy", {"rd_expense": "1200万", "rd_expense_previous": "900万"}, part=False)

    linked = set(re.findall(r'<a href="#clause-([\d.]+)">', page))
    assert linked == {"7.2", "7.3"}
    for place in linked:
        quoted = re.findall(rf'<blockquote id="clause-{place}"[^>]*><p>(.*?)</p>', page)
        assert quoted == [app.library.main.get_clause(place).text]


async def test_premises_and_open_points_are_said(web: Web) -> None:
    page = await post(web, "joint_lab", {"lab_nonfiscal": "800万"})

    assert "所报金额是非财政资金投入" in page
    assert "合作方投入的资金是否计入非财政资金，文件没有写明" in page


async def test_what_is_read_aloud_and_copied_is_what_the_desk_says_to_people(web: Web) -> None:
    page = await post(web, "industry_academia", {"transaction_paid": "160万+580万"})
    copied = html.unescape(re.findall(r'data-copy="(.*?)"', page, re.DOTALL)[0])

    assert "产学研合作项目支持：最高180万元（条文写的是上限" in copied
    assert "“对产学研合作项目给予企业实际支付技术交易额最高50%的支持，每个项目最高100万元。”" in copied
    assert copied.startswith(words(re.findall(r'<p class="say">(.*?)</p>', page, re.DOTALL)[0]))


async def test_what_is_needed_for_more_is_said(web: Web) -> None:
    page = words(await post(web, "rd_subsidy", {"rd_expense": "1200万", "rd_expense_previous": "1100万"}))

    lab = words(await post(web, "joint_lab", {"lab_nonfiscal": "800万"}))

    assert "拿满最高额：联合实验室的非财政资金投入至少要达到1亿元。比您说的还差9200万元。到那时是1000万元。" in lab
    assert "再上一档" not in lab
    assert "再上一档：本年度自主研发费用至少要达到1400万元。比您说的还差200万元。到那时是70万元。" in page
    assert "拿满最高额：本年度自主研发费用至少要达到1亿元。比您说的还差8800万元。" in page
    assert "本年度自主研发费用要高于1320万元（等于还不够）。比您说的还差120万元。到那时是最高50万元。" in page


async def test_a_part_of_the_page_holds_the_result_and_the_notes_and_no_field(web: Web) -> None:
    page = await post(web, "rd_subsidy", {"rd_expense": "1200"})

    assert "<html" not in page
    assert "<input" not in page
    assert page.count('hx-swap-oob="true"') == 4


async def test_what_is_typed_is_never_markup(web: Web) -> None:
    typed = "\"><script>alert(1)</script>'"
    for part in (True, False):
        page = await post(web, "rd_subsidy", {"rd_expense": typed}, part=part)
        assert "<script>alert" not in page


async def test_the_list_names_every_benefit_with_its_measure_and_clause(web: Web, app: App) -> None:
    page = await get(web, "/desk/calc")

    for benefit in app.library.main.benefits.values():
        assert benefit.title in page
        for clause in benefit.clauses:
            assert app.library.main.get_clause(clause).text in page
    assert "第12条　加强人才保障服务" in page


async def test_an_unknown_benefit_is_not_found(web: Web) -> None:
    async with web.client(Role.STAFF) as client:
        found = [await client.get("/desk/calc/nothing"), await client.post("/desk/calc/nothing")]

    assert [response.status_code for response in found] == [404, 404]


async def test_a_form_of_another_site_computes_nothing(web: Web) -> None:
    cookie, csrf = web.signed_in(Role.STAFF)
    async with web.client(cookies={"luce_session": cookie}) as client:
        without = await client.post("/desk/calc/joint_lab", data={"lab_nonfiscal": "800万"})
        with_mark = await client.post("/desk/calc/joint_lab", data={"lab_nonfiscal": "800万", "csrf": csrf})

    assert (without.status_code, with_mark.status_code) == (403, 200)
    assert "80万元" in with_mark.text
