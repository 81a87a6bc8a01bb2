"""Slots: which number of a message fills which slot, in many orders of words and beside many distractors."""

from decimal import Decimal

import pytest

from bot.dialog.fills import Context, Fill, Filled
from bot.dialog.manager import Manager

WAN = 10_000
RD = ("rd_subsidy", "rd_growth_bonus")
NOW, BEFORE = "rd_expense", "rd_expense_previous"
RATE, MORE = "rd_growth_rate", "rd_growth_difference"
TWO_YEARS = [
    "今年研发费用1200万，去年900万",
    "去年研发费用900万，今年1200万",
    "研发费用去年900万今年1200万",
    "本年度自主研发费用1200万元，上年度900万元",
    "上一年研发900万，这一年1200万",
    "研发投入从900万涨到1200万",
    "研发由去年的900万增加到今年的1200万",
    "研发费用1200万是今年，900万是去年",
    "2025年研发1200万，2024年900万",
    "2024年研发900万，2025年1200万",
    "24年研发900万25年1200万",
    "去年是900万，今年研发花了1200万",
    "研发费用 本年:1,200万元 上年:900万元",
    "今年研发1200万,营收8000万,去年研发900万",
    "公司成立5年，员工80人，今年研发1200万，去年900万",
    "注册资本5000万，研发费用今年1200万，去年900万",
    "今年销售收入2亿，其中研发1200万，去年研发900万",
    "我们有3项专利，去年研发900万，今年1200万",
    "研发费用今年0.12亿，去年九百万",
    "今年研发１２００万，去年９００万",
    "研發費用今年1200萬，去年900萬",
    "R&D spending 12 million yuan this year and 9 million yuan last year",
]
SPENDING: dict[str, dict[str, Decimal | int]] = {
    "今年研发1200万，增长25%": {NOW: 1200 * WAN, RATE: Decimal("0.25")},
    "今年研发1200万，比去年增长两成": {NOW: 1200 * WAN, RATE: Decimal("0.2")},
    "今年研发1200万，下降10%": {NOW: 1200 * WAN, RATE: Decimal("-0.1")},
    "今年研发1200万，比去年多了300万": {NOW: 1200 * WAN, MORE: 300 * WAN},
    "今年研发1200万，比去年少了100万": {NOW: 1200 * WAN, MORE: -100 * WAN},
    "今年研发1200万，是去年的1.5倍": {NOW: 1200 * WAN, RATE: Decimal("0.5")},
    "今年研发1200万，比去年增长1.5倍": {NOW: 1200 * WAN, RATE: Decimal("1.5")},
    "今年研发1200万，比去年翻了一番": {NOW: 1200 * WAN, RATE: Decimal(1)},
    "今年研发1200万，跟去年持平": {NOW: 1200 * WAN, MORE: 0},
    "去年研发900万，今年增长了30%": {BEFORE: 900 * WAN, RATE: Decimal("0.3")},
    "去年研发900万，今年多投了300万": {BEFORE: 900 * WAN, MORE: 300 * WAN},
    "去年研发900万，今年翻番": {BEFORE: 900 * WAN, RATE: Decimal(1)},
    "今年和去年研发都是1300万": {NOW: 1300 * WAN, BEFORE: 1300 * WAN},
    "今年研发500万，去年没有研发": {NOW: 500 * WAN, BEFORE: 0},
    "今年研发500万，去年是0": {NOW: 500 * WAN, BEFORE: 0},
    "去年研发0元，今年500万": {NOW: 500 * WAN, BEFORE: 0},
    "今年研发1200万": {NOW: 1200 * WAN},
    "去年研发900万": {BEFORE: 900 * WAN},
    "研发费用1200万": {NOW: 1200 * WAN},
}
OTHERS: dict[str, tuple[str, dict[str, object]]] = {
    "联合实验室非财政资金投入800万": ("joint_lab", {"lab_nonfiscal": 800 * WAN}),
    "联合实验室企业自筹800万": ("joint_lab", {"lab_nonfiscal": 800 * WAN}),
    "联合实验室总投入3000万，财政资金1000万": ("joint_lab", {"lab_total": 3000 * WAN, "lab_fiscal": 1000 * WAN}),
    "财政给了1000万，联合实验室一共投入3000万": (
        "joint_lab",
        {"lab_total": 3000 * WAN, "lab_fiscal": 1000 * WAN},
    ),
    "两个联合实验室，一个非财政投入3000万，另一个1.5亿": (
        "joint_lab",
        {"lab_nonfiscal": (3000 * WAN, 15000 * WAN)},
    ),
    "产学研合同额300万，实际支付120万": ("industry_academia", {"transaction_paid": 120 * WAN}),
    "三个产学研项目，实际支付技术交易额分别是80万、150万、300万": (
        "industry_academia",
        {"transaction_paid": (80 * WAN, 150 * WAN, 300 * WAN)},
    ),
    "两个产学研项目，每个实际支付150万": ("industry_academia", {"transaction_paid": (150 * WAN, 150 * WAN)}),
    "5名博士后，每人2年": ("postdoc_allowance", {"headcount": 5, "station_years": 2}),
    "三个博士后在站一年": ("postdoc_allowance", {"headcount": 3, "station_years": 1}),
    "博士后2年，共4人": ("postdoc_allowance", {"headcount": 4, "station_years": 2}),
    "公司有200名员工，博士后3名，在站2年": ("postdoc_allowance", {"headcount": 3, "station_years": 2}),
    "两个国家级创新平台": ("national_platform", {"platform_count": 2}),
    "三家孵化器两年": ("incubator", {"incubator_count": 3, "award_years": 2}),
    "基地考核优秀": ("intl_base_assessment", {"assessment_grade": "优"}),
    "两个基地考核良好": ("intl_base_assessment", {"assessment_grade": "良", "base_count": 2}),
    "3个金砖项目": ("brics_project", {"project_count": 3}),
    "金砖创新合作项目支持，有2个的话一共给多少": ("brics_project", {"project_count": 2}),
    "科技型企业孵化器奖励，2家一共给多少": ("incubator", {"incubator_count": 2}),
    "国家级创新平台新获批奖励，两个能拿多少": ("national_platform", {"platform_count": 2}),
}


