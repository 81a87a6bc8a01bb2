"""The profile of an enterprise and its printed sheet."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.nlg.guard import unsourced
from bot.web.access import Role
from bot.web.console.calculation_view import show_amount
from bot.web.console.forms import forms_of
from bot.web.console.profile import Profile, read_profile
from bot.web.dependencies import WebContext
from calculators.inputs import parse_inputs
from calculators.portfolio import combine
from tests.bot.web.rig import Memory, Web, web_desk, whole_of

pytestmark = pytest.mark.anyio

SPENDING = {"rd_subsidy.rd_expense": "1200万", "rd_subsidy.rd_expense_previous": "900万"}
SEVERAL = {
    **SPENDING,
    "joint_lab.lab_nonfiscal": "800万",
    "industry_academia.transaction_paid": "160万+580万",
    "postdoc_allowance.headcount": "3",
    "postdoc_allowance.station_years": "3",
    "sme_project.project_count": "2",
}
TYPED = {
    "money": ("1200万", "160万", "2000000.01", "0"),
    "rate": ("25%",),
    "count": ("0", "1", "3"),
    "grade": ("优", "良"),
}


@pytest.fixture
def web(app: App, tmp_path: Path) -> Web:
    return whole_of(web_desk(app, tmp_path))


@pytest.fixture
def desk(web: Web) -> WebContext:
    return web.desk


async def post(web: Web, address: str, typed: dict[str, str]) -> str:
    async with web.client(Role.STAFF) as client:
        response = await client.post(address, data=typed)
    assert response.status_code == 200
    return response.text


def words(page: str) -> str:
    """What a page says to the eye."""
    body = page.split("</head>", 1)[-1]
    return html.unescape(re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", body, flags=re.DOTALL))


def cells(page: str) -> dict[str, str]:
    """The amount of each benefit in the table of a page."""
    rows = re.findall(r'<th scope="row">(.*?)</th>\s*<td class="figure[^"]*">(.*?)</td>', page, re.DOTALL)
    return {words(title).strip(): words(amount).strip() for title, amount in rows}


def test_the_total_is_that_of_the_calculators(desk: WebContext) -> None:
    profile = read_profile(desk, SEVERAL)
    slots = desk.calculator.slots
    known = [
        ("rd_subsidy", {"rd_expense": "1200万", "rd_expense_previous": "900万"}),
        ("rd_growth_bonus", {"rd_expense": "1200万", "rd_expense_previous": "900万"}),
        ("joint_lab", {"lab_nonfiscal": "800万"}),
        ("industry_academia", {"transaction_paid": "160万+580万"}),
        ("postdoc_allowance", {"headcount": "3", "station_years": "3"}),
        ("sme_project", {"project_count": "2"}),
    ]
    total = combine(desk.calculator.calculate(benefit, parse_inputs(texts, slots)) for benefit, texts in known)

    assert profile.view is not None
    assert [part.benefit.id for part in profile.view.parts] == [benefit for benefit, _ in known]
    assert profile.view.portfolio == total
    assert total.total is not None
    assert profile.view.total == show_amount(total.total, total.bound) == "最高660万元"


def test_questions_are_grouped_and_each_form_is_asked_once(desk: WebContext) -> None:
    profile = read_profile(desk, {})

    assert [group.title for group in profile.groups] == [
        "研发费用补助、研发费用增长叠加奖励",
        "共建联合实验室补助",
        "产学研合作项目支持",
        "进站博士后生活补助",
        "平台、基地、项目",
    ]
    assert {f.form.name for f in profile.fillings} == {form.name for form in forms_of(desk.calculator)}


async def test_nothing_is_computed_that_was_not_asked_for(web: Web) -> None:
    async with web.client(Role.STAFF) as client:
        page = (await client.get("/desk/profile")).text

    assert "还没有填" in page
    assert cells(page) == {}


def test_the_number_of_projects_of_one_benefit_is_not_that_of_another(desk: WebContext) -> None:
    typed = {"sme_project.project_count": "2", "brics_project.project_count": "3"}
    view = read_profile(desk, typed).view

    assert view is not None
    assert {part.benefit.id: part.amount for part in view.parts} == {
        "brics_project": "最高900万元",
        "sme_project": "最高200万元",
    }


async def test_the_rule_on_overlaps_is_quoted_where_benefits_come_together(web: Web) -> None:
    words_of_rule = web.desk.dossier.cite_fact(web.desk.dossier.facts.stacking).quote

    assert words_of_rule in await post(web, "/desk/profile", SEVERAL)
    assert words_of_rule in await post(web, "/desk/profile/sheet", SEVERAL)
    assert words_of_rule not in await post(web, "/desk/profile", SPENDING)


async def test_what_is_missing_is_named_and_left_out_of_the_total(web: Web) -> None:
    page = await post(web, "/desk/profile", {**SPENDING, "postdoc_allowance.headcount": "3"})

    assert cells(page) == {
        "研发费用补助": "60万元",
        "研发费用增长叠加奖励": "最高50万元",
        "进站博士后生活补助": "—",
        "合计": "最高110万元",
    }
    assert "还缺每人在站年数" in page


@pytest.mark.parametrize("address", ["/desk/profile", "/desk/profile/sheet"])
async def test_what_cannot_be_read_is_told_at_its_field_and_nothing_is_computed(web: Web, address: str) -> None:
    page = await post(web, address, {**SPENDING, "joint_lab.lab_nonfiscal": "很多"})

    assert "共建联合实验室补助的“联合实验室的非财政资金投入”没有读懂" in words(page)
    assert 'value="很多"' in page
    assert 'value="1200万"' in page
    assert cells(page) == {}


async def test_a_sheet_says_who_when_what_edition_whom_to_ask_and_that_nobody_checked(web: Web) -> None:
    page = words(await post(web, "/desk/profile/sheet", {**SEVERAL, "company": "厦门<某某>公司"}))

    edition = web.desk.edition
    for said in ("厦门<某某>公司", "2026-09-21", edition.policy_hash, edition.engine, "0592-2021807", "没有人核对过"):
        assert said in page
    assert "最高660万元" in page


async def test_a_sheet_needs_no_company(web: Web) -> None:
    assert "单位" not in words(await post(web, "/desk/profile/sheet", SPENDING))


async def test_a_sheet_without_answers_gives_the_questions(web: Web) -> None:
    async with web.client(Role.STAFF) as client:
        got = await client.get("/desk/profile/sheet")

    assert (got.status_code, got.headers["location"]) == (303, "/desk/profile")
    assert "还没有填" in await post(web, "/desk/profile/sheet", {})


async def test_each_benefit_of_a_sheet_stands_with_its_clause_and_the_clause_is_quoted(web: Web) -> None:
    page = words(await post(web, "/desk/profile/sheet", SEVERAL))

    for place, clause in (("第7条第2句", "7.2"), ("第11条第5句", "11.5"), ("第12条第3句", "12.3")):
        assert page.count(place) >= 2
        assert web.desk.dossier.get_clause(clause).text in page


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(data=st.data())
async def test_every_figure_of_a_sheet_is_sourced(web: Web, data: st.DataObject) -> None:
    typed = {
        f"{form.name}.{field.slot.id}": text
        for form in forms_of(web.desk.calculator)
        for field in form.fields
        if (text := data.draw(st.sampled_from(("", *TYPED[field.slot.kind]))))
    }
    profile = read_profile(web.desk, typed)
    page = await post(web, "/desk/profile/sheet", typed)
    if profile.view is None or profile.view.problem or not profile.view.parts:
        assert "测算单" not in page.split("<main", 1)[0]
        return

    assert unsourced(words(page), sources(web.desk, profile)) == ()


def sources(desk: WebContext, profile: Profile) -> list[str]:
    """Steps, clauses and their places, what was given, and what the head of a sheet states."""
    assert profile.view is not None
    facts, found = desk.dossier.facts, [desk.edition.policy_hash, desk.edition.engine, "2026-09-21"]
    found += [desk.dossier.cite_fact(facts.contact.telephone).quote, facts.title]
    for part in profile.view.parts:
        found += [part.reason, *(shown for _, shown in part.filling.given)]
        found += [text for step in part.steps for text in (step.label, step.expression, step.value)]
        found += [step.value for step in profile.view.portfolio.steps]
        for clause in part.benefit.clauses:
            measure, _, sentence = clause.partition("/")[2].partition(".")
            found += [desk.dossier.get_clause(clause).text, measure, sentence]
    return found


async def test_a_profile_is_stored_nowhere(web: Web) -> None:
    before = sorted(path for path in web.desk.settings.data.rglob("*"))
    await post(web, "/desk/profile", {**SEVERAL, "company": "厦门某某公司"})
    await post(web, "/desk/profile/sheet", {**SEVERAL, "company": "厦门某某公司"})

    assert isinstance(web.desk.journal, Memory)
    assert web.desk.journal.records == {}
    assert sorted(path for path in web.desk.settings.data.rglob("*")) == before