def fill(manager: Manager, message: str, context: Context) -> Filled:
    return manager.sums.filler.fill(manager.understander.understand(message), context)


def values(filled: Filled) -> dict[str, object]:
    return {f.slot: f.value for f in filled.fills}


@pytest.mark.parametrize("message", TWO_YEARS)
def test_both_years_are_told_apart(manager: Manager, message: str) -> None:
    filled = fill(manager, message, Context(RD))

    assert values(filled) == {NOW: 1200 * WAN, BEFORE: 900 * WAN}
    assert filled.doubts == ()


@pytest.mark.parametrize(("message", "expected"), SPENDING.items())
def test_spending_and_its_growth(manager: Manager, message: str, expected: dict[str, object]) -> None:
    assert values(fill(manager, message, Context(RD))) == expected


@pytest.mark.parametrize(("message", "benefit", "expected"), [(m, b, e) for m, (b, e) in OTHERS.items()])
def test_slots_of_the_other_benefits(manager: Manager, message: str, benefit: str, expected: dict[str, object]) -> None:
    assert values(fill(manager, message, Context((benefit,)))) == expected


def test_groups_of_counts_are_kept_apart(manager: Manager) -> None:
    filled = fill(manager, "两名博士后各2年，另外一名博士后1年", Context(("postdoc_allowance",)))

    groups = {(f.slot, f.group): f.value for f in filled.fills}
    assert groups == {
        ("headcount", 1): 2,
        ("headcount", 2): 1,
        ("station_years", 1): 2,
        ("station_years", 2): 1,
    }


def test_two_grades_are_two_groups(manager: Manager) -> None:
    filled = fill(manager, "基地考核一个得优，两个得良", Context(("intl_base_assessment",)))

    assert {(f.slot, f.group): f.value for f in filled.fills} == {
        ("assessment_grade", 1): "优",
        ("assessment_grade", 2): "良",
        ("base_count", 1): 1,
        ("base_count", 2): 2,
    }


@pytest.mark.parametrize(
    ("message", "doubt"),
    [
        ("今年研发一千来万，去年900万", "vague"),
        ("今年研发200万美元，去年900万", "foreign"),
        ("今年研发负200万，去年900万", "negative"),
        ("研发费用今年99999999999999亿", "absurd"),
        ("研发900万、1200万", "years"),
    ],
)
def test_what_cannot_be_used_is_doubted(manager: Manager, message: str, doubt: str) -> None:
    assert doubt in [reason for reason, _ in fill(manager, message, Context(RD)).doubts]


@pytest.mark.parametrize(("pending", "other"), [(NOW, BEFORE), (BEFORE, NOW)])
def test_a_bare_answer_fills_the_slot_that_was_asked_for(manager: Manager, pending: str, other: str) -> None:
    filled = fill(manager, "1200", Context(RD, (Fill(other, Decimal(900 * WAN)),), pending))

    assert values(filled) == {pending: 1200 * WAN}


def test_an_answer_that_names_its_year_beats_the_slot_that_was_asked_for(manager: Manager) -> None:
    assert values(fill(manager, "去年900万", Context(RD, (), NOW))) == {BEFORE: 900 * WAN}


def test_no_last_year_is_an_answer(manager: Manager) -> None:
    filled = fill(manager, "没有", Context(RD, (Fill(NOW, Decimal(500 * WAN)),), BEFORE))

    assert values(filled) == {BEFORE: 0}


@pytest.mark.parametrize(
    ("message", "yuan"), [("研发补助要拿到80万，至少花多少", 80), ("研发补助想拿满500万要投多少", 500)]
)
def test_a_wished_sum_is_a_target_and_no_spending(manager: Manager, message: str, yuan: int) -> None:
    filled = fill(manager, message, Context(RD))

    assert filled.target == yuan * WAN
    assert filled.fills == ()


def test_the_figures_of_the_rule_are_no_spending(manager: Manager) -> None:
    assert fill(manager, "研发费用每满200万给多少", Context(RD)).fills == ()


def test_estimates_are_marked(manager: Manager) -> None:
    filled = fill(manager, "今年研发大概1200万，去年900万", Context(RD))

    assert {f.slot: f.estimate for f in filled.fills} == {NOW: True, BEFORE: False}


@pytest.mark.parametrize(("message", "by"), [("再投200万呢", 200), ("如果再多花100万呢", 100)])
def test_more_on_top_shifts_the_known_spending(manager: Manager, message: str, by: int) -> None:
    known = (Fill(NOW, Decimal(1200 * WAN)), Fill(BEFORE, Decimal(900 * WAN)))

    filled = fill(manager, message, Context(RD, known))

    assert filled.shift == by * WAN
    assert filled.fills == ()


def test_of_two_benefits_each_takes_its_own_figures(manager: Manager) -> None:
    message = "联合实验室非财政资金投入800万，另外5名博士后每人2年"
    filled = fill(manager, message, Context(("joint_lab", "postdoc_allowance")))

    assert values(filled) == {"lab_nonfiscal": 800 * WAN, "headcount": 5, "station_years": 2}
